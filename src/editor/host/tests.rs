//! The real window on a real X server: it opens, paints, takes a drop and opens again.

#![allow(unsafe_code, reason = "a host's side is unsafe to be")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nice_plug::context::PluginApi;
use nice_plug::context::gui::GuiContextInner;
use nice_plug::editor::dpi::{PhysicalSize, Size};
use nice_plug::editor::{EditorHandle, HostCallbacks, HostMainThreadCaller};
use nice_plug::params::internals::ParamPtr;
use nice_plug::plugin::PluginState;
use x11rb::protocol::xproto::{
    AtomEnum, BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ConfigureWindowAux, ConnectionExt as _,
    EventMask, ImageFormat, KeyButMask, MOTION_NOTIFY_EVENT, MotionNotifyEvent, PropMode, Window,
};
use x11rb::wrapper::ConnectionExt as _;
use x11rb::{CURRENT_TIME, NONE};

use super::*;
use crate::editor::tests::display::{Display, Source};
use crate::patterns::{Pattern, PatternGrid};

/// A host that takes no notice.
struct Deaf;

impl GuiContextInner for Deaf {
    fn plugin_api(&self) -> PluginApi {
        PluginApi::Clap
    }

    unsafe fn raw_begin_set_parameter(&self, _: ParamPtr) {}

    unsafe fn raw_set_parameter_normalized(&self, _: ParamPtr, _: f32) {}

    unsafe fn raw_end_set_parameter(&self, _: ParamPtr) {}

    fn get_state(&self) -> PluginState {
        unreachable!("the window does not ask for it")
    }

    fn set_state(&self, _: PluginState) {}

    fn request_restart(&self) {}
}

/// An editor whose host stands still, without the presets of whoever tests.
fn editor(studio: Arc<Studio>) -> HostEditor {
    let ask: TransportQuery = Arc::new(Transport::default);
    let editor = HostEditor::new(Arc::default(), studio, ask, "Drumlin");
    editor.window.lock().side_panel.presets.folder = None;
    editor
}

fn wait<T>(what: &str, look: impl Fn() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{what} did not come");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// How many different colours a window shows, of a few thousand points.
fn colours(source: &Source, window: Window) -> usize {
    let size = source.client.connection.get_geometry(window).unwrap().reply().unwrap();
    let (width, height) = (size.width, size.height);
    let format = ImageFormat::Z_PIXMAP;
    let image = source.client.connection.get_image(format, window, 0, 0, width, height, u32::MAX);
    // Not while it is not shown yet.
    let Ok(image) = image.unwrap().reply() else { return 0 };
    let pixels = image.data.chunks_exact(4).step_by(97);
    pixels.map(<[u8]>::to_vec).collect::<std::collections::BTreeSet<_>>().len()
}

#[test]
fn a_real_window_opens_paints_and_takes_a_drop() {
    let Some(display) = Display::start() else { return };
    display.run("editor::host::tests::on_the_display_that_there_is");
}

#[test]
#[ignore = "the test above runs it on a display of its own"]
fn on_the_display_that_there_is() {
    let studio = Studio::new();
    let editor = editor(Arc::clone(&studio));
    let song = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/songs/jingle_bells.mid");
    let source = Source::new(None, format!("file://{song}\r\n").as_bytes());
    // The second time finds what the first has left, and its host takes some frames to show it.
    for (takes, pause) in [(1, Duration::ZERO), (2, Duration::from_millis(300))] {
        let host = GuiContext::new(Arc::new(Deaf));
        let spawned = editor.spawn(None, false, None, host, None).unwrap();
        std::thread::sleep(pause);
        spawned.handle.show(&spawned.window).unwrap();
        let target = wait("a target for drops", || source.find_target(source.client.root));
        wait("a picture", || (colours(&source, target) > 8).then_some(()));

        let atoms = source.atoms();
        source.send(target, atoms.XdndEnter, [5 << 24, atoms.URI_LIST, NONE, NONE]);
        source.send(target, atoms.XdndPosition, [0, 0, 0, atoms.XdndActionCopy]);
        assert_eq!(source.receive().type_, atoms.XdndStatus);
        source.send(target, atoms.XdndDrop, [0, 0, 0, 0]);
        assert_eq!(source.receive().data.as_data32()[1], 1, "taken");
        wait("the take", || (studio.snapshot().document.takes.len() == takes).then_some(()));
        // What is auditioned ends with the window.
        studio.audition_groove(&Pattern::empty(PatternGrid::Straight));
        assert!(studio.snapshot().auditioned.is_some());
        drop(spawned);
        wait("its end", || source.find_target(source.client.root).is_none().then_some(()));
        wait("the part", || studio.snapshot().auditioned.is_none().then_some(()));
    }
    assert_eq!(studio.snapshot().document.takes[0].name, "jingle_bells");
}

#[test]
fn a_window_on_a_fine_display_has_twice_the_pixels() {
    let Some(display) = Display::start() else { return };
    display.run("editor::host::tests::at_192_dots_to_the_inch");
}

#[test]
#[ignore = "the test above runs it on a display of its own"]
fn at_192_dots_to_the_inch() {
    let source = Source::new(None, b"");
    let (name, kind) = (AtomEnum::RESOURCE_MANAGER, AtomEnum::STRING);
    let (connection, root) = (&source.client.connection, source.client.root);
    let told = connection.change_property8(PropMode::REPLACE, root, name, kind, b"Xft.dpi:\t192\n");
    told.unwrap().check().unwrap();
    let editor = editor(Studio::new());
    let host = GuiContext::new(Arc::new(Deaf));
    let spawned = editor.spawn(None, false, None, host, None).unwrap();
    // Hosts ask before there is a frame, and make room for that.
    assert_eq!(editor.size(), NativeSize::new(2200, 1440));
    drop(spawned);
    // Closed in the moment that they open, before their threads have begun.
    for _ in 0..5 {
        let host = GuiContext::new(Arc::new(Deaf));
        drop(editor.spawn(None, false, None, host, None).unwrap());
    }
}

#[test]
fn a_window_has_the_scale_that_its_host_names() {
    let Some(display) = Display::start() else { return };
    display.run("editor::host::tests::where_the_host_alone_names_the_scale");
}

#[test]
#[ignore = "the test above runs it on a display of its own"]
fn where_the_host_alone_names_the_scale() {
    let editor = editor(Studio::new());
    let open = |scale| {
        let host = GuiContext::new(Arc::new(Deaf));
        editor.spawn(None, false, scale, host, None).unwrap()
    };
    let spawned = open(None);
    assert_eq!(editor.size(), NativeSize::new(1100, 720));
    let name = |scale| spawned.handle.set_fallback_scale_factor(scale, &spawned.window).unwrap();
    name(2.0);
    for mistake in [0.0, -2.0, f64::NAN, f64::INFINITY, 1e9] {
        name(mistake);
    }
    assert_eq!(editor.size(), NativeSize::new(2200, 1440));
    let least = spawned.handle.adjust_size(NativeSize::new(1, 1), &spawned.window);
    assert_eq!(least, Some(NativeSize::new(1600, 1000)));
    drop(spawned);
    // The host's word holds for the next window, if it makes sense.
    let source = Source::new(None, b"");
    for (scale, width) in [(f64::NAN, 1100), (2.0, 2200)] {
        let _open = open(Some(scale));
        let window = wait("a window", || source.find_target(source.client.root));
        let made = source.client.connection.get_geometry(window).unwrap().reply().unwrap();
        assert_eq!((u32::from(made.width), editor.size().width), (width, width));
    }
    // A size that no window has is not the end of it either.
    let spawned = open(None);
    spawned.handle.set_size(NativeSize::new(0, 0), &spawned.window).unwrap();
}

#[test]
fn the_host_is_asked_for_the_windows_own_sizes_alone() {
    let Some(display) = Display::start() else { return };
    display.run("editor::host::tests::while_sizes_come_from_both_sides");
}

/// Notes down what it is asked for.
#[derive(Clone, Default)]
struct Asked {
    sizes: Arc<Mutex<Vec<PhysicalSize<u32>>>>,
    calls: Arc<AtomicBool>,
}

impl HostCallbacks for Asked {
    fn request_resize(&mut self, size: Size, scale: f64) -> Result<(), Box<dyn Error>> {
        self.sizes.lock().push(size.to_physical(scale));
        Ok(())
    }

    fn destroyed(&mut self) {}
}

impl HostMainThreadCaller for Asked {
    fn call_main_thread(&mut self) {
        self.calls.store(true, Ordering::Release);
    }
}

#[test]
#[ignore = "the test above runs it on a display of its own"]
fn while_sizes_come_from_both_sides() {
    let editor = editor(Studio::new());
    let asked = Asked::default();
    let (callbacks, caller) = (Box::new(asked.clone()), Box::new(asked.clone()));
    let host = HostMethods { callbacks, main_thread_caller: caller };
    let context = GuiContext::new(Arc::new(Deaf));
    let SpawnedEditor { handle, window } =
        editor.spawn(None, false, None, context, Some(host)).unwrap();
    handle.show(&window).unwrap();
    let source = Source::new(None, b"");
    let shown = wait("a window", || source.find_target(source.client.root));
    wait("a picture", || (colours(&source, shown) > 8).then_some(()));
    let connection = &source.client.connection;
    let serve = || {
        if asked.calls.swap(false, Ordering::AcqRel) {
            handle.host_main_thread_callback(&window);
        }
        let size = connection.get_geometry(shown).unwrap().reply().unwrap();
        (size.width, size.height)
    };
    // A host may resize the window by the server as well, as sockets of GTK do.
    for (width, height) in [(800, 500), (1100, 720)].repeat(20) {
        handle.set_size(NativeSize::new(width, height), &window).unwrap();
        serve();
        let other = ConfigureWindowAux::new().width(1900 - width).height(1220 - height);
        connection.configure_window(shown, &other).unwrap().check().unwrap();
        std::thread::sleep(Duration::from_millis(5));
        serve();
    }
    handle.set_size(NativeSize::new(1100, 720), &window).unwrap();
    wait("the last size", || (serve() == (1100, 720)).then_some(()));
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!((serve(), asked.sizes.lock().as_slice()), ((1100, 720), &[][..]));

    // The corner is pulled.
    let mouse = |response_type, (event_x, event_y)| {
        let event = MotionNotifyEvent {
            response_type,
            // The left button, to an event of a button.
            detail: 1_u8.into(),
            sequence: 0,
            time: CURRENT_TIME,
            root: source.client.root,
            event: shown,
            child: NONE,
            root_x: event_x,
            root_y: event_y,
            event_x,
            event_y,
            state: KeyButMask::default(),
            same_screen: true,
        };
        connection.send_event(false, shown, EventMask::NO_EVENT, event).unwrap().check().unwrap();
        // The window sees it in a frame.
        std::thread::sleep(Duration::from_millis(100));
    };
    mouse(MOTION_NOTIFY_EVENT, (1094, 714));
    mouse(BUTTON_PRESS_EVENT, (1094, 714));
    mouse(MOTION_NOTIFY_EVENT, (1050, 700));
    mouse(MOTION_NOTIFY_EVENT, (994, 654));
    wait("the size that it was pulled to", || (serve() == (1000, 660)).then_some(()));
    mouse(BUTTON_RELEASE_EVENT, (994, 654));
    wait("the host", || {
        serve();
        (asked.sizes.lock().last() == Some(&PhysicalSize::new(1000, 660))).then_some(())
    });
}
