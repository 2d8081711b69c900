//! Percussion is a part or is not there, and leaves the time to the kit.

use super::bar_pattern::{Pattern, add, beats, count, is_onset, played, silence};
use super::features::SLOTS;
use super::lanes::{CYMBALS, DRUMS, PERCUSSION, STICKS};
use super::limbs::Limbs;
use crate::score::{Lane, StepGrid};

/// Fewer strokes of percussion in a bar that hands are left for, unless on back beats, are a guess: a tambourine on
/// every beat whose back beats the snare has the hands of is left with the first and third.
const GUESS: usize = 3;

/// Takes single strokes of percussion away.
pub(super) fn without_guesses(patterns: &mut [Pattern], groups: &[usize], grids: &[StepGrid]) {
    for (bar, pattern) in played(patterns, groups) {
        let beat = grids[bar].steps_per_beat;
        let strokes: Vec<usize> = (0..SLOTS)
            .filter(|&slot| strikes(pattern, &PERCUSSION, slot))
            .filter(|&slot| !strikes(pattern, &DRUMS, slot) || !strikes(pattern, &STICKS, slot))
            .collect();
        let back = |slot: &usize| *slot > 0 && (slot / beat) % 2 == 1 && slot.is_multiple_of(beat);
        if strokes.len() < GUESS && !strokes.iter().all(back) {
            PERCUSSION.into_iter().for_each(|lane| silence(pattern, lane));
        }
    }
}

/// Whether any of some lanes is struck on a slot.
fn strikes(pattern: &Pattern, lanes: &[Lane], slot: usize) -> bool {
    lanes.iter().any(|&lane| is_onset(pattern, lane, slot))
}

/// Strokes a beat that keep the time.
const KEEPS: f32 = 1.5;
/// The share of percussion's strokes that a hat or ride strikes too where it doubles it, and the mean logit of
/// these from which they are meant all the same.
const DOUBLED: f32 = 0.8;
const MEANT: f32 = 1.5;

/// Takes percussion away that plays what a hat or ride plays as busily, unless it is sure: people double the
/// time so in .014 of the bars of `paired`.
pub(super) fn without_doubling(patterns: &mut [Pattern], groups: &[usize], grids: &[StepGrid]) {
    for (bar, pattern) in played(patterns, groups) {
        let busy = KEEPS * beats(&grids[bar]) as f32;
        let strokes: Vec<usize> =
            (0..SLOTS).filter(|&slot| strikes(pattern, &PERCUSSION, slot)).collect();
        let doubled =
            strokes.iter().filter(|&&slot| strikes(pattern, &STICKS, slot)).count() as f32;
        let row = likeliest(pattern, &PERCUSSION);
        let sure: f32 = strokes.iter().map(|&slot| row[slot]).sum();
        let number = strokes.len() as f32;
        if number >= busy
            && count(pattern, &STICKS) as f32 >= busy
            && doubled >= DOUBLED * number
            && sure < MEANT * number
        {
            PERCUSSION.into_iter().for_each(|lane| silence(pattern, lane));
        }
    }
}

/// Puts what shakers and bells play on the kit: on the ride where that is struck more than the hat, else on
/// the hat. To an ensemble they play along with a kit, unless they keep the time alone. A few tracks say
/// nothing of percussion (`few`): one drummer plays to them, whose hands the kit needs where it has
/// kick and snare, and what hand drums play is the hand's that keeps the time.
pub(super) fn on_the_kit(
    patterns: &mut [Pattern],
    groups: &[usize],
    limbs: &[Limbs],
    grids: &[StepGrid],
    few: bool,
) {
    const LIGHT: [Lane; 2] = [Lane::Shaker, Lane::Bell];
    for (bar, pattern) in played(patterns, groups) {
        let beats = beats(&grids[bar]);
        let [kicks, snares] = [Lane::Kick, Lane::Snare].map(|lane| count(pattern, &[lane]));
        let is_kit = kicks > 0 && snares > 0;
        let keeps = count(pattern, &CYMBALS) >= beats;
        let moved = if few && is_kit && !keeps { &PERCUSSION[..] } else { &LIGHT[..] };
        let percussion = count(pattern, moved);
        let moves = match few {
            true => is_kit && percussion > 0,
            false => kicks + snares > 0 && percussion >= beats && !keeps,
        };
        if moves {
            let rides = count(pattern, &[Lane::Ride]) > count(pattern, &[Lane::ClosedHat]);
            let keeper = if rides { Lane::Ride } else { Lane::ClosedHat };
            let lanes = [moved, &[Lane::ClosedHat, Lane::Ride]].concat();
            let row = likeliest(pattern, &lanes).into_iter().enumerate();
            let strokes: Vec<(Lane, usize, f32)> = row
                .filter(|&(_, logit)| logit > 0.0)
                .map(|(slot, logit)| (keeper, slot, logit))
                .collect();
            lanes.into_iter().for_each(|lane| silence(pattern, lane));
            add(pattern, &strokes, &limbs[bar]);
        }
        if few && is_kit && count(pattern, &CYMBALS) >= beats {
            silence(pattern, Lane::HandDrum);
        }
    }
}

/// Gives what several instruments of percussion play to the one of them that plays most of the song: where
/// little is known, a bar has a stroke of claves, one of a conga and some of a shaker, each as likely as the
/// next, and no percussionist plays that.
pub(super) fn one_instrument(patterns: &mut [Pattern], groups: &[usize]) {
    let strokes =
        |lane: Lane| groups.iter().map(|&group| count(&patterns[group], &[lane])).sum::<usize>();
    let struck = PERCUSSION.into_iter().filter(|&lane| strokes(lane) > 0);
    let Some(most) = struck.max_by_key(|&lane| strokes(lane)) else { return };
    for pattern in patterns {
        let row = likeliest(pattern, &PERCUSSION);
        PERCUSSION.into_iter().for_each(|lane| silence(pattern, lane));
        pattern.logits[most.index() * SLOTS..][..SLOTS].copy_from_slice(&row);
    }
}

/// The largest logit of some lanes on each slot.
fn likeliest(pattern: &Pattern, lanes: &[Lane]) -> [f32; SLOTS] {
    std::array::from_fn(|slot| {
        let logits = lanes.iter().map(|lane| pattern.logits[lane.index() * SLOTS + slot]);
        logits.fold(f32::NEG_INFINITY, f32::max)
    })
}

#[cfg(test)]
mod tests {
    use super::super::bar_pattern::tests::{pattern, slots};
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
        // What hand drums alone keep going is the hat's.
        let hats = of(Lane::ClosedHat, &[0, 8, 12]);
        let mut bar = [pattern(&[&hats[..], &kit, &congas].concat())];
        on_the_kit(&mut bar, &[0], &limbs, &[grid], true);
        assert_eq!(slots(&bar[0], Lane::ClosedHat), [0, 2, 6, 8, 10, 12]);
        assert_eq!(count(&bar[0], &PERCUSSION), 0);
    }

    #[test]
    fn percussion_does_not_double_the_hat() {
        let grid = StepGrid::for_metre(Metre::COMMON, false);
        let eighths = |lane| (0..16).step_by(2).map(move |slot| (lane, slot));
        let shakers = |hats: &[(Lane, usize)], logit: f32| {
            let strokes: Vec<_> = eighths(Lane::Shaker).chain(hats.iter().copied()).collect();
            let mut bar = [pattern(&strokes)];
            for cell in bar[0].logits.iter_mut().skip(Lane::Shaker.index() * SLOTS).take(SLOTS) {
                *cell = if *cell > 0.0 { logit } else { *cell };
            }
            without_doubling(&mut bar, &[0], &[grid]);
            count(&bar[0], &PERCUSSION)
        };
        let hats: Vec<_> = eighths(Lane::ClosedHat).collect();
        assert_eq!(shakers(&hats, 0.8), 0);
        assert_eq!(shakers(&hats, 2.0), 8, "a shaker that is sure");
        assert_eq!(shakers(&hats[..4], 0.8), 8, "a hat that does not keep the time");
    }

    #[test]
    fn one_percussionist_has_one_instrument() {
        let shaker = [0, 4, 8, 12].map(|slot| (Lane::Shaker, slot));
        let mixed =
            [(Lane::Bell, 0), (Lane::HandDrum, 8), (Lane::HandDrum, 12), (Lane::ClosedHat, 8)];
        let mut bars = [pattern(&shaker), pattern(&mixed)];
        one_instrument(&mut bars, &[0, 0, 1]);
        assert_eq!(slots(&bars[0], Lane::Shaker), [0, 4, 8, 12]);
        assert_eq!(slots(&bars[1], Lane::Shaker), [0, 8, 12]);
        assert_eq!(count(&bars[1], &[Lane::Bell, Lane::HandDrum]), 0);
        // Nobody has one where none is played, at any complexity.
        let mut kit = [pattern(&[(Lane::Kick, 0)])];
        kit[0].logits[Lane::HandDrum.index() * SLOTS] = -1.0;
        one_instrument(&mut kit, &[0]);
        assert_eq!(kit[0].logits[Lane::HandDrum.index() * SLOTS], -1.0);
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

    #[test]
    fn percussion_is_where_hands_are_left_for_it() {
        let grid = StepGrid::for_metre(Metre::COMMON, false);
        let left = |snares: &[usize]| {
            let beats = (0..16).step_by(4);
            let time = (0..16).step_by(2).map(|slot| (Lane::ClosedHat, slot));
            let tambourine = beats.map(|slot| (Lane::Shaker, slot));
            let snares = snares.iter().map(|&slot| (Lane::Snare, slot));
            let mut bars = [pattern(&time.chain(tambourine).chain(snares).collect::<Vec<_>>())];
            without_guesses(&mut bars, &[0], &[grid]);
            count(&bars[0], &[Lane::Shaker])
        };
        assert_eq!([left(&[4, 12]), left(&[12])], [0, 4]);
    }
}
