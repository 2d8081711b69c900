//! MIDI files dropped on the window.
//!
//! The window's library hears of drops but passes none of them on. Each system has its own way
//! around that, and each tells [`Drops`]. "Open a MIDI file" works everywhere.

#[cfg(target_os = "macos")]
mod appkit;
mod drops;
#[cfg(windows)]
mod ole;
#[cfg(target_os = "linux")]
mod xdnd;

#[cfg(target_os = "macos")]
use appkit::Target;
#[cfg(windows)]
use ole::Target;
#[cfg(target_os = "linux")]
use xdnd::Target;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nice_plug_egui::baseview::WindowContext;
use parking_lot::Mutex;

pub use drops::Drops;

/// Takes drops on a window until it is dropped itself.
pub struct DropTarget {
    _target: Option<Target>,
}

impl DropTarget {
    /// Where drops cannot be had, the target is there and nothing comes.
    pub fn new(window: &WindowContext, drops: impl Drops) -> DropTarget {
        DropTarget { _target: Target::of(window, drops) }
    }
}

/// Whether a file hangs over the window, as told from another thread.
#[derive(Clone, Debug, Default)]
pub struct Hovering(Arc<AtomicBool>);

impl Hovering {
    pub fn set(&self, over: bool) {
        self.0.store(over, Ordering::Relaxed);
    }

    pub fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Files that were dropped, as told from another thread. They wait for the window's next frame: what
/// a drop means depends on the sheet that is open.
#[derive(Clone, Debug, Default)]
pub struct DroppedFiles(Arc<Mutex<Vec<PathBuf>>>);

impl DroppedFiles {
    pub fn push(&self, path: PathBuf) {
        self.0.lock().push(path);
    }

    /// All that came since the last call, in the order in which they came.
    pub fn take(&self) -> Vec<PathBuf> {
        std::mem::take(&mut self.0.lock())
    }
}
