//! VST3 plugins in this process.

use std::path::Path;

use vst3_host::audio::AudioBuffers;
use vst3_host::midi::{MidiChannel, MidiEvent, PluginEventData};
use vst3_host::plugin::{Plugin, TransportPosition};
use vst3_host::prelude::Vst3Host;

use crate::{Block, BlockOutput, BoxError, Hosted, Message};

/// A running instance.
pub struct Vst3 {
    plugin: Plugin,
    rate: f64,
}

impl Vst3 {
    /// Loads the plugin of that name from a bundle and starts it at a rate in Hz.
    pub fn new(bundle: &Path, name: &str, rate: f64, longest: u32) -> Result<Vst3, BoxError> {
        let mut host =
            Vst3Host::builder().sample_rate(rate).block_size(longest as usize).build()?;
        let class = vst3_host::discovery::get_detailed_plugin_info(bundle)?
            .classes
            .into_iter()
            .find(|found| found.name == name && found.category == "Audio Module Class")
            .ok_or_else(|| format!("no plugin \"{name}\""))?;
        let mut plugin = host.load_plugin_class(bundle, &class.class_id)?;
        plugin.start_processing()?;
        Ok(Vst3 { plugin, rate })
    }
}

impl Hosted for Vst3 {
    fn process(&mut self, block: &Block) -> Result<BlockOutput, BoxError> {
        let now = block.now;
        self.plugin.set_tempo(now.tempo)?;
        self.plugin.set_time_signature(i32::from(now.metre.0), i32::from(now.metre.1))?;
        self.plugin.set_playing(now.playing)?;
        let samples = (now.position * 60.0 / now.tempo * self.rate).round() as i64;
        let quarter_notes = now.position;
        self.plugin.set_transport_position(TransportPosition { samples, quarter_notes })?;
        for note in block.notes {
            let channel = MidiChannel::from_index(note.channel).ok_or("no such channel")?;
            let event = match note.velocity {
                Some(velocity) => MidiEvent::NoteOn { channel, note: note.key, velocity },
                None => MidiEvent::NoteOff { channel, note: note.key, velocity: 0 },
            };
            self.plugin.send_midi_event_at(event, note.at as i32)?;
        }
        let frames = block.frames as usize;
        let mut buffers = AudioBuffers::new(2, 2, frames, self.rate);
        if let Some(sound) = block.sound {
            buffers.inputs.iter_mut().for_each(|side| side.copy_from_slice(sound));
        }
        self.plugin.process_audio(&mut buffers)?;
        let notes = self.plugin.take_output_events().into_iter().filter_map(|event| {
            let at = event.sample_offset as u32;
            let message = |channel: i16, pitch: i16, velocity| Message {
                at,
                channel: channel as u8,
                key: pitch as u8,
                velocity,
            };
            match event.data {
                PluginEventData::NoteOn { channel, pitch, velocity, .. } => {
                    let velocity = (velocity * 127.0).round().clamp(1.0, 127.0) as u8;
                    Some(message(channel, pitch, Some(velocity)))
                }
                PluginEventData::NoteOff { channel, pitch, .. } => {
                    Some(message(channel, pitch, None))
                }
                _ => None,
            }
        });
        let notes = notes.collect();
        let mut sides = buffers.outputs.into_iter();
        let mut side = || sides.next().unwrap_or_default();
        Ok(BlockOutput { notes, left: side(), right: side() })
    }

    fn set(&mut self, parameter: &str, value: f64) -> Result<(), BoxError> {
        Ok(self.plugin.set_parameter_by_name(parameter, value)?)
    }

    fn save(&mut self) -> Result<Vec<u8>, BoxError> {
        Ok(self.plugin.save_state()?)
    }

    fn load(&mut self, state: &[u8]) -> Result<(), BoxError> {
        Ok(self.plugin.load_state(state)?)
    }

    fn restart(&mut self) -> Result<(), BoxError> {
        self.plugin.stop_processing()?;
        Ok(self.plugin.start_processing()?)
    }
}
