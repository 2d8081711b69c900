//! MIDI files dropped on the window.
//!
//! The window's library hears of drops but passes none of them on. On X11 the window and the host's
//! around it name a proxy (property `XdndProxy`), an invisible window of ours with a connection and a
//! thread of its own, and sources talk to that. Drops on Windows and macOS do not get there yet.
//! "Open a MIDI file" works everywhere.

#[cfg(target_os = "linux")]
mod xdnd;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nice_plug_egui::baseview::WindowContext;

/// What a drop target tells while it lives.
pub trait Drops: Send + 'static {
    /// A file is dragged over the window, or no longer is.
    fn hover(&self, over: bool);
    /// A file was dropped.
    fn take(&self, path: PathBuf);
}

/// Takes drops on a window until it is dropped itself.
pub struct DropTarget {
    #[cfg(target_os = "linux")]
    _proxy: Option<xdnd::Proxy>,
}

impl DropTarget {
    /// Where drops cannot be had, the target is there and nothing comes.
    pub fn new(window: &WindowContext, drops: impl Drops) -> DropTarget {
        #[cfg(target_os = "linux")]
        {
            let id = xdnd::window_id(window);
            let proxy = id.and_then(|id| xdnd::Proxy::new(None, id, drops).ok());
            DropTarget { _proxy: proxy }
        }
        #[cfg(not(target_os = "linux"))]
        {
            let _ = (window, drops);
            DropTarget {}
        }
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
