//! What a group of bars plays, as rules read and change it.

use super::cells::SILENT;
use super::features::SLOTS;
use super::lanes::{CYMBALS, PERCUSSION};
use super::limbs::Limbs;
use super::pattern::known_grid;
use crate::score::{GridKind, Lane, StepGrid};

/// Fewer strokes than this in a bar are a rest or a break.
const BREAK: usize = 3;
/// The logit of a stroke that is added, and of one on a beat, which the simplest groove keeps.
pub(super) const ADDED: f32 = 0.5;
pub(super) const BEAT: f32 = 2.0;

/// More strokes of the snare for each beat are a roll.
pub(super) const ROLL: usize = 2;

/// What a group of bars plays: one logit a cell; above 0 is struck.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub logits: Vec<f32>,
}

/// The patterns that are played, each with the first bar that plays it; `groups` by bar.
pub(super) fn played<'a>(
    patterns: &'a mut [Pattern],
    groups: &'a [usize],
) -> impl Iterator<Item = (usize, &'a mut Pattern)> {
    patterns.iter_mut().enumerate().filter_map(|(number, pattern)| {
        let bar = groups.iter().position(|&group| group == number)?;
        Some((bar, pattern))
    })
}

/// Whether a lane is struck on a slot.
pub(super) fn is_onset(pattern: &Pattern, lane: Lane, slot: usize) -> bool {
    pattern.logits[lane.index() * SLOTS + slot] > 0.0
}

/// On how many slots any of some lanes is struck.
pub(super) fn count(pattern: &Pattern, lanes: &[Lane]) -> usize {
    (0..SLOTS).filter(|&slot| lanes.iter().any(|&lane| is_onset(pattern, lane, slot))).count()
}

/// Beats of what is known of a bar, one at least.
pub(super) fn beats(grid: &StepGrid) -> usize {
    (known_grid(grid).steps / grid.steps_per_beat).max(1)
}

/// Whether a bar is a rest or a break.
pub(super) fn is_break(pattern: &Pattern, grid: &StepGrid) -> bool {
    let strokes = pattern.logits.iter().filter(|&&logit| logit > 0.0).count();
    strokes < BREAK.min(beats(grid))
}

/// Whether cymbals or percussion strike as often as there are beats.
pub(super) fn keeps_time(pattern: &Pattern, grid: &StepGrid) -> bool {
    count(pattern, &CYMBALS).max(count(pattern, &PERCUSSION)) >= beats(grid)
}

/// Whether three cymbals, with three strokes each at least, share the time.
pub(super) fn is_mixture(pattern: &Pattern) -> bool {
    CYMBALS.iter().filter(|&&lane| count(pattern, &[lane]) >= 3).count() >= 3
}

/// The last eighth of a bar, or third of a ternary beat; always a step of the bar.
pub(super) fn last_off_beat(grid: &StepGrid) -> usize {
    let parts = if grid.kind == GridKind::Ternary { 3 } else { 2 };
    grid.steps.saturating_sub((grid.steps_per_beat / parts).max(1))
}

/// Takes a lane's strokes away.
pub(super) fn silence(pattern: &mut Pattern, lane: Lane) {
    let row = &mut pattern.logits[lane.index() * SLOTS..][..SLOTS];
    row.iter_mut().for_each(|logit| *logit = logit.min(SILENT));
}

/// Takes away what some lanes strike on a slot.
pub(super) fn silence_slot(pattern: &mut Pattern, lanes: &[Lane], slot: usize) {
    for lane in lanes {
        let logit = &mut pattern.logits[lane.index() * SLOTS + slot];
        *logit = logit.min(SILENT);
    }
}

/// Adds what the limbs have time for, where no cymbal is struck.
pub(super) fn add(pattern: &mut Pattern, strokes: &[(Lane, usize, f32)], limbs: &Limbs) {
    let onsets: Vec<bool> = pattern.logits.iter().map(|&logit| logit > 0.0).collect();
    let mut bar = limbs.repeating(&onsets);
    for &(lane, slot, logit) in strokes {
        let cell = lane.index() * SLOTS + slot;
        let is_free = CYMBALS.iter().all(|&cymbal| !is_onset(pattern, cymbal, slot));
        if is_free && bar.fits(cell) {
            bar.set(cell, true);
            pattern.logits[cell] = logit;
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::drummer::cells::CELLS;
    use crate::score::Metre;

    pub fn pattern(strokes: &[(Lane, usize)]) -> Pattern {
        let mut logits = vec![-2.0; CELLS];
        strokes.iter().for_each(|&(lane, slot)| logits[lane.index() * SLOTS + slot] = 1.0);
        Pattern { logits }
    }

    pub fn slots(pattern: &Pattern, lane: Lane) -> Vec<usize> {
        (0..SLOTS).filter(|&slot| is_onset(pattern, lane, slot)).collect()
    }

    #[test]
    fn patterns_come_with_the_first_bar_that_plays_them() {
        let mut patterns = [pattern(&[]), pattern(&[]), pattern(&[(Lane::Kick, 0)])];
        let found: Vec<_> = played(&mut patterns, &[2, 0, 2, 0])
            .map(|(bar, pattern)| (bar, count(pattern, &[Lane::Kick])))
            .collect();
        assert_eq!(found, [(1, 0), (0, 1)], "nobody plays the second");
    }
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
}
