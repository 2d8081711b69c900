//! What is made of the groove of a bar: which hand keeps the time, and what leads on at its end.

use super::super::bar_pattern::last_off_beat;
use super::super::features::SLOTS;
use super::super::lanes::{PERCUSSION, SNARES, STICKS};
use super::super::thin::is_back_beat;
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

/// What the simplest playing of a groove (`[lanes x slots]`, logits) keeps beside the back beat: the kick
/// on the beats, and the time on them; on the eighths, or the thirds of ternary beats, where the hand
/// that keeps it has less than a stroke a beat on the beats.
pub(super) fn essential(logits: &[f32], grid: &StepGrid) -> impl Fn(Lane, usize) -> bool + use<> {
    let struck: Vec<bool> = logits.iter().map(|&logit| logit > 0.0).collect();
    let has_onset = move |lane: Lane, slot: usize| struck[lane.index() * SLOTS + slot];
    let slots = grid.steps.min(SLOTS);
    let count = |lanes: &[Lane], every: usize| {
        let slots = (0..slots).step_by(every);
        slots.filter(|&slot| lanes.iter().any(|&lane| has_onset(lane, slot))).count()
    };
    let (beat, parts) = (grid.steps_per_beat, if grid.kind == GridKind::Ternary { 3 } else { 2 });
    let part = (beat / parts).max(1);
    let hands = if count(&STICKS, part) < count(&PERCUSSION, part) { PERCUSSION } else { STICKS };
    let every = if count(&hands, beat) < slots / beat { part } else { beat };
    move |lane, slot| {
        has_onset(lane, slot)
            && match lane {
                Lane::Kick => slot.is_multiple_of(beat),
                lane => hands.contains(&lane) && slot.is_multiple_of(every),
            }
    }
}

/// Strokes that would be in the way of a groove (`[lanes x slots]`, logits) if more of it than is likely
/// were played: the kick under a back beat takes its weight, and a snare on another beat is a second
/// one.
pub(super) fn clutters(logits: &[f32], grid: &StepGrid) -> impl Fn(Lane, usize) -> bool + use<> {
    let grid = *grid;
    let backs: Vec<bool> = (0..SLOTS)
        .map(|slot| {
            SNARES.into_iter().any(|lane| {
                is_back_beat(lane, slot, &grid) && logits[lane.index() * SLOTS + slot] > 0.0
            })
        })
        .collect();
    move |lane, slot| match lane {
        Lane::Kick => backs[slot],
        lane => SNARES.contains(&lane) && slot.is_multiple_of(grid.steps_per_beat),
    }
}

/// The stroke that leads to the next phrase: of those in the second half of a groove that are left
/// out by less than `reach` (logits), on the kick or between the beats on the snare, the likeliest. A kick
/// under a back beat leads nowhere.
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
        .filter(|&(lane, step)| {
            let in_the_way = |stroke: &(usize, Lane, f32)| {
                stroke.0 == step && (stroke.1 == lane || is_back_beat(stroke.1, step, grid))
            };
            !strokes.iter().any(in_the_way)
        })
        .map(|(lane, step)| (step, lane, logit(lane, step)))
        .filter(|&(.., logit)| logit > -reach)
        .max_by(|a, b| a.2.total_cmp(&b.2))
        .map(|(step, lane, _)| (step, lane, PICK_UP))
}

/// What the second bar of a pair plays otherwise than the first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct KickChange {
    /// Where, as a slot of the known grid.
    pub slot: usize,
    /// Whether a kick is struck there or left out.
    pub adds: bool,
}

/// Number of different [`answer`]s of the kick.
pub(super) const ANSWERS: usize = 3;

/// What leads on in a bar of a compound metre that answers the one before it, and where: the kick into the
/// next bar, into the last beat, or into both, otherwise where the bar closes four. With every other
/// [`ANSWERS`] habits the snare leads out of such four. `habit` of any size chooses.
pub(super) fn answer(habit: usize, closes: bool, grid: &StepGrid) -> Vec<(usize, Lane)> {
    let last = last_off_beat(grid);
    let before = last.saturating_sub(grid.steps_per_beat);
    if closes && (habit / ANSWERS) % 2 == 1 {
        return vec![(before, Lane::Kick), (last, Lane::Snare)];
    }
    match (habit + usize::from(closes)) % ANSWERS {
        0 => vec![(last, Lane::Kick)],
        1 => vec![(before, Lane::Kick)],
        _ => vec![(before, Lane::Kick), (last, Lane::Kick)],
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
    fn answers_differ_and_are_in_the_bar() {
        let of = |numerator: u8, closes: bool| {
            let grid = StepGrid::for_metre(Metre::new(numerator, 8).unwrap(), false);
            let answers: Vec<_> =
                (0..2 * ANSWERS).map(|habit| answer(habit, closes, &grid)).collect();
            assert!(answers.iter().flatten().all(|&(step, _)| step < grid.steps));
            answers
        };
        let (before, last) = ((4, Lane::Kick), (10, Lane::Kick));
        let kicks = [vec![last], vec![before], vec![before, last]];
        let open = of(6, false);
        assert_eq!([&open[..3], &open[3..]], [&kicks, &kicks]);
        // Every fourth bar has another one, and half of them the snare.
        let closing = of(6, true);
        assert_eq!(closing[..3], [kicks[1].clone(), kicks[2].clone(), kicks[0].clone()]);
        assert_eq!(closing[3..], [(); 3].map(|()| vec![before, (10, Lane::Snare)]));
        for closes in [false, true] {
            of(3, closes);
        }
    }

    #[test]
    fn the_simplest_groove_keeps_kick_and_time() {
        let grid = StepGrid::for_metre(Metre::COMMON, false);
        let mut logits = vec![-2.0; Lane::ALL.len() * SLOTS];
        let mut strike = |lane: Lane, slots: &[usize]| {
            slots.iter().for_each(|&slot| logits[lane.index() * SLOTS + slot] = 0.3);
        };
        strike(Lane::Kick, &[0, 6, 8]);
        strike(Lane::Snare, &[4, 7, 12]);
        strike(Lane::ClosedHat, &[0, 2, 4, 6, 8, 10, 12, 14]);
        strike(Lane::Shaker, &[0, 2]);
        let kept = |logits: &[f32], lane: Lane| {
            let essential = essential(logits, &grid);
            (0..16).filter(|&slot| essential(lane, slot)).collect::<Vec<usize>>()
        };
        assert_eq!(kept(&logits, Lane::Kick), [0, 8]);
        assert_eq!(kept(&logits, Lane::ClosedHat), [0, 4, 8, 12]);
        assert_eq!(kept(&logits, Lane::Shaker), [0usize; 0]);
        let clutter = clutters(&logits, &grid);
        let in_the_way = |lane| (0..16).filter(|&slot| clutter(lane, slot)).collect::<Vec<usize>>();
        assert_eq!(in_the_way(Lane::Kick), [4, 12]);
        assert_eq!(in_the_way(Lane::Snare), [0, 4, 8, 12]);
        assert_eq!(in_the_way(Lane::ClosedHat), [0usize; 0]);
        // A hand between the beats stays there.
        (0..16).step_by(4).for_each(|slot| logits[Lane::ClosedHat.index() * SLOTS + slot] = -2.0);
        assert_eq!(kept(&logits, Lane::ClosedHat), [2, 6, 10, 14]);
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
