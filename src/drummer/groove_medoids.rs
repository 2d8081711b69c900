//! The grooves that stand for performances and for styles: medoids of bars, by what they have in common (F1).
//!
//! Of each performance the one or two bars that have most in common with all its bars, and of these the ones
//! that have most in common with those of all performances of the style (facility location). Made once, for
//! `assets/style_bars.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::cells::CELLS;
use super::features::SLOTS;
use super::settings::Style;
use super::style_grooves::{Cells, Strokes, likeness};
use crate::score::{Bpm, DrumPart, GridKind, Lane, StepGrid};

/// Most bars of a style on a grid.
const BARS: usize = 16;
/// A style with fewer bars on a grid goes without: they would not go round.
const LEAST: usize = 2;
/// Most grooves of a performance, and what another one has to add to what they have in common with its bars.
const GROOVES: usize = 2;
const GAIN: f32 = 0.05;
/// A performance with fewer bars is a break or a fill.
const FEWEST_BARS: usize = 2;
/// What the bars of a performance have in common with its groove, at least: less is a solo.
const STEADY: f32 = 0.6;
/// Bars less usual than this among those of their style are slips.
const RARE: f32 = 0.02;

/// Sixteen steps, or 24 in triplets: the grids of 4/4 and 12/8, in which people played.
pub(super) fn kind(grid: &StepGrid) -> Option<usize> {
    match (grid.kind, grid.steps) {
        (GridKind::Straight, 16) => Some(0),
        (GridKind::Ternary, 24) => Some(1),
        _ => None,
    }
}

/// Many bars that are alike, as they are stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub share: f32,
    /// Beats a minute at which the slowest and the quickest of them were played.
    pub bpm: [f32; 2],
    /// Cells (`lane * SLOTS + step`) that are struck now and then, with how often in per cent. The
    /// middle bar of these bars weighs as much as all of them.
    pub cells: Vec<(u16, u8)>,
}

/// A groove of a performance.
pub(super) struct Groove {
    cells: Cells,
    /// Its share of the performance's bars.
    weight: f32,
    /// Beats a minute.
    bpm: f32,
}

/// The grooves of a performance at some tempo on a [`kind`] of grid; none of a solo.
pub(super) fn grooves(style: Style, bpm: Bpm, part: &DrumPart, kind: usize) -> Vec<Groove> {
    let mut by_bar: BTreeMap<usize, Cells> = BTreeMap::new();
    // Where crashes go the form decides.
    for hit in part.hits.iter().filter(|hit| hit.lane() != Lane::Crash) {
        let grid = &part.grids[hit.bar.0];
        if self::kind(grid) == Some(kind) {
            let cell = hit.lane().index() * SLOTS + on_beat(hit.lane(), hit.step, grid);
            by_bar.entry(hit.bar.0).or_default().insert(cell as u16);
        }
    }
    one_stick(by_bar.values_mut());
    by_bar.retain(|&bar, cells| {
        let strokes = Strokes { cells, grid: &part.grids[bar] };
        strokes.keep_time() && strokes.are_groove(style)
    });
    let bars: Vec<(Cells, f32)> = by_bar.into_values().map(|cells| (cells, 1.0)).collect();
    let (chosen, homes) = middles(&bars, GROOVES, GAIN);
    let Some(&first) = chosen.first().filter(|_| bars.len() >= FEWEST_BARS) else {
        return Vec::new();
    };
    let alike: f32 = bars.iter().map(|(bar, _)| likeness(bar, &bars[first].0)).sum();
    if alike < STEADY * bars.len() as f32 {
        return Vec::new();
    }
    let share = |number: usize| {
        let own = homes.iter().filter(|home| **home == number).count();
        own as f32 / bars.len() as f32
    };
    let grooves = chosen.iter().enumerate();
    grooves
        .map(|(number, &bar)| Groove {
            cells: bars[bar].0.clone(),
            weight: share(number),
            bpm: bpm.0 as f32,
        })
        .collect()
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

/// The stick lies across the snare in all of a performance's bars or in none: pads take the one for the
/// other.
fn one_stick<'a>(bars: impl Iterator<Item = &'a mut Cells>) {
    let mut bars: Vec<&mut Cells> = bars.collect();
    let [head, stick] = [Lane::Snare, Lane::SideStick].map(Lane::index);
    let lane = |cell: u16| usize::from(cell) / SLOTS;
    let strokes = || bars.iter().flat_map(|bar| bar.iter());
    let count = |of: usize| strokes().filter(|&&cell| lane(cell) == of).count();
    let (from, to) = if count(stick) > count(head) { (head, stick) } else { (stick, head) };
    for bar in &mut bars {
        let moved = bar.iter().map(|&cell| match lane(cell) == from {
            true => (to * SLOTS + usize::from(cell) % SLOTS) as u16,
            false => cell,
        });
        **bar = moved.collect();
    }
}

/// The bars that together have most in common with all of these (facility location, found greedily), up to
/// `most` and as long as one adds `gain` to the mean; and of each bar the number of the nearest of them.
fn middles(bars: &[(Cells, f32)], most: usize, gain: f32) -> (Vec<usize>, Vec<usize>) {
    let all: f32 = bars.iter().map(|(_, weight)| weight).sum();
    let mut nearest = vec![0.0f32; bars.len()];
    let (mut chosen, mut homes) = (Vec::new(), vec![0; bars.len()]);
    while chosen.len() < most {
        let value = |(middle, _): &(Cells, f32)| -> f32 {
            let near = bars.iter().zip(&nearest);
            near.map(|((bar, weight), near)| weight * (likeness(bar, middle) - near).max(0.0)).sum()
        };
        let values = bars.iter().map(value).enumerate();
        let Some((best, value)) = values.rev().max_by(|a, b| a.1.total_cmp(&b.1)) else { break };
        if value < gain * all || chosen.contains(&best) {
            break;
        }
        for ((bar, _), (near, home)) in bars.iter().zip(nearest.iter_mut().zip(&mut homes)) {
            let alike = likeness(bar, &bars[best].0);
            if alike > *near {
                (*near, *home) = (alike, chosen.len());
            }
        }
        chosen.push(best);
    }
    (chosen, homes)
}

/// The grooves of a style: of those of its performances the ones that have most in common with all.
pub(super) fn entries(grooves: &[Groove]) -> Vec<Entry> {
    let bars: Vec<(Cells, f32)> =
        grooves.iter().map(|groove| (groove.cells.clone(), groove.weight)).collect();
    let (chosen, homes) = middles(&bars, BARS, 0.0);
    let all: f32 = grooves.iter().map(|groove| groove.weight).sum();
    let mut entries: Vec<Entry> = Vec::new();
    for (number, &middle) in chosen.iter().enumerate() {
        let members = || grooves.iter().zip(&homes).filter(|(_, home)| **home == number);
        let members = || members().map(|(groove, _)| groove);
        let total: f32 = members().map(|groove| groove.weight).sum();
        let cells = (0..CELLS as u16).filter_map(|cell| {
            let with = members().filter(|groove| groove.cells.contains(&cell));
            let often = with.map(|groove| groove.weight).sum::<f32>() / total;
            let onset = f32::from(grooves[middle].cells.contains(&cell));
            let percent = (50.0 * (often + onset)).round() as u8;
            (percent > 1).then_some((cell, percent))
        });
        let share = (1e3 * total / all).round() / 1e3;
        let bpm = [f32::min, f32::max]
            .map(|end| members().map(|groove| groove.bpm).fold(grooves[middle].bpm, end));
        if share >= RARE {
            entries.push(Entry { share, bpm, cells: cells.collect() });
        }
    }
    if entries.len() < LEAST {
        return Vec::new();
    }
    entries.sort_by(|a, b| b.share.total_cmp(&a.share));
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{BarGrid, BarIndex, Hit, Metre, Ticks, Velocity};

    /// A performance in sixteenths.
    fn part(bars: &[Vec<(Lane, usize)>]) -> DrumPart {
        let grid = BarGrid::new(96, &[], Ticks(bars.len() as u64 * 4 * 96));
        let hits = bars.iter().enumerate().flat_map(|(bar, strokes)| {
            strokes.iter().map(move |&(lane, step)| Hit {
                bar: BarIndex(bar),
                step,
                key: lane.default_key(),
                velocity: Velocity::clamped(90),
                offset: 0.0,
            })
        });
        let steps = vec![StepGrid::for_metre(Metre::COMMON, false); bars.len()];
        DrumPart::new(grid, steps, hits.collect())
    }

    fn groove(kicks: &[usize], snares: &[usize]) -> Vec<(Lane, usize)> {
        let time = (0..8).map(|eighth| (Lane::ClosedHat, 2 * eighth));
        let drums = kicks.iter().map(|&step| (Lane::Kick, step));
        drums.chain(snares.iter().map(|&step| (Lane::Snare, step))).chain(time).collect()
    }

    fn cells(strokes: &[(Lane, usize)]) -> Cells {
        strokes.iter().map(|(lane, step)| (lane.index() * SLOTS + step) as u16).collect()
    }

    #[test]
    fn grooves_of_a_performance_stand_for_its_bars() {
        let verse = groove(&[0, 8], &[4, 12]);
        let chorus = groove(&[0, 2, 3, 6, 10, 11], &[4, 7, 9, 12, 15]);
        // Each bar leaves its groove by another stroke.
        let bars: Vec<Vec<(Lane, usize)>> = (0..32)
            .map(|bar| {
                let own = if bar < 20 { &verse } else { &chorus };
                own.iter().copied().chain([(Lane::Ride, bar % 16)]).collect()
            })
            .chain([verse.clone(), chorus.clone()])
            .collect();
        let found = grooves(Style::Rock, Bpm(96.0), &part(&bars), 0);
        let usual: Vec<Cells> = found.iter().map(|groove| groove.cells.clone()).collect();
        assert_eq!(usual, [cells(&verse), cells(&chorus)]);
        assert!((found[0].weight - 21.0 / 34.0).abs() < 1e-6, "{}", found[0].weight);
        assert_eq!(found[0].bpm, 96.0);
        assert!(grooves(Style::Rock, Bpm(96.0), &part(&bars), 1).is_empty(), "no triplets");
    }

    #[test]
    fn solos_are_no_grooves() {
        let solo = |bar: usize| -> Vec<(Lane, usize)> {
            let drums = (1..9).map(|n| (Lane::Snare, (bar * 7 + n * n) % 16));
            let time = [0, 5, 10].map(|n| (Lane::Ride, (bar + n) % 16));
            drums.chain(time).chain([(Lane::Kick, 0)]).collect()
        };
        let bars: Vec<_> = (0..32).map(solo).collect();
        assert!(grooves(Style::Latin, Bpm(96.0), &part(&bars), 0).is_empty());
    }

    #[test]
    fn a_stick_lies_across_the_snare_or_does_not() {
        let stick = |n: usize| {
            let lane = if n.is_multiple_of(3) { Lane::Snare } else { Lane::SideStick };
            [&groove(&[4, 12], &[])[..], &[(lane, 4), (Lane::SideStick, 12)]].concat()
        };
        let found =
            grooves(Style::Reggae, Bpm(96.0), &part(&(0..12).map(stick).collect::<Vec<_>>()), 0);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].cells, cells(&stick(1)));
    }
}
