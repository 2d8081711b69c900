//! Why a clip is not in the result.

use std::path::PathBuf;

/// Why a clip is not in the result; a sentence without its subject, which is the clip.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Neither a recording nor a MIDI file, by its name.
    #[error("is no recording and no MIDI file")]
    NotAClip,
    /// It cannot be decoded, or holds what is no sound; the decoder's sentence, which names the file.
    #[error("{0}")]
    Broken(String),
    /// Nothing in it is louder than -60 dB of full scale.
    #[error("is silent")]
    Silent,
    /// Less than 50 ms of sound.
    #[error("is shorter than 50 ms without its silence")]
    TooShort,
    /// A MIDI file without drums.
    #[error("has no drums in it")]
    NoDrums,
    /// It sounds as another does.
    #[error("is nearly the same as {}", of.display())]
    NearDuplicate {
        /// The one that was kept.
        of: PathBuf,
    },
    /// Others were asked for first.
    #[error("is not among the {0} that were asked for")]
    NotChosen(usize),
    /// Somebody did not want to wait.
    #[error("was not heard: cancelled")]
    Cancelled,
}
