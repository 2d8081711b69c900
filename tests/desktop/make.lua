-- Makes a project in the folder that is named first: a MIDI track with Drumlin, and a second one
-- that records what comes out of it.
local folder = arg[1]
local session = create_session(folder, "song", 48000)
local midi = ARDOUR.ChanCount(ARDOUR.DataType("midi"), 1)
local drumlin = ARDOUR.LuaAPI.new_plugin_info("Drumlin", ARDOUR.PluginType.VST3)
assert(not drumlin:isnil(), "Ardour does not know the plugin")

local function track(name, instrument)
  local last, normal = ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal
  local tracks = session:new_midi_track(midi, midi, false, instrument, nil, nil, 1, name, last, normal, true)
  return tracks:front()
end

local melody, drums = track("Melody", drumlin), track("Drums", ARDOUR.PluginInfo())
local input = drums:input()
input:disconnect_all(nil)
input:connect(input:nth(0), melody:output():midi(0):name(), nil)
-- Ardour connects new tracks with the master bus by a thread of its own.
local sound = melody:output():audio(0)
for _ = 1, 300 do
  if sound:connected() then break end
  ARDOUR.LuaAPI.usleep(100000)
end
assert(sound:connected(), "the track is not connected")
session:save_state("")
close_session()
quit()
