//! A drop target for macOS. The window's library makes a class of its own for every view, registers
//! the view for files and hears of drops in vain; the class gets our methods for them.

#![allow(unsafe_code, reason = "AppKit is an interface in Objective-C")]

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::mem::transmute;
use std::path::PathBuf;
use std::rc::Rc;

use nice_plug_egui::baseview::WindowContext;
use objc2::runtime::{AnyObject, Bool, Imp, ProtocolObject, Sel};
use objc2::sel;
use objc2_app_kit::{NSDragOperation, NSDraggingInfo};
use objc2_foundation::{NSArray, NSString};
use raw_window_handle::{HasWindowHandle, RawWindowHandle};

use super::super::drag_out::is_under_way;
use super::Drops;

thread_local! {
    /// Who hears of drops on which view; views are the main thread's.
    static SESSIONS: RefCell<HashMap<usize, Rc<Session>>> = RefCell::default();
}

struct Session {
    drops: Box<dyn Drops>,
    /// What is over the window brings files.
    welcome: Cell<bool>,
}

/// Forgets its view when it is dropped.
pub struct Target {
    view: usize,
}

impl Target {
    /// To be called by the main thread.
    pub fn of(window: &WindowContext, drops: impl Drops) -> Option<Target> {
        let RawWindowHandle::AppKit(handle) = window.window_handle().ok()?.as_raw() else {
            return None;
        };
        // SAFETY: the window is there while it is borrowed, and so is its view.
        let view: &AnyObject = unsafe { handle.ns_view.cast().as_ref() };
        // Those of the class itself, not those that it has from `NSView`, which all views share.
        let methods = view.class().instance_methods();
        // SAFETY: the functions are what AppKit calls by these names.
        let ours: [(Sel, Imp); 4] = unsafe {
            [
                (sel!(draggingEntered:), transmute::<OperationFn, Imp>(entered)),
                (sel!(draggingUpdated:), transmute::<OperationFn, Imp>(updated)),
                (sel!(draggingExited:), transmute::<NotifyFn, Imp>(exited)),
                (sel!(performDragOperation:), transmute::<AcceptFn, Imp>(performed)),
            ]
        };
        for (name, function) in ours {
            let method = methods.iter().find(|method| method.name() == name)?;
            // SAFETY: the types are the same. They only find a session for views of ours.
            unsafe { method.set_implementation(function) };
        }
        let view = address(view);
        let session = Session { drops: Box::new(drops), welcome: Cell::new(false) };
        SESSIONS.with_borrow_mut(|sessions| sessions.insert(view, Rc::new(session)));
        Some(Target { view })
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        SESSIONS.with_borrow_mut(|sessions| sessions.remove(&self.view));
    }
}

fn address(view: &AnyObject) -> usize {
    std::ptr::from_ref(view).addr()
}

fn session(view: &AnyObject) -> Option<Rc<Session>> {
    SESSIONS.with_borrow(|sessions| sessions.get(&address(view)).cloned())
}

type Dragged<'a> = Option<&'a ProtocolObject<dyn NSDraggingInfo>>;
type OperationFn = extern "C-unwind" fn(&AnyObject, Sel, Dragged<'_>) -> NSDragOperation;
type NotifyFn = extern "C-unwind" fn(&AnyObject, Sel, Dragged<'_>);
type AcceptFn = extern "C-unwind" fn(&AnyObject, Sel, Dragged<'_>) -> Bool;

extern "C-unwind" fn entered(view: &AnyObject, _: Sel, dragged: Dragged<'_>) -> NSDragOperation {
    let Some(session) = session(view) else { return NSDragOperation::None };
    session.welcome.set(!paths(dragged).is_empty() && !is_under_way());
    if session.welcome.get() {
        session.drops.hover(true);
    }
    session.answer()
}

extern "C-unwind" fn updated(view: &AnyObject, _: Sel, _: Dragged<'_>) -> NSDragOperation {
    session(view).map_or(NSDragOperation::None, |session| session.answer())
}

extern "C-unwind" fn exited(view: &AnyObject, _: Sel, _: Dragged<'_>) {
    if let Some(session) = session(view) {
        session.welcome.set(false);
        session.drops.hover(false);
    }
}

extern "C-unwind" fn performed(view: &AnyObject, _: Sel, dragged: Dragged<'_>) -> Bool {
    let Some(session) = session(view) else { return Bool::NO };
    session.drops.hover(false);
    let taken = session.welcome.replace(false);
    if taken {
        for path in paths(dragged) {
            session.drops.take(path);
        }
    }
    Bool::new(taken)
}

impl Session {
    fn answer(&self) -> NSDragOperation {
        if self.welcome.get() { NSDragOperation::Copy } else { NSDragOperation::None }
    }
}

/// The files that a source brings.
fn paths(dragged: Dragged<'_>) -> Vec<PathBuf> {
    // The type that the window's library has registered the view for.
    #[expect(deprecated)]
    // SAFETY: a constant of AppKit's.
    let files = unsafe { objc2_app_kit::NSFilenamesPboardType };
    let list = dragged
        .and_then(|dragged| dragged.draggingPasteboard().propertyListForType(files))
        .and_then(|list| list.downcast::<NSArray>().ok());
    list.iter()
        .flat_map(|list| list.iter())
        .filter_map(|name| name.downcast::<NSString>().ok())
        .map(|name| PathBuf::from(name.to_string()))
        .collect()
}
