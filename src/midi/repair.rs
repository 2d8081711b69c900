//! What was wrong with a file that could be read all the same.

use std::fmt;

/// One kind of damage that was mended in reading. Shown as a part of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are called what the variants speak of")]
pub enum Repair {
    /// The MIDI file begins only behind other bytes, such as a MacBinary head.
    Prefix { bytes: usize },
    /// The length of the header, or one in what the file is wrapped in, leads nowhere.
    HeaderLength,
    /// The format is that of a single track (0), and there are several.
    OneTrack { found: usize },
    /// The header announces another number of tracks than there are; all that are there were read.
    TrackCount { announced: usize, found: usize },
    /// A track's end was found by its end mark, since the chunk's length is wrong.
    Length {
        /// From 1.
        track: usize,
    },
    /// A track has no end mark; its last event ends it.
    NoEndMark {
        /// From 1.
        track: usize,
    },
    /// Events that follow an end mark were read as well.
    EarlyEndMark {
        /// From 1.
        track: usize,
    },
    /// Values over 127 or messages of a wrong length in a track.
    Values {
        /// From 1.
        track: usize,
        count: usize,
    },
    /// Bytes between or in tracks that are no events.
    Skipped { bytes: usize },
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Repair::Prefix { bytes } => {
                write!(f, "{bytes} bytes before the MIDI file were skipped")
            }
            Repair::HeaderLength => write!(f, "its header is not as long as it says"),
            Repair::OneTrack { found } => {
                write!(f, "a file of one track (format 0) has {found}")
            }
            Repair::TrackCount { announced, found } => {
                write!(f, "the header announces {announced} tracks, {found} were found")
            }
            Repair::Length { track } => {
                write!(f, "track {track} is not as long as it says and was read to its end mark")
            }
            Repair::NoEndMark { track } => write!(f, "track {track} has no end mark"),
            Repair::EarlyEndMark { track } => {
                write!(f, "track {track} goes on behind an end mark")
            }
            Repair::Values { track, count: 1 } => {
                write!(f, "a value that MIDI does not have was mended in track {track}")
            }
            Repair::Values { track, count } => {
                write!(f, "{count} values that MIDI does not have were mended in track {track}")
            }
            Repair::Skipped { bytes } => write!(f, "{bytes} bytes that are no music were skipped"),
        }
    }
}
