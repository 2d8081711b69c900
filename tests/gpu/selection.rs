//! What the program does with, without and with a broken GPU.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use super::fakes::{self, with_fakes};

fn drumlin() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_drumlin"));
    with_fakes(&mut command);
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What `drumlin devices` says of the GPU.
fn gpu(command: &mut Command) -> Value {
    let output = command.args(["devices", "--json"]).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", said(&output));
    let devices: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(devices[0]["used"] == true, devices[1]["usable"] == false);
    devices[1].clone()
}

fn why_not(command: &mut Command) -> String {
    let gpu = gpu(command);
    assert_eq!(gpu["usable"], false);
    gpu["what"].as_str().unwrap().strip_prefix("not usable: ").unwrap().to_owned()
}

/// A folder with copies of the fakes, to take some away.
fn copies() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in ["libcuda.so.1", "libcublas.so.12", "libcudnn.so.9"] {
        fs::copy(fakes::folder().join(file), folder.path().join(file)).unwrap();
    }
    folder
}

/// `drumlin generate` of a real song, its drums and its report.
struct Generated {
    output: Output,
    drums: Option<Vec<u8>>,
}

impl Generated {
    fn new(backend: &str, fake: &str) -> Generated {
        let folder = tempfile::tempdir().unwrap();
        let song = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/songs/jingle_bells.mid");
        let output = drumlin()
            .current_dir(folder.path())
            .arg("generate")
            .arg(song)
            .args(["-o", "drums.mid", "--json", "--alternatives", "2", "--backend", backend])
            .env("FAKE_CUDA", fake)
            .env("FAKE_CUDA_LOG", folder.path().join("log"))
            .output()
            .unwrap();
        let log = fs::read_to_string(folder.path().join("log")).unwrap_or_default();
        // Whatever happened, everything was given back.
        for line in log.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            assert_eq!(words[1], "0", "{} keeps something", words[0]);
        }
        Generated { output, drums: fs::read(folder.path().join("drums.mid")).ok() }
    }

    fn report(&self) -> Value {
        assert!(self.output.status.success(), "{}", said(&self.output));
        serde_json::from_slice(&self.output.stdout).unwrap()
    }
}

#[test]
fn a_gpu_that_works_is_found_and_used() {
    let gpu = gpu(&mut drumlin());
    assert_eq!((&gpu["usable"], &gpu["used"]), (&Value::Bool(true), &Value::Bool(true)));
    assert_eq!(gpu["what"], "Fake GPU, 8.0 GiB, by cuDNN");
    let libraries = gpu["libraries"].as_array().unwrap();
    assert_eq!(libraries[0], fakes::folder().join("libcuda.so.1").to_str().unwrap());
    assert_eq!(libraries.len(), 3);
}

#[test]
fn nvidias_wheels_are_found() {
    let folder = tempfile::tempdir().unwrap();
    for (package, file) in [
        ("nvidia/cuda_driver/lib", "libcuda.so.1"),
        ("nvidia/cublas/lib", "libcublas.so.12"),
        ("nvidia/cudnn/lib", "libcudnn.so.9"),
    ] {
        fs::create_dir_all(folder.path().join(package)).unwrap();
        fs::copy(fakes::folder().join(file), folder.path().join(package).join(file)).unwrap();
    }
    let gpu = gpu(drumlin().env("DRUMLIN_CUDA_PATH", folder.path()));
    assert_eq!(gpu["usable"], true, "{gpu}");
}

#[test]
fn cuda_13_is_taken_where_the_driver_serves_it() {
    let folder = copies();
    let newer = folder.path().join("libcublas.so.13");
    fs::rename(folder.path().join("libcublas.so.12"), &newer).unwrap();
    let mut command = drumlin();
    let here = command.env("DRUMLIN_CUDA_PATH", folder.path()).env("FAKE_CUDA", "cuda-13");
    let found = gpu(here);
    assert_eq!(found["libraries"][1], newer.to_str().unwrap());
    let mut command = drumlin();
    assert_eq!(
        why_not(command.env("DRUMLIN_CUDA_PATH", folder.path())),
        "cuBLAS was not found in DRUMLIN_CUDA_PATH (libcublas.so.12)"
    );
}

#[test]
fn what_is_missing_is_named() {
    let folder = copies();
    let here = |command: &mut Command| why_not(command.env("DRUMLIN_CUDA_PATH", folder.path()));
    // Not a library at all.
    fs::write(folder.path().join("libcudnn.so.9"), "nothing").unwrap();
    assert!(here(&mut drumlin()).starts_with("cannot open "));
    fs::remove_file(folder.path().join("libcudnn.so.9")).unwrap();
    assert_eq!(here(&mut drumlin()), "cuDNN 9 was not found in DRUMLIN_CUDA_PATH (libcudnn.so.9)");
    // Another library of that name.
    fs::copy(fakes::folder().join("libcublas.so.12"), folder.path().join("libcudnn.so.9")).unwrap();
    assert_eq!(here(&mut drumlin()), "cuDNN 9 has no cudnnCreate");
    fs::remove_file(folder.path().join("libcublas.so.12")).unwrap();
    assert_eq!(here(&mut drumlin()), "cuBLAS was not found in DRUMLIN_CUDA_PATH (libcublas.so.12)");
}

#[test]
fn a_library_hidden_by_the_systems_is_named() {
    // As NVIDIA builds it, known to the loader by its own name alone.
    let folder = copies();
    fakes::build(folder.path(), "cudnn", "libcudnn.so.9", "libcudnn.so.9");
    let system = tempfile::tempdir().unwrap();
    fs::copy(folder.path().join("libcudnn.so.9"), system.path().join("libcudnn.so")).unwrap();
    let mut command = drumlin();
    command.env("DRUMLIN_CUDA_PATH", folder.path()).env("LD_LIBRARY_PATH", system.path());
    let own = folder.path().join("libcudnn.so.9");
    assert_eq!(
        why_not(&mut command),
        format!(
            "the system's libcudnn.so would be taken in place of {}: unset DRUMLIN_CUDA_PATH",
            own.display()
        )
    );
}

#[test]
fn what_is_broken_is_named() {
    let with = |fake: &str| why_not(drumlin().env("FAKE_CUDA", fake));
    assert_eq!(with("no-device"), "there is no NVIDIA GPU");
    assert_eq!(with("old-driver"), "the NVIDIA driver serves CUDA 11, 12 or newer is needed");
    assert_eq!(with("no-context"), "the GPU has no memory left");
    assert_eq!(with("wrong"), "the GPU does not calculate what the processor does");
    assert_eq!(with("memory=3"), "the GPU has no memory left");
    assert!(with("lost=1").starts_with("the GPU failed (CUDA_ERROR_ILLEGAL_ADDRESS"));
}

#[test]
fn auto_takes_the_processor_without_a_word_where_there_is_no_gpu() {
    let expected = Generated::new("cpu", "");
    let report = expected.report();
    assert_eq!((&report["backend"], &report["backend_note"]), (&"cpu".into(), &Value::Null));
    let found = Generated::new("auto", "no-device");
    let report = found.report();
    assert_eq!(report["backend"], "cpu");
    assert_eq!(report["backend_note"], "there is no NVIDIA GPU");
    assert!(!said(&found.output).contains("GPU"));
    assert_eq!(found.drums, expected.drums);
}

#[test]
fn cuda_without_a_gpu_is_an_error() {
    let found = Generated::new("cuda", "no-device");
    assert_eq!(found.output.status.code(), Some(1));
    assert_eq!(said(&found.output), "drumlin: the GPU cannot be used: there is no NVIDIA GPU\n");
    assert_eq!(found.drums, None);
}

#[test]
fn a_gpu_that_breaks_on_the_way_is_replaced_by_the_processor() {
    let expected = Generated::new("cpu", "");
    let whole = Generated::new("cuda", "");
    let report = whole.report();
    assert_eq!((&report["backend"], &report["gpu"]), (&"cuda".into(), &"Fake GPU".into()));
    // At once, in the first network and in the last.
    for fake in ["lost=5", "lost=60", "memory=40", "lost=330"] {
        let found = Generated::new("cuda", fake);
        let report = found.report();
        assert_eq!(report["backend"], "cpu", "{fake}");
        let note = report["backend_note"].as_str().unwrap();
        assert!(note.starts_with("the GPU ") || note.starts_with("cu"), "{note}");
        let told = format!("{note}; the processor did the rest\n");
        assert!(said(&found.output).contains(&told), "{}", said(&found.output));
        // Where sums are rounded differently on the way, a stroke may change.
        let length = |drums: &Option<Vec<u8>>| drums.as_ref().unwrap().len();
        let (found, expected) = (length(&found.drums), length(&expected.drums));
        assert!(found.abs_diff(expected) * 50 < expected, "{fake}: {found} for {expected} bytes");
    }
}

#[test]
fn a_request_for_help_or_tracks_touches_no_library() {
    let song = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/songs/jingle_bells.mid");
    // Libraries that cannot be opened would be told of.
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    for arguments in [&["--help"][..], &["tracks", song.to_str().unwrap()]] {
        let output = drumlin().args(arguments).env("FAKE_CUDA_LOG", &log).output().unwrap();
        assert!(output.status.success());
    }
    assert!(!log.exists());
}
