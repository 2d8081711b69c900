//! One bar of the melodic side as numbers.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::grid::{SLOTS, slot};
use crate::score::{BarGrid, BarIndex, Song, StepGrid, Track, TrackKind};

/// Rhythm rows of a bar: onsets in the low, middle and high register, of the bass line, and all
/// onsets by velocity.
pub const RHYTHMS: usize = 5;
pub(in crate::drummer) const LOW: usize = 0;
pub(in crate::drummer) const MIDDLE: usize = 1;
const HIGH: usize = 2;
pub(in crate::drummer) const BASS: usize = 3;
pub(in crate::drummer) const ACCENTS: usize = 4;
const FAMILIES: usize = 16;
const SCALARS: usize = 10;

/// Length of [`BarFeatures::vector`].
pub const BAR_FEATURES: usize = RHYTHMS * SLOTS + 12 + FAMILIES + SCALARS;

/// Below C3 is low, from G4 on is high: bass and kick register, chords, lead.
const LOW_BELOW: u8 = 48;
const HIGH_FROM: u8 = 67;

/// The symbolic features of one bar. Rhythm values are `ln(1 + onsets)`; none is negative.
#[derive(Clone, Debug)]
pub struct BarFeatures {
    /// Onsets by register or kind and slot of the bar.
    pub rhythm: [[f32; SLOTS]; RHYTHMS],
    /// Seconds-weighted pitch classes, summing to 1 (or all 0).
    pub chroma: [f32; 12],
    /// General MIDI instrument families that sound: `ln(1 + onsets)`.
    pub families: [f32; FAMILIES],
    /// What is one number for the bar.
    pub scalars: Scalars,
    /// Per melodic track: a fingerprint of what it plays (steps and keys) and of its rhythm alone;
    /// `None` where it rests.
    pub(super) tracks: Vec<Option<TrackPrint>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TrackPrint {
    pub content: u64,
    pub rhythm: u64,
}

/// Single numbers of a bar, all near `[0, 1]`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scalars {
    /// `ln(1 + onsets) / 5`.
    pub density: f32,
    /// Mean number of notes that sound, over 8.
    pub polyphony: f32,
    /// Mean velocity of the onsets, as a share of full strength.
    pub velocity: f32,
    pub loudest: f32,
    /// Mean key over 127.
    pub pitch: f32,
    pub lowest: f32,
    /// Mean note length in bars, at most 1.
    pub length: f32,
    /// Share of steps with an onset.
    pub filled: f32,
    /// Share of the song's tracks that sound.
    pub active: f32,
    /// Share of onsets off the quarter-note beats.
    pub offbeat: f32,
}

impl Scalars {
    fn array(&self) -> [f32; SCALARS] {
        let Scalars {
            density,
            polyphony,
            velocity,
            loudest,
            pitch,
            lowest,
            length,
            filled,
            active,
            offbeat,
        } = *self;
        [density, polyphony, velocity, loudest, pitch, lowest, length, filled, active, offbeat]
    }
}

impl BarFeatures {
    /// Onsets of the bass line: the sum of `ln(1 + onsets)` over the slots.
    pub(in crate::drummer) fn bass_onsets(&self) -> f32 {
        self.rhythm[BASS].iter().sum()
    }

    /// The same for onsets below C3, whoever plays them.
    pub(in crate::drummer) fn low_onsets(&self) -> f32 {
        self.rhythm[LOW].iter().sum()
    }

    /// Two bars as the halves of one, each on half of the slots. Tracks cannot be told apart.
    pub(in crate::drummer) fn merged(first: &BarFeatures, second: &BarFeatures) -> BarFeatures {
        let (a, b) = (&first.scalars, &second.scalars);
        let onsets = [a, b].map(|scalars| (scalars.density * 5.0).exp_m1());
        let mean = |a: f32, b: f32| (a + b) / 2.0;
        let all = onsets[0] + onsets[1];
        // Means over onsets weigh by onsets.
        let by_onset = |a: f32, b: f32| {
            if all > 0.0 { (a * onsets[0] + b * onsets[1]) / all } else { 0.0 }
        };
        let half = SLOTS / 2;
        let rhythm = std::array::from_fn(|row| {
            let (a, b) = (&first.rhythm[row][..half], &second.rhythm[row][..half]);
            std::array::from_fn(|slot| if slot < half { a[slot] } else { b[slot - half] })
        });
        let scalars = Scalars {
            density: all.ln_1p() / 5.0,
            polyphony: mean(a.polyphony, b.polyphony),
            velocity: by_onset(a.velocity, b.velocity),
            loudest: a.loudest.max(b.loudest),
            pitch: by_onset(a.pitch, b.pitch),
            lowest: match onsets {
                [0.0, _] => b.lowest,
                [_, 0.0] => a.lowest,
                _ => a.lowest.min(b.lowest),
            },
            length: by_onset(a.length, b.length) / 2.0,
            filled: mean(a.filled, b.filled),
            active: a.active.max(b.active),
            offbeat: by_onset(a.offbeat, b.offbeat),
        };
        let families = first.families.iter().zip(&second.families);
        let families: Vec<f32> = families.map(|(a, b)| (a.exp_m1() + b.exp_m1()).ln_1p()).collect();
        BarFeatures {
            rhythm,
            chroma: std::array::from_fn(|class| mean(first.chroma[class], second.chroma[class])),
            families: std::array::from_fn(|family| families[family]),
            scalars,
            tracks: Vec::new(),
        }
    }

    /// All features in a row: rhythms, chroma, families, scalars.
    pub fn vector(&self) -> [f32; BAR_FEATURES] {
        let mut vector = [0.0; BAR_FEATURES];
        let values = self.rhythm.iter().flatten().chain(&self.chroma).chain(&self.families);
        for (place, value) in vector.iter_mut().zip(values.copied().chain(self.scalars.array())) {
            *place = value;
        }
        vector
    }
}

/// What is gathered of a bar while walking the notes.
#[derive(Clone)]
struct Draft {
    features: BarFeatures,
    onsets: usize,
    offbeat: usize,
    /// Sums over onsets.
    velocity: f32,
    pitch: f32,
    length: f32,
    hashers: Vec<Option<(DefaultHasher, DefaultHasher)>>,
}

/// The features of every bar of a song's melodic tracks, on the given grids (one a bar).
pub fn bar_features(song: &Song, bars: &BarGrid, grids: &[StepGrid]) -> Vec<BarFeatures> {
    let tracks: Vec<&Track> = song.melodic().collect();
    let blank = Draft {
        features: BarFeatures {
            rhythm: [[0.0; SLOTS]; RHYTHMS],
            chroma: [0.0; 12],
            families: [0.0; FAMILIES],
            scalars: Scalars { lowest: 1.0, ..Scalars::default() },
            tracks: vec![None; tracks.len()],
        },
        onsets: 0,
        offbeat: 0,
        velocity: 0.0,
        pitch: 0.0,
        length: 0.0,
        hashers: vec![None; tracks.len()],
    };
    let mut drafts = vec![blank; bars.len()];
    let bass = bass_track(&tracks);
    for (number, track) in tracks.iter().enumerate() {
        let TrackKind::Melodic { program } = track.kind else { continue };
        for note in &track.notes {
            let Some(BarIndex(home)) = bars.bar_at(note.start) else { continue };
            for (BarIndex(bar), share) in bars.shares(note.start, note.end()) {
                let features = &mut drafts[bar].features;
                features.chroma[usize::from(note.key % 12)] += share;
                features.scalars.polyphony += share / 8.0;
            }
            let steps = grids[home].steps;
            let Some((BarIndex(index), step, _)) = bars.nearest_step(note.start, steps) else {
                continue;
            };
            let Some(draft) = drafts.get_mut(index) else { continue };
            let place = slot(step, grids[index].steps);
            let register = match note.key {
                key if key < LOW_BELOW => LOW,
                key if key < HIGH_FROM => MIDDLE,
                _ => HIGH,
            };
            let features = &mut draft.features;
            features.rhythm[register][place] += 1.0;
            features.rhythm[ACCENTS][place] += note.velocity.unit();
            if Some(number) == bass {
                features.rhythm[BASS][place] += 1.0;
            }
            features.families[usize::from(program / 8).min(FAMILIES - 1)] += 1.0;
            features.scalars.loudest = features.scalars.loudest.max(note.velocity.unit());
            features.scalars.lowest = features.scalars.lowest.min(f32::from(note.key) / 127.0);
            draft.onsets += 1;
            draft.offbeat += usize::from(step % grids[index].steps_per_beat != 0);
            draft.velocity += note.velocity.unit();
            draft.pitch += f32::from(note.key) / 127.0;
            let bar = bars.bars()[index].length.0 as f32;
            draft.length += (note.length.0 as f32 / bar).min(1.0);
            let (content, rhythm) = draft.hashers[number].get_or_insert_default();
            (step, note.key).hash(content);
            step.hash(rhythm);
        }
    }
    drafts.into_iter().zip(grids).map(|(draft, grid)| finish(draft, grid)).collect()
}

fn finish(draft: Draft, grid: &StepGrid) -> BarFeatures {
    let Draft { mut features, onsets, offbeat, velocity, pitch, length, hashers } = draft;
    let filled = (0..SLOTS).filter(|&slot| features.rhythm[ACCENTS][slot] > 0.0).count();
    for value in features.rhythm.iter_mut().flatten().chain(&mut features.families) {
        *value = value.ln_1p();
    }
    let total: f32 = features.chroma.iter().sum();
    if total > 0.0 {
        features.chroma.iter_mut().for_each(|value| *value /= total);
    }
    let count = onsets.max(1) as f32;
    let sounding = hashers.iter().flatten().count();
    let scalars = &mut features.scalars;
    scalars.density = (onsets as f32).ln_1p() / 5.0;
    scalars.velocity = velocity / count;
    scalars.pitch = pitch / count;
    scalars.length = length / count;
    scalars.filled = filled as f32 / grid.steps.min(SLOTS) as f32;
    scalars.active = sounding as f32 / hashers.len().max(1) as f32;
    scalars.offbeat = offbeat as f32 / count;
    if onsets == 0 {
        scalars.lowest = 0.0;
    }
    features.tracks = hashers
        .into_iter()
        .map(|pair| {
            pair.map(|(content, rhythm)| TrackPrint {
                content: content.finish(),
                rhythm: rhythm.finish(),
            })
        })
        .collect();
    features
}

/// The track that carries the bass: the lowest on average among those in the bass register, or
/// with a bass program.
fn bass_track(tracks: &[&Track]) -> Option<usize> {
    let mean_key = |track: &Track| {
        track.notes.iter().map(|note| f64::from(note.key)).sum::<f64>() / track.notes.len() as f64
    };
    let is_bass = |track: &Track| matches!(track.kind, TrackKind::Melodic { program: 32..=39 });
    tracks
        .iter()
        .enumerate()
        .filter(|(_, track)| !track.notes.is_empty())
        .map(|(index, track)| (index, mean_key(track) - if is_bass(track) { 24.0 } else { 0.0 }))
        .filter(|&(_, key)| key < 52.0)
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(index, _)| index)
}
