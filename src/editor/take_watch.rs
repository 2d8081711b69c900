//! Which takes were in view, and whether the host has laid the bars of the present one anew.

use std::sync::Arc;

use super::frame::{Difference, Frame};
use crate::studio::{Edit, Take};

#[derive(Default)]
pub struct TakeWatch {
    /// A take that the host has otherwise since, and how.
    outdated: Option<(Arc<Take>, Difference)>,
    /// The take in view now, and the one before it.
    seen: [Option<Arc<Take>>; 2],
}

impl TakeWatch {
    /// Looks at the take in view, once a frame.
    pub fn update(&mut self, frame: &Frame<'_>) {
        let take = frame.take.filter(|_| !frame.live).map(|(take, _)| take);
        let is = |other: &Arc<Take>| take.is_some_and(|take| Arc::ptr_eq(take, other));
        if let Some(take) = take
            && !self.seen[0].as_ref().is_some_and(is)
        {
            // One that was renamed is still the same.
            let same = |old: &Arc<Take>| old.start == take.start && old.song == take.song;
            if !self.seen[0].as_ref().is_some_and(same) {
                self.seen.swap(0, 1);
            }
            self.seen[0] = Some(Arc::clone(take));
        }
        if self.outdated.as_ref().is_some_and(|(old, _)| !is(old)) {
            self.outdated = None;
        }
        match (take, compare(frame)) {
            (Some(take), Some(Comparison::Differs(how))) => {
                self.outdated = Some((Arc::clone(take), how));
            }
            // A song that was practised slowly; bars that are laid anew are so elsewhere, too.
            (_, Some(Comparison::Same)) => {
                self.outdated = self.outdated.take().filter(|(_, how)| how.is_grave())
            }
            _ => (),
        }
    }

    /// What the host has otherwise than the take in view.
    pub fn outdated(&self) -> Option<&Difference> {
        self.outdated.as_ref().map(|(_, how)| how)
    }

    /// Goes to the take that was in view before this one.
    pub fn go_back(&self, frame: &Frame<'_>) {
        let Some(before) = &self.seen[1] else { return };
        let takes = &frame.view.document.takes;
        let found = takes.iter().position(|take| Arc::ptr_eq(take, before));
        let found = found.or_else(|| takes.iter().position(|take| take == before));
        if let Some(take) = found {
            frame.edit(Edit::ChooseTake(take));
        }
    }
}

/// What a take has, beside what the host has there.
enum Comparison {
    Same,
    Differs(Difference),
}

/// Compares the take in view with the host's song where the host plays; `None` where it plays nothing of it.
fn compare(frame: &Frame<'_>) -> Option<Comparison> {
    let ((take, bars), transport) = (frame.take?, &frame.transport);
    if take.file_time.is_some() {
        // Its bars are those that are heard; the host's never were.
        return None;
    }
    let at = frame.playhead().filter(|at| transport.playing && *at >= 0.0)?;
    let ticks = crate::score::Ticks(at as u64);
    let number = bars.bar_at(ticks)?.0;
    let bar = bars.bars().get(number)?;
    let next = bars.bars().get(number + 1);
    let whole = next.map(|next| next.metre.bar_ticks(bars.ticks_per_quarter()));
    if number == 0 && whole.is_some_and(|whole| bar.length < whole) {
        // The take's own upbeat, whatever the host's bars are.
        return None;
    }
    if let Some(metre) = transport.metre.filter(|metre| *metre != bar.metre) {
        let how = format!("it is in {}, the host in {metre}", bar.metre);
        return Some(Comparison::Differs(Difference::Bars(how)));
    }
    // A file has a tempo of its own; drums follow the host's in any case. Ramps are steps in a take.
    let (was, is) = (take.song.tempo.bpm(ticks).0, transport.bpm?.0);
    if take.was_heard() && (was - is).abs() > 0.02 * was {
        let how = format!("it has {was:.0} bpm there, the host {is:.0}");
        return Some(Comparison::Differs(Difference::Tempo(how)));
    }
    Some(Comparison::Same)
}
