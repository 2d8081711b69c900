//! The grid under the mouse and the keyboard.

use egui::{Event, Key, Modifiers, PointerButton, Vec2, vec2};

use super::robot::Robot;
use crate::score::{BarIndex, Hit, Lane, Ticks};
use crate::studio::Cell;

const SIZE: Vec2 = Vec2::new(1280.0, 800.0);

/// Four bars, seen close enough to edit.
fn robot() -> Robot {
    Robot::with_bars(4, SIZE)
}

/// A cell that is empty, also on the screen, with empty ones behind it.
fn empty_cell(robot: &Robot, behind: usize) -> Cell {
    let part = robot.part();
    let free = |cell: &Cell| {
        robot.with_place(|place| {
            (0..=behind).all(|more| {
                let cell = Cell { step: cell.step + more, ..*cell };
                cell.step < part.grids[cell.bar.0].steps
                    && robot.hit(cell).is_none()
                    && place.hit_at(robot.at_cell(cell)).is_none()
            })
        })
    };
    cells().find(free).expect("the part has gaps")
}

fn cells() -> impl Iterator<Item = Cell> {
    (0..4).flat_map(|bar| {
        Lane::ALL
            .into_iter()
            .flat_map(move |lane| (0..16).map(move |step| Cell { bar: BarIndex(bar), step, lane }))
    })
}

/// A hit of middling velocity and timing that nothing else is drawn over.
fn some_hit(robot: &Robot) -> Hit {
    let part = robot.part();
    let alone = |hit: &&Hit| {
        robot.with_place(|place| place.hit_at(robot.at_hit(hit)) == Some(*hit))
            && (40..90).contains(&hit.velocity.get())
            && hit.offset.abs() < 0.2
            && (2..10).contains(&hit.step)
    };
    *part.hits.iter().find(alone).unwrap()
}

fn cell_of(hit: &Hit) -> Cell {
    Cell { bar: hit.bar, step: hit.step, lane: hit.lane() }
}

#[test]
fn a_click_within_one_frame_adds_a_hit() {
    let mut robot = robot();
    let cell = empty_cell(&robot, 0);
    let at = robot.at_cell(cell);
    let button = |pressed| Event::PointerButton {
        pos: at,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    robot.move_to(at);
    robot.events(vec![button(true), button(false)]);
    assert!(robot.hit(cell).is_some());
}

#[test]
fn a_click_adds_a_hit_and_undo_takes_it_back() {
    let mut robot = robot();
    let (cell, before) = (empty_cell(&robot, 0), robot.part());
    robot.click(robot.at_cell(cell));
    assert!(robot.hit(cell).is_some());
    assert_eq!(robot.part().hits.len(), before.hits.len() + 1);
    robot.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(robot.part(), before);
    robot.key(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    assert!(robot.hit(cell).is_some());
    robot.press("undo");
    assert_eq!(robot.part(), before);
    robot.press("redo");
    assert!(robot.hit(cell).is_some());
}

#[test]
fn a_drag_over_empty_cells_paints_and_is_one_step_back() {
    let mut robot = robot();
    let (cell, before) = (empty_cell(&robot, 3), robot.part());
    let end = Cell { step: cell.step + 3, ..cell };
    robot.drag(robot.at_cell(cell), robot.at_cell(end));
    for step in cell.step..=end.step {
        assert!(robot.hit(Cell { step, ..cell }).is_some(), "step {step}");
    }
    robot.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(robot.part(), before);
}

#[test]
fn up_and_down_is_velocity() {
    let mut robot = robot();
    let (hit, before) = (some_hit(&robot), robot.part());
    let at = robot.at_hit(&hit);
    robot.drag(at, at - vec2(0.0, 20.0));
    let louder = robot.hit(cell_of(&hit)).unwrap();
    assert_eq!(louder.velocity.get(), hit.velocity.get() + 20);
    assert_eq!(louder.offset, hit.offset);
    robot.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(robot.part(), before);
    // Beyond the top and back is where it began.
    robot.move_to(at);
    robot.button(at, PointerButton::Primary, true);
    for y in [-20.0, -300.0, -20.0, 0.0] {
        robot.move_to(at + vec2(0.0, y));
    }
    robot.button(at, PointerButton::Primary, false);
    assert_eq!(robot.hit(cell_of(&hit)), Some(hit));
}

/// The crash is the uppermost lane, the bell the lowest.
#[test]
fn velocity_is_dragged_beyond_the_edges_of_the_grid() {
    let mut robot = robot();
    for (lane, by) in [(Lane::Crash, 25_i16), (Lane::Bell, -60)] {
        let is_free = |cell: &Cell| {
            robot.hit(*cell).is_none()
                && robot.with_place(|place| place.hit_at(robot.at_cell(*cell)).is_none())
        };
        let cell = cells().filter(|cell| cell.lane == lane).find(is_free).unwrap();
        robot.click(robot.at_cell(cell));
        let hit = robot.hit(cell).unwrap();
        let at = robot.at_hit(&hit);
        robot.drag(at, at - vec2(0.0, f32::from(by)));
        let velocity = i16::from(robot.hit(cell).unwrap().velocity.get());
        assert_eq!(velocity, i16::from(hit.velocity.get()) + by, "{lane:?}");
    }
}

#[test]
fn escape_takes_back_what_is_being_dragged() {
    let mut robot = robot();
    let (hit, before) = (some_hit(&robot), robot.part());
    let at = robot.at_hit(&hit);
    let step = robot.with_place(|place| place.step_width(hit.bar));
    // Louder, and to another step.
    for to in [vec2(0.0, -20.0), vec2(2.0 * step, 0.0)] {
        robot.move_to(at);
        robot.button(at, PointerButton::Primary, true);
        for share in [0.5, 0.9, 1.0] {
            robot.move_to(at + to * share);
        }
        robot.key(Modifiers::NONE, Key::Escape);
        robot.move_to(at + to * 1.5);
        robot.button(at + to * 1.5, PointerButton::Primary, false);
        robot.frames(1);
        assert_eq!(robot.part(), before, "{to}");
    }
}

#[test]
fn sideways_with_alt_is_timing() {
    let mut robot = robot();
    let hit = some_hit(&robot);
    let step = robot.with_place(|place| place.step_width(hit.bar));
    robot.hold(Modifiers::ALT);
    let at = robot.at_hit(&hit);
    robot.drag(at, at + vec2(step * 0.25, 0.0));
    robot.hold(Modifiers::NONE);
    let late = robot.hit(cell_of(&hit)).unwrap();
    assert!((late.offset - hit.offset - 0.25).abs() < 0.02, "{} {}", late.offset, hit.offset);
    assert_eq!(late.velocity, hit.velocity);
}

#[test]
fn sideways_moves() {
    let mut robot = robot();
    let hit = some_hit(&robot);
    let step = robot.with_place(|place| place.step_width(hit.bar));
    let at = robot.at_hit(&hit);
    robot.drag(at, at + vec2(step * 2.0, 0.0));
    assert_eq!(robot.hit(cell_of(&hit)), None);
    let there = Cell { step: hit.step + 2, ..cell_of(&hit) };
    assert_eq!(robot.hit(there).map(|hit| hit.velocity), Some(hit.velocity));
    assert!(robot.window.shared.selection.cells.contains(&there));
}

#[test]
fn a_right_click_erases() {
    let mut robot = robot();
    let (hit, before) = (some_hit(&robot), robot.part());
    robot.click_with(robot.at_hit(&hit), PointerButton::Secondary);
    assert_eq!(robot.hit(cell_of(&hit)), None);
    assert_eq!(robot.part().hits.len(), before.hits.len() - 1);
}

#[test]
fn a_right_click_that_erases_opens_no_menu() {
    let mut robot = robot();
    // As a double click on a section leaves it.
    robot.window.shared.selection.bars = Some(0..4);
    let hit = some_hit(&robot);
    robot.click_with(robot.at_hit(&hit), PointerButton::Secondary);
    assert_eq!(robot.hit(cell_of(&hit)), None);
    assert!(!egui::Popup::is_any_open(robot.ctx()));
    // Where there is no hit, the bars have their menu.
    let cell = empty_cell(&robot, 0);
    robot.click_with(robot.at_cell(cell), PointerButton::Secondary);
    assert!(egui::Popup::is_any_open(robot.ctx()));
}

#[test]
fn hits_are_selected_in_a_box_and_erased() {
    let mut robot = robot();
    let rect = robot.layout().grid;
    let (cell, before) = (empty_cell(&robot, 0), robot.part());
    robot.hold(Modifiers::SHIFT);
    robot.drag(robot.at_cell(cell), rect.right_bottom() - vec2(2.0, 2.0));
    robot.hold(Modifiers::NONE);
    let selected = robot.window.shared.selection.cells.clone();
    assert!(!selected.is_empty() && selected.len() < before.hits.len());
    robot.key(Modifiers::NONE, Key::Delete);
    assert_eq!(robot.part().hits.len(), before.hits.len() - selected.len());
    assert!(robot.window.shared.selection.cells.is_empty());
    robot.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(robot.part(), before);
}

#[test]
fn arrow_keys_change_what_is_selected() {
    let mut robot = robot();
    let hit = some_hit(&robot);
    robot.click(robot.at_hit(&hit));
    robot.key(Modifiers::NONE, Key::ArrowUp);
    let louder = robot.hit(cell_of(&hit)).unwrap();
    assert_eq!(louder.velocity.get(), hit.velocity.get() + 4);
    robot.key(Modifiers::NONE, Key::ArrowRight);
    let there = Cell { step: hit.step + 1, ..cell_of(&hit) };
    assert_eq!(robot.hit(there).map(|hit| hit.velocity), Some(louder.velocity));
}

#[test]
fn a_bar_line_is_dragged_to_where_bars_begin() {
    let mut robot = robot();
    let upbeat = |robot: &Robot| robot.document().take().unwrap().upbeat();
    let ruler = robot.layout().ruler;
    let line = |robot: &Robot, tick: f64| {
        egui::pos2(robot.window.shared.timeline.x(tick), ruler.center().y)
    };
    let before = robot.document();
    robot.drag(line(&robot, 1920.0), line(&robot, 1920.0 + 490.0));
    assert_eq!(upbeat(&robot), Ticks(480));
    assert_eq!(robot.studio.snapshot().undo, Some("upbeat"));
    let bars = robot.document().take().unwrap().bars();
    assert_eq!((bars.bars()[0].length, bars.bars()[1].length), (Ticks(480), Ticks(1920)));
    // Drums in other bars would be wrong: they are made anew.
    assert!(robot.document().arrangement.is_none());
    assert!(robot.studio.snapshot().job.is_some());
    robot.studio.cancel();
    robot.wait(|robot| robot.studio.snapshot().job.is_none());
    // The second line is where the first one was dragged from, by one and a half beats.
    robot.drag(line(&robot, 480.0), line(&robot, 480.0 + 710.0));
    assert_eq!(upbeat(&robot), Ticks(1200));
    robot.key(Modifiers::COMMAND, Key::Z);
    robot.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(*robot.document(), *before);
    // Away from the lines bars are selected, and a click on a line moves nothing.
    robot.click(line(&robot, 1920.0));
    assert_eq!(robot.document().take(), before.take());
    let selected = robot.window.shared.selection.bars.clone();
    assert_eq!(selected.map(|bars| bars.len()), Some(1), "but it selects a bar");
}

#[test]
fn escape_puts_a_dragged_bar_line_back() {
    let mut robot = robot();
    let before = robot.document();
    let y = robot.layout().ruler.center().y;
    let at = |tick: f64| egui::pos2(robot.window.shared.timeline.x(tick), y);
    let (from, to) = (at(1920.0), at(1920.0 + 490.0));
    robot.move_to(from);
    robot.button(from, PointerButton::Primary, true);
    robot.move_to(to);
    robot.key(Modifiers::NONE, Key::Escape);
    robot.move_to(to + vec2(20.0, 0.0));
    robot.button(to, PointerButton::Primary, false);
    robot.frames(1);
    assert_eq!(*robot.document(), *before);
    assert!(robot.studio.snapshot().job.is_none());
    assert_eq!(robot.window.shared.selection.bars, None, "nor are bars selected");
    // The next drag moves it again.
    robot.drag(from, to);
    assert_eq!(robot.document().take().unwrap().upbeat(), Ticks(480));
    robot.studio.cancel();
}

#[test]
fn bars_are_copied_and_pasted() {
    let mut robot = robot();
    let hits_of = |robot: &Robot, bar| -> Vec<Hit> {
        let part = robot.part();
        let hits = part.hits.iter().filter(|hit| hit.bar == BarIndex(bar));
        hits.map(|hit| Hit { bar: BarIndex(0), ..*hit }).collect()
    };
    let (first, third) = (hits_of(&robot, 0), hits_of(&robot, 2));
    assert_ne!(first, third);
    let ruler = robot.layout().ruler;
    let middle = |robot: &Robot, bar: usize| {
        let x = robot.with_place(|place| place.x(BarIndex(bar), 8.0));
        egui::pos2(x, ruler.center().y)
    };
    robot.click(middle(&robot, 0));
    assert_eq!(robot.window.shared.selection.bars, Some(0..1));
    robot.events(vec![Event::Copy]);
    robot.click(middle(&robot, 2));
    robot.events(vec![Event::Paste(String::new())]);
    assert_eq!(hits_of(&robot, 2), first);
    assert_eq!(hits_of(&robot, 0), first);
    robot.drag(middle(&robot, 0), middle(&robot, 2));
    assert_eq!(robot.window.shared.selection.bars, Some(0..3));
    robot.key(Modifiers::NONE, Key::Delete);
    assert!(hits_of(&robot, 1).is_empty());
}
