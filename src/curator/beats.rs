//! Where a clip can be joined: its beats.

use super::autocorrelation::Autocorrelation;
use super::bands::{BANDS, Energies, FRAMES, HOP};
use super::envelope::Envelope;
use crate::analysis::{BeatStep, best_beats};

/// The shortest and the longest beat in seconds (200 and 60 a minute), and the one that people prefer.
const SHORTEST: f64 = 0.3;
const LONGEST: f64 = 1.0;
const PREFERRED: f64 = 0.55;
/// How far from it, in octaves, a period is still likely.
const SPREAD: f64 = 0.8;

/// How much of each band's onsets speaks for a beat: kicks and cymbals more than snares and toms, which
/// stand between the beats as often. Found with [`STEADINESS`] on `benches/curate_clips.py --part tuning`.
const WEIGHTS: [f32; BANDS] = [2.0, 2.0, 0.5, 0.3, 0.3, 0.5, 0.7, 1.0, 1.5];

/// What a beat off its period costs, against onsets of unit deviation: clips are short and most are
/// steady, and what gives way follows syncopations.
const STEADINESS: f32 = 1000.0;

/// How far from the beat that the period says its stroke is looked for, in seconds.
const REACH: f64 = 0.03;

/// How regular onsets have to be, as a share of their energy, to have beats.
const REGULAR: f32 = 0.05;

/// The part of a clip at either end in which it may be joined, in seconds.
const ENDS: f64 = 4.0;

/// A beat.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beat {
    /// Where it is struck, in samples from the clip's first.
    pub sample: f64,
    /// How clearly, 0 to 1.
    pub strength: f32,
}

/// The beats at the two ends of a clip.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClipBeats {
    /// From beat to beat, in samples; 0 if there are no beats.
    pub period: f64,
    /// In the first four seconds.
    pub early: Vec<Beat>,
    /// In the last four seconds.
    pub late: Vec<Beat>,
}

impl ClipBeats {
    /// Of a clip's flux from frame `first` on, refined by its envelope.
    pub fn of(flux: &Energies, first: usize, envelope: &Envelope) -> ClipBeats {
        let onsets = onsets(flux);
        let Some(period) = period(&onsets) else { return ClipBeats::default() };
        let frames = track(&onsets, period);
        if frames.len() < 3 {
            return ClipBeats::default();
        }
        let rate = FRAMES * HOP as f64;
        let beat = |&frame: &usize| {
            // The middle of the frame.
            let sample = ((first + frame + 1) * HOP) as f64;
            Beat { sample: envelope.attack(sample, REACH * rate), strength: strength(flux, frame) }
        };
        let last = flux.len();
        let ends = (ENDS * FRAMES) as usize;
        let early = frames.iter().filter(|&&frame| frame < ends).map(beat).collect();
        let late = frames.iter().filter(|&&frame| frame + ends > last).map(beat).collect();
        ClipBeats { period: period * HOP as f64, early, late }
    }

    /// Beats a minute; none without beats.
    pub fn tempo(&self) -> Option<f64> {
        (self.period > 0.0).then(|| 60.0 * FRAMES * HOP as f64 / self.period)
    }
}

/// How clearly kick or snare are struck near a frame: the flux of the lower bands against the most that
/// there may be (four decades in each).
fn strength(flux: &Energies, frame: usize) -> f32 {
    const LOWER: usize = 5;
    let near = &flux[frame.saturating_sub(2)..(frame + 3).min(flux.len())];
    let sum = |frame: &[f32; BANDS]| frame[..LOWER].iter().sum::<f32>();
    let most = near.iter().map(sum).fold(0.0, f32::max);
    (most / (LOWER as f32 * 2.0)).min(1.0)
}

/// One number for each frame: how much begins there, without its mean, of unit deviation.
fn onsets(flux: &Energies) -> Vec<f32> {
    let sums: Vec<f32> = flux
        .iter()
        .map(|frame| frame.iter().zip(WEIGHTS).map(|(rise, weight)| rise * weight).sum())
        .collect();
    let at = |index: usize, off: isize| {
        index.checked_add_signed(off).and_then(|index| sums.get(index)).copied().unwrap_or(0.0)
    };
    // People are not on the frame.
    let mut onsets: Vec<f32> = (0..sums.len())
        .map(|index| at(index, 0) * 0.5 + (at(index, -1) + at(index, 1)) * 0.25)
        .collect();
    let count = onsets.len().max(1) as f32;
    let mean = onsets.iter().sum::<f32>() / count;
    onsets.iter_mut().for_each(|onset| *onset -= mean);
    let deviation = (onsets.iter().map(|onset| onset * onset).sum::<f32>() / count).sqrt();
    if deviation > 0.0 {
        onsets.iter_mut().for_each(|onset| *onset /= deviation);
    }
    onsets
}

/// The likeliest period in frames: at it and its multiples the onsets come back.
fn period(onsets: &[f32]) -> Option<f64> {
    const MULTIPLES: [(f64, f64); 3] = [(1.0, 1.0), (2.0, 0.7), (4.0, 0.7)];
    if onsets.len() < (2.0 * SHORTEST * FRAMES) as usize {
        return None;
    }
    let mut correlation = Autocorrelation::new(onsets.len(), (4.5 * LONGEST * FRAMES) as usize);
    let correlation = correlation.of(onsets.iter().copied());
    let whole = correlation[0].max(1e-6);
    let at = |lag: f64| {
        let (low, share) = (lag as usize, lag.fract() as f32);
        let value = |index: usize| correlation.get(index).copied().unwrap_or(0.0);
        f64::from(value(low) * (1.0 - share) + value(low + 1) * share)
    };
    let worth = |period: f64| {
        let octaves = (period / (PREFERRED * FRAMES)).log2() / SPREAD;
        let sum: f64 = MULTIPLES.iter().map(|(times, weight)| weight * at(times * period)).sum();
        sum * (-0.5 * octaves * octaves).exp()
    };
    let steps = ((LONGEST - SHORTEST) * FRAMES * 10.0) as usize;
    let periods = (0..=steps).map(|step| SHORTEST * FRAMES + step as f64 / 10.0);
    let best = periods.max_by(|&a, &b| worth(a).total_cmp(&worth(b)))?;
    (worth(best) > f64::from(REGULAR * whole)).then_some(best)
}

/// The frames of the sequence of beats near `period` that meets the most onsets.
fn track(onsets: &[f32], period: f64) -> Vec<usize> {
    let (nearest, furthest) = ((period * 0.8) as usize, (period * 1.25).ceil() as usize);
    let step = |frames: usize| {
        let cost = STEADINESS * (frames as f32 / period as f32).ln().powi(2);
        BeatStep { frames, from: 0, cost }
    };
    let steps = [(nearest..=furthest).map(step).collect()];
    // The last beat is one of the last period.
    let tail = onsets.len().saturating_sub(period.ceil() as usize)..onsets.len();
    let best = best_beats(onsets.len(), &steps, |frame, _| onsets[frame], |_| true, tail);
    best.map_or_else(Vec::new, |(beats, _)| beats.iter().map(|at| at.frame).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kicks on the beat and hats on the eighths, `period` frames a beat.
    fn rock(period: f64, frames: usize) -> Energies {
        let mut flux = vec![[0.02; BANDS]; frames];
        for eighth in 0.. {
            let frame = (10.0 + eighth as f64 * period / 2.0).round() as usize;
            let Some(row) = flux.get_mut(frame) else { break };
            row[7] = 1.0;
            if eighth % 2 == 0 {
                row[usize::from(eighth % 4 == 2) + 1] = 2.0;
            }
        }
        flux
    }

    #[test]
    fn beats_are_where_the_kicks_are() {
        for period in [38.3, 43.0, 52.1, 61.7] {
            let flux = rock(period, 1700);
            let beats = ClipBeats::of(&flux, 0, &Envelope::default());
            assert!((beats.period / HOP as f64 - period).abs() < 0.5, "{period}: {beats:?}");
            assert!(beats.early.len() >= 5 && beats.late.len() >= 5);
            for beat in beats.early.iter().chain(&beats.late) {
                let frame = beat.sample / HOP as f64 - 1.0 - 10.0;
                let off = (frame / period - (frame / period).round()).abs() * period;
                assert!(off < 1.5, "{period}: {off}");
            }
        }
    }

    #[test]
    fn what_has_no_beats_has_none() {
        let none = |flux: Energies| ClipBeats::of(&flux, 0, &Envelope::default());
        for frames in [0, 3, 60, 500] {
            assert_eq!(none(vec![[0.0; BANDS]; frames]), ClipBeats::default());
        }
        let mut one = vec![[0.0; BANDS]; 400];
        one[20] = [2.0; BANDS];
        assert_eq!(none(one).tempo(), None);
    }
}
