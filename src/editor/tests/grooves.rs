//! The map of grooves.

use egui::{Key, Modifiers, Pos2, Vec2};

use super::robot::Robot;
use crate::drummer::StyleChoice;
use crate::patterns::MapStyle;
use crate::score::{GrooveSource, Lane};
use crate::studio::{Edit, GrooveLibrary, MapGroove};

const SIZE: Vec2 = Vec2::new(1280.0, 800.0);

/// A window with the map in view.
fn with_map() -> Robot {
    let mut robot = Robot::with_bars(8, SIZE);
    for lane in Lane::ALL {
        robot.studio.apply(Edit::Lock { lane, on: false }).unwrap();
    }
    robot.press(("tab", "Grooves"));
    robot.wait(|robot| robot.studio.snapshot().map.is_some());
    robot.frames(2);
    robot
}

#[test]
fn the_list_of_styles_says_which_colour_is_which() {
    let mut robot = with_map();
    robot.press("groove-style");
    robot.frames(2);
    let circles: Vec<egui::Color32> = (robot.harness.output().shapes.iter())
        .filter_map(|clipped| match &clipped.shape {
            egui::Shape::Circle(circle) => Some(circle.fill),
            _ => None,
        })
        .collect();
    for style in MapStyle::all().take(8) {
        let [red, green, blue] = style.colour();
        assert!(circles.contains(&egui::Color32::from_rgb(red, green, blue)), "{}", style.name());
    }
}

fn current(robot: &Robot) -> Option<MapGroove> {
    robot.document().map.current
}

/// Where a point of the map is on the screen.
fn at(robot: &Robot, index: usize) -> Pos2 {
    let map = robot.studio.snapshot().map.clone().unwrap();
    let place = map.map.points()[index].place;
    let rect = robot.rect("groove-map");
    crate::editor::grooves::test_screen(&robot.window.side_panel.grooves, place, rect)
}

/// A point with none as near to it that another could be meant.
fn lonely(robot: &Robot) -> usize {
    let map = robot.studio.snapshot().map.clone().unwrap();
    let points = map.map.points();
    let alone = |index: &usize| {
        let near = map.map.nearest(points[*index].place, 2, &Default::default());
        let inside = points[*index].place.x.abs() < 0.95 && points[*index].place.y.abs() < 0.95;
        near.len() == 2 && inside && points[near[1]].place.distance(points[*index].place) > 0.015
    };
    (0..points.len()).find(alone).expect("some point stands alone")
}

#[test]
fn a_groove_is_heard_on_hover_and_taken_in_hand_by_a_click() {
    let mut robot = with_map();
    let index = lonely(&robot);
    let there = at(&robot, index);
    let pattern = robot.studio.snapshot().map.clone().unwrap().map.points()[index].pattern;
    robot.move_to(there);
    robot.frames(2);
    assert_eq!(robot.studio.snapshot().auditioned, Some(pattern));
    assert_eq!(current(&robot), None);
    // Away from the map the song is heard again.
    robot.move_to(robot.layout().grid.center());
    robot.frames(2);
    assert_eq!(robot.studio.snapshot().auditioned, None);
    robot.click(there);
    assert_eq!(robot.studio.snapshot().auditioned, Some(pattern));
    robot.wait(|robot| current(robot).is_some_and(|current| current.pattern == pattern));
    robot.move_to(robot.layout().grid.center());
    robot.frames(2);
    assert!(robot.studio.snapshot().auditioned.is_some(), "what is in hand goes on");
    robot.key(Modifiers::NONE, Key::Escape);
    assert_eq!(robot.studio.snapshot().auditioned, None);
}

#[test]
fn a_favourite_on_the_map_comes_back_as_it_was() {
    let mut robot = with_map();
    let index = lonely(&robot);
    let there = at(&robot, index);
    let view = robot.studio.snapshot().map.clone().unwrap();
    let point = &view.map.points()[index];
    // Another groove than the point's, at its place.
    let mut pattern = point.pattern;
    pattern.set(0, 1, !pattern.has_onset(0, 1));
    let kept = MapGroove { pattern, place: point.place };
    robot.studio.change_map(|map| map.favourites = vec![kept].into());
    robot.frames(2);
    robot.click(there);
    robot.wait(|robot| current(robot) == Some(kept));
}

#[test]
fn dragging_and_arrow_keys_morph_and_locked_lanes_stay() {
    let mut robot = with_map();
    let map = robot.rect("groove-map");
    robot.click(at(&robot, lonely(&robot)));
    robot.wait(|robot| current(robot).is_some());
    robot.studio.apply(Edit::Lock { lane: Lane::Kick, on: true }).unwrap();
    let kick = current(&robot).unwrap().pattern.rows()[0];
    let before = current(&robot);
    robot.drag(map.center() + Vec2::splat(-40.0), map.center() + Vec2::splat(30.0));
    robot.wait(|robot| current(robot) != before);
    let before = current(&robot);
    robot.key(Modifiers::NONE, Key::ArrowLeft);
    robot.wait(|robot| current(robot) != before);
    let (now, before) = (current(&robot).unwrap(), before.unwrap());
    if now.pattern.grid() == before.pattern.grid() {
        assert_eq!(now.pattern.rows()[0], before.pattern.rows()[0]);
    }
    assert!(kick == now.pattern.rows()[0] || now.pattern.grid() != before.pattern.grid());
}

#[test]
fn pins_the_slider_dice_and_favourites() {
    let mut robot = with_map();
    assert!(current(&robot).is_none());
    robot.press("groove-dice");
    robot.wait(|robot| robot.studio.snapshot().auditioned.is_some());
    let a = current(&robot);
    assert_eq!(robot.studio.snapshot().auditioned, a.map(|a| a.pattern));
    robot.press("pin-a");
    robot.press("groove-favourite");
    robot.press("groove-dice");
    robot.wait(|robot| current(robot) != a);
    let b = current(&robot);
    robot.press("pin-b");
    let state = robot.document();
    assert_eq!(state.map.pins, [a, b]);
    assert_eq!(state.map.favourites[..], [a.unwrap()]);
    robot.press("pin-b");
    assert_eq!(robot.document().map.pins, [a, None], "pressed again, the pin is taken away");
    robot.press("pin-b");
    assert_eq!(robot.document().map.pins, [a, b]);
    let slider = robot.rect("morph");
    robot.drag(slider.center(), Pos2::new(slider.right() - 1.0, slider.center().y));
    robot.wait(|robot| robot.document().map.share > 0.98);
    robot.wait(|robot| current(robot).map(|now| now.pattern) == b.map(|b| b.pattern));
    robot.drag(slider.center(), Pos2::new(slider.left(), slider.center().y));
    robot.wait(|robot| current(robot).map(|now| now.pattern) == a.map(|a| a.pattern));
    robot.press("groove-favourite");
    assert!(robot.document().map.favourites.is_empty(), "kept grooves can be taken away");
    // What is on the map is in the project.
    let mut other = Robot::with_nothing(SIZE);
    other.studio.load(&robot.studio.save()).unwrap();
    other.frames(2);
    assert_eq!(other.document().map, robot.document().map);
}

#[test]
fn the_groove_in_hand_is_used_for_the_song_and_for_a_section() {
    let mut robot = with_map();
    robot.press("groove-song");
    assert_eq!(robot.document().settings.style, StyleChoice::FromSong, "there is none in hand");
    robot.press("groove-dice");
    robot.wait(|robot| current(robot).is_some());
    let strokes = current(&robot).unwrap().pattern.strokes();
    robot.press("groove-song");
    robot.wait(|robot| matches!(robot.document().settings.style, StyleChoice::Groove(_)));
    let StyleChoice::Groove(groove) = robot.document().settings.style.clone() else { return };
    assert_eq!((groove.source(), groove.hits().len()), (GrooveSource::Map, strokes));
    assert_eq!(robot.studio.snapshot().auditioned, None, "the song is heard with it");
    robot.press(("section", 0_usize));
    robot.press("groove-section");
    robot.wait(|robot| robot.document().settings.section_grooves.len() == 1);
}

#[test]
fn dropped_grooves_become_points() {
    let folder = tempfile::tempdir().unwrap();
    let mut robot = Robot::with_bars(8, SIZE);
    let library = GrooveLibrary::new(folder.path().join("kept"));
    robot.window.side_panel.grooves.library = Some(library);
    robot.press(("tab", "Grooves"));
    robot.wait(|robot| robot.studio.snapshot().map.is_some());
    let clip = robot.document().midi_file(&Default::default()).unwrap();
    let path = folder.path().join("mine.mid");
    std::fs::write(&path, clip.bytes).unwrap();
    crate::editor::export::dropped(&robot.studio, path);
    robot.wait(|robot| {
        let map = robot.studio.snapshot().map.clone().unwrap();
        map.map.points().len() == map.built_in + 1
    });
    let map = robot.studio.snapshot().map.clone().unwrap();
    let own = map.map.points().last().unwrap();
    assert_eq!((&*own.name, own.style), ("mine", MapStyle::OTHER));
    assert_eq!(robot.document().takes.len(), 1, "no take was made of it");
}

#[test]
fn a_search_that_finds_nothing_says_so() {
    let mut robot = with_map();
    assert!(!robot.says("No groove"));
    // Busy hip-hop, as fast as the song, 120 bpm.
    for (field, line) in [("groove-style", 8_usize), ("groove-density", 3), ("groove-tempo", 1)] {
        robot.press(field);
        robot.frames(1);
        robot.press((field, line));
    }
    robot.frames(1);
    assert!(robot.says("No groove"));
    assert_eq!(robot.cut_texts(), [""; 0]);
}

#[test]
fn how_a_groove_is_heard_is_said() {
    let mut robot = with_map();
    assert!(robot.says("Point at a groove"));
    robot.press("groove-hover");
    assert!(robot.says("Click a groove") && !robot.says("Point at a groove"));
}
