//! Dragging the clip out of the window, as a MIDI file, onto the host's arrangement or the desktop.
//!
//! The drag has a thread of its own, as hosts may take their time to read the file. On Linux it
//! speaks XDND over a connection of its own: the window's library is no drag source.

#[cfg(target_os = "linux")]
mod xdnd;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::studio::{MidiFile, Studio};

/// Why a drag did not take place.
#[derive(Debug, thiserror::Error)]
pub enum DragError {
    #[error("cannot write the clip to be dragged: {0}")]
    File(#[from] std::io::Error),
    #[cfg(target_os = "linux")]
    #[error("cannot drag: {0}")]
    Display(String),
    #[cfg(not(target_os = "linux"))]
    #[error("dragging out is not possible on this system yet: save the clip instead")]
    Unknown,
}

/// Begins to drag a file; the mouse button is down. What goes wrong is reported to the studio.
pub fn begin(studio: &Arc<Studio>, file: MidiFile) {
    super::export::aside(Arc::clone(studio), move |_| {
        drag(&file).map_err(|error| error.to_string())
    });
}

fn drag(file: &MidiFile) -> Result<(), DragError> {
    let path = write(file)?;
    #[cfg(target_os = "linux")]
    {
        let dropped = xdnd::drag(&path).map_err(|error| DragError::Display(error.to_string()));
        if !matches!(dropped, Ok(true)) {
            // Nobody has been told of the file.
            forget(&path);
        }
        dropped.map(|_| ())
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = path;
        Err(DragError::Unknown)
    }
}

/// Writes the file where it may stay: hosts read it late, some only when they save the project.
pub fn write(file: &MidiFile) -> std::io::Result<PathBuf> {
    let folder = tempfile::Builder::new().prefix("drumlin-").tempdir()?.keep();
    let path = folder.join(&file.name);
    std::fs::write(&path, &file.bytes)?;
    Ok(path)
}

/// Removes what [`write`] has made. What stays is cleared away with the system's temporary files.
#[cfg(target_os = "linux")]
fn forget(path: &Path) {
    let _ = std::fs::remove_file(path);
    let _ = path.parent().map(std::fs::remove_dir);
}

/// A file's address as `text/uri-list` wants it (RFC 2483, RFC 3986): bytes that are not plain are
/// escaped.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn uri_list(path: &Path) -> Vec<u8> {
    let mut uri = b"file://".to_vec();
    for &byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            uri.push(byte);
        } else {
            uri.extend(format!("%{byte:02X}").bytes());
        }
    }
    uri.extend(b"\r\n");
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_escaped() {
        let uri = uri_list(Path::new("/tmp/My song, bars 9–16.mid"));
        let expected = "file:///tmp/My%20song%2C%20bars%209%E2%80%9316.mid\r\n";
        assert_eq!(String::from_utf8(uri).unwrap(), expected);
    }

    #[test]
    fn the_file_is_there_and_stays() {
        let file = MidiFile { name: "Drums.mid".to_owned(), bytes: vec![1, 2, 3], strokes: 1 };
        let path = write(&file).unwrap();
        assert_eq!(path.file_name().unwrap(), "Drums.mid");
        assert_eq!(std::fs::read(&path).unwrap(), [1, 2, 3]);
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }
}
