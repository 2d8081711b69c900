//! Rolls of the snare that keep the time.
//!
//! Over a roll, as a bolero or a march has it, the network may know no cymbal: closed, open and trodden hats
//! are about as likely, and the bar gets a little of each. Who rolls has no hand for the time and needs
//! none; the foot is left.

use super::bar_pattern::{BEAT, Pattern, ROLL, add, beats, count, is_mixture, played, silence};
use super::lanes::CYMBALS;
use super::limbs::Limbs;
use crate::score::{Lane, StepGrid};

/// Leaves the time to the snare where it rolls under a mixture of cymbals, as in three in a thousand of
/// people's bars: the foot closes the hat on the back beats. A cymbal that keeps the time over a roll stays. `limbs` and `grids` by bar.
pub(super) fn leave_time_to_rolls(
    patterns: &mut [Pattern],
    groups: &[usize],
    limbs: &[Limbs],
    grids: &[StepGrid],
) {
    for (bar, pattern) in played(patterns, groups) {
        let (beats, beat) = (beats(&grids[bar]), grids[bar].steps_per_beat);
        if !is_mixture(pattern) || count(pattern, &[Lane::Snare]) <= ROLL * beats {
            continue;
        }
        CYMBALS.into_iter().for_each(|lane| silence(pattern, lane));
        let back_beats = (1..beats).step_by(2).map(|at| (Lane::PedalHat, at * beat, BEAT));
        add(pattern, &back_beats.collect::<Vec<_>>(), &limbs[bar]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::bar_pattern::tests::{pattern, slots};
    use super::*;
    use crate::score::Metre;

    #[test]
    fn a_roll_keeps_the_time_where_no_cymbal_does() {
        let strokes = |lane: Lane, slots: &[usize]| -> Vec<(Lane, usize)> {
            slots.iter().map(|&slot| (lane, slot)).collect()
        };
        let roll = strokes(Lane::Snare, &[0, 2, 3, 4, 5, 6, 8, 9, 10, 12, 14]);
        let back_beat = strokes(Lane::Snare, &[4, 12]);
        let hat = strokes(Lane::ClosedHat, &[0, 4, 8, 12]);
        let mixture = [
            strokes(Lane::ClosedHat, &[0, 4, 10]),
            strokes(Lane::OpenHat, &[2, 7, 13]),
            strokes(Lane::PedalHat, &[1, 5, 8]),
        ]
        .concat();
        let mut bars = [
            pattern(&[&roll[..], &mixture[..]].concat()),
            pattern(&[&roll[..], &hat[..]].concat()),
            pattern(&[&back_beat[..], &mixture[..]].concat()),
        ];
        let limbs = [Limbs { step: 0.15, steps: 16, double_pedal: false }; 3];
        let grids = [StepGrid::for_metre(Metre::COMMON, false); 3];
        leave_time_to_rolls(&mut bars, &[0, 1, 2], &limbs, &grids);
        let hats = [Lane::ClosedHat, Lane::OpenHat, Lane::PedalHat];
        assert_eq!(hats.map(|lane| slots(&bars[0], lane)), [vec![], vec![], vec![4, 12]]);
        assert_eq!(slots(&bars[0], Lane::Snare).len(), roll.len());
        // One cymbal keeps the time over a roll, and a back beat is none.
        assert_eq!(slots(&bars[1], Lane::ClosedHat), [0, 4, 8, 12]);
        assert_eq!(hats.map(|lane| slots(&bars[2], lane).len()), [3; 3]);
    }
}
