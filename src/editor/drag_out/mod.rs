//! Dragging the clip out of the window, as a MIDI file, onto the host's arrangement or the desktop.
//!
//! The window's library is no drag source. On Linux the drag has a thread of its own and speaks XDND
//! over a connection of its own. Windows and macOS want drags to be begun by the window's thread, and
//! there it is done between two frames.

#[cfg(target_os = "macos")]
mod appkit;
#[cfg(windows)]
mod ole;
#[cfg(target_os = "linux")]
mod xdnd;

#[cfg(any(windows, target_os = "macos", test))]
mod drag_file;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

#[cfg(target_os = "macos")]
pub use appkit::DragSource;
#[cfg(any(windows, target_os = "macos"))]
pub use drag_file::is_under_way;
#[cfg(windows)]
pub use ole::DragSource;
#[cfg(target_os = "linux")]
pub use xdnd::DragSource;

use crate::files::{OutputError, write_beside};
use crate::studio::ExportFile;

/// The name of the plugin's window, by which a clip that is dragged out knows it.
pub const TITLE: &str = "Drumlin";

/// Why a drag did not take place.
#[derive(Debug, thiserror::Error)]
pub enum DragError {
    #[error(transparent)]
    File(#[from] OutputError),
    #[error("cannot drag: {0}")]
    System(String),
}

/// A file that was written to be taken out of the window.
pub struct Written {
    /// Where it is.
    pub path: PathBuf,
    /// It was not there before.
    is_new: bool,
}

impl Written {
    /// Nobody has taken it: removes it, unless it was taken before.
    pub fn forget(&self) {
        if self.is_new {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Writes the file where it stays: many hosts play it from there for as long as there is their project.
/// One that is there already is not written again, and another of its name is left as it is.
///
/// # Errors
/// If it cannot be written.
pub fn write(file: &ExportFile) -> Result<Written, OutputError> {
    write_in(&folder(), file)
}

fn write_in(folder: &Path, file: &ExportFile) -> Result<Written, OutputError> {
    if let Some(path) = find(folder, file) {
        return Ok(Written { path, is_new: false });
    }
    fs::create_dir_all(folder)
        .map_err(|source| OutputError::Io { path: folder.to_owned(), source })?;
    let path = write_beside(folder, &file.name, &file.bytes)?;
    Ok(Written { path, is_new: true })
}

/// A file where it was written before: under its name, or with a number behind that.
fn find(folder: &Path, file: &ExportFile) -> Option<PathBuf> {
    let name = Path::new(&file.name);
    let stem = name.file_stem()?.to_str()?;
    let is_named = |path: &Path| {
        let other = path.file_stem().and_then(OsStr::to_str);
        path.extension() == name.extension()
            && other.and_then(|other| other.strip_prefix(stem)).is_some_and(|rest| {
                let number = rest.strip_prefix(' ').map(str::parse::<u32>);
                rest.is_empty() || number.is_some_and(|number| number.is_ok())
            })
    };
    let is_same = |path: &PathBuf| {
        is_named(path)
            && fs::metadata(path).is_ok_and(|found| found.len() == file.bytes.len() as u64)
            && fs::read(path).is_ok_and(|bytes| bytes == file.bytes)
    };
    fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).find(is_same)
}

/// Where files stay that were taken out of the window.
#[cfg(not(test))]
fn folder() -> PathBuf {
    crate::studio::dragged_folder().unwrap_or_else(|| std::env::temp_dir().join("Drumlin"))
}

/// Tests leave the musician's folder alone.
#[cfg(test)]
fn folder() -> PathBuf {
    std::env::temp_dir().join(format!("drumlin-test-{}", std::process::id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drums(byte: u8) -> ExportFile {
        ExportFile { name: "Drums.mid".to_owned(), bytes: vec![byte], notes: 1 }
    }

    #[test]
    fn a_file_stays_and_none_takes_the_place_of_another() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("Drumlin/dragged");
        let written = |byte| write_in(&folder, &drums(byte)).unwrap();
        let name = |written: &Written| written.path.file_name().unwrap().to_owned();
        let (first, second) = (written(1), written(2));
        assert_eq!([name(&first), name(&second)], ["Drums.mid", "Drums 2.mid"]);
        assert_eq!(fs::read(&first.path).unwrap(), [1]);
        // Dragged again it is the same file, which stays even if nobody takes it this time.
        let again = written(2);
        assert_eq!(again.path, second.path);
        again.forget();
        assert!(second.path.exists());
        second.forget();
        assert!(!second.path.exists() && first.path.exists());
    }

    #[test]
    fn a_file_of_a_longer_name_is_another() {
        let home = tempfile::tempdir().unwrap();
        let longer = ExportFile { name: "Drums bars 9.mid".to_owned(), ..drums(1) };
        write_in(home.path(), &longer).unwrap();
        let written = write_in(home.path(), &drums(1)).unwrap();
        assert_eq!(written.path, home.path().join("Drums.mid"));
    }
}
