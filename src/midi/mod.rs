//! Standard MIDI files in and out. Of the other modules it knows [`crate::score`] only.
//!
//! [`parse`] makes a [`Song`] of a file's bytes and [`write()`] makes bytes of a song; [`read`] does
//! the file access too. [`drum_song`] and [`with_drums`] put a drum part into a song to be written.
//! A [`SongFile`], which [`open()`] reads, keeps the file beside its song: what of it was mended, what
//! was taken for drums and why, and all that a song does not hold, for
//! [`SongFile::with_drums`].
//!
//! Runs on any thread but the audio thread (it allocates). Takes time in proportion to the bytes,
//! about a millisecond for a song, and memory too: a few bytes that stand for hours of rest are
//! refused, not laid out. Times are in ticks of the song, whose resolution is the
//! file's, or a finer one where that is below 96 ticks to the quarter.
//!
//! Every byte string is an answer: a song, or a [`MidiError`] that says in a sentence what is
//! wrong. Damage that loses no music is mended, and listed as [`Repair`]s; a file that lacks
//! something is refused rather than read in part.
//!
//! Source: Standard MIDI Files 1.0 (RP-001, MIDI Manufacturers Association, 1996).

#![forbid(unsafe_code)]

mod container;
mod drum_detection;
mod drums;
mod error;
mod events;
mod file;
mod merge;
mod names;
mod notes;
mod parse;
mod pedal;
#[cfg(test)]
mod properties;
mod repair;
mod sounds;
#[cfg(test)]
mod tests;
mod text;
mod volume;
mod write;

use std::fs::File;
use std::io::Read;
use std::path::Path;

pub use drums::{drum_song, drum_song_of, with_drums, with_drums_of};
pub use error::{MidiError, ReadError};
pub use file::SongFile;
pub use parse::{MAX_BARS, MAX_HOURS, parse};
pub use repair::Repair;
pub use sounds::{Because, DRUM_CHANNEL};
pub use volume::VolumeChange;
pub use write::{write, write_clip};

use crate::score::Song;

/// The largest file that is read, in MiB; songs have less than one.
const MAX_MIB: u64 = 32;

/// Whether a file of a folder is a MIDI file, by its name: that ends in `.mid` or `.midi`, in capitals or
/// small letters, and does not begin with a dot, as the files do that a Mac leaves beside others.
pub fn is_midi_name(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default();
    let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    ["mid", "midi"].iter().any(|known| ending.eq_ignore_ascii_case(known)) && !is_hidden
}

/// Reads a MIDI file, as [`parse`] does.
///
/// # Errors
/// If the file cannot be read, is larger than 32 MiB, or [`parse`] refuses what is in it. The
/// message names the file.
pub fn read(path: &Path) -> Result<Song, ReadError> {
    let midi = |source| ReadError::Midi { path: path.to_owned(), source };
    parse(&bytes_of(path)?).map_err(midi)
}

/// Reads a MIDI file with all that is in it.
///
/// # Errors
/// As [`read`].
pub fn open(path: &Path) -> Result<SongFile, ReadError> {
    let midi = |source| ReadError::Midi { path: path.to_owned(), source };
    SongFile::parse(bytes_of(path)?).map_err(midi)
}

/// The bytes of a file that may be MIDI.
///
/// # Errors
/// If the file cannot be read or is larger than 32 MiB. The message names the file.
pub fn bytes_of(path: &Path) -> Result<Vec<u8>, ReadError> {
    let io = |source| ReadError::Io { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    // Read up to the limit and one byte more: what is no plain file does not tell its size.
    let most = MAX_MIB << 20;
    File::open(path).map_err(io)?.take(most + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > most {
        return Err(ReadError::TooBig { path: path.to_owned(), most_mib: MAX_MIB });
    }
    Ok(bytes)
}
