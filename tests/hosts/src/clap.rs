//! CLAP plugins in this process.

use std::cell::Cell;
use std::ffi::CStr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use assert_no_alloc::assert_no_alloc;
use clack_extensions::gui::{
    GuiApiType, GuiConfiguration, GuiSize, HostGui, HostGuiImpl, PluginGui, Window,
};
pub use clack_extensions::note_ports::{NoteDialect, NoteDialects};
use clack_extensions::note_ports::{NotePortInfoBuffer, PluginNotePorts};
use clack_extensions::params::{
    HostParams, HostParamsImplMainThread, HostParamsImplShared, ParamClearFlags, ParamInfoBuffer,
    ParamRescanFlags, PluginParams,
};
use clack_extensions::render::{PluginRender, RenderMode};
use clack_extensions::state::PluginState;
use clack_host::events::event_types::{NoteOffEvent, NoteOnEvent, ParamValueEvent, TransportEvent};
use clack_host::events::{Match, Pckn};
use clack_host::extensions::prelude::*;
use clack_host::prelude::*;
use clack_host::utils::ClapId;
use clap_sys::ext::note_ports::{CLAP_EXT_NOTE_PORTS, clap_host_note_ports};
use clap_sys::host::clap_host;

use crate::clap_events::{midi_event, midi_note, note, transport};
use crate::{Block, BlockOutput, BoxError, Hosted};

/// Events that a block may bring forth.
const MOST_EVENTS: usize = 256;

/// What the plugin may ask of the host on any thread.
pub struct Shared {
    callback: AtomicBool,
    dialects: Option<NoteDialects>,
}

impl SharedHandler<'_> for Shared {
    fn request_restart(&self) {}
    fn request_process(&self) {}
    fn request_callback(&self) {
        self.callback.store(true, Ordering::Release);
    }
}

impl HostGuiImpl for Shared {
    fn resize_hints_changed(&self) {}
    fn request_resize(&self, _new_size: GuiSize) -> Result<(), HostError> {
        Err(HostError::Message("this host's window keeps its size"))
    }
    fn request_show(&self) -> Result<(), HostError> {
        Ok(())
    }
    fn request_hide(&self) -> Result<(), HostError> {
        Ok(())
    }
    fn closed(&self, _was_destroyed: bool) {}
}

impl HostParamsImplShared for Shared {
    // This host processes all the time.
    fn request_flush(&self) {}
}

/// What the plugin may ask of the host on the main thread.
#[derive(Default)]
pub struct Main {
    /// How often it was told to look at the parameters again.
    rescans: Cell<u32>,
}

impl MainThreadHandler<'_> for Main {}

impl HostParamsImplMainThread for Main {
    fn rescan(&self, _flags: ParamRescanFlags) {
        self.rescans.set(self.rescans.get() + 1);
    }
    fn clear(&self, _param_id: ClapId, _flags: ParamClearFlags) {}
}

pub struct Handlers;

impl HostHandlers for Handlers {
    type Shared<'a> = Shared;
    type MainThread<'a> = Main;
    type AudioProcessor<'a> = ();

    fn declare_extensions(builder: &mut HostExtensions<Self>, shared: &Shared) {
        builder.register::<HostGui>().register::<HostParams>();
        if shared.dialects.is_some() {
            builder.register::<NotePorts>();
        }
    }
}

/// The host's side of the extension `note-ports`: that of clack-extensions 0.2.0 points to a pointer
/// where CLAP has the functions.
#[derive(Clone, Copy)]
struct NotePorts;

// SAFETY: the name is CLAP's.
unsafe impl Extension for NotePorts {
    const IDENTIFIERS: &[&CStr] = &[CLAP_EXT_NOTE_PORTS];
    type ExtensionSide = HostExtensionSide;

    unsafe fn from_raw(_raw: RawExtension<HostExtensionSide>) -> NotePorts {
        NotePorts
    }
}

// SAFETY: the table is CLAP's.
unsafe impl ExtensionImplementation<Handlers> for NotePorts {
    const IMPLEMENTATION: RawExtensionImplementation =
        RawExtensionImplementation::new(&clap_host_note_ports {
            supported_dialects: Some(supported_dialects),
            rescan: Some(rescan),
        });
}

unsafe extern "C" fn supported_dialects(host: *const clap_host) -> u32 {
    // SAFETY: the plugin hands back the host that it was given.
    let known = unsafe { HostWrapper::<Handlers>::handle(host, |host| Ok(host.shared().dialects)) };
    known.flatten().map_or(0, |dialects| dialects.bits())
}

unsafe extern "C" fn rescan(_host: *const clap_host, _flags: u32) {}

/// A running instance: what belongs to the main thread. Its [`Audio`] can be taken to another.
pub struct Clap {
    instance: PluginInstance<Handlers>,
    /// `None` while it is being restarted, or elsewhere.
    audio: Option<Audio>,
    configuration: PluginAudioConfiguration,
    params: PluginParams,
    state: PluginState,
    gui: PluginGui,
    note_ports: PluginNotePorts,
    speaks_midi: bool,
    changes: Vec<(ClapId, f64)>,
}

/// What belongs to the audio thread.
pub struct Audio {
    processor: StartedPluginAudioProcessor<Handlers>,
    /// Notes go in and out as MIDI.
    speaks_midi: bool,
    /// Has room: it is filled while the plugin runs.
    output: EventBuffer,
}

/// The plugins in a file.
pub fn load(file: &Path) -> Result<PluginEntry, BoxError> {
    // SAFETY: the file is one that was built or installed just now.
    Ok(unsafe { PluginEntry::load(file) }?)
}

/// The plugins in the program itself, which share its allocator.
pub fn inside() -> Result<PluginEntry, BoxError> {
    // SAFETY: the entry is Drumlin's.
    Ok(unsafe { PluginEntry::load_from_raw(&drumlin::plugin::clap_entry, c"") }?)
}

/// Names of the plugins in a file.
pub fn names(file: &Path) -> Result<Vec<String>, BoxError> {
    let entry = load(file)?;
    let factory = entry.get_plugin_factory().ok_or("no plugin factory")?;
    let names = factory.plugin_descriptors().filter_map(|found| found.name());
    Ok(names.map(|name| name.to_string_lossy().into_owned()).collect())
}

impl Clap {
    /// Loads the plugin of that name from a file and starts it at a rate in Hz, in a host that does
    /// not say which dialects it knows.
    pub fn new(file: &Path, name: &str, rate: f64, longest: u32) -> Result<Clap, BoxError> {
        Clap::knowing(None, &load(file)?, name, rate, longest)
    }

    /// The same in a host that knows the given dialects, if it says so at all. One that knows MIDI
    /// and not CLAP's own speaks it, and takes nothing else.
    pub fn knowing(
        dialects: Option<NoteDialects>,
        entry: &PluginEntry,
        name: &str,
        rate: f64,
        longest: u32,
    ) -> Result<Clap, BoxError> {
        let factory = entry.get_plugin_factory().ok_or("no plugin factory")?;
        let found = factory
            .plugin_descriptors()
            .find(|found| found.name().is_some_and(|found| found.to_bytes() == name.as_bytes()))
            .ok_or_else(|| format!("no plugin \"{name}\""))?;
        let id = found.id().ok_or("a plugin without an id")?;
        let host = HostInfo::new("Drumlin's host", "Drumlin", "", "1")?;
        let mut instance = PluginInstance::<Handlers>::new(
            |_| Shared { callback: AtomicBool::new(false), dialects },
            |_| Main::default(),
            entry,
            id,
            &host,
        )?;
        let handle = instance.plugin_handle();
        let params = handle.get_extension().ok_or("no parameters")?;
        let state = handle.get_extension().ok_or("no state")?;
        let gui = handle.get_extension().ok_or("no window")?;
        let note_ports = handle.get_extension().ok_or("no notes")?;
        let configuration = PluginAudioConfiguration {
            sample_rate: rate,
            min_frames_count: 1,
            max_frames_count: longest,
        };
        let mut plugin = Clap {
            instance,
            audio: None,
            configuration,
            params,
            state,
            gui,
            note_ports,
            speaks_midi: dialects.is_some_and(|dialects| {
                dialects.supports(NoteDialect::Midi) && !dialects.supports(NoteDialect::Clap)
            }),
            changes: Vec::new(),
        };
        plugin.start()?;
        Ok(plugin)
    }

    fn start(&mut self) -> Result<(), BoxError> {
        let stopped = self.instance.activate(|_, _| (), self.configuration)?;
        let processor = stopped.start_processing().map_err(|_| "it did not start")?;
        let speaks_midi = self.speaks_midi;
        let output = EventBuffer::with_capacity(MOST_EVENTS);
        self.audio = Some(Audio { processor, speaks_midi, output });
        Ok(())
    }

    /// What each of the plugin's note ports knows and what it likes best, those for input first.
    pub fn dialects(&mut self) -> Vec<(NoteDialects, Option<NoteDialect>)> {
        let handle = self.instance.plugin_handle();
        let mut buffer = NotePortInfoBuffer::new();
        let mut found = Vec::new();
        for is_input in [true, false] {
            for index in 0..self.note_ports.count(&handle, is_input) {
                let port = self.note_ports.get(&handle, index, is_input, &mut buffer);
                found.extend(port.map(|port| (port.supported_dialects, port.preferred_dialect)));
            }
        }
        found
    }

    /// Hands out what belongs to the audio thread, once.
    pub fn take_audio(&mut self) -> Option<Audio> {
        self.audio.take()
    }

    /// Takes back what was handed out.
    pub fn give_back(&mut self, audio: Audio) {
        self.audio = Some(audio);
    }

    /// Does what the plugin has asked to be done on the main thread.
    pub fn idle(&mut self) {
        let asked = self
            .instance
            .access_shared_handler(|shared| shared.callback.swap(false, Ordering::AcqRel));
        if asked {
            self.instance.call_on_main_thread_callback();
        }
    }

    /// Opens the plugin's window in a window of ours, by its number under X11 or its handle on
    /// Windows; gives its size in pixels.
    pub fn open(&mut self, parent: usize) -> Result<(u32, u32), BoxError> {
        let handle = self.instance.plugin_handle();
        let api_type = if cfg!(windows) { GuiApiType::WIN32 } else { GuiApiType::X11 };
        self.gui.create(&handle, GuiConfiguration { api_type, is_floating: false })?;
        let size = self.gui.get_size(&handle).ok_or("a window without a size")?;
        // SAFETY: the caller closes the plugin's window before its own.
        unsafe {
            let parent = if cfg!(windows) {
                Window::from_win32_hwnd(parent as *mut _)
            } else {
                Window::from_x11_handle(parent as _)
            };
            self.gui.set_parent(&handle, parent)?;
        }
        self.gui.show(&handle)?;
        Ok((size.width, size.height))
    }

    /// Closes the plugin's window.
    pub fn close(&mut self) {
        self.gui.destroy(&self.instance.plugin_handle());
    }

    /// All parameters: id, least and greatest value.
    pub fn parameters(&mut self) -> Vec<(ClapId, f64, f64)> {
        let handle = self.instance.plugin_handle();
        let mut buffer = ParamInfoBuffer::new();
        (0..self.params.count(&handle))
            .filter_map(|index| {
                let info = self.params.get_info(&handle, index, &mut buffer)?;
                Some((info.id, info.min_value, info.max_value))
            })
            .collect()
    }

    /// How often the plugin has asked this host to look at its parameters again.
    pub fn rescans(&self) -> u32 {
        self.instance.access_handler(|main| main.rescans.get())
    }

    /// Renders offline from the next block on, or no longer does. The plugin goes on running.
    pub fn set_offline(&mut self, offline: bool) -> Result<(), BoxError> {
        let handle = self.instance.plugin_handle();
        let render: PluginRender = handle.get_extension().ok_or("no render modes")?;
        let mode = if offline { RenderMode::Offline } else { RenderMode::Realtime };
        Ok(render.set(&handle, mode)?)
    }

    /// The id of a parameter, by its name.
    pub fn parameter(&mut self, name: &str) -> Result<ClapId, BoxError> {
        let handle = self.instance.plugin_handle();
        for index in 0..self.params.count(&handle) {
            let mut buffer = ParamInfoBuffer::new();
            if let Some(info) = self.params.get_info(&handle, index, &mut buffer)
                && info.name == name.as_bytes()
            {
                return Ok(info.id);
            }
        }
        Err(format!("no parameter \"{name}\"").into())
    }

    /// The value of a parameter, as the main thread may ask at any time.
    pub fn value(&mut self, id: ClapId) -> Option<f64> {
        self.params.get_value(&self.instance.plugin_handle(), id)
    }
}

/// As hosts take leave: the audio thread first.
impl Drop for Clap {
    fn drop(&mut self) {
        if let Some(audio) = self.audio.take() {
            self.instance.deactivate(audio.processor.stop_processing());
        }
    }
}

impl Audio {
    /// Processes a block: parameters change at its start, the transport is as told or not told.
    pub fn process(
        &mut self,
        block: &Block,
        changes: impl IntoIterator<Item = (ClapId, f64)>,
        transport: Option<&TransportEvent>,
    ) -> Result<BlockOutput, BoxError> {
        let mut input = EventBuffer::new();
        for (id, value) in changes {
            input.push(&ParamValueEvent::new(0, id, Pckn::match_all(), value));
        }
        for note in block.notes {
            if self.speaks_midi {
                input.push(&midi_event(note));
                continue;
            }
            let pckn = Pckn::new(0_u16, u16::from(note.channel), u16::from(note.key), Match::All);
            match note.velocity {
                Some(velocity) => {
                    input.push(&NoteOnEvent::new(note.at, pckn, f64::from(velocity) / 127.0));
                }
                None => input.push(&NoteOffEvent::new(note.at, pckn, 0.0)),
            }
        }
        let frames = block.frames as usize;
        let sound = block.sound.map_or_else(|| vec![0.0; frames], <[f32]>::to_vec);
        let mut sound_in = [sound.clone(), sound];
        // What lay in a host's buffers before may be anything.
        let mut sound_out = [vec![f32::NAN; frames], vec![f32::NAN; frames]];
        let (mut ports_in, mut ports_out) =
            (AudioPorts::with_capacity(2, 1), AudioPorts::with_capacity(2, 1));
        let port = AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_input_only(
                sound_in.iter_mut().map(|side| InputChannel::variable(side.as_mut_slice())),
            ),
        };
        let audio_in = ports_in.with_input_buffers(block.sound.is_some().then_some(port));
        let mut audio_out = ports_out.with_output_buffers([AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_output_only(
                sound_out.iter_mut().map(|side| side.as_mut_slice()),
            ),
        }]);
        self.output.clear();
        let (processor, output) = (&mut self.processor, &mut self.output);
        let (input, mut heard) = (input.as_input(), output.as_output());
        assert_no_alloc(|| {
            processor.process(&audio_in, &mut audio_out, &input, &mut heard, None, transport)
        })?;
        let (known, unknown): (fn(&_) -> _, fn(&_) -> _) =
            if self.speaks_midi { (midi_note, note) } else { (note, midi_note) };
        if output.iter().any(|event| unknown(event).is_some()) {
            return Err("a note in a dialect that the host does not speak".into());
        }
        let [left, right] = sound_out;
        Ok(BlockOutput { notes: output.iter().filter_map(known).collect(), left, right })
    }
}

impl Hosted for Clap {
    fn process(&mut self, block: &Block) -> Result<BlockOutput, BoxError> {
        let audio = self.audio.as_mut().ok_or("it does not run")?;
        audio.process(block, self.changes.drain(..), Some(&transport(&block.now)))
    }

    fn set(&mut self, parameter: &str, value: f64) -> Result<(), BoxError> {
        let id = self.parameter(parameter)?;
        self.changes.push((id, value));
        Ok(())
    }

    fn save(&mut self) -> Result<Vec<u8>, BoxError> {
        let mut bytes = Vec::new();
        self.state.save(&self.instance.plugin_handle(), &mut bytes)?;
        Ok(bytes)
    }

    fn load(&mut self, mut state: &[u8]) -> Result<(), BoxError> {
        Ok(self.state.load(&self.instance.plugin_handle(), &mut state)?)
    }

    fn restart(&mut self) -> Result<(), BoxError> {
        let audio = self.audio.take().ok_or("it does not run")?;
        self.instance.deactivate(audio.processor.stop_processing());
        self.start()
    }
}
