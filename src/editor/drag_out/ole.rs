//! A drag source for Windows: OLE.
//!
//! OLE's drag is a loop of its own on the window's thread: while it lasts, the messages of all
//! windows go through it, those of the plugin's too. Begun in the middle of a frame it would come
//! upon a window that is being drawn. So the frame only sets a timer of no length, and the host's
//! message loop begins the drag.

#![allow(unsafe_code, reason = "OLE is an interface in C++")]

use std::cell::Cell;
use std::num::NonZeroIsize;
use std::path::Path;
use std::sync::Arc;

use nice_plug_egui::baseview::WindowContext;
use raw_window_handle::{HasWindowHandle, RawWindowHandle};
use windows::Win32::Foundation::{
    DRAGDROP_S_CANCEL, DRAGDROP_S_DROP, DRAGDROP_S_USEDEFAULTCURSORS, HWND, LPARAM, POINT, S_OK,
    WPARAM,
};
use windows::Win32::Graphics::Gdi::ScreenToClient;
use windows::Win32::System::Com::IDataObject;
use windows::Win32::System::Ole::{
    DROPEFFECT, DROPEFFECT_COPY, DROPEFFECT_NONE, IDropSource, IDropSource_Impl,
};
use windows::Win32::System::SystemServices::{MK_LBUTTON, MODIFIERKEYS_FLAGS};
use windows::Win32::UI::Input::KeyboardAndMouse::{GetKeyState, ReleaseCapture, VK_LBUTTON};
use windows::Win32::UI::Shell::{
    BHID_DataObject, IShellItem, SHCreateItemFromParsingName, SHDoDragDrop,
};
use windows::Win32::UI::WindowsAndMessaging::{
    GetCursorPos, KillTimer, PostMessageW, SetTimer, USER_TIMER_MINIMUM, WM_LBUTTONUP, WM_MOUSEMOVE,
};
use windows::core::{BOOL, HRESULT, HSTRING, implement};

use super::super::frame::sentence;
use super::DragError;
use super::drag_file::DragFile;
use crate::studio::{ExportFile, Studio};

/// The timer among those of the window: none of the window's library has so great a number.
const TIMER: usize = 0x4472_756d;

thread_local! {
    /// What is to be dragged when the timer comes.
    static ASKED: Cell<Option<(Arc<Studio>, ExportFile)>> = const { Cell::new(None) };
}

/// Where drags out of a window begin: at the window, if it has one.
#[derive(Clone, Copy, Debug, Default)]
pub struct DragSource(Option<NonZeroIsize>);

impl DragSource {
    pub fn of(window: &WindowContext) -> DragSource {
        DragSource(match window.window_handle().map(|handle| handle.as_raw()) {
            Ok(RawWindowHandle::Win32(handle)) => Some(handle.hwnd),
            _ => None,
        })
    }

    /// Begins to drag a file, after this frame; the mouse button is down. What goes wrong is
    /// reported to the studio.
    pub fn drag(self, studio: &Arc<Studio>, file: ExportFile) {
        let Some(window) = self.0 else { return };
        ASKED.set(Some((Arc::clone(studio), file)));
        // SAFETY: the window is this thread's, and a timer ends with its window.
        unsafe { SetTimer(Some(hwnd(window)), TIMER, USER_TIMER_MINIMUM, Some(begin)) };
    }
}

fn hwnd(window: NonZeroIsize) -> HWND {
    HWND(window.get() as *mut _)
}

/// Called by the message loop of the window's thread.
unsafe extern "system" fn begin(window: HWND, _message: u32, timer: usize, _time: u32) {
    // SAFETY: the loop says so: the timer is the window's.
    let _ = unsafe { KillTimer(Some(window), timer) };
    if let Some((studio, file)) = ASKED.take()
        && let Err(error) = drag(window, &file)
    {
        studio.report(&sentence(&error.to_string()));
    }
}

/// Drags until the button is let go.
fn drag(window: HWND, file: &ExportFile) -> Result<(), DragError> {
    // SAFETY: asks for the button as this thread's messages have it, and lets go of a capture.
    unsafe {
        if GetKeyState(i32::from(VK_LBUTTON.0)) >= 0 {
            // It has been let go already.
            return Ok(());
        }
        // OLE captures the mouse for itself. Told of that, the plugin's window would release the
        // capture that it no longer has.
        let _ = ReleaseCapture();
    }
    let mut drag_file = DragFile::new(file)?;
    let offered = offer(window, drag_file.path());
    let_go(window);
    drag_file.taken = offered.map_err(|error| DragError::System(error.message()))?;
    Ok(())
}

/// Whether somebody takes the file.
fn offer(window: HWND, path: &Path) -> windows::core::Result<bool> {
    // SAFETY: the message loop has just called for this window, on its thread, which the window's
    // library has prepared for OLE.
    unsafe {
        let item: IShellItem = SHCreateItemFromParsingName(&HSTRING::from(path), None)?;
        let data: IDataObject = item.BindToHandler(None, &BHID_DataObject)?;
        let source: IDropSource = Source.into();
        let effect = SHDoDragDrop(Some(window), &data, &source, DROPEFFECT_COPY)?;
        Ok(effect != DROPEFFECT_NONE)
    }
}

/// Goes on until the left button is up, unless somebody presses Escape.
#[implement(IDropSource)]
struct Source;

impl IDropSource_Impl for Source_Impl {
    fn QueryContinueDrag(&self, escape: BOOL, keys: MODIFIERKEYS_FLAGS) -> HRESULT {
        if escape.as_bool() {
            DRAGDROP_S_CANCEL
        } else if keys.contains(MK_LBUTTON) {
            S_OK
        } else {
            DRAGDROP_S_DROP
        }
    }

    fn GiveFeedback(&self, _effect: DROPEFFECT) -> HRESULT {
        DRAGDROP_S_USEDEFAULTCURSORS
    }
}

/// Tells the window that the button is up, and where: OLE has kept that to itself.
fn let_go(window: HWND) {
    let mut at = POINT::default();
    // SAFETY: a window that is gone by now makes these fail, no more.
    unsafe {
        if GetCursorPos(&mut at).is_err() || !ScreenToClient(window, &mut at).as_bool() {
            return;
        }
        let place = (at.y as u16 as usize) << 16 | at.x as u16 as usize;
        for message in [WM_MOUSEMOVE, WM_LBUTTONUP] {
            let _ = PostMessageW(Some(window), message, WPARAM(0), LPARAM(place as isize));
        }
    }
}
