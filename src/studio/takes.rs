//! The takes of a document: each has its own drums and settings. Those of the current take are in
//! [`Document::arrangement`] and [`Document::settings`]; those of the others are put away.

use std::sync::Arc;

use super::{Arrangement, Document, EditError, MAX_BARS, MOST_TAKES, Take, TakeState};
use crate::drummer::Settings;

/// Swings that differ by less are one.
const SAME_SWING: f32 = 1e-3;

impl Document {
    /// The take in view and heard.
    pub fn take(&self) -> Option<&Arc<Take>> {
        self.takes.get(self.current_take?)
    }

    /// What was generated for a take; `None` if nothing was.
    pub fn arrangement_of(&self, take: usize) -> Option<&Arrangement> {
        if self.current_take == Some(take) {
            return self.arrangement.as_ref();
        }
        self.kept.get(take)?.as_ref()?.arrangement.as_ref()
    }

    pub(super) fn take_at(&self, index: usize) -> Result<&Arc<Take>, EditError> {
        self.takes.get(index).ok_or(EditError::NoTake(index))
    }

    /// Makes a take the current one: what belongs to the one before is put away.
    pub(super) fn turn_to(&mut self, take: Option<usize>) {
        if self.current_take == take {
            return;
        }
        self.kept.resize(self.takes.len(), None);
        if let Some(place) = self.current_take.and_then(|before| self.kept.get_mut(before)) {
            let (arrangement, settings) = (self.arrangement.take(), self.settings.clone());
            *place = Some(Arc::new(TakeState { arrangement, settings }));
        }
        self.current_take = take;
        self.arrangement = None;
        // A take without settings of its own goes on with those that there are.
        if let Some(kept) = take.and_then(|take| self.kept.get_mut(take)).and_then(Option::take) {
            let kept = Arc::unwrap_or_clone(kept);
            (self.arrangement, self.settings) = (kept.arrangement, kept.settings);
        } else {
            // Its grooves are from another song.
            self.settings.forget_homes();
        }
    }

    /// Adds a take and makes it the current one. Where there are too many, the oldest goes; one
    /// without drums, if there is one.
    pub(super) fn add_take(&mut self, take: Arc<Take>) {
        if self.takes.len() >= MOST_TAKES {
            let unused = |&index: &usize| {
                self.current_take != Some(index) && self.arrangement_of(index).is_none()
            };
            let others = |&index: &usize| self.current_take != Some(index);
            let all = || 0..self.takes.len();
            let oldest = all().find(unused).or_else(|| all().find(others)).unwrap_or(0);
            self.remove_take(oldest);
        }
        self.takes.push(take);
        self.turn_to(Some(self.takes.len() - 1));
    }

    /// Removes a take with its drums. Another one takes its place as the current one.
    pub(super) fn remove_take(&mut self, index: usize) {
        if self.current_take == Some(index) {
            let last = self.takes.len() - 1;
            self.turn_to(if index < last { Some(index + 1) } else { index.checked_sub(1) });
        }
        self.takes.remove(index);
        self.kept.resize(self.takes.len() + 1, None);
        self.kept.remove(index);
        self.current_take = self.current_take.map(|current| current - usize::from(current > index));
    }

    /// Puts a changed take in the place of one, also for the part that was made for it.
    pub(super) fn replace_take(&mut self, index: usize, take: Take) {
        let take = Arc::new(take);
        self.takes[index] = take.clone();
        if self.current_take == Some(index) {
            if let Some(arrangement) = &mut self.arrangement {
                arrangement.take = take;
            }
        } else if let Some(Some(kept)) = self.kept.get_mut(index)
            && let Some(arrangement) = &mut Arc::make_mut(kept).arrangement
        {
            arrangement.take = take;
        }
    }

    /// Puts a take with other bars in the place of one; drums that were made for those it had go.
    ///
    /// # Errors
    /// If it has more bars than a take may have.
    pub(super) fn lay_anew(&mut self, index: usize, take: Take) -> Result<(), EditError> {
        if take.bars().len() > MAX_BARS {
            return Err(EditError::TooManyBars);
        }
        if take.bars() == self.takes[index].bars() {
            return Ok(());
        }
        self.takes[index] = Arc::new(take);
        if self.current_take == Some(index) {
            self.arrangement = None;
        } else if let Some(Some(kept)) = self.kept.get_mut(index) {
            Arc::make_mut(kept).arrangement = None;
        }
        Ok(())
    }

    /// Before a take is added: the drums swing as it does. Where it does not swing, a swing that was the
    /// last take's goes, and the musician's own stays.
    pub(super) fn swing_like(&mut self, take: &Take) {
        let swing = take.swing();
        let last = self.take().map_or(0.0, |take| take.swing());
        // Hosts round what they are told.
        let follows = (self.settings.swing - last).abs() < SAME_SWING;
        if swing > 0.0 || (last > 0.0 && follows) {
            self.settings.swing = swing;
        }
    }

    /// Where a take is now, which may have been renamed meanwhile.
    fn place_of(&self, take: &Arc<Take>) -> Option<usize> {
        let same = |other: &Arc<Take>| Arc::ptr_eq(other, take);
        let equal = |other: &Arc<Take>| {
            (other.length, &other.song) == (take.length, &take.song) && other.start == take.start
        };
        self.takes.iter().position(same).or_else(|| self.takes.iter().position(equal))
    }

    /// Changes what belongs to a take, wherever that is now. Whether the take is still there.
    pub(super) fn with_take(
        &mut self,
        take: &Arc<Take>,
        change: impl FnOnce(&Arc<Take>, &mut Option<Arrangement>, &mut Settings),
    ) -> bool {
        let Some(index) = self.place_of(take) else { return false };
        let take = self.takes[index].clone();
        if self.current_take == Some(index) {
            change(&take, &mut self.arrangement, &mut self.settings);
            return true;
        }
        self.kept.resize(self.takes.len(), None);
        let new = || Arc::new(TakeState { arrangement: None, settings: self.settings.clone() });
        let kept = Arc::make_mut(self.kept[index].get_or_insert_with(new));
        change(&take, &mut kept.arrangement, &mut kept.settings);
        true
    }

    /// What was generated last for another capture of the same bars.
    pub(super) fn before(&self, take: &Arc<Take>) -> Option<&Arrangement> {
        let index = self.place_of(take).unwrap_or(self.takes.len());
        let same = |other: &usize| {
            self.takes[*other].start == take.start && self.takes[*other].bars() == take.bars()
        };
        (0..index).rev().filter(same).find_map(|other| self.arrangement_of(other))
    }

    /// Brings a document of a version that had one arrangement for all takes into order: what was
    /// heard is what is in view.
    pub(super) fn sort_takes(&mut self) {
        let Some(arrangement) = self.arrangement.take() else { return };
        let found = self.takes.iter().position(|take| Arc::ptr_eq(take, &arrangement.take));
        let index = found.unwrap_or_else(|| {
            // Its take was removed.
            if self.takes.len() >= MOST_TAKES {
                self.takes.remove(0);
            }
            self.takes.push(arrangement.take.clone());
            self.takes.len() - 1
        });
        (self.current_take, self.arrangement) = (Some(index), Some(arrangement));
    }
}
