//! Why there is no melody.

use crate::network::NetworkError;

/// Each says what was wrong with what was given.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what each is and what it names")]
pub enum ComposeError {
    #[error("there are no drums to write a melody for")]
    NoDrums,
    #[error(
        "\"{text}\" is no key; a key is a note and a scale, such as \"A minor\" or \"Bb dorian\"; \
         the scales are {scales}"
    )]
    Key { text: String, scales: String },
    #[error("\"{text}\" is no range; a range is two notes, such as A3-E5")]
    Range { text: String },
    #[error("the range is too narrow: its ends have to be four semitones apart or more")]
    Narrow,
    #[error("no note of {key} lies within {range}")]
    Empty { key: String, range: String },
    #[error("the song whose {what} to be kept has no melody")]
    NoMelody { what: &'static str },
    #[error("the range {range} has no {note}, which is one of the pitches that are to be kept")]
    Outside { note: &'static str, range: String },
    #[error("the song that the melody is to agree with has no notes but drums")]
    NoChords,
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error("cancelled")]
    Cancelled,
}
