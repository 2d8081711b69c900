-- Does without a window what a musician does with one, in the project in the folder named first, as
-- far as the sample named second: plays, asks for drums, records them on the second track. Writes
-- "note CHANNEL KEY VELOCITY BEAT LENGTH" for each note recorded, times as beats:ticks.
local folder, last = arg[1], tonumber(arg[2])
local session = load_session(folder, "song")
local interface = ARDOUR.TransportRequestSource.TRS_UI
local alone = PBD.GroupControlDisposition.NoGroup

local function sleep(seconds) ARDOUR.LuaAPI.usleep(math.floor(seconds * 1e6)) end
local function track(name) return session:route_by_name(name):to_track() end
local melody, drums = track("Melody"), track("Drums")
local drumlin = melody:nth_plugin(0)

local function parameter(wanted)
  local plugin, number = drumlin:to_plugininsert():plugin(0), 0
  for index = 0, plugin:parameter_count() - 1 do
    if plugin:parameter_is_input(index) then
      if plugin:parameter_label(index) == wanted then return number end
      number = number + 1
    end
  end
  error("no parameter " .. wanted)
end

-- How much the plugin keeps in the project.
local function kept()
  session:save_state("")
  local file = io.open(folder .. "/song.ardour")
  local text = file:read("a")
  file:close()
  return #text:match("<chunk>(.-)</chunk>")
end

local function play()
  session:request_locate(0, false, ARDOUR.LocateTransportDisposition.MustStop, interface)
  sleep(0.5)
  session:request_roll(interface)
  for _ = 1, 1000 do
    if session:transport_sample() > last then break end
    sleep(0.05)
  end
  session:request_stop(false, false, interface)
  sleep(1)
end

play()
assert(ARDOUR.LuaAPI.set_processor_param(drumlin, parameter("Send MIDI"), 1), "Send MIDI is not set")
local before = kept()
assert(ARDOUR.LuaAPI.set_processor_param(drumlin, parameter("Generate"), 1), "Generate is not set")
for _ = 1, 100 do
  sleep(0.3)
  if kept() > before + 400 then break end
end

drums:rec_enable_control():set_value(1, alone)
session:maybe_enable_record(true)
play()
drums:rec_enable_control():set_value(0, alone)
session:disable_record(false, false)
for part in drums:playlist():region_list():iter() do
  local model = part:to_midiregion():midi_source(0):model()
  for note in ARDOUR.LuaAPI.note_list(model):iter() do
    local at, length = tostring(note:time()), tostring(note:length())
    print("note", note:channel(), note:note(), note:velocity(), at, length)
  end
end
session:save_state("")
close_session()
quit()
