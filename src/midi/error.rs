//! What can be wrong with a MIDI file, in one sentence each.

use std::path::PathBuf;

use thiserror::Error;

/// Why bytes are not a song that Drumlin can use.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages say what each is and what it names")]
pub enum MidiError {
    #[error("not a MIDI file: it does not begin with MThd")]
    NotMidi,
    #[error("the file is cut off inside its header")]
    CutHeader,
    /// A track chunk says that it is longer than the file.
    #[error("the file is cut off: track {track} stops before its end")]
    CutTrack {
        /// From 1.
        track: usize,
    },
    #[error("the file is cut off or damaged: tracks announced {declared}, found {found}")]
    MissingTracks { declared: usize, found: usize },
    #[error("the file is damaged: what stands at byte {byte}, in track {track}, is no MIDI event")]
    Damaged {
        /// From 1.
        track: usize,
        /// From the start of the file.
        byte: usize,
    },
    #[error("the file has no usable time base (division {division:#06x})")]
    TimeBase { division: u16 },
    #[error("MIDI format {format} is not known (0, 1 and 2 are)")]
    Format { format: u16 },
    #[error(
        "the file holds {songs} separate songs (format 2): save the one you want as a file of its \
         own"
    )]
    SeveralSongs { songs: usize },
    #[error("the song is too long: {bars} bars, where at most {most} are possible")]
    TooManyBars { bars: u64, most: u64 },
    #[error("the song is too long: {hours} hours, where at most {most} are possible")]
    TooLong { hours: u64, most: u64 },
}

/// Why a file could not be read.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say what each is and what it names")]
pub enum ReadError {
    #[error("cannot read {}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("cannot use {}: the file is larger than {most_mib} MiB", path.display())]
    TooBig { path: PathBuf, most_mib: u64 },
    #[error("cannot use {}: {source}", path.display())]
    Midi { path: PathBuf, source: MidiError },
}
