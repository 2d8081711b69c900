//! Percussion is a part or is not there, and leaves the time to the kit.

use super::decode::Pattern;
use super::features::SLOTS;
use super::limbs::Limbs;
use super::timekeeper::{CYMBALS, PERCUSSION, add, beats, count, is_onset, silence};
use crate::score::{Lane, StepGrid};

/// Fewer strokes of percussion in a bar, unless on back beats, are a guess.
const GUESS: usize = 3;

/// Takes single strokes of percussion away.
pub(super) fn without_guesses(patterns: &mut [Pattern], groups: &[usize], grids: &[StepGrid]) {
    for (number, pattern) in patterns.iter_mut().enumerate() {
        let Some(bar) = groups.iter().position(|&group| group == number) else { continue };
        let beat = grids[bar].steps_per_beat;
        let strokes: Vec<usize> = (0..SLOTS)
            .filter(|&slot| PERCUSSION.iter().any(|&lane| is_onset(pattern, lane, slot)))
            .collect();
        let back = |slot: &usize| *slot > 0 && (slot / beat) % 2 == 1 && slot.is_multiple_of(beat);
        if strokes.len() < GUESS && !strokes.iter().all(back) {
            PERCUSSION.into_iter().for_each(|lane| silence(pattern, lane));
        }
    }
}

/// Puts what shakers and bells play on the kit: on the ride where that is struck more than the hat, else on
/// the hat. To an ensemble they play along with a kit, unless they keep the time alone. A few tracks say
/// nothing of percussion (`few`): one drummer plays to them, whose hands the kit needs where it has
/// kick and snare, and there are no hand drums beside a hand that keeps the time.
pub(super) fn on_the_kit(
    patterns: &mut [Pattern],
    groups: &[usize],
    limbs: &[Limbs],
    grids: &[StepGrid],
    few: bool,
) {
    const MOVED: [Lane; 4] = [Lane::Shaker, Lane::Bell, Lane::ClosedHat, Lane::Ride];
    for (number, pattern) in patterns.iter_mut().enumerate() {
        let Some(bar) = groups.iter().position(|&group| group == number) else { continue };
        let beats = beats(&grids[bar]);
        let [kicks, snares] = [Lane::Kick, Lane::Snare].map(|lane| count(pattern, &[lane]));
        let percussion = count(pattern, &MOVED[..2]);
        let is_kit = kicks > 0 && snares > 0;
        let alone = percussion >= beats && count(pattern, &CYMBALS) < beats;
        let moves = if few { is_kit && percussion > 0 } else { kicks + snares > 0 && alone };
        if moves {
            let rides = count(pattern, &[Lane::Ride]) > count(pattern, &[Lane::ClosedHat]);
            let keeper = if rides { Lane::Ride } else { Lane::ClosedHat };
            let strokes: Vec<(Lane, usize, f32)> = (0..SLOTS)
                .map(|slot| {
                    let logits = MOVED.map(|lane| pattern.logits[lane.index() * SLOTS + slot]);
                    (keeper, slot, logits.into_iter().fold(f32::NEG_INFINITY, f32::max))
                })
                .filter(|stroke| stroke.2 > 0.0)
                .collect();
            MOVED.into_iter().for_each(|lane| silence(pattern, lane));
            add(pattern, &strokes, &limbs[bar]);
        }
        if few && is_kit && count(pattern, &CYMBALS) >= beats {
            silence(pattern, Lane::HandDrum);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::timekeeper::tests::{pattern, slots};
    use super::*;
    use crate::score::Metre;

    #[test]
    fn percussion_leaves_its_strokes_to_a_kit() {
        let grid = StepGrid::for_metre(Metre::COMMON, false);
        let limbs = [Limbs { step: 0.125, steps: 16, double_pedal: false }; 4];
        let of = |lane, slots: &[usize]| slots.iter().map(|&slot| (lane, slot)).collect::<Vec<_>>();
        let shaker = of(Lane::Shaker, &[0, 4, 8, 12]);
        let kit = [(Lane::Kick, 0), (Lane::Snare, 4)];
        let hat = of(Lane::ClosedHat, &[0, 4, 8, 12]);
        let congas = of(Lane::HandDrum, &[2, 6, 10]);
        let bars = [
            pattern(&[&shaker[..], &kit, &[(Lane::ClosedHat, 2)]].concat()),
            pattern(&[&shaker[..], &kit, &[(Lane::Ride, 0)]].concat()),
            pattern(&[&shaker[..], &hat, &kit, &congas].concat()),
            pattern(&[shaker.clone(), congas.clone()].concat()),
        ];
        let of_song = |few| {
            let mut bars = bars.clone();
            on_the_kit(&mut bars, &[0, 1, 2, 3], &limbs, &[grid; 4], few);
            assert_eq!(slots(&bars[0], Lane::ClosedHat), [0, 2, 4, 8, 12]);
            assert_eq!(slots(&bars[1], Lane::Ride), [0, 4, 8, 12]);
            assert_eq!(slots(&bars[2], Lane::ClosedHat), [0, 4, 8, 12]);
            bars.map(|bar| count(&bar, &PERCUSSION))
        };
        // An ensemble's shakers stay beside a hat that keeps the time; without a kit all do.
        assert_eq!(of_song(false), [0, 0, 7, 7]);
        assert_eq!(of_song(true), [0, 0, 0, 7]);
    }

    #[test]
    fn percussion_is_a_part_or_not_there() {
        let grids = vec![StepGrid::for_metre(Metre::COMMON, false); 3];
        let mut bars = [
            pattern(&[(Lane::Bell, 0)]),
            pattern(&[(Lane::Shaker, 4), (Lane::Shaker, 12)]),
            pattern(&[(Lane::HandDrum, 0), (Lane::HandDrum, 6), (Lane::HandDrum, 10)]),
        ];
        without_guesses(&mut bars, &[0, 1, 2], &grids);
        assert_eq!(bars.each_ref().map(|bar| count(bar, &PERCUSSION)), [0, 2, 3]);
    }
}
