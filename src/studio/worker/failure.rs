//! Why a job has no result, and what is shown of it.

use super::super::groove_map::LibraryError;
use super::super::jobs::GONE;
use super::super::recording_sound::PreviewError;
use super::super::take_piano::PianoError;
use crate::audio::AudioError;
use crate::composer::ComposeError;
use crate::drummer::DrummerError;
use crate::transcriber::TranscribeError;

/// Why a job has no result.
#[derive(Debug, thiserror::Error)]
pub enum JobFailure {
    #[error(transparent)]
    Drummer(#[from] DrummerError),
    #[error(transparent)]
    Transcribe(#[from] TranscribeError),
    #[error(transparent)]
    Compose(#[from] ComposeError),
    #[error(transparent)]
    Preview(#[from] PreviewError),
    #[error(transparent)]
    Piano(#[from] PianoError),
    #[error(transparent)]
    Library(#[from] LibraryError),
    #[error("{GONE}")]
    Gone,
    #[error("an error inside drumlin stopped \"{0}\"; please report it")]
    Bug(&'static str),
}

impl JobFailure {
    /// What to show; `None` if it was cancelled, which is no failure.
    pub fn sentence(&self) -> Option<String> {
        match self {
            JobFailure::Drummer(DrummerError::Cancelled)
            | JobFailure::Transcribe(TranscribeError::Cancelled)
            | JobFailure::Compose(ComposeError::Cancelled)
            | JobFailure::Preview(
                PreviewError::Cancelled
                | PreviewError::Audio(AudioError::Cancelled)
                | PreviewError::Piano(PianoError::Cancelled),
            )
            | JobFailure::Piano(PianoError::Cancelled)
            | JobFailure::Library(LibraryError::Cancelled) => None,
            failure => Some(failure.to_string()),
        }
    }
}
