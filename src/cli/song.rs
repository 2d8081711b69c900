//! The song that a command works on.

use std::path::{Path, PathBuf};

use crate::score::Song;

/// Why a file's song cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SongError {
    #[error("cannot use {}: it has no notes", path.display())]
    NoNotes { path: PathBuf },
}

/// Reads a song and makes sure that there is something in it.
pub fn read(path: &Path) -> Result<Song, super::Failure> {
    let song = crate::midi::read(path)?;
    if song.tracks.iter().all(|track| track.notes.is_empty()) {
        return Err(SongError::NoNotes { path: path.into() }.into());
    }
    Ok(song)
}
