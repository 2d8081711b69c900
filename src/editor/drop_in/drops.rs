//! Whom a drop target tells.

use std::path::PathBuf;

/// What a drop target tells while it lives.
pub trait Drops: Send + 'static {
    /// A file is dragged over the window, or no longer is.
    fn hover(&self, over: bool);
    /// A file was dropped.
    fn take(&self, path: PathBuf);
}
