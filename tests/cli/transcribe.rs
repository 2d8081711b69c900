//! `drumlin transcribe`.

use std::fs;
use std::path::Path;

use drumlin::midi;
use serde_json::Value;
use tempfile::TempDir;

use super::files::write_wav;
use super::{drumlin, failure, wrong_usage};

const RATE: u32 = 44_100;

/// Kick-like thumps and hat-like ticks by turns, two a second.
fn loop_of(seconds: f32) -> Vec<f32> {
    let count = (seconds * RATE as f32) as usize;
    let mut noise = 1u32;
    (0..count)
        .map(|index| {
            let at = index as f32 / RATE as f32;
            let since = at % 0.5;
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let hiss = (noise >> 8) as f32 / (1 << 23) as f32 - 1.0;
            let thump =
                (std::f32::consts::TAU * (50.0 * since - 3.0 * (-since * 40.0).exp())).sin();
            let is_kick = ((at * 2.0) as usize).is_multiple_of(2);
            0.8 * if is_kick { thump * (-since * 12.0).exp() } else { hiss * (-since * 60.0).exp() }
        })
        .collect()
}

fn report(folder: &TempDir, arguments: &[&str]) -> Value {
    let output = drumlin().current_dir(folder.path()).arg("transcribe").args(arguments).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn strokes(report: &Value, drum: &str) -> usize {
    report["strokes"].as_array().unwrap().iter().filter(|stroke| stroke["drum"] == drum).count()
}

#[test]
fn a_recording_becomes_a_midi_file() {
    let folder = tempfile::tempdir().unwrap();
    write_wav(&folder.path().join("beat.wav"), loop_of(8.0), RATE, 2);
    let heard = report(&folder, &["beat.wav", "--json"]);
    assert_eq!(heard["seconds"], 8.0);
    assert!(strokes(&heard, "Kick") >= 6, "{heard}");
    let song = midi::read(&folder.path().join("beat.mid")).unwrap();
    assert_eq!(song.drum_notes().count(), heard["strokes"].as_array().unwrap().len());

    // As a beatbox thumps and ticks are kick and hat, and nothing else.
    let mouth = report(&folder, &["beat.wav", "--json", "--beatbox"]);
    let of_both = strokes(&mouth, "Kick") + strokes(&mouth, "Closed hat");
    assert!(strokes(&mouth, "Kick") >= 7 && strokes(&mouth, "Closed hat") >= 7, "{mouth}");
    assert_eq!(of_both, mouth["strokes"].as_array().unwrap().len(), "{mouth}");

    // Other rates and channels are the same drums, and what is asked for is what comes.
    write_wav(&folder.path().join("eight.wav"), loop_of(8.0), RATE, 8);
    let eight = report(&folder, &["eight.wav", "--json"]);
    assert_eq!(eight["strokes"], heard["strokes"]);
    let kicks = report(&folder, &["beat.wav", "--json", "--lanes", "kick"]);
    assert_eq!(strokes(&kicks, "Kick"), kicks["strokes"].as_array().unwrap().len());
    let none = ["beat.wav", "--json", "--sensitivity", "kick=0"];
    assert_eq!(strokes(&report(&folder, &none), "Kick"), 0);
    let slow = report(&folder, &["beat.wav", "--json", "--tempo", "60", "--metre", "3/4"]);
    assert!((slow["tempo"].as_f64().unwrap() - 60.0).abs() < 3.0, "{}", slow["tempo"]);
    assert_eq!(slow["metre"], "3/4");
}

#[test]
fn every_format_has_the_same_drums_at_the_same_time() {
    let folder = tempfile::tempdir().unwrap();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/recordings");
    for format in ["mp3", "ogg", "flac", "aiff"] {
        // What it is called does not matter, what is in it does.
        for ending in [format, "wav"] {
            let name = format!("loop.{ending}");
            fs::copy(golden.join(format!("loop.{format}")), folder.path().join(&name)).unwrap();
            let heard = report(&folder, &[&name, "--json"]);
            // An encoder's delay is no part of the recording.
            assert_eq!(heard["seconds"], 4.0, "{format}");
            assert_eq!(
                (&heard["tempo"], &heard["metre"]),
                (&120.0.into(), &"4/4".into()),
                "{format}"
            );
            for (drum, first) in [("Kick", 0.0), ("Closed hat", 0.5)] {
                let all = heard["strokes"].as_array().unwrap().iter();
                let at = |stroke: &Value| stroke["seconds"].as_f64().unwrap();
                let times: Vec<f64> = all.filter(|stroke| stroke["drum"] == drum).map(at).collect();
                let right = (0..4).map(|number| first + f64::from(number));
                let off = times.iter().zip(right).map(|(at, right)| (at - right).abs());
                assert!(
                    times.len() == 4 && off.clone().all(|off| off < 0.01),
                    "{format}: {times:?}"
                );
            }
        }
    }
}

#[test]
fn what_is_damaged_is_said_and_what_follows_keeps_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/recordings/loop.flac");
    let mut bytes = fs::read(golden).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 2000].iter_mut().for_each(|byte| *byte ^= 0x5A);
    fs::write(folder.path().join("loop.flac"), bytes).unwrap();
    let heard = report(&folder, &["loop.flac", "--json"]);
    assert_eq!(heard["seconds"], 4.0);
    let mut strokes = heard["strokes"].as_array().unwrap().iter();
    let at = |stroke: &Value| stroke["seconds"].as_f64().unwrap();
    assert!(strokes.any(|stroke| stroke["drum"] == "Kick" && (at(stroke) - 3.0).abs() < 0.01));
    let remark = heard["remarks"][0].as_str().unwrap();
    assert!(remark.contains("damaged") && remark.contains("0.51 s"), "{remark}");
}

#[test]
fn a_song_is_no_recording() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("song.mid"), "MThd").unwrap();
    let line = failure(drumlin().current_dir(folder.path()).args(["transcribe", "song.mid"]));
    assert!(line.contains("song.mid is no recording"), "{line}");
}

#[test]
fn what_a_mouth_cannot_be_heard_as_is_said() {
    let folder = tempfile::tempdir().unwrap();
    write_wav(&folder.path().join("beat.wav"), loop_of(4.0), RATE, 1);
    let asked = |options: &[&str]| {
        let mut command = drumlin();
        command.current_dir(folder.path()).args(["transcribe", "beat.wav", "--beatbox"]);
        command.args(options);
        command
    };
    for options in [["--lanes", "kick,ride"], ["--sensitivity", "ride=.7"]] {
        let line = wrong_usage(&mut asked(&options));
        assert_eq!(line, "with --beatbox kick, snare and closed-hat are heard, not ride");
    }
    let taken = ["--lanes", "kick,closed-hat", "--sensitivity", ".6", "--sensitivity", "snare=.4"];
    assert!(asked(&taken).output().unwrap().status.success());
}

#[cfg(unix)]
#[test]
fn a_recording_that_can_be_heard_once_only_has_no_preview() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = drumlin();
    command.current_dir(folder.path()).args(["transcribe", "/dev/null", "-o", "out.mid"]);
    let line = wrong_usage(command.args(["--click", "both.wav"]));
    assert!(line.starts_with("--click hears the recording a second time"), "{line}");
}

#[test]
fn several_recordings_go_to_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let songs = folder.path().join("loops");
    fs::create_dir(&songs).unwrap();
    write_wav(&songs.join("one.wav"), loop_of(4.0), RATE, 1);
    // In any of its spellings.
    write_wav(&songs.join("two.WAVE"), loop_of(4.0), RATE, 1);
    fs::write(songs.join("three.wav"), "no sound").unwrap();
    fs::write(songs.join("notes.txt"), "no recording").unwrap();
    let mut command = drumlin();
    command.current_dir(folder.path()).args(["transcribe", "loops", "--output-folder", "out"]);
    let output = command.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(error.contains("three.wav is no recording"), "{error}");
    assert!(error.contains("1 of 3 recordings were not written down"), "{error}");
    for name in ["one.mid", "two.mid"] {
        assert!(midi::read(&folder.path().join("out").join(name)).is_ok());
    }
    assert!(!folder.path().join("out/three.mid").exists());
    let line = wrong_usage(drumlin().current_dir(folder.path()).args(["transcribe", "loops"]));
    assert!(line.contains("--output-folder"), "{line}");
    // What is refused says nothing of names that are alike.
    fs::create_dir(folder.path().join("again")).unwrap();
    fs::copy(songs.join("one.wav"), folder.path().join("again/one.wav")).unwrap();
    let mut command = drumlin();
    command.current_dir(folder.path()).args(["transcribe", "loops/one.wav", "again/one.wav"]);
    let line = wrong_usage(command.args(["--output-folder", "out", "--click", "both.wav"]));
    assert_eq!(line, "--click is for one recording");
    // A folder that nothing came into is not left behind.
    let mut command = drumlin();
    command.current_dir(folder.path()).args(["transcribe", "loops/three.wav"]);
    let line = failure(command.args(["--output-folder", "none", "--quiet"]));
    assert!(line.contains("three.wav is no recording"), "{line}");
    assert!(!folder.path().join("none").exists());
}

#[test]
fn the_preview_has_the_recording_on_the_left() {
    let folder = tempfile::tempdir().unwrap();
    write_wav(&folder.path().join("beat.wav"), loop_of(4.0), RATE, 1);
    let mut command = drumlin();
    command.current_dir(folder.path()).args(["transcribe", "beat.wav", "--click", "both.wav"]);
    assert!(command.output().unwrap().status.success());
    let mut both = hound::WavReader::open(folder.path().join("both.wav")).unwrap();
    assert_eq!((both.spec().channels, both.duration()), (2, 4 * RATE));
    let samples: Vec<i16> = both.samples().map(Result::unwrap).collect();
    let original = loop_of(4.0);
    let near = samples.iter().step_by(2).zip(&original);
    assert!(near.clone().all(|(&a, b)| (f32::from(a) / 32767.0 - b).abs() < 1e-3));
    assert!(samples.iter().skip(1).step_by(2).any(|&sample| sample.abs() > 1000));
}

#[cfg(target_os = "linux")]
#[test]
fn standard_output_waits_until_files_are_safe() {
    let folder = tempfile::tempdir().unwrap();
    write_wav(&folder.path().join("beat.wav"), loop_of(4.0), RATE, 1);
    let mut command = drumlin();
    command.current_dir(folder.path()).args(["transcribe", "beat.wav", "-o", "-", "--quiet"]);
    let line = failure(command.args(["--click", "/dev/full"]));
    assert!(line.starts_with("cannot write /dev/full: "), "{line}");
}

#[test]
fn a_panic_of_the_reader_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    // 65,535 channels: built for tests, the library that decodes panics at them.
    let mut bytes = b"RIFF\x24\x10\0\0WAVEfmt \x10\0\0\0\x01\0\xFF\xFF\x44\xAC\0\0".to_vec();
    bytes.extend(b"\0\0\0\0\xFE\xFF\x10\0data\0\x10\0\0");
    bytes.resize(bytes.len() + 4096, 0);
    fs::write(folder.path().join("wide.wav"), bytes).unwrap();
    let mut command = drumlin();
    command.current_dir(folder.path()).env_remove("RUST_BACKTRACE");
    let line = failure(command.args(["transcribe", "wide.wav"]));
    assert!(line.starts_with("wide.wav is "), "{line}");
}

#[test]
fn what_cannot_be_written_down_gets_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    write_wav(&path("silence.wav"), vec![0.0; 44_100], RATE, 1);
    write_wav(&path("nan.wav"), vec![f32::NAN; 4_000], RATE, 1);
    write_wav(&path("slow.wav"), vec![0.1; 4_000], 4_000, 1);
    write_wav(&path("tone.wav"), (0..88_200).map(|i| (i as f32 * 0.02).sin() * 0.5), RATE, 1);
    fs::write(path("text.wav"), "RIFF but not really").unwrap();
    fs::create_dir(path("empty")).unwrap();
    for (name, why) in [
        ("silence.wav", "is silent"),
        ("nan.wav", "values that are no numbers"),
        ("slow.wav", "4000 samples a second"),
        ("text.wav", "is no recording that can be read"),
        ("empty", "no recording in"),
        ("missing.wav", "cannot read missing.wav"),
    ] {
        let line = failure(drumlin().current_dir(folder.path()).args(["transcribe", name]));
        assert!(line.contains(why), "{name}: {line}");
    }
    let wrong = ["transcribe", "tone.wav", "-o", "drums.wav"];
    let line = failure(drumlin().current_dir(folder.path()).args(wrong));
    assert!(line.contains(".mid"), "{line}");
    // Nothing was half written.
    let midis = fs::read_dir(folder.path()).unwrap().filter(|entry| {
        entry.as_ref().unwrap().path().extension().is_some_and(|ending| ending == "mid")
    });
    assert_eq!(midis.count(), 0);
    // A fifth of a second is short, but no fault.
    write_wav(&path("short.wav"), loop_of(0.2), RATE, 1);
    let mut command = drumlin();
    let output =
        command.current_dir(folder.path()).args(["transcribe", "short.wav"]).output().unwrap();
    assert!(output.status.code().is_some_and(|code| code < 2), "{output:?}");
}
