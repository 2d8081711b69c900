//! From nothing heard to the first drums, and what takes do then.

use egui::{Key, Modifiers, Vec2};

use super::robot::Robot;
use crate::drummer::Settings;
use crate::score::{Beats, Bpm, Lane, Metre, Velocity};
use crate::studio::wire::{Audition, Captured};
use crate::studio::{AudioEnd, Edit};

const SIZE: Vec2 = Vec2::new(1100.0, 720.0);

/// A host whose song is played into the studio.
struct Host {
    end: AudioEnd,
}

impl Host {
    fn new(robot: &Robot) -> Host {
        Host { end: robot.studio.connect() }
    }

    /// Plays quarter notes from one beat to another; stops there or runs on.
    fn play(&mut self, robot: &mut Robot, from: usize, to: usize, stops: bool) {
        let at = Beats(from as f64);
        let mut events = vec![
            Captured::Started { at },
            Captured::Tempo { at, bpm: Bpm(120.0) },
            Captured::Metre { at, metre: Metre::COMMON },
        ];
        for beat in from..to {
            let at = Beats(beat as f64);
            let key = 60 + (beat % 4) as u8;
            events.push(Captured::NoteOn { at, key, velocity: Velocity::clamped(90) });
            events.push(Captured::NoteOff { at: Beats(at.0 + 0.5), key });
        }
        let at = Beats(to as f64);
        events.push(if stops { Captured::Stopped { at } } else { Captured::Passed { at } });
        for event in events {
            self.end.captured.push(event).unwrap();
        }
        robot.wait(|robot| {
            let recording = robot.studio.snapshot().recording;
            recording.notes >= to - from && recording.running != stops
        });
        robot.frames(2);
    }

    fn auditions(&mut self) -> Vec<Audition> {
        std::iter::from_fn(|| self.end.auditions.pop().ok()).collect()
    }
}

/// All that is written in the window.
fn words(robot: &mut Robot) -> String {
    fn collect(shape: &egui::Shape, words: &mut String) {
        match shape {
            egui::Shape::Text(text) => {
                words.push_str(text.galley.text());
                words.push('\n');
            }
            egui::Shape::Vec(shapes) => shapes.iter().for_each(|shape| collect(shape, words)),
            _ => {}
        }
    }
    let output = robot.events(Vec::new());
    let mut words = String::new();
    output.shapes.iter().for_each(|shape| collect(&shape.shape, &mut words));
    words
}

#[test]
fn what_is_heard_is_shown_while_it_grows() {
    let mut robot = Robot::with_nothing(SIZE);
    let mut host = Host::new(&robot);
    assert!(words(&mut robot).contains("Play your song once"));
    assert!(!robot.shows("ruler"));
    host.play(&mut robot, 0, 12, false);
    let said = words(&mut robot);
    assert!(said.contains("Listening: 3 bars heard so far"), "{said}");
    assert!(!said.contains("has heard"), "it has not heard the song yet");
    assert!(robot.shows("ruler") && robot.window.live.is_some(), "the roll is there");
    let notes = |robot: &Robot| robot.window.live.as_ref().unwrap().take.song.tracks[0].notes.len();
    assert_eq!(notes(&robot), 12);
    host.play(&mut robot, 12, 32, true);
    let said = words(&mut robot);
    assert!(said.contains("Drumlin has heard 8 bars"), "{said}");
    assert_eq!(notes(&robot), 32);
    // The steps are the buttons that they look like.
    robot.press("step-capture");
    assert_eq!(robot.document().take().map(|take| take.bars().len()), Some(8));
    assert!(robot.window.live.is_none());
}

#[test]
fn the_third_step_captures_and_generates() {
    let mut robot = Robot::with_nothing(SIZE);
    let mut host = Host::new(&robot);
    robot.press("step-generate");
    assert_eq!(robot.studio.snapshot().job, None, "there is nothing to play to");
    host.play(&mut robot, 0, 16, true);
    robot.press("step-generate");
    robot.wait(|robot| robot.document().part().is_some());
}

#[test]
fn the_button_above_does_as_the_third_step_does() {
    let mut robot = Robot::with_nothing(SIZE);
    let mut host = Host::new(&robot);
    host.play(&mut robot, 0, 16, true);
    robot.press("generate");
    assert!(robot.document().take().is_some());
    assert_eq!(robot.studio.snapshot().error, None);
    robot.studio.cancel();
}

#[test]
fn the_key_of_the_third_step_captures_as_well() {
    let mut robot = Robot::with_nothing(SIZE);
    let mut host = Host::new(&robot);
    host.play(&mut robot, 0, 16, true);
    robot.key(Modifiers::NONE, Key::G);
    assert!(robot.document().take().is_some());
    assert_eq!(robot.studio.snapshot().error, None);
    robot.studio.cancel();
}

#[test]
fn what_was_heard_can_be_forgotten() {
    let mut robot = Robot::with_nothing(SIZE);
    let mut host = Host::new(&robot);
    host.play(&mut robot, 0, 16, true);
    robot.studio.forget_recording();
    robot.frames(2);
    assert!(words(&mut robot).contains("Play your song once"));
}

#[test]
fn a_take_that_the_host_has_laid_anew_says_so_and_is_captured_again() {
    let mut robot = Robot::with_nothing(SIZE);
    let mut host = Host::new(&robot);
    host.play(&mut robot, 0, 32, true);
    robot.press("capture");
    robot.transport.playing = true;
    robot.transport.position = Some(Beats(9.0));
    robot.transport.bpm = Some(Bpm(120.0));
    robot.transport.metre = Some(Metre::COMMON);
    robot.frames(2);
    assert!(!robot.shows("capture-again"), "as it was captured");
    robot.transport.bpm = Some(Bpm(96.0));
    robot.frames(2);
    assert!(robot.shows("capture-again"));
    assert!(words(&mut robot).contains("it has 120 bpm there, the host 96. Its drums follow"));
    // Back from practising.
    robot.transport.bpm = Some(Bpm(120.0));
    robot.frames(2);
    assert!(!robot.shows("capture-again"));
    robot.transport.metre = Metre::new(3, 4);
    robot.frames(2);
    assert!(words(&mut robot).contains("it is in 4/4, the host in 3/4"));
    robot.transport.playing = false;
    host.play(&mut robot, 0, 32, true);
    robot.press("capture-again");
    assert_eq!(robot.document().takes.len(), 2);
    robot.frames(2);
    assert!(!robot.shows("capture-again"), "the new take is as the host has it");
}

#[test]
fn takes_are_compared_renamed_and_removed_with_their_drums() {
    let mut robot = Robot::with_bars(8, SIZE);
    let first = robot.document();
    let other = crate::studio::fixtures::take(4);
    let take = crate::studio::Take { name: "Verse".to_owned(), ..other };
    robot.studio.apply(Edit::AddTake(std::sync::Arc::new(take))).unwrap();
    let settings = Settings { swing: 0.75, ..robot.document().settings.clone() };
    robot.studio.apply(Edit::Settings(settings)).unwrap();
    robot.frames(2);
    assert!(robot.document().part().is_none());
    robot.key(Modifiers::NONE, Key::T);
    robot.frames(2);
    assert_eq!(robot.document().arrangement, first.arrangement);
    assert_eq!(robot.document().settings, first.settings);
    robot.key(Modifiers::NONE, Key::T);
    robot.frames(2);
    assert_eq!(robot.document().settings.swing, 0.75);

    robot.press("take-more");
    robot.frames(1);
    robot.press("take-rename");
    robot.frames(2);
    robot.type_line("Bridge");
    assert_eq!(robot.document().take().map(|take| take.name.clone()), Some("Bridge".into()));
    robot.press("take-more");
    robot.frames(1);
    robot.press("take-remove");
    robot.frames(2);
    assert_eq!(robot.document().takes.len(), 1);
    assert_eq!(robot.document().arrangement, first.arrangement);
    robot.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(robot.document().takes.len(), 2);
}

#[test]
fn drums_are_heard_while_the_host_stands() {
    let mut robot = Robot::with_bars(8, SIZE);
    let mut host = Host::new(&robot);
    // A lane by its name.
    let kick = robot.rect(("lane", Lane::Kick.index())).center();
    robot.click(kick);
    let key = robot.document().key_of(Lane::Kick).get();
    let heard = host.auditions();
    assert!(matches!(heard[..], [Audition::Strike { kit_key, .. }] if kit_key == key), "{heard:?}");
    // A hit that is set, and one that is taken hold of.
    let cell = crate::studio::fixtures::cell(1, 3, Lane::Clap);
    if robot.hit(cell).is_none() {
        robot.click(robot.at_cell(cell));
    }
    assert_eq!(host.auditions().len(), 1);
    // While it plays the drums are heard there.
    robot.transport.playing = true;
    robot.click(robot.at_cell(cell));
    assert_eq!(host.auditions(), []);
    robot.key(Modifiers::NONE, Key::P);
    assert_eq!(host.auditions(), [], "the host plays");
    robot.transport.playing = false;
    robot.press(("section", 1_usize));
    let bars = robot.window.shared.selection.bars.clone().unwrap();
    robot.press("rehearse");
    let heard = host.auditions();
    let [Audition::Play { from, to, .. }] = heard[..] else { panic!("{heard:?}") };
    // The take begins at beat 16.
    assert_eq!((from.0, to.0), (16.0 + 4.0 * bars.start as f64, 15.0 + 4.0 * bars.end as f64));
    robot.transport.rehearsing = true;
    robot.key(Modifiers::NONE, Key::P);
    assert_eq!(host.auditions(), [Audition::Stop]);
}
