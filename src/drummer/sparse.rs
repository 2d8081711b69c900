//! Sections in which drummers play little: before the band is complete, where it breaks down, where it
//! goes out.
//!
//! A logistic regression says how likely a section's drums have less than .6 of the strokes that a bar of
//! the song usually has. It was fitted to the songs of `paired`, heard whole and by their lead alone, by
//! `models/training/sparse_sections.py`. Expected F1 never finds such sections: what half of the drummers
//! play is worth playing.

use std::array;

use super::dynamics::Dynamics;
use super::features::BarFeatures;
use super::form::Form;

/// Of the section's [`amounts`] above those of the song's usual bar; then of coming for the first time, of its
/// letter's share of the song and how often it comes (ln), its length in bars (ln), and being near to the start
/// and to the end.
const WEIGHTS: [f32; AMOUNTS + PLACES] =
    [-0.687, -0.822, -0.123, -0.127, 0.518, -1.713, 0.520, -0.801, 0.877, 0.775];
const BIAS: f32 = -1.256;
const AMOUNTS: usize = 4;
const PLACES: usize = 6;
/// Bars from the song's first note over which being near to it falls by e.
const NEAR_START: f32 = 8.0;
/// Little is played from this chance on: about as true to people's drums in strokes as playing on, and truer
/// in form.
const LIKELY: f32 = 0.35;

/// By bar: how likely drummers play little in its section, 0 to 1; 0 in songs of one section.
pub(super) fn chances(form: &Form, features: &[BarFeatures], dynamics: &Dynamics) -> Vec<f32> {
    let mut chances = vec![0.0; features.len()];
    if form.sections.len() < 2 {
        return chances;
    }
    for (section, numbers) in form.sections.iter().zip(numbers(form, features, dynamics)) {
        let odds = BIAS + numbers.iter().zip(WEIGHTS).map(|(x, weight)| x * weight).sum::<f32>();
        chances[section.bars.clone()].fill(1.0 / (1.0 + (-odds).exp()));
    }
    chances
}

/// Whether little is played at such a chance. Above the middle of its range, `complexity` has the drummer
/// play on; at its end everywhere.
pub(super) fn is_sparse(chance: f32, complexity: f32) -> bool {
    let fuller = (2.0 * complexity - 1.0).max(0.0);
    chance > LIKELY + (1.0 - LIKELY) * fuller
}

/// A bar's level in tens of decibels, the share of the tracks that sound, onsets of the bass line and below C3.
fn amounts(bar: &BarFeatures, level: f32) -> [f32; AMOUNTS] {
    [level / 10.0, bar.scalars.active, bar.bass_onsets(), bar.low_onsets()]
}

/// What is weighed of every section. `features` has no fewer bars than the form.
fn numbers(
    form: &Form,
    features: &[BarFeatures],
    dynamics: &Dynamics,
) -> Vec<[f32; AMOUNTS + PLACES]> {
    let of_bar = |(bar, features)| amounts(features, dynamics.level(bar));
    let bars: Vec<[f32; AMOUNTS]> = features.iter().enumerate().map(of_bar).collect();
    let sounding: Vec<usize> =
        (0..bars.len()).filter(|&bar| features[bar].scalars.density > 0.0).collect();
    let usual: [f32; AMOUNTS] = array::from_fn(|amount| {
        let mut of: Vec<f32> = sounding.iter().map(|&bar| bars[bar][amount]).collect();
        of.sort_by(f32::total_cmp);
        of.get(of.len() / 2).copied().unwrap_or(0.0)
    });
    let begins = sounding.first().copied().unwrap_or(0);
    let count = form.sections.len();
    let of_section = |number: usize| {
        let section = &form.sections[number];
        let length = section.bars.len().max(1) as f32;
        let mut numbers = [0.0; AMOUNTS + PLACES];
        for (amount, usual) in usual.iter().enumerate() {
            let sum: f32 = bars[section.bars.clone()].iter().map(|bar| bar[amount]).sum();
            numbers[amount] = sum / length - usual;
        }
        let same = |other: &usize| form.sections[*other].label == section.label;
        let alike: Vec<usize> = (0..count).filter(same).collect();
        let together: usize = alike.iter().map(|&other| form.sections[other].bars.len()).sum();
        let places: [f32; PLACES] = [
            f32::from(alike[0] == number),
            together as f32 / bars.len() as f32,
            (alike.len() as f32).ln(),
            length.ln(),
            (-(section.bars.start.saturating_sub(begins) as f32) / NEAR_START).exp(),
            (-((count - 1 - number) as f32)).exp(),
        ];
        numbers[AMOUNTS..].copy_from_slice(&places);
        numbers
    };
    (0..count).map(of_section).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::drummer::features::{View, bar_features, step_grids};
    use crate::drummer::timing::tests::songs_below;
    use crate::drummer::{Section, form_of};
    use crate::score::{Bpm, Note, Song, TempoMap, Ticks, Track, TrackKind, Velocity};

    /// What is known of a song's bars before its form.
    fn measured(song: &Song) -> (Vec<BarFeatures>, Dynamics) {
        let bars = song.bars();
        let features = bar_features(song, &bars, &step_grids(song, &bars));
        (features, Dynamics::of(song, &bars))
    }

    #[test]
    fn an_introduction_by_one_of_three_is_sparse_and_what_the_band_plays_is_not() {
        let quarter = 480u64;
        // Four quarters a bar; the bass and the lead begin in bar 5.
        let track = |key: u8, program: u8, from: u64| {
            let note = |beat: u64| Note {
                start: Ticks(beat * quarter),
                length: Ticks(quarter * 4 / 5),
                // Another phrase every eight bars behind the introduction.
                key: key + [0, 4, 7, 5, 2][beat as usize % 5] + (beat as u8 + 16) / 32,
                velocity: Velocity::clamped(90),
            };
            let kind = TrackKind::Melodic { program };
            Track { name: String::new(), kind, notes: (from..112).map(note).collect() }
        };
        let tracks = vec![track(60, 0, 0), track(36, 33, 16), track(72, 80, 16)];
        let song = Song { tempo: TempoMap::constant(480, Bpm(110.0)), metres: Vec::new(), tracks };
        let (features, dynamics) = measured(&song);
        let section = |label, bars| Section { label, bars };
        let sections =
            vec![section(0, 0..4), section(1, 4..12), section(2, 12..20), section(1, 20..28)];
        let chances = chances(&Form { sections }, &features, &dynamics);
        assert!(chances[..4].iter().all(|&chance| is_sparse(chance, 0.5)), "{chances:?}");
        assert!(chances[4..].iter().all(|&chance| !is_sparse(chance, 0.0)), "{chances:?}");
        assert!(!chances.iter().any(|&chance| is_sparse(chance, 1.0)));
        let one = Form { sections: vec![section(0, 0..28)] };
        assert_eq!(super::chances(&one, &features, &dynamics), [0.0; 28]);
    }

    /// Prints for every section of every song, heard whole (0) and by its lead alone (1): the song's file,
    /// the view, the strokes of its own drums in each bar, and the numbers.
    #[test]
    #[ignore = "a measurement"]
    fn sparse_sections_of_songs() {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
        for (path, song) in songs_below(&data.join("paired")) {
            for (view, heard) in
                [View::Full, View::Lead].map(|view| view.of(&song)).iter().enumerate()
            {
                let tracks = heard.melodic().filter(|track| !track.notes.is_empty());
                let melodic = Song { tracks: tracks.cloned().collect(), ..heard.clone() };
                if melodic.tracks.is_empty() {
                    continue;
                }
                let bars = melodic.bars();
                let mut strokes = vec![0u32; bars.len()];
                for note in
                    song.tracks.iter().filter(|track| track.is_drums()).flat_map(|t| &t.notes)
                {
                    if let Some(bar) = bars.bar_at(note.start) {
                        strokes[bar.0] += 1;
                    }
                }
                let file = path.strip_prefix(&data).unwrap_or(&path).display();
                let ((features, dynamics), form) = (measured(&melodic), form_of(&melodic));
                let numbers = numbers(&form, &features, &dynamics);
                for (section, numbers) in form.sections.iter().zip(numbers) {
                    let strokes = &strokes[section.bars.clone()];
                    println!("SPARSE\t{file}\t{view}\t{strokes:?}\t{numbers:?}");
                }
            }
        }
    }
}
