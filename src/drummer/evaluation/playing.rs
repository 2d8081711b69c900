//! How drums are played, in numbers: features of windows of two bars in 4/4.
//!
//! Definitions as in the literature on drum generation, so that figures compare: GrooveToolbox
//! (Bruford, Lartillot, McDonald, Sandler: Multidimensional similarity modelling of complex drum
//! loops using the GrooveToolbox, ISMIR 2020) in the form that HVO_Sequence and GrooveEvaluator
//! (Haki et al.) gave it, on the nine voices of Gillick et al. (Learning to Groove, ICML 2019).

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::scoring::deviation;
use crate::score::{BarIndex, Metre, Song};

/// Steps in a window: two bars of sixteenths.
const STEPS: usize = 32;
const BAR_STEPS: usize = 16;

/// Kick, snare, closed hat, open hat, low, mid and high tom, crash, ride.
const VOICES: usize = 9;

/// How many windows a committed description keeps of each feature.
const KEPT: usize = 1000;

/// The voice of a key. Besides General MIDI's keys those that Roland kits send for the edges of hats
/// (22, 26) and the third tom's rim (58). Hand percussion has no voice.
fn voice(key: u8) -> Option<usize> {
    Some(match key {
        35 | 36 => 0,
        37..=40 => 1,
        22 | 42 | 44 => 2,
        26 | 46 => 3,
        41 | 43 | 58 => 4,
        45 | 47 => 5,
        48 | 50 => 6,
        49 | 52 | 55 | 57 => 7,
        51 | 53 | 59 => 8,
        _ => return None,
    })
}

/// Low: kick. Mid: snare and toms. High: cymbals and hats.
const REGISTERS: [&[usize]; 3] = [&[0], &[1, 4, 5, 6], &[2, 3, 7, 8]];

/// What is measured of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// Voices that are struck, 0 to 9.
    Instruments,
    /// Share of steps with a stroke, 0 to 1.
    StepDensity,
    /// Share of the cells, steps x voices, with a stroke, 0 to 1.
    VoiceDensity,
    /// Share of the strokes that fall to the kick, 0 to 1 (Gomez-Marin et al., Drum rhythm spaces,
    /// 2020: lowness).
    LowShare,
    /// The same for snare and toms, simultaneous ones counted once.
    MidShare,
    /// The same for hats and cymbals.
    HighShare,
    /// Mean velocity as a share of full strength, 0 to 1.
    Velocity,
    /// Standard deviation of the velocities.
    VelocitySpread,
    /// How alike the two bars are struck: mean of `1 - |difference of velocity|` over the cells that
    /// are struck in both, 0 to 1; 0 without any.
    VelocitySymmetry,
    /// Velocities off the beats over velocities on them; 0 without a stroke on a beat.
    WeakToStrong,
    /// Sum of the voices' syncopations, see `syncopation`.
    Syncopation,
    /// Syncopation of the kick.
    LowSyncopation,
    /// Syncopation of snare and toms as one voice.
    MidSyncopation,
    /// Syncopation of hats and cymbals as one voice.
    HighSyncopation,
    /// Root of the sum of the squares of syncopation and step density (Sioros and Guedes, 2011).
    Complexity,
    /// Mean offset from the grid as a share of a step, -0.5 to 0.5; negative is early.
    Offset,
    /// Standard deviation of the offsets.
    OffsetSpread,
}

impl Feature {
    /// All features, in the order of reports.
    pub const ALL: [Feature; 17] = [
        Feature::Instruments,
        Feature::StepDensity,
        Feature::VoiceDensity,
        Feature::LowShare,
        Feature::MidShare,
        Feature::HighShare,
        Feature::Velocity,
        Feature::VelocitySpread,
        Feature::VelocitySymmetry,
        Feature::WeakToStrong,
        Feature::Syncopation,
        Feature::LowSyncopation,
        Feature::MidSyncopation,
        Feature::HighSyncopation,
        Feature::Complexity,
        Feature::Offset,
        Feature::OffsetSpread,
    ];

    /// As in a table.
    pub const fn name(self) -> &'static str {
        match self {
            Feature::Instruments => "instruments",
            Feature::StepDensity => "step density",
            Feature::VoiceDensity => "voice density",
            Feature::LowShare => "low share",
            Feature::MidShare => "mid share",
            Feature::HighShare => "high share",
            Feature::Velocity => "velocity",
            Feature::VelocitySpread => "velocity spread",
            Feature::VelocitySymmetry => "velocity symmetry",
            Feature::WeakToStrong => "weak to strong",
            Feature::Syncopation => "syncopation",
            Feature::LowSyncopation => "low syncopation",
            Feature::MidSyncopation => "mid syncopation",
            Feature::HighSyncopation => "high syncopation",
            Feature::Complexity => "complexity",
            Feature::Offset => "offset",
            Feature::OffsetSpread => "offset spread",
        }
    }
}

/// One stroke in a cell.
#[derive(Clone, Copy)]
struct CellHit {
    /// 0 to 1.
    velocity: f64,
    /// Share of a step.
    offset: f64,
}

/// Two bars of drumming.
#[derive(Clone)]
pub struct Window {
    cells: [[Option<CellHit>; VOICES]; STEPS],
}

/// A song's windows: bars 1 and 2, 3 and 4, ... as long as both are whole bars of 4/4 and the drums
/// have not ended before the second. Windows without a stroke are left out.
pub fn windows(song: &Song) -> Vec<Window> {
    let grid = song.bars();
    let pairs = grid.len() / 2;
    let mut windows = vec![Window { cells: [[None; VOICES]; STEPS] }; pairs];
    let mut last_bar = 0;
    for note in song.drum_notes() {
        let Some((BarIndex(bar), step, offset)) = grid.nearest_step(note.start, BAR_STEPS) else {
            continue;
        };
        last_bar = last_bar.max(bar);
        let (Some(voice), Some(window)) = (voice(note.key), windows.get_mut(bar / 2)) else {
            continue;
        };
        let stroke =
            CellHit { velocity: f64::from(note.velocity.unit()), offset: f64::from(offset) };
        let cell = &mut window.cells[bar % 2 * BAR_STEPS + step][voice];
        if cell.is_none_or(|before| before.velocity < stroke.velocity) {
            *cell = Some(stroke);
        }
    }
    let whole = |bar: usize| {
        let bar = &grid.bars()[bar];
        bar.metre == Metre::COMMON && bar.length == bar.metre.bar_ticks(song.ticks_per_quarter())
    };
    windows
        .into_iter()
        .enumerate()
        .filter(|(pair, window)| {
            let (first, second) = (2 * pair, 2 * pair + 1);
            whole(first) && whole(second) && second <= last_bar && window.strokes().count() > 0
        })
        .map(|(_, window)| window)
        .collect()
}

impl Window {
    fn strokes(&self) -> impl Iterator<Item = (usize, CellHit)> {
        let cells = self.cells.iter().enumerate();
        cells.flat_map(|(step, voices)| voices.iter().flatten().map(move |stroke| (step, *stroke)))
    }

    /// The steps on which any of some voices is struck.
    fn line(&self, voices: &[usize]) -> [bool; STEPS] {
        self.cells.map(|cells| voices.iter().any(|&voice| cells[voice].is_some()))
    }

    /// All features, in the order of [`Feature::ALL`].
    pub fn features(&self) -> [f64; 17] {
        let strokes: Vec<(usize, CellHit)> = self.strokes().collect();
        let count = strokes.len();
        let share = |steps: [bool; STEPS]| {
            steps.into_iter().filter(|&onset| onset).count() as f64 / count.max(1) as f64
        };
        let lines: Vec<[bool; STEPS]> = (0..VOICES).map(|voice| self.line(&[voice])).collect();
        let registers = REGISTERS.map(|voices| self.line(voices));
        let all = self.line(&[0, 1, 2, 3, 4, 5, 6, 7, 8]);

        let velocities: Vec<f64> = strokes.iter().map(|(_, stroke)| stroke.velocity).collect();
        let offsets: Vec<f64> = strokes.iter().map(|(_, stroke)| stroke.offset).collect();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
        let sum = |on_beat: bool| -> f64 {
            let chosen = strokes.iter().filter(|(step, _)| (step % 4 == 0) == on_beat);
            chosen.map(|(_, stroke)| stroke.velocity).sum()
        };
        let step_density = all.into_iter().filter(|&onset| onset).count() as f64 / STEPS as f64;
        let synced: f64 = lines.iter().map(syncopation).sum();
        [
            lines.iter().filter(|line| line.contains(&true)).count() as f64,
            step_density,
            count as f64 / (STEPS * VOICES) as f64,
            share(registers[0]),
            share(registers[1]),
            share(registers[2]),
            mean(&velocities),
            deviation(&velocities),
            self.symmetry(),
            if sum(true) > 0.0 { sum(false) / sum(true) } else { 0.0 },
            synced,
            syncopation(&registers[0]),
            syncopation(&registers[1]),
            syncopation(&registers[2]),
            synced.hypot(step_density),
            mean(&offsets),
            deviation(&offsets),
        ]
    }

    fn symmetry(&self) -> f64 {
        let (first, second) = self.cells.split_at(BAR_STEPS);
        let both: Vec<f64> = first
            .iter()
            .flatten()
            .zip(second.iter().flatten())
            .filter_map(|(a, b)| Some(1.0 - (a.as_ref()?.velocity - b.as_ref()?.velocity).abs()))
            .collect();
        both.iter().sum::<f64>() / both.len().max(1) as f64
    }
}

/// Syncopation of one voice that repeats after two bars, as GrooveToolbox has it after
/// Longuet-Higgins and Lee (The rhythmic interpretation of monophonic music, 1984): each stroke
/// before a rest on a stronger step, one or two steps on, counts by how much stronger that is. 30 is
/// every second step struck, the weak ones, and gives 1.
fn syncopation(line: &[bool; STEPS]) -> f64 {
    const STRENGTH: [i32; BAR_STEPS] = [5, 1, 2, 1, 3, 1, 2, 1, 4, 1, 2, 1, 3, 1, 2, 1];
    let strength = |step: usize| STRENGTH[step % BAR_STEPS];
    let rise = |step: usize, ahead: usize| {
        let rise = strength(step + ahead) - strength(step);
        (!line[(step + ahead) % STEPS] && rise > 0).then_some(rise)
    };
    let onsets = (0..STEPS).filter(|&step| line[step]);
    let sum: i32 = onsets.filter_map(|step| rise(step, 1).or_else(|| rise(step, 2))).sum();
    f64::from(sum) / 30.0
}

/// The values of one feature over many windows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureValues {
    /// What was measured of each window.
    pub feature: Feature,
    /// Over all windows.
    pub mean: f64,
    /// Standard deviation over all windows.
    pub sd: f64,
    /// Of every window, or of a regular sample of them.
    pub values: Vec<f64>,
}

/// How drums are played over many windows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Playing {
    /// Whose playing, and its licence.
    pub source: String,
    /// How many windows the means are of.
    pub windows: usize,
    /// In the order of [`Feature::ALL`].
    pub features: Vec<FeatureValues>,
}

impl Playing {
    /// Measures the drums of some songs.
    pub fn of<'a>(source: &str, songs: impl IntoIterator<Item = &'a Song>) -> Playing {
        let rows: Vec<[f64; 17]> =
            songs.into_iter().flat_map(windows).map(|window| window.features()).collect();
        let features = Feature::ALL
            .into_iter()
            .enumerate()
            .map(|(index, feature)| {
                let values: Vec<f64> = rows.iter().map(|row| row[index]).collect();
                let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
                FeatureValues { feature, mean, sd: deviation(&values), values }
            })
            .collect();
        Playing { source: source.to_owned(), windows: rows.len(), features }
    }

    /// Fit to be committed: at most a thousand values of each feature, every so many windows one,
    /// to four decimals.
    pub fn condensed(mut self) -> Playing {
        for feature in &mut self.features {
            let all = std::mem::take(&mut feature.values);
            let kept = all.len().min(KEPT);
            feature.values =
                (0..kept).map(|i| (all[i * all.len() / kept] * 1e4).round() / 1e4).collect();
        }
        self
    }

    /// Ten drummers: the Groove MIDI Dataset (Gillick et al. 2019, CC-BY 4.0), its training and
    /// validation splits, from `assets/human_playing.json`; `examples/human_playing.rs` remakes it.
    ///
    /// Published for another selection of two-bar windows from the dataset, and here: instruments
    /// 4.26 +- 1.27 and 4.72 +- 1.38, step density 0.683 +- 0.221 and 0.746 +- 0.190, voice density
    /// 0.110 +- 0.041 and 0.130 +- 0.040, velocity 0.606 and 0.571, offset -0.064 and -0.059,
    /// syncopation 0.762 +- 0.432 and 0.735 +- 0.402, complexity 1.048 +- 0.431 and 1.075 +- 0.374.
    /// Every whole window of long performances counts here, and single fills do not.
    pub fn human() -> &'static Playing {
        static HUMAN: LazyLock<Playing> = LazyLock::new(|| {
            // A test reads it; it is part of the binary and cannot change after that.
            serde_json::from_str(include_str!("../../../assets/human_playing.json"))
                .expect("the built-in description of human playing is well-formed")
        });
        &HUMAN
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Note, TempoMap, Ticks, Track, TrackKind, Velocity};

    /// Strokes as (step, key, velocity) over two bars of 4/4, 24 ticks a step.
    fn song(strokes: &[(u64, u8, u8)]) -> Song {
        let mut notes: Vec<Note> = strokes
            .iter()
            .map(|&(step, key, velocity)| Note {
                start: Ticks(step * 24),
                length: Ticks(24),
                key,
                velocity: Velocity::clamped(velocity),
            })
            .collect();
        notes.sort_by_key(|note| (note.start, note.key));
        let track = Track { name: String::new(), kind: TrackKind::Drums, notes };
        Song { tempo: TempoMap::new(96, []), metres: vec![], tracks: vec![track] }
    }

    fn feature(window: &Window, feature: Feature) -> f64 {
        let index = Feature::ALL.iter().position(|known| *known == feature).unwrap();
        window.features()[index]
    }

    #[test]
    fn a_rock_beat_measures_as_it_should() {
        let mut strokes = Vec::new();
        for step in (0..32).step_by(2) {
            strokes.push((step, 42, 127));
            if step % 8 == 0 {
                strokes.push((step, 36, 127));
            } else if step % 8 == 4 {
                strokes.push((step, 38, 127));
            }
        }
        strokes.push((31, 38, 127));
        let windows = windows(&song(&strokes));
        let [window] = &windows[..] else { panic!("one window") };
        let is = |of, expected: f64| {
            let found = feature(window, of);
            assert!((found - expected).abs() < 1e-9, "{of:?} is {found}, not {expected}");
        };
        is(Feature::Instruments, 3.0);
        is(Feature::StepDensity, 17.0 / 32.0);
        is(Feature::VoiceDensity, 25.0 / 288.0);
        is(Feature::LowShare, 4.0 / 25.0);
        is(Feature::MidShare, 5.0 / 25.0);
        is(Feature::HighShare, 16.0 / 25.0);
        is(Feature::VelocitySymmetry, 1.0);
        is(Feature::WeakToStrong, 9.0 / 16.0);
        // Hats rest on no stronger step; the snare's last sixteenth pushes into the 1 (4 of 30).
        is(Feature::LowSyncopation, 0.0);
        is(Feature::MidSyncopation, 4.0 / 30.0);
        is(Feature::Offset, 0.0);
    }

    #[test]
    fn the_kick_before_the_one_is_syncopated() {
        let mut line = [false; STEPS];
        line[14] = true;
        assert_eq!(syncopation(&line), 3.0 / 30.0);
        line[16] = true;
        assert_eq!(syncopation(&line), 0.0);
    }

    #[test]
    fn a_description_condenses_regularly() {
        let song = song(&[(0, 36, 100), (31, 38, 50)]);
        let playing = Playing::of("", std::iter::repeat_n(&song, 2500)).condensed();
        assert_eq!(playing.windows, 2500);
        assert!(playing.features.iter().all(|feature| feature.values.len() == KEPT));
    }

    #[test]
    fn human_playing_is_near_what_others_measured() {
        let human = Playing::human();
        let features: Vec<Feature> = human.features.iter().map(|found| found.feature).collect();
        assert_eq!(features, Feature::ALL);
        // Means and deviations that were published for another selection from this dataset.
        let near = |feature: Feature, mean: f64, sd: f64| {
            let found = human.features.iter().find(|found| found.feature == feature).unwrap();
            let off = (found.mean - mean).abs();
            assert!(off < 0.6 * sd, "{feature:?}: {} +- {}", found.mean, found.sd);
        };
        near(Feature::Instruments, 4.26, 1.27);
        near(Feature::StepDensity, 0.683, 0.221);
        near(Feature::VoiceDensity, 0.110, 0.041);
        near(Feature::Syncopation, 0.762, 0.432);
        near(Feature::Complexity, 1.048, 0.431);
    }
}
