//! The song that a command works on.

use std::path::{Path, PathBuf};

use crate::score::{Song, TrackError};

use super::Failure;

/// Why a file's song cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot use {}: {reason}", path.display())]
pub struct SongError {
    path: PathBuf,
    reason: TrackError,
}

/// Reads a song and makes sure that there is something in it.
pub fn read(path: &Path) -> Result<Song, Failure> {
    let song = crate::midi::read(path)?;
    if song.tracks.iter().all(|track| track.notes.is_empty()) {
        return Err(SongError { path: path.into(), reason: TrackError::Empty }.into());
    }
    Ok(song)
}

/// What the drummer listens to: the tracks asked for, or all but the drums.
pub fn listened_to(path: &Path, song: &Song, tracks: &[String]) -> Result<Song, Failure> {
    let chosen = song.with_only_tracks(tracks);
    Ok(chosen.map_err(|reason| SongError { path: path.into(), reason })?)
}

/// What the song is called: its file's name.
pub fn title(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
