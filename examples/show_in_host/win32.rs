//! The host's window on Windows.

use windows::Win32::Foundation::HWND;
use windows::Win32::UI::WindowsAndMessaging::{
    CreateWindowExW, DispatchMessageW, MSG, PM_REMOVE, PeekMessageW, SWP_NOMOVE, SWP_NOZORDER,
    SetWindowPos, TranslateMessage, WINDOW_EX_STYLE, WS_CLIPCHILDREN, WS_POPUP, WS_VISIBLE,
};
use windows::core::{HSTRING, w};

use hosts::BoxError;

pub struct Surface {
    window: HWND,
}

impl Surface {
    /// Opens a window of a size in pixels, at the upper left and without a frame.
    pub fn new(title: &str, width: u16, height: u16) -> Result<Surface, BoxError> {
        // SAFETY: the class is the system's; all else is optional.
        let window = unsafe {
            CreateWindowExW(
                WINDOW_EX_STYLE::default(),
                w!("STATIC"),
                &HSTRING::from(title),
                WS_POPUP | WS_VISIBLE | WS_CLIPCHILDREN,
                0,
                0,
                width.into(),
                height.into(),
                None,
                None,
                None,
                None,
            )
        }?;
        Ok(Surface { window })
    }

    /// The handle by which this process knows the window.
    pub fn id(&self) -> usize {
        self.window.0.addr()
    }

    pub fn resize(&self, width: u32, height: u32) -> Result<(), BoxError> {
        let (width, height) = (width as i32, height as i32);
        // SAFETY: the window is ours.
        unsafe {
            SetWindowPos(self.window, None, 0, 0, width, height, SWP_NOMOVE | SWP_NOZORDER)?;
        }
        Ok(())
    }

    /// Handles what has come for the windows of this thread, the plugin's among them.
    pub fn idle(&self) -> Result<(), BoxError> {
        let mut message = MSG::default();
        // SAFETY: the loop that every program with windows has.
        unsafe {
            while PeekMessageW(&mut message, None, 0, 0, PM_REMOVE).as_bool() {
                let _ = TranslateMessage(&message);
                DispatchMessageW(&message);
            }
        }
        Ok(())
    }
}
