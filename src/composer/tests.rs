//! The composer as a whole, with the networks that ship.

use std::sync::LazyLock;

use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

mod conditions;

use super::*;
use crate::network::{Backend, Models, Tensor};
use crate::score::{Metre, MetreChange, Note, Song, TempoMap, Ticks, Track, TrackKind, Velocity};

static MODELS: LazyLock<Models> = LazyLock::new(|| Models::new(Backend::Cpu, None));

fn note(start: u64, length: u64, key: u8) -> Note {
    Note { start: Ticks(start), length: Ticks(length), key, velocity: Velocity::clamped(90) }
}

/// Drums of `bars` bars, each with strokes at shares of a bar in 96ths.
fn drums(metre: (u8, u8), bars: usize, strokes: &dyn Fn(usize) -> Vec<(u64, u8)>) -> Song {
    let metre = Metre::new(metre.0, metre.1).unwrap();
    let bar = metre.bar_ticks(96).0;
    let notes = (0..bars).flat_map(|index| {
        let start = index as u64 * bar;
        strokes(index).into_iter().map(move |(at, key)| note(start + at * bar / 96, 6, key))
    });
    let mut notes: Vec<Note> = notes.collect();
    notes.sort_by_key(|note| (note.start, note.key));
    let track = Track { name: "Drums".into(), kind: TrackKind::Drums, notes };
    Song {
        tempo: TempoMap::new(96, []),
        metres: vec![MetreChange { at: Ticks(0), metre }],
        tracks: vec![track],
    }
}

fn rock(bars: usize) -> Song {
    drums((4, 4), bars, &|bar| {
        let mut strokes = vec![(0, 36), (24, 38), (60, 36), (72, 38)];
        strokes.extend((0..8).map(|eighth| (eighth * 12, 42)));
        if bar % 8 == 7 {
            strokes.extend([(78, 47), (84, 45), (90, 43)]);
        }
        strokes
    })
}

fn write(song: &Song, request: &Request) -> Composition {
    compose(song, request, &MODELS, &|_| true).unwrap()
}

/// What must hold of every melody.
fn check(melody: &Melody, voice: Voice, song: &Song) {
    let end = song.bars().bars().last().unwrap().end();
    for note in &melody.notes {
        assert!(voice.range.has(note.key) && voice.key.has(note.key), "{note:?} in {voice:?}");
        assert!(note.length.0 > 0 && note.end() <= end);
    }
    for pair in melody.notes.windows(2) {
        assert!(pair[0].end() <= pair[1].start, "one note at a time: {pair:?}");
    }
}

#[test]
fn four_melodies_for_one_groove_differ_and_come_again_with_their_seed() {
    let song = rock(16);
    let request = Request { alternatives: 4, ..Request::default() };
    let written = write(&song, &request);
    assert_eq!(written.melodies.len(), 4);
    for (index, melody) in written.melodies.iter().enumerate() {
        check(melody, written.voice, &song);
        assert!(melody.notes.len() > 16, "{}", melody.notes.len());
        assert!(written.melodies[..index].iter().all(|other| other.notes != melody.notes));
    }
    assert_eq!(write(&song, &request).melodies, written.melodies);
    let one = write(&song, &Request::default());
    assert_eq!(one.melodies[..], written.melodies[..1], "the first does not depend on the others");
    let other = write(&song, &Request { seed: 1, ..Request::default() });
    assert_ne!(other.melodies, one.melodies);
}

#[test]
fn as_many_notes_are_played_as_were_asked_for() {
    let song = rock(32);
    for density in [2.0, 5.0, 8.0] {
        let request = Request { density: Some(density), alternatives: 4, ..Request::default() };
        let notes: usize = write(&song, &request).melodies.iter().map(|m| m.notes.len()).sum();
        let a_bar = notes as f32 / (4.0 * 32.0);
        assert!((a_bar - density).abs() < 1.2, "{a_bar} where {density} were asked for");
    }
}

#[test]
fn no_melody_is_empty_or_of_another_density_than_was_asked_for() {
    let song = rock(16);
    for (density, seed) in [2.0f32, 4.0, 8.0].into_iter().flat_map(|d| (0..4).map(move |s| (d, s)))
    {
        let request =
            Request { density: Some(density), seed, alternatives: 2, ..Request::default() };
        for melody in write(&song, &request).melodies {
            let mut bars: Vec<u64> = melody.notes.iter().map(|note| note.start.0 / 384).collect();
            bars.dedup();
            // A melody may rest, but not for long.
            assert!(bars.len() >= 4, "{} bars, seed {seed}", bars.len());
            let a_bar = melody.notes.len() as f32 / bars.len() as f32;
            assert!((0.4 * density..=2.0 * density).contains(&a_bar), "{a_bar} for {density}");
        }
    }
}

#[test]
fn no_note_is_written_where_none_is_asked_for() {
    let request = Request { density: Some(0.0), alternatives: 2, ..Request::default() };
    let written = write(&rock(8), &request);
    assert_eq!(written.melodies.len(), 2);
    assert!(written.melodies.iter().all(|melody| melody.notes.is_empty()));
}

#[test]
fn no_phrase_falls_silent() {
    let song = drums((4, 4), 32, &|_| (0..4).map(|beat| (beat * 24, 42)).collect());
    for (density, seed) in [1.0, 1.5].into_iter().flat_map(|d| (0..4).map(move |s| (d, s))) {
        let request = Request { density: Some(density), seed, ..Request::default() };
        let melody = &write(&song, &request).melodies[0];
        let mut counts = [0; 32];
        melody.notes.iter().for_each(|note| counts[(note.start.0 / 384) as usize] += 1);
        for phrase in counts.chunks(4) {
            assert!(phrase[0] > 0 && phrase.windows(2).all(|two| two != [0, 0]), "{counts:?}");
        }
    }
}

#[test]
fn a_single_bar_gets_as_many_notes_as_were_asked_for() {
    let song = rock(1);
    let notes = |density: f32, seed: u64| {
        let request = Request { density: Some(density), seed, ..Request::default() };
        write(&song, &request).melodies[0].notes.len()
    };
    assert!((0..12).all(|seed| notes(4.0, seed) > 0));
    let many: usize = (0..8).map(|seed| notes(8.0, seed)).sum();
    assert!(many >= 3 * 8, "{many} notes in eight bars where 64 were asked for");
}

#[test]
fn a_melody_ends_with_the_drums_and_not_late_off_the_beat() {
    let song = rock(16);
    for seed in 0..8 {
        let melody = &write(&song, &Request { seed, ..Request::default() }).melodies[0];
        let last: Vec<u64> =
            melody.notes.iter().filter_map(|note| note.start.0.checked_sub(15 * 384)).collect();
        let at = *last.last().expect("a note in the last bar");
        assert!(at < 192 || at.is_multiple_of(96) || last.len() == 1, "{last:?}");
    }
}

#[test]
fn no_bar_repeats_the_silence_behind_another_phrase() {
    // Three bars, a rest of four, and eight more.
    let song = drums((4, 4), 15, &|bar| {
        if (3..7).contains(&bar) { vec![] } else { vec![(0, 36), (48, 38)] }
    });
    let bars = DrumBars::of(&song, Ticks(0));
    for seed in 0..16 {
        let plans = form::form(&bars, 1.0, &mut ChaCha8Rng::seed_from_u64(seed)).plans;
        for bar in (0..15).filter(|&bar| bars.sounds(bar)) {
            let from = match plans[bar] {
                form::BarPlan::Repeat(from) | form::BarPlan::RhythmOf(from) => from,
                form::BarPlan::New => bar,
                form::BarPlan::Silent => panic!("bar {bar} is silent"),
            };
            assert!(bars.sounds(from), "bar {bar} repeats the silent bar {from}");
        }
    }
}

#[test]
fn a_melody_ends_on_the_tonic_and_holds_it() {
    for bars in [8, 16] {
        let written = write(&rock(bars), &Request { alternatives: 4, ..Request::default() });
        for melody in &written.melodies {
            let last = melody.notes.last().unwrap();
            assert_eq!(written.voice.key.degree(last.key), 0);
            // But for the breath of a sixteenth of its length.
            let end = last.end().0;
            assert!(end.next_multiple_of(384) - end <= 384 / 16, "to the end of a bar");
        }
    }
}

#[test]
fn the_melody_is_highest_where_the_drums_are_fullest() {
    let full = 24..28;
    let song = drums((4, 4), 32, &|bar| {
        let (steps, cymbal) = if full.contains(&bar) { (16, 51) } else { (8, 42) };
        let cymbals = (0..steps).map(|step| (step * 96 / steps, cymbal));
        [(0, 36), (24, 38), (60, 36), (72, 38)].into_iter().chain(cymbals).collect()
    });
    let climbs = |seed: &u64| {
        let melody = &write(&song, &Request { seed: *seed, ..Request::default() }).melodies[0];
        let highest = |inside: bool| {
            let bar = |note: &Note| (note.start.0 / 384) as usize;
            let keys = melody.notes.iter().filter(|note| full.contains(&bar(note)) == inside);
            keys.map(|note| note.key).max()
        };
        highest(true) > highest(false)
    };
    assert!((0..8).filter(climbs).count() >= 6);
}

#[test]
fn what_the_drums_repeat_the_melody_repeats() {
    let song = rock(32);
    let again = |repeat: f32| {
        let request = Request { repeat, alternatives: 4, ..Request::default() };
        let composition = write(&song, &request);
        let drums = DrumBars::of(&song, Ticks(0));
        let share = |melody: &Melody| {
            let line = MelodyLine::of(&melody.notes, &drums);
            evaluation::shape(&line, &drums, composition.voice.key).unwrap().repeated
        };
        composition.melodies.iter().map(share).sum::<f64>() / 4.0
    };
    let (never, always) = (again(0.0), again(1.0));
    assert!(always > never + 0.3, "{never} {always}");
}

#[test]
fn what_cannot_be_composed_for_is_said() {
    let error = |song: &Song, request: &Request| {
        compose(song, request, &MODELS, &|_| true).unwrap_err().to_string()
    };
    let song = rock(4);
    let silent = Song { tracks: vec![], ..song.clone() };
    assert_eq!(error(&silent, &Request::default()), "there are no drums to write a melody for");
    let request = Request { rhythm_of: Some(&song), ..Request::default() };
    assert_eq!(error(&song, &request), "the song whose rhythm is to be kept has no melody");
    let request = Request { pitches_of: Some(&song), ..Request::default() };
    assert_eq!(error(&song, &request), "the song whose pitches are to be kept has no melody");
    let cancelled = compose(&song, &Request::default(), &MODELS, &|_| false);
    assert!(matches!(cancelled, Err(ComposeError::Cancelled)));
}

#[test]
fn short_and_uneven_drums_get_a_melody_too() {
    let stroke = drums((4, 4), 1, &|_| vec![(0, 36)]);
    check(
        &write(&stroke, &Request::default()).melodies[0],
        Voice { range: Range::new(0, 127).unwrap(), ..write(&stroke, &Request::default()).voice },
        &stroke,
    );
    // A silence of eight bars stays one.
    let gap = drums((4, 4), 24, &|bar| {
        if (8..16).contains(&bar) { vec![] } else { vec![(0, 36), (48, 38)] }
    });
    let written = write(&gap, &Request::default());
    let silence = Ticks(8 * 384)..Ticks(16 * 384);
    assert!(written.melodies[0].notes.iter().all(|note| !silence.contains(&note.start)));
    for metre in [(3, 4), (6, 8), (7, 8), (5, 4), (12, 8), (2, 2)] {
        let song = drums(metre, 8, &|_| vec![(0, 36), (32, 38), (64, 42)]);
        let written = write(&song, &Request::default());
        check(&written.melodies[0], written.voice, &song);
    }
}

#[test]
fn triplets_of_the_drums_are_the_melodys() {
    let song = drums((4, 4), 8, &|_| (0..12).map(|third| (third * 8, 42)).collect());
    let grid = DrumBars::of(&song, Ticks(0)).grids[0];
    assert_eq!((grid.steps, grid.steps_per_beat), (24, 6));
    for note in
        &write(&song, &Request { density: Some(8.0), ..Request::default() }).melodies[0].notes
    {
        assert_eq!(note.start.0 % 16, 0);
    }
}

/// Where in a beat of so many ticks the notes of four melodies begin.
fn places(song: &Song, beat: u64) -> Vec<u64> {
    let request = Request { density: Some(8.0), alternatives: 4, ..Request::default() };
    let written = write(song, &request);
    written.melodies.iter().for_each(|melody| check(melody, written.voice, song));
    let notes = written.melodies.iter().flat_map(|melody| &melody.notes);
    let mut places: Vec<u64> = notes.map(|note| note.start.0 % beat).collect();
    places.sort_unstable();
    places.dedup();
    places
}

#[test]
fn a_melody_has_the_places_in_the_beat_that_the_drums_have() {
    // A shuffle, in which a fill has all three thirds.
    let shuffle = drums((4, 4), 8, &|bar| {
        let hats = (0..4).flat_map(|beat| [(beat * 24, 42), (beat * 24 + 16, 42)]);
        let mut strokes: Vec<(u64, u8)> = hats.chain([(0, 36), (24, 38), (72, 38)]).collect();
        if bar % 4 == 3 {
            strokes.extend([(80, 47), (88, 45)]);
        }
        strokes.sort_unstable();
        strokes
    });
    assert_eq!(places(&shuffle, 96), [0, 64]);
    // Eighths of 12/8, of which three make a beat; and no stroke but on the beats.
    let eighths = |bar: usize| -> Vec<(u64, u8)> {
        let every = if bar < 8 { 1 } else { 3 };
        (0..12).step_by(every).map(|eighth| (eighth * 8, 42)).collect()
    };
    assert_eq!(places(&drums((12, 8), 8, &eighths), 144), [0, 48, 96]);
    let beats = drums((12, 8), 8, &|bar| eighths(bar + 8));
    assert!(places(&beats, 144).iter().all(|place| [0, 48, 96].contains(place)));
    // Sixteenths of the drums are the melody's too.
    let sixteenths = drums((6, 8), 8, &|_| (0..12).map(|step| (step * 8, 42)).collect());
    assert!(
        subdivision::open_slots(&DrumBars::of(&sixteenths, Ticks(0)), false).iter().all(|&o| o)
    );
}

#[test]
fn bars_of_12_8_and_of_triplets_do_not_repeat_each_other() {
    let beats = |thirds: &'static [u64]| {
        let hats =
            (0..4u64).flat_map(|beat| thirds.iter().map(move |&third| (beat * 24 + third, 42)));
        let mut strokes: Vec<(u64, u8)> = hats.chain([(0, 36), (24, 38), (72, 38)]).collect();
        strokes.sort_unstable();
        strokes
    };
    // Four bars of eighths in 12/8, and four of a shuffle.
    let mut song = drums((12, 8), 4, &|_| beats(&[0, 8, 16]));
    let shuffle = drums((4, 4), 4, &|_| beats(&[0, 16]));
    let later = |note: &Note| Note { start: Ticks(note.start.0 + 4 * 576), ..*note };
    song.tracks[0].notes.extend(shuffle.tracks[0].notes.iter().map(later));
    song.metres.push(MetreChange { at: Ticks(4 * 576), ..shuffle.metres[0] });
    let bars = DrumBars::of(&song, Ticks(0));
    assert_eq!(bars.grids[0], bars.grids[4]);
    let open = subdivision::open_slots(&bars, false);
    let second_third = |bar: usize| open[bars.of_bar(bar).start + 2];
    assert!(second_third(0) && !second_third(4));
    for seed in 0..32 {
        let plans = form::form(&bars, 1.0, &mut ChaCha8Rng::seed_from_u64(seed)).plans;
        for plan in &plans[4..8] {
            let (form::BarPlan::Repeat(from) | form::BarPlan::RhythmOf(from)) = *plan else {
                continue;
            };
            assert!(from >= 4, "{plan:?}");
        }
    }
}

#[test]
fn new_phrases_begin_with_the_rhythm_of_the_first() {
    let bars = DrumBars::of(&rock(8), Ticks(0));
    let takes_up = |seed: &u64| {
        let form = form::form(&bars, 0.0, &mut ChaCha8Rng::seed_from_u64(*seed));
        form.plans[4] == form::BarPlan::RhythmOf(0)
    };
    let motifs = (0..64).filter(takes_up).count();
    assert!((37..64).contains(&motifs), "{motifs}");
}

#[test]
fn rows_have_the_width_that_the_networks_take() {
    let song = rock(4);
    let bars = DrumBars::of(&song, Ticks(0));
    let mut row = Vec::new();
    let states = vec![State::Onset; bars.slots()];
    let wanted = RhythmTarget { density: Some(4.0), sounding: None };
    RhythmRows::new(&bars).push(&mut row, &states, 20, wanted);
    assert_eq!(row.len(), RHYTHM_FEATURES);
    let line = MelodyLine { states, keys: vec![60; bars.slots()] };
    let rows = PitchRows::new(&line, &bars);
    let range = Range::new(50, 70).unwrap();
    let voice = Voice { key: "C".parse().unwrap(), range, program: 0 };
    let mut row = Vec::new();
    rows.push(&mut row, &[60; 30], 30, voice, None);
    assert_eq!(row.len(), PITCH_FEATURES);
    row.clear();
    let harmony = Harmony::of(&song, None, &bars);
    rows.push(&mut row, &[60; 30], 30, voice, Some(&harmony));
    assert_eq!(row.len(), PITCH_FEATURES);
}

/// What PyTorch answered to rows of a fixed pattern when the networks were exported; see
/// `models/training/composer.py`.
#[test]
fn tract_answers_as_pytorch_did() {
    #[derive(serde::Deserialize)]
    struct Golden {
        rhythm: Vec<Vec<f32>>,
        pitch: Vec<Vec<f32>>,
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/composer.json");
    let golden: Golden = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let nets = [
        (&networks::RHYTHM, RHYTHM_FEATURES, golden.rhythm),
        (&networks::PITCH, PITCH_FEATURES, golden.pitch),
    ];
    for (spec, width, expected) in nets {
        let rows = expected.len();
        assert!(rows >= 4);
        let value = |at: usize| {
            ((at * 7919) % 101) as f32 / 100.0 * f32::from(u8::from(at.is_multiple_of(3)))
        };
        let input = Tensor::f32(&[rows, width], (0..rows * width).map(value).collect());
        let network = MODELS.get(spec).unwrap();
        let (_, answers) = network.run(&[("rows", input)]).unwrap().take_f32("logs").unwrap();
        for (answer, expected) in answers.iter().zip(expected.iter().flatten()) {
            assert!(
                (answer - expected).abs() < 1e-4 * expected.abs().max(1.0),
                "{answer} {expected}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn whatever_the_drums_the_melody_keeps_to_key_range_and_bars(
        strokes in prop::collection::vec((0u64..96, 27u8..88), 1..12),
        metre in prop::sample::select(vec![(4u8, 4u8), (3, 4), (6, 8), (7, 8), (1, 16), (11, 4)]),
        bars in 1usize..7,
        tonic in 0u8..12,
        scale in prop::sample::select(Scale::ALL.to_vec()),
        low in 0u8..115,
        width in 12u8..30,
        density in prop::option::of(0.0f32..16.0),
        repeat in 0.0f32..=1.0,
        seed in any::<u64>(),
    ) {
        let song = drums(metre, bars, &|_| strokes.clone());
        let range = Range::new(low, (low + width).min(127)).unwrap();
        let request = Request {
            key: Some(Key { tonic, scale }),
            range: Some(range),
            density,
            repeat,
            seed,
            ..Request::default()
        };
        let written = write(&song, &request);
        check(&written.melodies[0], written.voice, &song);
    }
}
