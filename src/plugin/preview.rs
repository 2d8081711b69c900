//! The drum kit in the plugin: strokes to sound.
//!
//! [`DrumSampler::new`] allocates and is called where that is allowed; all else runs on the audio thread,
//! allocates nothing (held by a test) and adds to what is on the bus already. Latency is 0; a stroke
//! sounds at most [`BLOCK`] - 1 samples late.

use crate::audio::{DcBlocker, SoundFont};
use crate::score::{SampleRate, Velocity};
use rustysynth::{Synthesizer, SynthesizerSettings};

/// Samples that the synthesizer renders at a time, and the grid on which strokes begin.
const BLOCK: usize = 16;
/// Strokes that may ring at once.
const POLYPHONY: usize = 64;
/// Rates that the synthesizer can play at, in Hz.
const LOWEST_RATE: f64 = 16_000.0;
const HIGHEST_RATE: f64 = 192_000.0;
/// The longest that a cymbal rings, in seconds.
const RING: f64 = 12.0;
/// Time in which the level follows its control, in seconds.
const GLIDE: f64 = 0.02;
/// Samples that are rendered in one go.
const CHUNK: usize = 64;
/// A level below this is off.
const SILENCE: f32 = 1e-4;

/// How samples of the synthesizer become the host's.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Resampling {
    None,
    /// This many of the synthesizer's make one of the host's.
    Fewer(usize),
    /// One of the synthesizer's makes this many of the host's.
    More(usize),
}

/// A playable drum kit.
pub struct DrumSampler {
    synthesizer: Synthesizer,
    resampling: Resampling,
    /// With [`Resampling::More`]: the synthesizer's last two samples of each side, and how many of
    /// the host's have been made between them.
    between: [[f32; 2]; 2],
    made: usize,
    level: f32,
    glide: f32,
    /// Samples that may still ring, and how many ring after a stroke.
    ringing: u64,
    ring: u64,
    left: [f32; CHUNK],
    right: [f32; CHUNK],
    /// One for each side.
    offset: [DcBlocker; 2],
}

impl DrumSampler {
    /// The kit of a SoundFont at a host's rate in Hz; `None` if there is no such rate.
    pub fn new(font: &SoundFont, samples_per_second: f64) -> Option<DrumSampler> {
        let (resampling, rate) = if samples_per_second < LOWEST_RATE {
            let times = (LOWEST_RATE / samples_per_second).ceil();
            (Resampling::Fewer(times as usize), samples_per_second * times)
        } else if samples_per_second > HIGHEST_RATE {
            let times = (samples_per_second / HIGHEST_RATE).ceil();
            (Resampling::More(times as usize), samples_per_second / times)
        } else {
            (Resampling::None, samples_per_second)
        };
        let mut settings = SynthesizerSettings::new(rate.round() as i32);
        settings.block_size = BLOCK;
        settings.maximum_polyphony = POLYPHONY;
        settings.enable_reverb_and_chorus = false;
        let synthesizer = Synthesizer::new(font.inner(), &settings).ok()?;
        Some(DrumSampler {
            synthesizer,
            resampling,
            between: [[0.0; 2]; 2],
            made: 0,
            level: 0.0,
            glide: (1.0 / (GLIDE * samples_per_second)) as f32,
            ringing: 0,
            ring: (RING * samples_per_second) as u64,
            left: [0.0; CHUNK],
            right: [0.0; CHUNK],
            offset: [DcBlocker::new(SampleRate(samples_per_second.round() as u32)); 2],
        })
    }

    /// Silence at once.
    pub fn reset(&mut self) {
        self.synthesizer.reset();
        self.between = [[0.0; 2]; 2];
        self.offset.iter_mut().for_each(DcBlocker::reset);
        self.ringing = 0;
    }

    /// A stroke on a General MIDI percussion key, from the next sample on.
    pub fn strike(&mut self, key: u8, velocity: Velocity) {
        let drums = Synthesizer::PERCUSSION_CHANNEL as i32;
        self.synthesizer.note_on(drums, key.into(), velocity.get().into());
        self.ringing = self.ring;
    }

    /// The end of a stroke; most drums ring on.
    pub fn end(&mut self, key: u8) {
        self.synthesizer.note_off(Synthesizer::PERCUSSION_CHANNEL as i32, key.into());
    }

    /// Adds the next samples to both sides of the bus, at a level (linear) that is approached
    /// without clicks.
    pub fn add(&mut self, left: &mut [f32], right: &mut [f32], level: f32) {
        let frames = left.len() as u64;
        if level < SILENCE && self.level < SILENCE && self.ringing > 0 {
            // Voices that nobody hears do not move on; they would go on when the level rises.
            self.synthesizer.note_off_all(true);
            self.ringing = 0;
        }
        if self.ringing == 0 {
            self.level = level;
            return;
        }
        self.ringing = self.ringing.saturating_sub(frames);
        for (left, right) in left.chunks_mut(CHUNK).zip(right.chunks_mut(CHUNK)) {
            let frames = left.len();
            self.render(frames);
            let rendered = self.left.iter().zip(&self.right);
            for ((left, right), (l, r)) in left.iter_mut().zip(right).zip(rendered) {
                self.level += (level - self.level).clamp(-self.glide, self.glide);
                *left += self.offset[0].next(*l) * self.level;
                *right += self.offset[1].next(*r) * self.level;
            }
        }
    }

    /// Renders up to [`CHUNK`] samples at the host's rate.
    fn render(&mut self, frames: usize) {
        let (left, right) = (&mut self.left, &mut self.right);
        match self.resampling {
            Resampling::None => self.synthesizer.render(&mut left[..frames], &mut right[..frames]),
            Resampling::Fewer(times) => {
                let (mut l, mut r) = ([0.0], [0.0]);
                for (left, right) in left.iter_mut().zip(right).take(frames) {
                    (*left, *right) = (0.0, 0.0);
                    for _ in 0..times {
                        self.synthesizer.render(&mut l, &mut r);
                        *left += l[0] / times as f32;
                        *right += r[0] / times as f32;
                    }
                }
            }
            Resampling::More(times) => {
                let [[left_from, left_to], [right_from, right_to]] = &mut self.between;
                let (mut l, mut r) = ([0.0], [0.0]);
                for (left, right) in left.iter_mut().zip(right).take(frames) {
                    if self.made == 0 {
                        self.synthesizer.render(&mut l, &mut r);
                        (*left_from, *left_to) = (*left_to, l[0]);
                        (*right_from, *right_to) = (*right_to, r[0]);
                    }
                    let share = self.made as f32 / times as f32;
                    *left = *left_from + (*left_to - *left_from) * share;
                    *right = *right_from + (*right_to - *right_from) * share;
                    self.made = (self.made + 1) % times;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_struck_unheard_stays_unheard() {
        let heard = |level: f32| {
            let mut kit = DrumSampler::new(SoundFont::embedded(), 48_000.0).unwrap();
            let (mut left, mut right) = (vec![0.0; 4800], vec![0.0; 4800]);
            kit.strike(38, Velocity::clamped(100));
            kit.add(&mut left[..64], &mut right[..64], level);
            kit.add(&mut left, &mut right, 1.0);
            left.iter().fold(0f32, |peak, sample| peak.max(sample.abs()))
        };
        assert!(heard(1.0) > 0.01);
        assert_eq!(heard(0.0), 0.0);
    }
}
