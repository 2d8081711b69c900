//! What the window wants to be heard without the host's transport: single strokes, and bars of the clip
//! while the host stands.
//!
//! Runs on the audio thread. Bars are played by the same code as ever, which is told of a transport
//! that runs from the first of them to the last.

use super::transport::HostTime;
use crate::score::{Beats, Bpm, Metre};
use crate::studio::wire::Audition;

/// The receiving end.
pub struct Auditions {
    queue: rtrb::Consumer<Audition>,
    playing: Option<Rehearsal>,
}

/// Bars that are being played.
#[derive(Clone, Copy, Debug)]
struct Rehearsal {
    position: f64,
    to: Beats,
    tempo: Bpm,
    metre: Metre,
}

impl Auditions {
    /// Nothing sounds yet.
    pub fn new(queue: rtrb::Consumer<Audition>) -> Auditions {
        Auditions { queue, playing: None }
    }

    /// The next stroke that is wanted: keys and velocity. What is wanted beside strokes is begun.
    pub fn strike(&mut self) -> Option<(u8, u8, crate::score::Velocity)> {
        while let Ok(audition) = self.queue.pop() {
            match audition {
                Audition::Strike { kit_key, key, velocity } => {
                    return Some((kit_key, key & 127, velocity));
                }
                Audition::Play { from, to, tempo, metre } => {
                    self.playing = Some(Rehearsal { position: from.0, to, tempo, metre });
                }
                Audition::Stop => self.playing = None,
            }
        }
        None
    }

    /// The transport by which a block is played in place of the host's, and where it ends; `None`
    /// where the host's holds. A host that starts has the last word.
    pub fn time(&mut self, host: &HostTime) -> Option<(HostTime, Beats)> {
        if host.playing {
            self.playing = None;
        }
        let Rehearsal { position, to, tempo, metre } = self.playing?;
        let time = HostTime {
            playing: true,
            position: Some(Beats(position)),
            tempo: Some(tempo),
            metre: Some(metre),
            bar_start: None,
            looping: None,
        };
        Some((time, to))
    }

    /// A block has passed.
    pub fn advance(&mut self, frames: u32, samples_per_second: f64) {
        if let Some(rehearsal) = &mut self.playing {
            rehearsal.position += f64::from(frames) * rehearsal.tempo.0 / 60.0 / samples_per_second;
            if rehearsal.position >= rehearsal.to.0 {
                self.playing = None;
            }
        }
    }

    /// Whether bars are being played.
    pub fn is_playing(&self) -> bool {
        self.playing.is_some()
    }
}
