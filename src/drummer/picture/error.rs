//! Why there is no picture.

use crate::picture::EncodeError;

/// Why there is no picture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what each is and what it names")]
pub enum PictureError {
    #[error("a song without bars has no form to draw")]
    NoBars,
    #[error("the matrices have {melodic} and {drums} bars: they are not of one song")]
    SizesDiffer { melodic: usize, drums: usize },
    #[error("the form ends at bar {end} of a song of {bars} bars")]
    FormOutside { end: usize, bars: usize },
    #[error(transparent)]
    Encode(#[from] EncodeError),
}
