//! Bars that fall out of their section's groove.
//!
//! Each group of bars is decided by itself. A bar or two that the song sets apart may so get another hand
//! or lose the back beat, between bars that go on as before; with the bars of a style there are more
//! of them. A drummer plays the section's groove through such bars, and says what is new with a fill.

use super::bar_pattern::{Pattern, count, is_mixture, is_onset, silence};
use super::features::SLOTS;
use super::form::Form;
use super::lanes::{CYMBALS, PERCUSSION, SNARES, TOMS};
use super::thin::is_back_beat;
use crate::score::{Lane, StepGrid};

/// A group that plays on for so many bars is a groove of its own.
const PASSING: usize = 2;
/// So is one that has more than this share of a section.
const SHARE: f32 = 0.25;

const HATS: [Lane; 2] = [Lane::ClosedHat, Lane::OpenHat];
const HAND_CYMBALS: [Lane; 4] = [Lane::ClosedHat, Lane::OpenHat, Lane::Ride, Lane::Crash];
/// As many toms in a bar make a groove of toms.
const TOM_GROOVE: usize = 3;

/// What a hand keeps the time on.
#[derive(Clone, Copy, PartialEq)]
enum Hand {
    Hat,
    Ride,
    Elsewhere,
}

/// Has the groups that never last play on with their section. One that comes seldom plays the section's
/// groove where its own has another hand, lacks the back beat or lies on the toms. One that takes turns
/// with others keeps its drums, and only its hand becomes theirs. Where the song alone decides
/// (`in_style` is false), only what comes seldom takes the section's hand, for its hat or ride or for a
/// mixture of them.
pub(super) fn rejoin(
    patterns: &mut [Pattern],
    groups: &[usize],
    form: &Form,
    grids: &[StepGrid],
    in_style: bool,
) {
    let stays: Vec<Stay> = (0..patterns.len()).map(|group| stay(group, groups, form)).collect();
    let hands: Vec<Hand> = patterns.iter().map(hand).collect();
    let unchanged = patterns.to_vec();
    for group in (0..patterns.len()).filter(|&group| stays[group] != Stay::Lasts) {
        let Some(bar) = groups.iter().position(|&other| other == group) else { continue };
        let near = neighbours(group, groups, form, grids, patterns.len());
        // The groove that the section has most of; of equals the first.
        let donors = (0..near.len()).filter(|&other| {
            let settled = stays[group] == Stay::TakesTurns || stays[other] != Stay::Passes;
            other != group && near[other] > 0 && settled && hands[other] != Hand::Elsewhere
        });
        let Some(donor) = donors.rev().max_by_key(|&other| near[other]) else { continue };
        let leads = (near[donor], group) > (near[group], donor) || hands[group] == Hand::Elsewhere;
        let groove = &unchanged[donor];
        let passes = stays[group] == Stay::Passes;
        let takes_hand = match in_style {
            true => !passes && leads,
            false => passes && hands[group] != Hand::Elsewhere,
        };
        if passes && in_style {
            if strays(&patterns[group], groove, &grids[bar]) {
                patterns[group] = groove.clone();
            }
        } else if takes_hand
            && (hands[group] != hands[donor] || loses_time(&patterns[group], groove))
        {
            for lane in CYMBALS {
                let row = lane.index() * SLOTS..(lane.index() + 1) * SLOTS;
                patterns[group].logits[row.clone()].copy_from_slice(&groove.logits[row]);
            }
        }
    }
}

/// Whether a bar mixes cymbals where one of them keeps the time of a groove.
fn loses_time(bar: &Pattern, groove: &Pattern) -> bool {
    is_mixture(bar) && !is_mixture(groove)
}

/// Leaves out a tom that is the only one of its bar, in any group or, where amounts were counted
/// (`is_counted`), in those that never last: people have one tom alone in .02 of the bars, mostly where the
/// bars around have some as well, and in .002 where the next bar has it too.
pub(super) fn without_lone_toms(
    patterns: &mut [Pattern],
    groups: &[usize],
    form: &Form,
    is_counted: bool,
) {
    for (group, pattern) in patterns.iter_mut().enumerate() {
        let passes = !is_counted || stay(group, groups, form) != Stay::Lasts;
        if playable_toms(pattern) == 1 && passes {
            TOMS.into_iter().for_each(|lane| silence(pattern, lane));
        }
    }
}

/// Strokes on toms that a hand is free for: not where one has the snare and the other a cymbal.
fn playable_toms(pattern: &Pattern) -> usize {
    let any = |lanes: &[Lane], slot: usize| lanes.iter().any(|&lane| is_onset(pattern, lane, slot));
    let is_free = |slot: usize| !(any(&SNARES, slot) && any(&HAND_CYMBALS, slot));
    let strokes = |lane: Lane| (0..SLOTS).filter(move |&slot| is_onset(pattern, lane, slot));
    TOMS.into_iter().flat_map(strokes).filter(|&slot| is_free(slot)).count()
}

/// Leaves out what congas, shakers or bells play in a few bars of a song and never for long: who brings
/// them plays them.
pub(super) fn without_passing_percussion(patterns: &mut [Pattern], groups: &[usize], form: &Form) {
    for lane in PERCUSSION {
        let comes: Vec<bool> =
            groups.iter().map(|&group| count(&patterns[group], &[lane]) > 0).collect();
        if stay_of(&comes, form) == Stay::Passes {
            patterns.iter_mut().for_each(|pattern| silence(pattern, lane));
        }
    }
}

/// How many bars of each group lie in the sections of one group, on grids like its own.
fn neighbours(
    group: usize,
    groups: &[usize],
    form: &Form,
    grids: &[StepGrid],
    count: usize,
) -> Vec<usize> {
    let mut near = vec![0usize; count];
    for section in &form.sections {
        let bars = section.bars.start..section.bars.end.min(groups.len());
        let Some(bar) = bars.clone().find(|&bar| groups[bar] == group) else { continue };
        bars.filter(|&other| grids[other] == grids[bar]).for_each(|other| near[groups[other]] += 1);
    }
    near
}

/// How a group of bars comes.
#[derive(Clone, Copy, PartialEq)]
enum Stay {
    /// For more than [`PASSING`] bars in a row.
    Lasts,
    /// Less than that, but often.
    TakesTurns,
    /// Less than that, and seldom.
    Passes,
}

fn stay(group: usize, groups: &[usize], form: &Form) -> Stay {
    let comes: Vec<bool> = groups.iter().map(|&other| other == group).collect();
    stay_of(&comes, form)
}

/// How what comes in some bars comes. `comes`: whether it does, by bar.
fn stay_of(comes: &[bool], form: &Form) -> Stay {
    let seldom = form.sections.iter().all(|section| {
        let bars = section.bars.clone().filter(|&bar| comes.get(bar) == Some(&true)).count();
        bars as f32 <= SHARE * section.bars.len() as f32
    });
    if comes.windows(PASSING + 1).any(|bars| bars.iter().all(|&comes| comes)) {
        Stay::Lasts
    } else if seldom {
        Stay::Passes
    } else {
        Stay::TakesTurns
    }
}

/// Whether a bar is not of a groove.
fn strays(bar: &Pattern, groove: &Pattern, grid: &StepGrid) -> bool {
    let toms = |pattern| count(pattern, &TOMS);
    let back_beat = |pattern: &Pattern, slot: usize| {
        SNARES
            .into_iter()
            .any(|lane| is_back_beat(lane, slot, grid) && is_onset(pattern, lane, slot))
    };
    let backs: Vec<usize> =
        (0..grid.steps.min(SLOTS)).filter(|&slot| back_beat(groove, slot)).collect();
    let kept = backs.iter().filter(|&&slot| back_beat(bar, slot)).count();
    // Half a back beat is none.
    let loses_back_beat = !backs.is_empty() && 2 * kept <= backs.len();
    hand(bar) != hand(groove)
        || loses_back_beat
        || toms(bar) >= TOM_GROOVE && toms(groove) < TOM_GROOVE
}

fn hand(pattern: &Pattern) -> Hand {
    match (count(pattern, &HATS), count(pattern, &[Lane::Ride])) {
        (0, 0) => Hand::Elsewhere,
        (hats, rides) if rides >= hats => Hand::Ride,
        _ => Hand::Hat,
    }
}

#[cfg(test)]
mod tests {
    use super::super::bar_pattern::tests::{pattern, slots};
    use super::*;
    use crate::drummer::Section;
    use crate::score::Metre;

    fn rejoined(groups: &[usize], mut patterns: Vec<Pattern>) -> Vec<Pattern> {
        let form = Form { sections: vec![Section { label: 0, bars: 0..groups.len() }] };
        let grids = vec![StepGrid::for_metre(Metre::COMMON, false); groups.len()];
        rejoin(&mut patterns, groups, &form, &grids, true);
        patterns
    }

    fn groove(hand: Lane, kicks: &[usize], backs: &[usize]) -> Pattern {
        let hands = (0..16).step_by(2).map(|slot| (hand, slot));
        let kicks = kicks.iter().map(|&slot| (Lane::Kick, slot));
        let backs = backs.iter().map(|&slot| (Lane::Snare, slot));
        pattern(&hands.chain(kicks).chain(backs).collect::<Vec<_>>())
    }

    #[test]
    fn a_single_bar_keeps_the_hand_and_the_back_beat_of_its_section() {
        let rock = groove(Lane::ClosedHat, &[0, 8], &[4, 12]);
        let groups = [0, 0, 0, 0, 1, 0, 2, 0, 0, 3, 0, 0, 0, 0];
        let odd = [
            groove(Lane::Ride, &[0, 10], &[4, 12]),
            groove(Lane::ClosedHat, &[0, 6], &[]),
            groove(Lane::LowTom, &[0], &[4, 12]),
        ];
        let [first, second, third] = odd;
        let found = rejoined(&groups, vec![rock.clone(), first, second, third]);
        for pattern in &found {
            assert_eq!(slots(pattern, Lane::ClosedHat), slots(&rock, Lane::ClosedHat));
            assert_eq!(slots(pattern, Lane::Snare), [4, 12]);
            assert_eq!(slots(pattern, Lane::Kick), [0, 8]);
        }
    }

    #[test]
    fn a_groove_of_its_own_and_a_bar_with_another_kick_stay() {
        let rock = groove(Lane::ClosedHat, &[0, 8], &[4, 12]);
        let other = groove(Lane::ClosedHat, &[0, 6], &[4, 12]);
        let ride = groove(Lane::Ride, &[0, 8], &[4, 12]);
        // Three bars in a row, or every other one.
        let groups = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 2, 2, 2, 0];
        let found = rejoined(&groups, vec![rock.clone(), other.clone(), ride.clone()]);
        assert_eq!(found[1].logits, other.logits);
        assert_eq!(found[2].logits, ride.logits);
    }

    #[test]
    fn half_a_back_beat_is_none_and_two_of_three_snares_are_one() {
        let rock = groove(Lane::ClosedHat, &[0, 8], &[4, 12]);
        let half = groove(Lane::ClosedHat, &[0, 6], &[4]);
        let groups = [0, 0, 0, 0, 0, 1, 0, 0];
        let found = rejoined(&groups, vec![rock.clone(), half]);
        assert_eq!(slots(&found[1], Lane::Snare), [4, 12]);
        let march = groove(Lane::ClosedHat, &[0], &[0, 4, 8, 12]);
        let found = rejoined(&groups, vec![march, rock.clone()]);
        assert_eq!(found[1].logits, rock.logits);
    }

    #[test]
    fn to_a_song_a_passing_bar_keeps_its_drums_and_takes_the_hand() {
        let rock = groove(Lane::ClosedHat, &[0, 8], &[4, 12]);
        let odd = groove(Lane::Ride, &[0, 10], &[12]);
        let form = Form { sections: vec![Section { label: 0, bars: 0..8 }] };
        let grids = vec![StepGrid::for_metre(Metre::COMMON, false); 8];
        let joined = |groups: &[usize]| {
            let mut patterns = vec![rock.clone(), odd.clone()];
            rejoin(&mut patterns, groups, &form, &grids, false);
            patterns.pop().unwrap()
        };
        let found = joined(&[0, 0, 0, 0, 1, 0, 0, 0]);
        assert_eq!(slots(&found, Lane::ClosedHat), slots(&rock, Lane::ClosedHat));
        assert_eq!(slots(&found, Lane::Ride), [0usize; 0]);
        assert_eq!(
            [slots(&found, Lane::Kick), slots(&found, Lane::Snare)],
            [vec![0, 10], vec![12]]
        );
        assert_eq!(joined(&[0, 1, 0, 1, 0, 1, 0, 1]).logits, odd.logits, "bars that take turns");
    }

    #[test]
    fn to_a_song_a_passing_mixture_of_hats_takes_the_hand() {
        let rock = groove(Lane::ClosedHat, &[0, 8], &[4, 12]);
        let mut mixture = groove(Lane::ClosedHat, &[0, 6], &[4, 12]);
        for slot in [3, 7, 11] {
            mixture.logits[Lane::OpenHat.index() * SLOTS + slot] = 1.0;
            mixture.logits[Lane::PedalHat.index() * SLOTS + slot + 2] = 1.0;
        }
        let form = Form { sections: vec![Section { label: 0, bars: 0..8 }] };
        let grids = vec![StepGrid::for_metre(Metre::COMMON, false); 8];
        let joined = |groups: &[usize]| {
            let mut patterns = vec![rock.clone(), mixture.clone()];
            rejoin(&mut patterns, groups, &form, &grids, false);
            patterns.pop().unwrap()
        };
        let found = joined(&[0, 0, 0, 0, 1, 0, 0, 0]);
        let hats = [Lane::ClosedHat, Lane::OpenHat, Lane::PedalHat];
        assert_eq!(hats.map(|lane| slots(&found, lane).len()), [8, 0, 0]);
        assert_eq!(slots(&found, Lane::Kick), [0, 6]);
        assert_eq!(joined(&[0, 0, 1, 1, 1, 1, 0, 0]).logits, mixture.logits, "what lasts");
    }

    #[test]
    fn percussion_stays_for_some_bars_or_is_left_out() {
        let rock = groove(Lane::ClosedHat, &[0, 8], &[4, 12]);
        let mut congas = rock.clone();
        for slot in [2, 6, 10] {
            congas.logits[Lane::HandDrum.index() * SLOTS + slot] = 1.0;
        }
        let form = Form { sections: vec![Section { label: 0, bars: 0..8 }] };
        let strokes = |groups: &[usize]| {
            let mut patterns = vec![rock.clone(), congas.clone()];
            without_passing_percussion(&mut patterns, groups, &form);
            count(&patterns[1], &[Lane::HandDrum])
        };
        assert_eq!(strokes(&[0, 0, 0, 0, 1, 0, 0, 1]), 0);
        assert_eq!(strokes(&[0, 0, 0, 1, 1, 1, 0, 0]), 3);
        assert_eq!(strokes(&[0, 1, 0, 1, 0, 1, 0, 1]), 3);
    }

    #[test]
    fn a_tom_alone_in_its_bar_is_left_out() {
        let hats: Vec<_> = (0..16).step_by(2).map(|slot| (Lane::ClosedHat, slot)).collect();
        let with = |toms: &[(Lane, usize)]| pattern(&[&hats[..], toms].concat());
        let left = |groups: &[usize], toms: &[(Lane, usize)], is_counted: bool| {
            let mut patterns = vec![with(&[]), with(toms)];
            let form = Form { sections: vec![Section { label: 0, bars: 0..groups.len() }] };
            without_lone_toms(&mut patterns, groups, &form, is_counted);
            assert_eq!(slots(&patterns[1], Lane::ClosedHat).len(), 8);
            count(&patterns[1], &TOMS)
        };
        let two = [(Lane::LowTom, 12), (Lane::HighTom, 10)];
        assert_eq!(left(&[0, 0, 0, 0, 1, 0, 0, 0], &two[..1], true), 0);
        assert_eq!(left(&[0, 0, 0, 0, 1, 0, 0, 0], &two, true), 2);
        assert_eq!(left(&[1, 1, 1, 1], &two[..1], true), 1, "it was counted");
        assert_eq!(left(&[1, 1, 1, 1], &two[..1], false), 0);
        assert_eq!(left(&[1, 1, 1, 1], &two, false), 2);
        // With snare and hat there both hands are busy.
        let mut busy = [with(&[(Lane::LowTom, 4), (Lane::LowTom, 14), (Lane::Snare, 4)])];
        let form = Form { sections: vec![Section { label: 0, bars: 0..1 }] };
        without_lone_toms(&mut busy, &[0], &form, false);
        assert_eq!(count(&busy[0], &TOMS), 0);
    }

    #[test]
    fn bars_that_take_turns_share_the_hand() {
        let rock = groove(Lane::ClosedHat, &[0, 8], &[4, 12]);
        let foot = groove(Lane::PedalHat, &[0, 6], &[4, 12]);
        let hats = slots(&rock, Lane::ClosedHat);
        let found = rejoined(&[0, 1, 0, 1], vec![rock, foot.clone()]);
        assert_eq!(slots(&found[1], Lane::Kick), [0, 6]);
        assert_eq!(slots(&found[1], Lane::ClosedHat), hats);
        assert_eq!(slots(&found[1], Lane::PedalHat), [0usize; 0]);
        let ride = groove(Lane::Ride, &[0, 6], &[4, 12]);
        let found = rejoined(&[0, 1, 0, 1], vec![ride, foot]);
        assert_eq!(slots(&found[1], Lane::Ride), [0, 2, 4, 6, 8, 10, 12, 14]);
    }
}
