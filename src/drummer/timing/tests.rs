//! Songs with upbeats, swing and human tempo, and what is made of them.

use proptest::prelude::*;

use super::pickup::first_metre;
use super::*;
use crate::score::{
    BarIndex, Bpm, DrumPart, Hit, Lane, Metre, MetreChange, Note, StepGrid, TempoMap, Track,
    TrackKind, Velocity,
};

const QUARTER: u64 = 480;

/// A tune of 32 bars with chords and a bass, in the form AABA; `place` says where a beat from the
/// start of bar 1 is, in ticks.
fn tune(beats: u64, place: impl Fn(f64) -> f64) -> Song {
    let mut tracks: Vec<Track> = [("Melody", 73), ("Chords", 0), ("Bass", 33)]
        .into_iter()
        .map(|(name, program)| Track {
            name: name.to_owned(),
            kind: TrackKind::Melodic { program },
            notes: Vec::new(),
        })
        .collect();
    let mut add = |track: usize, at: f64, length: f64, key: u8, velocity: u8| {
        let (start, end) = (place(at).round() as u64, place(at + length).round() as u64);
        let length = Ticks(end.saturating_sub(start).max(1));
        let velocity = Velocity::clamped(velocity);
        tracks[track].notes.push(Note { start: Ticks(start), length, key, velocity });
    };
    for bar in 0..32u64 {
        let other = bar / 8 == 2;
        let root = [[48, 45, 53, 55], [50, 55, 52, 45]][usize::from(other)][bar as usize % 4];
        let at = (bar * beats) as f64;
        for half in 0..2 * beats {
            let step = [[0, 4, 7, 4, 12, 7, 4, 2], [12, 11, 7, 9, 7, 4, 5, 2]];
            let key = root + 24 + step[usize::from(other)][half as usize % 8];
            let loud = if half == 0 { 100 } else { 70 + 10 * u8::from(half % 2 == 0) };
            add(0, at + half as f64 / 2.0, 0.45, key, loud);
        }
        for third in [12, 16, 19] {
            add(1, at, beats as f64 - 0.1, root + third, 70);
        }
        for beat in 0..beats {
            let key = root - 12 + if beat % 2 == 1 { 7 } else { 0 };
            add(2, at + beat as f64, 0.9, key, if beat == 0 { 100 } else { 80 });
        }
    }
    for track in &mut tracks {
        track.notes.sort_by_key(|note| (note.start, note.key));
    }
    let metre = Metre::new(beats as u8, 4).unwrap();
    Song {
        tempo: TempoMap::constant(QUARTER as u16, Bpm(120.0)),
        metres: vec![MetreChange { at: Ticks(0), metre }],
        tracks,
    }
}

fn late_by(beats: f64) -> impl Fn(f64) -> f64 {
    move |at| (at + beats) * QUARTER as f64
}

#[test]
fn an_upbeat_that_is_not_marked_is_found() {
    for beats in [3, 4] {
        assert_eq!(unmarked_pickup(&tune(beats, late_by(0.0))), None);
        for upbeat in 1..beats {
            let song = tune(beats, late_by(upbeat as f64));
            assert_eq!(
                unmarked_pickup(&song),
                Some(Ticks(upbeat * QUARTER)),
                "{upbeat} of {beats}"
            );
            let timed = Timed::of(&song, Bars::Detect);
            assert_eq!(timed.song.bars().bars()[0].length, Ticks(upbeat * QUARTER));
            assert_eq!(timed.song.bars().bars()[1].metre, first_metre(&song));
            assert_eq!(timed.song.tracks, song.tracks);
            // Marked, it is left alone, and the musician has the last word.
            assert_eq!(unmarked_pickup(&timed.song), None);
            assert_eq!(Timed::of(&song, Bars::Keep).song, song);
        }
    }
    let song = tune(4, late_by(0.5));
    assert_eq!(unmarked_pickup(&song), Some(Ticks(QUARTER / 2)));
}

/// The melody alone, with an upbeat of even beats before it.
fn melody_alone(beats: u64, upbeat: u64, is_accented: bool) -> Song {
    let mut song = tune(beats, late_by(upbeat as f64));
    song.tracks.truncate(1);
    let notes = &mut song.tracks[0].notes;
    for beat in (0..upbeat).rev() {
        let (start, velocity) = (Ticks(beat * QUARTER), Velocity::clamped(70));
        notes.insert(0, Note { start, length: Ticks(QUARTER - 20), key: 67, velocity });
    }
    if !is_accented {
        notes.iter_mut().for_each(|note| note.velocity = Velocity::clamped(80));
    }
    song
}

#[test]
fn the_accents_of_a_melody_alone_tell_its_upbeat() {
    for beats in [3, 4] {
        for upbeat in 0..beats {
            let found = unmarked_pickup(&melody_alone(beats, upbeat, true));
            assert_eq!(found.map_or(0, |at| at.0), upbeat * QUARTER, "{upbeat} of {beats}");
            // Even eighths without accents could begin anywhere.
            assert_eq!(unmarked_pickup(&melody_alone(beats, 0, false)), None);
        }
    }
}

#[test]
fn bars_of_a_single_beat_become_bars() {
    for beats in [3, 4] {
        for upbeat in 0..beats {
            let mut song = tune(beats, late_by(upbeat as f64));
            song.metres[0].metre = Metre::new(1, 4).unwrap();
            let timed = Timed::of(&song, Bars::Detect);
            let metre = Metre::new(beats as u8, 4).unwrap();
            assert_eq!(timed.findings, [Finding::OneBeat { metre }], "{upbeat} of {beats}");
            assert_eq!(timed.song.tracks, song.tracks);
            let bars = timed.song.bars();
            assert_eq!(marked_pickup(&timed.song), Ticks(upbeat * QUARTER), "{upbeat} of {beats}");
            assert!(bars.bars()[1..].iter().all(|bar| bar.metre == metre));
            assert_eq!(Timed::of(&song, Bars::Keep).song, song);
        }
    }
    // A bar of a single beat here and there is meant.
    let mut song = tune(4, late_by(0.0));
    let at = |bar: u64, beats: u64, numerator| MetreChange {
        at: Ticks((4 * bar + beats) * QUARTER),
        metre: Metre::new(numerator, 4).unwrap(),
    };
    song.metres.extend([at(8, 0, 1), at(8, 1, 4)]);
    assert_eq!(Timed::of(&song, Bars::Detect).song, song);
}

#[test]
fn bars_of_more_beats_than_steps_are_said() {
    let mut song = tune(4, late_by(0.0));
    for (beats, is_long) in [(32, false), (33, true)] {
        let metre = Metre::new(beats, 4).unwrap();
        song.metres[0].metre = metre;
        for bars in [Bars::Keep, Bars::Pickup(0.0)] {
            let findings = Timed::of(&song, bars).findings;
            assert_eq!(findings.contains(&Finding::LongBars { metre }), is_long, "{metre}");
        }
    }
}

#[test]
fn all_that_is_found_out_about_a_song_is_said() {
    // A tenth of a quarter behind the file's beats throughout.
    let late = |upbeat: f64| tune(4, late_by(upbeat + 0.1));
    let is_off_grid = |finding: &Finding| match finding {
        Finding::OffGrid { quarters } => (quarters - 0.1).abs() < 0.02,
        _ => false,
    };
    let mut song = late(0.0);
    assert!(matches!(&Timed::of(&song, Bars::Detect).findings[..], [one] if is_off_grid(one)));
    song.metres[0].metre = Metre::new(1, 4).unwrap();
    let metre = Metre::COMMON;
    for (song, other) in
        [(song, Finding::OneBeat { metre }), (late(1.0), Finding::Pickup { beats: 1.0 })]
    {
        let timed = Timed::of(&song, Bars::Detect);
        assert!(is_off_grid(&timed.findings[0]), "{:?}", timed.findings);
        assert_eq!(timed.findings[1..], [other]);
    }
    // Who says how long the upbeat is says nothing of the grid.
    let timed = Timed::of(&late(1.0), Bars::Pickup(1.0));
    assert!(matches!(&timed.findings[..], [one] if is_off_grid(one)));
    assert_eq!(marked_pickup(&timed.song), Ticks(QUARTER));
    assert!(timed.is_followed());
}

#[test]
fn an_upbeat_that_is_asked_for_is_the_first_bar() {
    let song = tune(4, late_by(0.0));
    for (beats, length, metre) in [(1.0, 480, (1, 4)), (0.5, 240, (1, 8)), (3.0, 1440, (3, 4))] {
        let timed = Timed::of(&song, Bars::Pickup(beats));
        let first = timed.song.bars().bars()[0];
        assert_eq!(first.length, Ticks(length));
        assert_eq!((first.metre.numerator(), first.metre.denominator()), metre);
        assert!(timed.findings.is_empty());
    }
    assert_eq!(Timed::of(&song, Bars::Pickup(0.0)).song, song);
}

#[test]
fn an_upbeat_can_be_another_and_none() {
    let song = tune(4, late_by(1.0));
    let with = |song: &Song, quarters: u64| with_other_pickup(song, Ticks(quarters * QUARTER));
    let mut now = song.clone();
    for quarters in [1, 3, 2, 0, 1] {
        now = with(&now, quarters);
        assert_eq!(marked_pickup(&now), Ticks(quarters * QUARTER));
        assert_eq!(now, with(&song, quarters), "not what it was before counts");
    }
    assert_eq!(with(&now, 4).metres_in_order(), song.metres_in_order());
}

#[test]
fn swing_is_measured() {
    fn by_beat(late: impl Fn(usize) -> f64) -> Song {
        tune(4, move |at| {
            let (beat, inside) = (at.floor(), at.fract());
            let late = late(beat as usize);
            let inside = match inside <= 0.5 {
                true => inside / 0.5 * late,
                false => late + (inside - 0.5) / 0.5 * (1.0 - late),
            };
            (beat + inside) * QUARTER as f64
        })
    }
    let swung = |late: f64| by_beat(move |_| late);
    assert_eq!(swing(&swung(0.5)), 0.0);
    assert!((swing(&swung(0.6)) - 0.6).abs() < 0.03, "{}", swing(&swung(0.6)));
    assert!((swing(&swung(2.0 / 3.0)) - 1.0).abs() < 0.03);
    // As it would be written, every note is back where it was.
    let straight = swung(0.5);
    for late in [0.6, 2.0 / 3.0] {
        let song = swung(late);
        let heard = straightened(&song, swing(&song));
        let notes = |song: &Song| -> Vec<Note> {
            song.tracks.iter().flat_map(|track| track.notes.clone()).collect()
        };
        for (heard, straight) in notes(&heard).iter().zip(notes(&straight)) {
            let apart = heard.start.0.abs_diff(straight.start.0);
            assert!(heard.key == straight.key && apart <= 5, "{late}: {apart} ticks");
        }
        assert_eq!(swing(&heard), 0.0);
    }
    assert_eq!(straightened(&straight, 0.0), straight);
    // Sixteenths are none.
    assert_eq!(swing(&tune(4, |at| at * QUARTER as f64 / 2.0)), 0.0);
    // Nor are dotted eighths, some of which are played early.
    assert_eq!(swing(&by_beat(|beat| if beat % 4 == 3 { 0.71 } else { 0.75 })), 0.0);
}

/// Seconds at which beats are played whose tempo wanders as people's does: phrases of 16 beats that
/// are slower at their ends, a broad drift, and a ritardando at the end of every fourth phrase.
fn human(bpm: f64, seed: u64) -> Vec<f64> {
    let mut at = vec![0.7];
    let phase = seed as f64;
    for beat in 0..160 {
        let inside = (beat % 16) as f64 / 16.0;
        let arc = -0.05 * (std::f64::consts::TAU * inside).cos();
        let slowing = if beat / 16 % 4 == 3 && inside > 0.9 { -0.2 } else { 0.0 };
        let drift = 0.06 * (beat as f64 / 21.0 + phase).sin();
        at.push(at[beat] + 60.0 / (bpm * (1.0 + arc + slowing + drift)));
    }
    at
}

/// A tune as it is played in a file of 120 bpm, with where its beats truly are, in seconds. Hands are
/// some milliseconds apart.
pub(crate) fn performance(bpm: f64, seed: u64) -> (Song, Vec<f64>) {
    let beats = human(bpm, seed);
    let place = {
        let beats = beats.clone();
        move |at: f64| {
            let beat = at.floor() as usize;
            let seconds = beats[beat] + at.fract() * (beats[beat + 1] - beats[beat]);
            seconds * 2.0 * QUARTER as f64
        }
    };
    let mut song = tune(4, place);
    let mut random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    for note in song.tracks.iter_mut().flat_map(|track| &mut track.notes) {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        // 0 to 15 ms.
        note.start += Ticks((random >> 60) & 0xF);
    }
    for track in &mut song.tracks {
        track.notes.sort_by_key(|note| (note.start, note.key));
    }
    (song, beats)
}

#[test]
fn playing_without_a_click_is_followed() {
    let mut shares = Vec::new();
    for (bpm, seed) in [(72.0, 1), (84.0, 2), (94.0, 3), (104.0, 4), (118.0, 5), (132.0, 6)] {
        let (song, beats) = performance(bpm, seed);
        // 118 are so near the file's tempo that pieces of it agree with the file's beats.
        assert!(is_played_freely(&song), "{bpm} bpm");
        let timed = Timed::of(&song, Bars::Detect);
        assert_eq!(timed.findings, [Finding::Followed], "{bpm} bpm");
        // A kick on every bar's first beat, brought back to the file's ticks.
        let bars = timed.song.bars();
        let grids: Vec<StepGrid> =
            bars.bars().iter().map(|bar| StepGrid::for_metre(bar.metre, false)).collect();
        let hits = (0..bars.len())
            .map(|bar| Hit {
                bar: BarIndex(bar),
                step: 0,
                key: Lane::Kick.default_key(),
                velocity: Velocity::clamped(90),
                offset: 0.0,
            })
            .collect();
        let kicks: Vec<f64> = timed
            .notes(&DrumPart::new(bars, grids, hits))
            .iter()
            .map(|note| song.tempo.seconds(note.start).0)
            .collect();
        let downbeats = beats.iter().step_by(4).take(32);
        let met =
            downbeats.filter(|at| kicks.iter().any(|kick| (kick - **at).abs() <= 0.07)).count();
        shares.push(met as f64 / 32.0);
    }
    let mean = shares.iter().sum::<f64>() / shares.len() as f64;
    assert!(mean >= 0.75, "of the downbeats are met: {shares:?}");
}

#[test]
fn what_a_machine_places_is_not_played_freely() {
    assert!(!is_played_freely(&tune(4, late_by(0.0))));
    assert!(!is_played_freely(&tune(3, late_by(1.0))));
    // A steady tempo that is not the file's.
    assert!(!is_played_freely(&tune(4, |at| at * 397.3 + 11.0)));
    // A few milliseconds of human touch on the file's grid.
    let mut song = tune(4, late_by(0.0));
    for (index, note) in song.tracks.iter_mut().flat_map(|track| &mut track.notes).enumerate() {
        note.start += Ticks(index as u64 * 7 % 13);
    }
    assert!(!is_played_freely(&song));
}

proptest! {
    #[test]
    fn any_notes_get_an_answer(
        notes in prop::collection::vec((0u64..40_000, 1u64..5000, 0u8..128, 1u8..128), 0..120),
        choice in 0usize..4,
        beats in 0f32..9.0,
    ) {
        let note = |(start, length, key, velocity)| Note {
            start: Ticks(start),
            length: Ticks(length),
            key,
            velocity: Velocity::clamped(velocity),
        };
        let mut song = tune(4, late_by(0.0));
        song.tracks.truncate(1);
        song.tracks[0].notes = notes.into_iter().map(note).collect();
        song.tracks[0].notes.sort_by_key(|note| (note.start, note.key));
        let bars = [Bars::Detect, Bars::Keep, Bars::Pickup(beats), Bars::Follow][choice];
        let timed = Timed::of(&song, bars);
        prop_assert_eq!(timed.song.tracks[0].notes.len(), song.tracks[0].notes.len());
        prop_assert!((0.0..=1.0).contains(&swing(&song)));
    }
}

/// The songs of a folder of the collections by path; none, and it is said, where they are not there.
pub(in crate::drummer) fn songs_below(folder: &std::path::Path) -> Vec<(std::path::PathBuf, Song)> {
    fn below(folder: &std::path::Path, files: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                below(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "mid") {
                files.push(path);
            }
        }
    }
    let mut files = Vec::new();
    below(folder, &mut files);
    if files.is_empty() {
        eprintln!("skipped: there are no songs in {}", folder.display());
    }
    files.sort();
    files.into_iter().map(|path| (path.clone(), crate::midi::read(&path).unwrap())).collect()
}

#[test]
fn no_sequenced_song_of_the_collections_is_taken_for_free_playing() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/paired");
    for (path, song) in songs_below(&folder) {
        assert!(!is_played_freely(&song), "{}", path.display());
    }
}
