//! The foot on the hat's pedal keeps beats; what is quicker is a hand's.
//!
//! Closed and trodden hats are nearly the same sound, and songs write either for the other: so the network
//! may know that a hat is struck and not by what. A drummer's hand plays the hat unless it is on the ride.

use super::bar_pattern::{ADDED, Pattern, ROLL, add, beats, count, is_onset, played, silence};
use super::features::SLOTS;
use super::lanes::PERCUSSION;
use super::limbs::Limbs;
use crate::score::{Lane, StepGrid};

/// Gives the hand what the foot plays on the hat between the beats, or in turn with the hand, and the beats
/// that both leave out. Where the hands are on the ride, on percussion or roll, and on beats alone, the foot
/// keeps it. `limbs` and `grids` by bar.
pub(super) fn leave_hats_to_hands(
    patterns: &mut [Pattern],
    groups: &[usize],
    limbs: &[Limbs],
    grids: &[StepGrid],
) {
    for (bar, pattern) in played(patterns, groups) {
        let (beats, beat) = (beats(&grids[bar]), grids[bar].steps_per_beat);
        let trodden = (0..SLOTS).filter(|&slot| is_onset(pattern, Lane::PedalHat, slot));
        let trodden: Vec<usize> = trodden.collect();
        let is_elsewhere = count(pattern, &[Lane::Ride]).max(count(pattern, &PERCUSSION)) >= beats
            || count(pattern, &[Lane::Snare]) > ROLL * beats;
        let on_beats = trodden.iter().all(|slot| slot.is_multiple_of(beat));
        if trodden.is_empty()
            || is_elsewhere
            || (on_beats && count(pattern, &[Lane::ClosedHat]) == 0)
        {
            continue;
        }
        let logit = |slot: usize| pattern.logits[Lane::PedalHat.index() * SLOTS + slot];
        let given = trodden.iter().map(|&slot| (Lane::ClosedHat, slot, logit(slot)));
        // A hand that keeps the time leaves no beat out; what is struck is not struck twice.
        let missed = (0..beats).map(|at| (Lane::ClosedHat, at * beat, ADDED));
        let strokes: Vec<(Lane, usize, f32)> = given.chain(missed).collect();
        silence(pattern, Lane::PedalHat);
        add(pattern, &strokes, &limbs[bar]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::bar_pattern::tests::{pattern, slots};
    use super::*;
    use crate::score::Metre;

    #[test]
    fn a_hand_plays_what_is_quicker_than_beats() {
        let of = |lane, slots: &[usize]| slots.iter().map(|&slot| (lane, slot)).collect::<Vec<_>>();
        let kit = [(Lane::Kick, 0), (Lane::Snare, 4), (Lane::Kick, 8), (Lane::Snare, 12)];
        let eighths = [0, 2, 4, 6, 8, 10, 12, 14];
        let foot = of(Lane::PedalHat, &eighths);
        let mut bars = [
            pattern(&[&foot[..], &kit].concat()),
            pattern(
                &[of(Lane::PedalHat, &[0, 8]), of(Lane::ClosedHat, &[2, 4, 12]), kit.into()]
                    .concat(),
            ),
            pattern(&[of(Lane::PedalHat, &[4, 12]), kit.into()].concat()),
            pattern(&[of(Lane::PedalHat, &[2, 6]), of(Lane::Ride, &[0, 4, 8, 12])].concat()),
            pattern(
                &[of(Lane::PedalHat, &[6]), of(Lane::Snare, &[0, 1, 2, 3, 4, 5, 8, 10, 12])]
                    .concat(),
            ),
            pattern(&[of(Lane::PedalHat, &[2, 6]), of(Lane::ClosedHat, &[0]), kit.into()].concat()),
        ];
        let limbs = [Limbs { step: 0.125, steps: 16, double_pedal: false }; 6];
        let grids = [StepGrid::for_metre(Metre::COMMON, false); 6];
        leave_hats_to_hands(&mut bars, &[0, 1, 2, 3, 4, 5], &limbs, &grids);
        let hats = |bar: &Pattern| [Lane::ClosedHat, Lane::PedalHat].map(|lane| slots(bar, lane));
        assert_eq!(hats(&bars[0]), [eighths.to_vec(), vec![]]);
        assert_eq!(hats(&bars[1]), [vec![0, 2, 4, 8, 12], vec![]]);
        // The foot keeps its back beats, and what it plays under a ride or a roll.
        assert_eq!(hats(&bars[2]), [vec![], vec![4, 12]]);
        assert_eq!(hats(&bars[3]), [vec![], vec![2, 6]]);
        assert_eq!(hats(&bars[4]), [vec![], vec![6]]);
        // The hand plays the beats as well.
        assert_eq!(hats(&bars[5]), [vec![0, 2, 4, 6, 8, 12], vec![]]);
    }
}
