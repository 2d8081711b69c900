//! What hands make of the time: the off-beats all or none, and quick sixteenths in turn.
//!
//! Expected F1 takes every stroke that is likely by itself, and is left with what lies between two ways to
//! play: quarters with one eighth among them, and sixteenths that skip beside each back beat, because a hand
//! that strikes it cannot be back in time. A drummer plays quarters or eighths, and has the snare stand in
//! for the hat where both hands play sixteenths.

use std::collections::BTreeMap;

use super::bar_pattern::{ADDED, Pattern, add, count, is_onset, played, silence_slot};
use super::cells::SILENT;
use super::features::SLOTS;
use super::form::Form;
use super::lanes::{ALL_CYMBALS, CYMBALS, DRUMS, PERCUSSION, SNARES, STICKS};
use super::limbs::{HAND, Limbs, SLACK};
use super::thin::is_back_beat;
use crate::score::{GridKind, Lane, StepGrid};

/// What a back beat has before other strokes, in logits.
const BACK_BEAT: f32 = 10.0;
/// A hand that strikes hat or ride less often in a bar keeps no time there.
const KEEPS: usize = 3;
/// Beyond this, logits count no more.
const SURE: f32 = 3.0;

/// Has the hand strike the eighths between the beats of a straight bar all or not at all, whichever is
/// likelier, where it strikes every beat and nothing quicker; the last one may stand alone, and lead on.
/// In such bars people strike all in .50, none in .42 and others in .08, Drumlin did in .11 (29 and 36 songs
/// of `paired`).
pub(super) fn whole_off_beats(
    patterns: &mut [Pattern],
    groups: &[usize],
    limbs: &[Limbs],
    grids: &[StepGrid],
) {
    for (bar, pattern) in played(patterns, groups) {
        let (grid, steps) = (&grids[bar], limbs[bar].steps.min(grids[bar].steps).min(SLOTS));
        let (beat, half) = (grid.steps_per_beat, grid.steps_per_beat / 2);
        let is_struck = |slot: usize| ALL_CYMBALS.iter().any(|&lane| is_onset(pattern, lane, slot));
        let keeps_beats = (0..steps).step_by(beat).all(is_struck);
        let is_straight = grid.kind == GridKind::Straight && beat.is_multiple_of(2);
        if !is_straight || !keeps_beats {
            continue;
        }
        let is_quicker = (0..steps).any(|slot| !slot.is_multiple_of(half) && is_struck(slot));
        let offs: Vec<usize> = (half..steps).step_by(beat).collect();
        let struck: Vec<usize> = offs.iter().copied().filter(|&slot| is_struck(slot)).collect();
        let is_whole = struck.is_empty() || struck.len() == offs.len();
        if is_quicker || is_whole || struck.last() == offs.last() && struck.len() == 1 {
            continue;
        }
        if likelihood(pattern, &offs) > 0.0 {
            fill(pattern, offs.iter().copied(), &limbs[bar]);
        } else {
            offs.into_iter().for_each(|slot| silence_slot(pattern, &CYMBALS, slot));
        }
    }
}

/// Has both hands play sixteenths that are too quick for one, where sixteenths are wanted and likely: the hat
/// leaves out what the snare, a tom or percussion plays, and nothing beside it. Where they are unlikely it
/// plays eighths. `xxx-x-xxxxx-x-xx` was .064 of all bars in 225 songs of `paired`, of people's none.
pub(super) fn in_turn(
    patterns: &mut [Pattern],
    groups: &[usize],
    limbs: &[Limbs],
    grids: &[StepGrid],
) {
    for (bar, pattern) in played(patterns, groups) {
        let (grid, steps) = (&grids[bar], limbs[bar].steps.min(grids[bar].steps).min(SLOTS));
        let has_sixteenths = grid.kind == GridKind::Straight && grid.steps_per_beat == 4;
        if !has_sixteenths || limbs[bar].step > HAND - SLACK {
            continue;
        }
        let odd: Vec<usize> = (1..steps).step_by(2).collect();
        let wanted = odd.iter().filter(|&&slot| is_wanted(pattern, slot)).count();
        if 2 * wanted < odd.len() {
            continue;
        }
        if likelihood(pattern, &odd) > 0.0 {
            // As the arrangement has it: the back beat first, then what is likeliest.
            let mut first = pattern.logits.clone();
            for lane in SNARES {
                let slots = (0..steps).filter(|&slot| is_back_beat(lane, slot, grid));
                let backs = slots.map(|slot| lane.index() * SLOTS + slot);
                backs
                    .filter(|&cell| pattern.logits[cell] > 0.0)
                    .for_each(|cell| first[cell] += BACK_BEAT);
            }
            let played = limbs[bar].playable(&first, 0.0);
            let mut drums = [false; SLOTS];
            for lane in DRUMS.iter().chain(&PERCUSSION) {
                for (slot, drum) in drums[..steps].iter_mut().enumerate() {
                    let cell = lane.index() * SLOTS + slot;
                    *drum |= played[cell];
                    if !played[cell] {
                        // What the hat left no time for stays out.
                        pattern.logits[cell] = pattern.logits[cell].min(SILENT);
                    }
                }
            }
            let (drums, free): (Vec<usize>, Vec<usize>) = (0..steps).partition(|&s| drums[s]);
            drums.into_iter().for_each(|slot| silence_slot(pattern, &STICKS, slot));
            fill(pattern, free.into_iter(), &limbs[bar]);
        } else {
            odd.into_iter().for_each(|slot| silence_slot(pattern, &STICKS, slot));
            fill(pattern, (0..steps).step_by(2), &limbs[bar]);
        }
    }
}

/// Keeps the hand where it is: bars of ride between bars of hat, or of hat between bars of ride, take the cymbals
/// of those beside them, where their section has more of these. Of 15,370 bars of `paired` 40 stand so alone.
pub(super) fn stay_on_cymbal(
    patterns: &mut [Pattern],
    groups: &[usize],
    form: &Form,
    limbs: &[Limbs],
    grids: &[StepGrid],
) {
    // Whether the ride has the time, by group; `None` where neither has.
    let rides: Vec<Option<bool>> = (patterns.iter())
        .map(|pattern| {
            let ride = count(pattern, &[Lane::Ride]);
            let hat = count(pattern, &[Lane::ClosedHat, Lane::OpenHat]);
            (ride.max(hat) >= KEEPS && ride != hat).then_some(ride > hat)
        })
        .collect();
    // Bars of hat and of ride, by letter.
    let mut voices: BTreeMap<usize, [usize; 2]> = BTreeMap::new();
    for (bar, &group) in groups.iter().enumerate() {
        if let (Some(label), Some(rides)) = (form.label_at(bar), rides[group]) {
            voices.entry(label).or_default()[usize::from(rides)] += 1;
        }
    }
    // By group: how many bars play it, and how often other groups are on both sides of those that stand alone.
    let mut bars = vec![0usize; patterns.len()];
    let mut beside: Vec<BTreeMap<usize, usize>> = vec![BTreeMap::new(); patterns.len()];
    for (bar, &group) in groups.iter().enumerate() {
        let (Some(label), Some(own)) = (form.label_at(bar), rides[group]) else { continue };
        bars[group] += 1;
        // Of as many the hat stays.
        let [hat, ride] = voices[&label];
        let is_minority = if own { ride <= hat } else { hat < ride };
        let is_other = |&other: &usize| {
            other < groups.len()
                && form.section_at(other) == form.section_at(bar)
                && grids[other] == grids[bar]
                && rides[groups[other]] == Some(!own)
        };
        let sides = [bar.checked_sub(1), Some(bar + 1)];
        if is_minority && sides.iter().all(|side| side.as_ref().is_some_and(is_other)) {
            for side in sides.into_iter().flatten() {
                *beside[group].entry(groups[side]).or_default() += 1;
            }
        }
    }
    for (group, near) in beside.into_iter().enumerate() {
        let is_alone = near.values().sum::<usize>() > bars[group];
        let donor = near.into_iter().max_by_key(|&(_, often)| often).map(|(donor, _)| donor);
        let bar = groups.iter().position(|&of_bar| of_bar == group);
        let (Some(donor), Some(bar), true) = (donor, bar, is_alone) else { continue };
        let cymbals = (0..SLOTS).flat_map(|slot| CYMBALS.map(|lane| (lane, slot)));
        let strokes: Vec<(Lane, usize, f32)> = cymbals
            .map(|(lane, slot)| (lane, slot, patterns[donor].logits[lane.index() * SLOTS + slot]))
            .filter(|stroke| stroke.2 > 0.0)
            .collect();
        (0..SLOTS).for_each(|slot| silence_slot(&mut patterns[group], &CYMBALS, slot));
        add(&mut patterns[group], &strokes, &limbs[bar]);
    }
}

/// Whether a stick is wanted on a cymbal, be there time for it or not.
fn is_wanted(pattern: &Pattern, slot: usize) -> bool {
    STICKS.iter().any(|&lane| is_onset(pattern, lane, slot))
}

/// How likely the cymbals are struck on some slots: the mean logit of each slot's likeliest.
fn likelihood(pattern: &Pattern, slots: &[usize]) -> f32 {
    let logit = |&slot: &usize| {
        let lanes = STICKS.iter().map(|lane| pattern.logits[lane.index() * SLOTS + slot]);
        lanes.fold(f32::NEG_INFINITY, f32::max).clamp(-SURE, SURE)
    };
    slots.iter().map(logit).sum::<f32>() / slots.len().max(1) as f32
}

/// Strikes the cymbal that the bar has most of on some slots.
fn fill(pattern: &mut Pattern, slots: impl Iterator<Item = usize>, limbs: &Limbs) {
    let rides = count(pattern, &[Lane::Ride]) > count(pattern, &[Lane::ClosedHat]);
    let keeper = if rides { Lane::Ride } else { Lane::ClosedHat };
    let strokes: Vec<(Lane, usize, f32)> = slots.map(|slot| (keeper, slot, ADDED)).collect();
    add(pattern, &strokes, limbs);
}

#[cfg(test)]
mod tests {
    use super::super::bar_pattern::tests::{pattern, slots};
    use super::*;
    use crate::score::Metre;

    const COMMON: fn() -> StepGrid = || StepGrid::for_metre(Metre::COMMON, false);

    /// A bar of 4/4 with hats (slot, logit) and a back beat.
    fn bar(hats: impl IntoIterator<Item = (usize, f32)>) -> Pattern {
        let mut bar = pattern(&[(Lane::Kick, 0), (Lane::Snare, 4), (Lane::Snare, 12)]);
        for (slot, logit) in hats {
            bar.logits[Lane::ClosedHat.index() * SLOTS + slot] = logit;
        }
        bar
    }

    fn limbs(step: f32) -> Limbs {
        Limbs { step, steps: 16, double_pedal: false }
    }

    #[test]
    fn off_beats_are_struck_all_or_none() {
        let hats = |offs: [f32; 4]| {
            let beats = (0..16).step_by(4).map(|slot| (slot, 2.0));
            let offs = (2..16).step_by(4).zip(offs);
            let mut bars = [bar(beats.chain(offs))];
            whole_off_beats(&mut bars, &[0], &[limbs(0.125)], &[COMMON()]);
            slots(&bars[0], Lane::ClosedHat)
        };
        let quarters = vec![0, 4, 8, 12];
        let eighths: Vec<usize> = (0..16).step_by(2).collect();
        assert_eq!(hats([-1.0, 0.5, -1.0, -1.0]), quarters);
        assert_eq!(hats([0.5, 0.5, -0.2, 0.5]), eighths);
        assert_eq!(hats([-1.0, -1.0, -1.0, 0.5]), [0, 4, 8, 12, 14], "it leads on");
        // Who plays sixteenths, or skips beats, has another rhythm.
        let mut other = [bar([0, 4, 6, 7, 8, 12].map(|slot| (slot, 1.0)))];
        whole_off_beats(&mut other, &[0], &[limbs(0.125)], &[COMMON()]);
        assert_eq!(slots(&other[0], Lane::ClosedHat), [0, 4, 6, 7, 8, 12]);
    }

    #[test]
    fn a_hand_stays_on_its_cymbal() {
        use crate::drummer::form::Section;
        let time = |lane| (0..16).step_by(2).map(move |slot| (lane, slot));
        let hat: Vec<_> = time(Lane::ClosedHat).chain([(Lane::Kick, 0)]).collect();
        let ride: Vec<_> = time(Lane::Ride).chain([(Lane::Kick, 4)]).collect();
        let played = |groups: &[usize]| {
            let mut bars = [pattern(&hat), pattern(&ride)];
            let count = groups.len();
            let form = Form { sections: vec![Section { label: 0, bars: 0..count }] };
            let (limbs, grids) = (vec![limbs(0.125); count], vec![COMMON(); count]);
            stay_on_cymbal(&mut bars, groups, &form, &limbs, &grids);
            assert_eq!(slots(&bars[1], Lane::Kick), [4], "the feet stay as they are");
            bars.map(|bar| [Lane::ClosedHat, Lane::Ride].map(|lane| slots(&bar, lane).len()))
        };
        let (hats, rides) = ([8, 0], [0, 8]);
        assert_eq!(played(&[0, 0, 0, 1, 0, 0, 0, 1, 0]), [hats, hats]);
        assert_eq!(played(&[1, 1, 1, 0, 1, 1, 1]), [rides, rides]);
        assert_eq!(played(&[0, 1, 0, 1, 0, 1, 0, 1]), [hats, hats], "of as many the hat");
        assert_eq!(played(&[0, 0, 0, 0, 1, 1, 1, 1]), [hats, rides]);
    }

    #[test]
    fn both_hands_play_quick_sixteenths() {
        let hats = |odd: f32, step: f32| {
            let sixteenths = (0..16).map(|slot| (slot, if slot % 2 == 0 { 2.0 } else { odd }));
            let mut bars = [bar(sixteenths)];
            in_turn(&mut bars, &[0], &[limbs(step)], &[COMMON()]);
            let onsets = limbs(step).playable(&bars[0].logits, 0.0);
            let of = |lane: Lane| onsets[lane.index() * SLOTS..][..16].to_vec();
            assert_eq!(of(Lane::Snare).iter().filter(|&&struck| struck).count(), 2);
            (0..16).filter(|&slot| of(Lane::ClosedHat)[slot]).collect::<Vec<usize>>()
        };
        let in_turn: Vec<usize> = (0..16).filter(|slot| slot % 8 != 4).collect();
        assert_eq!(hats(0.5, 0.125), in_turn);
        // One hand plays them all where there is time.
        assert_eq!(hats(0.5, 0.15).len(), 16);
        // Ghost notes that there was no time for do not take the hat's place.
        let sixteenths = (0..16).map(|slot| (slot, 2.0));
        let mut ghosted = [bar(sixteenths)];
        ghosted[0].logits[Lane::Snare.index() * SLOTS + 7] = 0.2;
        super::in_turn(&mut ghosted, &[0], &[limbs(0.125)], &[COMMON()]);
        assert_eq!(slots(&ghosted[0], Lane::ClosedHat), in_turn);
        assert_eq!(slots(&ghosted[0], Lane::Snare), [4, 12]);
        // Wanted in half of the places and unlikely in the others.
        let gallop = [0, 1, 2, 4, 6, 7, 8, 9, 10, 12, 14, 15].map(|slot| (slot, 0.4));
        let rest = [3, 5, 11, 13].map(|slot| (slot, -2.0));
        let mut bars = [bar(gallop.into_iter().chain(rest))];
        super::in_turn(&mut bars, &[0], &[limbs(0.125)], &[COMMON()]);
        assert_eq!(slots(&bars[0], Lane::ClosedHat), (0..16).step_by(2).collect::<Vec<_>>());
    }
}
