//! The panel at the side, and the sheets that open from it.

use egui::{Key, Modifiers, Vec2, vec2};

use super::robot::Robot;
use super::views::SIZES;
use crate::drummer::{Settings, Style, StyleChoice};
use crate::editor::controls::Controls;
use crate::midi;
use crate::parameters::Control;
use crate::score::{GmKey, Lane, Note, Ticks, Track, TrackKind, Velocity};
use crate::studio::{Channel, DrumMap, Edit, PresetFolder, fixtures};

const SIZE: Vec2 = Vec2::new(1280.0, 800.0);

fn written(robot: &Robot) -> Vec<String> {
    std::mem::take(&mut *robot.controls.written.borrow_mut())
}

/// A window whose presets are in a folder of the test's.
fn with_folder() -> (tempfile::TempDir, Robot) {
    let place = tempfile::tempdir().unwrap();
    let mut robot = Robot::with_bars(4, SIZE);
    robot.window.side_panel.presets = Default::default();
    robot.window.side_panel.presets.folder = Some(PresetFolder::new(place.path()));
    robot.frames(1);
    (place, robot)
}

#[test]
fn undo_and_redo_turn_the_controls_once() {
    let mut robot = Robot::with_bars(4, SIZE);
    let before = robot.document().settings.clone();
    let style = StyleChoice::Preset(Style::ALL[15]);
    let after = Settings { style, swing: 0.75, ..before.clone() };
    robot.studio.apply(Edit::Settings(after)).unwrap();
    robot.studio.apply(Edit::Channel(Channel::new(3).unwrap())).unwrap();
    robot.frames(2);
    assert_eq!(written(&robot), [""; 0], "what a host has turned is not turned again");
    // The notebook's controls stand where they were before both edits: the first is still done.
    robot.press("undo");
    robot.frames(3);
    let turned = ["begin Style", "set", "end Style", "begin Swing", "set", "end Swing"];
    assert_eq!(written(&robot), turned);
    assert_eq!(robot.controls.value(Control::Style), 1.0);
    assert_eq!(robot.controls.value(Control::Swing), 0.75);
    robot.press("redo");
    robot.frames(3);
    assert_eq!(written(&robot), ["begin MIDI channel", "set", "end MIDI channel"]);
    assert_eq!(robot.controls.value(Control::Channel), 2.0 / 15.0);
    robot.key(Modifiers::COMMAND, Key::Z);
    robot.key(Modifiers::COMMAND, Key::Z);
    robot.frames(3);
    assert_eq!(robot.controls.value(Control::Style), 0.0);
    assert_eq!(robot.controls.value(Control::Swing), before.swing);
    assert_eq!(robot.controls.value(Control::Channel), 9.0 / 15.0);
    assert_eq!(robot.document().settings, before);
}

#[test]
fn a_loaded_state_turns_the_controls() {
    let mut robot = Robot::with_bars(4, SIZE);
    let settings = Settings { intensity: 0.9, ..robot.document().settings.clone() };
    robot.studio.apply(Edit::Settings(settings)).unwrap();
    let state = robot.studio.save();
    let mut other = Robot::with_bars(4, SIZE);
    other.studio.load(&state).unwrap();
    other.frames(3);
    assert_eq!(written(&other), ["begin Intensity", "set", "end Intensity"]);
    assert_eq!(other.controls.value(Control::Intensity), 0.9);
    robot.frames(1);
}

#[test]
fn switches_turn_their_parameters() {
    let mut robot = Robot::with_bars(4, SIZE);
    for (name, control) in [("midi-out", Control::MidiOut), ("listen", Control::Listen)] {
        assert!(robot.controls.value(control) >= 0.5);
        robot.press(name);
        assert_eq!(robot.controls.value(control), 0.0);
        robot.press(name);
        assert_eq!(robot.controls.value(control), 1.0);
    }
    assert_eq!(written(&robot)[..3], ["begin Send MIDI", "set", "end Send MIDI"]);
}

#[test]
fn a_factory_preset_is_one_step_and_turns_the_controls() {
    let mut robot = Robot::with_bars(4, SIZE);
    let before = robot.document().settings.clone();
    robot.press("preset");
    robot.frames(1);
    robot.press(("factory-preset", 5_usize));
    robot.frames(2);
    let settings = robot.document().settings.clone();
    assert_eq!(settings.style, StyleChoice::Preset(Style::Jazz));
    assert_eq!((settings.seed, settings.alternatives), (before.seed, before.alternatives));
    assert_eq!(robot.controls.value(Control::Swing), settings.swing);
    assert_eq!(robot.controls.value(Control::Style), 5.0 / 16.0);
    assert_eq!(robot.studio.snapshot().undo, Some("preset"));
    robot.press("undo");
    robot.frames(2);
    assert_eq!(robot.document().settings, before);
    assert_eq!(robot.controls.value(Control::Swing), before.swing);
}

#[test]
fn presets_of_ones_own_are_kept_loaded_and_removed() {
    let (place, mut robot) = with_folder();
    let folder = PresetFolder::new(place.path());
    let mine = Settings { swing: 0.3, complexity: 0.8, ..robot.document().settings.clone() };
    robot.studio.apply(Edit::Settings(mine.clone())).unwrap();
    robot.press("keep-preset");
    // Letters go into the name, not to the window's keys; the name of a factory preset is refused.
    robot.type_line("jazz");
    assert!(robot.window.dialog.is_some());
    assert_eq!(robot.studio.snapshot().undo, Some("settings"));
    robot.press("preset-name");
    robot.type_line("Mine");
    assert!(robot.window.dialog.is_none());
    robot.wait(|_| folder.list().len() == 1);
    assert_eq!(folder.list()[0].name, "Mine");

    robot.studio.apply(Edit::Settings(Settings { swing: 0.0, ..mine.clone() })).unwrap();
    robot.press("preset");
    robot.wait(|robot| robot.shows(("own-preset", 0_usize)));
    robot.press(("own-preset", 0_usize));
    robot.frames(2);
    assert_eq!(robot.document().settings.swing, 0.3);
    assert_eq!(robot.controls.value(Control::Swing), 0.3);

    // Removing takes two presses.
    robot.press("preset");
    robot.frames(1);
    robot.press(("remove-preset", 0_usize));
    assert_eq!(folder.list().len(), 1);
    robot.press(("remove-preset", 0_usize));
    robot.wait(|_| folder.list().is_empty());
    robot.wait(|robot| !robot.shows(("own-preset", 0_usize)));
}

#[test]
fn escape_closes_a_sheet_and_nothing_else() {
    let mut robot = Robot::with_bars(4, SIZE);
    robot.press(("section", 0_usize));
    let selected = robot.window.shared.selection.bars.clone();
    assert!(selected.is_some());
    robot.press("edit-map");
    assert!(robot.window.dialog.is_some());
    for key in [Key::Delete, Key::N, Key::Num2] {
        robot.key(Modifiers::NONE, key);
    }
    robot.key(Modifiers::NONE, Key::Escape);
    assert!(robot.window.dialog.is_none());
    assert_eq!(robot.window.shared.selection.bars, selected);
    let view = robot.studio.snapshot();
    assert_eq!((view.undo, view.job.clone()), (None, None));
    robot.press("edit-map");
    robot.click(egui::pos2(8.0, 8.0));
    assert!(robot.window.dialog.is_none(), "a click beside it closes it");
}

#[test]
fn a_key_of_the_map_is_turned_into_a_map_of_ones_own() {
    let mut robot = Robot::with_bars(4, SIZE);
    let kick = Lane::Kick.default_key();
    robot.studio.apply(Edit::DrumMap(DrumMap::AddictiveDrums)).unwrap();
    robot.press("edit-map");
    let key = egui::Id::unique(("map-key", Lane::Kick.index()));
    let press = |robot: &mut Robot, id: egui::Id| {
        let at = robot.ctx().read_response(id).unwrap().rect.center();
        robot.click(at);
    };
    for _ in 0..3 {
        press(&mut robot, key.with("more"));
    }
    press(&mut robot, key.with("less"));
    let map = robot.document().drum_map.clone();
    assert!(matches!(map, DrumMap::Own(_)));
    assert_eq!(map.key(kick), DrumMap::AddictiveDrums.key(kick) + 2);
    // Both bass drums go with their lane, and nothing else does.
    assert_eq!(map.key(GmKey::new(35).unwrap()), map.key(kick));
    let snare = Lane::Snare.default_key();
    assert_eq!(map.key(snare), DrumMap::AddictiveDrums.key(snare));

    // Dragged up by three steps.
    let instrument = egui::Id::unique(("map-instrument", 35_u8));
    let at = robot.ctx().read_response(instrument).unwrap().rect.center();
    robot.drag(at, at - vec2(0.0, 12.5));
    let map = robot.document().drum_map.clone();
    assert_eq!(map.key(GmKey::new(35).unwrap()), map.key(kick) + 3);

    // The strokes that are sent and the files that are saved follow it; the kit does not.
    let clip = robot.document().clip();
    let kicks: Vec<_> = clip.strokes.iter().filter(|s| s.kit_key == kick.get()).collect();
    assert!(!kicks.is_empty() && kicks.iter().all(|stroke| stroke.key == map.key(kick)));

    // Each key that was turned is one step.
    robot.key(Modifiers::NONE, Key::Escape);
    robot.press("undo");
    assert_eq!(robot.document().drum_map.key(GmKey::new(35).unwrap()), map.key(kick));
    robot.press("undo");
    assert_eq!(robot.document().drum_map, DrumMap::AddictiveDrums);
}

#[test]
fn turns_of_the_map_are_taken_back_on_its_sheet() {
    let mut robot = Robot::with_bars(4, SIZE);
    robot.press("edit-map");
    assert!(robot.says("A changed key makes a map of your own"));
    let more = egui::Id::unique(("map-key", Lane::Kick.index())).with("more");
    let at = robot.ctx().read_response(more).unwrap().rect.center();
    robot.click(at);
    let own = robot.document().drum_map.clone();
    assert!(matches!(own, DrumMap::Own(_)));
    robot.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(robot.document().drum_map, DrumMap::Gm);
    robot.key(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    assert_eq!(robot.document().drum_map, own);
    // Another map of one's own would take the place of this one.
    robot.studio.apply(Edit::DrumMap(DrumMap::Avl)).unwrap();
    robot.frames(1);
    assert!(robot.says("A changed key makes a map in place of your own"));
}

#[test]
fn the_own_map_is_named_and_kept_beside_the_others() {
    let mut robot = Robot::with_bars(4, SIZE);
    robot.press("edit-map");
    let more = egui::Id::unique(("map-key", Lane::Bell.index())).with("more");
    let at = robot.ctx().read_response(more).unwrap().rect.center();
    robot.click(at);
    robot.frames(1);
    robot.press("drum-map-name");
    robot.type_line("My old kit");
    assert_eq!(robot.document().drum_map.name(), "My old kit");
    robot.studio.apply(Edit::DrumMap(DrumMap::Avl)).unwrap();
    robot.key(Modifiers::NONE, Key::Escape);
    robot.press("drum-map");
    robot.frames(1);
    robot.press(("drum-map", 5_usize));
    assert_eq!(robot.document().drum_map.name(), "My old kit");
}

#[test]
fn a_groove_is_used_named_and_taken_away_again() {
    let mut robot = Robot::with_bars(8, SIZE);
    let before = robot.document().settings.clone();
    robot.studio.use_bars(1..3, None).unwrap();
    robot.studio.use_bars(4..5, Some(1)).unwrap();
    robot.frames(2);
    let StyleChoice::Groove(groove) = robot.document().settings.style.clone() else {
        panic!("a groove is in use")
    };
    // The take begins at bar 5 of the host's song.
    assert_eq!((groove.name(), groove.bars()), ("Bars 6 to 7", 2));
    assert_eq!(robot.studio.snapshot().undo, Some("groove"));
    robot.press("preset");
    robot.frames(1);
    robot.press(("remove-groove", Some(1_usize)));
    robot.frames(1);
    assert!(robot.document().settings.section_grooves.is_empty());
    robot.press(("remove-groove", None::<usize>));
    robot.frames(1);
    assert_eq!(robot.document().settings, before);
    robot.key(Modifiers::NONE, Key::Escape);
    for _ in 0..2 {
        robot.press("undo");
    }
    robot.frames(1);
    assert_eq!(robot.document().settings.section_grooves.len(), 1);
    // Choosing a style is a way back, too; what belongs to sections stays.
    robot.press("preset");
    robot.frames(1);
    robot.press(("factory-preset", 5_usize));
    robot.frames(1);
    assert_eq!(robot.document().settings.style, StyleChoice::Preset(Style::Jazz));
    assert_eq!(robot.document().settings.section_grooves.len(), 1);
}

#[test]
fn a_song_with_drums_offers_them_as_a_groove() {
    let mut robot = Robot::with_bars(4, SIZE);
    let mut song = fixtures::take(8).song;
    let note = |bar: u64| Note {
        start: Ticks(bar * 1920),
        length: Ticks(10),
        key: 36,
        velocity: Velocity::clamped(99),
    };
    let notes = (1..7).map(note).collect();
    song.tracks.push(Track { name: "Drums".to_owned(), kind: TrackKind::Drums, notes });
    robot.studio.drop_midi("whole song", &midi::write(&song)).unwrap();
    let said = robot.studio.snapshot().error.clone().unwrap();
    assert!(said.contains("\"Drums of whole song\"") && said.contains("bars 2 to 5"), "{said}");
    // The other take has none; its song can have these.
    robot.studio.apply(Edit::ChooseTake(0)).unwrap();
    robot.frames(1);
    robot.press("preset");
    robot.frames(1);
    assert!(!robot.shows(("take-drums", 0usize)));
    robot.press(("take-drums", 1usize));
    let document = robot.document();
    let StyleChoice::Groove(groove) = &document.settings.style else { panic!("a groove") };
    assert_eq!((groove.name(), groove.bars(), groove.hits().len()), ("whole song", 4, 4));
    assert_eq!(document.current_take, Some(0));
    let said = robot.studio.snapshot().error.clone().unwrap();
    assert!(said.contains("bars 2 to 5"), "{said}");
}

#[test]
fn what_there_is_to_do_is_said_while_a_groove_is_tapped() {
    for size in SIZES {
        let mut robot = Robot::with_bars(4, size);
        robot.studio.tap(2);
        robot.frames(2);
        assert!(robot.says("Tap a groove: start the host"), "{size}");
        // Wherever the pointer rests.
        robot.move_to(robot.layout().grid.center());
        robot.frames(2);
        assert!(robot.says("Tap a groove: start the host"), "{size}");
        assert_eq!(robot.cut_texts(), [""; 0], "{size}");
        robot.studio.end_tapping();
    }
}

#[test]
fn a_groove_is_tapped_from_the_panel() {
    let mut robot = Robot::with_bars(4, SIZE);
    robot.press("preset");
    robot.frames(1);
    robot.press("tap-groove");
    robot.frames(1);
    let tapping = |robot: &Robot| robot.studio.snapshot().tapping;
    assert_eq!(tapping(&robot).map(|tapping| tapping.bars), Some(2));
    robot.press("tap-bars");
    robot.frames(1);
    assert_eq!(tapping(&robot).map(|tapping| tapping.bars), Some(4));
    robot.press("tap-anew");
    robot.press("tap-done");
    robot.frames(1);
    // Nothing was played.
    assert_eq!((tapping(&robot), robot.studio.snapshot().undo), (None, None));
    assert!(robot.shows("preset"));
}
