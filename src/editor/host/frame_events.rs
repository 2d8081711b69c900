//! Frames of a window that its host shows late.
//!
//! On X11 the window's library asks the server when the next frame is due (extension Present) and
//! draws once it is told. But only when the window is shown does it ask to be told at all: an answer
//! from before that reaches nobody, the library waits for it for ever, and the window stays blank.
//! That befalls hosts which take longer than a frame from making the window to showing it.
//! So the window hears of its frames from the beginning.

#![allow(unsafe_code, reason = "the connection to the X server is the library's")]

use std::error::Error;

use nice_plug_egui::baseview::WindowContext;
use raw_window_handle::{HasDisplayHandle, HasWindowHandle, RawDisplayHandle, RawWindowHandle};
use x11rb::connection::{Connection as _, RequestConnection as _};
use x11rb::protocol::present::{self, ConnectionExt as _, EventMask};
use x11rb::xcb_ffi::XCBConnection;

/// Has the server tell a window of its frames, whether it is shown or not. Nothing where the server
/// has no such events: there the library draws by a timer.
pub fn select(window: &WindowContext) {
    // A window that is shown at once is drawn without.
    let _ = try_select(window);
}

fn try_select(window: &WindowContext) -> Result<(), Box<dyn Error>> {
    let handle = window.platform_handle();
    let (Ok(window), Ok(display)) = (handle.window_handle(), handle.display_handle()) else {
        return Ok(());
    };
    let (RawWindowHandle::Xcb(window), RawDisplayHandle::Xcb(display)) =
        (window.as_raw(), display.as_raw())
    else {
        return Ok(());
    };
    let Some(connection) = display.connection else { return Ok(()) };
    // SAFETY: the handle keeps the library's connection open until this returns, and it is not closed
    // here. Events come on the connection that asked for them, so it has to be this one.
    let connection = unsafe { XCBConnection::from_raw_xcb_connection(connection.as_ptr(), false) }?;
    if connection.extension_information(present::X11_EXTENSION_NAME)?.is_some() {
        let event = connection.generate_id()?;
        let frames = EventMask::COMPLETE_NOTIFY;
        connection.present_select_input(event, window.window.get(), frames)?.check()?;
    }
    Ok(())
}
