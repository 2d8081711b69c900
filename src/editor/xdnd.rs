//! What both ends of a drag on X11 share: XDND version 5,
//! <https://freedesktop.org/wiki/Specifications/XDND>.

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConnectionExt as _, CreateWindowAux, EventMask, PropMode,
    SELECTION_NOTIFY_EVENT, SelectionNotifyEvent, SelectionRequestEvent, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;
use x11rb::{COPY_DEPTH_FROM_PARENT, COPY_FROM_PARENT, NONE};

/// The version spoken here.
pub const VERSION: u32 = 5;

pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

x11rb::atom_manager! {
    /// The words of the protocol.
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
        TARGETS,
        DRUMLIN_DROP,
        DRUMLIN_END,
        URI_LIST: b"text/uri-list",
    }
}

/// A connection to a display, with a window that is never seen: a source of drags, or a target.
pub struct Client {
    pub connection: RustConnection,
    pub root: Window,
    pub window: Window,
    pub atoms: Atoms,
}

impl Client {
    /// `display` as in the variable of that name, which it is `None` for.
    pub fn connect(display: Option<&str>) -> Outcome<Client> {
        let (connection, screen) = x11rb::connect(display)?;
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
        Ok(Client { connection, root, window, atoms })
    }

    /// The number that a property of a window holds; `None` also for a window that has gone.
    pub fn property(&self, window: Window, name: Atom) -> Option<u32> {
        let asked = self.connection.get_property(false, window, name, AtomEnum::ANY, 0, 1).ok()?;
        asked.reply().ok()?.value32()?.next()
    }

    /// What stands in for a window, if it is still there: one that does not name itself has gone.
    pub fn proxy_of(&self, window: Window) -> Option<Window> {
        let proxy = self.property(window, self.atoms.XdndProxy)?;
        (self.property(proxy, self.atoms.XdndProxy)? == proxy).then_some(proxy)
    }

    /// Sends a message about the window `about`; `data` begins with the window that the message's kind
    /// asks for.
    pub fn send(&self, to: Window, about: Window, kind: Atom, data: [u32; 5]) -> Outcome<()> {
        self.pass_on(to, &ClientMessageEvent::new(32, about, kind, data))
    }

    /// Sends a message as it is.
    pub fn pass_on(&self, to: Window, message: &ClientMessageEvent) -> Outcome<()> {
        self.connection.send_event(false, to, EventMask::NO_EVENT, *message)?;
        self.connection.flush()?;
        Ok(())
    }

    /// Hands over a list of files to who asked for it, or says what it can be had as.
    pub fn answer(&self, request: &SelectionRequestEvent, uris: &[u8]) -> Outcome<()> {
        let Atoms { TARGETS, URI_LIST, .. } = self.atoms;
        let (connection, window) = (&self.connection, request.requestor);
        // Old clients name no property; the target's name stands in.
        let mut property = if request.property == NONE { request.target } else { request.property };
        if request.target == URI_LIST {
            connection.change_property8(PropMode::REPLACE, window, property, URI_LIST, uris)?;
        } else if request.target == TARGETS {
            let (kind, known) = (AtomEnum::ATOM, [TARGETS, URI_LIST]);
            connection.change_property32(PropMode::REPLACE, window, property, kind, &known)?;
        } else {
            property = NONE;
        }
        let notice = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: request.time,
            requestor: window,
            selection: request.selection,
            target: request.target,
            property,
        };
        connection.send_event(false, window, EventMask::NO_EVENT, notice)?;
        connection.flush()?;
        Ok(())
    }
}
