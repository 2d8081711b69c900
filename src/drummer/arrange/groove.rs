//! What is made of the groove of a bar: which hand keeps the time, and what leads on at its end.

use super::super::features::SLOTS;
use crate::score::{GridKind, Lane, StepGrid};

/// As many crashes in a bar keep the time.
const CRASH_RIDE: usize = 3;
/// The weight of a stroke that leads on.
pub(super) const PICK_UP: f32 = 0.1;

/// A groove's logits without its crashes: where they keep the time, the ride does; elsewhere a crash
/// is for the turns of the form.
pub(super) fn without_crashes(logits: &[f32], slots: usize) -> Vec<f32> {
    let mut logits = logits.to_vec();
    let (crash, ride) = (Lane::Crash.index() * SLOTS, Lane::Ride.index() * SLOTS);
    let rides = (0..slots).filter(|slot| logits[crash + slot] > 0.0).count() >= CRASH_RIDE;
    for slot in 0..SLOTS {
        if rides {
            logits[ride + slot] = logits[ride + slot].max(logits[crash + slot]);
        }
        logits[crash + slot] = f32::NEG_INFINITY;
    }
    logits
}

/// One hand keeps the time, on the ride or on the hat, whichever a groove (`[lanes x slots]`, logits)
/// strikes more often: gives each lane and slot the lane on which its stroke is played. A closed hat
/// under a ride is the foot's.
pub(super) fn one_cymbal(logits: &[f32]) -> impl Fn(Lane, usize) -> Lane + use<'_> {
    let has_onset = |lane: Lane, slot: usize| logits[lane.index() * SLOTS + slot] > 0.0;
    let strokes = |lane: Lane| (0..SLOTS).filter(|&slot| has_onset(lane, slot)).count();
    let rides = strokes(Lane::Ride);
    let riding = rides > 0 && rides >= strokes(Lane::ClosedHat) + strokes(Lane::OpenHat);
    move |lane, slot| match lane {
        Lane::ClosedHat if riding && has_onset(Lane::Ride, slot) => Lane::PedalHat,
        Lane::ClosedHat if riding => Lane::Ride,
        Lane::Ride if !riding => Lane::ClosedHat,
        lane => lane,
    }
}

/// The stroke that leads to the next phrase: of those in the second half of a groove that are left
/// out by less than `reach` (logits), on the kick or between the beats on the snare, the likeliest.
pub(super) fn pick_up(
    strokes: &[(usize, Lane, f32)],
    grid: &StepGrid,
    logit: impl Fn(Lane, usize) -> f32,
    reach: f32,
) -> Option<(usize, Lane, f32)> {
    let places = [Lane::Kick, Lane::Snare]
        .into_iter()
        .flat_map(|lane| (grid.steps / 2..grid.steps).map(move |step| (lane, step)));
    places
        .filter(|&(lane, step)| lane == Lane::Kick || !step.is_multiple_of(grid.steps_per_beat))
        .filter(|&(lane, step)| !strokes.iter().any(|stroke| (stroke.0, stroke.1) == (step, lane)))
        .map(|(lane, step)| (step, lane, logit(lane, step)))
        .filter(|&(.., logit)| logit > -reach)
        .max_by(|a, b| a.2.total_cmp(&b.2))
        .map(|(step, lane, _)| (step, lane, PICK_UP))
}

/// The last eighth of a bar, or third of a ternary beat; always a step of the bar.
pub(super) fn last_off_beat(grid: &StepGrid) -> usize {
    let parts = if grid.kind == GridKind::Ternary { 3 } else { 2 };
    grid.steps.saturating_sub((grid.steps_per_beat / parts).max(1))
}

/// What the second bar of a pair plays otherwise than the first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct KickChange {
    /// Where, as a slot of the known grid.
    pub slot: usize,
    /// Whether a kick is struck there or left out.
    pub adds: bool,
}

/// Number of different [`answer`]s.
pub(super) const ANSWERS: usize = 3;

/// Where the kick leads on in a bar of a compound metre that answers the one before it: into the next
/// bar, into the last beat, or into both. `habit` of any size chooses.
pub(super) fn answer(habit: usize, grid: &StepGrid) -> Vec<usize> {
    let last = last_off_beat(grid);
    let before = last.saturating_sub(grid.steps_per_beat);
    match habit % ANSWERS {
        0 => vec![last],
        1 => vec![before],
        _ => vec![before, last],
    }
}

/// Opens the hat on the last off-beat of a bar, where it is struck closed: it leads into the next.
pub(super) fn open_last(strokes: &mut [(usize, Lane, f32)], grid: &StepGrid) {
    let last = last_off_beat(grid);
    let hat = strokes.iter_mut().find(|stroke| (stroke.0, stroke.1) == (last, Lane::ClosedHat));
    if let Some(hat) = hat {
        hat.1 = Lane::OpenHat;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Metre;

    #[test]
    fn the_last_off_beat_is_in_the_bar() {
        let grid = |numerator, denominator| {
            StepGrid::for_metre(Metre::new(numerator, denominator).unwrap(), false)
        };
        assert_eq!([(4, 4), (3, 4), (6, 8)].map(|(n, d)| last_off_beat(&grid(n, d))), [14, 10, 10]);
        for numerator in 1..=24 {
            for denominator in [1, 2, 4, 8, 16, 32] {
                let grid = grid(numerator, denominator);
                assert!(last_off_beat(&grid) < grid.steps);
            }
        }
    }

    #[test]
    fn answers_differ_and_are_in_the_bar() {
        let grid = StepGrid::for_metre(Metre::new(6, 8).unwrap(), false);
        assert_eq!([0, 1, 2].map(|habit| answer(habit, &grid)), [vec![10], vec![4], vec![4, 10]]);
        let grid = StepGrid::for_metre(Metre::new(3, 8).unwrap(), false);
        assert!((0..6).flat_map(|habit| answer(habit, &grid)).all(|step| step < grid.steps));
    }

    #[test]
    fn a_closed_hat_opens_before_the_bar_line() {
        let grid = StepGrid::for_metre(Metre::COMMON, false);
        let mut strokes =
            [(12, Lane::ClosedHat, 1.0), (14, Lane::ClosedHat, 1.0), (14, Lane::Kick, 1.0)];
        open_last(&mut strokes, &grid);
        assert_eq!(strokes.map(|stroke| stroke.1), [Lane::ClosedHat, Lane::OpenHat, Lane::Kick]);
    }
}
