//! Swing: time inside a beat is bent so that its second half begins late; and how much a part swings
//! by itself.
//!
//! On a straight grid the half-beat moves from 1/2 of the beat at swing 0 to 2/3 at swing 1, the
//! triplet feel, and everything between the beats in proportion: with four steps to the beat, step 1
//! goes to 1.33, step 2 to 2.67 and step 3 to 3.33. Beats stay where they are.
//!
//! A groove that swings by itself has its off-beats on the third triplet already, or on a straight
//! grid on the last sixteenth alone, as a ride's skip. There swing goes on from what is there, towards
//! a dotted eighth: 3/4 of the beat at swing 1, the hard swing of slow tunes. Compound metres (6/8,
//! 12/8) have even eighths and are left alone, as are grids with one step to the beat.
//!
//! An offset reaches half a step, so from swing 0.75 on a straight grid's half-beat stroke is nearer
//! to step 3 and is written there, at an offset of -0.33 when fully swung. Where the same key already
//! has a stroke on step 3, both could not be told apart; then the first keeps step 2 and comes at +0.5,
//! the latest that can be written: at 120 bpm 21 ms early of a perfect triplet.

use std::collections::{BTreeMap, HashSet};

use super::super::lanes::STICKS;
use crate::score::{BarIndex, DrumPart, GridKind, StepGrid};

/// Cymbal strokes on the last sixteenth alone for each on the half-beat from which on a groove on a
/// straight grid swings by itself.
const SKIPS: usize = 2;

/// How a bar is swung.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Swing {
    /// 0 to 1, as asked for.
    pub amount: f32,
    /// Whether the groove swings by itself.
    pub by_itself: bool,
}

impl Swing {
    /// Where a stroke on a step sounds, in steps from the beginning of its bar. `alone` says that
    /// nothing is struck on the step before.
    pub fn bend(self, step: usize, grid: StepGrid, compound: bool, alone: bool) -> f32 {
        let per_beat = grid.steps_per_beat;
        if compound || per_beat < 2 {
            return step as f32;
        }
        let beat = step - step % per_beat;
        let phase = (step - beat) as f32 / per_beat as f32;
        // The place in the beat that moves, and where it goes; nothing before `still` moves.
        let (still, from, to) = match grid.kind {
            GridKind::Ternary => (0.5, 2.0 / 3.0, 2.0 / 3.0 + self.amount / 12.0),
            GridKind::Straight if self.by_itself => {
                if is_skip(step, grid, alone) {
                    return step as f32;
                }
                (0.0, 0.5, 0.5 + self.amount / 4.0)
            }
            GridKind::Straight => (0.0, 0.5, 0.5 + self.amount / 6.0),
        };
        let bent = if phase <= still {
            phase
        } else if phase < from {
            still + (phase - still) / (from - still) * (to - still)
        } else {
            to + (phase - from) / (1.0 - from) * (1.0 - to)
        };
        beat as f32 + bent * per_beat as f32
    }
}

/// Where a stroke on a step sounds, in steps from the beginning of its bar, for a swing in `[0, 1]`
/// in a groove that does not swing by itself.
pub(in crate::drummer) fn bend(step: usize, grid: StepGrid, compound: bool, swing: f32) -> f32 {
    Swing { amount: swing, by_itself: false }.bend(step, grid, compound, false)
}

/// The step on which a stroke bent to `position` is written. `is_taken` tells whether its key has a
/// stroke on a step of the bar already.
///
/// It depends on swing alone: how a stroke is humanised never moves it to another step.
pub(super) fn home(
    step: usize,
    position: f32,
    grid: StepGrid,
    is_taken: impl Fn(usize) -> bool,
) -> usize {
    let next = step + 1;
    let moves = position - step as f32 > 0.5 && next < grid.steps && !is_taken(next);
    if moves { next } else { step }
}

/// Whether a stroke on a step is a skip: the last sixteenth of a straight beat, with nothing on the one
/// before. `alone` is as in [`Swing::bend`].
pub(super) fn is_skip(step: usize, grid: StepGrid, alone: bool) -> bool {
    has_sixteenths(grid) && alone && step % 4 == 3
}

fn has_sixteenths(grid: StepGrid) -> bool {
    grid.kind == GridKind::Straight && grid.steps_per_beat == 4
}

/// The bars and steps at which hands and feet strike anything.
pub(super) fn onsets(part: &DrumPart) -> HashSet<(BarIndex, usize)> {
    part.hits.iter().map(|hit| (hit.bar, hit.step)).collect()
}

/// Whether a pattern swings by itself on a straight grid: its cymbals skip to the last sixteenth of
/// beats more often than they mark their middle.
pub(super) fn swings(part: &DrumPart) -> bool {
    let (mut skips, mut halves) = (0, 0);
    let onsets: HashSet<_> = part
        .hits
        .iter()
        .filter(|hit| STICKS.contains(&hit.lane()))
        .map(|hit| (hit.bar, hit.step))
        .collect();
    for &(bar, step) in &onsets {
        let grid = part.grids[bar.0];
        let alone = step == 0 || !onsets.contains(&(bar, step - 1));
        halves += usize::from(has_sixteenths(grid) && step % 4 == 2);
        skips += usize::from(is_skip(step, grid, alone));
    }
    skips > SKIPS * halves && skips > 0
}

/// How late the off-beats of a part come, as samplers and sequencers count swing: the place of the
/// cymbals' second stroke in the beat, in per cent. 50 is straight, 67 the triplet, 75 a dotted
/// eighth. `None` where too few beats are divided in two, and in compound metres.
///
/// Beats with one stroke of hats or ride between 40 and 80 per cent of the beat are counted; where many
/// have one on their first sixteenth, one on the last is no late off-beat, and the limit is 70.
pub fn swing_ratio(part: &DrumPart) -> Option<f32> {
    /// Fewer beats say nothing.
    const FEWEST: usize = 8;
    /// One beat in so many.
    const MANY: usize = 5;
    let mut beats: BTreeMap<(BarIndex, usize), Vec<f32>> = BTreeMap::new();
    for hit in part.hits.iter().filter(|hit| STICKS.contains(&hit.lane())) {
        let grid = part.grids[hit.bar.0];
        if grid.steps_per_beat < 2 || part.bars.bars()[hit.bar.0].metre.is_compound() {
            continue;
        }
        let position = (hit.step as f32 + hit.offset).max(0.0) / grid.steps_per_beat as f32;
        let phase = position.fract();
        if (0.2..0.9).contains(&phase) {
            beats.entry((hit.bar, position as usize)).or_default().push(phase);
        }
    }
    let has_first = |phases: &&Vec<f32>| phases.iter().any(|phase| (0.2..0.3).contains(phase));
    let in_sixteenths = MANY * beats.values().filter(has_first).count() > beats.len();
    let last = if in_sixteenths { 0.7 } else { 0.8 };
    let second: Vec<f32> = beats
        .into_values()
        .filter_map(|phases| match phases[..] {
            [phase] if (0.4..last).contains(&phase) => Some(phase),
            _ => None,
        })
        .collect();
    (second.len() >= FEWEST).then(|| 100.0 * second.iter().sum::<f32>() / second.len() as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{BarGrid, Hit, Lane, Metre, Ticks, Velocity};

    const STRAIGHT: StepGrid = StepGrid { kind: GridKind::Straight, steps: 16, steps_per_beat: 4 };

    #[test]
    fn full_swing_is_a_triplet() {
        let bent: Vec<f32> = (4..9).map(|step| bend(step, STRAIGHT, false, 1.0)).collect();
        let expected = [4.0, 5.333, 6.667, 7.333, 8.0];
        assert!(bent.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-3), "{bent:?}");
        assert_eq!(home(6, bent[2], STRAIGHT, |_| false), 7);
        assert_eq!(home(6, bent[2], STRAIGHT, |step| step == 7), 6);
        assert!((0..16).all(|step| bend(step, STRAIGHT, false, 0.0) == step as f32));
        let homes = |step| home(step, bend(step, STRAIGHT, false, 0.7), STRAIGHT, |_| false);
        assert!((0..16).all(|step| homes(step) == step));
    }

    #[test]
    fn triplets_swing_on_towards_dotted_eighths() {
        let grid = StepGrid::for_metre(Metre::COMMON, true);
        assert!((0..24).all(|step| (bend(step, grid, false, 0.0) - step as f32).abs() < 1e-5));
        let bent: Vec<f32> = (6..13).map(|step| bend(step, grid, false, 1.0)).collect();
        let expected = [6.0, 7.0, 8.0, 9.0, 10.5, 11.25, 12.0];
        assert!(bent.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-3), "{bent:?}");
        let full = Swing { amount: 1.0, by_itself: false };
        let jig = StepGrid::for_metre(Metre::new(6, 8).unwrap(), false);
        assert!((0..12).all(|step| full.bend(step, jig, true, true) == step as f32));
    }

    /// Two bars of a ride on the beats and on the given steps behind them.
    fn ride(behind: &[usize]) -> DrumPart {
        let bars = BarGrid::new(96, &[], Ticks(384 * 4));
        let hit = |bar, step| Hit {
            bar: BarIndex(bar),
            step,
            key: Lane::Ride.default_key(),
            velocity: Velocity::clamped(80),
            offset: 0.0,
        };
        let steps = |beat: usize| behind.iter().map(move |step| 4 * beat + step);
        let hits = (0..16).flat_map(|beat| {
            let bar = beat / 4;
            let beats = std::iter::once(4 * (beat % 4)).chain(steps(beat % 4));
            beats.map(move |step| hit(bar, step))
        });
        DrumPart::new(bars, vec![STRAIGHT; 4], hits.collect())
    }

    #[test]
    fn a_skipping_ride_swings_by_itself() {
        assert!(swings(&ride(&[3])));
        assert!(!swings(&ride(&[2])));
        assert!(!swings(&ride(&[2, 3])));
        assert!(!swings(&ride(&[])));
        let swing = Swing { amount: 1.0, by_itself: true };
        assert_eq!(swing.bend(7, STRAIGHT, false, true), 7.0);
        assert_eq!(swing.bend(6, STRAIGHT, false, true), 7.0);
    }

    #[test]
    fn swing_is_measured_in_per_cent_of_the_beat() {
        assert_eq!(swing_ratio(&ride(&[2])), Some(50.0));
        assert_eq!(swing_ratio(&ride(&[3])), Some(75.0));
        assert_eq!(swing_ratio(&ride(&[1, 2])), None);
        // Sixteenths by turns are no swing.
        let by_turns = |steps: [&[usize]; 2]| {
            let [mut first, second] = steps.map(ride);
            first.hits.retain(|hit| hit.step / 4 % 2 == 0);
            first.hits.extend(second.hits.iter().filter(|hit| hit.step / 4 % 2 == 1));
            swing_ratio(&first)
        };
        assert_eq!(by_turns([&[1], &[3]]), None);
        assert_eq!(by_turns([&[3], &[3]]), Some(75.0));
        assert_eq!(swing_ratio(&ride(&[])), None);
    }
}
