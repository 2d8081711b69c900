use std::fs;
use std::time::{Duration, Instant};

use super::*;
use crate::midi;
use crate::patterns::PatternGrid;
use crate::studio::{Document, Edit, Saved, Studio, fixtures};

/// A bar of rock, and the same in swing.
fn rock() -> Pattern {
    let mut rock = Pattern::empty(PatternGrid::Straight);
    for step in (0..32).step_by(2) {
        rock.set(4, step, true);
    }
    for (drum, step) in [(0, 0), (1, 4), (0, 8), (1, 12), (0, 16), (1, 20), (0, 24), (1, 28)] {
        rock.set(drum, step, true);
    }
    rock
}

fn swing() -> Pattern {
    let mut swing = Pattern::empty(PatternGrid::Triplet);
    for beat in 0..8 {
        swing.set(11, 3 * beat, true);
        swing.set(11, 3 * beat + 2, beat % 2 == 1);
        swing.set(5, 3 * beat, beat % 2 == 1);
    }
    swing
}

fn at(pattern: Pattern, x: f32) -> MapGroove {
    MapGroove { pattern, place: Place { x, y: 0.1 } }
}

fn wait(studio: &Studio, wanted: impl Fn(&crate::studio::View) -> bool) {
    let began = Instant::now();
    while !wanted(&studio.snapshot()) {
        assert!(began.elapsed() < Duration::from_secs(30), "nothing came");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_groove_is_heard_at_once_and_the_part_comes_back() {
    let studio = Studio::new();
    let saved = Saved { document: fixtures::document(8, 1), ..Saved::default() };
    studio.load(&saved.to_bytes()).unwrap();
    let mut end = studio.connect();
    let part = end.clips.pop().unwrap();
    assert!(!part.at_once && !part.strokes.is_empty());
    end.spent.push(part).unwrap();

    studio.audition_groove(&rock());
    // No network has been asked yet.
    let groove = end.clips.pop().unwrap();
    assert!(groove.at_once);
    let first: Vec<_> = groove.strokes.iter().take_while(|stroke| stroke.at.0 < 8.0).collect();
    assert_eq!(first.len(), rock().strokes());
    // In phase with the take's bars, and from before the start of the song.
    assert!(groove.start.0 <= 0.0 && (16.0 - groove.start.0) % LOOP == 0.0);
    assert!(groove.strokes.windows(2).all(|pair| pair[0].at.0 <= pair[1].at.0));
    assert!(end.auditions.pop().is_ok());
    end.spent.push(groove).unwrap();
    // Then it has been played.
    let began = Instant::now();
    let played = loop {
        if let Ok(clip) = end.clips.pop() {
            break clip;
        }
        assert!(began.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(5));
    };
    let velocities: std::collections::BTreeSet<u8> =
        played.strokes.iter().map(|stroke| stroke.velocity.get()).collect();
    assert!(played.at_once && velocities.len() > 4, "{velocities:?}");
    assert_eq!(studio.snapshot().auditioned, Some(rock()));
    end.spent.push(played).unwrap();

    studio.stop_audition();
    assert!(!end.clips.pop().unwrap().at_once);
    assert_eq!(studio.snapshot().auditioned, None);
}

#[test]
fn what_is_in_hand_moves_and_locked_lanes_stay() {
    let studio = Studio::new();
    let saved = Saved { document: fixtures::document(8, 1), ..Saved::default() };
    studio.load(&saved.to_bytes()).unwrap();
    for lane in Lane::ALL {
        studio.apply(Edit::Lock { lane, on: lane == Lane::Kick }).unwrap();
    }
    studio.request_map(MapRequest::Open);
    wait(&studio, |view| view.map.is_some());
    let view = studio.snapshot();
    let map = view.map.clone().unwrap();
    assert!(map.built_in > 1000 && map.built_in == map.map.points().len());
    assert!(!map.song.is_empty() && map.song.windows(2).all(|pair| pair[0].0 < pair[1].0));

    studio.request_map(MapRequest::Pick(at(rock(), 0.0)));
    wait(&studio, |view| view.document.map.current == Some(at(rock(), 0.0)));
    let there = Place { x: 0.21, y: -0.17 };
    studio.request_map(MapRequest::Go(there));
    wait(&studio, |view| view.document.map.current.is_some_and(|now| now.place == there));
    let now = studio.snapshot().document.map.current.unwrap().pattern;
    assert_eq!(now.on(PatternGrid::Straight).rows()[0], rock().rows()[0]);
    let before = studio.snapshot().document.map.current;
    studio.request_map(MapRequest::Dice(3));
    wait(&studio, |view| view.document.map.current != before);

    studio.change_map(|map| map.pins = [Some(at(rock(), 0.0)), Some(at(swing(), 0.3))]);
    studio.request_map(MapRequest::Morph(1.0));
    wait(&studio, |view| view.document.map.share == 1.0);
    wait(&studio, |view| {
        view.document.map.current.is_some_and(|now| now.pattern.rows()[11] == swing().rows()[11])
    });
}

#[test]
fn what_is_only_heard_takes_no_move_back() {
    let studio = Studio::new();
    for step in 1..=20 {
        let there = Place { x: step as f32 / 40.0, y: 0.1 };
        studio.request_map(MapRequest::Go(there));
        studio.request_map(MapRequest::Listen(swing()));
        wait(&studio, |view| view.document.map.current.is_some_and(|now| now.place == there));
    }
}

#[test]
fn the_map_is_kept_in_the_project() {
    let favourites = vec![at(swing(), -0.4)].into();
    let map = MapState {
        current: Some(at(rock(), 0.2)),
        pins: [None, Some(at(swing(), 0.5))],
        share: 0.25,
        favourites,
    };
    let document = Document { map, ..Document::default() };
    let saved = Saved { document, ..Saved::default() };
    assert_eq!(Saved::from_bytes(&saved.to_bytes()), Ok(saved));
}

#[test]
fn dropped_grooves_are_placed_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (dropped, kept) = (folder.path().join("mine/inside"), folder.path().join("kept"));
    fs::create_dir_all(&dropped).unwrap();
    let song = |pattern: Pattern| {
        let tempo = Pattern::tempo(96.0);
        let song = crate::score::Song { tempo, metres: Vec::new(), tracks: Vec::new() };
        midi::write(&midi::drum_song(&song, &plainly(&pattern)))
    };
    fs::write(dropped.join("rock.mid"), song(rock())).unwrap();
    fs::write(dropped.join("swing.MID"), song(swing())).unwrap();
    fs::write(dropped.join("broken.mid"), b"MThd").unwrap();
    let studio = Studio::new();
    studio.set_library(Some(GrooveLibrary::new(kept.clone())));
    studio.request_map(MapRequest::Add(vec![folder.path().join("mine")]));
    wait(&studio, |view| view.map.is_some() && view.error.is_some());
    let view = studio.snapshot();
    let error = view.error.clone().unwrap();
    assert!(error.starts_with("2 grooves were added, 1 files left out"), "{error}");
    let map = view.map.clone().unwrap();
    let own = &map.map.points()[map.built_in..];
    assert_eq!(own.len(), 2);
    assert_eq!((&*own[0].name, own[0].tempo, own[0].pattern), ("rock", Some(96), rock()));
    // Another studio finds them; the same files are not kept twice.
    let other = Studio::new();
    other.set_library(Some(GrooveLibrary::new(kept.clone())));
    other.request_map(MapRequest::Add(vec![dropped.join("rock.mid")]));
    wait(&other, |view| view.map.is_some());
    assert_eq!(fs::read_dir(kept).unwrap().count(), 2);
}
