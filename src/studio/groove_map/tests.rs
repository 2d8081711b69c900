use std::fs;
use std::time::{Duration, Instant};

use super::*;
use crate::drummer::{Settings, StyleChoice};
use crate::midi;
use crate::patterns::PatternGrid;
use crate::studio::shared_state::SharedState;
use crate::studio::wire::Captured;
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
    assert!(groove.start.0 <= 0.0 && (16.0 - groove.start.0) % 8.0 == 0.0);
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
fn beats_of_a_groove_are_the_dotted_beats_of_6_8() {
    let (document, metre) = (in_metre(6, 8), Metre::new(6, 8).unwrap());
    // 120 quarters a minute are 80 dotted ones.
    assert!((document.groove_tempo().0 - 80.0).abs() < 1e-9);
    let time = document.groove_time(&Recording::default());
    assert!((time.beats_a_minute() - 80.0).abs() < 1e-9);
    assert_eq!((time.metre, time.tempo), (metre, Bpm(120.0)));
    let groove = document.audition_clip(&plainly(&swing()), &time);
    // Two bars of 6/8 are one of the groove: 8 dotted beats go by before it comes again.
    assert_eq!((15.0 - groove.start.0) % 12.0, 0.0);
    let ride = LANES_OF_DRUMS[11].default_key().get();
    let rides = groove.strokes.iter().filter(|stroke| stroke.kit_key == ride);
    let quarters: Vec<f64> = rides.map(|stroke| stroke.at.0).collect();
    // Its triplets are the eighths of the song.
    let eighths = swing().hits().filter(|hit| hit.0 == 11).map(|hit| hit.1).collect::<Vec<_>>();
    let expected = eighths.iter().chain(&eighths[..1]).enumerate();
    for (index, eighth) in expected {
        let round = if index < eighths.len() { 0.0 } else { 12.0 };
        let at = round + *eighth as f64 / 2.0;
        assert!((quarters[index] - at).abs() < 1e-6, "{index}: {} {at}", quarters[index]);
    }
}

/// A document whose take is in a metre from quarter 15 of the host on.
fn in_metre(numerator: u8, denominator: u8) -> Document {
    let metre = Metre::new(numerator, denominator).unwrap();
    let mut take = fixtures::take(8);
    take.song.metres = vec![crate::score::MetreChange { at: Ticks(0), metre }];
    take.start = Beats(15.0);
    let takes = vec![std::sync::Arc::new(take)];
    Document { takes, current_take: Some(0), ..Document::default() }
}

/// Where a drum of a groove is heard from the song's start on, in quarters, in the first round.
fn heard(document: &Document, pattern: &Pattern, drum: usize) -> Vec<f64> {
    let time = document.groove_time(&Recording::default());
    let groove = document.audition_clip(&plainly(pattern), &time);
    assert_eq!(groove.bar_lines.last(), Some(&groove.length));
    let round = groove.length.0 / TIMES as f64;
    // A bar line of the song is where the groove begins.
    assert_eq!((15.0 - groove.start.0) % round, 0.0);
    let key = LANES_OF_DRUMS[drum].default_key().get();
    let strokes = groove.strokes.iter().filter(|stroke| stroke.kit_key == key);
    strokes.map(|stroke| stroke.at.0).take_while(|at| *at < round).collect()
}

#[test]
fn bars_of_three_beats_take_three_beats_of_a_groove() {
    // As the song is drummed with it: beats 1, 2 and 4 of its bars.
    assert_eq!(heard(&in_metre(3, 4), &rock(), 0), [0.0, 3.0]);
    assert_eq!(heard(&in_metre(3, 4), &rock(), 1), [1.0, 2.0, 4.0, 5.0]);
    assert_eq!(heard(&in_metre(9, 8), &rock(), 1), [1.5, 3.0, 6.0, 7.5]);
    assert_eq!(heard(&in_metre(5, 4), &rock(), 0), [0.0, 2.0, 3.0, 5.0, 7.0, 8.0]);
    assert_eq!(heard(&in_metre(2, 4), &rock(), 0), heard(&in_metre(4, 4), &rock(), 0));
}

#[test]
fn eighths_of_a_straight_groove_are_eighths_of_6_8() {
    // The hats' off-beats are the last of three eighths.
    let hats = heard(&in_metre(6, 8), &rock(), 4);
    let expected: Vec<f64> =
        (0..8).flat_map(|beat| [1.5 * f64::from(beat), 1.5 * f64::from(beat) + 1.0]).collect();
    assert_eq!(hats.len(), expected.len());
    assert!(hats.iter().zip(&expected).all(|(at, wanted)| (at - wanted).abs() < 1e-9), "{hats:?}");
    assert_eq!(heard(&in_metre(12, 8), &rock(), 4), hats);
}

#[test]
fn without_a_song_grooves_go_as_the_host_was_heard_to() {
    let (at, metre) = (Beats(4.5), Metre::new(6, 8).unwrap());
    let mut host = Recording::default();
    let usual = Document::default().groove_time(&host);
    assert_eq!((usual.metre, usual.tempo), (Metre::COMMON, Bpm(120.0)));
    host.record(Captured::Started { at });
    host.record(Captured::Tempo { at, bpm: Bpm(90.0) });
    host.record(Captured::Metre { at: Beats(3.0), metre });
    let time = Document::default().groove_time(&host);
    assert_eq!((time.metre, time.tempo, time.beats_a_minute()), (metre, Bpm(90.0), 60.0));
    host.record(Captured::Stopped { at: Beats(6.0) });
    assert_eq!(Document::default().groove_time(&host), time);
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
fn locked_lanes_keep_their_times_where_the_rest_was_in_triplets() {
    let map = MapState { current: Some(at(rock(), 0.0)), ..MapState::default() };
    let mut document = Document { map, ..Document::default() };
    for lane in Lane::ALL {
        document = Edit::Lock { lane, on: lane == Lane::ClosedHat }.apply(&document).unwrap();
    }
    let taken = document.with_locked_rows(&swing());
    assert_eq!((taken.grid(), taken.rows()[4]), (PatternGrid::Straight, rock().rows()[4]));
    // The ride skips on the last sixteenth.
    assert!(taken.has_onset(11, 7) && taken.rows()[5] != 0);
}

#[test]
fn what_is_in_hand_is_heard_from_the_first_dice_on_unless_it_was_stopped() {
    let studio = Studio::new();
    studio.request_map(MapRequest::Dice(1));
    wait(&studio, |view| view.auditioned.is_some());
    let first = studio.snapshot();
    assert_eq!(first.document.map.current.map(|current| current.pattern), first.auditioned);
    studio.request_map(MapRequest::Dice(2));
    studio.stop_audition();
    wait(&studio, |view| view.document.map.current != first.document.map.current);
    assert_eq!(studio.snapshot().auditioned, None);
    // Neither by the time that what comes next is there.
    studio.request_map(MapRequest::Pick(at(rock(), 0.0)));
    wait(&studio, |view| view.document.map.current == Some(at(rock(), 0.0)));
    assert_eq!(studio.snapshot().auditioned, None);
}

#[test]
fn a_song_gets_the_groove_as_it_is_without_intensity_and_swing() {
    let studio = Studio::new();
    studio.request_map(MapRequest::Pick(at(rock(), 0.0)));
    wait(&studio, |view| view.document.map.current == Some(at(rock(), 0.0)));
    let used = |intensity: f32, swing: f32| {
        let settings = Settings { intensity, swing, ..Settings::default() };
        studio.apply(Edit::Settings(settings)).unwrap();
        let is_groove = |view: &crate::studio::View| match &view.document.settings.style {
            StyleChoice::Groove(groove) => Some(groove.hits().to_vec()),
            _ => None,
        };
        assert_eq!(is_groove(&studio.snapshot()), None);
        studio.request_map(MapRequest::Use(None));
        wait(&studio, |view| is_groove(view).is_some());
        is_groove(&studio.snapshot()).unwrap()
    };
    let even = used(0.5, 0.0);
    assert_eq!(used(1.0, 1.0), even);
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

/// A groove as a MIDI file.
fn song(pattern: Pattern) -> Vec<u8> {
    let tempo = Pattern::tempo(96.0);
    let song = crate::score::Song { tempo, metres: Vec::new(), tracks: Vec::new() };
    midi::write(&midi::drum_song(&song, &plainly(&pattern)))
}

#[test]
fn files_that_are_there_already_are_not_kept_again() {
    let folder = tempfile::tempdir().unwrap();
    let [mine, yours, kept] = ["mine", "yours", "kept"].map(|name| folder.path().join(name));
    for (folder, groove) in [(&mine, rock()), (&yours, swing())] {
        fs::create_dir(folder).unwrap();
        fs::write(folder.join("loop.mid"), song(groove)).unwrap();
    }
    // The same bytes under another name, and a name as long as can be.
    fs::write(yours.join("copy.mid"), song(rock())).unwrap();
    fs::write(yours.join(format!("{}.mid", "ä".repeat(125))), song(rock())).unwrap();
    let library = GrooveLibrary::new(kept.clone());
    let add = || library.add(&[mine.clone(), yours.clone()], &|_| true).unwrap().grooves;
    assert_eq!([add(), add()], [2, 0]);
    assert_eq!(fs::read_dir(&kept).unwrap().count(), 2);
    // Also where the first of two of one name is gone.
    fs::remove_file(kept.join("loop.mid")).unwrap();
    assert_eq!([add(), add()], [1, 0]);
    let long = GrooveLibrary::new(folder.path().join("long"));
    let path = yours.join(format!("{}.mid", "ä".repeat(125)));
    assert_eq!(long.add(&[path], &|_| true).unwrap().grooves, 1);
    assert_eq!(long.read(&|_| true).unwrap()[0].0, "ä".repeat(100));
}

#[test]
fn files_that_are_dropped_one_by_one_are_all_added() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("rock.mid"), folder.path().join("swing.mid"));
    fs::write(&first, song(rock())).unwrap();
    fs::write(&second, song(swing())).unwrap();
    let studio = Studio::new();
    studio.set_library(Some(GrooveLibrary::new(folder.path().join("kept"))));
    for path in [first, second] {
        studio.add_grooves(vec![path]).unwrap();
    }
    wait(&studio, |view| {
        view.map.as_ref().is_some_and(|map| map.map.points().len() == map.built_in + 2)
    });
    wait(&studio, |view| view.job.is_none());
    assert_eq!(studio.snapshot().error, None);
}

#[test]
fn adding_grooves_says_how_far_it_is_and_can_be_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let dropped = folder.path().join("mine");
    fs::create_dir_all(&dropped).unwrap();
    for number in 0..4 {
        let mut groove = rock();
        groove.set(0, 2 * number + 1, true);
        fs::write(dropped.join(format!("{number}.mid")), song(groove)).unwrap();
    }
    let library = GrooveLibrary::new(folder.path().join("kept"));
    let told = std::cell::RefCell::new(Vec::new());
    let progress = |share: f32| {
        told.borrow_mut().push(share);
        share < 0.5
    };
    let stopped = library.add(&[dropped], &progress);
    assert!(matches!(stopped, Err(LibraryError::Cancelled)));
    assert_eq!(told.take(), [0.0, 0.25, 0.5]);
    assert_eq!(fs::read_dir(folder.path().join("kept")).unwrap().count(), 2);
}

#[test]
fn what_was_added_by_the_time_that_it_is_stopped_is_on_the_map() {
    let folder = tempfile::tempdir().unwrap();
    let dropped = folder.path().join("mine");
    fs::create_dir_all(&dropped).unwrap();
    fs::write(dropped.join("rock.mid"), song(rock())).unwrap();
    fs::write(dropped.join("swing.mid"), song(swing())).unwrap();
    let shared = SharedState::default();
    shared.set_library(Some(GrooveLibrary::new(folder.path().join("kept"))));
    let map = parking_lot::Mutex::new(server::MapServer::default());
    let served = |request| server::MapServer::serve(&mut map.lock(), &shared, request);
    served(MapRequest::Open);
    let stopped = server::add_grooves(&map, &shared, &[dropped], &|share| share < 0.25);
    assert!(matches!(stopped, Err(LibraryError::Cancelled)));
    served(shared.next_map_request().unwrap());
    let shown = shared.view().map.clone().unwrap();
    assert_eq!(shown.map.points().len(), shown.built_in + 1);
}

#[test]
fn dropped_grooves_are_placed_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (dropped, kept) = (folder.path().join("mine/inside"), folder.path().join("kept"));
    fs::create_dir_all(&dropped).unwrap();
    fs::write(dropped.join("rock.mid"), song(rock())).unwrap();
    fs::write(dropped.join("swing.MID"), song(swing())).unwrap();
    fs::write(dropped.join("broken.mid"), b"MThd").unwrap();
    let studio = Studio::new();
    studio.set_library(Some(GrooveLibrary::new(kept.clone())));
    studio.add_grooves(vec![folder.path().join("mine")]).unwrap();
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
    other.add_grooves(vec![dropped.join("rock.mid")]).unwrap();
    wait(&other, |view| view.map.is_some());
    assert_eq!(fs::read_dir(kept).unwrap().count(), 2);
}
