//! Menus and keys: what is open has them, and nothing behind it.

use egui::{Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, TouchPhase, Vec2, vec2};

use super::robot::Robot;
use crate::editor::chooser::Chooser;
use crate::editor::dialog::Dialog;
use crate::editor::export::Purpose;
use crate::editor::{help, keys};
use crate::studio::Extract;

const SIZE: Vec2 = Vec2::new(1100.0, 720.0);

fn open(robot: &mut Robot, menu: &'static str) {
    robot.press(menu);
    robot.frames(2);
    assert!(egui::Popup::is_any_open(robot.ctx()), "{menu} is a menu");
}

#[test]
fn escape_closes_the_menu_first_and_keys_do_nothing_behind_it() {
    for menu in ["take", "preset", "capture-more", "clip-more", "take-more"] {
        let mut robot = Robot::with_bars(8, SIZE);
        robot.press(("section", 0_usize));
        let selected = robot.window.shared.selection.clone();
        let before = robot.document();
        open(&mut robot, menu);
        for key in [Key::Delete, Key::N, Key::Num2, Key::R, Key::L, Key::F] {
            robot.key(Modifiers::NONE, key);
        }
        robot.key(Modifiers::COMMAND, Key::A);
        assert_eq!(robot.document(), before, "{menu}");
        assert_eq!(robot.studio.snapshot().job, None, "{menu}");
        assert_eq!(robot.window.shared.selection, selected, "{menu}");
        assert!(egui::Popup::is_any_open(robot.ctx()), "{menu} stays open");
        robot.key(Modifiers::NONE, Key::Escape);
        robot.frames(1);
        assert!(!egui::Popup::is_any_open(robot.ctx()), "{menu} is closed");
        assert_eq!(robot.window.shared.selection, selected, "{menu}: closed, and nothing else");
        robot.key(Modifiers::NONE, Key::Escape);
        assert_ne!(robot.window.shared.selection, selected);
    }
}

#[test]
fn a_click_that_closes_a_menu_does_nothing_else() {
    let mut robot = Robot::with_bars(4, SIZE);
    let before = robot.document();
    let grid = robot.layout().grid;
    let elsewhere = [
        robot.rect(("alternative", 2_usize)).center(),
        grid.center(),
        grid.left_bottom() + egui::vec2(40.0, -30.0),
        robot.rect(("mute", 3_usize)).center(),
        robot.rect("generate").center(),
        robot.rect(("section", 0_usize)).center(),
    ];
    for at in elsewhere {
        for menu in ["preset", "take"] {
            open(&mut robot, menu);
            robot.click(at);
            robot.frames(2);
            assert!(!egui::Popup::is_any_open(robot.ctx()), "{menu} at {at}");
            assert_eq!(robot.document(), before, "{menu} at {at}");
            assert_eq!(robot.studio.snapshot().job, None);
            assert_eq!(robot.window.shared.selection, Default::default(), "{menu} at {at}");
        }
    }
    // The next one does what it does.
    robot.click(elsewhere[0]);
    assert_eq!(robot.arrangement().chosen, 2);
}

#[test]
fn space_presses_nothing_and_what_is_not_used_is_the_hosts() {
    let mut robot = Robot::with_bars(4, SIZE);
    // A button that has the focus would be pressed by it.
    robot.ctx().memory_mut(|memory| memory.request_focus(egui::Id::unique("theme")));
    robot.frames(1);
    let before = robot.studio.snapshot().window_settings.theme;
    robot.key(Modifiers::NONE, Key::Space);
    robot.events(vec![Event::Text(" ".to_owned())]);
    assert_eq!(robot.studio.snapshot().window_settings.theme, before);

    let used = keys::used(Modifiers::NONE);
    let letter = |text: &str| nice_plug_egui::Key::Character(text.to_owned());
    for own in ["c", "C", "g", "1", "0", "+", "?"] {
        assert!(used.contains(&letter(own)), "{own}");
    }
    for hosts in [" ", "z", "s", "m", "q", "x"] {
        assert!(!used.contains(&letter(hosts)), "{hosts}");
    }
    let held = keys::used(Modifiers::COMMAND);
    for own in ["z", "Z", "y", "a", "c", "x", "v"] {
        assert!(held.contains(&letter(own)), "Ctrl+{own}");
    }
    for hosts in ["s", "n", "w", "t", "l", "p", "1", "0"] {
        assert!(!held.contains(&letter(hosts)), "Ctrl+{hosts}");
    }
}

#[test]
fn with_alt_a_letter_is_the_hosts() {
    let mut robot = Robot::with_bars(4, SIZE);
    let follow = robot.window.shared.follow;
    robot.key(Modifiers::ALT, Key::F);
    robot.key(Modifiers::ALT, Key::G);
    assert_eq!(robot.window.shared.follow, follow);
    assert!(robot.studio.snapshot().job.is_none());
    robot.hold(Modifiers::ALT);
    robot.events(vec![Event::Text("?".to_owned())]);
    robot.hold(Modifiers::NONE);
    robot.frames(1);
    assert!(robot.window.dialog.is_none());
    robot.key(Modifiers::NONE, Key::F);
    assert_eq!(robot.window.shared.follow, !follow);
    let escape = "Escape".parse::<nice_plug_egui::Key>().unwrap();
    assert_eq!(keys::used(Modifiers::ALT), [escape]);
}

/// What the help lists is what is used.
#[test]
fn every_key_of_the_help_is_used() {
    for (keys, what) in help::HELP.iter().flat_map(|(_, lines)| *lines) {
        let last = keys.rsplit('+').next().unwrap_or_default();
        let mut letters = last.chars();
        if let (Some(letter), None) = (letters.next(), letters.next())
            && letter.is_ascii()
        {
            let key = nice_plug_egui::Key::Character(letter.to_string());
            let command = Modifiers { command: keys.starts_with("Ctrl"), ..Modifiers::NONE };
            let used = keys::used(command);
            assert!(used.contains(&key), "{keys}: {what}");
        }
    }
}

#[test]
fn what_would_be_dragged_is_written_on_it() {
    let mut robot = Robot::with_bars(8, SIZE);
    let frame_name = |robot: &mut Robot| {
        robot.events(Vec::new());
        let place = robot.rect("drag-out");
        let words = robot.harness.output().shapes.iter().filter_map(|shape| match &shape.shape {
            egui::Shape::Text(text) if place.contains(text.pos) => Some(text.galley.text()),
            _ => None,
        });
        words.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(frame_name(&mut robot), "Drag everything");
    robot.press(("section", 1_usize));
    // The section is bars 9 to 13 of the host's song.
    assert_eq!(frame_name(&mut robot), "Drag bars 9–13");
}

#[test]
fn a_click_far_out_selects_the_bar_and_twice_goes_nearer() {
    let mut robot = Robot::with_bars(255, SIZE);
    robot.press("zoom-all");
    let at = robot.layout().grid.center();
    let before = robot.document();
    robot.click(at);
    assert_eq!(robot.window.shared.selection.bars.as_ref().map(|bars| bars.len()), Some(1));
    assert_eq!(robot.document(), before);
    robot.double_click(at);
    let bar = robot.with_place(|place| place.cell_at(at).unwrap().bar);
    assert!(robot.with_place(|place| place.is_editable(bar)));
    // Near enough, the same click sets a hit: the help says both.
    let help = help::HELP.iter().flat_map(|(_, lines)| *lines);
    assert!(help.into_iter().any(|(keys, _)| keys.contains("far out")));
}

#[test]
fn where_the_desktop_has_no_dialogue_the_window_has_one() {
    let folder = tempfile::tempdir().unwrap();
    let songs = folder.path().join("songs");
    std::fs::create_dir(&songs).unwrap();
    let song = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/songs/town.mid");
    std::fs::copy(song, songs.join("town.mid")).unwrap();
    let mut robot = Robot::with_nothing(SIZE);
    let chooser = |purpose| Chooser::new(purpose, "There is none.").within(folder.path());
    robot.window.dialog = Some(Dialog::Choose(chooser(Purpose::Open)));
    robot.wait(|robot| robot.shows(("chooser-folder", 0_usize)));
    robot.press(("chooser-folder", 0_usize));
    robot.wait(|robot| robot.shows(("chooser-file", 0_usize)));
    robot.press(("chooser-file", 0_usize));
    robot.wait(|robot| robot.document().take().is_some());
    assert!(robot.window.dialog.is_none());

    let mut robot = Robot::with_bars(4, SIZE);
    let file = robot.document().midi_file(&Extract::default()).unwrap();
    let saved = folder.path().join(&file.name);
    let bytes = file.bytes.clone();
    robot.window.dialog = Some(Dialog::Choose(chooser(Purpose::Save(file))));
    robot.wait(|robot| robot.shows("chooser-save"));
    robot.press("chooser-save");
    robot.wait(|_| saved.exists());
    assert_eq!(std::fs::read(&saved).unwrap(), bytes);
}

#[test]
fn of_a_long_folder_only_what_is_in_view_is_laid_out() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("songs")).unwrap();
    for number in 0..300 {
        std::fs::write(folder.path().join(format!("{number:03}.mid")), "").unwrap();
    }
    let mut robot = Robot::with_nothing(SIZE);
    let chooser = Chooser::new(Purpose::Open, "There is none.").within(folder.path());
    robot.window.dialog = Some(Dialog::Choose(chooser));
    robot.wait(|robot| robot.shows(("chooser-file", 0_usize)));
    robot.frames(2);
    assert!(robot.shows(("chooser-folder", 0_usize)));
    assert!(!robot.shows(("chooser-file", 100_usize)));
    robot.move_to(robot.rect(("chooser-file", 4_usize)).center());
    robot.events(vec![Event::MouseWheel {
        unit: MouseWheelUnit::Point,
        delta: vec2(0.0, -20_000.0),
        phase: TouchPhase::Move,
        source: MouseWheelSource::Unknown,
        modifiers: Modifiers::NONE,
    }]);
    robot.wait(|robot| robot.shows(("chooser-file", 299_usize)));
    robot.frames(1);
    assert!(!robot.shows(("chooser-file", 100_usize)));
}
