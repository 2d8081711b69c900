//! Why an edit was not made.

use crate::score::GrooveError;

/// Why an edit was not made; the document is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what each is and what it names")]
pub enum EditError {
    #[error("there is no drum part yet: generate one first")]
    NoPart,
    #[error("there is no alternative {}", .0 + 1)]
    NoAlternative(usize),
    #[error("there is no take {}", .0 + 1)]
    NoTake(usize),
    #[error("the hits would leave the grid")]
    OffGrid,
    #[error("these bars are no groove: {0}")]
    Groove(#[from] GrooveError),
    #[error("the take would have more bars than are possible")]
    TooManyBars,
    #[error("no other section repeats bar {}", .0 + 1)]
    NoRepeat(usize),
    #[error("no beats can be found in the take")]
    NoBeats,
    #[error("these candidates were written for another take")]
    OtherTake,
}
