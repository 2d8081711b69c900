//! `drumlin features`.

use std::fs;
use std::path::{Path, PathBuf};

use predicates::str::contains;

use super::{drumlin, failure};

fn songs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/songs")
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn songs_in_a_list_become_examples() {
    let out = tempfile::tempdir().unwrap();
    let mut command = drumlin();
    command.args(["features", "songs", "--symbolic", "--views", "2", "--list", "-", "--data"]);
    command.arg(songs()).arg("--out").arg(out.path());
    command
        .write_stdin("anthem.mid\n\nno such song.mid\n")
        .assert()
        .success()
        .stdout("")
        .stderr(contains("no such song.mid"));
    assert_eq!(names(out.path()), ["anthem@0.safetensors", "anthem@1.safetensors"]);
    let bytes = fs::read(out.path().join("anthem@0.safetensors")).unwrap();
    let example = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert!(example.tensor("pairs").is_ok());
}

#[test]
fn data_that_is_not_there_is_named() {
    let out = tempfile::tempdir().unwrap();
    for what in ["songs", "groove"] {
        let mut command = drumlin();
        command.args(["features", what, "--data", "no such folder", "--out"]);
        let line = failure(command.arg(out.path().join("made")));
        assert!(line.contains("no such folder") && line.contains("No such file"), "{line}");
    }
    assert!(names(out.path()).is_empty());
}
