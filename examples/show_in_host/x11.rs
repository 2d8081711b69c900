//! The host's window under X11.

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    AtomEnum, ConfigureWindowAux, ConnectionExt as _, CreateWindowAux, PropMode, Window,
    WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;
use x11rb::{COPY_DEPTH_FROM_PARENT, COPY_FROM_PARENT};

use hosts::BoxError;

pub struct Surface {
    connection: RustConnection,
    window: Window,
}

impl Surface {
    /// Opens a window of a size in pixels.
    pub fn new(title: &str, width: u16, height: u16) -> Result<Surface, BoxError> {
        let (connection, screen) = x11rb::connect(None)?;
        let window = connection.generate_id()?;
        connection.create_window(
            COPY_DEPTH_FROM_PARENT,
            window,
            connection.setup().roots[screen].root,
            0,
            0,
            width,
            height,
            0,
            WindowClass::INPUT_OUTPUT,
            COPY_FROM_PARENT,
            &CreateWindowAux::new(),
        )?;
        let (name, title) = (AtomEnum::WM_NAME, title.as_bytes());
        connection.change_property8(PropMode::REPLACE, window, name, AtomEnum::STRING, title)?;
        connection.map_window(window)?;
        connection.flush()?;
        Ok(Surface { connection, window })
    }

    /// The number by which everybody knows the window.
    pub fn id(&self) -> usize {
        self.window as usize
    }

    pub fn resize(&self, width: u32, height: u32) -> Result<(), BoxError> {
        let size = ConfigureWindowAux::new().width(width).height(height);
        Ok(self.connection.configure_window(self.window, &size)?.check()?)
    }

    /// Takes note of what has happened to the window.
    pub fn idle(&self) -> Result<(), BoxError> {
        while self.connection.poll_for_event()?.is_some() {}
        Ok(())
    }
}
