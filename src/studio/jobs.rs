//! What the worker can be asked for, and how far it is.

use std::path::PathBuf;
use std::sync::Arc;

use super::audio_import::AudioImport;
use super::candidates::CandidateSet;
use super::melodies::{MelodyRequest, MelodySet};
use super::sound_preview::PreviewRequest;
use super::take_piano::PianoRendering;
use super::track_sound::TrackRecording;
use super::wire::Sound;
use super::{Document, Region};
use crate::drummer::Stage;

/// Work for the worker thread. A job takes what it needs from the document when it begins and puts
/// its result into the document as it is when it ends, so that edits made meanwhile stay.
#[derive(Clone, Debug, PartialEq)]
pub enum Job {
    /// Drums for the current take: hears it and plays.
    Generate,
    /// Another idea for the same form.
    New,
    /// The same ideas, played differently.
    Variation,
    /// Plays again as the settings now ask. What was edited by hand, locked lanes and locked bars
    /// stay. The studio starts it by itself when settings change.
    Reshape,
    /// Other drums in some bars and lanes of the chosen alternative; edits there are given up.
    Regenerate(Region),
    /// Many candidates for the current take, ranked; see [`super::CandidateSet`].
    Candidates,
    /// The drums of a recording; see [`super::AudioImport`].
    Transcribe(PathBuf),
    /// The drums of what sounded on the plugin's own track; see [`super::StudioLink::listen`].
    TranscribeTrack(Arc<TrackRecording>),
    /// Melodies for the drums of the current take; see [`super::MelodySet`].
    Compose(MelodyRequest),
    /// A sound to be heard while the host stands.
    Preview(PreviewRequest),
    /// The piano of a recording; see [`super::TakePiano`].
    LearnPiano(PathBuf),
    /// The current take as a WAV file, played with the document's piano.
    RenderPiano,
    /// MIDI files, and those of folders, for the musician's library of grooves; see
    /// [`super::StudioLink::add_grooves`].
    AddGrooves(Vec<PathBuf>),
}

impl Job {
    /// As shown beside a progress bar.
    pub const fn name(&self) -> &'static str {
        match self {
            Job::Generate => "generate",
            Job::New => "new idea",
            Job::Variation => "variation",
            Job::Reshape => "reshape",
            Job::Regenerate(_) => "regenerate",
            Job::Candidates => "make 32",
            Job::Transcribe(_) | Job::TranscribeTrack(_) => "transcribe",
            Job::Compose(_) => "write a melody",
            Job::Preview(_) => "preview",
            Job::LearnPiano(_) => "learn the piano",
            Job::RenderPiano => "render the take",
            Job::AddGrooves(_) => "add grooves",
        }
    }
}

/// A job under way.
#[derive(Clone, Debug, PartialEq)]
pub struct JobView {
    /// What is being done.
    pub job: Job,
    /// `None` while the job waits for the one before it to end.
    pub stage: Option<Stage>,
    /// How much is done, 0 to 1.
    pub fraction: f32,
}

/// What is said when a job's result belongs to what is no longer there.
pub(super) const GONE: &str = "the document changed under the job; start it again";

/// A document made of another; `None` if what it would change is gone.
type Change = Box<dyn FnOnce(&Document) -> Option<Document>>;

/// A change of the document as it is when the job ends, and how it goes into the undo history.
pub(super) struct Outcome {
    pub change: Change,
    /// The name of its step; `None` if it belongs to the step before.
    pub step: Option<&'static str>,
    /// What was written to choose from.
    pub candidates: Option<Arc<CandidateSet>>,
    /// A recording that was heard.
    pub import: Option<Arc<AudioImport>>,
    /// Melodies that were written.
    pub melodies: Option<Arc<MelodySet>>,
    /// A take that was played with a piano.
    pub rendering: Option<Arc<PianoRendering>>,
    /// What is to be heard.
    pub sound: Option<(PreviewRequest, Sound)>,
}

impl Outcome {
    /// A step of the undo history.
    pub fn step(
        job: &Job,
        change: impl FnOnce(&Document) -> Option<Document> + 'static,
    ) -> Outcome {
        let unchanged = Outcome::amend(Document::clone);
        Outcome { step: Some(job.name()), change: Box::new(change), ..unchanged }
    }

    /// A change that belongs to the step before.
    pub fn amend(change: impl FnOnce(&Document) -> Document + 'static) -> Outcome {
        Outcome {
            change: Box::new(|document| Some(change(document))),
            step: None,
            candidates: None,
            import: None,
            melodies: None,
            rendering: None,
            sound: None,
        }
    }
}
