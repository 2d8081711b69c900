//! Folders: which of their files are meant.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::CliError;
pub use crate::midi::is_midi_name as is_midi;

/// Whether a name begins with a dot. A Mac leaves files of its own beside others: `.DS_Store`, and
/// `._song.mid` beside `song.mid`, which is no song.
pub fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
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

/// A folder that files are written to. It is made if need be; where nothing has come into it when this
/// is dropped, it is gone again.
pub struct OutputFolder {
    /// Where it is, if it was made.
    made: Option<PathBuf>,
}

impl OutputFolder {
    /// Makes the folder if it is not there.
    ///
    /// # Errors
    /// If it cannot be made, or a file is there.
    pub fn new(folder: &Path) -> Result<OutputFolder, CliError> {
        if folder.is_dir() {
            return Ok(OutputFolder { made: None });
        }
        if folder.exists() {
            return Err(CliError::FileAsFolder { path: folder.into() });
        }
        let failed = |source| CliError::Folder { folder: folder.into(), source };
        fs::create_dir_all(folder).map_err(failed)?;
        Ok(OutputFolder { made: Some(folder.into()) })
    }
}

impl Drop for OutputFolder {
    fn drop(&mut self) {
        if let Some(folder) = &self.made {
            // What is not empty is not removed.
            let _ = fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_stays_if_something_is_in_it() {
        let around = tempfile::tempdir().unwrap();
        let folder = around.path().join("new/drums");
        drop(OutputFolder::new(&folder).unwrap());
        assert!(!folder.exists());
        let made = OutputFolder::new(&folder).unwrap();
        fs::write(folder.join("song.mid"), "").unwrap();
        drop(made);
        assert!(folder.join("song.mid").exists());
        // One that was there before is nobody's to remove.
        fs::remove_file(folder.join("song.mid")).unwrap();
        drop(OutputFolder::new(&folder).unwrap());
        assert!(folder.is_dir());
        let file = around.path().join("file");
        fs::write(&file, "").unwrap();
        let refused = OutputFolder::new(&file).err().unwrap().to_string();
        assert_eq!(refused, format!("{} is a file, and a folder is needed", file.display()));
    }

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
