//! Songs as people have them: what is taken for drums, where bar 1 is, what is mended, and that a
//! merge loses nothing.

use std::collections::BTreeSet;
use std::fs;

use drumlin::midi;
use drumlin::score::{Bpm, Note, Song, TempoMap, Ticks, Track, TrackKind, Velocity};
use predicates::prelude::*;
use predicates::str::contains;

use super::files::{QUARTER, file, name, notes, small_song, track};
use super::{drumlin, failure};

/// A folder with `song.mid`.
fn folder(song: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("song.mid"), song).unwrap();
    folder
}

/// Names, sounds and reasons of a song's tracks.
fn rows(song: &[u8], more: &[&str]) -> Vec<(String, String, Option<String>)> {
    let folder = folder(song);
    let output = drumlin()
        .current_dir(folder.path())
        .args(["tracks", "song.mid", "--json"])
        .args(more)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    rows.as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (text(&row["name"]).unwrap(), text(&row["sound"]).unwrap(), text(&row["because"]))
        })
        .collect()
}

/// A rock beat of eight bars on a channel, behind some events at its first tick.
fn beat(title: &str, channel: u8, setup: &[&[u8]]) -> Vec<u8> {
    let name = name(title);
    let mut events: Vec<(u32, Vec<u8>)> = vec![(0, name)];
    events.extend(setup.iter().map(|event| (0, event.to_vec())));
    for eighth in 0..64 {
        let mut keys = vec![42];
        keys.extend((eighth % 4 == 0).then_some(36));
        keys.extend((eighth % 4 == 2).then_some(38));
        let count = keys.len();
        events.extend(keys.iter().map(|&key| (0, vec![0x90 | channel, key, 90])));
        for (index, key) in keys.into_iter().enumerate() {
            let wait = if index == 0 { QUARTER / 2 } else { 0 };
            events.push((wait, vec![0x80 | channel, key, 0]));
        }
        assert!(count > 0);
    }
    let events: Vec<(u32, &[u8])> = events.iter().map(|(at, bytes)| (*at, &bytes[..])).collect();
    track(&events)
}

#[test]
fn drums_are_known_wherever_they_are() {
    let gs: &[u8] = b"\xF0\x0A\x41\x10\x42\x12\x40\x1A\x15\x01\x10\xF7";
    let xg: &[u8] = b"\xF0\x08\x43\x10\x4C\x00\x00\x7E\x00\xF7";
    let gm2: &[u8] = b"\xF0\x05\x7E\x7F\x09\x03\xF7";
    let melody = || notes("Melody", 0, 73, 8);
    for (because, drums) in [
        ("channel 10", beat("Kit", 9, &[])),
        ("a GS message", beat("Beat", 10, &[gs])),
        ("XG", beat("Beat", 3, &[xg, b"\xB3\x00\x7F", b"\xC3\x00"])),
        ("XG", beat("Effects", 3, &[xg, b"\xB3\x00\x7E", b"\xC3\x00"])),
        ("a GM2 bank", beat("Beat", 3, &[gm2, b"\xB3\x00\x78", b"\xC3\x00"])),
        ("name and beat", beat("EZdrummer", 3, &[])),
        ("name and beat", notes_of_a_kick()),
    ] {
        let rows = rows(&file(&[melody(), drums]), &[]);
        assert_eq!((&rows[1].1[..], rows[1].2.as_deref()), ("drums", Some(because)), "{rows:?}");
        assert_eq!(rows.len(), 2, "{rows:?}");
    }
    let both = file(&[melody(), beat("Kit", 9, &[]), beat("", 15, &[])]);
    assert_eq!(rows(&both, &[])[2].2.as_deref(), Some("a beat on channel 16"));
}

/// A track of one drum on a channel of its own, as recorders of kits write them.
fn notes_of_a_kick() -> Vec<u8> {
    let title = name("Kick");
    let mut events: Vec<(u32, &[u8])> = vec![(0, &title)];
    for _ in 0..32 {
        events.extend([(0, &b"\x94\x24\x5A"[..]), (QUARTER, b"\x84\x24\x00")]);
    }
    track(&events)
}

#[test]
fn false_friends_are_melodies() {
    let gm2: &[u8] = b"\xF0\x05\x7E\x7F\x09\x03\xF7";
    let gs: &[u8] = b"\xF0\x0A\x41\x10\x42\x12\x40\x00\x7F\x00\x41\xF7";
    for (title, other) in [
        ("Steel drums", notes("Steel drums", 2, 114, 8)),
        ("Drums of passage", notes("Drums of passage", 2, 48, 8)),
        // The MT-32's sounds on a device of Roland's.
        ("MT", beat("MT", 3, &[gs, b"\xB3\x00\x7F", b"\xC3\x05"])),
        ("Flute", beat("Flute", 9, &[gm2, b"\xB9\x00\x79", b"\xC9\x49"])),
    ] {
        let rows = rows(&file(&[notes("Melody", 0, 73, 8), other]), &[]);
        assert_eq!(rows[1].0, title);
        assert_ne!(rows[1].1, "drums", "{title}");
    }
}

#[test]
fn the_musician_has_the_last_word() {
    let song = file(&[notes("Melody", 0, 73, 8), notes("Clicks", 2, 0, 8), beat("Kit", 9, &[])]);
    let asked = rows(&song, &["--drums", "clicks", "--melodic", "3"]);
    let sounds: Vec<&str> = asked.iter().map(|row| &row.1[..]).collect();
    assert_eq!(sounds, ["Flute", "drums", "Grand piano"], "{asked:?}");
    let folder = folder(&song);
    let mut command = drumlin();
    command.current_dir(folder.path()).args(["generate", "song.mid", "-o", "out.mid", "--merge"]);
    command.args(["--drums", "Clicks"]).assert().success();
    let merged = midi::read(&folder.path().join("out.mid")).unwrap();
    let names: Vec<&str> = merged.melodic().map(|track| &track.name[..]).collect();
    assert_eq!(names, ["Melody"]);
}

#[test]
fn a_merge_keeps_what_a_song_does_not_hold() {
    // A lyric, a pedal, a bend, a marker, a key and a system exclusive message.
    let more = track(&[
        (0, b"\xFF\x05\x03la "),
        (0, b"\xB1\x40\x7F"),
        (7, b"\xE1\x00\x50"),
        (0, b"\xFF\x06\x05Verse"),
        (0, b"\xFF\x59\x02\xFE\x00"),
        (0, b"\xF0\x05\x7E\x7F\x09\x01\xF7"),
    ]);
    let tracks = [notes("Melody", 0, 73, 8), more, notes("Bass", 1, 33, 8)];
    let folder = folder(&file(&[&tracks[..], &[beat("Kit", 9, &[b"\xB9\x07\x50"])]].concat()));
    drumlin()
        .current_dir(folder.path())
        .args(["generate", "song.mid", "-o", "out.mid", "--merge"])
        .assert()
        .success();
    let merged = fs::read(folder.path().join("out.mid")).unwrap();
    let has = |bytes: &[u8]| merged.windows(bytes.len()).any(|window| window == bytes);
    for track in &tracks {
        assert!(has(track), "a track without drums stays as it is, byte for byte");
    }
    assert!(has(b"\xB9\x07\x50") && has(b"Kit"));
    let song = midi::parse(&merged).unwrap();
    assert_eq!(song.tracks.iter().filter(|track| track.is_drums()).count(), 1);
}

#[test]
fn what_was_mended_is_said_in_one_line() {
    let mut song = small_song();
    // The first track is a byte longer than it is.
    song[21] += 1;
    let folder = folder(&song);
    let mut generate = drumlin();
    generate.current_dir(folder.path()).args(["generate", "song.mid", "-o", "out.mid", "--json"]);
    let output = generate.output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    let line =
        "song.mid is damaged: track 1 is not as long as it says and was read to its end mark";
    assert_eq!(error.lines().filter(|said| *said == line).count(), 1, "{error}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["song"]["mended"].as_array().unwrap().len(), 1);
    assert_eq!(report["song"]["bars"], 8);
}

#[test]
fn names_in_shift_jis_are_read_and_asked_for() {
    // "Merodi" in katakana.
    let melody = b"\x83\x81\x83\x8D\x83\x66\x83\x42";
    let title = [&b"\xFF\x03\x08"[..], melody].concat();
    let mut events: Vec<(u32, &[u8])> = vec![(0, &title)];
    for _ in 0..32 {
        events.extend([(0, &b"\x90\x3C\x5A"[..]), (QUARTER, b"\x80\x3C\x00")]);
    }
    let song = file(&[track(&events), notes("Bass", 1, 33, 8)]);
    assert_eq!(rows(&song, &[])[0].0, "メロディ");
    let folder = folder(&song);
    let mut command = drumlin();
    command.current_dir(folder.path()).args(["generate", "song.mid", "-o", "out.mid"]);
    command.args(["--track", "メロディ"]).assert().success();
}

#[test]
fn zero_of_all_classes_is_silence() {
    let folder = folder(&small_song());
    let generate = |densities: &str| {
        let mut command = drumlin();
        command.current_dir(folder.path()).args(["generate", "song.mid", "-o", "out.mid"]);
        command.args(["--densities", densities]).assert().success();
        let drums = midi::read(&folder.path().join("out.mid")).unwrap();
        drums.drum_notes().map(|note| note.key).collect::<Vec<u8>>()
    };
    assert!(generate("0,0,0,0,0,0,0,0").is_empty());
    let kicks = generate("4,0,0,0,0,0,0,0");
    assert!(!kicks.is_empty() && kicks.iter().all(|key| matches!(key, 35 | 36)), "{kicks:?}");
}

#[test]
fn silent_bars_stay_silent_unless_others_play() {
    let title = name("Melody");
    let mut events: Vec<(u32, &[u8])> = vec![(0, &title)];
    for beat in 0..64 {
        // Four bars of rest before the music and after its half.
        let rest = if beat % 32 == 0 { 16 * QUARTER } else { 0 };
        events.extend([(rest, &b"\x90\x3C\x5A"[..]), (QUARTER, b"\x80\x3C\x00")]);
    }
    let folder = folder(&file(&[track(&events)]));
    // A chord in every bar, those of rest included.
    let mut chords: Vec<(u32, &[u8])> = vec![];
    for _ in 0..24 {
        chords.extend([(0, &b"\x91\x30\x50"[..]), (4 * QUARTER, b"\x81\x30\x00")]);
    }
    fs::write(folder.path().join("two.mid"), file(&[track(&events), track(&chords)])).unwrap();
    let bars = |options: &[&str]| -> BTreeSet<u64> {
        let mut command = drumlin();
        command.current_dir(folder.path()).args(["generate", "-o", "out.mid"]).args(options);
        command.assert().success();
        let drums = midi::read(&folder.path().join("out.mid")).unwrap();
        drums.drum_notes().map(|note| (note.start.0 + 24) / u64::from(4 * QUARTER)).collect()
    };
    assert_eq!(bars(&["song.mid"]), (4..=11).chain(16..=23).collect());
    // Others play there, said by hand or known from the file.
    assert_eq!(bars(&["song.mid", "--others-play"]), (4..=23).collect());
    assert_eq!(bars(&["two.mid", "--track", "Melody"]), (4..=23).collect());
}

#[test]
fn as_many_drums_are_said_as_the_file_has() {
    // A tick to the quarter: a file with the song has no room for what is between the beats.
    let chords = (0..64).flat_map(|beat| {
        let velocity = Velocity::clamped(80);
        let note = |key| Note { start: Ticks(beat), length: Ticks(1), key, velocity };
        [60, 64, 67 + (beat % 4) as u8].map(note)
    });
    let kind = TrackKind::Melodic { program: 0 };
    let song = Song {
        tempo: TempoMap::constant(1, Bpm(120.0)),
        metres: Vec::new(),
        tracks: vec![Track { name: "Piano".to_owned(), kind, notes: chords.collect() }],
    };
    let folder = folder(&midi::write(&song));
    let made = |more: &[&str]| {
        let mut command = drumlin();
        command.current_dir(folder.path()).args(["generate", "song.mid", "-o", "drums.mid"]);
        let output = command.args(["--json", "--count-in", "sticks"]).args(more).output().unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let file = fs::read(folder.path().join("drums.mid")).unwrap();
        let drums = midi::parse(&file).unwrap();
        let notes = drums.drum_notes().count();
        assert_eq!(report["parts"][0]["notes"], notes, "{more:?}");
        let lanes = report["parts"][0]["lanes"].as_object().unwrap();
        let of_lanes: u64 = lanes.values().filter_map(serde_json::Value::as_u64).sum();
        assert_eq!(of_lanes, notes as u64);
        (notes, u16::from_be_bytes([file[12], file[13]]), drums.end())
    };
    let (alone, ticks, end) = made(&[]);
    assert_eq!(ticks, 480);
    // The last stroke is within the song, which has a bar ahead of it.
    assert!(end <= Ticks(68 * 480 + 240), "{end:?}");
    let (merged, ticks, _) = made(&["--merge"]);
    assert!(ticks == 1 && merged < alone, "{merged} of {alone}");
}

#[test]
fn wrong_numbers_are_answered_plainly() {
    for (option, value, why) in [
        ("--swing", "-1", "a number from 0 to 1 is needed"),
        ("--pickup", "256", "a number of beats from 0 to 255 is needed"),
        ("--densities", "-1,0,0,0,0,0,0,0", "numbers from 0 to 32"),
    ] {
        drumlin()
            .args(["generate", "song.mid", "-o", "out.mid", option, value])
            .assert()
            .code(2)
            .stderr(contains(why));
    }
    drumlin()
        .args(["generate", "song.mid", "-o", "out.mid", "--keep-bars", "--follow-playing"])
        .assert()
        .code(2);
}

#[test]
fn an_upbeat_longer_than_a_bar_is_refused() {
    let folder = folder(&small_song());
    let pickup = |beats: &str| {
        let mut command = drumlin();
        command.current_dir(folder.path());
        command.args(["generate", "song.mid", "-o", "out.mid", "--pickup", beats]);
        command
    };
    assert_eq!(
        failure(&mut pickup("9")),
        "an upbeat of 9 beats is longer than a bar of 4/4, in which song.mid begins"
    );
    pickup("1").assert().success();
}

#[cfg(target_os = "linux")]
#[test]
fn paths_need_not_be_utf_8() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    let song = folder.path().join(std::ffi::OsStr::from_bytes(b"chanson\xE9.mid"));
    fs::write(&song, small_song()).unwrap();
    let mut command = drumlin();
    command.current_dir(folder.path()).arg("generate").arg(&song);
    command
        .args(["-o", "out.mid", "--json"])
        .assert()
        .success()
        .stdout(contains("chanson\u{FFFD}"));
}

#[test]
fn one_file_that_cannot_be_read_does_not_end_an_evaluation() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.mid"), "no song").unwrap();
    let songs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/songs");
    fs::copy(songs.join("anthem.mid"), folder.path().join("b.mid")).unwrap();
    drumlin()
        .arg("evaluate")
        .arg(folder.path())
        .assert()
        .success()
        .stderr(contains("left out").and(contains("a.mid")));
}
