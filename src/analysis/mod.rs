//! Audio to features. Pure functions over samples and matrices; they run on the worker thread (or
//! the command line's) and may use a few threads of their own that end before they return. Their
//! results are the same bit for bit on any number of threads.
//!
//! Samples in `[-1, 1]` become a [`Cqt`] (84 semitones in dB by frame; of long songs by a [`CqtStream`]), pooled to [`BarCqt`] (84
//! semitones by 96 steps for every bar), and that an [`Ssm`] (how alike every two bars are). What begins
//! when becomes beats by [`best_beats`].
//!
//! Source: Wei, Wu, Su, "Generating structured drum pattern using variational autoencoder and
//! self-similarity matrix", ISMIR 2019; the transform as in librosa 0.11.

mod bar_cqt;
mod beat_path;
mod cqt;
mod cqt_stream;
mod decimate;
mod parallel;
mod ssm;
mod ssm_features;
mod statistics;

pub use bar_cqt::BarCqt;
pub use beat_path::{BeatAt, BeatStep, best_beats};
pub use cqt::Cqt;
pub use cqt_stream::CqtStream;
pub use ssm::Ssm;
pub use statistics::{correlation, cosine, normalised};

/// Why audio could not be analysed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum AnalysisError {
    /// Only one rate is analysed; this is the one that was given, in hertz.
    #[error("audio at {0} Hz cannot be analysed; 22050 and 44100 Hz can")]
    SampleRate(u32),
    /// The sound holds infinities or what is no number.
    #[error("the audio holds values that are no numbers")]
    NotFinite,
}
