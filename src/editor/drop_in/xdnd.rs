//! A drop target for X11: XDND version 5, <https://freedesktop.org/wiki/Specifications/XDND>, by
//! way of a proxy: the messages about one window come to another one, which is ours alone.

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use nice_plug_egui::baseview::WindowContext;
use raw_window_handle::{HasWindowHandle, RawWindowHandle};
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConnectionExt as _, CreateWindowAux, EventMask, PropMode,
    Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;
use x11rb::{COPY_DEPTH_FROM_PARENT, COPY_FROM_PARENT, CURRENT_TIME, NONE};

use super::Drops;

/// The version spoken here.
const VERSION: u32 = 5;
/// The most that is read of a list of files, in units of four bytes.
const LONGEST_LIST: u32 = 1 << 16;
/// The most types that a source is asked for.
const MOST_TYPES: u32 = 256;

x11rb::atom_manager! {
    Atoms: AtomsCookie {
        XdndAware,
        XdndProxy,
        XdndSelection,
        XdndTypeList,
        XdndEnter,
        XdndLeave,
        XdndPosition,
        XdndStatus,
        XdndDrop,
        XdndFinished,
        XdndActionCopy,
        DRUMLIN_DROP,
        DRUMLIN_END,
        URI_LIST: b"text/uri-list",
    }
}

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The number of a window of X11.
pub fn window_id(window: &WindowContext) -> Option<Window> {
    match window.window_handle().ok()?.as_raw() {
        RawWindowHandle::Xlib(handle) => Window::try_from(handle.window).ok(),
        RawWindowHandle::Xcb(handle) => Some(handle.window.get()),
        _ => None,
    }
}

/// Stands in for a window towards sources of drags; ends when it is dropped.
pub struct Proxy {
    connection: Arc<RustConnection>,
    window: Window,
    end: Atom,
    thread: Option<JoinHandle<()>>,
}

impl Proxy {
    /// `display` as in the variable of that name, which it is `None` for.
    pub fn new(display: Option<&str>, target: Window, drops: impl Drops) -> Outcome<Proxy> {
        let (connection, screen) = x11rb::connect(display)?;
        let connection = Arc::new(connection);
        let root = connection.setup().roots[screen].root;
        let window = connection.generate_id()?;
        connection.create_window(
            COPY_DEPTH_FROM_PARENT,
            window,
            root,
            -10,
            -10,
            1,
            1,
            0,
            WindowClass::INPUT_ONLY,
            COPY_FROM_PARENT,
            &CreateWindowAux::new().override_redirect(1),
        )?;
        let atoms = Atoms::new(&connection)?.reply()?;
        let aware = AtomEnum::ATOM;
        connection.change_property32(
            PropMode::REPLACE,
            window,
            atoms.XdndAware,
            aware,
            &[VERSION],
        )?;
        // A proxy names itself, so that one of a window's that is gone is not taken for it.
        for named_by in [window, target] {
            let (mode, kind) = (PropMode::REPLACE, AtomEnum::WINDOW);
            connection
                .change_property32(mode, named_by, atoms.XdndProxy, kind, &[window])?
                .check()?;
        }
        let own = Arc::clone(&connection);
        let host = move || {
            let mut session = Session { connection: &own, atoms, window, drops, drag: None };
            // The display is gone if it fails, and the window with it.
            let _ = session.listen();
            session.leave();
            let _ = own.delete_property(target, atoms.XdndProxy);
            let _ = own.destroy_window(window);
            let _ = own.flush();
        };
        let thread = thread::Builder::new().name("drumlin drops".to_owned()).spawn(host)?;
        Ok(Proxy { connection, window, end: atoms.DRUMLIN_END, thread: Some(thread) })
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let message = ClientMessageEvent::new(32, self.window, self.end, [0; 5]);
        let sent =
            self.connection.send_event(false, self.window, EventMask::NO_EVENT, message).is_ok();
        // Without a display the thread has ended already.
        if sent
            && self.connection.flush().is_ok()
            && let Some(thread) = self.thread.take()
        {
            // A panic has been reported by its own thread.
            let _ = thread.join();
        }
    }
}

/// A drag over the window.
#[derive(Clone, Copy)]
struct Drag {
    source: Window,
    /// What is under the pointer, as the source sees it.
    target: Window,
    /// It brings a list of files.
    welcome: bool,
    /// It has not been let go yet.
    held: bool,
}

struct Session<'a, D: Drops> {
    connection: &'a RustConnection,
    atoms: Atoms,
    window: Window,
    drops: D,
    drag: Option<Drag>,
}

impl<D: Drops> Session<'_, D> {
    /// Handles what comes until it is told to end.
    fn listen(&mut self) -> Outcome<()> {
        loop {
            match self.connection.wait_for_event()? {
                Event::ClientMessage(message) if message.type_ == self.atoms.DRUMLIN_END => {
                    return Ok(());
                }
                Event::ClientMessage(message) if message.format == 32 => self.hear(&message)?,
                Event::SelectionNotify(notice) => self.receive(notice.property)?,
                // What was asked of a window that is gone.
                _ => {}
            }
        }
    }

    fn hear(&mut self, message: &ClientMessageEvent) -> Outcome<()> {
        let [source, data @ ..] = message.data.as_data32();
        let (atoms, target) = (self.atoms, message.window);
        if message.type_ == atoms.XdndEnter {
            let welcome = self.types(source, data)?.contains(&atoms.URI_LIST);
            self.leave();
            self.drag = Some(Drag { source, target, welcome, held: true });
            if welcome {
                self.drops.hover(true);
            }
            return Ok(());
        }
        // A source that did not announce itself, or has left, is not listened to.
        let Some(drag) = self.drag.filter(|drag| drag.source == source) else { return Ok(()) };
        if message.type_ == atoms.XdndPosition {
            let action = if drag.welcome { atoms.XdndActionCopy } else { NONE };
            self.say(drag, atoms.XdndStatus, [u32::from(drag.welcome), 0, 0, action])?;
        } else if message.type_ == atoms.XdndLeave {
            self.leave();
        } else if message.type_ == atoms.XdndDrop {
            if !drag.welcome {
                return self.finish(false);
            }
            // Whether and when the source hands its files over is its own affair.
            self.drag = Some(Drag { held: false, ..drag });
            self.drops.hover(false);
            let time = if data[1] == 0 { CURRENT_TIME } else { data[1] };
            self.connection.convert_selection(
                self.window,
                atoms.XdndSelection,
                atoms.URI_LIST,
                atoms.DRUMLIN_DROP,
                time,
            )?;
            self.connection.flush()?;
        }
        Ok(())
    }

    /// What a source brings: three types are in its message, more in a property.
    fn types(&self, source: Window, [flags, types @ ..]: [u32; 4]) -> Outcome<Vec<Atom>> {
        if flags & 1 == 0 {
            return Ok(types.to_vec());
        }
        let list = self.atoms.XdndTypeList;
        let asked =
            self.connection.get_property(false, source, list, AtomEnum::ATOM, 0, MOST_TYPES)?;
        // A source may be gone by now.
        Ok(asked
            .reply()
            .ok()
            .and_then(|list| list.value32().map(Iterator::collect))
            .unwrap_or_default())
    }

    /// The list of files has come, or a source has none.
    fn receive(&mut self, property: Atom) -> Outcome<()> {
        if property == NONE {
            return self.finish(false);
        }
        let kind = AtomEnum::ANY;
        let list =
            self.connection.get_property(true, self.window, property, kind, 0, LONGEST_LIST)?;
        let paths = list.reply().map(|list| paths(&list.value)).unwrap_or_default();
        let taken = !paths.is_empty();
        for path in paths {
            self.drops.take(path);
        }
        self.finish(taken)
    }

    fn finish(&mut self, taken: bool) -> Outcome<()> {
        let Some(drag) = self.drag else { return Ok(()) };
        let action = if taken { self.atoms.XdndActionCopy } else { NONE };
        self.say(drag, self.atoms.XdndFinished, [u32::from(taken), action, 0, 0])?;
        self.leave();
        Ok(())
    }

    fn leave(&mut self) {
        if self.drag.take().is_some_and(|drag| drag.welcome && drag.held) {
            self.drops.hover(false);
        }
    }

    /// Sends a message to the source, the window that is meant first.
    fn say(&self, drag: Drag, kind: Atom, [a, b, c, d]: [u32; 4]) -> Outcome<()> {
        let message = ClientMessageEvent::new(32, drag.source, kind, [drag.target, a, b, c, d]);
        self.connection.send_event(false, drag.source, EventMask::NO_EVENT, message)?;
        self.connection.flush()?;
        Ok(())
    }
}

/// The files of a `text/uri-list` (RFC 2483, RFC 8089) that are on this machine.
fn paths(list: &[u8]) -> Vec<PathBuf> {
    let lines = list.split(|byte| b"\r\n\0".contains(byte));
    lines.filter_map(|line| path(line.trim_ascii())).collect()
}

fn path(uri: &[u8]) -> Option<PathBuf> {
    let rest = uri.strip_prefix(b"file:")?;
    // No host, or this one.
    let path = match rest.strip_prefix(b"//") {
        Some(rest) => rest.strip_prefix(b"localhost").unwrap_or(rest),
        None => rest,
    };
    let mut plain = Vec::with_capacity(path.len());
    let mut bytes = path.iter();
    while let Some(&byte) = bytes.next() {
        plain.push(if byte == b'%' {
            hex(*bytes.next()?)? << 4 | hex(*bytes.next()?)?
        } else {
            byte
        });
    }
    let is_path = plain.starts_with(b"/") && !plain.contains(&0);
    is_path.then(|| PathBuf::from(OsString::from_vec(plain)))
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}
