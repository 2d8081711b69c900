//! Fills that people play.
//!
//! [`FillLibrary`] has bars in which drummers played fills, on the steps of 4/4 in sixteenths or in
//! triplets, with how hard each stroke was. `assets/fills.json` is what Drumlin comes with; of each
//! fill the end is played, as long as the place asks.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::drummer::Style;
use crate::score::{DrumPart, GridKind, Hit, Lane};

/// Two fills with a larger share of strokes in common (Jaccard index) count as one.
const ALIKE: f32 = 0.6;
/// Softer strokes are the crosstalk of pads; hats of fills are meant only when louder.
const SOFTEST: u8 = 16;
const SOFTEST_HAT: u8 = 32;
/// A bar is no fill with fewer strokes on drums, or with none so near its end (share of the bar).
const FEWEST: usize = 4;
const ENDS_FROM: f32 = 0.7;
/// Strokes further from their step than this (share of a step) are not on the grid; bars with more
/// of them than a fifth are left out.
const FAR: f32 = 0.36;

/// The fills of all styles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FillLibrary {
    /// What they were taken from.
    pub source: String,
    pub(super) fills: Vec<Fill>,
}

/// A bar of 4/4 with a fill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Fill {
    /// The name of the style in which it was played.
    pub style: String,
    /// Sixteen steps, or 24 in triplets.
    pub ternary: bool,
    /// Step, number of the lane, and velocity of each stroke, in order.
    pub strokes: Vec<(u8, u8, u8)>,
}

impl Fill {
    pub fn steps(&self) -> usize {
        if self.ternary { 24 } else { 16 }
    }

    /// Step, lane and velocity of the strokes.
    pub fn strokes(&self) -> impl Iterator<Item = (usize, Lane, u8)> + '_ {
        self.strokes.iter().filter_map(|&(step, lane, velocity)| {
            let lane = *Lane::ALL.get(usize::from(lane))?;
            (usize::from(step) < self.steps()).then_some((usize::from(step), lane, velocity))
        })
    }

    fn cells(&self) -> BTreeSet<(u8, u8)> {
        self.strokes.iter().map(|&(step, lane, _)| (step, lane)).collect()
    }
}

/// Whether fills are made of a lane's strokes.
pub(super) fn is_drum(lane: Lane) -> bool {
    matches!(lane, Lane::Snare | Lane::LowTom | Lane::MidTom | Lane::HighTom)
}

/// Whether a stroke can be one of a fill.
fn belongs(hit: &Hit) -> bool {
    let velocity = hit.velocity.get();
    match hit.lane() {
        lane if is_drum(lane) => velocity >= SOFTEST,
        Lane::Kick | Lane::SideStick | Lane::PedalHat => velocity >= SOFTEST,
        Lane::ClosedHat | Lane::OpenHat => velocity >= SOFTEST_HAT,
        _ => false,
    }
}

impl FillLibrary {
    /// The fills among the bars of performances that are fills, alike ones once.
    pub fn of<'a>(
        source: &str,
        performances: impl IntoIterator<Item = (Style, &'a DrumPart)>,
    ) -> FillLibrary {
        let mut fills: Vec<(Fill, BTreeSet<(u8, u8)>)> = Vec::new();
        for (style, part) in performances {
            for bar in 0..part.bars.len() {
                let Some(fill) = fill_of(style, part, bar) else { continue };
                let cells = fill.cells();
                let known = |(other, others): &(Fill, BTreeSet<(u8, u8)>)| {
                    let both = cells.intersection(others).count() as f32;
                    let either = cells.union(others).count() as f32;
                    other.ternary == fill.ternary && both > ALIKE * either
                };
                if !fills.iter().any(known) {
                    fills.push((fill, cells));
                }
            }
        }
        let fills = fills.into_iter().map(|(fill, _)| fill).collect();
        FillLibrary { source: source.to_owned(), fills }
    }

    /// Those that Drumlin comes with.
    pub fn embedded() -> &'static FillLibrary {
        static EMBEDDED: LazyLock<FillLibrary> = LazyLock::new(|| {
            serde_json::from_str(include_str!("../../../assets/fills.json"))
                .expect("a test reads the same text")
        });
        &EMBEDDED
    }

    /// How many fills there are.
    pub fn len(&self) -> usize {
        self.fills.len()
    }

    /// Whether there are no fills.
    pub fn is_empty(&self) -> bool {
        self.fills.is_empty()
    }
}

fn fill_of(style: Style, part: &DrumPart, bar: usize) -> Option<Fill> {
    let grid = part.grids[bar];
    let ternary = match (grid.kind, grid.steps) {
        (GridKind::Straight, 16) => false,
        (GridKind::Ternary, 24) => true,
        _ => return None,
    };
    let hits: Vec<&Hit> = part.hits.iter().filter(|hit| hit.bar.0 == bar && belongs(hit)).collect();
    let drums = || hits.iter().filter(|hit| is_drum(hit.lane()));
    let off = hits.iter().filter(|hit| hit.offset.abs() > FAR).count();
    let last = drums().map(|hit| hit.step).max()?;
    if drums().count() < FEWEST
        || 5 * off > hits.len()
        || (last as f32) < ENDS_FROM * grid.steps as f32
    {
        return None;
    }
    // Keys of one lane are one voice; the loudest counts.
    let mut strokes: Vec<(u8, u8, u8)> = hits
        .iter()
        .map(|hit| (hit.step as u8, hit.lane().index() as u8, hit.velocity.get()))
        .collect();
    strokes.sort_by_key(|&(step, lane, velocity)| (step, lane, std::cmp::Reverse(velocity)));
    strokes.dedup_by_key(|&mut (step, lane, _)| (step, lane));
    Some(Fill { style: style.name().to_owned(), ternary, strokes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{BarGrid, BarIndex, GmKey, Metre, StepGrid, Ticks, Velocity};

    fn part(strokes: &[(usize, usize, u8, u8)]) -> DrumPart {
        let bars = BarGrid::new(96, &[], Ticks(4 * 384));
        let grids = vec![StepGrid::for_metre(Metre::COMMON, false); 4];
        let hit = |&(bar, step, key, velocity): &(usize, usize, u8, u8)| Hit {
            bar: BarIndex(bar),
            step,
            key: GmKey::new(key).unwrap(),
            velocity: Velocity::clamped(velocity),
            offset: 0.0,
        };
        DrumPart::new(bars, grids, strokes.iter().map(hit).collect())
    }

    #[test]
    fn fills_are_bars_that_end_on_drums_and_alike_ones_count_once() {
        let mut strokes = Vec::new();
        for (step, key) in [(8, 38), (9, 38), (10, 48), (12, 45), (14, 43)] {
            strokes.push((0, step, key, 100));
            strokes.push((1, step, key, 60));
        }
        // A groove, and crosstalk in the first fill.
        strokes.extend([(2, 0, 36, 100), (2, 4, 38, 100), (2, 12, 38, 100), (0, 0, 42, 9)]);
        let library = FillLibrary::of("made up", [(Style::Rock, &part(&strokes))]);
        assert_eq!(library.len(), 1);
        let lanes: Vec<Lane> = library.fills[0].strokes().map(|(_, lane, _)| lane).collect();
        let expected = [Lane::Snare, Lane::Snare, Lane::HighTom, Lane::MidTom, Lane::LowTom];
        assert_eq!(lanes, expected);
    }

    #[test]
    fn what_drumlin_comes_with_has_fills_of_all_kinds() {
        let library = FillLibrary::embedded();
        assert!(library.len() > 100);
        for ternary in [false, true] {
            let fills: Vec<&Fill> =
                library.fills.iter().filter(|fill| fill.ternary == ternary).collect();
            assert!(fills.len() > 10, "{}", fills.len());
            for lane in [Lane::HighTom, Lane::MidTom, Lane::LowTom, Lane::Snare] {
                assert!(fills.iter().any(|fill| fill.strokes().any(|(_, l, _)| l == lane)));
            }
        }
        for fill in &library.fills {
            assert_eq!(fill.strokes().count(), fill.strokes.len());
            assert!(fill.strokes.iter().all(|&(.., velocity)| (1..=127).contains(&velocity)));
            assert!(Style::named(&fill.style).is_some());
        }
    }
}
