//! Everything that the host played, by song position.

use super::wire::Captured;
use super::{Take, TakeError};
use crate::score::Beats;

/// The most bars, from the start of the host's song, of which notes are kept.
pub const MAX_BARS: usize = 1024;

/// What was heard so far. Feed it with what the audio thread sends, on any other thread.
#[derive(Clone, Debug, Default)]
pub struct Recording {}

/// What a take is cut from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Span {
    /// From the first to the last bar with notes.
    All,
    /// The same, of what has played since the transport was last started. A jump to elsewhere
    /// counts as a start; going round in a loop does not.
    JustPlayed,
    /// From one position of the host's song to another, such as its loop; widened to bar lines.
    Between { from: Beats, to: Beats },
    /// Bars of the host's song from 0, the last excluded.
    Bars { first: usize, end: usize },
}

/// What there is to cut takes from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RecordingView {
    pub notes: usize,
    /// From the first to the last bar with notes (the last excluded), as [`Span::All`] takes.
    pub bars: Option<BarSpan>,
    /// As [`Span::JustPlayed`] takes.
    pub just_played: Option<BarSpan>,
    /// The transport runs.
    pub running: bool,
    /// Some notes are missing: more came at once than could be passed on, or too many altogether.
    pub incomplete: bool,
}

/// Bars of the host's song, from 0, the last excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BarSpan {
    pub first: usize,
    pub end: usize,
}

impl Recording {
    pub fn hear(&mut self, _event: Captured) {}

    pub fn view(&self) -> RecordingView {
        RecordingView::default()
    }

    /// Cuts a take. Notes that begin before it are left out; those that sound on at its end stop
    /// there.
    ///
    /// # Errors
    /// If nothing was heard there.
    pub fn cut(&self, _span: Span) -> Result<Take, TakeError> {
        Err(TakeError::NothingHeard)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Recording::default();
    }
}
