//! Melodies on condition: of a rhythm, of pitches, over chords, to drums that swing.

use super::*;

fn tune(notes: Vec<Note>) -> Track {
    Track { name: "Tune".into(), kind: TrackKind::Melodic { program: 0 }, notes }
}

fn times(notes: &[Note]) -> Vec<(Ticks, Ticks)> {
    notes.iter().map(|note| (note.start, note.length)).collect()
}

#[test]
fn a_rhythm_that_is_given_is_kept() {
    let song = rock(8);
    let notes: Vec<Note> =
        (0..32).map(|at| note(at * 96 + at % 2 * 24, 48, 60 + at as u8 % 5)).collect();
    let given = Song { tracks: vec![tune(notes.clone())], ..rock(8) };
    let range = "C4-C5".parse().unwrap();
    let key = Some("C".parse().unwrap());
    let request =
        Request { rhythm_of: Some(&given), range: Some(range), key, ..Request::default() };
    let written = write(&song, &request);
    assert_eq!(times(&written.melodies[0].notes), times(&notes));
    check(&written.melodies[0], written.voice, &song);

    // Half as long: it comes twice.
    let half = Song { tracks: vec![tune(notes[..16].to_vec())], ..rock(8) };
    let request = Request { rhythm_of: Some(&half), ..request };
    assert_eq!(write(&song, &request).melodies[0].notes.len(), 32);
}

#[test]
fn pitches_that_are_given_are_kept() {
    let song = rock(8);
    let notes: Vec<Note> = (0..20).map(|at| note(at * 50, 40, 55 + (at * 7 % 13) as u8)).collect();
    let given = Song { tracks: vec![tune(notes.clone())], ..rock(1) };
    let request = Request { pitches_of: Some(&given), ..Request::default() };
    let written = write(&song, &request);
    let keys = notes.iter().map(|note| note.key).cycle();
    for (note, key) in written.melodies[0].notes.iter().zip(keys) {
        assert_eq!(note.key, key);
    }
    let range: Range = "C5-C6".parse().unwrap();
    let request = Request { range: Some(range), ..request };
    let higher = write(&song, &request);
    let keys = notes.iter().map(|note| note.key).cycle();
    for (note, key) in higher.melodies[0].notes.iter().zip(keys) {
        assert!(range.has(note.key) && note.key % 12 == key % 12);
    }
    let narrow = Request { range: Some("C5-F5".parse().unwrap()), ..request };
    let refused = compose(&song, &narrow, &MODELS, &|_| true).unwrap_err();
    assert!(matches!(refused, ComposeError::Outside { .. }), "{refused}");
}

#[test]
fn a_rhythm_keeps_its_time_whatever_the_drums_move_in() {
    let thirds = drums((4, 4), 8, &|_| (0..12).map(|third| (third * 8, 42)).collect());
    let triplets = |at: u64| note(at * 32, 28, 60 + at as u8 % 7);
    let sixteenths = |at: u64| note(at * 24 + at % 3, 11, 60 + at as u8 % 7);
    // Faster than any grid, and a little ahead of the end.
    let fast = |at: u64| note(at * 12, 12, 60 + at as u8 % 7);
    let early = note(8 * 384 - 3, 3, 64);
    let rhythms: [(Song, Vec<Note>); 3] = [
        (rock(8), (0..96).map(triplets).collect()),
        (thirds, (0..128).map(sixteenths).collect()),
        (rock(8), (0..250).map(fast).chain([early]).collect()),
    ];
    for (song, notes) in rhythms {
        let given = Song { tracks: vec![tune(notes.clone())], ..song.clone() };
        let key = Some("C".parse().unwrap());
        let request = Request { rhythm_of: Some(&given), key, ..Request::default() };
        let written = write(&song, &request);
        assert_eq!(times(&written.melodies[0].notes), times(&notes));
        check(&written.melodies[0], written.voice, &song);
        // With pitches of another song each note has its own, also where two share a slot.
        let request = Request { pitches_of: Some(&given), key: None, ..request };
        let kept = write(&song, &request);
        let keys = |notes: &[Note]| notes.iter().map(|note| note.key).collect::<Vec<_>>();
        assert_eq!(keys(&kept.melodies[0].notes), keys(&notes));
    }
}

#[test]
fn a_rhythm_of_another_resolution_keeps_its_time() {
    let notes: Vec<Note> = (0..32).map(|at| note(at * 480 + at % 2 * 160, 120, 62)).collect();
    let tempo = TempoMap::new(480, []);
    let given = Song { tempo, tracks: vec![tune(notes.clone())], ..rock(8) };
    let request = Request {
        rhythm_of: Some(&given),
        range: Some("C4-C5".parse().unwrap()),
        ..Request::default()
    };
    let written = write(&rock(8), &request);
    let expected: Vec<Note> =
        notes.iter().map(|n| note(n.start.0 / 5, n.length.0 / 5, n.key)).collect();
    assert_eq!(times(&written.melodies[0].notes), times(&expected));
}

#[test]
fn the_melody_swings_with_the_drums() {
    // Off-beats at 7/12 of the beat, as Drumlin plays a swing of one half.
    let song = drums((4, 4), 8, &|_| {
        let beats = (0..4).flat_map(|beat| [(beat * 24, 42), (beat * 24 + 14, 42)]);
        let mut strokes: Vec<(u64, u8)> =
            beats.chain([(0, 36), (24, 38), (62, 36), (72, 38)]).collect();
        strokes.sort_unstable();
        strokes
    });
    let request = Request { density: Some(6.0), alternatives: 2, ..Request::default() };
    let written = write(&song, &request);
    let inside: Vec<u64> = written
        .melodies
        .iter()
        .flat_map(|melody| &melody.notes)
        .map(|note| note.start.0 % 96)
        .collect();
    // The drums have no sixteenths, and the melody none.
    assert!(inside.iter().all(|at| [0, 56].contains(at)), "{inside:?}");
    assert!(inside.contains(&56), "{inside:?}");
    written.melodies.iter().for_each(|melody| check(melody, written.voice, &song));
}

/// Three bars of quarters that all play the same, and a fourth, over chords; by bar.
fn repeated(chords: [[u8; 3]; 4], seed: u64) -> Vec<Vec<u8>> {
    let bars = DrumBars::of(&rock(4), Ticks(0));
    let chords = chords
        .iter()
        .enumerate()
        .flat_map(|(bar, chord)| chord.iter().map(move |&key| note(bar as u64 * 384, 384, key)));
    let chords = Song { tracks: vec![tune(chords.collect())], ..rock(4) };
    let harmony = Harmony::of(&chords, None, &bars);
    let quarter = [State::Onset, State::Hold, State::Hold, State::Hold];
    let line = MelodyLine { states: quarter.repeat(16), keys: vec![0; bars.slots()] };
    let plans = vec![
        form::BarPlan::New,
        form::BarPlan::Repeat(0),
        form::BarPlan::Repeat(0),
        form::BarPlan::New,
    ];
    let form = form::Form { plans, phrases: vec![0] };
    let rng = ChaCha8Rng::seed_from_u64(seed);
    let mut drafts = [draft::Draft { line, form, density: 4.0, contrast: 0.0, rng }];
    let range = "C4-C6".parse().unwrap();
    let voice = Voice { key: "C".parse().unwrap(), range, program: 80 };
    let network = MODELS.get(&networks::PITCH).unwrap();
    let sampled = pitch_sampling::sample_pitches(
        &mut drafts,
        &bars,
        voice,
        pitch_sampling::Guide { harmony: Some(&harmony), profile: None },
        false,
        &*network,
        &|_| true,
    );
    sampled.unwrap();
    let keys = drafts[0].line.notes();
    keys.chunks(4).map(|bar| bar.iter().map(|note| note.key).collect()).collect()
}

#[test]
fn a_bar_that_comes_again_fits_the_chord_beneath_it() {
    const TONIC: [u8; 3] = [48, 52, 55];
    const DOMINANT: [u8; 3] = [47, 50, 55];
    let within = |chord: [u8; 3], key: u8| chord.iter().any(|note| note % 12 == key % 12);
    let mut moved = 0;
    for seed in 0..4 {
        let bars = repeated([TONIC, TONIC, DOMINANT, TONIC], seed);
        assert_eq!(bars[1], bars[0], "the same chord");
        for (&model, &key) in bars[0].iter().zip(&bars[2]) {
            assert!(within(DOMINANT, key) || !within(TONIC, model), "{bars:?}");
            moved += usize::from(key != model);
        }
    }
    assert!(moved > 0);
}

#[test]
fn over_chords_a_melody_ends_on_the_root_of_the_last() {
    let chord = |bar: u64, keys: [u8; 3]| keys.map(|key| note(bar * 384, 384, key));
    // The last chord has its third in the bass.
    let chords = [[48, 52, 55], [53, 57, 60], [48, 52, 55], [47, 50, 55]];
    let chords = (0..).zip(chords).flat_map(|(bar, keys)| chord(bar, keys)).collect();
    let song = Song { tracks: vec![tune(chords)], ..rock(4) };
    let key = Some("C".parse().unwrap());
    let request = Request { key, chords: Some(&song), alternatives: 4, ..Request::default() };
    for melody in write(&rock(4), &request).melodies {
        assert_eq!(melody.notes.last().unwrap().key % 12, 7);
    }
}

#[test]
fn what_is_moved_goes_on_as_the_line_went() {
    let bars = DrumBars::of(&rock(2), Ticks(0));
    let chord = |bar: u64, keys: [u8; 3]| keys.map(|key| note(bar * 384, 384, key));
    let chords = [chord(0, [48, 52, 55]), chord(1, [47, 50, 55])].concat();
    let song = Song { tracks: vec![tune(chords)], ..rock(2) };
    let harmony = Harmony::of(&song, None, &bars);
    let range = "C4-C6".parse().unwrap();
    let voice = Voice { key: "C".parse().unwrap(), range, program: 80 };
    let fitted = |key: u8, before: Option<(u8, u8)>, is_strong: bool| {
        let model = LineNote { slot: 4, length: 4, key };
        let note = chord_fitting::Repeated { model, slot: 20, before, is_strong };
        chord_fitting::fitted(note, voice, &harmony, 12)
    };
    // C goes to B, and E to the nearer D; up from a D it goes to G.
    assert_eq!(fitted(72, None, true), 71);
    assert_eq!(fitted(64, None, true), 62);
    assert_eq!(fitted(64, Some((62, 62)), true), 67);
    // A G is in both chords; what was no note of its chord, or passes by, need not be one.
    assert_eq!(fitted(67, None, true), 67);
    assert_eq!(fitted(69, None, true), 69);
    assert_eq!(fitted(64, None, false), 64);
}
