//! Which takes were in view, and whether the host has laid the bars of the present one anew.

use std::sync::Arc;

use super::frame::Frame;
use crate::studio::{Edit, Take};

#[derive(Default)]
pub struct TakeWatch {
    /// A take whose bars the host has laid anew since, and how.
    outdated: Option<(Arc<Take>, String)>,
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
        if let Some(take) = take
            && let Some(how) = laid_anew(frame)
        {
            self.outdated = Some((Arc::clone(take), how));
        }
    }

    /// How the host has laid the bars of the take in view anew, in words.
    pub fn outdated(&self) -> Option<&str> {
        self.outdated.as_ref().map(|(_, how)| how.as_str())
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

/// What the host, which plays in the take in view, has there that the take has not, in words.
fn laid_anew(frame: &Frame<'_>) -> Option<String> {
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
        return Some(format!("it is in {}, the host in {metre}", bar.metre));
    }
    // A file has a tempo of its own; drums follow the host's in any case. Ramps are steps in a take.
    let (was, is) = (take.song.tempo.bpm(ticks).0, transport.bpm?.0);
    let differs = take.was_heard() && (was - is).abs() > 0.02 * was;
    differs.then(|| format!("it has {was:.0} bpm there, the host {is:.0}"))
}
