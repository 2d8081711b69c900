//! The steady beat of a stretch of a clip: all periods and phases are weighed at once, and every frame
//! gets the share of them that has a beat there. Where the tempo's octave is in doubt, the beats that both
//! octaves have are still sure.
//!
//! Source: Bayes' rule over constant tempi, with the network's odds as independent evidence; compare
//! Whiteley, Cemgil and Godsill, "Bayesian modelling of temporal structure in musical audio", ISMIR 2006.

use super::bands::FRAMES;
use super::beat_odds::WINDOW;

/// The shortest and the longest beat in seconds (214 and 50 a minute), and the one that people prefer.
const SHORTEST: f64 = 0.28;
const LONGEST: f64 = 1.2;
const PREFERRED: f64 = 0.5;
/// How far from it, in octaves, a period is still likely.
const SPREAD: f64 = 0.5;

/// From period to period, as a share: what makes a frame and a half at the ends of a window.
const STEP: f64 = 0.0036;

/// How much the odds count: what the network says of one beat and of the next is no independent evidence.
/// Chosen with performances that it had not learned from (`benches/curate_clips.py --part tuning`).
const EVIDENCE: f32 = 0.5;

/// The frame that phases are counted from.
const MIDDLE: isize = WINDOW as isize / 2;

/// What is known of the beats of a window.
#[derive(Clone, Debug, PartialEq)]
pub struct BeatGrid {
    /// The likeliest period, in frames.
    pub period: f64,
    /// For each frame the probability that a beat is within a frame of it.
    pub beats: Vec<f32>,
}

/// A period, and for each of its phases what speaks for it.
struct Comb {
    period: f64,
    weights: Vec<f32>,
}

impl Comb {
    /// Calls `each` with the frame of the first phase that has a beat in the window, for every beat of the
    /// comb, and with these phases.
    fn beats(&self, mut each: impl FnMut(usize, std::ops::Range<usize>)) {
        let phases = self.weights.len() as isize;
        let around = (WINDOW as f64 / 2.0 / self.period).ceil() as i32 + 1;
        for beat in -around..=around {
            let frame = MIDDLE + (f64::from(beat) * self.period).round() as isize;
            let first = (-frame).clamp(0, phases);
            let last = (WINDOW as isize - frame).clamp(first, phases);
            if first < last {
                each((frame + first) as usize, first as usize..last as usize);
            }
        }
    }
}

impl BeatGrid {
    /// Of the logarithms of the odds of a beat, frame by frame, at most [`WINDOW`] of them.
    pub fn of(odds: &[f32]) -> BeatGrid {
        let near = near(odds);
        let mut combs: Vec<Comb> = periods().map(|period| comb(period, &near)).collect();
        let all = || combs.iter().flat_map(|comb| &comb.weights);
        let most = all().copied().fold(f32::MIN, f32::max);
        let sum: f32 = all().map(|weight| (weight - most).exp()).sum();
        let mut beats = vec![0.0; WINDOW];
        for comb in &mut combs {
            comb.weights.iter_mut().for_each(|weight| *weight = (*weight - most).exp() / sum);
            comb.beats(|frame, phases| {
                let weights = &comb.weights[phases];
                beats[frame..].iter_mut().zip(weights).for_each(|(beat, weight)| *beat += weight);
            });
        }
        BeatGrid { period: likeliest(&combs), beats: beats_near(&beats, odds.len().min(WINDOW)) }
    }
}

fn periods() -> impl Iterator<Item = f64> {
    let count = ((LONGEST / SHORTEST).ln() / STEP) as i32;
    (0..=count).map(|step| FRAMES * SHORTEST * (f64::from(step) * STEP).exp())
}

/// The mean odds of a frame and its neighbours, 0 (nothing known) outside: people are not on the frame.
fn near(odds: &[f32]) -> Vec<f32> {
    let at = |index: usize| odds.get(index).copied().unwrap_or(0.0);
    let mut near = vec![0.0; WINDOW];
    for (index, near) in near.iter_mut().enumerate().take(odds.len()) {
        let three = [index.checked_sub(1).map_or(0.0, at), at(index), at(index + 1)];
        let most = three.iter().copied().fold(f32::MIN, f32::max);
        *near = most + (three.iter().map(|odds| (odds - most).exp()).sum::<f32>() / 3.0).ln();
    }
    near
}

/// What speaks for every phase of a period: its own likelihood, and the odds at its beats.
fn comb(period: f64, near: &[f32]) -> Comb {
    let octaves = (period / FRAMES / PREFERRED).log2() / SPREAD;
    // Long periods have more phases, not more weight.
    let prior = -0.5 * octaves * octaves - period.ln();
    let mut comb = Comb { period, weights: vec![0.0; period.ceil() as usize] };
    let mut sums = vec![prior as f32; comb.weights.len()];
    comb.beats(|frame, phases| {
        let sums = sums[phases].iter_mut();
        sums.zip(&near[frame..]).for_each(|(sum, odds)| *sum += EVIDENCE * odds);
    });
    comb.weights = sums;
    comb
}

/// The mean of the periods around the one that weighs most.
fn likeliest(combs: &[Comb]) -> f64 {
    let weight = |comb: &Comb| comb.weights.iter().sum::<f32>();
    let weights: Vec<f32> = combs.iter().map(weight).collect();
    let most = (0..weights.len()).max_by(|&a, &b| weights[a].total_cmp(&weights[b])).unwrap_or(0);
    let around = most.saturating_sub(3)..(most + 4).min(combs.len());
    let sum: f64 = weights[around.clone()].iter().copied().map(f64::from).sum();
    let periods = combs[around.clone()].iter().zip(&weights[around]);
    periods.map(|(comb, weight)| comb.period * f64::from(*weight)).sum::<f64>() / sum.max(1e-30)
}

/// Beats of a frame and its neighbours together, those two frames away by half.
fn beats_near(beats: &[f32], frames: usize) -> Vec<f32> {
    let at =
        |index: Option<usize>| index.and_then(|index| beats.get(index)).copied().unwrap_or(0.0);
    let sum = |frame: usize| {
        let around = [(1, 1.0), (2, 0.5)]
            .map(|(off, share)| share * (at(frame.checked_sub(off)) + at(Some(frame + off))));
        at(Some(frame)) + around[0] + around[1]
    };
    (0..frames).map(|frame| sum(frame).min(1.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Odds that speak for a beat every `period` frames and against one elsewhere.
    fn odds(frames: usize, period: f64, first: f64, strong: f32) -> Vec<f32> {
        let mut odds = vec![-strong; frames];
        for beat in 0.. {
            let frame = (first + f64::from(beat) * period).round() as usize;
            let Some(odds) = odds.get_mut(frame) else { break };
            *odds = strong;
        }
        odds
    }

    #[test]
    fn steady_beats_are_found_in_short_and_long_stretches() {
        for (frames, period) in [(350, 37.7), (1000, 43.0), (2048, 61.3), (2048, 28.4)] {
            let grid = BeatGrid::of(&odds(frames, period, 9.0, 3.0));
            assert!((grid.period / period - 1.0).abs() < 0.004, "{} {period}", grid.period);
            assert_eq!(grid.beats.len(), frames);
            for (frame, share) in grid.beats.iter().enumerate() {
                let beat = (frame as f64 - 9.0) / period;
                let off = (beat - beat.round()).abs() * period;
                let near = &grid.beats[frame.saturating_sub(1)..(frame + 2).min(frames)];
                let most = near.iter().copied().fold(0.0, f32::max);
                assert!(off > 0.5 || most > 0.8, "{frame}: {most}");
                assert!(off < 6.0 || *share < 0.2, "{frame}: {share}");
            }
        }
    }

    /// Where every other beat is in doubt, the others are not.
    #[test]
    fn beats_of_both_octaves_are_sure() {
        let mut odds = odds(1400, 60.0, 0.0, 3.0);
        for frame in (30..1400).step_by(60) {
            odds[frame] = 0.0;
        }
        let grid = BeatGrid::of(&odds);
        assert!(grid.beats[600] > 0.9, "{}", grid.beats[600]);
        assert!(grid.beats[630] < 0.6, "{}", grid.beats[630]);
    }

    #[test]
    fn nothing_says_nothing() {
        assert!(BeatGrid::of(&[]).beats.is_empty());
        let grid = BeatGrid::of(&[0.0; 500]);
        assert!(grid.beats.iter().all(|share| *share < 0.25));
    }
}
