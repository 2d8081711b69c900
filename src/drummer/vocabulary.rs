//! The bars that drummers of a style play.
//!
//! Class densities say how much of everything a style has, not where: reggae leaves the first beat to
//! the hat, funk whispers on the snare between the beats, jazz has its ride skip. So where a style is
//! asked for by name, the drummer chooses among bars of that style the ones that fit the song.
//! [`Vocabulary`] has these bars, each standing for many that are alike;
//! `assets/style_bars.json` is what Drumlin comes with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::cells::CELLS;
use super::features::SLOTS;
use super::lanes::STICKS;
use super::settings::Style;
use crate::score::{DrumClass, DrumPart, GridKind, Lane, StepGrid};

/// Most bars of a style on a grid.
const BARS: usize = 16;
/// A style with fewer bars on a grid goes without: they would not go round.
const LEAST: usize = 4;
/// A bar of the vocabulary stands for at least as many different ones.
const ALIKE: usize = 6;
/// Rounds of Lloyd's algorithm; it rests before.
const ROUNDS: usize = 30;
/// With fewer strokes on hat or ride a bar is a rest, a break or a solo: in .6 of the straight bars that
/// are filed under jazz both hands are on the snare or the toms.
const FEWEST: usize = 3;
/// In triplets a hand that strikes fewer beats of the bar plays the skips of another's time.
const BEATS: usize = 2;
/// Bars less usual than this among those of their style are slips and fills.
const RARE: f32 = 0.02;

/// The bars of all styles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vocabulary {
    /// What they were taken from.
    pub source: String,
    styles: BTreeMap<String, [Vec<Entry>; 2]>,
}

/// Many bars that are alike, as they are stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Entry {
    share: f32,
    /// Cells (`lane * SLOTS + step`) that are struck now and then, with how often in per cent. The
    /// middle bar of these bars weighs as much as all of them.
    cells: Vec<(u16, u8)>,
}

/// Many bars that are alike.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct StyleBar {
    /// How usual it is in its style, 0 to 1.
    pub share: f32,
    /// How likely each cell is struck, `[lanes x slots]`; above 0.5 where the middle bar has a stroke.
    pub probabilities: Vec<f32>,
}

/// Sixteen steps, or 24 in triplets: the known grids of all metres but 3/4, 6/8 and 9/8, which have
/// no bars.
fn kind(grid: &StepGrid) -> Option<usize> {
    match (grid.kind, grid.steps) {
        (GridKind::Straight, 16) => Some(0),
        (GridKind::Ternary, 24) => Some(1),
        _ => None,
    }
}

impl Vocabulary {
    /// Finds the bars of each style in performances, of which each counts as much as any other.
    pub fn of<'a>(
        source: &str,
        performances: impl IntoIterator<Item = (Style, &'a DrumPart)>,
    ) -> Vocabulary {
        let mut found: BTreeMap<Style, [BTreeMap<BTreeSet<u16>, f32>; 2]> = BTreeMap::new();
        for (style, part) in performances {
            let mut bars: BTreeMap<usize, BTreeSet<u16>> = BTreeMap::new();
            for hit in &part.hits {
                let step = on_beat(hit.lane(), hit.step, &part.grids[hit.bar.0]);
                let cell = hit.lane().index() * SLOTS + step;
                bars.entry(hit.bar.0).or_default().insert(cell as u16);
            }
            bars.retain(|&bar, cells| {
                let grid = &part.grids[bar];
                kind(grid).is_some() && keeps_time(cells, grid)
            });
            let weight = 1.0 / bars.len() as f32;
            for (bar, cells) in bars {
                if let Some(kind) = kind(&part.grids[bar]) {
                    *found.entry(style).or_default()[kind].entry(cells).or_default() += weight;
                }
            }
        }
        let styles = found.into_iter().map(|(style, grids)| {
            let entries = grids.map(|bars| cluster(&bars.into_iter().collect::<Vec<_>>()));
            (style.name().to_owned(), entries)
        });
        Vocabulary { source: source.to_owned(), styles: styles.collect() }
    }

    /// Those that Drumlin comes with.
    pub fn embedded() -> &'static Vocabulary {
        static EMBEDDED: LazyLock<Vocabulary> = LazyLock::new(|| {
            serde_json::from_str(include_str!("../../assets/style_bars.json"))
                .expect("a test reads the same text")
        });
        &EMBEDDED
    }

    /// The bars of a style on a grid; none where it has too few there.
    pub(super) fn bars(&self, style: Style, grid: &StepGrid) -> Vec<StyleBar> {
        let entries = kind(grid)
            .and_then(|kind| Some(&self.styles.get(style.name())?[kind]))
            .map_or(&[][..], Vec::as_slice);
        let bar = |entry: &Entry| {
            let mut probabilities = vec![0.0; CELLS];
            for &(cell, percent) in &entry.cells {
                if let Some(probability) = probabilities.get_mut(usize::from(cell)) {
                    *probability = f32::from(percent) / 100.0;
                }
            }
            StyleBar { share: entry.share, probabilities }
        };
        entries.iter().map(bar).collect()
    }
}

/// The step that a stroke belongs to. Feet keep the beat less exactly than hands do: a hat that the foot
/// closes a sixth of a beat before or behind one is meant to be on it.
fn on_beat(lane: Lane, step: usize, grid: &StepGrid) -> usize {
    let beat = grid.steps_per_beat;
    match step % beat {
        _ if lane != Lane::PedalHat || grid.kind != GridKind::Ternary || beat < 6 => step,
        1 => step - 1,
        place if place == beat - 1 && step + 1 < grid.steps => step + 1,
        _ => step,
    }
}

/// Whether a hand keeps the time on a cymbal, and something is struck on the first beat: else the bar
/// was played so early that its first stroke lies in the one before.
fn keeps_time(cells: &BTreeSet<u16>, grid: &StepGrid) -> bool {
    let cymbals = STICKS.map(Lane::index);
    let strokes = cells.iter().map(|&cell| (usize::from(cell) / SLOTS, usize::from(cell) % SLOTS));
    let begins = strokes.clone().any(|(_, slot)| slot == 0);
    let time: Vec<usize> =
        strokes.filter(|(lane, _)| cymbals.contains(lane)).map(|(_, slot)| slot).collect();
    let beats = time.iter().filter(|slot| slot.is_multiple_of(grid.steps_per_beat)).count();
    begins && time.len() >= FEWEST && (grid.kind == GridKind::Straight || beats >= BEATS)
}

/// Weighted k-means of different bars with their weights, begun as k-means++ (Arthur and
/// Vassilvitskii, 2007).
fn cluster(bars: &[(BTreeSet<u16>, f32)]) -> Vec<Entry> {
    let count = BARS.min(bars.len() / ALIKE);
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let mut means: Vec<Vec<f32>> = Vec::new();
    let row = |bar: &BTreeSet<u16>| {
        let mut row = vec![0.0; CELLS];
        bar.iter().for_each(|&cell| row[usize::from(cell)] = 1.0);
        row
    };
    let distance = |bar: &BTreeSet<u16>, mean: &[f32]| -> f32 {
        let squares: f32 = mean.iter().map(|x| x * x).sum();
        squares + bar.iter().map(|&cell| 1.0 - 2.0 * mean[usize::from(cell)]).sum::<f32>()
    };
    let nearest = |bar: &BTreeSet<u16>, means: &[Vec<f32>]| {
        let distances = means.iter().map(|mean| distance(bar, mean)).enumerate();
        distances.min_by(|a, b| a.1.total_cmp(&b.1))
    };
    while means.len() < count {
        let probabilities: Vec<f32> = bars
            .iter()
            .map(|(bar, weight)| weight * nearest(bar, &means).map_or(1.0, |(_, far)| far.max(0.0)))
            .collect();
        let mut left = rng.random_range(0.0..1.0) * probabilities.iter().sum::<f32>();
        let chosen = probabilities.iter().position(|probability| {
            left -= probability;
            left <= 0.0
        });
        means.push(row(&bars[chosen.unwrap_or(0)].0));
    }
    let mut homes: Vec<usize> = Vec::new();
    for _ in 0..ROUNDS {
        let new: Vec<usize> =
            bars.iter().map(|(bar, _)| nearest(bar, &means).map_or(0, |(mean, _)| mean)).collect();
        if new == homes {
            break;
        }
        homes = new;
        for (number, mean) in means.iter_mut().enumerate() {
            let members = || bars.iter().zip(&homes).filter(|(_, home)| **home == number);
            let total: f32 = members().map(|((_, weight), _)| weight).sum();
            if total > 0.0 {
                mean.fill(0.0);
                for ((bar, weight), _) in members() {
                    bar.iter().for_each(|&cell| mean[usize::from(cell)] += weight / total);
                }
            }
        }
    }
    let all: f32 = bars.iter().map(|(_, weight)| weight).sum();
    let mut entries: Vec<Entry> = means
        .iter()
        .enumerate()
        .filter_map(|(number, mean)| {
            let members = || bars.iter().zip(&homes).filter(|(_, home)| **home == number);
            let total: f32 = members().map(|((_, weight), _)| weight).sum();
            let middle = members()
                .min_by(|((a, _), _), ((b, _), _)| distance(a, mean).total_cmp(&distance(b, mean)));
            let ((middle, _), _) = middle?;
            let lane = |cell: u16| Lane::ALL[usize::from(cell) / SLOTS];
            let is_tom = |cell: u16| lane(cell).drum_class() == DrumClass::Toms;
            let lone_tom = middle.iter().filter(|&&cell| is_tom(cell)).count() == 1;
            let cells = (0..CELLS as u16).filter_map(|cell| {
                let often = mean[usize::from(cell)];
                // Where crashes go the form decides, and a tom alone is no groove.
                let crash = lane(cell) == Lane::Crash;
                let passes = crash || lone_tom && is_tom(cell);
                let onset = if passes { often > 0.5 } else { middle.contains(&cell) };
                let percent = (50.0 * (often + f32::from(onset))).round() as u8;
                (percent > 1).then_some((cell, percent))
            });
            let share = (1e3 * total / all).round() / 1e3;
            (share >= RARE).then(|| Entry { share, cells: cells.collect() })
        })
        .collect();
    if entries.len() < LEAST {
        return Vec::new();
    }
    entries.sort_by(|a, b| b.share.total_cmp(&a.share));
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drummer::performance::quantise;
    use crate::score::{Metre, Note, Song, TempoMap, Ticks, Track, TrackKind, Velocity};

    #[test]
    fn styles_have_bars_of_their_own() {
        let grid = StepGrid::for_metre(Metre::COMMON, false);
        let mut seen: Vec<Vec<StyleBar>> = Vec::new();
        for style in Style::ALL {
            let bars = Vocabulary::embedded().bars(style, &grid);
            // The Groove MIDI Dataset has none of these, or none in sixteenths.
            if matches!(style, Style::Metal | Style::Blues | Style::Ballad | Style::March) {
                assert_eq!(bars, []);
                continue;
            }
            assert!(bars.len() >= LEAST, "{style:?}: {}", bars.len());
            assert!(bars.iter().all(|bar| bar.share >= RARE));
            assert!(bars.iter().map(|bar| bar.share).sum::<f32>() <= 1.001);
            for bar in &bars {
                assert!(
                    bar.probabilities.iter().all(|probability| (0.0..=1.0).contains(probability))
                );
                assert!(
                    bar.probabilities.iter().filter(|probability| **probability > 0.5).count() >= 2
                );
            }
            assert!(!seen.contains(&bars));
            seen.push(bars);
        }
        let other = StepGrid::for_metre(Metre::new(3, 4).unwrap(), false);
        assert!(Vocabulary::embedded().bars(Style::Rock, &other).is_empty());
    }

    #[test]
    fn a_hand_keeps_the_time_on_beats() {
        let keeps = |lane: Lane, slots: &[usize], triplets| {
            let cells = slots.iter().map(|slot| (lane.index() * SLOTS + slot) as u16);
            let kick = (Lane::Kick.index() * SLOTS) as u16;
            let grid = StepGrid::for_metre(Metre::COMMON, triplets);
            keeps_time(&cells.chain([kick]).collect(), &grid)
        };
        assert!(keeps(Lane::Ride, &[0, 6, 10, 12, 18, 22], true));
        assert!(!keeps(Lane::Ride, &[4, 10, 16, 22], true), "skips alone");
        assert!(keeps(Lane::OpenHat, &[2, 6, 10, 14], false), "off-beats of a disco hat");
        assert!(!keeps(Lane::ClosedHat, &[0, 8], false));
    }

    #[test]
    fn like_bars_are_found_together() {
        // Two grooves, each with a hat and a ride somewhere.
        let mut notes = Vec::new();
        for bar in 0..128 {
            let back_beat: &[(u8, f64)] = &[(36, 0.0), (38, 1.0), (36, 2.0), (38, 3.0)];
            let four: &[(u8, f64)] = &[(36, 0.0), (46, 0.5), (36, 1.0), (36, 2.0), (36, 3.0)];
            let groove = if bar < 64 { back_beat } else { four };
            let extra = [(42, f64::from(bar % 16) / 4.0), (51, f64::from(bar / 16 % 4))];
            notes.extend(groove.iter().chain(&extra).map(|&(key, at)| Note {
                start: Ticks(((f64::from(bar) * 4.0 + at) * 480.0) as u64),
                length: Ticks(60),
                key,
                velocity: Velocity::clamped(90),
            }));
        }
        notes.sort_by_key(|note| note.start);
        let tracks = vec![Track { name: String::new(), kind: TrackKind::Drums, notes }];
        let song = Song { tempo: TempoMap::new(480, []), metres: Vec::new(), tracks };
        let part = quantise(&song).unwrap();
        let vocabulary = Vocabulary::of("made up", [(Style::Rock, &part)]);
        let bars = vocabulary.bars(Style::Rock, &part.grids[0]);
        assert!(bars.len() >= LEAST);
        let cell = |lane: Lane, step| lane.index() * SLOTS + step;
        for bar in &bars {
            let snare = bar.probabilities[cell(Lane::Snare, 4)];
            let kick = bar.probabilities[cell(Lane::Kick, 4)];
            assert!(snare.max(kick) > 0.99 && snare.min(kick) < 0.01, "{snare} {kick}");
        }
    }
}
