//! The likeliest steady beats, from how likely each frame is one. Beats are places in frames, log odds
//! one number for each frame.

use crate::analysis::{BeatStep, best_beats};

use super::spectrogram::FRAMES_PER_SECOND;

/// The log odds of a beat are within this either side of 0.
pub const MOST: f32 = 4.0;
/// Frames either side of a place in which its beat may be: people are not on the frame.
pub const AROUND: usize = 3;
/// The shortest and the longest beat, in frames, where it is a quarter note: 214 and 54 a minute.
const SHORTEST: f64 = 28.0;
const LONGEST: f64 = 110.0;
/// The quarter note that people prefer, in frames, and what a beat of half or double that costs.
const PREFERRED: f64 = 52.0;
const ODD_COST: f32 = 0.25;
/// Beats are looked for as if they were no shorter and no longer than these, in quarter notes.
const QUARTERS: (f64, f64) = (0.25, 2.0);
/// Frames by which the period may change from beat to beat, and what a change costs: this times the
/// square of its share of the period.
const CHANGE: usize = 4;
const CHANGE_COST: f32 = 150.0;
/// The log odds above which a beat is heard at all: a probability of 0.08.
const HEARD: f32 = -2.5;

/// How long beats may be and are liked to be, in frames.
pub struct Periods {
    pub shortest: usize,
    pub longest: usize,
    preferred: f32,
}

impl Periods {
    /// Of beats of so many quarter notes.
    pub fn of(quarters: f64) -> Periods {
        let scale = quarters.clamp(QUARTERS.0, QUARTERS.1);
        Periods {
            shortest: (SHORTEST * scale).round() as usize,
            longest: (LONGEST * scale).round() as usize,
            preferred: (PREFERRED * scale) as f32,
        }
    }

    /// What a beat of this period costs.
    fn odd(&self, period: usize) -> f32 {
        ODD_COST * (period as f32 / self.preferred).log2().powi(2)
    }

    /// What beats of one period are worth, for each second: between a sum over beats, which likes many,
    /// and their mean, which likes few.
    pub fn worth(&self, mean: f32, period: f64) -> f32 {
        (mean - self.odd(period.round() as usize)) * (self.preferred / period as f32).sqrt()
    }
}

/// The likeliest steady beats, as frames refined to where each is likeliest; within 5 % of the `tempo` if
/// there is one.
pub fn likeliest(beat: &[f32], tempo: Option<f64>, periods: &Periods) -> Vec<f64> {
    let lengths: Vec<usize> = match tempo {
        Some(tempo) => {
            let period = 60.0 * FRAMES_PER_SECOND / tempo;
            let (low, high) = ((period * 0.95).floor(), (period * 1.05).ceil());
            (low.max(2.0) as usize..=high as usize).collect()
        }
        None => (periods.shortest..=periods.longest).collect(),
    };
    let steps: Vec<Vec<BeatStep>> = (0..lengths.len())
        .map(|index| {
            let near = index.saturating_sub(CHANGE)..(index + CHANGE + 1).min(lengths.len());
            let step = |other: usize| {
                let change = other.abs_diff(index) as f32 / lengths[index] as f32;
                let cost = CHANGE_COST * change * change;
                BeatStep { frames: lengths[index], from: other, cost }
            };
            near.map(step).collect()
        })
        .collect();
    // Between a sum over beats, which likes many, and over time, which likes few.
    let reward = |frame: usize, index: usize| {
        let period = lengths[index];
        (beat[frame] - periods.odd(period)) * (period as f32 / periods.preferred).sqrt()
    };
    // From where beats are heard first to where they are heard last there is always a beat, however
    // unsure.
    let heard = |odds: &f32| *odds > HEARD;
    let (Some(first), Some(last)) = (beat.iter().position(heard), beat.iter().rposition(heard))
    else {
        return Vec::new();
    };
    let shortest = lengths[0];
    let ending = last.saturating_sub(shortest)..beat.len();
    match best_beats(beat.len(), &steps, reward, |frame| frame <= first + shortest, ending) {
        Some((beats, _)) => beats.iter().map(|at| refined(beat, at.frame)).collect(),
        None => Vec::new(),
    }
}

/// Where near a frame the beat is likeliest, by a parabola.
fn refined(beat: &[f32], frame: usize) -> f64 {
    let near = frame.saturating_sub(1)..(frame + 2).min(beat.len());
    let top = near.max_by(|&a, &b| beat[a].total_cmp(&beat[b])).unwrap_or(frame);
    if top == 0 || top + 1 >= beat.len() || beat[top] < 0.0 {
        return frame as f64;
    }
    let (before, here, after) = (beat[top - 1], beat[top], beat[top + 1]);
    let bend = before - 2.0 * here + after;
    let shift = if bend < 0.0 { (0.5 * (before - after) / bend).clamp(-0.5, 0.5) } else { 0.0 };
    top as f64 + f64::from(shift)
}

/// The highest log odds near a place; the lowest there are beyond the recording.
pub fn highest(odds: &[f32], place: f64) -> f32 {
    let frame = place.round() as usize;
    let near = odds.iter().take(frame + AROUND + 1).skip(frame.saturating_sub(AROUND));
    near.copied().fold(-MOST, f32::max)
}

/// The mean of the highest log odds near some places; 0 of none.
pub fn mean_highest(odds: &[f32], places: &[f64]) -> f32 {
    let sum: f32 = places.iter().map(|&place| highest(odds, place)).sum();
    sum / places.len().max(1) as f32
}

/// The period of two beats or more, in frames, by least squares.
pub fn mean_period(beats: &[f64]) -> f64 {
    let count = beats.len() as f64;
    let middle = (count - 1.0) / 2.0;
    let off = |index: usize| index as f64 - middle;
    let lean: f64 = beats.iter().enumerate().map(|(index, beat)| off(index) * beat).sum();
    let spread: f64 = (0..beats.len()).map(|index| off(index).powi(2)).sum();
    lean / spread
}

/// Where a time is among two beats or more, in beats from the first; beyond the ends as the nearest
/// beat goes on.
pub fn place(beats: &[f64], time: f64) -> f64 {
    let after = beats.partition_point(|&beat| beat <= time);
    let index = after.clamp(1, beats.len() - 1);
    let (from, to) = (beats[index - 1], beats[index]);
    (index - 1) as f64 + (time - from) / (to - from)
}
