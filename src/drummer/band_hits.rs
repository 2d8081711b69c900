//! Hits with the band: its stops, and the last one.

use super::accents::{LOUDEST, leading};
use super::performance::GivenStrokes;
use crate::score::{BarIndex, DrumPart, Hit, Lane, Ticks, Velocity};

/// The last hit comes at most so early and so late, in steps: it is the band's, too.
pub(super) const EARLIEST: f32 = -0.1;
pub(super) const LATEST: f32 = 0.05;
/// The last hit is as loud as kicks and snares of so many beats before it.
const BEFORE_LAST: usize = 4;

/// The strokes of each stop are one hit, as loud as the loudest kick or snare that leads to it.
pub(super) fn stop_together(
    stops: &[(BarIndex, usize)],
    part: &mut DrumPart,
    given: &GivenStrokes,
) {
    for &stop in stops {
        let loud = strokes_before(part, stop).into_iter().fold(0.0, f32::max);
        strike_together(part, given, stop, loud);
    }
}

/// The strokes of the last moment are one hit. Answers with where that is; `None` without a crash.
pub(super) fn end_together(part: &mut DrumPart, given: &GivenStrokes) -> Option<(BarIndex, usize)> {
    let last = part.hits.last().map(|hit| (hit.bar, hit.step))?;
    let is_end = |hit: &Hit| (hit.bar, hit.step) == last && hit.lane() == Lane::Crash;
    if !part.hits.iter().any(is_end) {
        return None;
    }
    let loud = leading(strokes_before(part, last).into_iter());
    strike_together(part, given, last, loud);
    Some(last)
}

/// Has the strokes of a moment be one hit: they come at once, kick, snare and crash no softer than `loud` (share
/// of full strength). What was given is as loud as it was.
fn strike_together(part: &mut DrumPart, given: &GivenStrokes, at: (BarIndex, usize), loud: f32) {
    let loud = loud.min(LOUDEST);
    let hits = part.hits.iter_mut().filter(|hit| (hit.bar, hit.step) == at);
    let struck: Vec<&mut Hit> = hits.collect();
    let offset_of = |lane| struck.iter().find(|hit| hit.lane() == lane).map(|hit| hit.offset);
    let Some(offset) = offset_of(Lane::Crash).or(offset_of(Lane::Kick)) else { return };
    for hit in struck {
        hit.offset = offset.clamp(EARLIEST, LATEST);
        let is_given = given.contains_key(&(hit.bar, hit.step, hit.key));
        if matches!(hit.lane(), Lane::Crash | Lane::Kick | Lane::Snare) && !is_given {
            hit.velocity = Velocity::from_unit(loud.max(hit.velocity.unit()));
        }
    }
}

/// How loud (share of full strength) the kicks and snares are that lead to a moment.
fn strokes_before(part: &DrumPart, (bar, step): (BarIndex, usize)) -> Vec<f32> {
    let grid = &part.grids[bar.0];
    let beats = BEFORE_LAST * grid.steps_per_beat;
    let length = part.bars.bars()[bar.0].length.0 * beats as u64 / grid.steps as u64;
    let end = part.bars.tick_of_step(bar, step as f64, grid.steps);
    let near = end - Ticks(length)..end;
    let strokes = part
        .hits
        .iter()
        .filter(|hit| matches!(hit.lane(), Lane::Kick | Lane::Snare))
        .filter(|hit| near.contains(&part.tick(&Hit { offset: 0.0, ..**hit })));
    strokes.map(|hit| hit.velocity.unit()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{BarGrid, Metre, StepGrid};

    #[test]
    fn a_stop_is_no_softer_than_what_leads_to_it() {
        let bars = BarGrid::new(480, &[], Ticks(2 * 1920));
        let grids = vec![StepGrid::for_metre(Metre::COMMON, false); 2];
        let hit = |(step, lane, velocity, offset): (usize, Lane, u8, f32)| Hit {
            bar: BarIndex(step / 16),
            step: step % 16,
            key: lane.default_key(),
            velocity: Velocity::clamped(velocity),
            offset,
        };
        let strokes = [
            (8, Lane::Kick, 100, 0.0),
            (12, Lane::Snare, 104, 0.0),
            (16, Lane::Kick, 50, 0.1),
            (16, Lane::Crash, 60, -0.4),
            (28, Lane::Kick, 60, 0.0),
        ];
        let mut part = DrumPart::new(bars, grids, strokes.map(hit).to_vec());
        stop_together(&[(BarIndex(1), 0)], &mut part, &GivenStrokes::new());
        let stop = part.hits.iter().filter(|hit| (hit.bar, hit.step) == (BarIndex(1), 0));
        let struck: Vec<(u8, f32)> = stop.map(|hit| (hit.velocity.get(), hit.offset)).collect();
        assert_eq!(struck, [(104, EARLIEST); 2]);
        assert_eq!(part.hits.last().map(|hit| hit.velocity.get()), Some(60), "behind it");
    }
}
