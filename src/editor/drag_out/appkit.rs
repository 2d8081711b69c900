//! A drag source for macOS: a dragging session of AppKit's.
//!
//! Sessions run beside the application's event loop. One is begun between two frames, since AppKit
//! may ask the view for things at once. AppKit wants an object that it tells about the session; that
//! is the view. The window's library makes a class of its own for every view, and the class gets our
//! methods: a class of ours would have one name in all copies of this library, and hosts load two.

#![allow(unsafe_code, reason = "AppKit is an interface in Objective-C")]

use std::cell::RefCell;
use std::mem::transmute;
use std::sync::Arc;

use dispatch2::{DispatchQueue, MainThreadBound};
use nice_plug_egui::baseview::WindowContext;
use objc2::ffi::{class_addMethod, class_addProtocol};
use objc2::rc::{Retained, Weak};
use objc2::runtime::{AnyClass, Imp, ProtocolObject, Sel};
use objc2::{AnyThread, MainThreadMarker, ProtocolType, sel};
use objc2_app_kit::{
    NSDragOperation, NSDraggingContext, NSDraggingItem, NSDraggingSession, NSDraggingSource,
    NSEvent, NSEventModifierFlags, NSEventType, NSView, NSWindow, NSWorkspace,
};
use objc2_foundation::{NSArray, NSPoint, NSRect, NSString, NSURL};
use raw_window_handle::{HasWindowHandle, RawWindowHandle};

use super::super::frame::sentence;
use super::DragError;
use super::drag_file::DragFile;
use crate::studio::{ExportFile, Studio};

thread_local! {
    /// What is being dragged; AppKit tells the end of a session on the main thread.
    static DRAGGED: RefCell<Option<DragFile>> = const { RefCell::new(None) };
}

/// Where drags out of a window begin: at its view, if it has one.
#[derive(Default)]
pub struct DragSource(Option<MainThreadBound<Weak<NSView>>>);

impl DragSource {
    pub fn of(window: &WindowContext) -> DragSource {
        let view: &NSView = match window.window_handle().map(|handle| handle.as_raw()) {
            // SAFETY: the window is there while it is borrowed, and so is its view.
            Ok(RawWindowHandle::AppKit(handle)) => unsafe { handle.ns_view.cast().as_ref() },
            _ => return DragSource(None),
        };
        teach(view.class());
        DragSource(MainThreadMarker::new().map(|main| MainThreadBound::new(Weak::new(view), main)))
    }

    /// Begins to drag a file, after this frame; the mouse button is down. What goes wrong is
    /// reported to the studio.
    pub fn drag(&self, studio: &Arc<Studio>, file: ExportFile) {
        let (Some(source), Some(main)) = (&self.0, MainThreadMarker::new()) else { return };
        let Some(view) = source.get(main).load() else { return };
        let view = MainThreadBound::new(view, main);
        let studio = Arc::clone(studio);
        DispatchQueue::main().exec_async(move || {
            // The main queue runs on the main thread.
            let Some(main) = MainThreadMarker::new() else { return };
            if let Err(error) = drag(view.into_inner(main), &file) {
                studio.report(&sentence(&error.to_string()));
            }
        });
    }
}

type Operations =
    extern "C-unwind" fn(&NSView, Sel, &NSDraggingSession, NSDraggingContext) -> NSDragOperation;
type Ended = extern "C-unwind" fn(&NSView, Sel, &NSDraggingSession, NSPoint, NSDragOperation);

/// Makes views of a class sources of drags.
fn teach(class: &AnyClass) {
    let class = std::ptr::from_ref(class).cast_mut();
    // SAFETY: the functions are what AppKit calls by these names, and the types are theirs. A class
    // that has the methods keeps them.
    unsafe {
        class_addMethod(
            class,
            sel!(draggingSession:sourceOperationMaskForDraggingContext:),
            transmute::<Operations, Imp>(operations),
            c"Q@:@q".as_ptr(),
        );
        class_addMethod(
            class,
            sel!(draggingSession:endedAtPoint:operation:),
            transmute::<Ended, Imp>(ended),
            c"v@:@{CGPoint=dd}Q".as_ptr(),
        );
        if let Some(protocol) = <dyn NSDraggingSource>::protocol() {
            class_addProtocol(class, protocol);
        }
    }
}

extern "C-unwind" fn operations(
    _: &NSView,
    _: Sel,
    _: &NSDraggingSession,
    _: NSDraggingContext,
) -> NSDragOperation {
    NSDragOperation::Copy
}

extern "C-unwind" fn ended(
    view: &NSView,
    _: Sel,
    _: &NSDraggingSession,
    _: NSPoint,
    operation: NSDragOperation,
) {
    if let Some(mut drag_file) = DRAGGED.take() {
        drag_file.taken = operation != NSDragOperation::None;
    }
    let_go(view);
}

/// Begins to drag; the session goes on by itself.
fn drag(view: Retained<NSView>, file: &ExportFile) -> Result<(), DragError> {
    let refusal = |why: &str| DragError::System(why.to_owned());
    let window = view.window().ok_or_else(|| refusal("the window is closed"))?;
    let event = mouse(&window, NSEventType::LeftMouseDragged)
        .ok_or_else(|| refusal("the system does not let it begin"))?;
    let drag_file = DragFile::new(file)?;
    let path = NSString::from_str(&drag_file.path().to_string_lossy());
    let picture = NSWorkspace::sharedWorkspace().iconForFile(&path);
    let (size, mut corner) = (picture.size(), view.convertPoint_fromView(at(&window), None));
    corner.x -= size.width / 2.0;
    corner.y -= size.height / 2.0;
    let item = NSDraggingItem::initWithPasteboardWriter(
        NSDraggingItem::alloc(),
        &ProtocolObject::from_retained(NSURL::fileURLWithPath(&path)),
    );
    // SAFETY: a picture is what AppKit wants here.
    unsafe { item.setDraggingFrame_contents(NSRect::new(corner, size), Some(&picture)) };
    // SAFETY: the view's class has the protocol's methods.
    let source: &ProtocolObject<dyn NSDraggingSource> =
        unsafe { &*std::ptr::from_ref(&*view).cast() };
    DRAGGED.set(Some(drag_file));
    view.beginDraggingSessionWithItems_event_source(
        &NSArray::from_retained_slice(&[item]),
        &event,
        source,
    );
    Ok(())
}

/// Tells the view that the button is up, and where: the session has kept that to itself.
fn let_go(view: &NSView) {
    let Some(window) = view.window() else { return };
    if let (Some(moved), Some(up)) =
        (mouse(&window, NSEventType::LeftMouseDragged), mouse(&window, NSEventType::LeftMouseUp))
    {
        view.mouseDragged(&moved);
        view.mouseUp(&up);
    }
}

/// Where the pointer is in a window.
fn at(window: &NSWindow) -> NSPoint {
    window.mouseLocationOutsideOfEventStream()
}

/// What the mouse would say of itself now.
fn mouse(window: &NSWindow, kind: NSEventType) -> Option<Retained<NSEvent>> {
    let pressure = if kind == NSEventType::LeftMouseUp { 0.0 } else { 1.0 };
    let time = window.currentEvent().map_or(0.0, |event| event.timestamp());
    NSEvent::mouseEventWithType_location_modifierFlags_timestamp_windowNumber_context_eventNumber_clickCount_pressure(
        kind,
        at(window),
        NSEventModifierFlags::empty(),
        time,
        window.windowNumber(),
        None,
        0,
        1,
        pressure,
    )
}
