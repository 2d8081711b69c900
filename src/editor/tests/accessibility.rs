//! What screen readers are told of the window: every control has a name, by which it is found and used.

use egui::{Key, Modifiers, Vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use super::robot::Robot;
use crate::editor::dialog::Dialog;

const SIZE: Vec2 = Vec2::new(1280.0, 800.0);

#[test]
fn every_control_has_a_name() {
    let mut robot = Robot::with_nothing(SIZE);
    robot.harness.check_accessibility();
    robot = Robot::with_bars(8, SIZE);
    robot.harness.check_accessibility();
    for button in ["help", "edit-map", "preset", "candidates"] {
        robot.press(button);
        robot.harness.check_accessibility();
        robot.key(Modifiers::NONE, Key::Escape);
    }
    for tab in ["Form", "Grooves"] {
        robot.press(("tab", tab));
        robot.harness.check_accessibility();
    }
    // And on the sheet that has melodies written.
    robot.press("take-more");
    robot.press("take-melody");
    robot.harness.check_accessibility();
}

#[test]
fn buttons_are_used_by_their_names() {
    let mut robot = Robot::with_bars(8, SIZE);
    // Icons and signs are called by what they do.
    assert!(robot.harness.get_by_label("Undo").accesskit_node().is_disabled());
    robot.harness.get_by_label("Keyboard and mouse").click_accesskit();
    robot.frames(2);
    assert!(matches!(robot.window.dialog, Some(Dialog::Help)));
    robot.harness.get_by_label("Close").click();
    robot.frames(2);
    assert!(robot.window.dialog.is_none());
}
