//! Bars in pairs: the kick of the second bar answers that of the first.
//!
//! Bars that the network holds for repeats are decided together and would all be one. People play them
//! in pairs: the second bar has a kick more, or leaves one out. Which one, the network's word for the
//! second bars says, and it is the same wherever a section returns.

use std::collections::BTreeMap;

use super::super::back_beat::crowds_third;
use super::super::features::SLOTS;
use super::super::pattern::{PatternOutput, known_grid};
use super::Arranger;
use super::groove::KickChange;
use crate::score::{Lane, StepGrid};

/// How likely a kick is that may as well be played as not, and how far from that one is at least whose
/// change is an answer: with it about as many neighbouring bars differ in their kick as people's do.
const EVEN_CHANCE: f32 = 0.33;
const GAIN: f32 = 0.04;
/// Fewer second bars of a kind are no habit.
const PAIRS: usize = 2;

impl Arranger<'_> {
    /// The answer of each bar, if it is the second of a pair that plays one pattern.
    pub(super) fn answers(&self, output: &PatternOutput) -> Vec<Option<KickChange>> {
        let kind = |bar: usize| {
            let place = self.form.phrase_place(bar, self.sounding.bars_before(self.bars));
            let is_second = place.is_some_and(|place| place % 2 == 1);
            let is_pair = is_second && bar > 0 && self.groups[bar - 1] == self.groups[bar];
            let is_free = self.sounding.plays(bar)
                && self.given.at(bar).is_none()
                // These have answers of their own.
                && !self.bars.bars()[bar].metre.is_compound();
            let label = self.form.label_at(bar)?;
            (is_pair && is_free).then_some((label, self.groups[bar]))
        };
        let kinds: Vec<_> = (0..self.bars.len()).map(kind).collect();
        let mut chances: BTreeMap<(usize, usize), (usize, [f32; SLOTS])> = BTreeMap::new();
        for (bar, kind) in kinds.iter().enumerate() {
            let Some(kind) = kind else { continue };
            let (count, sums) = chances.entry(*kind).or_default();
            *count += 1;
            let own = output.chances(bar, Lane::Kick);
            sums.iter_mut().zip(own).for_each(|(sum, chance)| *sum += chance);
        }
        let answer_of = |(bar, kind): (usize, &Option<(usize, usize)>)| {
            let (count, sums) = chances.get(kind.as_ref()?)?;
            let grid = known_grid(&self.grids[bar]);
            let kicks = &self.patterns[self.groups[bar]].logits[Lane::Kick.index() * SLOTS..];
            let chances = sums.map(|sum| sum / *count as f32);
            let answer = || answer(&kicks[..grid.steps], &chances, &grid);
            (*count >= PAIRS).then(answer)?
        };
        kinds.iter().enumerate().map(answer_of).collect()
    }
}

/// The kick between the beats whose change gains most, if one does: one of those that are struck (logits
/// above 0) is left out; or one is added, with none on either side, and not as the third around the third
/// beat. Kicks on the beats are what both bars stand on.
fn answer(logits: &[f32], chances: &[f32; SLOTS], grid: &StepGrid) -> Option<KickChange> {
    let is_struck = |slot: usize| logits.get(slot).is_some_and(|&logit| logit > 0.0);
    let kicks = (0..logits.len()).filter(|&slot| is_struck(slot)).count();
    let between = (1..logits.len()).filter(|slot| !slot.is_multiple_of(grid.steps_per_beat));
    let changes = between.filter(|&slot| match is_struck(slot) {
        true => kicks > 1,
        false => {
            let alone = !is_struck(slot - 1) && !is_struck(slot + 1);
            kicks > 0 && alone && !crowds_third(is_struck, slot, grid)
        }
    });
    let gain = |slot: usize| {
        let more = chances[slot] - EVEN_CHANCE;
        if is_struck(slot) { -more } else { more }
    };
    changes
        .map(|slot| (gain(slot), KickChange { slot, adds: !is_struck(slot) }))
        .filter(|(gain, _)| *gain > GAIN)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, answer)| answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Metre;

    #[test]
    fn the_kick_in_doubt_answers() {
        let mut logits = [-1.0; 16];
        [0, 6, 8].into_iter().for_each(|slot| logits[slot] = 1.0);
        let with = |changed: &[(usize, f32)]| {
            let mut chances = [0.0; SLOTS];
            [0, 6, 8].into_iter().for_each(|slot| chances[slot] = 0.9);
            changed.iter().for_each(|&(slot, chance)| chances[slot] = chance);
            answer(&logits, &chances, &StepGrid::for_metre(Metre::COMMON, false))
        };
        // All are sure.
        assert_eq!(with(&[]), None);
        assert_eq!(with(&[(14, 0.4)]), Some(KickChange { slot: 14, adds: true }));
        assert_eq!(with(&[(14, 0.4), (6, 0.2)]), Some(KickChange { slot: 6, adds: false }));
        // Not the third around the third beat.
        assert_eq!(with(&[(10, 0.4)]), None);
        // Not beside another, and the first stays.
        assert_eq!(with(&[(7, 0.5), (0, 0.1)]), None);
    }

    #[test]
    fn the_beats_stay_as_they_are() {
        let grid = StepGrid::for_metre(Metre::COMMON, false);
        let mut logits = [-1.0; 16];
        [0, 4, 8, 12].into_iter().for_each(|slot| logits[slot] = 1.0);
        let mut chances = [0.0; SLOTS];
        [0, 8, 12].into_iter().for_each(|slot| chances[slot] = 0.9);
        // Four on the floor, though the second is in doubt.
        assert_eq!(answer(&logits, &chances, &grid), None);
        logits[4] = -1.0;
        chances[4] = 0.9;
        assert_eq!(answer(&logits, &chances, &grid), None);
    }
}
