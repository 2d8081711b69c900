//! What there is to show.

use std::ops::Deref;
use std::sync::Arc;

use super::{
    AudioImport, AuditionSource, CandidateSet, Document, JobView, MapView, MelodySet,
    PianoRendering, PreviewView, RecordingView, RelevanceFeedback, TappingView, TrackListeningView,
    WindowSettings,
};
use crate::network::{Backend, Engine};
use crate::patterns::Pattern;

/// The studio at one moment. What is in [`Session`] is read as if it were the view's own.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// Grows with every change; equal numbers, equal views.
    pub revision: u64,
    /// As it is now, edits included.
    pub document: Arc<Document>,
    /// What is beside the document.
    pub session: Session,
    /// What was heard of the host.
    pub recording: RecordingView,
    /// The groove that is being tapped, if one is.
    pub tapping: Option<TappingView>,
    /// The job under way, if any.
    pub job: Option<JobView>,
    /// The sound of the track that is listened to, if any is.
    pub listening: Option<TrackListeningView>,
    /// What undo would take back, such as "erase"; `None` if there is nothing.
    pub undo: Option<&'static str>,
    /// What redo would do again.
    pub redo: Option<&'static str>,
}

impl Deref for View {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

/// What a studio knows beside its document: no step of the undo history changes it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Session {
    /// Size and theme of the window.
    pub window_settings: WindowSettings,
    /// What the networks shall run on.
    pub backend: Backend,
    /// What they ran on last; `None` before the first job.
    pub engine: Option<Engine>,
    /// The map of grooves; `None` until it was asked for.
    pub map: Option<Arc<MapView>>,
    /// The groove that is heard in the place of the part.
    pub auditioned: Option<Pattern>,
    /// Candidates to choose from; `None` until some were written.
    pub candidates: Option<Arc<CandidateSet>>,
    /// What the musician starred and discarded of them.
    pub feedback: RelevanceFeedback,
    /// What is heard while they are compared.
    pub audition_source: Option<AuditionSource>,
    /// The recording that was heard last, with what was heard.
    pub import: Option<Arc<AudioImport>>,
    /// The melodies that were written last.
    pub melodies: Option<Arc<MelodySet>>,
    /// The take that was played with a piano last.
    pub rendering: Option<Arc<PianoRendering>>,
    /// The sound that is heard while the host stands.
    pub preview: Option<PreviewView>,
    /// Grows when settings were brought back rather than turned: by undo, redo, a preset, another
    /// take or a saved state. Whoever shows controls for them has to turn those to what the document asks for.
    pub recalls: u64,
    /// What went wrong last, one sentence; `None` once something has worked since.
    pub error: Option<Arc<str>>,
}
