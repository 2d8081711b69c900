//! How much likelier a melody and drums are together than each by itself: their pointwise mutual
//! information, `log p(melody, drums) / (p(melody) p(drums))`.
//!
//! [`pair_features`] measures five correlations of a melody with drums. A logistic regression that
//! tells melodies under their own drums from melodies under another song's, bar by bar and over the
//! bars that both have, estimates the ratio ([`PairFeatures::information`]). Nothing of it tells how long
//! songs are or how much they play. `models/training/melody_pairs.py` fits the weights to what
//! `drumlin evaluate --melody --json` measures. What is written for drums easily has more in common with
//! them than people's melodies have, so that drafts are chosen by [`PairFeatures::usualness`].
//!
//! Source of the estimate: Sugiyama, Suzuki and Kanamori, "Density Ratio Estimation in Machine Learning"
//! (2012), chapter 4.

use serde::Serialize;

use super::drums::DrumBars;
use super::evaluation::{onsets, similarity};
use super::line::{MelodyLine, State};
use crate::analysis::{Ssm, correlation, normalised};
use crate::score::DrumClass;

/// Steps of a bar in which rhythms are compared.
const STEPS: usize = 16;
/// Bars so far apart at most are near.
const NEAR: usize = 4;
/// Bars on either side of a boundary that novelty compares.
const REACH: usize = 2;
/// The greatest distance of bars whose mean similarity is compared.
const FARTHEST: usize = 32;
/// Less than so many bars, or slots of bars in which both sound, say nothing.
const FEWEST_BARS: usize = 4;
const FEWEST_SLOTS: usize = 32;
/// What people's melodies have in common with their own drums, in nats: mean and standard deviation.
const USUAL: f64 = 2.5;
const SPREAD: f64 = 1.5;
/// Nats for every correlation, in the order of [`PairFeatures::NAMES`].
const WEIGHTS: [f64; 5] = [2.938, 3.476, 1.916, 2.803, 0.875];

/// What tells a melody's own drums from others': correlations, -1 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct PairFeatures {
    /// How alike bars are in the melody's rhythm and in the drums, of bars at most four apart.
    pub near: f64,
    /// How alike bars are in the melody, with its pitches, and in the drums, of bars in which both sound.
    pub sounding: f64,
    /// Whether a note begins and whether any drum is struck, slot by slot of such bars.
    pub onsets: f64,
    /// Whether a bar has a crash, and how new the melody's rhythm is from there on.
    pub crashes: f64,
    /// How alike bars are in the mean, by how far they are apart, in rhythm and drums.
    pub distances: f64,
}

impl PairFeatures {
    /// What the fields are called in reports.
    pub const NAMES: [&str; 5] = ["near", "sounding", "onsets", "crashes", "distances"];

    /// As an array, in the order of the fields.
    pub fn values(&self) -> [f64; 5] {
        [self.near, self.sounding, self.onsets, self.crashes, self.distances]
    }

    /// The pointwise mutual information in nats, but for a number that is the same for all pairs.
    pub fn information(&self) -> f64 {
        self.values().iter().zip(WEIGHTS).map(|(value, weight)| value * weight).sum()
    }

    /// How usual it is of people's melodies to have so much in common with their drums: the logarithm of
    /// a normal density, 0 where it is highest. What follows its drums more than that is as unlike them as
    /// what follows them less.
    pub fn usualness(&self) -> f64 {
        let away = (self.information() - USUAL) / SPREAD;
        -away * away / 2.0
    }
}

/// Measures a melody under drums in the first `bars` bars, from the first in which either sounds to the
/// last. `None` of less than four bars, or if the two hardly sound together.
pub fn pair_features(line: &MelodyLine, drums: &DrumBars, bars: usize) -> Option<PairFeatures> {
    let sings = |bar: usize| line.onsets(drums, bar) > 0;
    let sounds = |bar: &usize| drums.sounds(*bar) || sings(*bar);
    let bars = bars.min(drums.len());
    let first = (0..bars).find(sounds)?;
    let last = (first..bars).rev().find(sounds)?;
    let bars: Vec<usize> = (first..=last).collect();
    let together: Vec<bool> = bars.iter().map(|&bar| drums.sounds(bar) && sings(bar)).collect();
    let shared = bars.iter().zip(&together).filter(|(_, together)| **together);
    let slots: Vec<usize> = shared.flat_map(|(&bar, _)| drums.of_bar(bar)).collect();
    if bars.len() < FEWEST_BARS || slots.len() < FEWEST_SLOTS {
        return None;
    }
    let melody = rows(&bars, |bar| normalised(onsets(line, drums, bar)));
    let rhythm = rows(&bars, |bar| normalised(rhythm_row(line, drums, bar)));
    let played = rows(&bars, |bar| drums.shapes()[bar].to_vec());
    let flag = |is: bool| f32::from(u8::from(is));
    let begins: Vec<f32> =
        slots.iter().map(|&slot| flag(line.states[slot] == State::Onset)).collect();
    let struck: Vec<f32> = slots.iter().map(|&slot| flag(drums.has_onset(slot))).collect();
    let crash = |bar: &usize| flag(drums.counts(*bar)[DrumClass::Crash.index()] > 0.0);
    let crashes: Vec<f32> = bars.iter().map(crash).collect();
    Some(PairFeatures {
        near: agreement(&rhythm, &played, |a, b| b - a <= NEAR),
        sounding: agreement(&melody, &played, |a, b| together[a] && together[b]),
        onsets: correlation(&begins, &struck),
        crashes: correlation(&crashes, &rhythm.novelty(REACH)),
        distances: correlation(&by_distance(&rhythm), &by_distance(&played)),
    })
}

/// Onsets of a bar by sixteenth of the bar, whatever its metre.
fn rhythm_row(line: &MelodyLine, drums: &DrumBars, bar: usize) -> Vec<f32> {
    let slots = drums.of_bar(bar);
    let mut row = vec![0.0; STEPS];
    for slot in slots.clone().filter(|&slot| line.states[slot] == State::Onset) {
        row[(slot - slots.start) * STEPS / slots.len()] = 1.0;
    }
    row
}

fn rows(bars: &[usize], row: impl Fn(usize) -> Vec<f32>) -> Ssm {
    similarity(&bars.iter().map(|&bar| row(bar)).collect::<Vec<_>>())
}

/// The correlation of two matrices over those pairs of bars, the earlier first, that count.
fn agreement(a: &Ssm, b: &Ssm, counts: impl Fn(usize, usize) -> bool) -> f64 {
    let (mut of_a, mut of_b) = (Vec::new(), Vec::new());
    for row in 0..a.bars() {
        for column in (row + 1..a.bars()).filter(|&column| counts(row, column)) {
            of_a.push(a.get(row, column));
            of_b.push(b.get(row, column));
        }
    }
    correlation(&of_a, &of_b)
}

/// How alike bars are in the mean that are one bar apart, two bars, and so on.
fn by_distance(ssm: &Ssm) -> Vec<f32> {
    let bars = ssm.bars();
    let mean = |distance: usize| {
        let pairs = (0..bars - distance).map(|bar| ssm.get(bar, bar + distance));
        pairs.sum::<f32>() / (bars - distance) as f32
    };
    (1..bars.min(FARTHEST + 1)).map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Note, Song, TempoMap, Ticks, Track, TrackKind, Velocity};

    fn notes(bars: usize, bar: impl Fn(usize) -> Vec<(u64, u8)>) -> Vec<Note> {
        let note = |start: u64, key: u8| Note {
            start: Ticks(start),
            length: Ticks(12),
            key,
            velocity: Velocity::clamped(90),
        };
        let bars = (0..bars).flat_map(|index| {
            bar(index).into_iter().map(move |(at, key)| (index as u64 * 384 + at, key))
        });
        bars.map(|(start, key)| note(start, key)).collect()
    }

    /// Sixteen bars of two grooves that change where `turns` says, with a crash there.
    fn drums(turns: impl Fn(usize) -> bool) -> DrumBars {
        let notes = notes(16, |bar| {
            let crash = bar > 0 && turns(bar) != turns(bar - 1);
            let cymbal = if crash { 49 } else { 42 };
            if turns(bar) {
                vec![(0, 36), (0, cymbal), (72, 36), (144, 38), (216, 36), (288, 36)]
            } else {
                vec![(0, 36), (0, cymbal), (96, 38), (192, 36), (288, 38)]
            }
        });
        let track = Track { name: String::new(), kind: TrackKind::Drums, notes };
        let tempo = TempoMap::new(96, []);
        DrumBars::of(&Song { tempo, metres: Vec::new(), tracks: vec![track] }, Ticks(0))
    }

    #[test]
    fn a_melody_belongs_to_drums_that_turn_and_strike_where_it_does() {
        let halves = |bar: usize| bar >= 8;
        let own = drums(halves);
        let sung = notes(16, |bar| {
            if halves(bar) {
                vec![(0, 60), (72, 64), (144, 67), (216, 64)]
            } else {
                vec![(0, 72), (96, 71), (192, 69)]
            }
        });
        let line = MelodyLine::of(&sung, &own);
        let measured = pair_features(&line, &own, 16).unwrap();
        for (value, name) in measured.values().into_iter().zip(PairFeatures::NAMES) {
            assert!(value > 0.3, "{name} {value}");
        }
        let others = drums(|bar| (3..6).contains(&bar) || bar == 12);
        let foreign = pair_features(&line, &others, 16).unwrap();
        assert!(measured.information() > foreign.information() + 2.0, "{measured:?} {foreign:?}");
    }

    #[test]
    fn what_follows_its_drums_as_people_do_is_most_usual() {
        let of = |share: f64| {
            let value = share * USUAL / WEIGHTS.iter().sum::<f64>();
            let [near, sounding, onsets, crashes, distances] = [value; 5];
            PairFeatures { near, sounding, onsets, crashes, distances }.usualness()
        };
        assert!(of(1.0).abs() < 1e-9);
        assert!(of(0.0) < -1.0 && of(2.0) < -1.0);
        assert!((of(0.5) - of(1.5)).abs() < 1e-9);
    }

    #[test]
    fn what_hardly_sounds_together_says_nothing() {
        let own = drums(|_| false);
        let line = MelodyLine::of(&notes(16, |bar| vec![(0, 60 + bar as u8)]), &own);
        assert!(pair_features(&line, &own, 4).is_some());
        assert!(pair_features(&line, &own, 3).is_none());
        let rare = MelodyLine::of(&notes(1, |_| vec![(0, 60)]), &own);
        assert!(pair_features(&rare, &own, 16).is_none());
    }
}
