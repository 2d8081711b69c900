//! A window that is gone once it has been dropped.
//!
//! On X11 the window lives on a thread of its own, whose library means to wait for it and does not:
//! asked to end, the thread no longer answers the question that comes first. It would still be
//! taking its graphics down while the host unloads the plugin or ends. So it is waited for here.

use std::cell::Cell;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use nice_plug::editor::dpi::NativeSize;
use nice_plug::editor::{EditorHandle, Modifiers, ParentWindowHandle, ResizeHint, VirtualKeyCode};
use nice_plug_egui::EguiEditorHandle;
use nice_plug_egui::baseview::{Error, Window};
use parking_lot::Mutex;

/// Nobody waits longer for a window to go; it takes some milliseconds.
const PATIENCE: Duration = Duration::from_secs(2);

/// Pixels to a logical one. What a host names beyond is a mistake, and no window could be drawn.
pub const SCALES: RangeInclusive<f64> = 0.25..=8.0;
/// The longest side that a window can be drawn with, in pixels. The shortest is 1.
const LONGEST_SIDE: u32 = 8192;

thread_local! {
    /// Dropped when the thread ends, behind everything that it had.
    static THREAD: Cell<Option<Alive>> = const { Cell::new(None) };
}

/// Says by being dropped that its thread has ended.
pub struct Alive {
    _end: Sender<()>,
}

/// Hears of it.
pub struct End(Receiver<()>);

/// Both ends of one thread.
pub fn thread_end() -> (Alive, End) {
    let (alive, end) = channel();
    (Alive { _end: alive }, End(end))
}

impl Alive {
    /// Ties it to the thread that this is called on. Elsewhere than on X11 that is the host's main
    /// thread, which is not waited for.
    pub fn with_this_thread(self) {
        if cfg!(target_os = "linux") {
            THREAD.set(Some(self));
        }
    }
}

impl End {
    /// Waits for the thread to end.
    fn wait(&self) {
        // Nothing is ever sent: it ends, or does not in time.
        let _ = self.0.recv_timeout(PATIENCE);
    }
}

/// An open window.
pub struct OpenWindow {
    /// There until it is closed.
    window: Option<Window>,
    end: End,
}

impl OpenWindow {
    pub fn new(window: Window, end: End) -> OpenWindow {
        OpenWindow { window: Some(window), end }
    }
}

impl Drop for OpenWindow {
    fn drop(&mut self) {
        // A thread that is asked to end before its loop has begun forgets that it was: the library would
        // wait for ever. What answers has begun.
        let opened = self.window.as_ref().filter(|_| cfg!(target_os = "linux"));
        if let Some(window) = opened.filter(|window| window.is_open()) {
            let _ = window.hide();
        }
        drop(self.window.take());
        self.end.wait();
    }
}

/// The host's way to the window.
pub struct WindowHandle {
    pub handle: EguiEditorHandle,
    /// Pixels to a logical one, as the window has them now: its library keeps on this thread those
    /// that it opened with.
    pub scale: Arc<Mutex<f64>>,
    pub resize_hint: ResizeHint,
}

impl WindowHandle {
    /// Does something with a window that is open.
    fn with(
        window: &OpenWindow,
        change: impl FnOnce(&Window) -> Result<(), Error>,
    ) -> Result<(), Error> {
        window.window.as_ref().map_or(Ok(()), change)
    }
}

/// The size nearest to the one that a host asks for that can be drawn.
fn drawable(size: NativeSize<u32>) -> NativeSize<u32> {
    let side = |length: u32| length.clamp(1, LONGEST_SIDE);
    NativeSize::new(side(size.width), side(size.height))
}

impl EditorHandle for WindowHandle {
    type Window = OpenWindow;
    type Error = Error;

    fn run_until_closed(mut window: OpenWindow) -> Result<(), Error> {
        window.window.take().map_or(Ok(()), EguiEditorHandle::run_until_closed)
    }

    fn set_parent(&self, parent: ParentWindowHandle, window: &OpenWindow) -> Result<(), Error> {
        Self::with(window, |window| self.handle.set_parent(parent, window))
    }

    fn show(&self, window: &OpenWindow) -> Result<(), Error> {
        Self::with(window, |window| self.handle.show(window))
    }

    fn hide(&self, window: &OpenWindow) -> Result<(), Error> {
        Self::with(window, |window| self.handle.hide(window))
    }

    fn set_size(&self, size: NativeSize<u32>, window: &OpenWindow) -> Result<(), Error> {
        Self::with(window, |window| self.handle.set_size(drawable(size), window))
    }

    fn host_main_thread_callback(&self, window: &OpenWindow) {
        if let Some(window) = &window.window {
            self.handle.host_main_thread_callback(window);
        }
    }

    fn adjust_size(&self, size: NativeSize<u32>, _window: &OpenWindow) -> Option<NativeSize<u32>> {
        Some(self.resize_hint.adjust_size(size, size, *self.scale.lock()))
    }

    fn set_fallback_scale_factor(&self, scale: f64, window: &OpenWindow) -> Result<(), Error> {
        if !SCALES.contains(&scale) {
            return Ok(());
        }
        Self::with(window, |window| self.handle.set_fallback_scale_factor(scale, window))
    }

    fn on_virtual_key_from_host(
        &self,
        key: VirtualKeyCode,
        is_down: bool,
        modifiers: Modifiers,
    ) -> bool {
        self.handle.on_virtual_key_from_host(key, is_down, modifiers)
    }

    fn state_changed(&self) {
        self.handle.state_changed();
    }

    fn param_value_changed(&self, id: &str, value: f32) {
        self.handle.param_value_changed(id, value);
    }

    fn param_modulation_changed(&self, id: &str, offset: f32) {
        self.handle.param_modulation_changed(id, offset);
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn a_thread_is_waited_for_to_its_end() {
        let (alive, end) = thread_end();
        let done = Arc::new(AtomicBool::new(false));
        let finished = Arc::clone(&done);
        thread::spawn(move || {
            alive.with_this_thread();
            thread::sleep(Duration::from_millis(100));
            finished.store(true, Ordering::Relaxed);
        });
        end.wait();
        assert!(done.load(Ordering::Relaxed));
        // A window that was never made has no thread.
        let (alive, end) = thread_end();
        drop(alive);
        end.wait();
    }

    #[test]
    fn sizes_that_cannot_be_drawn_are_not_asked_for() {
        let sizes = [(0, u32::MAX), (1100, 720)].map(|(width, height)| {
            let size = drawable(NativeSize::new(width, height));
            (size.width, size.height)
        });
        assert_eq!(sizes, [(1, LONGEST_SIDE), (1100, 720)]);
    }
}
