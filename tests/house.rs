//! The rule of the house: a module imports only from floors below its own. See
//! `docs/architecture.md`.

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms of each floor, from the ground up. A new folder of `src` has to find its floor here.
const FLOORS: [&[&str]; 7] = [
    &["score"],
    &["midi", "audio", "analysis", "network", "files"],
    &["drummer"],
    &["studio"],
    &["parameters"],
    &["editor"],
    &["plugin", "cli"],
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn floor_of(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The rooms that a piece of code names: what follows `crate::`.
fn rooms_named(code: &str) -> impl Iterator<Item = &str> {
    code.split("crate::")
        .skip(1)
        .filter_map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next())
}

#[test]
fn modules_import_only_from_floors_below() {
    let mut files = Vec::new();
    for room in fs::read_dir(source()).unwrap().map(|entry| entry.unwrap().path()) {
        if room.is_dir() {
            let name = room.file_name().unwrap().to_str().unwrap();
            assert!(floor_of(name).is_some(), "src/{name} has no floor in this test");
            rust_files(&room, &mut files);
        }
    }
    let mut wrong = Vec::new();
    for file in files {
        let inside = file.strip_prefix(source()).unwrap();
        let room = inside.iter().next().unwrap().to_str().unwrap();
        // What is a test may look anywhere.
        if inside.iter().any(|part| part == "tests" || part == "tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        // What a comment points to is not imported.
        let code: Vec<&str> =
            code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let code = code.join("\n");
        for other in rooms_named(&code).filter(|&other| other != room) {
            if floor_of(other).is_some_and(|floor| Some(floor) >= floor_of(room)) {
                wrong.push(format!("src/{} names crate::{other}", inside.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
