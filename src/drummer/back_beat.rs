//! The back beat and the kicks between its strokes, beyond what `rhythms` says of them.

use super::bar_pattern::{ADDED, BEAT, Pattern, beats, count, is_onset, played, silence_slot};
use super::cells::SILENT;
use super::features::SLOTS;
use super::lanes::{CYMBALS, PERCUSSION, SNARES};
use super::limbs::Limbs;
use super::metre::beats_of_four;
use super::pattern::known_grid;
use crate::score::{GridKind, Lane, StepGrid};

/// Snares on all downbeats are meant from this logit on.
const DOWNBEAT: f32 = 1.0;

/// Leaves the first and third beat to the kick where the snare has the second and fourth, unless the
/// snare is sure of all of them: where little is known, the likeliest snares are on every beat. On one
/// downbeat and not on the other hardly anybody strikes it (in .0008 of the bars of `paired`). The last
/// beat may be short: 7/8 is a 4/4 that lacks an eighth. Of three, five and seven beats those are the back
/// beat's that take their strokes from one of four.
pub(super) fn without_downbeats(patterns: &mut [Pattern], groups: &[usize], grids: &[StepGrid]) {
    for (bar, pattern) in played(patterns, groups) {
        let beat = grids[bar].steps_per_beat;
        let beats = grids[bar].steps.div_ceil(beat);
        let of_four = beats_of_four(beats);
        let is_uneven = beats > 1 && of_four.len() == beats && !beats.is_multiple_of(2);
        let is_even = beats.is_multiple_of(2) && beats * beat <= SLOTS;
        if !(is_uneven || is_even) {
            continue;
        }
        let is_down = |&at: &usize| {
            let at = if is_uneven { of_four[at] } else { at };
            at.is_multiple_of(2)
        };
        // The seventh beat has no slots of its own.
        let known = (0..beats).filter(|at| at * beat < SLOTS);
        let (downs, backs): (Vec<usize>, Vec<usize>) = known.partition(is_down);
        let snare = |at: usize| Lane::Snare.index() * SLOTS + at * beat;
        let has_backs = backs.iter().all(|&at| pattern.logits[snare(at)] > 0.0);
        let sure = downs.iter().all(|&at| pattern.logits[snare(at)] >= DOWNBEAT);
        for at in downs.into_iter().filter(|_| has_backs && !sure) {
            let logit = &mut pattern.logits[snare(at)];
            if *logit > 0.0 {
                *logit = SILENT;
                let kick = &mut pattern.logits[Lane::Kick.index() * SLOTS + at * beat];
                *kick = kick.max(ADDED);
            }
        }
    }
}

/// The snare on the eighth behind the last back beat is meant from this logit on.
const PICK_UP: f32 = 2.0;

/// Leaves out the snare on the last eighth of four beats, unless it is sure, where the back beat has no
/// other snare beside it: bar after bar people play `----x-------x-x-` in .007 of the bars, expected F1 in
/// .067.
pub(super) fn without_pick_up(patterns: &mut [Pattern], groups: &[usize], grids: &[StepGrid]) {
    for (bar, pattern) in played(patterns, groups) {
        let (grid, beat) = (&grids[bar], grids[bar].steps_per_beat);
        let has_eighths = grid.kind == GridKind::Straight && beat.is_multiple_of(2);
        let pick_up = 3 * beat + beat / 2;
        let struck = (0..SLOTS).filter(|&slot| is_onset(pattern, Lane::Snare, slot));
        if beats(grid) == 4 && has_eighths && struck.eq([beat, 3 * beat, pick_up]) {
            let logit = &mut pattern.logits[Lane::Snare.index() * SLOTS + pick_up];
            if *logit < PICK_UP {
                *logit = SILENT;
            }
        }
    }
}

/// Has the kick answer itself between the strokes of the back beat: where it is struck on the first of four
/// beats and nowhere else, it is struck on the third too. Hardly anybody plays a back beat over one kick a bar.
pub(super) fn second_kick(patterns: &mut [Pattern], groups: &[usize], grids: &[StepGrid]) {
    for (bar, pattern) in played(patterns, groups) {
        let beat = grids[bar].steps_per_beat;
        let is_back = |slot: usize| SNARES.iter().any(|&lane| is_onset(pattern, lane, slot));
        let backs = is_back(beat) && is_back(3 * beat);
        let kicks = (0..SLOTS).filter(|&slot| is_onset(pattern, Lane::Kick, slot));
        if beats(&grids[bar]) == 4 && backs && kicks.eq([0]) {
            pattern.logits[Lane::Kick.index() * SLOTS + 2 * beat] = ADDED;
        }
    }
}

/// Takes the kick from under one of two back beats in three parts to the beat: people have it there under both
/// or neither (none of 51 bars of `paired` in 12/8).
pub(super) fn without_lone_kick(patterns: &mut [Pattern], groups: &[usize], grids: &[StepGrid]) {
    for (bar, pattern) in played(patterns, groups) {
        let (grid, beat) = (&grids[bar], grids[bar].steps_per_beat);
        let backs = [beat, 3 * beat];
        let is_back = |slot: &usize| SNARES.iter().any(|&lane| is_onset(pattern, lane, *slot));
        if grid.kind != GridKind::Ternary || beats(grid) != 4 || !backs.iter().all(is_back) {
            continue;
        }
        let kicks: Vec<usize> =
            backs.into_iter().filter(|&slot| is_onset(pattern, Lane::Kick, slot)).collect();
        if let [lone] = kicks[..] {
            pattern.logits[Lane::Kick.index() * SLOTS + lone] = SILENT;
        }
    }
}

/// Where the snare has the second beat of 6/8, leaves it to it alone, and the first to the kick, however sure the
/// network is, which has heard so few: none of people's 29 bars in 6/8 with a back beat has a kick under it.
pub(super) fn kick_before_snare(patterns: &mut [Pattern], groups: &[usize], grids: &[StepGrid]) {
    for (bar, pattern) in played(patterns, groups) {
        let (grid, back) = (&grids[bar], grids[bar].steps_per_beat);
        let is_back = SNARES.iter().any(|&lane| is_onset(pattern, lane, back));
        if grid.kind != GridKind::Ternary || beats(grid) != 2 || !is_back {
            continue;
        }
        silence_slot(pattern, &[Lane::Kick], back);
        let snares = SNARES.iter().any(|&lane| is_onset(pattern, lane, 0));
        silence_slot(pattern, &SNARES, 0);
        if snares || count(pattern, &[Lane::Kick]) == 0 {
            pattern.logits[Lane::Kick.index() * SLOTS] = BEAT;
        }
    }
}

/// Kicks on all eighths are meant from this logit on.
const RUNNING: f32 = 1.5;

/// Leaves a kick that runs through all eighths of a straight bar the beats that the snare does not strike, unless
/// it is sure: in 4/4 people have it in .004 of the bars, and in 7/8 it is what is left of not knowing.
pub(super) fn without_running_kicks(
    patterns: &mut [Pattern],
    groups: &[usize],
    grids: &[StepGrid],
) {
    for (bar, pattern) in played(patterns, groups) {
        let (grid, steps) = (&grids[bar], known_grid(&grids[bar]).steps);
        let (beat, half) = (grid.steps_per_beat, grid.steps_per_beat / 2);
        if grid.kind != GridKind::Straight || half == 0 || steps < 2 * beat {
            continue;
        }
        let kick = |slot: usize| Lane::Kick.index() * SLOTS + slot;
        let eighths = || (0..steps).step_by(half);
        let runs = eighths().all(|slot| pattern.logits[kick(slot)] > 0.0);
        let sure = eighths().all(|slot| pattern.logits[kick(slot)] >= RUNNING);
        if runs && !sure {
            for slot in eighths() {
                let is_snares = SNARES.iter().any(|&lane| is_onset(pattern, lane, slot));
                if is_snares || !slot.is_multiple_of(beat) {
                    pattern.logits[kick(slot)] = SILENT;
                }
            }
        }
    }
}

/// Gives bars of kick and time without a snare the back beat that more of the song's bars have; percussion
/// leaves it its beats. In songs with a back beat people leave .02 of their bars so; with a back beat in the
/// verse and none in the chorus a song goes backwards.
pub(super) fn share_back_beat(
    patterns: &mut [Pattern],
    groups: &[usize],
    limbs: &[Limbs],
    grids: &[StepGrid],
) {
    let has = |pattern: &Pattern, grid: &StepGrid| {
        let strikes = |slot| SNARES.iter().any(|&lane| is_onset(pattern, lane, slot));
        let beat = grid.steps_per_beat;
        beats(grid) == 4 && strikes(beat) && strikes(3 * beat)
    };
    let lacks = |pattern: &Pattern, grid: &StepGrid| {
        beats(grid) == 4
            && count(pattern, &SNARES) == 0
            && count(pattern, &[Lane::Kick]) > 1
            && count(pattern, &CYMBALS) >= 4
    };
    let bars = |are: fn(&Pattern, &StepGrid) -> bool| {
        groups.iter().zip(grids).filter(|&(&group, grid)| are(&patterns[group], grid)).count()
    };
    if bars(has) <= bars(lacks) {
        return;
    }
    for (bar, pattern) in played(patterns, groups) {
        if !lacks(pattern, &grids[bar]) {
            continue;
        }
        let beat = grids[bar].steps_per_beat;
        let back = [beat, 3 * beat];
        back.into_iter().for_each(|slot| silence_slot(pattern, &PERCUSSION, slot));
        let onsets: Vec<bool> = pattern.logits.iter().map(|&logit| logit > 0.0).collect();
        let mut limbs = limbs[bar].repeating(&onsets);
        for cell in back.map(|slot| Lane::Snare.index() * SLOTS + slot) {
            if limbs.fits(cell) {
                limbs.set(cell, true);
                pattern.logits[cell] = BEAT;
            }
        }
    }
}

/// Whether one kick more, at a slot, would be the third in a row on the eighths around the third of four
/// beats: people have all three in .11 of the bars.
pub(super) fn crowds_third(
    is_struck: impl Fn(usize) -> bool,
    slot: usize,
    grid: &StepGrid,
) -> bool {
    let (beat, half) = (grid.steps_per_beat, grid.steps_per_beat / 2);
    let has_eighths = grid.kind == GridKind::Straight && beat.is_multiple_of(2);
    let around = [2 * beat - half, 2 * beat, 2 * beat + half];
    beats(grid) == 4
        && has_eighths
        && around.contains(&slot)
        && around.into_iter().all(|at| at == slot || is_struck(at))
}

#[cfg(test)]
mod tests {
    use super::super::bar_pattern::tests::{pattern, slots};
    use super::*;
    use crate::score::Metre;

    #[test]
    fn downbeats_are_the_kicks() {
        let grids = vec![StepGrid::for_metre(Metre::COMMON, false); 3];
        let beats = [0, 4, 8, 12].map(|slot| (Lane::Snare, slot));
        let mut unsure = pattern(&beats);
        unsure.logits.iter_mut().for_each(|logit| *logit *= 0.5);
        let sure = |snares: &[(Lane, usize)]| {
            let mut sure = pattern(snares);
            sure.logits.iter_mut().for_each(|logit| *logit *= 1.5);
            sure
        };
        let mut bars = [unsure, sure(&beats), pattern(&beats[..1])];
        without_downbeats(&mut bars, &[0, 1, 2], &grids);
        assert_eq!(slots(&bars[0], Lane::Snare), [4, 12]);
        assert_eq!(slots(&bars[0], Lane::Kick), [0, 8]);
        assert_eq!(slots(&bars[1], Lane::Snare), [0, 4, 8, 12]);
        assert_eq!(slots(&bars[2], Lane::Snare), [0]);
        // Sure of one of them only.
        let mut one = [sure(&[4, 8, 12].map(|slot| (Lane::Snare, slot)))];
        without_downbeats(&mut one, &[0], &grids);
        assert_eq!(slots(&one[0], Lane::Snare), [4, 12]);
        assert_eq!(slots(&one[0], Lane::Kick), [8]);
        // 7/8, with its last beat an eighth short.
        let grids = [StepGrid::for_metre(Metre::new(7, 8).unwrap(), false)];
        let mut unsure = [pattern(&beats)];
        unsure[0].logits.iter_mut().for_each(|logit| *logit *= 0.5);
        without_downbeats(&mut unsure, &[0], &grids);
        assert_eq!(slots(&unsure[0], Lane::Snare), [4, 12]);
        // A waltz.
        let grids = [StepGrid::for_metre(Metre::new(3, 4).unwrap(), false)];
        let mut unsure = [pattern(&beats[..3])];
        unsure[0].logits.iter_mut().for_each(|logit| *logit *= 0.5);
        without_downbeats(&mut unsure, &[0], &grids);
        assert_eq!(slots(&unsure[0], Lane::Snare), [4, 8]);
        assert_eq!(slots(&unsure[0], Lane::Kick), [0]);
    }

    #[test]
    fn five_and_seven_beats_have_back_beats_too() {
        let snares = |numerator: u8| {
            let grid = StepGrid::for_metre(Metre::new(numerator, 4).unwrap(), false);
            let beats = usize::from(numerator);
            let all = (0..beats.min(6)).map(|at| (Lane::Snare, at * grid.steps_per_beat));
            let mut unsure = [pattern(&all.collect::<Vec<_>>())];
            unsure[0].logits.iter_mut().for_each(|logit| *logit *= 0.5);
            without_downbeats(&mut unsure, &[0], &[grid]);
            let beat = |slot: usize| slot / grid.steps_per_beat + 1;
            slots(&unsure[0], Lane::Snare).into_iter().map(beat).collect::<Vec<_>>()
        };
        assert_eq!(snares(5), [2, 5]);
        assert_eq!(snares(7), [2, 4]);
    }

    #[test]
    fn in_three_parts_the_kick_is_under_both_back_beats_or_neither() {
        let grid = StepGrid::for_metre(Metre::new(12, 8).unwrap(), false);
        let kicks = |kicks: &[usize]| {
            let backs = [6, 18].map(|slot| (Lane::Snare, slot));
            let kicks = kicks.iter().map(|&slot| (Lane::Kick, slot));
            let mut bars = [pattern(&kicks.chain(backs).collect::<Vec<_>>())];
            without_lone_kick(&mut bars, &[0], &[grid]);
            slots(&bars[0], Lane::Kick)
        };
        assert_eq!(kicks(&[0, 12, 18]), [0, 12]);
        assert_eq!(kicks(&[0, 6, 12, 18]), [0, 6, 12, 18]);
        assert_eq!(kicks(&[0, 12, 16]), [0, 12, 16]);
    }

    #[test]
    fn in_six_eight_the_kick_has_the_first_beat_and_the_snare_the_second() {
        let grid = StepGrid::for_metre(Metre::new(6, 8).unwrap(), false);
        let played = |strokes: &[(Lane, usize)]| {
            let mut bars = [pattern(strokes)];
            bars[0].logits.iter_mut().for_each(|logit| *logit *= 1.5);
            kick_before_snare(&mut bars, &[0], &[grid]);
            [Lane::Kick, Lane::Snare].map(|lane| slots(&bars[0], lane))
        };
        let (kick, snare) = (|slot| (Lane::Kick, slot), |slot| (Lane::Snare, slot));
        assert_eq!(played(&[snare(0), snare(6), kick(4)]), [vec![0, 4], vec![6]]);
        assert_eq!(played(&[kick(0), kick(4), kick(6), snare(6)]), [vec![0, 4], vec![6]]);
        assert_eq!(played(&[kick(6), snare(6)]), [vec![0], vec![6]]);
        assert_eq!(played(&[kick(0), kick(6), snare(3)]), [vec![0, 6], vec![3]]);
    }

    #[test]
    fn a_kick_on_all_eighths_is_to_be_sure() {
        let grid = StepGrid::for_metre(Metre::new(7, 8).unwrap(), false);
        let kicks = |count: usize, sure: f32| {
            let kicks = (0..count).map(|at| (Lane::Kick, 2 * at));
            let mut bars = [pattern(&kicks.chain([(Lane::Snare, 12)]).collect::<Vec<_>>())];
            bars[0].logits.iter_mut().for_each(|logit| *logit *= sure);
            without_running_kicks(&mut bars, &[0], &[grid]);
            slots(&bars[0], Lane::Kick)
        };
        assert_eq!(kicks(7, 1.0), [0, 4, 8]);
        assert_eq!([kicks(7, 2.0).len(), kicks(6, 1.0).len()], [7, 6]);
    }

    #[test]
    fn bars_without_a_snare_get_the_songs_back_beat() {
        let grids = vec![StepGrid::for_metre(Metre::COMMON, false); 5];
        let limbs = [Limbs { step: 0.125, steps: 16, double_pedal: false }; 5];
        let eighths = |lane| (0..16).step_by(2).map(move |slot| (lane, slot));
        let kicks = [(Lane::Kick, 0), (Lane::Kick, 8)];
        let verse = [&kicks[..], &[(Lane::Snare, 4), (Lane::Snare, 12)]].concat();
        let chorus: Vec<_> =
            eighths(Lane::ClosedHat).chain(eighths(Lane::Shaker)).chain(kicks).collect();
        let mut bars = [pattern(&verse), pattern(&chorus)];
        share_back_beat(&mut bars, &[0, 0, 0, 1, 1], &limbs, &grids);
        assert_eq!(slots(&bars[1], Lane::Snare), [4, 12]);
        assert_eq!(slots(&bars[1], Lane::Shaker), [0, 2, 6, 8, 10, 14]);
        assert_eq!(slots(&bars[1], Lane::ClosedHat).len(), 8);
        // A song that hardly has one goes without.
        let mut bars = [pattern(&verse), pattern(&chorus)];
        share_back_beat(&mut bars, &[0, 1, 1, 1, 1], &limbs, &grids);
        assert_eq!(slots(&bars[1], Lane::Snare), [0usize; 0]);
    }

    #[test]
    fn the_last_eighth_is_struck_where_it_is_sure() {
        let of = |snares: &[usize], logit: f32, triplets| {
            let grid = StepGrid::for_metre(Metre::COMMON, triplets);
            let snares = snares.iter().map(|&slot| (Lane::Snare, slot));
            let mut bars = [pattern(&snares.collect::<Vec<_>>())];
            bars[0].logits[Lane::Snare.index() * SLOTS + 14] = logit;
            without_pick_up(&mut bars, &[0], &[grid]);
            slots(&bars[0], Lane::Snare)
        };
        assert_eq!(of(&[4, 12], 1.0, false), [4, 12]);
        assert_eq!(of(&[4, 12], 2.5, false), [4, 12, 14]);
        assert_eq!(of(&[2, 4, 12], 1.0, false), [2, 4, 12, 14], "a snare that runs");
        // Without a back beat, and in triplets, it is something else.
        assert_eq!(of(&[4], 1.0, false), [4, 14]);
        assert_eq!(of(&[6, 18], 1.0, true), [6, 14, 18]);
    }

    #[test]
    fn a_kick_alone_is_answered() {
        let kicks = |kicks: &[usize], triplets| {
            let grid = StepGrid::for_metre(Metre::COMMON, triplets);
            let backs = [1, 3].map(|at| (Lane::Snare, at * grid.steps_per_beat));
            let kicks = kicks.iter().map(|&slot| (Lane::Kick, slot));
            let mut bars = [pattern(&kicks.chain(backs).collect::<Vec<_>>())];
            second_kick(&mut bars, &[0], &[grid]);
            slots(&bars[0], Lane::Kick)
        };
        assert_eq!(kicks(&[0], false), [0, 8]);
        assert_eq!(kicks(&[0], true), [0, 12]);
        for others in [&[][..], &[8], &[0, 10]] {
            assert_eq!(kicks(others, false), others);
        }
    }

    #[test]
    fn a_third_kick_in_a_row_around_the_third_beat_crowds_it() {
        let grid = StepGrid::for_metre(Metre::COMMON, false);
        let crowds = |kicks: &[usize], slot| crowds_third(|at| kicks.contains(&at), slot, &grid);
        assert!(crowds(&[0, 6, 8], 10) && crowds(&[6, 10], 8));
        assert!(!crowds(&[0, 8], 10) && !crowds(&[6, 8, 10], 14));
    }
}
