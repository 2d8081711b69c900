//! Why a piano could not be measured or played.

/// One sentence each.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what each is and what it names")]
pub enum TimbreError {
    #[error("the recording is silent: it needs at least a few seconds of piano notes")]
    Silent,
    #[error("too few notes are heard: it needs at least a few seconds of piano notes")]
    TooFewNotes,
    #[error("what is heard is no piano: it needs at least a few seconds of piano notes alone")]
    NoPiano,
    #[error("no note of the MIDI file falls into the recording")]
    NoNotes,
    #[error("the performance lasts longer than an hour")]
    TooLong,
    #[error("this is no drumlin piano")]
    Foreign,
    #[error("the piano was saved by a newer drumlin (version {0}): update drumlin to open it")]
    Newer(u16),
    #[error("the saved piano is damaged")]
    Damaged,
    #[error("cancelled")]
    Cancelled,
}
