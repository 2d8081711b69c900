//! `drumlin compose` and `drumlin evaluate --melody`.

use std::fs;
use std::path::Path;

use drumlin::midi;
use drumlin::score::{Metre, MetreChange, Note, Song, TempoMap, Ticks, Track, TrackKind, Velocity};
use serde_json::Value;
use tempfile::TempDir;

use super::{drumlin, failure};

/// Kick, snare and hats of so many bars.
fn drums(bars: u64) -> Song {
    let stroke = |at: u64, key: u8| Note {
        start: Ticks(at),
        length: Ticks(10),
        key,
        velocity: Velocity::clamped(96),
    };
    let bar = |bar: u64| {
        let hats = (0..8).map(move |eighth| stroke(bar * 384 + eighth * 48, 42));
        let back = [(0, 36), (96, 38), (240, 36), (288, 38)];
        let back = back.map(|(at, key)| stroke(bar * 384 + at, key));
        let mut notes: Vec<Note> = hats.chain(back).collect();
        notes.sort_by_key(|note| (note.start, note.key));
        notes
    };
    let notes = (0..bars).flat_map(bar).collect();
    Song {
        tempo: TempoMap::new(96, []),
        metres: vec![MetreChange { at: Ticks(0), metre: Metre::COMMON }],
        tracks: vec![Track { name: "Kit".into(), kind: TrackKind::Drums, notes }],
    }
}

fn folder(bars: u64) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("drums.mid"), midi::write(&drums(bars))).unwrap();
    folder
}

fn report(folder: &Path, arguments: &[&str]) -> Value {
    let output = drumlin().current_dir(folder).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn drums_get_melodies() {
    let folder = folder(8);
    let at = folder.path();
    let said = report(
        at,
        &[
            "compose",
            "drums.mid",
            "-o",
            "melody.mid",
            "--key",
            "A minor",
            "--range",
            "A3-E5",
            "--density",
            "6",
            "--alternatives",
            "4",
            "--instrument",
            "flute",
            "--audio",
            "preview.wav",
            "--json",
        ],
    );
    assert_eq!((&said["key"], &said["range"]), (&"A minor".into(), &"A3-E5".into()));
    assert_eq!((&said["instrument"], &said["bars"]), (&"Flute".into(), &8.into()));
    assert_eq!(said["melodies"].as_array().unwrap().len(), 4);
    let mut seen = Vec::new();
    for name in ["melody.mid", "melody-2.mid", "melody-3.mid", "melody-4.mid"] {
        let song = midi::read(&at.join(name)).unwrap();
        let [track] = &song.tracks[..] else { panic!("one track") };
        assert_eq!(track.kind, TrackKind::Melodic { program: 73 });
        assert!(track.notes.iter().all(|note| (57..=76).contains(&note.key)));
        assert!(song.end() <= Ticks(8 * 384));
        assert!(!seen.contains(&track.notes));
        seen.push(track.notes.clone());
    }
    let sound = hound::WavReader::open(at.join("preview.wav")).unwrap();
    assert!(sound.duration() > 15 * 44_100, "{}", sound.duration());

    // What was written can be written to again: rhythm or pitches kept.
    for (kept, other) in [("--rhythm-of", "r.mid"), ("--pitches-of", "p.mid")] {
        let said = report(at, &["compose", "drums.mid", "-o", other, kept, "melody.mid", "--json"]);
        assert!(said["melodies"][0]["notes"].as_u64().unwrap() > 4);
    }
    let [first, rhythm] = ["melody.mid", "r.mid"].map(|name| midi::read(&at.join(name)).unwrap());
    let starts = |song: &Song| song.tracks[0].notes.iter().map(|n| n.start).collect::<Vec<_>>();
    assert_eq!(starts(&first), starts(&rhythm));
    let bytes = fs::read(at.join("melody.mid")).unwrap();
    let again = drumlin()
        .current_dir(at)
        .args(["compose", "drums.mid", "-o", "-", "--key", "Am", "--range", "57-76"])
        .args(["--density", "6", "--instrument", "74", "-q"])
        .output()
        .unwrap();
    assert_eq!(again.stdout, bytes, "the same request, the same bytes");
}

#[test]
fn bad_input_gets_a_sentence() {
    let folder = folder(1);
    let at = folder.path();
    let mut tune = drums(2);
    tune.tracks[0].kind = TrackKind::Melodic { program: 0 };
    tune.tracks[0].name = "Piano".into();
    tune.tracks[0].notes.iter_mut().for_each(|note| note.key += 24);
    fs::write(at.join("tune.mid"), midi::write(&tune)).unwrap();
    fs::write(at.join("noise.mid"), b"no MIDI").unwrap();
    let line =
        |arguments: &[&str]| failure(drumlin().current_dir(at).arg("compose").args(arguments));
    assert_eq!(
        line(&["tune.mid", "-o", "m.mid"]),
        "no melody for tune.mid: there are no drums to write a melody for"
    );
    assert!(line(&["noise.mid", "-o", "m.mid"]).contains("noise.mid"));
    assert!(line(&["drums.mid", "-o", "drums.mid"]).contains("drums.mid"));
    assert!(line(&["drums.mid", "-o", "m.wav"]).contains(".mid"));
    let over = ["drums.mid", "-o", "tune.mid", "--chords", "tune.mid"];
    assert!(line(&over).contains("it is the input"));
    let kept = ["drums.mid", "-o", "m.mid", "--rhythm-of", "drums.mid"];
    assert!(line(&kept).contains("has no melody"));
    let chords = ["drums.mid", "-o", "m.mid", "--chords", "drums.mid"];
    assert_eq!(
        line(&chords),
        "no melody for drums.mid: the song that the melody is to agree with has no notes but drums"
    );
    let narrow = ["drums.mid", "-o", "m.mid", "--key", "C", "--range", "C#4-C#8"];
    assert!(
        drumlin().current_dir(at).arg("compose").args(narrow).output().unwrap().status.success()
    );
    for (option, value, said) in [
        ("--key", "H moll", "is no key"),
        ("--range", "A3", "is no range"),
        ("--range", "C4-D4", "too narrow"),
        ("--density", "17", "from 0 to 16"),
        ("--instrument", "kazoo", "General MIDI"),
        ("--alternatives", "9", "9"),
    ] {
        let output = drumlin()
            .current_dir(at)
            .args(["compose", "drums.mid", "-o", "m2.mid", option, value])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{option} {value}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(said), "{option} {value}");
        assert!(!at.join("m2.mid").exists());
    }
    for (kept, option, value) in [
        ("--rhythm-of", "--density", "4"),
        ("--pitches-of", "--key", "C"),
        ("--pitches-of", "--chords", "tune.mid"),
    ] {
        let output = drumlin()
            .current_dir(at)
            .args(["compose", "drums.mid", "-o", "m2.mid", kept, "tune.mid", option, value])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(option) && said.contains(kept), "{said}");
    }
    // One bar is enough.
    let said = report(at, &["compose", "drums.mid", "-o", "one.mid", "--json"]);
    assert_eq!(said["bars"], 1);
}

#[test]
fn single_notes_are_said_to_be_no_chords() {
    let folder = folder(2);
    let at = folder.path();
    let remark = |keys: &[u8]| {
        let notes = keys.iter().flat_map(|&key| {
            (0..4).map(move |at| Note {
                start: Ticks(at * 192),
                length: Ticks(200),
                key: key + at as u8,
                velocity: Velocity::clamped(80),
            })
        });
        let mut song = drums(2);
        song.tracks[0].kind = TrackKind::Melodic { program: 0 };
        song.tracks[0].name = "Piano".into();
        song.tracks[0].notes = notes.collect();
        song.tracks[0].notes.sort_by_key(|note| (note.start, note.key));
        fs::write(at.join("piano.mid"), midi::write(&song)).unwrap();
        let arguments = ["compose", "drums.mid", "-o", "m.mid", "--chords", "piano.mid"];
        let output = drumlin().current_dir(at).args(arguments).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap().contains("piano.mid has no chords")
    };
    assert!(remark(&[60]));
    assert!(!remark(&[60, 64, 67]));
}

#[test]
fn melodies_are_evaluated() {
    let folder = folder(2);
    let line = failure(drumlin().current_dir(folder.path()).args(["evaluate", ".", "--melody"]));
    assert!(line.contains("no song in"), "{line}");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/scores/d_dm17.mid");
    fs::copy(source, folder.path().join("song.mid")).unwrap();
    let said = report(folder.path(), &["evaluate", ".", "--melody", "--json"]);
    assert_eq!(said["songs"], 1);
    for figures in ["own", "written"] {
        let share = said[figures]["on_drum"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&share));
    }
    // A song is paired with no version of itself.
    let pairs = |name: &str| {
        fs::copy(source, folder.path().join(name)).unwrap();
        let said = report(folder.path(), &["evaluate", ".", "--melody", "--json"]);
        said["pairs"].as_array().unwrap().len()
    };
    assert_eq!(pairs("song.7f3a.mid"), 0);
    assert_eq!(pairs("other.mid"), 4);
}
