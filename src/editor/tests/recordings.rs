//! The sheet of a recording.

use egui::{Event, Id, Key, Modifiers, Pos2, Vec2};

use super::robot::Robot;
use super::views::{SIZE, SIZES};
use crate::drummer::StyleChoice;
use crate::editor::dialog::Dialog;
use crate::editor::export;
use crate::score::{Beats, Bpm, GrooveSource, Metre};
use crate::studio::wire::{Listening, SampleBlock, TrackMark, TrackSound};
use crate::studio::{AudioEnd, HostPlace, JobError, PreviewRequest, fixtures};
use crate::transcriber::DrumSound;

/// A window of a size with the sheet of a loop.
fn with_recording(size: Vec2) -> Robot {
    let folder = tempfile::tempdir().unwrap();
    let mut robot = Robot::with_bars(8, size);
    export::dropped(&robot.studio, fixtures::loop_file(folder.path()));
    robot.wait(|robot| robot.shows("recording-song"));
    robot
}

#[test]
fn nothing_is_cut_off_in_a_small_window() {
    let mut robot = with_recording(SIZES[0]);
    robot.frames(2);
    assert_eq!(robot.cut_texts(), [""; 0]);
}

#[test]
fn a_quiet_recording_is_drawn_as_high_as_a_loud_one() {
    let mut robot = with_recording(SIZE);
    let tallest = |robot: &Robot| {
        let meshes = robot.harness.output().shapes.iter().filter_map(|clipped| {
            let egui::Shape::Mesh(mesh) = &clipped.shape else { return None };
            Some(mesh.calc_bounds().height())
        });
        meshes.fold(0.0, f32::max)
    };
    robot.frames(1);
    let loud = tallest(&robot);
    let Some(Dialog::Recording(sheet)) = &mut robot.window.dialog else { panic!("no sheet") };
    let mut import = (*sheet.import).clone();
    import.waveform = import.waveform.iter().map(|peak| 0.2 * peak).collect();
    **sheet = crate::editor::recording_sheet::RecordingSheet::new(import.into());
    robot.frames(1);
    let quiet = tallest(&robot);
    assert!(loud > 200.0 && (quiet - loud).abs() < 1.0, "{loud} {quiet}");
}

#[test]
fn what_was_heard_has_room_beside_a_long_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = fixtures::loop_file(folder.path());
    let name = "x".repeat(100);
    let long = folder.path().join(&name).with_extension(file.extension().unwrap());
    std::fs::rename(file, &long).unwrap();
    let mut robot = Robot::with_bars(8, SIZES[0]);
    export::dropped(&robot.studio, long);
    robot.wait(|robot| robot.shows("recording-song"));
    robot.frames(2);
    assert_eq!(robot.cut_texts(), [name]);
}

#[test]
fn sensitivities_are_turned_with_the_arrow_keys() {
    let mut robot = with_recording(SIZE);
    let snare = DrumSound::Snare as usize;
    let share = |robot: &Robot| {
        let Some(Dialog::Recording(sheet)) = &robot.window.dialog else { panic!("no sheet") };
        sheet.options.sensitivity.0[snare]
    };
    let before = share(&robot);
    let slider = Id::unique(("sensitivity", snare));
    robot.ctx().memory_mut(|memory| memory.request_focus(slider));
    robot.frames(2);
    robot.key(Modifiers::NONE, Key::ArrowLeft);
    assert!((share(&robot) - (before - 0.05)).abs() < 1e-6);
    robot.key(Modifiers::NONE, Key::ArrowUp);
    assert!((share(&robot) - before).abs() < 1e-6);
}

/// Waits until what was changed is worked out.
fn used(robot: &mut Robot, button: &'static str) {
    robot.wait(|robot| robot.window.dialog.is_some());
    for _ in 0..200 {
        robot.press(button);
        if robot.window.dialog.is_none() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("it was not used");
}

#[test]
fn a_dropped_recording_is_corrected_and_drums_the_song() {
    let mut robot = with_recording(SIZE);
    // Without kicks, and with the tempo as it is.
    robot.press(("recording-lane", DrumSound::Kick as usize));
    let slider = robot.rect(("sensitivity", DrumSound::Snare as usize));
    robot.drag(slider.center(), Pos2::new(slider.left() + 1.0, slider.center().y));
    used(&mut robot, "recording-song");
    let document = robot.document();
    let StyleChoice::Groove(groove) = &document.settings.style else { panic!() };
    assert_eq!((groove.name(), groove.source()), ("a loop", GrooveSource::Recording));
    let lanes: Vec<_> = groove.hits().iter().map(|hit| hit.lane()).collect();
    assert!(!lanes.contains(&crate::score::Lane::Kick), "{lanes:?}");
    assert!(!lanes.contains(&crate::score::Lane::Snare), "{lanes:?}");
    robot.press("undo");
    assert_eq!(robot.document().settings.style, StyleChoice::FromSong);
}

/// The tempo that is asked for.
fn asked_tempo(robot: &Robot) -> Option<f64> {
    let Some(Dialog::Recording(sheet)) = &robot.window.dialog else { panic!("no sheet") };
    sheet.options.beats.tempo
}

#[test]
fn a_tempo_is_corrected_and_the_correction_taken_back() {
    let mut robot = with_recording(SIZE);
    robot.frames(1);
    // Into the field and out of it.
    robot.press("recording-tempo");
    robot.key(Modifiers::NONE, Key::Enter);
    robot.frames(1);
    assert_eq!(asked_tempo(&robot), None);
    robot.press("recording-double");
    assert!(asked_tempo(&robot).is_some());
    robot.press("recording-half");
    assert_eq!(asked_tempo(&robot), None);
    robot.press("recording-tempo");
    robot.type_line("99");
    assert_eq!(asked_tempo(&robot), Some(99.0));
    // Typed, and thought better of: the sheet stays.
    robot.press("recording-tempo");
    robot.events(vec![Event::Text("1".to_owned())]);
    robot.key(Modifiers::NONE, Key::Escape);
    robot.frames(2);
    assert_eq!(asked_tempo(&robot), Some(99.0));
    // Emptied.
    robot.press("recording-tempo");
    robot.key(Modifiers::COMMAND, Key::A);
    robot.key(Modifiers::NONE, Key::Backspace);
    robot.key(Modifiers::NONE, Key::Enter);
    robot.frames(1);
    assert_eq!(asked_tempo(&robot), None);
}

/// What the audio thread would do: sends a second of a sound from a stretch's beginning on.
fn sound(listening: &mut Listening, level: f32) {
    let metre = Metre::COMMON;
    let mark = |at: f64| TrackMark { at: Beats(at), metre, bar_start: Beats(0.0) };
    let from = listening.from.0;
    let mut send = |sound| listening.sound.push(sound).unwrap();
    send(TrackSound::Begins(48_000.0));
    send(TrackSound::Mark(mark(from)));
    for block in 0..400 {
        let mut samples = SampleBlock::default();
        for sample in 0..SampleBlock::LONGEST {
            // A click each quarter of a second.
            let click = block % 100 == 0 && sample < 40;
            samples.push(if click { level * (sample as f32).sin() } else { 0.0 });
        }
        send(TrackSound::Samples(samples));
    }
    send(TrackSound::Mark(mark(from + 2.0)));
}

#[test]
fn the_sound_of_selected_bars_is_listened_to_and_given_up() {
    let mut robot = Robot::with_bars(8, SIZES[0]);
    assert_eq!(robot.studio.listen_to_bars(Some(2..4)), Err(JobError::NoHost));
    let mut end = robot.studio.connect();
    robot.studio.listen_to_bars(Some(2..4)).unwrap();
    robot.wait(|robot| robot.shows("listened"));
    assert_eq!(robot.cut_texts(), [""; 0]);
    let name = robot.studio.snapshot().listening.clone().unwrap().stretch.name.clone();
    assert_eq!(name, "Bars 7-8", "the take begins in bar 5");
    robot.key(Modifiers::NONE, Key::Escape);
    robot.frames(2);
    assert!(!robot.shows("listened"));
    let mut given_up = end.listenings.pop().unwrap();
    assert!(given_up.sound.is_abandoned());
    given_up.lost = true;
    end.heard.push(given_up).unwrap();
    // Now it is heard, and enough of it.
    robot.studio.listen_to_bars(Some(2..4)).unwrap();
    let mut listening = end.listenings.pop().unwrap();
    sound(&mut listening, 0.5);
    robot.wait(|robot| {
        robot.studio.snapshot().listening.as_ref().is_some_and(|view| view.seconds == Some(1))
    });
    robot.frames(2);
    robot.press("listened");
    robot.wait(|robot| robot.shows("recording-song"));
    assert_eq!(robot.studio.snapshot().error, None);
}

#[test]
fn what_was_lost_or_silent_gets_a_sentence() {
    let robot = Robot::with_bars(8, SIZE);
    let mut end = robot.studio.connect();
    for (level, lost, sentence) in [(0.0, false, "nothing sounded"), (0.5, true, "was lost")] {
        robot.studio.listen_to_bars(None).unwrap();
        let mut listening = end.listenings.pop().unwrap();
        sound(&mut listening, level);
        listening.lost = lost;
        end.heard.push(listening).unwrap();
        let since = std::time::Instant::now();
        while robot.studio.snapshot().error.as_ref().is_none_or(|e| !e.contains(sentence)) {
            assert!(since.elapsed().as_secs() < 30, "{:?}", robot.studio.snapshot().error);
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}

#[test]
fn a_recording_is_heard_as_a_beatbox_and_as_a_kit_again() {
    let mut robot = with_recording(SIZE);
    let sounds = |robot: &mut Robot| {
        used(robot, "recording-song");
        let document = robot.document();
        let StyleChoice::Groove(groove) = &document.settings.style else { panic!() };
        let lanes: std::collections::BTreeSet<_> =
            groove.hits().iter().map(|hit| hit.lane()).collect();
        lanes.len()
    };
    robot.press("recording-beatbox");
    let mouth = sounds(&mut robot);
    assert!((1..=3).contains(&mouth), "{mouth} sounds");
    let folder = tempfile::tempdir().unwrap();
    export::dropped(&robot.studio, fixtures::loop_file(folder.path()));
    robot.wait(|robot| robot.shows("recording-song") && robot.window.dialog.is_some());
    robot.press("recording-beatbox");
    robot.press("recording-reset");
    assert!(sounds(&mut robot) > 1);
}

#[test]
fn a_recording_is_heard_beside_its_drums() {
    let mut robot = with_recording(SIZE);
    let mut audio = robot.studio.connect();
    robot.press("recording-mix");
    robot.frames(2);
    // The drums alone: the file is no longer there.
    robot.press(("recording-mix", 2_usize));
    robot.press("recording-listen");
    robot.wait(|robot| robot.studio.snapshot().preview.is_some());
    let sound = audio.sounds.pop().unwrap();
    assert!(sound.stereo.left.len() > 44_100);
    robot.press("recording-listen");
    assert_eq!(robot.studio.snapshot().preview, None);
    let silence = audio.sounds.pop().unwrap();
    assert!(silence.stereo.left.is_empty());
    // What comes back from the audio thread has ended.
    robot.press("recording-listen");
    robot.wait(|robot| robot.studio.snapshot().preview.is_some());
    for sound in [sound, silence, audio.sounds.pop().unwrap()] {
        audio.spent_sounds.push(sound).unwrap();
    }
    robot.wait(|robot| robot.studio.snapshot().preview.is_none());
}

#[test]
fn while_the_host_plays_a_recording_is_heard_in_time_and_the_part_rests() {
    let mut robot = with_recording(SIZE);
    let mut audio = robot.studio.connect();
    let strokes = |audio: &mut AudioEnd| {
        let mut newest = None;
        while let Ok(clip) = audio.clips.pop() {
            newest = Some(clip.strokes.len());
            audio.spent.push(clip).unwrap();
        }
        newest.unwrap()
    };
    assert!(strokes(&mut audio) > 0);
    robot.press("recording-mix");
    robot.frames(2);
    robot.press(("recording-mix", 2_usize));
    // The take begins at the host's bar 5; its bars are waltzes at the end only.
    robot.transport.playing = true;
    robot.transport.position = Some(Beats(17.5));
    robot.transport.bpm = Some(Bpm(96.0));
    robot.frames(2);
    robot.press("recording-listen");
    robot.wait(|robot| robot.studio.snapshot().preview.is_some());
    let request = robot.studio.snapshot().preview.clone().unwrap().request;
    let PreviewRequest::RecordingAlong { place, .. } = request else { panic!("{request:?}") };
    assert_eq!(place, HostPlace { at: Beats(20.0), tempo: Bpm(96.0) });
    assert!(audio.sounds.pop().unwrap().place.is_some());
    assert_eq!(strokes(&mut audio), 0, "the part rests");
    robot.frames(2);
    robot.press("recording-listen");
    assert_eq!(robot.studio.snapshot().preview, None);
    robot.studio.snapshot();
    assert!(strokes(&mut audio) > 0, "the part is heard again");
}

#[test]
fn a_recording_becomes_a_section_and_its_bars_are_moved() {
    let mut robot = with_recording(SIZE);
    robot.press("recording-section");
    assert!(robot.window.dialog.is_some(), "no section is selected");
    robot.key(Modifiers::NONE, Key::Escape);
    assert!(robot.window.dialog.is_none());
    robot.press(("section", 0_usize));
    let folder = tempfile::tempdir().unwrap();
    export::dropped(&robot.studio, fixtures::loop_file(folder.path()));
    robot.wait(|robot| robot.shows("recording-song") && robot.window.dialog.is_some());
    robot.press("recording-double");
    let ruler = robot.rect("recording-ruler");
    robot.click(ruler.left_center() + Vec2::new(ruler.width() * 0.125, 0.0));
    used(&mut robot, "recording-section");
    let label = robot.arrangement().form.sections[0].label;
    let grooves = &robot.document().settings.section_grooves;
    assert_eq!(grooves.keys().collect::<Vec<_>>(), [&label]);
    assert_eq!(robot.document().settings.style, StyleChoice::FromSong);
}
