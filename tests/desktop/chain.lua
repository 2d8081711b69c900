-- A project whose melody has a synth and Drumlin on one track, in the folder named first. The second
-- argument says what to do:
--   make ORDER   a track with plugins in this order: "synth,Drumlin", "synth,Drumlin FX", "Drumlin,synth"; a
--                "pinned synth" has two pins more, by which the sound that comes to it goes on
--   drum LAST    plays as far as the sample LAST and asks for drums; says how many plugins have ears
--   bypass VALUE sets Drumlin's own bypass
local folder, what, value = arg[1], arg[2], arg[3]
local SYNTH = "https://community.ardour.org/node/7596"
local interface = ARDOUR.TransportRequestSource.TRS_UI

local function sleep(seconds) ARDOUR.LuaAPI.usleep(math.floor(seconds * 1e6)) end

-- Ardour drops the sound that comes to a plugin without audio inputs, unless pins lead it past.
local function pin(track, synth)
  local audio, notes = ARDOUR.DataType("audio"), ARDOUR.DataType("midi")
  local pins = ARDOUR.ChanCount(audio, 4)
  pins:set(notes, 1)
  assert(track:customize_plugin_insert(synth, 1, pins, ARDOUR.ChanCount(notes, 1)), "no more pins")
  local past = ARDOUR.ChanMapping()
  past:set(audio, 2, 0)
  past:set(audio, 3, 1)
  synth:to_plugininsert():set_thru_map(past)
  -- With more than two outputs it would spread the sound over all of them.
  track:panner_shell():set_bypassed(true)
end

local function make(order)
  local session = create_session(folder, "song", 48000)
  local midi = ARDOUR.ChanCount(ARDOUR.DataType("midi"), 1)
  local last, normal = ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal
  local none = ARDOUR.PluginInfo()
  local track = session:new_midi_track(midi, midi, false, none, nil, nil, 1, "Melody", last, normal, true):front()
  -- Ardour locks itself up if plugins come while its other thread still connects the track.
  sleep(1)
  local place = 0
  for name in order:gmatch("[^,]+") do
    local plugin
    if name:match("synth") then
      plugin = ARDOUR.LuaAPI.new_plugin(session, SYNTH, ARDOUR.PluginType.LV2, "")
    else
      plugin = ARDOUR.LuaAPI.new_plugin(session, name, ARDOUR.PluginType.VST3, "")
    end
    assert(not plugin:isnil(), "Ardour does not know " .. name)
    assert(track:add_processor_by_index(plugin, place, nil, true) == 0, name .. " does not fit")
    if name == "pinned synth" then pin(track, track:nth_plugin(place)) end
    place = place + 1
  end
  sleep(1)
  local output = track:output()
  local master = session:master_out():input()
  for channel = 0, output:n_ports():n_audio() - 1 do
    local from, to = output:audio(channel), master:audio(channel % 2)
    assert(not from:isnil(), "the track has no sound")
    if not from:connected_to(to:name()) then from:connect(to:name()) end
  end
  session:save_state("")
end

local function drumlin_of(session)
  local track = session:route_by_name("Melody")
  for place = 0, 3 do
    local processor = track:nth_plugin(place)
    if not processor:isnil() and processor:display_name():match("Drumlin") then return processor end
  end
  error("no Drumlin")
end

local function set(processor, wanted, to)
  local plugin, number = processor:to_plugininsert():plugin(0), 0
  for index = 0, plugin:parameter_count() - 1 do
    if plugin:parameter_is_input(index) then
      if plugin:parameter_label(index) == wanted then
        assert(ARDOUR.LuaAPI.set_processor_param(processor, number, to), wanted .. " is not set")
        return
      end
      number = number + 1
    end
  end
  error("no parameter " .. wanted)
end

local function kept(session)
  session:save_state("")
  local file = io.open(folder .. "/song.ardour")
  local text = file:read("a")
  file:close()
  return #text:match("<chunk>(.-)</chunk>")
end

if what == "make" then
  make(value)
else
  local session = load_session(folder, "song")
  local drumlin = drumlin_of(session)
  if what == "drum" then
    session:request_locate(0, false, ARDOUR.LocateTransportDisposition.MustStop, interface)
    sleep(0.5)
    session:request_roll(interface)
    for _ = 1, 1000 do
      if session:transport_sample() > tonumber(value) then break end
      sleep(0.05)
    end
    session:request_stop(false, false, interface)
    sleep(1)
    local before = kept(session)
    set(drumlin, "Generate", 1)
    for _ = 1, 200 do
      sleep(0.3)
      if kept(session) > before + 400 then break end
    end
  else
    set(drumlin, "Bypass", tonumber(value))
    sleep(0.5)
  end
  session:save_state("")
end
close_session()
quit()
