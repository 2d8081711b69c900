//! What a musician is told beside the drums.

use std::fmt;

use crate::score::Seconds;

/// Something about a recording or what was asked of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Remark {
    /// So much within the recording could not be read, and is silent.
    Unread(Seconds),
    /// From here on nothing could be read.
    CutShort(Seconds),
    /// Its beats are not at the tempo that was given, in beats a minute.
    OtherTempo(f64),
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Remark::Unread(Seconds(seconds)) => {
                write!(f, "it is damaged: {seconds:.2} s of it cannot be read and are silent")
            }
            Remark::CutShort(Seconds(seconds)) => {
                write!(f, "it is damaged: nothing can be read after {seconds:.1} s")
            }
            Remark::OtherTempo(tempo) => {
                write!(f, "it does not keep to {tempo} bpm: the beats are where they were heard")
            }
        }
    }
}
