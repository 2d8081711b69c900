//! The sheet of candidates.

use egui::{Id, Key, Modifiers, Vec2};

use super::robot::Robot;
use crate::editor::dialog::Dialog;
use crate::studio::{AuditionSource, Job, RelevanceFeedback};

#[test]
fn names_and_reasons_of_candidates_are_whole() {
    for size in [Vec2::new(800.0, 500.0), Vec2::new(1100.0, 720.0)] {
        let mut robot = Robot::with_bars(32, size);
        robot.press("candidates");
        robot.wait(|robot| robot.studio.snapshot().candidates.is_some());
        robot.frames(2);
        robot.press(("candidate", 0_usize));
        robot.frames(2);
        assert_eq!(robot.cut_texts(), [""; 0], "{size}");
    }
}

#[test]
fn candidates_are_heard_starred_compared_and_put_in() {
    let mut robot = Robot::with_bars(4, Vec2::new(1280.0, 800.0));
    robot.press("candidates");
    robot.wait(|robot| robot.studio.snapshot().candidates.is_some());
    robot.frames(2);
    let view = robot.studio.snapshot();
    let set = view.candidates.clone().unwrap();
    let id = |place: usize| set.candidates[place].alternative.variation;
    let heard = |robot: &Robot| robot.studio.snapshot().audition_source;
    let before = robot.arrangement();
    robot.press(("candidate", 1_usize));
    assert_eq!(heard(&robot), Some(AuditionSource::Candidate(id(1))));
    robot.key(Modifiers::NONE, Key::ArrowRight);
    assert_eq!(heard(&robot), Some(AuditionSource::Candidate(id(2))));
    robot.key(Modifiers::NONE, Key::B);
    assert_eq!(heard(&robot), Some(AuditionSource::Part), "A is the part in the window");
    robot.press("candidate-reference");
    assert_eq!(heard(&robot), Some(AuditionSource::Candidate(id(2))), "A is this one now");
    robot.key(Modifiers::NONE, Key::ArrowLeft);
    robot.key(Modifiers::NONE, Key::B);
    assert_eq!(heard(&robot), Some(AuditionSource::Candidate(id(2))));
    robot.key(Modifiers::NONE, Key::B);
    assert_eq!(heard(&robot), Some(AuditionSource::Candidate(id(1))));

    // What sounds is stopped; what was played to its end is played again.
    robot.transport.rehearsing = true;
    robot.key(Modifiers::NONE, Key::P);
    assert_eq!(heard(&robot), None);
    robot.transport.rehearsing = false;
    for _ in 0..2 {
        robot.key(Modifiers::NONE, Key::P);
        assert_eq!(heard(&robot), Some(AuditionSource::Candidate(id(1))));
    }

    robot.press(("star", 1_usize));
    robot.press(("discard", 0_usize));
    let song = RelevanceFeedback::song(&set.take);
    let ratings = [0, 1].map(|place| robot.studio.snapshot().feedback.of(song, id(place)));
    assert_eq!(ratings, [Some(false), Some(true)]);
    robot.press(("discard", 0_usize));
    assert_eq!(
        robot.studio.snapshot().feedback.of(song, id(0)),
        None,
        "pressed again, it is undone"
    );
    let rated = robot.studio.snapshot().feedback.clone();
    for feedback in [RelevanceFeedback::default(), rated, RelevanceFeedback::default()] {
        // Pressed again, it brings them back.
        robot.press("feedback-forget");
        assert_eq!(robot.studio.snapshot().feedback, feedback);
    }

    assert_eq!(robot.arrangement(), before, "nothing was put in yet");
    robot.key(Modifiers::NONE, Key::Num3);
    let after = robot.arrangement();
    assert_eq!((after.chosen, &after.alternatives[2]), (2, &set.candidates[1].alternative));
    robot.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(robot.arrangement(), before, "undo is at hand on the sheet, too");
    robot.key(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    assert_eq!(robot.arrangement(), after);
    robot.press(("candidate-slot", 0_usize));
    assert_eq!(robot.arrangement().chosen, 0);
    // By section: what is behind the whole song in the list.
    robot.press("candidate-piece");
    // A list that does not fit below its field is moved with its second frame.
    robot.frames(1);
    robot.press(("candidate-piece", 1_usize));
    robot.press(("candidate-slot", 1_usize));
    let mixed = &robot.arrangement().alternatives[1];
    assert_ne!(mixed, &before.alternatives[1]);
    assert_eq!(mixed.variation, before.alternatives[1].variation);

    // Arrow keys turn the list that has the focus and nothing else.
    let shown = |robot: &Robot| match &robot.window.dialog {
        Some(Dialog::Candidates(sheet)) => (sheet.selected, sheet.piece),
        _ => panic!("the sheet is closed"),
    };
    let focus = |robot: &mut Robot, widget: Id| {
        robot.ctx().memory_mut(|memory| memory.request_focus(widget));
        robot.frames(2);
    };
    assert_eq!(shown(&robot), (Some(id(1)), 1));
    focus(&mut robot, Id::unique("candidate-piece"));
    robot.key(Modifiers::NONE, Key::ArrowUp);
    assert_eq!(shown(&robot), (Some(id(1)), 0));
    // Otherwise they choose a candidate and leave the focus where it is.
    let star = Id::unique("candidate-star");
    focus(&mut robot, star);
    robot.key(Modifiers::NONE, Key::ArrowRight);
    assert_eq!(shown(&robot), (Some(id(2)), 0));
    assert_eq!(robot.ctx().memory(|memory| memory.focused()), Some(star));

    robot.key(Modifiers::NONE, Key::Escape);
    robot.frames(2);
    assert_eq!(heard(&robot), None, "with the sheet what was heard ends");
    robot.press("undo");
    assert_eq!(&robot.arrangement().alternatives[1], &before.alternatives[1]);
}

#[test]
fn the_key_writes_some_where_there_are_none() {
    let mut robot = Robot::with_bars(4, Vec2::new(1280.0, 800.0));
    // As it is after the first ones were cancelled.
    robot.window.dialog = Some(Dialog::Candidates(Box::default()));
    robot.frames(1);
    assert!(robot.studio.snapshot().job.is_none());
    robot.key(Modifiers::NONE, Key::W);
    assert!(robot.studio.snapshot().job.is_some());
    robot.studio.cancel();
}

#[test]
fn other_work_is_not_taken_for_candidates() {
    let mut robot = Robot::with_bars(4, Vec2::new(1280.0, 800.0));
    robot.window.dialog = Some(Dialog::Candidates(Box::default()));
    robot.studio.start(Job::Generate).unwrap();
    robot.frames(1);
    assert!(!robot.says("Candidates appear here"));
    robot.studio.cancel();
}
