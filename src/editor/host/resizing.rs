//! The sizes that the host is asked for.
//!
//! On X11 the window's library asks the host to follow every size that the server reports and that the
//! host has not given by the plugin's own interface. Hosts with sockets of GTK resize the window by the
//! server, too: such a size, reported late, was asked for anew, the host gave it, and so on to and fro.
//! Ardour, which tries the smallest size first, has opened windows in it on busy machines. So the host
//! hears only of what the window itself has asked for.

use std::error::Error;
use std::sync::Arc;

use nice_plug::editor::dpi::{LogicalSize, Size};
use nice_plug::editor::{HostCallbacks, HostMethods};
use parking_lot::Mutex;

/// The size that the window asks for, in logical pixels, until its host has heard of it.
#[derive(Clone, Default)]
pub struct WantedSize(Arc<Mutex<Option<LogicalSize<f32>>>>);

impl WantedSize {
    pub fn set(&self, size: LogicalSize<f32>) {
        *self.0.lock() = Some(size);
    }

    /// Whether it was this size, to the pixel; then the host hears of it.
    fn take(&self, size: LogicalSize<f32>) -> bool {
        let is_near = |wanted: &mut LogicalSize<f32>| {
            (wanted.width - size.width).abs() < 1.0 && (wanted.height - size.height).abs() < 1.0
        };
        self.0.lock().take_if(is_near).is_some()
    }

    /// A host that hears of this size and of no other.
    pub fn only(self, host: HostMethods) -> HostMethods {
        let callbacks = OnlyWanted { host: host.callbacks, wanted: self };
        HostMethods { callbacks: Box::new(callbacks), ..host }
    }
}

struct OnlyWanted {
    host: Box<dyn HostCallbacks>,
    wanted: WantedSize,
}

impl HostCallbacks for OnlyWanted {
    fn request_resize(&mut self, size: Size, scale: f64) -> Result<(), Box<dyn Error>> {
        if self.wanted.take(size.to_logical(scale)) {
            self.host.request_resize(size, scale)
        } else {
            Ok(())
        }
    }

    fn destroyed(&mut self) {
        self.host.destroyed();
    }
}
