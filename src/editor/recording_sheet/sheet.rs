//! What the sheet remembers.

use std::ops::Range;
use std::sync::Arc;

use super::preview::Preview;
use crate::studio::AudioImport;
use crate::transcriber::Options;

/// What the sheet remembers while it is open.
pub struct RecordingSheet {
    pub import: Arc<AudioImport>,
    pub options: Options,
    pub preview: Preview,
    /// The seconds in view.
    pub seen: Range<f64>,
    /// A tempo that is being typed.
    pub tempo: Option<String>,
}

impl std::fmt::Debug for RecordingSheet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordingSheet").field("name", &self.import.name).finish_non_exhaustive()
    }
}

impl RecordingSheet {
    /// All of the recording in view, heard as usual.
    pub fn new(import: Arc<AudioImport>) -> RecordingSheet {
        let seen = 0.0..import.seconds().max(0.1);
        let (options, preview) = (Options::default(), Preview::default());
        RecordingSheet { import, options, preview, seen, tempo: None }
    }
}
