//! What the sheet remembers.

use std::ops::Range;
use std::sync::Arc;

use super::super::frame::Frame;
use super::preview::Preview;
use crate::studio::{AudioImport, PreviewRequest, RecordingMix};
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
    /// What of it is heard.
    pub mix: RecordingMix,
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
        RecordingSheet { import, options, preview, seen, tempo: None, mix: RecordingMix::default() }
    }

    /// Whether it is heard, by itself or along with the host.
    pub fn is_heard(&self, frame: &Frame<'_>) -> bool {
        let request = frame.view.preview.as_ref().map(|view| &view.request);
        matches!(
            request,
            Some(PreviewRequest::Recording { import, .. } | PreviewRequest::RecordingAlong { import, .. })
                if *import == self.import
        )
    }

    /// The second of the recording that is heard now, if it is.
    pub fn heard(&self, frame: &Frame<'_>) -> Option<f64> {
        let view = frame.view.preview.as_ref()?;
        match &view.request {
            PreviewRequest::Recording { import, from, .. } if *import == self.import => {
                Some(from + view.since.elapsed().as_secs_f64())
            }
            _ => None,
        }
    }
}
