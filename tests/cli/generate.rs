//! `drumlin generate`.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use drumlin::midi;
use drumlin::score::Song;
use predicates::str::contains;

use super::bad_input::{odd, unusable};
use super::{drumlin, failure, files, wrong_usage};

/// A folder with a song in it.
pub struct Workspace {
    folder: tempfile::TempDir,
}

impl Workspace {
    pub fn new(song: &[u8]) -> Workspace {
        let workspace = Workspace { folder: tempfile::tempdir().unwrap() };
        fs::write(workspace.path("song.mid"), song).unwrap();
        workspace
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `drumlin generate song.mid -o drums.mid` and more, run in the folder.
    pub fn generate(&self, more: &[&str]) -> Command {
        let mut command = drumlin();
        command.current_dir(self.folder.path());
        command.args(["generate", "song.mid", "-o", "drums.mid"]).args(more);
        command
    }

    pub fn song(&self, name: &str) -> Song {
        midi::read(&self.path(name)).unwrap()
    }

    /// All files but the song.
    fn made(&self) -> Vec<String> {
        let names = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> = names
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "song.mid")
            .collect();
        names.sort();
        names
    }
}

fn tracks(song: &Song) -> Vec<(&str, bool)> {
    song.tracks.iter().map(|track| (track.name.as_str(), track.is_drums())).collect()
}

fn real_song() -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/songs/fate.mid")).unwrap()
}

#[test]
fn a_real_song_gets_drums_a_picture_a_preview_and_a_report() {
    let workspace = Workspace::new(&real_song());
    let more = ["--picture", "form.png", "--audio", "preview.wav", "--json", "--seed", "5"];
    let output = workspace.generate(&more).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(workspace.made(), ["drums.mid", "form.png", "preview.wav"]);

    let (song, drums) = (workspace.song("song.mid"), workspace.song("drums.mid"));
    assert!(drums.tracks.iter().all(|track| track.is_drums()));
    assert_eq!(drums.tempo, song.tempo);
    let hits = drums.drum_notes().count();
    assert!(hits > song.bars().len(), "{hits} hits");
    assert!(fs::read(workspace.path("form.png")).unwrap().starts_with(b"\x89PNG"));
    let wav = fs::read(workspace.path("preview.wav")).unwrap();
    assert!(wav.starts_with(b"RIFF") && wav.len() > 44_100 * 4 * 60);

    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["song"]["bars"], song.bars().len());
    assert_eq!(report["settings"]["seed"], 5);
    assert_eq!(report["parts"][0]["notes"], hits);
    let lanes = report["parts"][0]["lanes"].as_object().unwrap();
    assert_eq!(lanes.values().map(|notes| notes.as_u64().unwrap()).sum::<u64>(), hits as u64);
    let fills = report["parts"][0]["fills"].as_array().unwrap();
    let bars = 1..=song.bars().len() as u64;
    assert!(!fills.is_empty() && fills.iter().all(|bar| bars.contains(&bar.as_u64().unwrap())));
    let form = report["form"].as_array().unwrap();
    assert_eq!(form[0]["section"], "A");
    assert_eq!(form.last().unwrap()["last_bar"], song.bars().len());
    let stages: Vec<&str> = report["timings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|timing| timing["stage"].as_str().unwrap())
        .collect();
    for stage in ["reading", "synthesis", "structure", "groove", "sound", "picture", "all"] {
        assert!(stages.contains(&stage), "{stages:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let workspace = Workspace::new(&real_song());
    let bytes = |seed: &str| {
        workspace.generate(&["--seed", seed, "--quiet"]).assert().success().stdout("").stderr("");
        fs::read(workspace.path("drums.mid")).unwrap()
    };
    let first = bytes("1");
    assert!(first == bytes("1"));
    assert!(first != bytes("2"));
}

#[test]
fn the_best_of_many_candidates_are_kept() {
    let melodies = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/melodies");
    let workspace = Workspace::new(&fs::read(melodies.join("loop.mid")).unwrap());
    let output =
        workspace.generate(&["--candidates", "6", "--keep", "3", "--json"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(workspace.made(), ["drums-2.mid", "drums-3.mid", "drums.mid"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let parts = report["parts"].as_array().unwrap();
    let kept: Vec<u64> =
        parts.iter().map(|part| part["curated"]["candidate"].as_u64().unwrap()).collect();
    assert_eq!(kept.len(), 3);
    assert!(kept.iter().all(|number| (1..=6).contains(number)), "{kept:?}");
    // The best comes first, and each says why it is there.
    let worth = |part: &serde_json::Value| part["curated"]["worth"].as_f64().unwrap();
    assert!(parts.iter().all(|part| worth(part) <= worth(&parts[0])));
    assert!(!parts[1]["curated"]["why"].as_str().unwrap().is_empty());
}

#[test]
fn what_would_have_no_effect_is_wrong_usage() {
    let workspace = Workspace::new(&files::small_song());
    for (more, why) in [
        (&["--keep", "3"][..], "--candidates"),
        (&["--candidates", "3", "--keep", "8"], "more than the 3"),
        (&["--candidates", "4", "--alternatives", "4"], "cannot be used with"),
        (&["--candidates", "-4"], "from 2 to 64 is needed"),
        (&["--groove", "a.mid", "--groove-from", "1-2"], "from 1 to 10000 is needed"),
        (&["--follow", "0.2"], "--groove"),
        (&["--section-groove", "A=a.mid", "--section-groove", "a=b.mid"], "section A"),
        (&["--seed", "-1"], "a whole number from 0 to"),
    ] {
        workspace.generate(more).assert().code(2).stdout("").stderr(contains(why));
    }
    let line = failure(&mut workspace.generate(&["--drums", "bass", "--melodic", "2"]));
    assert!(line.contains("track 2 cannot be drums and a melody"), "{line}");
    let line = failure(&mut workspace.generate(&["--models", "none"]));
    assert!(line.contains("cannot use the folder none"), "{line}");
    assert!(workspace.made().is_empty());
}

#[test]
fn names_are_taken_in_any_case_and_a_missing_section_is_said() {
    let workspace = Workspace::new(&files::small_song());
    fs::write(workspace.path("beat.mid"), files::file(&[files::notes("Kit", 9, 0, 2)])).unwrap();
    let more = ["--ending", "Hit", "--count-in", "NONE", "--backend", "CPU"];
    let grooves = ["--section-groove", "zz=beat.mid", "--alternatives", "2", "--track", "Melody"];
    let output = workspace.generate(&more).args(grooves).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    let line = "beat.mid is not played: the song has no section ZZ, only A";
    assert_eq!(said.matches(line).count(), 1, "once for both alternatives: {said}");
    // Of several songs the line says which.
    let mut command = drumlin();
    command.current_dir(workspace.folder.path()).args(["generate", "song.mid"]);
    command.args(["--output-folder", "out", "--section-groove", "ZZ=beat.mid"]);
    command.assert().success().stderr(contains(format!("song.mid: {line}")));
}

#[test]
fn alternatives_are_files_of_their_own_and_differ() {
    let workspace = Workspace::new(&real_song());
    workspace.generate(&["--alternatives", "3"]).assert().success();
    assert_eq!(workspace.made(), ["drums-2.mid", "drums-3.mid", "drums.mid"]);
    let read = |name: &str| fs::read(workspace.path(name)).unwrap();
    assert!(read("drums.mid") != read("drums-2.mid"));
}

#[test]
fn merged_drums_replace_those_of_the_song() {
    let workspace = Workspace::new(&files::small_song());
    workspace.generate(&["--merge", "--track", "mel"]).assert().success();
    let merged = workspace.song("drums.mid");
    // The song's drum track keeps its name.
    assert_eq!(tracks(&merged), [("Melody", false), ("Bass", false), ("Kit", true)]);
}

#[test]
fn a_track_that_is_not_there_is_answered_with_those_that_are() {
    let workspace = Workspace::new(&files::small_song());
    let line = failure(&mut workspace.generate(&["--track", "oboe"]));
    assert!(line.contains("song.mid") && line.contains("1 \"Melody\", 2 \"Bass\""), "{line}");
    let line = failure(&mut workspace.generate(&["--track", "3"]));
    assert!(line.contains("is drums"), "{line}");
    assert!(workspace.made().is_empty());
}

#[test]
fn wrong_wishes_are_wrong_usage() {
    let workspace = Workspace::new(&files::small_song());
    for more in [&["--swing", "2"][..], &["--style", "polka"], &["--alternatives", "9"]] {
        workspace.generate(more).assert().code(2).stdout("");
    }
    drumlin().args(["generate", "song.mid"]).assert().code(2);
    assert!(workspace.made().is_empty());
}

#[test]
fn bad_input_leaves_nothing_behind() {
    let only_drums = files::file(&[files::notes("Kit", 9, 0, 8)]);
    let drums = ("only drums", only_drums, "no tracks but drums");
    for (what, bytes, why) in unusable().into_iter().chain([drums]) {
        let workspace = Workspace::new(&bytes);
        let line = failure(&mut workspace.generate(&["--picture", "form.png"]));
        assert!(line.contains(why), "{what}: {line}");
        assert!(workspace.made().is_empty(), "{what}");
    }
}

#[test]
fn odd_input_gets_drums() {
    // As many bars as there may be would take a minute and a half.
    for (what, bytes) in odd(2_500) {
        let workspace = Workspace::new(&bytes);
        let output = workspace.generate(&["--quiet"]).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{what}: {error}");
        assert_eq!(workspace.made(), ["drums.mid"], "{what}");
    }
}

#[test]
fn outputs_that_cannot_be_written_keep_all_from_being_written() {
    let workspace = Workspace::new(&files::small_song());
    for (more, why) in [
        (&["--picture", "no such folder/form.png"][..], "no folder no such folder"),
        (&["--picture", "song.mid/form.png"], "cannot write song.mid/form.png"),
        (&["--picture", "."], "it is a folder"),
        (&["--picture", "drums.mid"], "two outputs"),
        (&["--audio", "song.mid"], "it is the input"),
        (&["--alternatives", "2", "--picture", "drums-2.mid"], "two outputs"),
    ] {
        let line = failure(&mut workspace.generate(more));
        assert!(line.contains(why), "{line}");
        assert!(workspace.made().is_empty());
    }
    for folder in [".", "no such folder/"] {
        let mut command = drumlin();
        command.current_dir(workspace.folder.path()).args(["generate", "song.mid", "-o", folder]);
        let line = failure(&mut command);
        assert!(line.contains("is a folder") && line.contains("--output-folder"), "{line}");
        assert!(workspace.made().is_empty());
    }
    assert_eq!(fs::read(workspace.path("song.mid")).unwrap(), files::small_song());
}

#[test]
fn unusable_fonts_and_networks_are_named() {
    let workspace = Workspace::new(&files::small_song());
    fs::write(workspace.path("text.sf2"), "no sound in here").unwrap();
    let line = failure(&mut workspace.generate(&["--soundfont", "text.sf2"]));
    assert!(line.contains("text.sf2") && line.contains("SoundFont"), "{line}");
    let line = failure(&mut workspace.generate(&["--soundfont", "none.sf2"]));
    assert!(line.contains("none.sf2"), "{line}");

    fs::create_dir(workspace.path("mine")).unwrap();
    let line = failure(&mut workspace.generate(&["--models", "mine"]));
    assert!(line.contains("no network in mine") && line.contains(".onnx"), "{line}");
    for spec in drumlin::drummer::networks::ALL {
        let own = workspace.path("mine").join(spec.file);
        fs::write(&own, "not a network").unwrap();
        let line = failure(&mut workspace.generate(&["--models", "mine"]));
        assert!(line.contains(spec.file), "{line}");
        fs::remove_file(own).unwrap();
    }
    assert!(!workspace.path("drums.mid").exists());
}

#[test]
fn standard_input_and_output_are_a_song_and_its_drums() {
    let workspace = Workspace::new(&files::small_song());
    workspace.generate(&["--quiet"]).assert().success();
    let written = fs::read(workspace.path("drums.mid")).unwrap();
    fs::remove_file(workspace.path("drums.mid")).unwrap();
    let mut command = drumlin();
    command.current_dir(workspace.folder.path()).args(["generate", "-", "-o", "-"]);
    let output = command.write_stdin(files::small_song()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("standard output: "), "{said}");
    assert!(output.stdout == written, "the same bytes as in a file");
    assert!(workspace.made().is_empty());
    let mut command = drumlin();
    command.current_dir(workspace.folder.path()).args(["generate", "-", "-o", "d.mid"]);
    let line = failure(command.write_stdin(&b"no song"[..]));
    assert!(line.contains("standard input"), "{line}");
    let mut command = drumlin();
    command.args(["generate", "-", "-o", "-", "--track", "9"]);
    let line = failure(command.write_stdin(files::small_song()));
    assert!(line.contains("standard input"), "{line}");
    for more in [&["--json"][..], &["--alternatives", "2"], &["--audio", "-"]] {
        let mut command = drumlin();
        command
            .current_dir(workspace.folder.path())
            .args(["generate", "song.mid", "-o", "-"])
            .args(more);
        let line = wrong_usage(&mut command);
        assert!(line.contains("standard output"), "{line}");
    }
    assert!(workspace.made().is_empty());
}

#[test]
fn an_ending_that_means_something_else_is_refused() {
    let workspace = Workspace::new(&files::small_song());
    for (more, why) in [
        (&["--audio", "preview.mp3"][..], "preview.mp3 is to be a WAV file"),
        (&["--drums-audio", "d.mid"], "d.mid is to be a WAV file"),
        (&["--picture", "form.jpg"], "form.jpg is to be a PNG picture"),
    ] {
        let line = failure(&mut workspace.generate(more));
        assert!(line.contains(why), "{line}");
    }
    let mut command = drumlin();
    command.current_dir(workspace.folder.path()).args(["generate", "song.mid", "-o", "d.wav"]);
    let line = failure(&mut command);
    assert!(line.contains("d.wav is to be a MIDI file"), "{line}");
    assert!(workspace.made().is_empty());
}

#[test]
fn drums_are_rendered_alone() {
    let workspace = Workspace::new(&files::small_song());
    workspace.generate(&["--drums-audio", "drums.wav", "--audio", "all.wav"]).assert().success();
    assert_eq!(workspace.made(), ["all.wav", "drums.mid", "drums.wav"]);
    let read = |name: &str| -> Vec<i16> {
        let mut wav = hound::WavReader::open(workspace.path(name)).unwrap();
        wav.samples().map(Result::unwrap).collect()
    };
    let (drums, all) = (read("drums.wav"), read("all.wav"));
    assert!(drums != all && drums.iter().any(|sample| sample.unsigned_abs() > 5_000));
}

#[test]
fn songs_of_one_name_are_told_apart_by_their_folders() {
    let workspace = Workspace::new(&files::small_song());
    for album in ["first", "second"] {
        fs::create_dir(workspace.path(album)).unwrap();
        fs::copy(workspace.path("song.mid"), workspace.path(album).join("song.mid")).unwrap();
    }
    let mut command = drumlin();
    command.current_dir(workspace.folder.path()).args(["generate", "--output-folder", "out"]);
    let output = command.args(["first/song.mid", "second/song.mid"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("2 inputs are called song; in the folder they are first-song, second-song")
    );
    let read = |name: &str| fs::read(workspace.path("out").join(name)).unwrap();
    assert!(read("first-song.mid") == read("second-song.mid"));
}

#[test]
fn several_songs_go_into_a_folder_and_a_bad_one_stops_no_other() {
    let workspace = Workspace::new(&files::small_song());
    fs::write(workspace.path("other.mid"), real_song()).unwrap();
    fs::write(workspace.path("bad.mid"), "no song").unwrap();
    let generate = |songs: &[&str]| {
        let mut command = drumlin();
        command.current_dir(workspace.folder.path()).arg("generate").args(songs);
        command.args(["--output-folder", "out"]).output().unwrap()
    };
    // Where there are no drums there is no folder for them.
    for songs in [&["bad.mid"][..], &["song.mid", "./song.mid"]] {
        assert!(!generate(songs).status.success() && !workspace.path("out").exists(), "{songs:?}");
    }
    let output = generate(&["song.mid", "bad.mid", "other.mid"]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("bad.mid") && error.contains("2 of 3 songs drummed to"), "{error}");
    assert!(error.contains("1 of 3 songs got no drums"), "{error}");
    let mut made: Vec<_> = fs::read_dir(workspace.path("out"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    made.sort();
    assert_eq!(made, ["other.mid", "song.mid"]);
    // The same as one by one.
    workspace.generate(&["--quiet"]).assert().success();
    let read = |name: &str| fs::read(workspace.path(name)).unwrap();
    assert!(read("drums.mid") == read("out/song.mid"));
    assert!(generate(&["song.mid", "other.mid"]).status.success());
    let error = String::from_utf8(generate(&["song.mid", "./song.mid"]).stderr).unwrap();
    assert!(error.contains("two outputs"), "{error}");
    // A folder of songs, without what a Mac leaves in it.
    fs::create_dir(workspace.path("songs")).unwrap();
    fs::copy(workspace.path("song.mid"), workspace.path("songs/one.mid")).unwrap();
    fs::write(workspace.path("songs/._one.mid"), "of a Mac").unwrap();
    let output = generate(&["songs"]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && error.contains("1 of 1 song drummed to"), "{error}");
    assert!(read("drums.mid") == read("out/one.mid"));
    fs::create_dir(workspace.path("empty")).unwrap();
    let error = String::from_utf8(generate(&["empty"]).stderr).unwrap();
    assert!(error.contains("no MIDI file in empty"), "{error}");
    // Without a folder there is one song.
    let mut command = drumlin();
    command.current_dir(workspace.folder.path());
    command.args(["generate", "song.mid", "other.mid", "-o", "drums.mid"]);
    assert!(wrong_usage(&mut command).contains("--output-folder"));
}
