//! One hand keeps the time, in every metre.
//!
//! Expected F1 leaves out what it is not sure of: whether hat or ride, whether eighths or quarters.
//! Where too little is left to keep the time, a drummer plays on as in the bars around; in compound
//! metres, which the network has hardly heard, the eighths of each dotted beat.

use std::collections::BTreeMap;

use super::bar_pattern::{
    ADDED, BEAT, Pattern, add, beats, count, is_break, is_onset, keeps_time, played, silence,
};
use super::cells::SILENT;
use super::features::SLOTS;
use super::form::Form;
use super::lanes::{ALL_CYMBALS, CYMBALS, DRUMS, STICKS};
use super::limbs::Limbs;
use crate::score::{GridKind, Lane, StepGrid};

/// Bars on either side from which a bar takes its cymbals.
const AROUND: usize = 4;
/// One stroke of so many may be missing from a pulse that a hand keeps.
const GAPS: usize = 8;
/// Eighths that follow each other more quickly (seconds) are played without the second of three.
const QUICK: f32 = 0.2;
/// Strokes of hat and ride that are expected for each of the snare where no march is, at least.
const EXPECTED: f32 = 0.7;

/// What a hand keeps the time on.
const HANDS: [Lane; 6] =
    [Lane::ClosedHat, Lane::OpenHat, Lane::Ride, Lane::Shaker, Lane::HandDrum, Lane::Bell];
/// What can keep the time alone.
const KEEPERS: [Lane; 5] = [Lane::ClosedHat, Lane::Ride, Lane::Shaker, Lane::HandDrum, Lane::Bell];

/// Gives the time to a hand where the snare has it. Many strokes on the snare with no cymbal are a
/// march's, and a drummer at a kit plays few songs so. Where hat and ride are equally likely, the
/// likeliest cells are these too; so it is for songs whose few tracks do not say that they march. The
/// snare keeps its back beats and the likeliest of its strokes between the beats; the other beats are
/// the kick's. An ensemble (`few` is false) marches where hardly any hat or ride is expected.
pub(super) fn time_from_snare(
    patterns: &mut [Pattern],
    groups: &[usize],
    limbs: &[Limbs],
    grids: &[StepGrid],
    few: bool,
) {
    for (bar, pattern) in played(patterns, groups) {
        let beats = beats(&grids[bar]);
        let many = count(pattern, &[Lane::Snare]) > beats;
        let is_march = many && count(pattern, &HANDS) < beats && count(pattern, &[Lane::Kick]) > 0;
        if beats < 2 || !is_march {
            continue;
        }
        let amount = |lane: Lane| -> f32 {
            let row = &pattern.logits[lane.index() * SLOTS..][..SLOTS];
            row.iter().map(|logit| 1.0 / (1.0 + (-logit).exp())).sum()
        };
        let [hat, open, ride, snare] =
            [Lane::ClosedHat, Lane::OpenHat, Lane::Ride, Lane::Snare].map(amount);
        if !few && hat + open + ride < EXPECTED * snare {
            continue;
        }
        let keeper = if ride > hat { Lane::Ride } else { Lane::ClosedHat };
        let beat = grids[bar].steps_per_beat;
        let others: Vec<usize> = (0..SLOTS)
            .filter(|&slot| is_onset(pattern, Lane::Snare, slot))
            .filter(|slot| !slot.is_multiple_of(beat) || (slot / beat).is_multiple_of(2))
            .map(|slot| Lane::Snare.index() * SLOTS + slot)
            .collect();
        let is_between = |cell: usize| !(cell % SLOTS).is_multiple_of(beat);
        let order = |&a: &usize, &b: &usize| pattern.logits[a].total_cmp(&pattern.logits[b]);
        let kept = others.iter().copied().filter(|&cell| is_between(cell)).max_by(order);
        for cell in others.into_iter().filter(|&cell| Some(cell) != kept) {
            pattern.logits[cell] = SILENT;
        }
        for lane in STICKS {
            silence(pattern, lane);
        }
        // The foot does not close what the hand plays.
        if keeper == Lane::ClosedHat {
            silence(pattern, Lane::PedalHat);
        }
        for (slot, logit) in ride_pattern(&grids[bar], &limbs[bar]) {
            pattern.logits[keeper.index() * SLOTS + slot] = logit;
        }
    }
}

/// The usual strokes of the hand that keeps the time, with their logits: eighths, quarters where those
/// are quick, and in triplets the ride's skip before every other beat.
fn ride_pattern(grid: &StepGrid, limbs: &Limbs) -> Vec<(usize, f32)> {
    let beat = grid.steps_per_beat;
    let ternary = grid.kind == GridKind::Ternary;
    let part = (if ternary { beat / 3 } else { beat / 2 }).max(1);
    let quick = limbs.step * (part as f32) < QUICK;
    let is_played = |slot: &usize| match (slot / beat, slot % beat) {
        (_, 0) => true,
        (at, place) if ternary => at % 2 == 1 && place == 2 * part,
        (_, place) => !quick && place.is_multiple_of(part),
    };
    let slots = (0..limbs.steps.min(grid.steps)).filter(is_played);
    slots.map(|slot| (slot, if slot.is_multiple_of(beat) { BEAT } else { ADDED })).collect()
}

/// Fills the gap of a hand that all but keeps a pulse: sixteenths or eighths (in ternary bars thirds) and
/// nothing else, of which one in [`GAPS`] at most is missing. What is uncertain is left out by expected
/// F1, but a hand does not stop for one stroke.
pub(super) fn fill_gaps(
    patterns: &mut [Pattern],
    groups: &[usize],
    limbs: &[Limbs],
    grids: &[StepGrid],
) {
    for (bar, pattern) in played(patterns, groups) {
        let (grid, steps) = (&grids[bar], limbs[bar].steps.min(grids[bar].steps));
        let rides = count(pattern, &[Lane::Ride]) > count(pattern, &[Lane::ClosedHat]);
        let keeper = if rides { Lane::Ride } else { Lane::ClosedHat };
        let is_struck = |slot: usize| ALL_CYMBALS.iter().any(|&lane| is_onset(pattern, lane, slot));
        let parts: &[usize] = if grid.kind == GridKind::Ternary { &[3] } else { &[4, 2] };
        let beat = grid.steps_per_beat;
        let gaps = parts.iter().filter(|&part| beat.is_multiple_of(*part)).find_map(|part| {
            let period = beat / part;
            let gaps: Vec<usize> =
                (0..steps).step_by(period).filter(|&slot| !is_struck(slot)).collect();
            let is_pulse = (0..steps).all(|slot| slot.is_multiple_of(period) || !is_struck(slot));
            (is_pulse && gaps.len() * GAPS <= steps / period).then_some(gaps)
        });
        let strokes: Vec<(Lane, usize, f32)> =
            gaps.into_iter().flatten().map(|slot| (keeper, slot, ADDED)).collect();
        add(pattern, &strokes, &limbs[bar]);
    }
}

/// Has the groups that do not keep the time do so. `limbs`, `grids` and `compound` (whether its metre
/// is) by bar.
pub(super) fn keep_time(
    patterns: &mut [Pattern],
    groups: &[usize],
    form: &Form,
    limbs: &[Limbs],
    grids: &[StepGrid],
    compound: &[bool],
) {
    let keepers = keepers(patterns, groups, form);
    let bars_of = |group: usize| (0..groups.len()).filter(move |&bar| groups[bar] == group);
    let keeps: Vec<bool> = (0..patterns.len())
        .map(|group| {
            bars_of(group).next().is_some_and(|bar| keeps_time(&patterns[group], &grids[bar]))
        })
        .collect();
    for group in 0..patterns.len() {
        let Some(bar) = bars_of(group).next() else { continue };
        if is_break(&patterns[group], &grids[bar]) {
            continue;
        }
        let grid = grids[bar];
        let strokes: Vec<(Lane, usize, f32)> = if compound[bar] && grid.kind == GridKind::Ternary {
            let keeper = form.label_at(bar).and_then(|label| keepers.get(&label));
            let keeper = keeper.copied().unwrap_or(Lane::ClosedHat);
            clear(&mut patterns[group]);
            pulse(&grid, &limbs[bar]).map(|(slot, logit)| (keeper, slot, logit)).collect()
        } else if keeps[group] {
            continue;
        } else {
            // As the group that is most often around in the same section.
            let mut near = vec![0usize; patterns.len()];
            for bar in bars_of(group) {
                for other in bar.saturating_sub(AROUND)..(bar + AROUND + 1).min(groups.len()) {
                    let same = form.section_at(other) == form.section_at(bar);
                    if same && keeps[groups[other]] && limbs[other].steps == limbs[bar].steps {
                        near[groups[other]] += 1;
                    }
                }
            }
            let donor = (0..near.len()).filter(|&d| near[d] > 0).max_by_key(|&d| near[d]);
            let Some(donor) = donor else {
                // A free hand beats the time; where both are elsewhere in all of the section, the foot
                // does.
                let beats = beats(&grid);
                let is_kit = count(&patterns[group], &[Lane::Kick]) > 0;
                let is_free = is_kit && count(&patterns[group], &DRUMS) <= beats;
                let (lane, first, every) =
                    if is_free { (Lane::ClosedHat, 0, 1) } else { (Lane::PedalHat, 1, 2) };
                let strokes = (first..beats).step_by(every);
                let strokes: Vec<_> =
                    strokes.map(|beat| (lane, beat * grid.steps_per_beat, ADDED)).collect();
                add(&mut patterns[group], &strokes, &limbs[bar]);
                continue;
            };
            (0..SLOTS)
                .flat_map(|slot| CYMBALS.map(|lane| (lane, slot)))
                .map(|(lane, slot)| {
                    (lane, slot, patterns[donor].logits[lane.index() * SLOTS + slot])
                })
                .filter(|stroke| stroke.2 > 0.0)
                .collect()
        };
        add(&mut patterns[group], &strokes, &limbs[bar]);
    }
}

/// What keeps the time in the sections of each label: hat, ride or an instrument of percussion,
/// whichever is struck most there.
fn keepers(patterns: &[Pattern], groups: &[usize], form: &Form) -> BTreeMap<usize, Lane> {
    let mut found: BTreeMap<usize, [usize; KEEPERS.len()]> = BTreeMap::new();
    for (bar, &group) in groups.iter().enumerate() {
        let Some(label) = form.label_at(bar) else { continue };
        for (sum, lane) in found.entry(label).or_default().iter_mut().zip(KEEPERS) {
            *sum += count(&patterns[group], &[lane]);
        }
    }
    let most = |counts: [usize; KEEPERS.len()]| {
        // The first of equals is the hat.
        let best = (0..counts.len()).rev().max_by_key(|&keeper| counts[keeper]);
        KEEPERS[best.unwrap_or(0)]
    };
    found.into_iter().map(|(label, counts)| (label, most(counts))).collect()
}

/// The eighths of a compound bar with their logits; where they are quick, without the second of three.
fn pulse(grid: &StepGrid, limbs: &Limbs) -> impl Iterator<Item = (usize, f32)> + use<> {
    let (beat, eighth) = (grid.steps_per_beat, (grid.steps_per_beat / 3).max(1));
    let quick = limbs.step * (eighth as f32) < QUICK;
    let eighths = (0..limbs.steps).step_by(eighth);
    let played = eighths.filter(move |slot| !quick || slot / eighth % 3 != 1);
    played.map(move |slot| (slot, if slot.is_multiple_of(beat) { BEAT } else { ADDED }))
}

/// Takes away what might keep the time, but for open hats.
fn clear(pattern: &mut Pattern) {
    for lane in KEEPERS.into_iter().chain([Lane::PedalHat]) {
        silence(pattern, lane);
    }
}

#[cfg(test)]
mod tests {
    use super::super::bar_pattern::tests::{pattern, slots};
    use super::*;
    use crate::drummer::Section;
    use crate::score::Metre;

    fn kept(numerator: u8, denominator: u8, step: f32, mut patterns: Vec<Pattern>) -> Vec<Pattern> {
        let metre = Metre::new(numerator, denominator).unwrap();
        let grid = StepGrid::for_metre(metre, false);
        let count = patterns.len();
        let groups: Vec<usize> = (0..count).collect();
        let form = Form { sections: vec![Section { label: 0, bars: 0..count }] };
        let limbs = vec![Limbs { step, steps: grid.steps, double_pedal: false }; count];
        let compound = vec![metre.is_compound(); count];
        keep_time(&mut patterns, &groups, &form, &limbs, &vec![grid; count], &compound);
        patterns
    }

    #[test]
    fn a_bar_without_a_cymbal_takes_that_of_its_neighbours() {
        let back = [(Lane::Kick, 0), (Lane::Snare, 4), (Lane::Kick, 8), (Lane::Snare, 12)];
        let eighths = (0..16).step_by(2).map(|slot| (Lane::Ride, slot));
        let full: Vec<_> = back.iter().copied().chain(eighths).collect();
        let bars = kept(4, 4, 0.125, vec![pattern(&full), pattern(&back), pattern(&back[..2])]);
        assert_eq!(slots(&bars[1], Lane::Ride), slots(&bars[0], Lane::Ride));
        // A break stays one.
        assert!(slots(&bars[2], Lane::Ride).is_empty());
    }

    #[test]
    fn a_hand_does_not_stop_for_one_stroke() {
        let filled = |slots: &[usize]| {
            let hat: Vec<_> = slots.iter().map(|&slot| (Lane::ClosedHat, slot)).collect();
            let mut bars = [pattern(&hat)];
            let limbs = [Limbs { step: 0.125, steps: 16, double_pedal: false }];
            let grids = [StepGrid::for_metre(Metre::COMMON, false)];
            fill_gaps(&mut bars, &[0], &limbs, &grids);
            self::slots(&bars[0], Lane::ClosedHat)
        };
        let eighths = [0, 2, 4, 6, 8, 10, 12, 14];
        assert_eq!(filled(&[0, 2, 4, 8, 10, 12, 14]), eighths);
        assert_eq!(filled(&eighths), eighths);
        assert_eq!(filled(&(1..16).collect::<Vec<_>>()).len(), 16);
        // These are rhythms of their own.
        for rhythm in [&[0, 4, 8][..], &[0, 2, 4, 8, 10, 12], &[0, 3, 4, 8, 12], &[]] {
            assert_eq!(filled(rhythm), rhythm);
        }
    }

    #[test]
    fn the_foot_keeps_the_time_where_both_hands_are_elsewhere() {
        let roll: Vec<_> = (0..16).step_by(2).map(|slot| (Lane::Snare, slot)).collect();
        let bars = kept(4, 4, 0.125, vec![pattern(&roll)]);
        assert_eq!(slots(&bars[0], Lane::PedalHat), [4, 12]);
        // A back beat leaves a hand free.
        let back = [(Lane::Kick, 0), (Lane::Snare, 4), (Lane::Snare, 12)];
        let bars = kept(4, 4, 0.125, vec![pattern(&back)]);
        assert_eq!(slots(&bars[0], Lane::ClosedHat), [0, 4, 8, 12]);
        assert!(slots(&bars[0], Lane::PedalHat).is_empty());
    }

    #[test]
    fn a_march_on_the_snare_becomes_a_groove() {
        let roll = (0..16).step_by(2).map(|slot| (Lane::Snare, slot));
        let march: Vec<_> = roll.chain([(Lane::Kick, 0), (Lane::PedalHat, 4)]).collect();
        let limbs = [Limbs { step: 0.125, steps: 16, double_pedal: false }; 3];
        let grids = [StepGrid::for_metre(Metre::COMMON, false); 3];
        let mut drums = pattern(&march);
        // The likeliest stroke between the beats stays, and none on the kick's.
        drums.logits[Lane::Snare.index() * SLOTS] = 4.0;
        drums.logits[Lane::Snare.index() * SLOTS + 10] = 3.0;
        let back = pattern(&[(Lane::Kick, 0), (Lane::Snare, 4), (Lane::Snare, 12)]);
        let mut bars = [drums, back.clone(), pattern(&march[..8])];
        time_from_snare(&mut bars, &[0, 1, 2], &limbs, &grids, true);
        assert_eq!(slots(&bars[0], Lane::Snare), [4, 10, 12]);
        assert_eq!(slots(&bars[0], Lane::ClosedHat), [0, 2, 4, 6, 8, 10, 12, 14]);
        assert!(slots(&bars[0], Lane::PedalHat).is_empty());
        // A back beat is no march, and a roll without a kick is the snare's own.
        assert_eq!(bars[1].logits, back.logits);
        assert_eq!(count(&bars[2], &[Lane::Snare]), 8);

        // An ensemble marches unless cymbals are likely.
        let hats = |logit: f32| {
            let mut drums = pattern(&march);
            for lane in [Lane::ClosedHat, Lane::OpenHat, Lane::Ride] {
                drums.logits[lane.index() * SLOTS..][..SLOTS].fill(logit);
            }
            let mut bars = [drums];
            time_from_snare(&mut bars, &[0], &limbs[..1], &grids[..1], false);
            count(&bars[0], &[Lane::Snare])
        };
        assert_eq!([-4.0, -0.5].map(hats), [8, 3]);
    }

    #[test]
    fn what_is_silent_stays_so_in_the_busiest_groove() {
        let mut bar = pattern(&[(Lane::Bell, 0), (Lane::Kick, 0)]);
        silence(&mut bar, Lane::Bell);
        let row = &bar.logits[Lane::Bell.index() * SLOTS..][..SLOTS];
        assert!(row.iter().all(|logit| *logit < -4.0), "{row:?}");
        assert_eq!(slots(&bar, Lane::Kick), [0]);
    }

    #[test]
    fn the_ride_skips_in_triplets() {
        let limbs = Limbs { step: 0.08, steps: 24, double_pedal: false };
        let strokes = |triplets| {
            let grid = StepGrid::for_metre(Metre::COMMON, triplets);
            ride_pattern(&grid, &limbs).into_iter().map(|(slot, _)| slot).collect::<Vec<_>>()
        };
        assert_eq!(strokes(true), [0, 6, 10, 12, 18, 22]);
        // Eighths of 0.16 s are quick.
        assert_eq!(strokes(false), [0, 4, 8, 12]);
    }

    #[test]
    fn compound_metres_have_their_eighths_on_one_instrument() {
        let first = [(Lane::Kick, 0), (Lane::Snare, 6), (Lane::ClosedHat, 0), (Lane::Bell, 6)];
        let second = [(Lane::Kick, 0), (Lane::Snare, 6), (Lane::Ride, 0), (Lane::ClosedHat, 10)];
        let of = |step| kept(6, 8, step, vec![pattern(&first), pattern(&second)]);
        for bar in of(0.15) {
            assert_eq!(slots(&bar, Lane::ClosedHat), [0, 2, 4, 6, 8, 10]);
            assert!(slots(&bar, Lane::Ride).is_empty() && slots(&bar, Lane::Bell).is_empty());
            assert_eq!(slots(&bar, Lane::Snare), [6]);
        }
        assert_eq!(slots(&of(0.08)[0], Lane::ClosedHat), [0, 4, 6, 10]);
    }
}
