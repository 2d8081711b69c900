//! The sheet that has the take played with a piano of the musician's own.

use super::robot::Robot;
use super::views::SIZES;
use crate::editor::dialog::Dialog;
use crate::studio::{PreviewRequest, fixtures};

#[test]
fn a_recording_dropped_on_the_sheet_is_the_piano_of_the_take() {
    let folder = tempfile::tempdir().unwrap();
    let mut robot = Robot::with_bars(4, SIZES[0]);
    let _audio = robot.studio.connect();
    robot.press("take-more");
    // A list that does not fit below its button is moved with its second frame.
    robot.frames(1);
    robot.press("take-piano");
    robot.frames(2);
    assert!(matches!(robot.window.dialog, Some(Dialog::Piano)));
    // As the system's drop target hands it on.
    robot.window.dropped.push(fixtures::piano_file(folder.path()));
    robot.frames(1);
    robot.wait(|robot| robot.document().piano.is_some());
    robot.frames(2);
    let take = robot.document().take().unwrap().clone();
    let piano = robot.document().piano.clone().unwrap();
    assert_eq!(piano.name, "a piano");
    assert_eq!(robot.cut_texts(), [""; 0]);
    assert!(robot.studio.snapshot().import.is_none(), "no drums were listened for");
    robot.press("piano-listen");
    robot.wait(|robot| robot.studio.snapshot().preview.is_some());
    let heard = robot.studio.snapshot().preview.clone().unwrap();
    assert_eq!(heard.request, PreviewRequest::Piano(take.clone(), piano.clone()));
    robot.frames(2);
    // In the place of that, along with the host; and no longer.
    let along = PreviewRequest::PianoAlong(take, piano.clone());
    robot.press("piano-along");
    let is_heard = |robot: &Robot| {
        robot.studio.snapshot().preview.as_ref().is_some_and(|view| view.request == along)
    };
    robot.wait(is_heard);
    robot.frames(2);
    robot.press("piano-along");
    robot.wait(|robot| !is_heard(robot));
    robot.frames(2);
    robot.press("piano-render");
    robot.wait(|robot| robot.studio.snapshot().rendering.is_some());
    robot.frames(2);
    assert!(robot.shows("piano-drag") && robot.shows("piano-keep"));
    assert_eq!(robot.cut_texts(), [""; 0]);
    // Undo takes the piano back, with what it offered.
    robot.press("piano-remove");
    robot.frames(2);
    assert!(robot.document().piano.is_none() && !robot.shows("piano-listen"));
    robot.press("sheet-close");
    robot.frames(2);
    assert_eq!(robot.studio.snapshot().preview, None);
    robot.press("undo");
    assert_eq!(robot.document().piano, Some(piano));
}
