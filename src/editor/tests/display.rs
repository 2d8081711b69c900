//! An X server without a screen, and a source of drags as file managers are one. For tests of what
//! the window says to the display.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConnectionExt as _, CreateWindowAux, EventMask, PropMode,
    SELECTION_NOTIFY_EVENT, SelectionNotifyEvent, SelectionRequestEvent, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;
use x11rb::{COPY_DEPTH_FROM_PARENT, CURRENT_TIME};

x11rb::atom_manager! {
    pub Atoms: AtomsCookie {
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
        CLIPBOARD,
        DRUMLIN_PASTE,
        URI_LIST: b"text/uri-list",
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
        let server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"])
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
    pub connection: RustConnection,
    pub atoms: Atoms,
    pub window: Window,
    pub root: Window,
    uris: Vec<u8>,
}

impl Source {
    /// `display` as in the variable of that name, which it is `None` for.
    pub fn new(display: Option<&str>, uris: &[u8]) -> Source {
        let (connection, screen) = x11rb::connect(display).unwrap();
        let root = connection.setup().roots[screen].root;
        let atoms = Atoms::new(&connection).unwrap().reply().unwrap();
        let window = window(&connection, root);
        let selection = atoms.XdndSelection;
        connection.set_selection_owner(window, selection, CURRENT_TIME).unwrap();
        connection.flush().unwrap();
        Source { connection, atoms, window, root, uris: uris.to_vec() }
    }

    /// The number that a property holds; `None` also of a window that has just gone.
    fn property(&self, window: Window, name: Atom) -> Option<u32> {
        let asked = self.connection.get_property(false, window, name, AtomEnum::ANY, 0, 1);
        asked.unwrap().reply().ok()?.value32()?.next()
    }

    /// Where messages about a window go, as the specification says.
    pub fn proxy_of(&self, window: Window) -> Option<Window> {
        let named = |by| self.property(by, self.atoms.XdndProxy);
        let proxy = named(window)?;
        // One that does not name itself has gone.
        (named(proxy)? == proxy && self.property(proxy, self.atoms.XdndAware)? == 5)
            .then_some(proxy)
    }

    /// A window below another one, or it, that has a proxy.
    pub fn find_target(&self, below: Window) -> Option<Window> {
        let proxy = self.proxy_of(below);
        if proxy.is_some_and(|proxy| proxy != below) {
            return Some(below);
        }
        let tree = self.connection.query_tree(below).unwrap().reply().ok()?;
        tree.children.into_iter().find_map(|child| self.find_target(child))
    }

    pub fn say(&self, about: Window, kind: Atom, [a, b, c, d]: [u32; 4]) {
        let proxy = self.proxy_of(about).unwrap();
        let message = ClientMessageEvent::new(32, about, kind, [self.window, a, b, c, d]);
        self.connection.send_event(false, proxy, EventMask::NO_EVENT, message).unwrap();
        self.connection.flush().unwrap();
    }

    /// The next message, with the file handed over whenever it is asked for.
    pub fn hear(&self) -> ClientMessageEvent {
        let began = Instant::now();
        loop {
            match self.connection.poll_for_event().unwrap() {
                Some(Event::ClientMessage(message)) => return message,
                Some(Event::SelectionRequest(request)) => self.hand_over(&request),
                _ => std::thread::sleep(Duration::from_millis(2)),
            }
            assert!(began.elapsed() < Duration::from_secs(20), "nothing came");
        }
    }

    /// What another program would paste as files.
    pub fn paste(&self) -> Vec<u8> {
        let Atoms { CLIPBOARD, DRUMLIN_PASTE, URI_LIST, .. } = self.atoms;
        let (window, now) = (self.window, CURRENT_TIME);
        let ask = || {
            self.connection
                .convert_selection(window, CLIPBOARD, URI_LIST, DRUMLIN_PASTE, now)
                .unwrap();
            self.connection.flush().unwrap();
        };
        let began = Instant::now();
        ask();
        loop {
            match self.connection.poll_for_event().unwrap() {
                Some(Event::SelectionNotify(notice)) if notice.property == DRUMLIN_PASTE => break,
                // The display may not have heard yet that there is something.
                Some(Event::SelectionNotify(_)) => ask(),
                _ => std::thread::sleep(Duration::from_millis(2)),
            }
            assert!(began.elapsed() < Duration::from_secs(20), "nothing came");
        }
        let kind = AtomEnum::ANY;
        let asked = self.connection.get_property(true, window, DRUMLIN_PASTE, kind, 0, 1 << 16);
        asked.unwrap().reply().unwrap().value
    }

    fn hand_over(&self, request: &SelectionRequestEvent) {
        let (mode, list) = (PropMode::REPLACE, self.atoms.URI_LIST);
        let (window, property) = (request.requestor, request.property);
        self.connection.change_property8(mode, window, property, list, &self.uris).unwrap();
        let notice = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: request.time,
            requestor: window,
            selection: request.selection,
            target: request.target,
            property,
        };
        self.connection.send_event(false, window, EventMask::NO_EVENT, notice).unwrap();
        self.connection.flush().unwrap();
    }
}
