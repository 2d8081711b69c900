//! `drumlin curate`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use drumlin::midi;
use drumlin::score::{Bpm, Note, Song, TempoMap, Ticks, Track, TrackKind, Velocity};
use serde_json::Value;
use tempfile::TempDir;

use super::files::write_wav;
use super::{drumlin, failure};

const RATE: u32 = 44_100;

/// Kick-like thumps and hat-like ticks by turns, `period` seconds apart.
fn beat(seconds: f32, period: f32, pitch: f32) -> Vec<f32> {
    let count = (seconds * RATE as f32) as usize;
    let mut noise = 1u32;
    (0..count)
        .map(|index| {
            let at = index as f32 / RATE as f32;
            let since = at % period;
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let hiss = (noise >> 8) as f32 / (1 << 23) as f32 - 1.0;
            let thump = (std::f32::consts::TAU * pitch * since).sin();
            let is_kick = ((at / period) as usize).is_multiple_of(2);
            0.5 * if is_kick { thump * (-since * 12.0).exp() } else { hiss * (-since * 60.0).exp() }
        })
        .collect()
}

/// Two bars of snares on the quarters.
fn drums() -> Song {
    let note = |beat: u64| Note {
        start: Ticks(beat * 96),
        length: Ticks(24),
        key: 38,
        velocity: Velocity::clamped(100),
    };
    let track =
        Track { name: "drums".into(), kind: TrackKind::Drums, notes: (0..8).map(note).collect() };
    Song { tempo: TempoMap::new(96, []), metres: Vec::new(), tracks: vec![track] }
}

/// Four clips of two kinds, and everything else that a folder may hold.
fn clips() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for (name, period, pitch) in [
        ("slow 1", 0.40, 55.0),
        ("fast 1", 0.31, 90.0),
        ("slow 2", 0.41, 60.0),
        ("fast 2", 0.30, 95.0),
    ] {
        write_wav(&at(&format!("{name}.wav")), beat(5.0, period, pitch), RATE, 1);
    }
    let again = beat(5.0, 0.40, 55.0);
    let quiet = vec![0.0; 9000].into_iter().chain(again.iter().map(|sample| sample * 0.2));
    write_wav(&at("slow 1 again.wav"), quiet, RATE, 2);
    write_wav(&at("telephone.wav"), beat(5.0, 0.35, 300.0).into_iter().take(24_000), 8_000, 1);
    write_wav(&at("eight.wav"), beat(2.0, 0.5, 200.0), RATE, 8);
    write_wav(&at("silent.wav"), vec![1e-5; 60_000], RATE, 1);
    write_wav(&at("nothing.wav"), [], RATE, 1);
    write_wav(&at("tick.wav"), vec![0.5; 800], RATE, 1);
    write_wav(&at("numbers.wav"), vec![f32::NAN; 60_000], RATE, 1);
    fs::write(at("noise.mp3"), "this is no music").unwrap();
    fs::write(at("notes.txt"), "soft ones first").unwrap();
    let drums = drums();
    fs::write(at("drums.mid"), midi::write(&drums)).unwrap();
    let melody = Song { tracks: Vec::new(), ..drums };
    fs::write(at("melody.mid"), midi::write(&melody)).unwrap();
    fs::create_dir(at("more")).unwrap();
    // Three hours, of which the disk holds nothing but the head.
    let long = fs::File::create(at("long.wav")).unwrap();
    let bytes = RATE * 2 * 3 * 3600;
    let mut head =
        b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\0\0\0\0\0\0\0\0\x02\0\x10\0data\0\0\0\0"
            .to_vec();
    head[4..8].copy_from_slice(&(bytes + 36).to_le_bytes());
    head[24..28].copy_from_slice(&RATE.to_le_bytes());
    head[28..32].copy_from_slice(&(RATE * 2).to_le_bytes());
    head[40..44].copy_from_slice(&bytes.to_le_bytes());
    fs::write(at("long.wav"), head).unwrap();
    long.set_len(u64::from(bytes) + 44).unwrap();
    folder
}

fn names(files: &Value) -> Vec<String> {
    let name = |file: &Value| {
        let path = Path::new(file["file"].as_str().unwrap()).file_name().unwrap();
        path.to_string_lossy().into_owned()
    };
    files.as_array().unwrap().iter().map(name).collect()
}

/// The left side of the piece that was made.
fn result(folder: &TempDir) -> Vec<f32> {
    let wav = hound::WavReader::open(folder.path().join("all.wav")).unwrap();
    let left = wav.into_samples::<i16>().step_by(2);
    left.map(|sample| f32::from(sample.unwrap()) / 32768.0).collect()
}

fn curated(folder: &TempDir, more: &[&str]) -> Value {
    let mut command = drumlin();
    command.current_dir(folder.path()).args(["curate", ".", "-o", "all.wav", "--json"]).args(more);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn loops_of_two_bars_are_joined_beat_on_beat() {
    let folder = tempfile::tempdir().unwrap();
    for (name, period, pitch) in [("a", 0.5, 55.0), ("b", 0.6, 90.0), ("c", 0.55, 60.0)] {
        let sound = beat(8.0 * period, period, pitch);
        write_wav(&folder.path().join(format!("{name}.wav")), sound, RATE, 1);
    }
    let sheet = curated(&folder, &[]);
    let clips = sheet["clips"].as_array().unwrap();
    let on_beats = clips.iter().filter(|clip| clip["on_beats"] == true).count();
    assert_eq!((clips.len(), on_beats), (3, 2), "{sheet}");
}

/// What is heard of each clip, in seconds, and whether it comes in on a beat.
fn heard(sheet: &Value) -> Vec<(f64, bool)> {
    let clip = |clip: &Value| {
        let at = |key: &str| clip[key].as_f64().unwrap();
        (at("to") - at("from"), clip["on_beats"] == true)
    };
    sheet["clips"].as_array().unwrap().iter().map(clip).collect()
}

#[test]
fn single_bars_are_joined_whole_and_their_first_beats_are_in_full() {
    let folder = tempfile::tempdir().unwrap();
    let period = |name: &str| match name {
        "a.wav" => 0.5,
        "b.wav" => 0.43,
        "c.wav" => 0.36,
        _ => 0.3,
    };
    let sound = |name: &str| beat(4.0 * period(name), period(name), 60.0);
    for name in ["a.wav", "b.wav", "c.wav", "d.wav"] {
        write_wav(&folder.path().join(name), sound(name), RATE, 1);
    }
    let sheet = curated(&folder, &[]);
    let (names, heard) = (names(&sheet["clips"]), heard(&sheet));
    assert_eq!(names.len(), 4, "{sheet}");
    let samples = result(&folder);
    let level = |samples: &[f32]| {
        let power = samples[..1300].iter().map(|sample| sample * sample).sum::<f32>();
        10.0 * power.log10()
    };
    for (index, (seconds, on_beats)) in heard.into_iter().enumerate().skip(1) {
        assert!(on_beats, "{sheet}");
        // The last is heard to its end.
        let off = (seconds - f64::from(4.0 * period(&names[index]))).abs();
        assert!(off < 1e-3 || index == 3, "{sheet}");
        let at = |key: &str| sheet["clips"][index][key].as_f64().unwrap();
        let start = (at("start") * f64::from(RATE)) as usize;
        let gained = level(&sound(&names[index])) + at("gain") as f32;
        let found = level(&samples[start..]);
        assert!((found - gained).abs() < 0.3, "{}: {found} dB for {gained}", names[index]);
    }
}

#[test]
fn midi_clips_have_the_tempo_and_the_bars_that_are_written() {
    let folder = tempfile::tempdir().unwrap();
    for (name, tempo) in [("a.mid", 93.0), ("b.mid", 111.0), ("c.mid", 137.0)] {
        let song = Song { tempo: TempoMap::constant(96, Bpm(tempo)), ..drums() };
        fs::write(folder.path().join(name), midi::write(&song)).unwrap();
    }
    let sheet = curated(&folder, &[]);
    let tempos: Vec<f64> = sheet["clips"]
        .as_array()
        .unwrap()
        .iter()
        .map(|clip| clip["tempo"].as_f64().unwrap())
        .collect();
    assert_eq!(tempos.len(), 3, "{sheet}");
    assert!([93.0, 111.0, 137.0].iter().all(|tempo| tempos.contains(tempo)), "{tempos:?}");
    let heard = heard(&sheet);
    assert!(heard[1].1 && heard[2].1, "{sheet}");
    // Two bars, and of the last what rings on behind them.
    let bars = |index: usize| 8.0 * 60.0 / tempos[index];
    assert!((heard[0].0 - bars(0)).abs() < 0.01 && (heard[1].0 - bars(1)).abs() < 1e-3, "{sheet}");
}

#[test]
fn copies_are_left_out_and_the_same_groove_with_another_stroke_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let groove = beat(5.0, 0.4, 55.0);
    let mut other = groove.clone();
    let kick = beat(0.2, 0.4, 55.0);
    let late = (4.4 * RATE as f32) as usize;
    other[late..].iter_mut().zip(&kick).for_each(|(sample, kick)| *sample += kick);
    let copy = groove.iter().map(|sample| sample * 0.3);
    write_wav(&folder.path().join("quiet copy.wav"), copy, RATE, 2);
    write_wav(&folder.path().join("groove.wav"), groove, RATE, 1);
    write_wav(&folder.path().join("one kick more.wav"), other, RATE, 1);
    let sheet = curated(&folder, &[]);
    assert_eq!(names(&sheet["left_out"]), ["quiet copy.wav"], "{sheet}");
}

#[test]
fn clips_are_not_replaced_and_hidden_files_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_wav(&at("a.wav"), beat(2.0, 0.5, 60.0), RATE, 1);
    write_wav(&at("b.wav"), beat(1.6, 0.4, 80.0), RATE, 1);
    fs::write(at(".DS_Store"), "folders").unwrap();
    fs::write(at("._a.wav"), "colours").unwrap();
    let before = fs::read(at("a.wav")).unwrap();
    let line = failure(drumlin().current_dir(folder.path()).args(["curate", ".", "-o", "a.wav"]));
    assert!(line.contains("a.wav would be overwritten"), "{line}");
    assert_eq!(fs::read(at("a.wav")).unwrap(), before);
    let sheet = curated(&folder, &[]);
    assert_eq!((names(&sheet["clips"]).len(), names(&sheet["left_out"]).len()), (2, 0), "{sheet}");
    // A result of before is no clip and may be replaced.
    assert_eq!(curated(&folder, &[]), sheet);
    fs::remove_file(at("all.json")).unwrap();
    let line = failure(drumlin().current_dir(folder.path()).args(["curate", ".", "-o", "all.wav"]));
    assert!(line.contains("all.wav would be overwritten"), "{line}");
}

#[test]
fn a_folder_becomes_one_piece_and_no_clip_is_lost() {
    let folder = clips();
    let sheet = curated(&folder, &[]);
    let inside = names(&sheet["clips"]);
    let reason = |name: &str| -> String {
        let index = names(&sheet["left_out"]).iter().position(|other| other == name);
        let index = index.unwrap_or_else(|| panic!("{name} is lost: {sheet:#}"));
        sheet["left_out"][index]["reason"].as_str().unwrap().to_owned()
    };
    for (name, words) in [
        ("slow 1.wav", "nearly the same"),
        ("silent.wav", "is silent"),
        ("nothing.wav", "nothing.wav"),
        ("tick.wav", "shorter than 50 ms"),
        ("numbers.wav", "no numbers"),
        ("noise.mp3", "no recording"),
        ("notes.txt", "no recording and no MIDI file"),
        ("long.wav", "longer than an hour"),
        ("melody.mid", "no drums"),
    ] {
        // Of two alike the first by name is kept.
        assert!(reason(name).contains(words), "{name}: {}", reason(name));
    }
    let all: BTreeSet<String> = inside.iter().cloned().chain(names(&sheet["left_out"])).collect();
    let files = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap());
    let files = files.filter(|entry| entry.file_type().unwrap().is_file());
    let files: BTreeSet<String> =
        files.map(|entry| entry.file_name().into_string().unwrap()).collect();
    let results: BTreeSet<String> =
        ["all.wav", "all.json", "all.cue", "all.png"].map(str::to_owned).into();
    assert_eq!(all, &files - &results);
    // Like beside like.
    let place = |name: &str| inside.iter().position(|other| other == name).unwrap();
    assert_eq!(place("fast 1.wav").abs_diff(place("fast 2.wav")), 1, "{inside:?}");
    assert_eq!(place("slow 1 again.wav").abs_diff(place("slow 2.wav")), 1, "{inside:?}");

    // At one loudness: two of like content and unlike level.
    let samples = result(&folder);
    let level = |name: &str| {
        let clip = &sheet["clips"][place(name)];
        let at = |key: &str| (clip[key].as_f64().unwrap() * f64::from(RATE)) as usize;
        let (start, length) = (at("start"), at("to") - at("from"));
        let heard = &samples[start..start + length];
        let power = heard.iter().map(|sample| sample * sample).sum::<f32>() / length as f32;
        10.0 * power.log10()
    };
    let apart = level("slow 1 again.wav") - level("slow 2.wav");
    assert!(apart.abs() < 2.0, "{apart} dB");

    // As long as it says, and its clips end where the next begin.
    let sound = hound::WavReader::open(folder.path().join("all.wav")).unwrap();
    let seconds = f64::from(sound.duration()) / f64::from(RATE);
    assert!((seconds - sheet["seconds"].as_f64().unwrap()).abs() < 1e-3);
    for pair in sheet["clips"].as_array().unwrap().windows(2) {
        let of = |key: &str| pair[0][key].as_f64().unwrap();
        let next = pair[1]["start"].as_f64().unwrap();
        assert!((of("start") + of("to") - of("from") - next).abs() < 1e-3);
    }
    let cue = fs::read_to_string(folder.path().join("all.cue")).unwrap();
    assert_eq!(cue.matches("INDEX 01").count(), inside.len());

    // Again, with the results of before in the folder: the same.
    let before = fs::read(folder.path().join("all.wav")).unwrap();
    assert_eq!(curated(&folder, &[]), sheet);
    assert_eq!(fs::read(folder.path().join("all.wav")).unwrap(), before);
}

#[test]
fn what_is_asked_for_is_chosen() {
    let folder = tempfile::tempdir().unwrap();
    for (name, period, pitch) in [
        ("slow 1", 0.40, 55.0),
        ("fast 1", 0.31, 90.0),
        ("slow 2", 0.41, 60.0),
        ("fast 2", 0.30, 95.0),
    ] {
        write_wav(&folder.path().join(format!("{name}.wav")), beat(2.5, period, pitch), RATE, 1);
    }
    let like = curated(&folder, &["--like", "fast 1.wav", "--top", "2"]);
    assert_eq!(names(&like["clips"]), ["fast 1.wav", "fast 2.wav"]);
    assert!(like["left_out"][0]["reason"].as_str().unwrap().contains("not among the 2"));
    let contrast = curated(&folder, &["--order", "contrast"]);
    let similar = curated(&folder, &[]);
    let distance = |sheet: &Value| sheet["mean_distance"].as_f64().unwrap();
    assert!(distance(&contrast) > distance(&similar));
}

#[test]
fn what_cannot_be_curated_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        failure(drumlin().current_dir(folder.path()).arg("curate").args(arguments))
    };
    assert_eq!(run(&[".", "-o", "all.wav"]), "there is no clip to be heard in .");
    fs::write(folder.path().join("notes.txt"), "none").unwrap();
    assert_eq!(run(&[".", "-o", "all.wav"]), "there is no clip to be heard in .");
    assert!(run(&["nowhere", "-o", "all.wav"]).contains("nowhere"));
    assert!(run(&[".", "-o", "all.mp3"]).contains("all.mp3"));
    write_wav(&folder.path().join("a.wav"), beat(1.0, 0.3, 80.0), RATE, 1);
    let like = |clip: &str| run(&[".", "-o", "all.wav", "--like", clip]);
    assert!(like("b.wav").starts_with("cannot read b.wav: "));
    assert_eq!(like("notes.txt"), "cannot use notes.txt: it is no recording and no MIDI file");
    assert!(!folder.path().join("all.wav").exists());
}
