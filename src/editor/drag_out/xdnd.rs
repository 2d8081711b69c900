//! A drag source for X11, by the protocol XDND.
//!
//! The window under the pointer is found by asking the server again and again while the button is
//! down: the pointer is grabbed by the window in which it was pressed.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nice_plug_egui::baseview::WindowContext;
use x11rb::connection::Connection;
use x11rb::errors::ReplyError;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{Atom, AtomEnum, ConnectionExt as _, KeyButMask, Window};
use x11rb::rust_connection::RustConnection;
use x11rb::{CURRENT_TIME, NONE};

use super::super::background::spawn_background;
use super::super::xdnd::{Client, Outcome, VERSION};
use super::TITLE;
use super::{DragError, write};
use crate::studio::{ExportFile, Studio};

const PAUSE: Duration = Duration::from_millis(8);
/// How long a target may take to read the file after the drop; Ardour reads late.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a target may take to answer for the place where the button was let go.
const LAST_ANSWER: Duration = Duration::from_millis(500);
const ESCAPE: u32 = 0xff1b;

/// The window below the pointer, as far as it takes drops.
#[derive(Clone, Copy, PartialEq)]
struct Target {
    window: Window,
    version: u32,
}

/// A point of the screen.
type Place = (i16, i16);

struct Source {
    client: Client,
    escape: Option<u8>,
    uris: Vec<u8>,
    target: Option<Target>,
    /// The place that the target was told last.
    told: Option<Place>,
    /// The target has answered the last place, and takes the file.
    answered: bool,
    accepted: bool,
    finished: bool,
}

/// Where drags out of a window begin: anywhere, as the pointer belongs to the whole screen.
#[derive(Clone, Copy, Debug, Default)]
pub struct DragSource(());

impl DragSource {
    pub fn of(_window: &WindowContext) -> DragSource {
        DragSource(())
    }

    /// Begins to drag a file; the mouse button is down. What goes wrong is reported to the studio.
    pub fn drag(self, studio: &Arc<Studio>, file: ExportFile) {
        // Hosts may take their time to read the file.
        spawn_background(Arc::clone(studio), move |_| {
            let written = write(&file).map_err(|error| DragError::File(error).to_string())?;
            let dropped = drag(&written.path).map_err(|error| DragError::System(error.to_string()));
            if !matches!(dropped, Ok(true)) {
                // Nobody has been told of the file.
                written.forget();
            }
            dropped.map(|_| ()).map_err(|error| error.to_string())
        });
    }
}

/// Drags a file until the button is let go, then serves it to where it was dropped, if it was
/// dropped on anything.
fn drag(path: &Path) -> Outcome<bool> {
    let mut source = Source::new(uri_list(path))?;
    if !source.follow_pointer()? {
        return Ok(false);
    }
    let dropped = Instant::now();
    while dropped.elapsed() < PATIENCE && source.serve()? {
        std::thread::sleep(PAUSE);
        // Some targets ask once more after they have said that they are done.
        if source.finished && dropped.elapsed() > PATIENCE / 4 {
            break;
        }
    }
    Ok(true)
}

impl Source {
    fn new(uris: Vec<u8>) -> Outcome<Source> {
        let client = Client::connect(None)?;
        let (connection, selection) = (&client.connection, client.atoms.XdndSelection);
        connection.set_selection_owner(client.window, selection, CURRENT_TIME)?;
        let escape = escape_key(connection)?;
        connection.flush()?;
        Ok(Source {
            client,
            escape,
            uris,
            target: None,
            told: None,
            answered: true,
            accepted: false,
            finished: false,
        })
    }

    /// Follows the pointer while its button is down; whether the file was dropped on something.
    fn follow_pointer(&mut self) -> Outcome<bool> {
        loop {
            let pointer = self.client.connection.query_pointer(self.client.root)?.reply()?;
            let at = (pointer.root_x, pointer.root_y);
            if self.is_escape_down()? {
                self.leave()?;
                return Ok(false);
            }
            self.enter(self.target_at()?)?;
            self.serve()?;
            if !pointer.mask.contains(KeyButMask::BUTTON1) {
                return self.let_go(at);
            }
            self.send_position(at)?;
            std::thread::sleep(PAUSE);
        }
    }

    /// Drops at a place, once the target has answered for it; slow ones get a moment.
    fn let_go(&mut self, at: Place) -> Outcome<bool> {
        let began = Instant::now();
        while began.elapsed() < LAST_ANSWER {
            self.serve()?;
            self.send_position(at)?;
            if self.answered {
                break;
            }
            std::thread::sleep(PAUSE);
        }
        if self.target.is_some() && self.accepted {
            self.send(self.client.atoms.XdndDrop, [0, CURRENT_TIME, 0, 0])?;
            return Ok(true);
        }
        self.leave()?;
        Ok(false)
    }

    /// Tells the target where the pointer is, unless it knows or still has to answer.
    fn send_position(&mut self, at: Place) -> Outcome<()> {
        if self.target.is_some() && self.answered && self.told != Some(at) {
            let place = u32::from(at.0 as u16) << 16 | u32::from(at.1 as u16);
            let action = self.client.atoms.XdndActionCopy;
            self.send(self.client.atoms.XdndPosition, [0, place, CURRENT_TIME, action])?;
            (self.told, self.answered) = (Some(at), false);
        }
        Ok(())
    }

    /// The outermost window under the pointer that takes drops. The plugin's own window takes
    /// MIDI files too, but its own drums are no song to play to.
    fn target_at(&self) -> Outcome<Option<Target>> {
        let mut window = self.client.root;
        loop {
            window = match self.client.connection.query_pointer(window)?.reply() {
                // A window that has just been closed has nothing below it.
                Err(ReplyError::X11Error(_)) => NONE,
                answer => answer?.child,
            };
            if window == NONE {
                return Ok(None);
            }
            // The version of the protocol that it speaks, if it takes drops.
            if let Some(version) = self.client.property(window, self.client.atoms.XdndAware) {
                let target = Target { window, version: version.min(VERSION) };
                return Ok(Some(target).filter(|_| !self.is_ours(window)));
            }
        }
    }

    /// Whether a window is one that Drumlin has opened.
    fn is_ours(&self, window: Window) -> bool {
        let (name, length) = (AtomEnum::WM_NAME, TITLE.len() as u32);
        self.client
            .connection
            .get_property(false, window, name, AtomEnum::ANY, 0, length)
            .ok()
            .and_then(|asked| asked.reply().ok())
            .is_some_and(|named| named.value == TITLE.as_bytes())
    }

    fn enter(&mut self, target: Option<Target>) -> Outcome<()> {
        if target == self.target {
            return Ok(());
        }
        self.leave()?;
        self.target = target;
        (self.told, self.answered, self.accepted) = (None, true, false);
        if let Some(Target { version, .. }) = target {
            self.send(
                self.client.atoms.XdndEnter,
                [version << 24, self.client.atoms.URI_LIST, 0, 0],
            )?;
        }
        Ok(())
    }

    fn leave(&mut self) -> Outcome<()> {
        if self.target.is_some() {
            self.send(self.client.atoms.XdndLeave, [0; 4])?;
        }
        self.target = None;
        Ok(())
    }

    /// Sends a message to the target, our window first.
    fn send(&self, kind: Atom, [a, b, c, d]: [u32; 4]) -> Outcome<()> {
        let Some(Target { window, .. }) = self.target else { return Ok(()) };
        self.client.send(window, window, kind, [self.client.window, a, b, c, d])
    }

    /// Handles what has come in; `false` once another drag has begun elsewhere.
    fn serve(&mut self) -> Outcome<bool> {
        while let Some(event) = self.client.connection.poll_for_event()? {
            match event {
                Event::ClientMessage(message) => {
                    let data = message.data.as_data32();
                    // Windows that the pointer has left may still answer.
                    let current = self.target.is_some_and(|target| target.window == data[0]);
                    if message.type_ == self.client.atoms.XdndStatus && current {
                        (self.answered, self.accepted) = (true, data[1] & 1 == 1);
                    } else if message.type_ == self.client.atoms.XdndFinished {
                        self.finished = true;
                    }
                }
                Event::SelectionRequest(request) => self.client.answer(&request, &self.uris)?,
                Event::SelectionClear(_) => return Ok(false),
                _ => {}
            }
        }
        Ok(true)
    }

    fn is_escape_down(&self) -> Outcome<bool> {
        let Some(key) = self.escape else { return Ok(false) };
        let keys = self.client.connection.query_keymap()?.reply()?.keys;
        Ok(keys[usize::from(key / 8)] >> (key % 8) & 1 == 1)
    }
}

/// Which key is Escape on this keyboard.
fn escape_key(connection: &RustConnection) -> Outcome<Option<u8>> {
    let setup = connection.setup();
    let (first, last) = (setup.min_keycode, setup.max_keycode);
    let map = connection.get_keyboard_mapping(first, last - first + 1)?.reply()?;
    let width = usize::from(map.keysyms_per_keycode).max(1);
    let place = map.keysyms.chunks(width).position(|keysyms| keysyms.contains(&ESCAPE));
    Ok(place.and_then(|place| u8::try_from(place).ok()?.checked_add(first)))
}

/// A file's address as `text/uri-list` wants it (RFC 2483, RFC 3986): bytes that are not plain are
/// escaped.
fn uri_list(path: &Path) -> Vec<u8> {
    let mut uri = b"file://".to_vec();
    for &byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            uri.push(byte);
        } else {
            uri.extend(format!("%{byte:02X}").bytes());
        }
    }
    uri.extend(b"\r\n");
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_escaped() {
        let uri = uri_list(Path::new("/tmp/My song, bars 9–16.mid"));
        let expected = "file:///tmp/My%20song%2C%20bars%209%E2%80%9316.mid\r\n";
        assert_eq!(String::from_utf8(uri).unwrap(), expected);
    }
}
