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

/// Hops before and behind a moment that say how steeply the sound rises there: 4.4 ms.
const AROUND: usize = 3;

/// How steep the rise of a stroke is at least, as a share of the steepest near it, and how many hops before
/// that it may be: 19 ms. A drum's body swells behind its attack, and of two strokes on one beat the second
/// may be the louder one.
const STEEP: f32 = 0.3;
const EARLIER: usize = 13;

/// The mean square of every [`HOP`] samples, and that of the differences from sample to sample, in which
/// attacks are not hidden behind low tones; some bytes a millisecond.
#[derive(Debug, Default)]
pub struct Envelope {
    power: Vec<f32>,
    sum: f32,
    differences: Vec<f32>,
    difference: f32,
    last: f32,
    count: usize,
}

impl Envelope {
    /// Hears more samples.
    pub fn push(&mut self, samples: &[f32]) {
        let mut rest = samples;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(HOP - self.count));
            self.sum += now.iter().map(|sample| sample * sample).sum::<f32>();
            if let [first, .., last] | [first @ last] = now {
                let step = first - self.last;
                self.difference += step * step + squared_differences(now);
                self.last = *last;
            }
            self.count += now.len();
            if self.count == HOP {
                self.power.push(self.sum / HOP as f32);
                self.differences.push(self.difference / HOP as f32);
                (self.sum, self.difference, self.count) = (0.0, 0.0, 0);
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

    /// The sample near `sample` (within `reach` samples) at which the stroke begins that is heard there: a
    /// hop before the first steep rise, by what its level rises from the hops before to those behind.
    pub fn attack(&self, sample: f64, reach: f64) -> f64 {
        let low = ((sample - reach) / HOP as f64).ceil().max(AROUND as f64) as usize;
        let high = ((sample + reach) / HOP as f64).floor().max(0.0) as usize;
        let last = self.differences.len().saturating_sub(AROUND);
        let high = high.min(last);
        let rise = |at: usize| self.rise(at);
        let best = (low..=high).max_by(|&a, &b| rise(a).total_cmp(&rise(b)));
        let Some(best) = best.filter(|&at| rise(at) > 0.0) else { return sample };
        let steep = STEEP * rise(best);
        let earliest = best.saturating_sub(EARLIER).max(low);
        let begins = (earliest..best).find(|&at| rise(at) >= steep).unwrap_or(best);
        let climbs = |at: &usize| rise(at + 1) <= rise(*at);
        let steepest = (begins..best).find(climbs).unwrap_or(best);
        ((steepest - 1) * HOP) as f64
    }

    /// How much louder the differences of the hops from `at` on are than of those before. Loud rises count
    /// more than steep ones out of nothing.
    fn rise(&self, at: usize) -> f32 {
        let mean = |hops: &[f32]| hops.iter().sum::<f32>() / AROUND as f32;
        let before = mean(&self.differences[at - AROUND..at]);
        let behind = mean(&self.differences[at..at + AROUND]);
        behind.sqrt() - before.sqrt()
    }
}

/// The sum of the squares of the differences from sample to sample, of at least one.
fn squared_differences(samples: &[f32]) -> f32 {
    // Eight sums beside each other, which the compiler may work out at once.
    const LANES: usize = 8;
    let (before, behind) = (samples.chunks_exact(LANES), samples[1..].chunks_exact(LANES));
    let done = behind.len() * LANES;
    let mut lanes = [0.0; LANES];
    for (before, behind) in before.zip(behind) {
        for (lane, (before, behind)) in lanes.iter_mut().zip(before.iter().zip(behind)) {
            *lane += (behind - before) * (behind - before);
        }
    }
    let rest = samples[done..].windows(2).map(|pair| (pair[1] - pair[0]) * (pair[1] - pair[0]));
    lanes.iter().sum::<f32>() + rest.sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_found_at_both_ends() {
        let mut envelope = Envelope::default();
        let level = |at: usize| if (10_000..30_000).contains(&at) { 0.5 } else { 0.0005 };
        let click = |at: usize| if at.is_multiple_of(2) { level(at) } else { -level(at) };
        envelope.push(&(0..50_000).map(click).collect::<Vec<f32>>());
        let sounding = envelope.sounding().unwrap();
        assert!(sounding.start.abs_diff(10_000) <= 256 && sounding.end.abs_diff(30_000) <= 320);
        // What rises within reach is found to the hop.
        let attack = envelope.attack(10_500.0, 1000.0);
        assert!((10_000.0 - attack - 64.0).abs() <= 64.0, "{attack}");
        assert_eq!(envelope.attack(25_000.0, 1000.0), 25_000.0);
        assert_eq!(envelope.attack(1e9, 1000.0), 1e9);
        assert_eq!(envelope.attack(-1e9, 1000.0), -1e9);
    }

    #[test]
    fn all_differences_count() {
        let samples: Vec<f32> = (0..40).map(|at| ((at * 7) % 11) as f32).collect();
        for length in 1..40 {
            let samples = &samples[..length];
            let wanted: f32 = samples.windows(2).map(|pair| (pair[1] - pair[0]).powi(2)).sum();
            assert_eq!(squared_differences(samples), wanted);
        }
    }

    /// A sound of noise and a tone, by the level of each at every sample.
    fn attack_of(noise: impl Fn(usize) -> f32, tone: impl Fn(usize) -> f32) -> f64 {
        let (mut random, mut envelope) = (1u32, Envelope::default());
        let sound = |at: usize| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noisy = (random >> 8) as f32 / (1 << 23) as f32 - 1.0;
            noise(at) * noisy + tone(at) * (at as f32 * 0.0085).sin()
        };
        let sound: Vec<f32> = (0..20_000).map(sound).collect();
        // In blocks of odd sizes it is the same.
        sound.chunks(777).for_each(|block| envelope.push(block));
        envelope.attack(10_300.0, 1300.0)
    }

    #[test]
    fn a_stroke_begins_with_its_attack() {
        let decay = |from: usize, length: f32| {
            move |at: usize| at.checked_sub(from).map_or(0.0, |t| (-(t as f32) / length).exp())
        };
        // A kick: its body is loudest 20 ms behind a click that is a tenth as loud.
        let body = |at: usize| at.checked_sub(10_000).map_or(0.0, |t| (t as f32 / 900.0).min(1.0));
        let click = decay(10_000, 100.0);
        let kick = attack_of(|at| 0.1 * click(at), |at| 0.8 * body(at));
        assert!((kick - 10_000.0).abs() <= 132.0, "{kick}");
        // Two strokes on one beat, the second three times as loud and 14 ms later.
        let (first, second) = (decay(10_000, 400.0), decay(10_617, 400.0));
        let flam = attack_of(|at| 0.2 * first(at) + 0.6 * second(at), |_| 0.0);
        assert!((flam - 10_000.0).abs() <= 132.0, "{flam}");
        // What is softer than that is no stroke of its own.
        let ghost = attack_of(|at| 0.05 * first(at) + 0.6 * second(at), |_| 0.0);
        assert!((ghost - 10_617.0).abs() <= 132.0, "{ghost}");
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
