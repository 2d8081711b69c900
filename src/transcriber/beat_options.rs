//! What a musician knows of a recording's beats.

use crate::score::Beats;

/// What is known beforehand.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BeatOptions {
    /// Beats a minute, exactly.
    pub tempo: Option<f64>,
    /// Beats to a bar.
    pub beats_to_a_bar: Option<usize>,
    /// How long a beat is: one and a half in 6/8, a half in 7/8. A quarter note unless it is said.
    pub beat: Option<Beats>,
    /// When a bar begins, in seconds.
    pub downbeat: Option<f64>,
}

impl BeatOptions {
    /// How long a beat is, in quarter notes.
    pub(super) fn quarters(&self) -> f64 {
        self.beat.map_or(1.0, |beat| beat.0)
    }
}
