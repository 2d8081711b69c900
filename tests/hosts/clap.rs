//! CLAP plugins in this process.

use std::path::Path;

use clack_extensions::params::{ParamInfoBuffer, PluginParams};
use clack_extensions::state::PluginState;
use clack_host::events::event_types::{
    NoteOffEvent, NoteOnEvent, ParamValueEvent, TransportEvent, TransportFlags,
};
use clack_host::events::spaces::CoreEventSpace;
use clack_host::events::{EventFlags, EventHeader, Match, Pckn};
use clack_host::prelude::*;
use clack_host::utils::{BeatTime, ClapId, SecondsTime};

use crate::hosted::{Block, Failure, Heard, Hosted, Message, Now};

struct Shared;

impl SharedHandler<'_> for Shared {
    fn request_restart(&self) {}
    fn request_process(&self) {}
    fn request_callback(&self) {}
}

struct Handlers;

impl HostHandlers for Handlers {
    type Shared<'a> = Shared;
    type MainThread<'a> = ();
    type AudioProcessor<'a> = ();
}

/// A running instance.
pub struct Clap {
    instance: PluginInstance<Handlers>,
    /// `None` only while it is being restarted.
    processor: Option<StartedPluginAudioProcessor<Handlers>>,
    configuration: PluginAudioConfiguration,
    params: PluginParams,
    state: PluginState,
    takes_sound: bool,
    changes: Vec<(ClapId, f64)>,
}

fn load(file: &Path) -> Result<PluginEntry, Failure> {
    // SAFETY: the file is one that was built or installed just now.
    Ok(unsafe { PluginEntry::load(file) }?)
}

/// Names of the plugins in a file.
pub fn names(file: &Path) -> Result<Vec<String>, Failure> {
    let entry = load(file)?;
    let factory = entry.get_plugin_factory().ok_or("no plugin factory")?;
    let names = factory.plugin_descriptors().filter_map(|found| found.name());
    Ok(names.map(|name| name.to_string_lossy().into_owned()).collect())
}

impl Clap {
    /// Loads the plugin of that name and starts it at a rate in Hz.
    pub fn new(file: &Path, name: &str, rate: f64, longest: u32) -> Result<Clap, Failure> {
        let entry = load(file)?;
        let factory = entry.get_plugin_factory().ok_or("no plugin factory")?;
        let found = factory
            .plugin_descriptors()
            .find(|found| found.name().is_some_and(|found| found.to_bytes() == name.as_bytes()))
            .ok_or_else(|| format!("no plugin \"{name}\""))?;
        let id = found.id().ok_or("a plugin without an id")?;
        let host = HostInfo::new("Drumlin's host", "Drumlin", "", "1")?;
        let mut instance = PluginInstance::<Handlers>::new(|_| Shared, |_| (), &entry, id, &host)?;
        let handle = instance.plugin_handle();
        let params = handle.get_extension().ok_or("no parameters")?;
        let state = handle.get_extension().ok_or("no state")?;
        let configuration = PluginAudioConfiguration {
            sample_rate: rate,
            min_frames_count: 1,
            max_frames_count: longest,
        };
        let processor = Some(start(&mut instance, configuration)?);
        Ok(Clap {
            instance,
            processor,
            configuration,
            params,
            state,
            takes_sound: name.ends_with("FX"),
            changes: Vec::new(),
        })
    }
}

fn start(
    instance: &mut PluginInstance<Handlers>,
    configuration: PluginAudioConfiguration,
) -> Result<StartedPluginAudioProcessor<Handlers>, Failure> {
    let stopped = instance.activate(|_, _| (), configuration)?;
    stopped.start_processing().map_err(|_| "it did not start".into())
}

fn transport(now: &Now) -> TransportEvent {
    let beats = BeatTime::from_float;
    let bar = f64::from(now.metre.0) * 4.0 / f64::from(now.metre.1);
    let bar_number = (now.position / bar).floor();
    let mut flags = TransportFlags::HAS_TEMPO
        | TransportFlags::HAS_BEATS_TIMELINE
        | TransportFlags::HAS_TIME_SIGNATURE;
    flags.set(TransportFlags::IS_PLAYING, now.playing);
    flags.set(TransportFlags::IS_LOOP_ACTIVE, now.looping.is_some());
    let (loop_start, loop_end) = now.looping.unwrap_or_default();
    TransportEvent {
        header: EventHeader::new_core(0, EventFlags::empty()),
        flags,
        song_pos_beats: beats(now.position),
        song_pos_seconds: SecondsTime::from_float(0.0),
        tempo: now.tempo,
        tempo_inc: 0.0,
        loop_start_beats: beats(loop_start),
        loop_end_beats: beats(loop_end),
        loop_start_seconds: SecondsTime::from_float(0.0),
        loop_end_seconds: SecondsTime::from_float(0.0),
        bar_start: beats(bar_number * bar),
        bar_number: bar_number as i32,
        time_signature_numerator: now.metre.0,
        time_signature_denominator: now.metre.1,
    }
}

fn message(event: &UnknownEvent) -> Option<Message> {
    let byte = |value: Match<u16>| match value {
        Match::Specific(value) => value as u8,
        Match::All => 0,
    };
    let (pckn, velocity) = match event.as_core_event()? {
        CoreEventSpace::NoteOn(on) => {
            (on.pckn(), Some((on.velocity() * 127.0).round().clamp(1.0, 127.0) as u8))
        }
        CoreEventSpace::NoteOff(off) => (off.pckn(), None),
        _ => return None,
    };
    let (channel, key) = (byte(pckn.channel), byte(pckn.key));
    Some(Message { at: event.header().time(), channel, key, velocity })
}

impl Hosted for Clap {
    fn process(&mut self, block: &Block) -> Result<Heard, Failure> {
        let mut input = EventBuffer::new();
        for (id, value) in self.changes.drain(..) {
            input.push(&ParamValueEvent::new(0, id, Pckn::match_all(), value));
        }
        for note in block.notes {
            let pckn = Pckn::new(0_u16, u16::from(note.channel), u16::from(note.key), Match::All);
            match note.velocity {
                Some(velocity) => {
                    input.push(&NoteOnEvent::new(note.at, pckn, f64::from(velocity) / 127.0));
                }
                None => input.push(&NoteOffEvent::new(note.at, pckn, 0.0)),
            }
        }
        let frames = block.frames as usize;
        let mut sound_in = [vec![block.sound; frames], vec![block.sound; frames]];
        let mut sound_out = [vec![f32::NAN; frames], vec![f32::NAN; frames]];
        let (mut ports_in, mut ports_out) =
            (AudioPorts::with_capacity(2, 1), AudioPorts::with_capacity(2, 1));
        let port = AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_input_only(
                sound_in.iter_mut().map(|side| InputChannel::variable(side.as_mut_slice())),
            ),
        };
        let audio_in = ports_in.with_input_buffers(self.takes_sound.then_some(port));
        let mut audio_out = ports_out.with_output_buffers([AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_output_only(
                sound_out.iter_mut().map(|side| side.as_mut_slice()),
            ),
        }]);
        let mut output = EventBuffer::new();
        let processor = self.processor.as_mut().ok_or("it does not run")?;
        processor.process(
            &audio_in,
            &mut audio_out,
            &input.as_input(),
            &mut output.as_output(),
            None,
            Some(&transport(&block.now)),
        )?;
        let [left, right] = sound_out;
        Ok(Heard { notes: output.iter().filter_map(message).collect(), left, right })
    }

    fn set(&mut self, parameter: &str, value: f64) -> Result<(), Failure> {
        let handle = self.instance.plugin_handle();
        for index in 0..self.params.count(&handle) {
            let mut buffer = ParamInfoBuffer::new();
            if let Some(info) = self.params.get_info(&handle, index, &mut buffer)
                && info.name == parameter.as_bytes()
            {
                self.changes.push((info.id, value));
                return Ok(());
            }
        }
        Err(format!("no parameter \"{parameter}\"").into())
    }

    fn save(&mut self) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        self.state.save(&self.instance.plugin_handle(), &mut bytes)?;
        Ok(bytes)
    }

    fn load(&mut self, mut state: &[u8]) -> Result<(), Failure> {
        Ok(self.state.load(&self.instance.plugin_handle(), &mut state)?)
    }

    fn restart(&mut self) -> Result<(), Failure> {
        let processor = self.processor.take().ok_or("it does not run")?;
        self.instance.deactivate(processor.stop_processing());
        self.processor = Some(start(&mut self.instance, self.configuration)?);
        Ok(())
    }
}
