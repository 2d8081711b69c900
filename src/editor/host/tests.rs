//! The real window on a real X server: it opens, paints, takes a drop and opens again.

#![allow(unsafe_code, reason = "a host's side is unsafe to be")]

use std::time::{Duration, Instant};

use nice_plug::context::PluginApi;
use nice_plug::context::gui::GuiContextInner;
use nice_plug::editor::EditorHandle;
use nice_plug::params::internals::ParamPtr;
use nice_plug::plugin::PluginState;
use x11rb::NONE;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, ImageFormat, PropMode, Window};
use x11rb::wrapper::ConnectionExt as _;

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
    let ask: TransportQuery = Arc::new(Transport::default);
    let editor = HostEditor::new(Arc::default(), Arc::clone(&studio), ask, "Drumlin");
    editor.window.lock().side_panel.presets.folder = None;
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
    let ask: TransportQuery = Arc::new(Transport::default);
    let editor = HostEditor::new(Arc::default(), Studio::new(), ask, "Drumlin");
    editor.window.lock().side_panel.presets.folder = None;
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
    let ask: TransportQuery = Arc::new(Transport::default);
    let editor = HostEditor::new(Arc::default(), Studio::new(), ask, "Drumlin");
    editor.window.lock().side_panel.presets.folder = None;
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
