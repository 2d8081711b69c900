//! A candidate comes into the document.

use std::ops::Range;
use std::sync::Arc;

use super::CandidateSet;
use crate::drummer::Settings;
use crate::score::{BarIndex, DrumPart, Hit};
use crate::studio::{
    ALTERNATIVES, Alternative, Arrangement, Document, EditError, Lanes, Take, VariationId,
};

/// Puts a candidate into one of the alternatives, which is heard then.
#[derive(Clone, Debug, PartialEq)]
pub struct PutCandidate {
    take: Arc<Take>,
    played: Settings,
    alternative: Alternative,
    /// Which alternative, from 0; one behind the last is added.
    slot: usize,
    /// These bars alone; all if there are none.
    bars: Vec<Range<usize>>,
}

impl PutCandidate {
    /// `None` if there is no such candidate. `slot` counts from 0; without `bars` all of it is put in.
    pub fn new(
        set: &CandidateSet,
        variation: VariationId,
        slot: usize,
        bars: Vec<Range<usize>>,
    ) -> Option<PutCandidate> {
        let alternative = set.get(variation)?.alternative.clone();
        let (take, played) = (set.take.clone(), set.played.clone());
        Some(PutCandidate { take, played, alternative, slot, bars })
    }

    /// Locked lanes and bars of the alternative stay.
    pub(in crate::studio) fn put_into(&self, document: &mut Document) -> Result<(), EditError> {
        let lanes = document.locked_lanes();
        let same = document.take().is_some_and(|take| take.song == self.take.song);
        let arrangement = document.arrangement.as_mut().ok_or(EditError::NoPart)?;
        let (part, own) = (&arrangement.alternative().part, &self.alternative.part);
        if !same || (&part.bars, &part.grids) != (&own.bars, &own.grids) {
            return Err(EditError::OtherTake);
        }
        if self.slot >= ALTERNATIVES {
            return Err(EditError::NoAlternative(self.slot));
        }
        let slot = self.slot.min(arrangement.alternatives.len());
        match arrangement.alternatives.get(slot).cloned() {
            None if self.bars.is_empty() => arrangement.alternatives.push(self.alternative.clone()),
            None => return Err(EditError::NoAlternative(slot)),
            Some(old) => {
                arrangement.chosen = slot;
                if self.bars.is_empty() {
                    arrangement.alternatives[slot] = self.alternative.clone();
                } else {
                    self.bars.iter().for_each(|bars| arrangement.mix(bars, &self.alternative));
                }
                arrangement.restore_locked(slot, &old, lanes);
            }
        }
        arrangement.chosen = slot;
        // What was played with other settings is played anew with those of now.
        let Settings { seed, alternatives, .. } = arrangement.played;
        let played = Settings { seed, alternatives, ..self.played.clone() };
        if played != arrangement.played {
            arrangement.played = played;
        }
        Ok(())
    }
}

impl Arrangement {
    /// Brings what is locked back into an alternative, as it was in `old`.
    fn restore_locked(&mut self, slot: usize, old: &Alternative, lanes: Lanes) {
        let locked_bars: &dyn Fn(BarIndex) -> bool = &|bar| self.locked_bars.contains(&bar);
        if lanes == Lanes::NONE && self.locked_bars.is_empty() {
            return;
        }
        let locked = |hit: &&Hit| lanes.contains(hit.lane()) || locked_bars(hit.bar);
        let part = &self.alternatives[slot].part;
        let kept = old.part.hits.iter().filter(locked);
        let hits = part.hits.iter().filter(|hit| !locked(hit)).chain(kept).copied().collect();
        let part = DrumPart::new(part.bars.clone(), part.grids.clone(), hits);
        self.alternatives[slot].part = Arc::new(part);
    }
}
