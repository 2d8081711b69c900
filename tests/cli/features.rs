//! `drumlin features`.

use std::fs;
use std::path::{Path, PathBuf};

use predicates::str::contains;

use super::files::write_wav;
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
    for what in ["songs", "groove", "strokes", "clips"] {
        let mut command = drumlin();
        command.args(["features", what, "--data", "no such folder", "--out"]);
        let line = failure(command.arg(out.path().join("made")));
        assert!(line.contains("no such folder") && line.contains("No such file"), "{line}");
    }
    let empty = tempfile::tempdir().unwrap();
    for what in ["songs", "melodies"] {
        let mut command = drumlin();
        command.args(["features", what, "--out"]).arg(out.path().join("made"));
        let line = failure(command.arg("--data").arg(empty.path()));
        assert_eq!(line, format!("there is no MIDI file in {}", empty.path().display()));
    }
    assert!(names(out.path()).is_empty());
}

#[test]
fn hidden_files_are_no_songs_and_songs_of_one_name_are_said() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["anthem.mid", "anthem.midi"] {
        fs::copy(songs().join("anthem.mid"), folder.path().join(name)).unwrap();
    }
    fs::create_dir(folder.path().join("__old")).unwrap();
    fs::write(folder.path().join("__old/._anthem.mid"), "of a Mac").unwrap();
    for (what, made) in [("songs", "anthem@0.safetensors"), ("melodies", "anthem.safetensors")] {
        let out = tempfile::tempdir().unwrap();
        let mut command = drumlin();
        command.args(["features", what, "--data"]).arg(folder.path()).arg("--out").arg(out.path());
        if what == "songs" {
            command.arg("--symbolic");
        }
        command
            .assert()
            .success()
            .stderr("left out: anthem.midi: anthem.mid is written under the same name\n");
        assert_eq!(names(out.path()), [made]);
    }
}

#[test]
fn strokes_become_power_and_power_becomes_onsets() {
    let folder = tempfile::tempdir().unwrap();
    let tick = |at: usize| if at % 22_050 < 600 { 0.5 } else { 0.0 };
    // Half a second of silence before.
    let samples = (0..88_200).map(|at| if at < 22_050 { 0.0 } else { tick(at) });
    write_wav(&folder.path().join("ticks.wav"), samples, 44_100, 1);
    fs::write(folder.path().join("notes.txt"), "no clip").unwrap();
    fs::write(folder.path().join("noise.wav"), "this is no music").unwrap();
    let made = tempfile::tempdir().unwrap();
    let (power, onsets) = (made.path().join("power"), made.path().join("onsets"));
    for (what, data, out, said) in [
        ("strokes", folder.path(), &power, "1 recording\n"),
        ("clips", power.as_path(), &onsets, "1 clip\n"),
    ] {
        let mut command = drumlin();
        command.args(["features", what, "--data"]).arg(data).arg("--out").arg(out);
        command.assert().success().stdout("").stderr(contains(said));
    }
    let table = |path: &Path| -> Vec<[f32; 9]> {
        let bytes = fs::read(path).unwrap();
        let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(tensors.names(), ["ticks"]);
        let tensor = tensors.tensor("ticks").unwrap();
        assert_eq!(tensor.shape(), [171, 9]);
        let number = |bytes: &[u8]| f32::from_le_bytes(bytes.try_into().unwrap());
        let numbers: Vec<f32> = tensor.data().chunks(4).map(number).collect();
        numbers.chunks(9).map(|row| row.try_into().unwrap()).collect()
    };
    let sum = |row: &[f32; 9]| row.iter().sum::<f32>();
    let (power, rises) = (table(&power), table(&onsets));
    // Half a second is 43 frames of 512 samples.
    assert!(power[..40].iter().all(|row| sum(row) == 0.0));
    let first = rises.iter().position(|row| sum(row) > 1.0).unwrap();
    assert!((41..=43).contains(&first), "{first}");
}

#[test]
fn what_is_no_table_of_power_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (folder.path().join("data"), folder.path().join("out"));
    let numbers = [0u8; 32];
    let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, vec![1, 8], &numbers);
    let of_eight_bands = safetensors::serialize([("clip", view.unwrap())], None).unwrap();
    for bytes in [&b"no table"[..], &of_eight_bands] {
        fs::write(&data, bytes).unwrap();
        let mut command = drumlin();
        command.args(["features", "clips", "--data"]).arg(&data).arg("--out").arg(&out);
        let line = failure(&mut command);
        assert!(line.contains("is no table of power in 9 bands"), "{line}");
        assert!(!out.exists());
    }
}
