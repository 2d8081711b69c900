//! `drumlin render`.

use std::fs;
use std::path::Path;

use drumlin::midi;
use drumlin::score::{Note, Song, TempoMap, Ticks, Track, TrackKind, Velocity};
use drumlin::timbre::{Piano, PlayedNote, perform};
use tempfile::TempDir;

use super::{drumlin, failure};

const RATE: u32 = 44_100;

/// A piece in quarters of half a second: key and velocity of each.
fn piece(keys: &[u8]) -> Vec<PlayedNote> {
    let note = |(at, key): (usize, &u8)| PlayedNote {
        start: 0.5 * at as f64,
        end: 0.5 * at as f64 + 0.45,
        key: *key,
        velocity: 60 + (at % 4) as u8 * 15,
    };
    keys.iter().enumerate().map(note).collect()
}

fn track(name: &str, notes: &[PlayedNote], kind: TrackKind) -> Track {
    let ticks = |at: f64| Ticks((at * 960.0).round() as u64);
    let note = |note: &PlayedNote| Note {
        start: ticks(note.start),
        length: Ticks(ticks(note.end).0 - ticks(note.start).0),
        key: note.key,
        velocity: Velocity::clamped(note.velocity),
    };
    Track { name: name.into(), kind, notes: notes.iter().map(note).collect() }
}

fn tracks_file(tracks: Vec<Track>) -> Vec<u8> {
    midi::write(&Song { tempo: TempoMap::new(480, []), metres: Vec::new(), tracks })
}

fn midi_file(notes: &[PlayedNote], kind: TrackKind) -> Vec<u8> {
    tracks_file(vec![track("Piano", notes, kind)])
}

fn write_wav(path: &Path, samples: &[f32], rate: u32) {
    let format = hound::WavSpec {
        channels: 1,
        sample_rate: rate,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut file = hound::WavWriter::create(path, format).unwrap();
    samples.iter().for_each(|sample| file.write_sample(*sample).unwrap());
    file.finalize().unwrap();
}

/// A folder with a recording of five seconds, what it plays, and a song.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let played = piece(&[60, 64, 67, 72, 55, 62, 65, 71, 60, 48]);
    let [left, _] = perform(&Piano::schematic(), &played, RATE, &|| false).unwrap();
    write_wav(&path("piano.wav"), &left, RATE);
    fs::write(path("piano.mid"), midi_file(&played, TrackKind::Melodic { program: 0 })).unwrap();
    let song = piece(&[72, 67, 64, 60]);
    fs::write(path("song.mid"), midi_file(&song, TrackKind::Melodic { program: 0 })).unwrap();
    fs::write(path("drums.mid"), midi_file(&song, TrackKind::Drums)).unwrap();
    folder
}

fn samples(path: &Path) -> Vec<i16> {
    let mut file = hound::WavReader::open(path).unwrap();
    assert_eq!((file.spec().channels, file.spec().sample_rate), (2, RATE));
    file.samples().map(Result::unwrap).collect()
}

/// What is said while something is rendered in a folder.
fn rendered(folder: &TempDir, arguments: &[&str]) -> String {
    let output = drumlin().current_dir(folder.path()).arg("render").args(arguments).output();
    let output = output.unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && output.stdout.is_empty(), "{error}");
    error
}

#[test]
fn the_piano_plays_all_tracks_and_says_whose() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let [piano, bass] = [0, 33].map(|program| TrackKind::Melodic { program });
    let (high, low) = (piece(&[60, 64]), piece(&[36, 43]));
    let band = vec![track("Piano", &high, piano), track("Bass", &low, bass)];
    fs::write(path("band.mid"), tracks_file(band)).unwrap();
    fs::write(path("bass.mid"), midi_file(&low, bass)).unwrap();
    fs::write(path("any.drumlin-piano"), Piano::schematic().to_bytes()).unwrap();
    let render = |song: &str, more: &[&str]| {
        let fixed = [song, "--piano", "any.drumlin-piano", "-o", "out.wav"];
        let arguments = [&fixed[..], more].concat();
        let said = rendered(&folder, &arguments);
        (said, samples(&path("out.wav")))
    };
    let (said, all) = render("band.mid", &[]);
    let others = "band.mid: the piano plays 2 \"Bass\" as well: choose with --track";
    assert!(said.contains(others), "{said}");
    // Asked for by name, or without a piano beside it, there is nothing to say.
    let (said, both) = render("band.mid", &["--track", "piano", "--track", "bass"]);
    assert_eq!(said, "");
    assert!(both == all);
    let (said, alone) = render("band.mid", &["--track", "piano"]);
    assert_eq!(said, "");
    assert!(alone != all);
    let (said, low) = render("bass.mid", &[]);
    assert_eq!(said, "");
    assert!(low.iter().any(|sample| sample.unsigned_abs() > 1000));
}

#[test]
fn a_song_sounds_like_a_recording_and_the_piano_is_kept() {
    let folder = folder();
    let run = |arguments: &[&str]| rendered(&folder, arguments);
    let like = ["song.mid", "--like", "piano.wav", "--reference-midi", "piano.mid"];
    let remark = run(&[&like[..], &["--save", "a.drumlin-piano"]].concat());
    assert!(remark.contains("10 notes of 9 keys measured"), "{remark}");
    let heard = samples(&folder.path().join("song.wav"));
    // Four notes and their ringing, as loud as can be without clipping.
    let peak = heard.iter().map(|sample| sample.unsigned_abs()).max().unwrap();
    assert!((29_000..30_000).contains(&peak), "{peak}");
    assert!(heard.len() > 2 * 2 * RATE as usize);

    assert_eq!(run(&["song.mid", "--piano", "a.drumlin-piano", "-o", "b.wav", "-q"]), "");
    assert_eq!(samples(&folder.path().join("b.wav")), heard);
}

#[test]
fn what_cannot_be_rendered_gets_a_sentence() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    write_wav(&path("silence.wav"), &vec![0.0; 44_100], RATE);
    write_wav(&path("click.wav"), &[&[0.9; 40][..], &vec![0.0; 44_100]].concat(), RATE);
    fs::write(path("text.drumlin-piano"), "no piano").unwrap();
    let mut damaged = Piano::schematic().to_bytes();
    damaged.truncate(900);
    fs::write(path("cut.drumlin-piano"), damaged).unwrap();
    let line = |arguments: &[&str]| {
        failure(drumlin().current_dir(folder.path()).arg("render").args(arguments))
    };
    for (arguments, why) in [
        (&["song.mid", "--like", "silence.wav"][..], "silent: it needs at least a few seconds"),
        (&["song.mid", "--like", "click.wav"], "at least a few seconds of piano notes"),
        (&["song.mid", "--like", "missing.wav"], "cannot read missing.wav"),
        (&["song.mid", "--like", "song.mid"], "no recording that can be read"),
        (&["song.mid", "--piano", "text.drumlin-piano"], "this is no drumlin piano"),
        (&["song.mid", "--piano", "cut.drumlin-piano"], "the saved piano is damaged"),
        (&["song.mid", "--piano", "missing"], "cannot read the piano missing"),
        (&["drums.mid", "--like", "piano.wav"], "no tracks but drums"),
        (&["song.mid", "--like", "piano.wav", "--track", "horn"], "no track is called \"horn\""),
        (&["song.mid", "--like", "piano.wav", "-o", "piano.wav"], "it is the input"),
        (&["song.mid", "--like", "piano.wav", "-o", "out.mp3"], ".wav"),
    ] {
        let line = line(arguments);
        assert!(line.contains(why), "{arguments:?}: {line}");
    }
    assert!(!path("song.wav").exists());
    let asks_in_vain = ["--piano", "cut.drumlin-piano", "--reference-midi", "piano.mid"];
    let nothing: &[&str] = &[];
    for arguments in [nothing, &asks_in_vain] {
        let song = ["render", "song.mid"];
        drumlin().current_dir(folder.path()).args(song).args(arguments).assert().code(2);
    }
}
