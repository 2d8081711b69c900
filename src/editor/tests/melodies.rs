//! The sheet that has melodies written.

use super::views::SIZES;

use super::robot::Robot;
use crate::studio::{Edit, MELODIES, PreviewRequest};

#[test]
fn melodies_are_written_and_kept_as_a_take() {
    let mut robot = Robot::with_bars(4, SIZES[0]);
    let _audio = robot.studio.connect();
    robot.press("take-more");
    // A list that does not fit below its button is moved with its second frame.
    robot.frames(1);
    robot.press("take-melody");
    // The take's key brings its scale; another is chosen with one.
    robot.press("melody-scale");
    assert!(!robot.shows(("melody-scale", 1_usize)) && robot.says("Its scale"));
    robot.press("melody-key");
    robot.press(("melody-key", 3_usize));
    robot.press("melody-scale");
    robot.frames(1);
    robot.press(("melody-scale", 1_usize));
    robot.press("melody-key");
    robot.press(("melody-key", 0_usize));
    robot.press("melody-density");
    robot.press(("melody-density", 3_usize));
    robot.press("melody-write");
    robot.wait(|robot| robot.studio.snapshot().melodies.is_some());
    robot.frames(2);
    assert_eq!(robot.cut_texts(), [""; 0]);
    let set = robot.studio.snapshot().melodies.clone().unwrap();
    assert_eq!((set.melodies.len(), set.request.density), (MELODIES, Some(4)));
    // One is heard with the drums until the sheet closes.
    robot.press(("melody-listen", 1_usize));
    robot.wait(|robot| robot.studio.snapshot().preview.is_some());
    let heard = robot.studio.snapshot().preview.clone().unwrap();
    assert_eq!(heard.request, PreviewRequest::Melody(set.clone(), 1));
    robot.frames(2);
    robot.press(("melody", 2_usize));
    robot.press("melody-keep");
    robot.frames(2);
    assert!(robot.window.dialog.is_none());
    assert_eq!(robot.studio.snapshot().preview, None);
    let document = robot.document();
    assert_eq!((document.takes.len(), document.current_take), (2, Some(1)));
    assert_eq!(**document.take().unwrap(), set.take_of(2).unwrap());
    // It is a take as any other: undo takes it back.
    robot.press("undo");
    assert_eq!(robot.document().takes.len(), 1);
    let other = Edit::AddTake(std::sync::Arc::new(set.take_of(0).unwrap()));
    robot.studio.apply(other).unwrap();
}
