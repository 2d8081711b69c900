//! An X server without a screen, and a source of drags as file managers are one. For tests of what
//! the window says to the display.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConnectionExt as _, CreateWindowAux, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::{COPY_DEPTH_FROM_PARENT, CURRENT_TIME};

use crate::editor::xdnd::{Atoms, Client, VERSION};

x11rb::atom_manager! {
    Clipboard: ClipboardCookie {
        CLIPBOARD,
        DRUMLIN_PASTE,
    }
}

/// An X server; it ends with the test.
pub struct Display {
    server: Child,
    /// As in the variable `DISPLAY`.
    pub name: String,
}

impl Display {
    /// `None` where there is no such server, which only a machine that is not CI's may lack.
    pub fn start() -> Option<Display> {
        // A server that starts anew when its last window closes refuses who comes meanwhile.
        let server = Command::new("Xvfb")
            .args([
                "-displayfd",
                "1",
                "-screen",
                "0",
                "1280x800x24",
                "-nolisten",
                "tcp",
                "-noreset",
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut server) = server else {
            assert!(std::env::var_os("CI").is_none(), "CI has to have Xvfb");
            println!("skipped: there is no Xvfb here to open a window on");
            return None;
        };
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        Some(Display { server, name: format!(":{}", number.trim()) })
    }
}

impl Display {
    /// Runs an ignored test of this program in a process of its own that has this display. The
    /// variable that names it cannot be changed in a process with other tests in it.
    pub fn run(&self, test: &str) {
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", test])
            .env("DISPLAY", &self.name)
            .env_remove("WAYLAND_DISPLAY")
            .status();
        assert!(status.unwrap().success(), "{test}");
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }
}

/// Makes a window of 300 x 200.
pub fn window(connection: &RustConnection, root: Window) -> Window {
    let window = connection.generate_id().unwrap();
    let look = CreateWindowAux::new();
    let (depth, class) = (COPY_DEPTH_FROM_PARENT, WindowClass::INPUT_OUTPUT);
    connection
        .create_window(depth, window, root, 0, 0, 300, 200, 0, class, 0, &look)
        .unwrap()
        .check()
        .unwrap();
    window
}

/// A file manager with something in its hand.
pub struct Source {
    pub client: Client,
    uris: Vec<u8>,
}

impl Source {
    /// `display` as in the variable of that name, which it is `None` for.
    pub fn new(display: Option<&str>, uris: &[u8]) -> Source {
        let client = Client::connect(display).unwrap();
        let selection = client.atoms.XdndSelection;
        client.connection.set_selection_owner(client.window, selection, CURRENT_TIME).unwrap();
        client.connection.flush().unwrap();
        Source { client, uris: uris.to_vec() }
    }

    pub fn atoms(&self) -> Atoms {
        self.client.atoms
    }

    /// Where messages about a window go, as the specification says.
    pub fn proxy_of(&self, window: Window) -> Option<Window> {
        let proxy = self.client.proxy_of(window)?;
        let version = self.client.property(proxy, self.client.atoms.XdndAware)?;
        (version == VERSION).then_some(proxy)
    }

    /// A window below another one, or it, that has a proxy.
    pub fn find_target(&self, below: Window) -> Option<Window> {
        let proxy = self.proxy_of(below);
        if proxy.is_some_and(|proxy| proxy != below) {
            return Some(below);
        }
        let tree = self.client.connection.query_tree(below).unwrap().reply().ok()?;
        tree.children.into_iter().find_map(|child| self.find_target(child))
    }

    pub fn send(&self, about: Window, kind: Atom, [a, b, c, d]: [u32; 4]) {
        let proxy = self.proxy_of(about).unwrap();
        let data = [self.client.window, a, b, c, d];
        self.client.send(proxy, about, kind, data).unwrap();
    }

    /// The next message, with the file handed over whenever it is asked for.
    pub fn receive(&self) -> ClientMessageEvent {
        let began = Instant::now();
        loop {
            match self.client.connection.poll_for_event().unwrap() {
                Some(Event::ClientMessage(message)) => return message,
                Some(Event::SelectionRequest(request)) => {
                    self.client.answer(&request, &self.uris).unwrap();
                }
                _ => std::thread::sleep(Duration::from_millis(2)),
            }
            assert!(began.elapsed() < Duration::from_secs(20), "nothing came");
        }
    }

    /// What another program would paste as files.
    pub fn paste(&self) -> Vec<u8> {
        let Client { connection, window, atoms, .. } = &self.client;
        let Clipboard { CLIPBOARD, DRUMLIN_PASTE } =
            Clipboard::new(connection).unwrap().reply().unwrap();
        let (window, list, now) = (*window, atoms.URI_LIST, CURRENT_TIME);
        let ask = || {
            connection.convert_selection(window, CLIPBOARD, list, DRUMLIN_PASTE, now).unwrap();
            connection.flush().unwrap();
        };
        let began = Instant::now();
        ask();
        loop {
            match connection.poll_for_event().unwrap() {
                Some(Event::SelectionNotify(notice)) if notice.property == DRUMLIN_PASTE => break,
                // The display may not have heard yet that there is something.
                Some(Event::SelectionNotify(_)) => ask(),
                _ => std::thread::sleep(Duration::from_millis(2)),
            }
            assert!(began.elapsed() < Duration::from_secs(20), "nothing came");
        }
        let kind = AtomEnum::ANY;
        let asked = connection.get_property(true, window, DRUMLIN_PASTE, kind, 0, 1 << 16);
        asked.unwrap().reply().unwrap().value
    }
}
