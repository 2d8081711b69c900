//! The song that a command works on.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::midi::ReadError;
use crate::score::{Song, TrackError};

use super::Failure;

/// Why a file's song cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot use {}: {reason}", path.display())]
pub struct SongError {
    path: PathBuf,
    reason: TrackError,
}

/// What stands for standard input, and for standard output.
pub const STANDARD: &str = "-";

/// The most that is read from standard input, in bytes; songs have less than a mebibyte.
const MOST: u64 = 32 << 20;

/// Reads a song, from standard input if it is called `-`, and makes sure that there is something in it.
pub fn read(path: &Path) -> Result<Song, Failure> {
    let song =
        if path == Path::new(STANDARD) { read_standard()? } else { crate::midi::read(path)? };
    if song.tracks.iter().all(|track| track.notes.is_empty()) {
        return Err(SongError { path: path.into(), reason: TrackError::Empty }.into());
    }
    Ok(song)
}

fn read_standard() -> Result<Song, ReadError> {
    let path = || PathBuf::from("standard input");
    let mut bytes = Vec::new();
    let read = io::stdin().lock().take(MOST + 1).read_to_end(&mut bytes);
    read.map_err(|source| ReadError::Io { path: path(), source })?;
    if bytes.len() as u64 > MOST {
        return Err(ReadError::TooBig { path: path(), most_mib: MOST >> 20 });
    }
    crate::midi::parse(&bytes).map_err(|source| ReadError::Midi { path: path(), source })
}

/// What the drummer listens to: the tracks asked for, or all but the drums.
pub fn listened_to(path: &Path, song: &Song, tracks: &[String]) -> Result<Song, Failure> {
    let chosen = song.with_only_tracks(tracks);
    Ok(chosen.map_err(|reason| SongError { path: path.into(), reason })?)
}

/// What the song is called: its file's name.
pub fn title(path: &Path) -> String {
    if path == Path::new(STANDARD) {
        return "song".to_owned();
    }
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
