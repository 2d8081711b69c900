//! Folders: which of their files are meant.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::error::CliError;

/// Whether a name begins with a dot. A Mac leaves files of its own beside others: `.DS_Store`, and
/// `._song.mid` beside `song.mid`, which is no song.
pub fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

/// Whether a file of a folder is a MIDI file, by its name.
pub fn is_midi(path: &Path) -> bool {
    let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default().to_lowercase();
    ["mid", "midi"].contains(&ending.as_str()) && !is_hidden(path)
}

/// The MIDI files of a folder, by name; without those of the folders in it.
///
/// # Errors
/// If the folder cannot be read.
pub fn midi_files(folder: &Path) -> Result<Vec<PathBuf>, CliError> {
    let unreadable = |source| CliError::Folder { folder: folder.into(), source };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if is_midi(&path) && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_files_and_folders_are_no_songs() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.MIDI", "a.mid", "._a.mid", ".DS_Store", ".mid", "notes.txt", "mid"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        fs::create_dir(folder.path().join("songs.mid")).unwrap();
        let found = midi_files(folder.path()).unwrap();
        assert_eq!(found, ["a.mid", "b.MIDI"].map(|name| folder.path().join(name)));
        assert!(midi_files(&folder.path().join("none")).is_err());
    }
}
