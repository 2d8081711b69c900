//! MIDI files.

use std::path::{Path, PathBuf};

use super::checks;
use super::damage::{Format, run};

/// What readers look for in files of other programs.
const WORDS: [&[u8]; 26] = [
    b"MThd\0\0\0\x06\0\x01\0\x02\x01\xE0",
    b"MTrk",
    b"MTrk\0\0\0\x04\0\xFF\x2F\0",
    b"RIFF\0\0\x10\0RMIDdata\0\0\x10\0",
    b"\0\xFF\x2F\0",
    b"\0\xFF\x51\x03\x07\xA1\x20",
    b"\0\xFF\x51\x03\0\0\0",
    b"\0\xFF\x51\x03\xFF\xFF\xFF",
    b"\0\xFF\x58\x04\x04\x02\x18\x08",
    b"\0\xFF\x58\x02\x03\x02",
    b"\0\xFF\x58\x04\x01\x06\x18\x08",
    b"\0\xFF\x03\x05Drums",
    b"\0\xFF\x03\x06\x83\x81\x83\x8D\x83\x66",
    b"\0\xFF\x21\x01\x01",
    b"\0\xF0\x05\x7E\x7F\x09\x01\xF7",
    b"\0\xF0\x0A\x41\x10\x42\x12\x40\x1A\x15\x01\x10\xF7",
    b"\0\xF0\x08\x43\x10\x4C\0\0\x7E\0\xF7",
    b"\0\xF7\x02\x90\x3C",
    b"\0\x99\x26\x64\x10\x89\x26\0",
    b"\0\xB9\0\x78\0\xC9\0",
    b"\0\xB3\0\x7F\0\xC3\0",
    b"\0\x90\x3C\x64\0\x80\x3C\0\0\x90\x3C\x50",
    b"\0\xB0\x7B\0",
    b"\xFF\xFF\xFF\x7F\x90\x3C\x64",
    b"\xFF\xFF\xFF\xFF\xFF",
    b"\xF4\xF8\xFE",
];

fn seeds() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<PathBuf> = ["fuzz/seeds/midi", "tests/songs"]
        .iter()
        .flat_map(|folder| std::fs::read_dir(root.join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "mid"))
        .collect();
    paths.sort();
    let files: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
    assert!(files.len() > 20, "the seeds are there");
    files
}

#[test]
fn damaged_files_are_read_or_refused() {
    let words = &WORDS;
    run(&Format {
        name: "mid",
        seeds: seeds(),
        words,
        lengths_after: &[b"MTrk", b"MThd"],
        longest: 8 << 10,
        rounds: 4_500,
        check: checks::midi::check,
    });
}
