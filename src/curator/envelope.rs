//! How loud a clip is from moment to moment, where its silence ends, and where a stroke begins.

use std::ops::Range;

/// Samples from frame to frame, and of a frame: 1.5 and 5.8 ms at 44.1 kHz.
const HOP: usize = 64;
const HOPS_A_FRAME: usize = 4;

/// What is this much below the loudest frame is silence: 50 dB, as a share of its power.
const FLOOR: f32 = 1e-5;

/// The power below which all is silence: -60 dB of full scale.
const SILENT: f32 = 1e-6;

/// The hops at the very beginning in which a stroke is looked for (30 ms), and how far below the loudest
/// frame it may be: 12 dB, as a share of its power.
const BEGINNING: usize = 20;
const STRUCK: f32 = 0.063;

/// The mean square of every [`HOP`] samples; a few bytes a millisecond.
#[derive(Debug, Default)]
pub struct Envelope {
    power: Vec<f32>,
    sum: f32,
    count: usize,
}

impl Envelope {
    /// Hears more samples.
    pub fn push(&mut self, samples: &[f32]) {
        let mut rest = samples;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(HOP - self.count));
            self.sum += now.iter().map(|sample| sample * sample).sum::<f32>();
            self.count += now.len();
            if self.count == HOP {
                self.power.push(self.sum / HOP as f32);
                (self.sum, self.count) = (0.0, 0);
            }
            rest = later;
        }
    }

    /// How many samples were heard.
    pub fn samples(&self) -> usize {
        self.power.len() * HOP + self.count
    }

    fn frame(&self, first: usize) -> f32 {
        let hops = &self.power[first..(first + HOPS_A_FRAME).min(self.power.len())];
        hops.iter().sum::<f32>() / hops.len().max(1) as f32
    }

    fn loudest(&self, frames: Range<usize>) -> f32 {
        frames.map(|at| self.frame(at)).fold(0.0, f32::max)
    }

    /// Whether the first 30 ms are nearly as loud as the loudest moment of all.
    pub fn begins_loud(&self) -> bool {
        let loudest = self.loudest(0..self.power.len());
        let last = (BEGINNING - HOPS_A_FRAME + 1).min(self.power.len());
        loudest >= SILENT && self.loudest(0..last) >= loudest * STRUCK
    }

    /// The samples between the silence before and behind, none if all is silent.
    pub fn sounding(&self) -> Option<Range<u64>> {
        let frames = 0..self.power.len();
        let loudest = self.loudest(frames.clone());
        if loudest < SILENT {
            return None;
        }
        let heard = |at: &usize| self.frame(*at) > loudest * FLOOR;
        let first = frames.clone().find(heard)?;
        let last = frames.rev().find(heard)?;
        Some((first * HOP) as u64..((last + HOPS_A_FRAME).min(self.power.len()) * HOP) as u64)
    }

    /// The sample near `sample` (within `reach` samples) at which the sound rises most steeply, by what
    /// its level rises from the hops before to those behind: where the stroke is that is heard there.
    pub fn attack(&self, sample: f64, reach: f64) -> f64 {
        const AROUND: usize = 3;
        let low = ((sample - reach) / HOP as f64).ceil().max(AROUND as f64) as usize;
        let high = ((sample + reach) / HOP as f64).floor().max(0.0) as usize;
        let rise = |at: usize| {
            let mean = |hops: &[f32]| hops.iter().sum::<f32>() / AROUND as f32;
            let before = mean(&self.power[at - AROUND..at]);
            let behind = mean(&self.power[at..at + AROUND]);
            // Loud rises before steep ones out of nothing.
            behind.sqrt() - before.sqrt()
        };
        let last = self.power.len().saturating_sub(AROUND);
        let best = (low..=high.min(last)).max_by(|&a, &b| rise(a).total_cmp(&rise(b)));
        best.filter(|&at| rise(at) > 0.0).map_or(sample, |at| (at * HOP) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_found_at_both_ends() {
        let mut envelope = Envelope::default();
        let click = |at: usize| if (10_000..30_000).contains(&at) { 0.5 } else { 0.0005 };
        envelope.push(&(0..50_000).map(click).collect::<Vec<f32>>());
        let sounding = envelope.sounding().unwrap();
        assert!(sounding.start.abs_diff(10_000) <= 256 && sounding.end.abs_diff(30_000) <= 320);
        // What rises within reach is found to the hop.
        assert!((envelope.attack(10_500.0, 1000.0) - 10_000.0).abs() <= 64.0);
        assert_eq!(envelope.attack(25_000.0, 1000.0), 25_000.0);
        assert_eq!(envelope.attack(1e9, 1000.0), 1e9);
        assert_eq!(envelope.attack(-1e9, 1000.0), -1e9);
    }

    #[test]
    fn a_stroke_at_the_first_sample_is_known() {
        let begins = |first: usize| {
            let mut envelope = Envelope::default();
            let stroke = |at: usize| match at {
                at if at < first => 0.01,
                at if at < first + 2000 => 0.3,
                20_000..22_000 => 0.5,
                _ => 0.01,
            };
            envelope.push(&(0..40_000).map(stroke).collect::<Vec<f32>>());
            envelope.begins_loud()
        };
        assert!(begins(0) && begins(640));
        assert!(!begins(3000));
        assert!(!Envelope::default().begins_loud());
    }

    #[test]
    fn silence_has_no_sound_in_it() {
        let mut envelope = Envelope::default();
        assert_eq!(envelope.sounding(), None);
        envelope.push(&[1e-4; 5000]);
        assert_eq!(envelope.sounding(), None);
    }
}
