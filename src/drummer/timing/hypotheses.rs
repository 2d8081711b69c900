//! Which of many beats and bars are those of a performance.
//!
//! Every hypothesis about the beats (`beats.rs`) is tried with bars of four and of three; a bar may be
//! a beat or two longer or shorter where one was missed or heard twice. What tells how plausible they
//! are is weighted so that the most plausible ones meet as many true bar lines as possible and have few
//! others: a softmax over a performance's hypotheses, fitted to the harmonic mean of both shares.

use std::f64::consts::TAU;

use super::beats::{Beats, Onset, possible_beats};
use super::downbeats::{BarLines, Lines, StepNote, Weights, bar_lines};
use crate::score::{Metre, Seconds};

/// Beats and bars that may be those that are played.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    /// At least two.
    pub beats: Vec<Seconds>,
    /// Quarters are beats.
    pub metre: Metre,
    /// Half beats from the start of a tempo map that has [`lead`] beats before the first; at least one.
    pub lines: Vec<usize>,
    /// The probability of these bars, 0 to 1.
    pub certainty: f64,
}

pub(super) const FEATURES: usize = 16;
/// How much speaks for bars with such features, in their order: the logarithm of the odds for each unit.
/// Fitted by `models/training/bars_of_playing.py` on 480 performances of 120 songs of `paired` and
/// `mma_synth` (five human tempo curves, 66 to 144 bpm, four in ten with an upbeat); five-fold
/// cross-validation by song says how well they choose.
const PLAUSIBLE: [f64; FEATURES] = [
    7.969, -9.362, -64.542, 0.677, -9.184, -3.172, 1.726, -1.050, 5.053, 4.319, 0.774, -0.116,
    3.696, -2.139, 2.407, 19.193,
];
/// What a bar costs that is a beat longer or shorter, and one by two: a beat that was missed or heard twice.
const SLIP_COST: [f32; 2] = [8.0, 12.0];
/// Bar lines this near to each other are the same, in seconds.
const SAME: f64 = 0.07;
/// Bars are the same if such a share of their lines is.
const SAME_LINES: f64 = 0.9;

/// How far times agree with a grid of so many lines to the unit: the length of the mean of unit
/// vectors, 1 where all are on it, near 0 where they lie anywhere.
pub(super) fn agreement(times: &[f64], lines: f64) -> f64 {
    let (sin, cos) = times.iter().fold((0.0, 0.0), |(sin, cos), at| {
        let (s, c) = (TAU * lines * at).sin_cos();
        (sin + s, cos + c)
    });
    (sin * sin + cos * cos).sqrt() / times.len() as f64
}

/// Beats that pass before the first that is heard: as many as fit best, one at least unless it is at
/// the very start. `beats` are two at least.
pub(super) fn lead(beats: &[Seconds]) -> u64 {
    let (first, second) = (beats[0], beats[1]);
    ((first.0 / (second - first).0).round() as u64).max(u64::from(first.0 > 0.0))
}

/// The most plausible beats and bars of what is played; `None` if none are possible. `said` is the
/// file's metre: of three quarters it is believed, else both are tried.
pub(super) fn most_plausible(onsets: &[Onset], said: Metre) -> Option<Choice> {
    let all: Vec<(Choice, f64)> = tried(onsets, said)
        .into_iter()
        .map(|(choice, features)| {
            (choice, features.iter().zip(PLAUSIBLE).map(|(a, b)| a * b).sum())
        })
        .collect();
    let (best, most) = all.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let odds = |(_, plausible): &(Choice, f64)| (plausible - most).exp();
    let lines = best.times();
    let same = all.iter().filter(|(other, _)| are_same(&lines, &other.times()));
    let certainty = same.map(odds).sum::<f64>() / all.iter().map(odds).sum::<f64>();
    Some(Choice { certainty, ..best.clone() })
}

/// All hypotheses, their certainty not known yet, with their features.
pub(super) fn tried(onsets: &[Onset], said: Metre) -> Vec<(Choice, [f64; FEATURES])> {
    let three = Metre::new(3, 4).filter(|three| *three != said);
    let metres: Vec<Metre> = match three {
        Some(three) => vec![Metre::COMMON, three],
        None => vec![said],
    };
    let mut all = Vec::new();
    for beats in possible_beats(onsets) {
        let notes = step_notes(onsets, &beats.times);
        for &metre in &metres {
            let number = usize::from(metre.numerator());
            let Some(weights) = Weights::of(&notes, 2 * number, 2) else { continue };
            let (place, _) = weights.heaviest(|_| true);
            let wanted = Lines { beats: number, parity: place % 2, at_once: 0.0, slips: SLIP_COST };
            let Some(lines) = bar_lines(&weights.steps, wanted) else { continue };
            let features = features(&beats, &notes, number, &weights, place, &lines);
            let (beats, lines) = (beats.times.clone(), lines.lines);
            all.push((Choice { beats, metre, lines, certainty: 0.0 }, features));
        }
    }
    all
}

impl Choice {
    /// When the bars begin, in seconds.
    fn times(&self) -> Vec<f64> {
        let (beats, lead) = (&self.beats, lead(&self.beats) as f64);
        let time = |line: &usize| {
            let beat = *line as f64 / 2.0 - lead;
            let low = (beat.floor().max(0.0) as usize).min(beats.len() - 2);
            beats[low].0 + (beat - low as f64) * (beats[low + 1].0 - beats[low].0)
        };
        self.lines.iter().map(time).collect()
    }
}

fn are_same(a: &[f64], b: &[f64]) -> bool {
    let met = |all: &[f64], by: &[f64]| {
        let is_met = |at: &&f64| {
            let next = by.partition_point(|other| *other < **at - SAME);
            by.get(next).is_some_and(|other| *other <= **at + SAME)
        };
        all.iter().filter(is_met).count() as f64 >= SAME_LINES * all.len() as f64
    };
    met(a, b) && met(b, a)
}

/// The notes in half beats from the start of the tempo map that the beats make.
fn step_notes(onsets: &[Onset], beats: &[Seconds]) -> Vec<StepNote> {
    let lead = lead(beats) as f64;
    let half_beats = |at: f64| {
        let next = beats.partition_point(|beat| beat.0 <= at);
        let beat = match next.checked_sub(1) {
            None => lead * at / beats[0].0,
            Some(low) => {
                let low = low.min(beats.len() - 2);
                lead + low as f64 + (at - beats[low].0) / (beats[low + 1].0 - beats[low].0)
            }
        };
        2.0 * beat
    };
    let step_note = |onset: &Onset| {
        let start = half_beats(onset.at.0);
        let length = half_beats(onset.at.0 + onset.length.0) - start;
        StepNote { start, length, key: onset.key, velocity: onset.velocity }
    };
    onsets.iter().map(step_note).collect()
}

/// What tells how plausible bars are, of `number` beats each.
fn features(
    beats: &Beats,
    notes: &[StepNote],
    number: usize,
    weights: &Weights,
    place: usize,
    lines: &BarLines,
) -> [f64; FEATURES] {
    let starts: Vec<f64> = notes.iter().map(|note| note.start / 2.0).collect();
    let fit = [1.0, 2.0, 3.0, 4.0].map(|lines| agreement(&starts, lines));
    let near = notes.iter().filter(|note| (note.start - note.start.round()).abs() < 0.12).count();
    let octaves = (beats.period / 0.55).ln();
    let heaviest = |part: &Vec<f64>| {
        (0..part.len()).max_by(|&a, &b| part[a].total_cmp(&part[b])) == Some(place)
    };
    let agreeing = weights.parts.iter().filter(|part| heaviest(part)).count();
    let of_parity =
        |parity: usize| weights.all.iter().skip(parity).step_by(2).sum::<f64>() / number as f64;
    [
        beats.worth,
        beats.silent,
        beats.unsteady,
        octaves,
        octaves * octaves,
        fit[0],
        fit[1],
        fit[2],
        fit[3],
        near as f64 / notes.len() as f64,
        agreeing as f64,
        of_parity(place % 2) - of_parity(1 - place % 2),
        (place % 2) as f64,
        f64::from(u8::from(number == 3)),
        lines.worth,
        lines.slips,
    ]
}
