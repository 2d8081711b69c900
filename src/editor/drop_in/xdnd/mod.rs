//! A drop target for X11, by the protocol XDND and by way of a proxy: the messages about one window
//! come to another one, which is ours alone.
//!
//! Many sources, all of GTK's among them, know outermost windows only, and the plugin's window lies
//! within one of the host's. So the proxy stands in for those around it too: what is over the
//! plugin's window is ours, all else is handed on to the host's as it came, and the host answers the
//! source itself.

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
    Atom, AtomEnum, ChangeWindowAttributesAux, ClientMessageEvent, ConnectionExt as _, EventMask,
    PropMode, Window,
};
use x11rb::wrapper::ConnectionExt as _;
use x11rb::{CURRENT_TIME, NONE};

use super::super::xdnd::{Client, Outcome, VERSION};
use super::Drops;

/// The most that is read of a list of files, in units of four bytes.
const LONGEST_LIST: u32 = 1 << 16;
/// The most types that a source is asked for.
const MOST_TYPES: u32 = 256;

/// The number of a window of X11.
fn window_id(window: &WindowContext) -> Option<Window> {
    match window.window_handle().ok()?.as_raw() {
        RawWindowHandle::Xlib(handle) => Window::try_from(handle.window).ok(),
        RawWindowHandle::Xcb(handle) => Some(handle.window.get()),
        _ => None,
    }
}

/// Stands in for a window towards sources of drags; ends when it is dropped.
pub struct Target {
    client: Arc<Client>,
    thread: Option<JoinHandle<()>>,
}

impl Target {
    pub fn of(window: &WindowContext, drops: impl Drops) -> Option<Target> {
        Target::new(None, window_id(window)?, drops).ok()
    }

    /// `display` as in the variable of that name, which it is `None` for.
    pub fn new(display: Option<&str>, target: Window, drops: impl Drops) -> Outcome<Target> {
        let client = Arc::new(Client::connect(display)?);
        let (connection, atoms, window) = (&client.connection, client.atoms, client.window);
        let (mode, kind) = (PropMode::REPLACE, AtomEnum::ATOM);
        connection.change_property32(mode, window, atoms.XdndAware, kind, &[VERSION])?;
        // A proxy names itself, so that one of a window's that is gone is not taken for it.
        for named_by in [window, target] {
            let (mode, kind) = (PropMode::REPLACE, AtomEnum::WINDOW);
            connection
                .change_property32(mode, named_by, atoms.XdndProxy, kind, &[window])?
                .check()?;
        }
        let own = Arc::clone(&client);
        let stand_in = move || {
            let mut session =
                Session { client: &own, target, hosts: Vec::new(), drops, drag: None };
            // The display is gone if it fails, and the window with it.
            let _ = session.run();
            session.leave();
            for named_by in session.hosts.iter().chain([&target]) {
                let _ = own.connection.delete_property(*named_by, own.atoms.XdndProxy);
            }
            let _ = own.connection.destroy_window(own.window);
            let _ = own.connection.flush();
        };
        let thread = thread::Builder::new().name("drumlin drops".to_owned()).spawn(stand_in)?;
        Ok(Target { client, thread: Some(thread) })
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let Client { window, atoms, .. } = *self.client;
        let sent = self.client.send(window, window, atoms.DRUMLIN_END, [0; 5]).is_ok();
        // Without a display the thread has ended already.
        if sent && let Some(thread) = self.thread.take() {
            // A panic has been reported by its own thread.
            let _ = thread.join();
        }
    }
}

/// Whose a place is.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Ours,
    /// Somewhere else in the host's window that the source sees.
    Hosts,
}

/// A drag over the window, or over the host's.
#[derive(Clone, Copy)]
struct Drag {
    source: Window,
    /// What is under the pointer, as the source sees it.
    target: Window,
    /// It brings a list of files.
    welcome: bool,
    /// It has not been let go yet.
    held: bool,
    /// Unknown before the source has said where it is.
    over: Option<Place>,
    /// How it was announced.
    enter: ClientMessageEvent,
}

struct Session<'a, D: Drops> {
    client: &'a Client,
    target: Window,
    /// Windows around it that we stand in for.
    hosts: Vec<Window>,
    drops: D,
    drag: Option<Drag>,
}

impl<D: Drops> Session<'_, D> {
    /// Handles what comes until it is told to end.
    fn run(&mut self) -> Outcome<()> {
        self.stand_in_for_hosts()?;
        loop {
            match self.client.connection.wait_for_event()? {
                Event::ClientMessage(message) if message.type_ == self.client.atoms.DRUMLIN_END => {
                    return Ok(());
                }
                Event::ClientMessage(message) if message.format == 32 => {
                    self.handle_message(&message)?
                }
                Event::SelectionNotify(notice) => self.receive(notice.property)?,
                // Windows are made first and put into the host's afterwards.
                Event::ReparentNotify(_) => self.stand_in_for_hosts()?,
                // What was asked of a window that is gone.
                _ => {}
            }
        }
    }

    /// Stands in for all windows around ours, as far as the screen: which of them sources take for
    /// the outermost is up to the window manager. Of several plugins in one the first has it.
    fn stand_in_for_hosts(&mut self) -> Outcome<()> {
        let (connection, proxy) = (&self.client.connection, self.client.atoms.XdndProxy);
        let mut around = Vec::new();
        let mut window = self.target;
        loop {
            // Before it is asked where it is: whatever happens then comes as an event.
            let events = ChangeWindowAttributesAux::new().event_mask(EventMask::STRUCTURE_NOTIFY);
            connection.change_window_attributes(window, &events)?;
            // A window that is gone is nowhere.
            let Ok(tree) = connection.query_tree(window)?.reply() else { break };
            if tree.parent == tree.root || tree.parent == NONE {
                break;
            }
            window = tree.parent;
            if self.client.proxy_of(window).is_none_or(|found| found == self.client.window) {
                around.push(window);
            }
        }
        for &left in self.hosts.iter().filter(|&host| !around.contains(host)) {
            connection.delete_property(left, proxy)?;
        }
        for &host in around.iter().filter(|&host| !self.hosts.contains(host)) {
            let (mode, kind) = (PropMode::REPLACE, AtomEnum::WINDOW);
            connection.change_property32(mode, host, proxy, kind, &[self.client.window])?;
        }
        connection.flush()?;
        self.hosts = around;
        Ok(())
    }

    fn handle_message(&mut self, message: &ClientMessageEvent) -> Outcome<()> {
        let [source, data @ ..] = message.data.as_data32();
        let (atoms, target) = (self.client.atoms, message.window);
        if message.type_ == atoms.XdndEnter {
            let welcome = self.types(source, data)?.contains(&atoms.URI_LIST);
            self.leave();
            self.drag =
                Some(Drag { source, target, welcome, held: true, over: None, enter: *message });
            if target == self.target {
                self.go_over(Place::Ours)?;
            }
            return Ok(());
        }
        // A source that did not announce itself, or has left, is not listened to.
        let Some(drag) = self.drag.filter(|drag| drag.source == source) else { return Ok(()) };
        if message.type_ == atoms.XdndPosition {
            let place = self.place(target, data[1]);
            self.go_over(place)?;
            if place == Place::Hosts && self.is_aware(target) {
                return self.hand_on(message);
            }
            let takes = drag.welcome && place == Place::Ours;
            let action = if takes { atoms.XdndActionCopy } else { NONE };
            self.send(drag, atoms.XdndStatus, [u32::from(takes), 0, 0, action])?;
        } else if message.type_ == atoms.XdndLeave {
            if drag.over == Some(Place::Hosts) {
                self.hand_on(message)?;
            }
            self.leave();
        } else if message.type_ == atoms.XdndDrop {
            if drag.over == Some(Place::Hosts) && self.is_aware(target) {
                self.drag = None;
                return self.hand_on(message);
            }
            if drag.over != Some(Place::Ours) || !drag.welcome {
                return self.finish(false);
            }
            // Whether and when the source hands its files over is its own affair.
            self.drag = Some(Drag { held: false, ..drag });
            self.drops.hover(false);
            let time = if data[1] == 0 { CURRENT_TIME } else { data[1] };
            self.client.connection.convert_selection(
                self.client.window,
                atoms.XdndSelection,
                atoms.URI_LIST,
                atoms.DRUMLIN_DROP,
                time,
            )?;
            self.client.connection.flush()?;
        }
        Ok(())
    }

    /// Whose a place of the screen is (x and y in 16 bits each), given what the source sees there.
    fn place(&self, seen: Window, at: u32) -> Place {
        let (x, y) = ((at >> 16) as i16, at as i16);
        let mut window = seen;
        while window != self.target {
            let asked =
                self.client.connection.translate_coordinates(self.client.root, window, x, y);
            let answer = asked.ok().and_then(|asked| asked.reply().ok());
            match answer.map(|answer| answer.child).filter(|&child| child != NONE) {
                Some(child) => window = child,
                None => return Place::Hosts,
            }
        }
        Place::Ours
    }

    /// The drag is over a place of ours or the host's now; whoever had it before is told.
    fn go_over(&mut self, place: Place) -> Outcome<()> {
        let Some(drag) = self.drag.filter(|drag| drag.over != Some(place)) else { return Ok(()) };
        self.drag = Some(Drag { over: Some(place), ..drag });
        if drag.welcome && (place == Place::Ours || drag.over == Some(Place::Ours)) {
            self.drops.hover(place == Place::Ours);
        }
        match place {
            Place::Hosts => self.hand_on(&drag.enter),
            Place::Ours if drag.over.is_some() => {
                let left = [drag.source, 0, 0, 0, 0];
                self.hand_on(&ClientMessageEvent::new(
                    32,
                    drag.target,
                    self.client.atoms.XdndLeave,
                    left,
                ))
            }
            Place::Ours => Ok(()),
        }
    }

    /// Whether a window of the host's takes drops.
    fn is_aware(&self, window: Window) -> bool {
        self.client.property(window, self.client.atoms.XdndAware).is_some()
    }

    /// Hands a message on to the host's window that it is about, if that takes drops.
    fn hand_on(&self, message: &ClientMessageEvent) -> Outcome<()> {
        if self.is_aware(message.window) {
            self.client.pass_on(message.window, message)?;
        }
        Ok(())
    }

    /// What a source brings: three types are in its message, more in a property.
    fn types(&self, source: Window, [flags, types @ ..]: [u32; 4]) -> Outcome<Vec<Atom>> {
        if flags & 1 == 0 {
            return Ok(types.to_vec());
        }
        let list = self.client.atoms.XdndTypeList;
        let asked = self.client.connection.get_property(
            false,
            source,
            list,
            AtomEnum::ATOM,
            0,
            MOST_TYPES,
        )?;
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
        let list = self.client.connection.get_property(
            true,
            self.client.window,
            property,
            kind,
            0,
            LONGEST_LIST,
        )?;
        let paths = list.reply().map(|list| paths(&list.value)).unwrap_or_default();
        let taken = !paths.is_empty();
        for path in paths {
            self.drops.take(path);
        }
        self.finish(taken)
    }

    fn finish(&mut self, taken: bool) -> Outcome<()> {
        let Some(drag) = self.drag else { return Ok(()) };
        let action = if taken { self.client.atoms.XdndActionCopy } else { NONE };
        self.send(drag, self.client.atoms.XdndFinished, [u32::from(taken), action, 0, 0])?;
        self.leave();
        Ok(())
    }

    fn leave(&mut self) {
        let over = |drag: Drag| drag.welcome && drag.held && drag.over == Some(Place::Ours);
        if self.drag.take().is_some_and(over) {
            self.drops.hover(false);
        }
    }

    /// Sends a message to the source, the window that is meant first.
    fn send(&self, drag: Drag, kind: Atom, [a, b, c, d]: [u32; 4]) -> Outcome<()> {
        self.client.send(drag.source, drag.source, kind, [drag.target, a, b, c, d])
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
