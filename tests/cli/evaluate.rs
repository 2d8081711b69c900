//! `drumlin evaluate`.

use std::fs;
use std::path::{Path, PathBuf};

use predicates::prelude::*;
use predicates::str::contains;

use super::{drumlin, failure, files};

fn songs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/songs")
}

#[test]
fn real_drums_compared_with_themselves_are_perfect() {
    let output = drumlin()
        .args(["evaluate", "--json"])
        .arg(songs())
        .arg("--generated")
        .arg(songs())
        .output()
        .unwrap();
    assert!(output.status.success());
    let evaluation: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(evaluation["mean"]["f1_all"], 1.0);
    // Of the songs there two have drums of their own.
    assert_eq!(evaluation["songs"].as_array().unwrap().len(), 2);
    assert_eq!(evaluation["senses"].as_array().unwrap().len(), 2);
    assert!(evaluation["mean_sense"]["dyn"].is_number());
}

#[test]
fn drums_made_now_are_scored_against_the_real_ones() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(songs().join("anthem.mid"), folder.path().join("anthem.mid")).unwrap();
    fs::write(folder.path().join("only drums.mid"), files::file(&[files::notes("Kit", 9, 0, 8)]))
        .unwrap();
    for name in ["._anthem.mid", ".DS_Store"] {
        fs::write(folder.path().join(name), "of a Mac").unwrap();
    }
    drumlin()
        .arg("evaluate")
        .arg(folder.path())
        .assert()
        .success()
        .stdout(contains("f1_all").and(contains("\nanthem ")).and(contains("overlap")))
        .stdout(contains("hands3").and(contains("quiet")))
        .stderr(contains("left out").and(contains("only drums.mid")).and(contains("._").not()));
    let mut compared = drumlin();
    compared.arg("evaluate").arg(folder.path()).arg("--generated").arg(folder.path());
    compared.assert().success().stderr(contains("._").not());
}

/// What was played can be heard, and compared again.
#[test]
fn drums_that_were_scored_are_written() {
    let around = tempfile::tempdir().unwrap();
    let [originals, parts] = ["songs", "parts"].map(|name| around.path().join(name));
    fs::create_dir(&originals).unwrap();
    fs::copy(songs().join("anthem.mid"), originals.join("anthem.mid")).unwrap();
    let mean = |options: &[&str], folder: &Path| {
        let mut command = drumlin();
        command.arg("evaluate").arg(&originals).arg("--json").args(options).arg(folder);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let evaluation: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        evaluation["mean"].clone()
    };
    let played = mean(&["--lead", "--output-folder"], &parts);
    assert_eq!(mean(&["--generated"], &parts)["f1_all"], played["f1_all"]);
    // The songs themselves are not written over.
    let before = fs::read(originals.join("anthem.mid")).unwrap();
    let mut command = drumlin();
    command.arg("evaluate").arg(&originals).arg("--output-folder").arg(&originals);
    command.assert().failure().stdout("").stderr(contains("anthem.mid"));
    assert_eq!(fs::read(originals.join("anthem.mid")).unwrap(), before);
}

#[test]
fn options_without_effect_are_wrong_usage() {
    for (more, why) in [
        (&["--follow", "0.2"][..], "--own-bar"),
        (&["--keep", "3"], "--candidates"),
        (&["--candidates", "3", "--keep", "4"], "more than the 3"),
        (&["--seed", "-1"], "a whole number from 0 to"),
        (&["--melody", "--candidates", "3"], "cannot be used with"),
        (&["--output-folder", "x", "--generated", "y"], "cannot be used with"),
    ] {
        let mut command = drumlin();
        command.args(["evaluate", "no such folder"]).args(more);
        command.assert().code(2).stdout("").stderr(contains(why));
    }
}

/// The scores of one song of several tracks with drums of its own.
fn scores(options: &[&str]) -> serde_json::Value {
    let folder = tempfile::tempdir().unwrap();
    let song = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/quality/a_memory_away.mid");
    fs::copy(song, folder.path().join("song.mid")).unwrap();
    let output =
        drumlin().arg("evaluate").arg(folder.path()).arg("--json").args(options).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut evaluation: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    evaluation["mean"].take()
}

#[test]
fn what_is_heard_and_asked_for_is_chosen() {
    let value = |scores: &serde_json::Value, name: &str| scores[name].as_f64().unwrap();
    let usual = scores(&[]);
    let lead = scores(&["--lead"]);
    assert_ne!(lead, usual);
    assert_eq!(scores(&["--lead", "--alternatives", "1"]), lead);
    let asked = scores(&["--own-densities"]);
    assert!(value(&asked, "cls_lr") < value(&usual, "cls_lr"), "{asked} {usual}");
    // The first alternative is what would have been played alone.
    let best = scores(&["--alternatives", "4"]);
    assert!(value(&best, "f1_all") >= value(&usual, "f1_all"), "{best} {usual}");
    let both = ["evaluate", ".", "--generated", ".", "--lead"];
    drumlin().args(both).assert().code(2).stderr(contains("--lead"));
}

#[test]
fn folders_with_nothing_to_compare_get_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let line = failure(drumlin().args(["evaluate", "no such folder"]));
    assert!(line.contains("folder no such folder"), "{line}");
    let line = failure(drumlin().arg("evaluate").arg(folder.path()));
    assert!(line.contains("no song in"), "{line}");
    let line =
        failure(drumlin().arg("evaluate").arg(songs()).arg("--generated").arg(folder.path()));
    assert!(line.contains("no MIDI file of the same name"), "{line}");
}
