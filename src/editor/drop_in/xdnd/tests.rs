//! A source of drags against the proxy, on a display of the test's own.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use x11rb::rust_connection::RustConnection;

use super::*;
use crate::editor::tests::display::{Display, Source, window};
use crate::editor::xdnd::Atoms;

#[derive(Debug, PartialEq)]
enum Told {
    Hover(bool),
    Take(PathBuf),
}

struct Ear(Sender<Told>);

impl Drops for Ear {
    fn hover(&self, over: bool) {
        self.0.send(Told::Hover(over)).unwrap();
    }

    fn take(&self, path: PathBuf) {
        self.0.send(Told::Take(path)).unwrap();
    }
}

/// A window with a proxy before it, and what the proxy tells.
fn target(display: &Display) -> (RustConnection, Window, Target, Receiver<Told>) {
    let (connection, screen) = x11rb::connect(Some(&display.name)).unwrap();
    let root = connection.setup().roots[screen].root;
    let target = window(&connection, root);
    let (sender, told) = channel();
    let proxy = Target::new(Some(&display.name), target, Ear(sender)).unwrap();
    (connection, target, proxy, told)
}

fn next(told: &Receiver<Told>) -> Told {
    told.recv_timeout(Duration::from_secs(20)).unwrap()
}

#[test]
fn a_dropped_file_is_taken() {
    let Some(display) = Display::start() else { return };
    let (_connection, target, proxy, told) = target(&display);
    let source =
        Source::new(Some(&display.name), b"file:///tmp/A%20song.mid\r\nfile:///tmp/b.mid\r\n");
    let Atoms { XdndEnter, XdndPosition, XdndDrop, XdndActionCopy, URI_LIST, .. } = source.atoms();
    // The same twice: a session leaves nothing behind.
    for _ in 0..2 {
        source.send(target, XdndEnter, [5 << 24, URI_LIST, NONE, NONE]);
        assert_eq!(next(&told), Told::Hover(true));
        source.send(target, XdndPosition, [0, 20 << 16 | 30, CURRENT_TIME, XdndActionCopy]);
        let status = source.receive();
        assert_eq!(status.type_, source.atoms().XdndStatus);
        assert_eq!(status.data.as_data32(), [target, 1, 0, 0, XdndActionCopy]);
        source.send(target, XdndDrop, [0, CURRENT_TIME, 0, 0]);
        let finished = source.receive();
        assert_eq!(finished.type_, source.atoms().XdndFinished);
        assert_eq!(finished.data.as_data32(), [target, 1, XdndActionCopy, 0, 0]);
        assert_eq!(next(&told), Told::Hover(false));
        assert_eq!(next(&told), Told::Take("/tmp/A song.mid".into()));
        assert_eq!(next(&told), Told::Take("/tmp/b.mid".into()));
    }
    drop(proxy);
    assert_eq!(source.proxy_of(target), None, "nothing is left of a proxy that has ended");
}

#[test]
fn what_is_no_file_is_refused_and_what_leaves_is_forgotten() {
    let Some(display) = Display::start() else { return };
    let (_connection, target, _proxy, told) = target(&display);
    let source = Source::new(Some(&display.name), b"https://example.org/song.mid\r\n");
    let Atoms { XdndEnter, XdndPosition, XdndDrop, XdndLeave, URI_LIST, XdndTypeList, .. } =
        source.atoms();
    // Without a list of files.
    source.send(target, XdndEnter, [5 << 24, u32::from(AtomEnum::STRING), NONE, NONE]);
    source.send(target, XdndPosition, [0, 0, CURRENT_TIME, NONE]);
    assert_eq!(source.receive().data.as_data32(), [target, 0, 0, 0, NONE]);
    source.send(target, XdndDrop, [0, CURRENT_TIME, 0, 0]);
    assert_eq!(source.receive().data.as_data32(), [target, 0, NONE, 0, 0]);
    // With one among many types, which then has no file in it.
    let types = [u32::from(AtomEnum::STRING), 1, 2, 3, URI_LIST];
    source
        .client
        .connection
        .change_property32(
            PropMode::REPLACE,
            source.client.window,
            XdndTypeList,
            AtomEnum::ATOM,
            &types,
        )
        .unwrap();
    source.send(target, XdndEnter, [5 << 24 | 1, 1, 2, 3]);
    assert_eq!(next(&told), Told::Hover(true));
    source.send(target, XdndDrop, [0, CURRENT_TIME, 0, 0]);
    let finished = source.receive();
    assert_eq!((finished.type_, finished.data.as_data32()[1]), (source.atoms().XdndFinished, 0));
    assert_eq!(next(&told), Told::Hover(false));
    // A drag that leaves.
    source.send(target, XdndEnter, [5 << 24, URI_LIST, NONE, NONE]);
    source.send(target, XdndLeave, [0; 4]);
    assert_eq!((next(&told), next(&told)), (Told::Hover(true), Told::Hover(false)));
    assert!(told.try_recv().is_err());
}

/// A window of a host's with one of ours at 100, 50: GTK sees the outer one alone.
#[test]
fn what_is_not_over_the_window_goes_to_the_host() {
    let Some(display) = Display::start() else { return };
    let source = Source::new(Some(&display.name), b"file:///tmp/a.mid\r\n");
    let Atoms { XdndEnter, XdndPosition, XdndStatus, XdndDrop, XdndLeave, .. } = source.atoms();
    let Atoms { XdndAware, XdndActionCopy, XdndFinished, URI_LIST, .. } = source.atoms();
    let (connection, screen) = x11rb::connect(Some(&display.name)).unwrap();
    let root = connection.setup().roots[screen].root;
    let (host, ours) = (window(&connection, root), window(&connection, root));
    connection.map_window(host).unwrap().check().unwrap();
    let (sender, told) = channel();
    let proxy = Target::new(Some(&display.name), ours, Ear(sender)).unwrap();
    // As plugins are: the window is put into the host's when it is there.
    connection.reparent_window(ours, host, 100, 50).unwrap();
    connection.map_window(ours).unwrap().check().unwrap();
    let stood_in_for = |window| {
        let began = std::time::Instant::now();
        while source.proxy_of(window).is_none() {
            assert!(began.elapsed() < Duration::from_secs(20), "nothing stands in");
        }
        source.proxy_of(window)
    };
    assert_eq!(stood_in_for(host), stood_in_for(ours));
    // A second plugin in the same window leaves that as it is.
    let (other, silent) = (window(&connection, host), channel());
    drop(Target::new(Some(&display.name), other, Ear(silent.0)).unwrap());

    let beside = [0, 20 << 16 | 60, CURRENT_TIME, XdndActionCopy];
    let over = [0, 120 << 16 | 60, CURRENT_TIME, XdndActionCopy];
    // A host that takes no drops.
    source.send(host, XdndEnter, [5 << 24, URI_LIST, NONE, NONE]);
    source.send(host, XdndPosition, beside);
    assert_eq!(source.receive().data.as_data32(), [host, 0, 0, 0, NONE]);
    source.send(host, XdndPosition, over);
    assert_eq!(source.receive().data.as_data32(), [host, 1, 0, 0, XdndActionCopy]);
    assert_eq!(next(&told), Told::Hover(true));
    source.send(host, XdndDrop, [0, CURRENT_TIME, 0, 0]);
    assert_eq!(source.receive().data.as_data32()[..2], [host, 1]);
    assert_eq!((next(&told), next(&told)), (Told::Hover(false), Told::Take("/tmp/a.mid".into())));

    // One that does hears everything but what is over ours, as if it came from the source.
    connection
        .change_property32(PropMode::REPLACE, host, XdndAware, AtomEnum::ATOM, &[5])
        .unwrap()
        .check()
        .unwrap();
    let hosts = || loop {
        if let Event::ClientMessage(message) = connection.wait_for_event().unwrap() {
            assert_eq!((message.window, message.data.as_data32()[0]), (host, source.client.window));
            return message.type_;
        }
    };
    source.send(host, XdndEnter, [5 << 24, URI_LIST, NONE, NONE]);
    source.send(host, XdndPosition, beside);
    assert_eq!([hosts(), hosts()], [XdndEnter, XdndPosition]);
    source.send(host, XdndPosition, over);
    assert_eq!(source.receive().type_, XdndStatus);
    assert_eq!((next(&told), hosts()), (Told::Hover(true), XdndLeave));
    source.send(host, XdndPosition, beside);
    assert_eq!(next(&told), Told::Hover(false));
    assert_eq!([hosts(), hosts()], [XdndEnter, XdndPosition]);
    source.send(host, XdndDrop, [0, CURRENT_TIME, 0, 0]);
    assert_eq!(hosts(), XdndDrop);
    // The host has it, and answers by itself: what comes now is about the next drag.
    source.send(host, XdndEnter, [5 << 24, URI_LIST, NONE, NONE]);
    source.send(host, XdndDrop, [0, CURRENT_TIME, 0, 0]);
    let finished = source.receive();
    assert_eq!((finished.type_, finished.data.as_data32()[1]), (XdndFinished, 0));
    assert!(told.try_recv().is_err());
    drop(proxy);
    assert_eq!((source.proxy_of(host), source.proxy_of(ours)), (None, None));
}

#[test]
fn a_display_that_goes_away_ends_the_proxy() {
    let Some(display) = Display::start() else { return };
    let (_connection, _target, proxy, _told) = target(&display);
    drop(display);
    drop(proxy);
    assert!(Target::new(Some(":no-such-display"), 1, Ear(channel().0)).is_err());
}

#[test]
fn addresses_become_paths() {
    let list = b"# a comment\r\nfile:///a/b%20c.mid\r\nfile://localhost/d.mid\nfile:/e\r\n\0";
    assert_eq!(paths(list), ["/a/b c.mid", "/d.mid", "/e"].map(PathBuf::from));
    for strange in ["file://other-host/a", "file:///a%0", "file:///a%zz", "file:///a%00b", "a"] {
        assert_eq!(path(strange.as_bytes()), None, "{strange}");
    }
    let bytes = path(b"file:///%C3%84%FF").unwrap();
    assert_eq!(bytes.into_os_string().into_vec(), b"/\xC3\x84\xFF");
}
