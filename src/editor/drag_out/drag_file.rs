//! What drags on Windows and macOS have in common: a file while it is dragged.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Written, write};
use crate::files::OutputError;
use crate::studio::ExportFile;

/// There is one mouse.
static UNDER_WAY: AtomicBool = AtomicBool::new(false);

/// Whether a clip is being dragged out of one of our windows. They take MIDI files too, but
/// their own drums are no song to play to.
pub fn is_under_way() -> bool {
    UNDER_WAY.load(Ordering::Relaxed)
}

/// A file that is being dragged, until this is dropped itself.
pub struct DragFile {
    written: Written,
    /// Somebody has the file: it stays.
    pub taken: bool,
}

impl DragFile {
    pub fn new(file: &ExportFile) -> Result<DragFile, OutputError> {
        let written = write(file)?;
        UNDER_WAY.store(true, Ordering::Relaxed);
        Ok(DragFile { written, taken: false })
    }

    pub fn path(&self) -> &Path {
        &self.written.path
    }
}

impl Drop for DragFile {
    fn drop(&mut self) {
        UNDER_WAY.store(false, Ordering::Relaxed);
        if !self.taken {
            self.written.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_nobody_takes_is_gone() {
        let file = ExportFile { name: "Dragged.mid".to_owned(), bytes: vec![1], notes: 1 };
        let mut drag_file = DragFile::new(&file).unwrap();
        let path = drag_file.path().to_owned();
        assert!(is_under_way() && path.exists());
        drag_file.taken = true;
        drop(drag_file);
        assert!(!is_under_way() && path.exists());
        std::fs::remove_file(path).unwrap();
        let drag_file = DragFile::new(&file).unwrap();
        let path = drag_file.path().to_owned();
        drop(drag_file);
        assert!(!is_under_way() && !path.exists());
        let _ = std::fs::remove_dir(path.parent().unwrap());
    }
}
