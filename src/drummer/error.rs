//! Why there are no drums.

use super::performance::PerformanceError;
use crate::analysis::AnalysisError;
use crate::audio::AudioError;
use crate::network::NetworkError;

/// The most bars that one song may have.
pub const MAX_BARS: usize = 10_000;

/// What can keep the drummer from playing.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what each is and what it names")]
pub enum DrummerError {
    #[error("there is no note to play to: the song has no melodic track with notes")]
    NoMelody,
    #[error("the song has {bars} bars; at most {MAX_BARS} can be heard as one song")]
    TooLong { bars: usize },
    #[error("cancelled")]
    Cancelled,
    #[error(transparent)]
    Audio(#[from] AudioError),
    #[error(transparent)]
    Analysis(#[from] AnalysisError),
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(transparent)]
    Performance(#[from] PerformanceError),
}
