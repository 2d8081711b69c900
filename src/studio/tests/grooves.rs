//! Grooves that are dropped or tapped.

use super::helpers::{done, wait, with_take};
use crate::drummer::{Settings, StyleChoice};
use crate::midi;
use crate::score::{
    BarIndex, Beats, GrooveSource, Hit, Metre, Note, Song, TempoMap, Ticks, Track, TrackKind,
    Velocity,
};
use crate::studio::wire::Captured;
use crate::studio::*;

/// A clip of one bar: kick, an early snare, a soft hat on the last sixteenth.
fn drum_clip() -> Vec<u8> {
    let note = |start: u64, key: u8, velocity: u8| Note {
        start: Ticks(start),
        length: Ticks(60),
        key,
        velocity: Velocity::clamped(velocity),
    };
    let notes = vec![note(0, 35, 100), note(470, 40, 90), note(1440, 35, 80), note(1800, 42, 40)];
    let tracks = vec![Track { name: String::new(), kind: TrackKind::Drums, notes }];
    let tempo = TempoMap::new(480, []);
    midi::write(&Song { tempo, metres: Vec::new(), tracks })
}

#[test]
fn dropped_drums_are_a_groove_that_the_song_is_drummed_with() {
    let studio = with_take();
    studio.drop_midi("my beat", &drum_clip()).unwrap();
    let view = studio.snapshot();
    assert_eq!((view.undo, view.document.takes.len()), (Some("groove"), 1));
    let StyleChoice::Groove(groove) = view.document.settings.style.clone() else {
        panic!("the style is the groove")
    };
    assert_eq!((groove.name(), groove.hits().len()), ("my beat", 4));
    let asked = Settings { follow: 0.0, humanise: 0.0, ..view.document.settings.clone() };
    studio.apply(Edit::Settings(asked)).unwrap();
    studio.start(Job::Generate).unwrap();
    let view = done(&studio);
    let alternative = view.document.alternative().unwrap();
    // Bars without a fill, a crash or the ending are the groove and nothing else.
    let mut same = 0;
    for bar in (0..8).map(BarIndex) {
        let here: Vec<&Hit> = alternative.part.hits.iter().filter(|hit| hit.bar == bar).collect();
        let found: Vec<_> = here.iter().map(|hit| (hit.step, hit.key.get())).collect();
        if found == [(0, 35), (4, 40), (12, 35), (15, 42)] {
            same += 1;
            assert!((here[1].offset + 10.0 / 120.0).abs() < 1e-3, "{:?}", here[1]);
            assert!(here[3].velocity < here[2].velocity && here[2].velocity < here[0].velocity);
        }
    }
    assert!(same >= 4, "{same} bars");
    studio.undo();
    studio.undo();
    studio.undo();
    assert_eq!(studio.snapshot().document.settings.style, StyleChoice::FromSong);
    let refused = studio.drop_groove(
        "nothing",
        &midi::write(&Song { tracks: vec![], ..fixtures::take(2).song }),
        None,
    );
    assert!(refused.is_err(), "{refused:?}");
}

#[test]
fn a_text_that_is_dropped_is_a_groove() {
    let studio = Studio::new();
    let text = "# my beat\nHH|x-x-x-x-x-x-x-x-|\nSD|----O--g----O---|\nBD|o-------o-o-----|\n";
    studio.drop_midi("my beat", text.as_bytes()).unwrap();
    let view = studio.snapshot();
    let StyleChoice::Groove(groove) = &view.document.settings.style else { panic!("a groove") };
    let named = (groove.name(), groove.source(), groove.hits().len());
    assert_eq!(named, ("my beat", GrooveSource::Written, 14));
    let refused = studio.drop_groove("words", b"Dear drummer, play it softly", None).unwrap_err();
    let said = "cannot take a groove from \"words\": \"Dear\" is no drum of a drum tab";
    assert!(refused.to_string().starts_with(said), "{refused}");
}

#[test]
fn a_groove_is_tapped_while_the_host_plays_and_the_melody_stays() {
    let studio = Studio::new();
    let mut end = studio.connect();
    let mut send = |event| end.captured.push(event).unwrap();
    let note =
        |at: f64, key: u8| Captured::NoteOn { at: Beats(at), key, velocity: Velocity::clamped(90) };
    send(Captured::Started { at: Beats(0.0) });
    send(Captured::Metre { at: Beats(0.0), metre: Metre::COMMON });
    send(note(1.0, 60));
    wait(&studio, |view| view.recording.notes == 1);
    studio.tap(1);
    for (at, key) in [(4.0, 36), (5.02, 38), (6.0, 36), (7.0, 38)] {
        send(note(at, key));
    }
    wait(&studio, |view| view.tapping.is_some_and(|tapping| tapping.strokes == 4));
    assert_eq!(studio.snapshot().document.settings.style, StyleChoice::FromSong);
    // Once it has gone round, it is played.
    send(Captured::Passed { at: Beats(11.5) });
    let tapped = |view: &View| matches!(view.document.settings.style, StyleChoice::Groove(_));
    wait(&studio, tapped);
    send(note(12.5, 42));
    wait(&studio, |view| view.tapping.is_some_and(|tapping| tapping.strokes == 5));
    studio.end_tapping();
    let view = studio.snapshot();
    let StyleChoice::Groove(groove) = &view.document.settings.style else { panic!("a groove") };
    assert_eq!((groove.hits().len(), groove.bars(), view.tapping), (5, 1, None));
    assert!((groove.hits()[2].offset - 0.08).abs() < 0.01, "{:?}", groove.hits());
    // One step; and what was played before is still the melody.
    assert_eq!(view.undo, Some("tap a groove"));
    studio.undo();
    assert_eq!((studio.snapshot().undo, studio.snapshot().recording.notes), (None, 1));
    send(note(13.0, 62));
    wait(&studio, |view| view.recording.notes == 2);
}

#[test]
fn another_project_ends_the_tapping_and_has_nothing_of_it() {
    let studio = Studio::new();
    let mut end = studio.connect();
    let saved = studio.save();
    studio.tap(1);
    for event in [
        Captured::Started { at: Beats(0.0) },
        Captured::NoteOn { at: Beats(1.0), key: 36, velocity: Velocity::clamped(90) },
    ] {
        end.captured.push(event).unwrap();
    }
    wait(&studio, |view| view.tapping.is_some_and(|tapping| tapping.strokes == 1));
    studio.load(&saved).unwrap();
    end.captured.push(Captured::Passed { at: Beats(9.0) }).unwrap();
    end.captured
        .push(Captured::NoteOn { at: Beats(9.0), key: 60, velocity: Velocity::clamped(90) })
        .unwrap();
    wait(&studio, |view| view.recording.notes > 0);
    let view = studio.snapshot();
    assert_eq!((view.tapping, view.undo), (None, None));
    assert_eq!(view.document.settings.style, StyleChoice::FromSong);
}
