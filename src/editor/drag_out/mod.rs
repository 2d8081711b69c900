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

use std::path::{Path, PathBuf};

#[cfg(target_os = "macos")]
pub use appkit::DragSource;
#[cfg(any(windows, target_os = "macos"))]
pub use drag_file::is_under_way;
#[cfg(windows)]
pub use ole::DragSource;
#[cfg(target_os = "linux")]
pub use xdnd::DragSource;

use crate::studio::ExportFile;

/// The name of the plugin's window, by which a clip that is dragged out knows it.
pub const TITLE: &str = "Drumlin";

/// Why a drag did not take place.
#[derive(Debug, thiserror::Error)]
pub enum DragError {
    #[error("cannot write the clip to be dragged: {0}")]
    File(#[from] std::io::Error),
    #[error("cannot drag: {0}")]
    System(String),
}

/// Writes the file where it may stay: hosts read it late, some only when they save the project.
pub fn write(file: &ExportFile) -> std::io::Result<PathBuf> {
    let folder = tempfile::Builder::new().prefix("drumlin-").tempdir()?.keep();
    let path = folder.join(&file.name);
    std::fs::write(&path, &file.bytes)?;
    Ok(path)
}

/// Removes what [`write`] has made. What stays is cleared away with the system's temporary files.
fn forget(path: &Path) {
    let _ = std::fs::remove_file(path);
    let _ = path.parent().map(std::fs::remove_dir);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_there_and_stays() {
        let file = ExportFile { name: "Drums.mid".to_owned(), bytes: vec![1, 2, 3], notes: 1 };
        let path = write(&file).unwrap();
        assert_eq!(path.file_name().unwrap(), "Drums.mid");
        assert_eq!(std::fs::read(&path).unwrap(), [1, 2, 3]);
        forget(&path);
        assert!(!path.parent().unwrap().exists());
    }
}
