//! Damages songs at random, reads them, and holds what is read to what the reader promises: for
//! compilers on which libFuzzer does not run, and for every change. The same seeds and numbers give the
//! same bytes.
//!
//! `DRUMLIN_FUZZ_SECONDS` lets it run on for so long, from another beginning each time; what fails is
//! left in `target/fuzz`.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use drumlin::midi::{MAX_BARS, MAX_HOURS, SongFile, parse, write};
use drumlin::score::{Note, Seconds, Song, Ticks, Velocity};
use rand::seq::IndexedRandom;
use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Songs that each test damages where no time is asked for.
const ROUNDS: u64 = 20_000;
/// Longer files are cut, so that many can be tried.
const LONGEST: usize = 8 << 10;
/// A file of this length takes milliseconds; the rest is for machines that do something else meanwhile.
const SLOW: Duration = Duration::from_secs(5);

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

/// One step away from a file.
fn damage(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], rng: &mut ChaCha8Rng) {
    if bytes.is_empty() {
        bytes.extend(WORDS[0]);
    }
    let at = rng.random_range(0..bytes.len());
    let some = rng.random_range(1..=bytes.len().min(64));
    match rng.random_range(0..12) {
        0 => bytes[at] = rng.random(),
        1 => bytes[at] ^= 1 << rng.random_range(0..8),
        2 => bytes[at] = *[0, 1, 0x7F, 0x80, 0xFF, 0xF0, 0xF7].choose(rng).unwrap(),
        3 => bytes.truncate(at),
        4 => drop(bytes.drain(at..(at + some).min(bytes.len()))),
        5 => {
            let copied = bytes[at..(at + some).min(bytes.len())].to_vec();
            let to = rng.random_range(0..=bytes.len());
            bytes.splice(to..to, copied);
        }
        6 | 7 => {
            let word = WORDS.choose(rng).unwrap().iter().copied();
            bytes.splice(at..at, word);
        }
        8 => {
            let word = WORDS.choose(rng).unwrap();
            let end = (at + word.len()).min(bytes.len());
            bytes.splice(at..end, word.iter().copied());
        }
        // Lengths and numbers of tracks.
        9 => {
            let places = |bytes: &[u8]| -> Vec<usize> {
                let found = bytes.windows(4).enumerate();
                let heads = found.filter(|(_, four)| *four == b"MTrk" || *four == b"MThd");
                heads.map(|(at, _)| at).collect()
            };
            if let Some(place) = places(bytes).choose(rng) {
                let to = (place + rng.random_range(4..12)).min(bytes.len() - 1);
                bytes[to] = bytes[to].wrapping_add(*[1, 255, 2, 128].choose(rng).unwrap());
            }
        }
        // The beginning of one file and the end of another.
        10 => {
            let other = seeds.choose(rng).unwrap();
            bytes.truncate(at);
            bytes.extend(&other[rng.random_range(0..other.len())..]);
        }
        _ => {
            let mut noise = vec![0; some];
            rng.fill_bytes(&mut noise);
            bytes.splice(at..at, noise);
        }
    }
    bytes.truncate(LONGEST);
}

/// What holds for any bytes.
fn check(bytes: &[u8]) {
    let Ok(file) = SongFile::parse(bytes.to_vec()) else { return };
    let song = file.song();
    assert!(song.bars().len() as u64 <= MAX_BARS);
    assert!(song.tempo.seconds(song.end()) <= Seconds(MAX_HOURS as f64 * 3600.0));
    let again = parse(&write(song)).expect("what was written is a song");
    assert_eq!(again.metres, song.metres_in_order());
    assert_eq!(again.tracks.len(), song.tracks.iter().filter(|t| !t.notes.is_empty()).count());
    let quarter = u64::from(song.ticks_per_quarter());
    let velocity = Velocity::clamped(99);
    let drums: Vec<Note> = (0..4)
        .map(|beat| Note { start: Ticks(beat * quarter), length: Ticks(1), key: 38, velocity })
        .collect();
    let merged = file.with_drums(&drums, Ticks(0));
    let again = SongFile::parse(merged.clone()).expect("what was merged is a song");
    assert!(again.repairs().is_empty(), "what was merged needs no mending");
    assert_eq!(again.song().metres, song.metres);
    assert_eq!(again.song().tempo, song.tempo);
    let melodic = |song: &Song| -> usize { song.melodic().map(|track| track.notes.len()).sum() };
    let (struck, before) = (again.song().drum_notes().count(), melodic(song));
    // Where nothing else says what is drums their look does, which may change with what is left.
    assert!(melodic(again.song()) + struck >= before, "notes are lost");
    if struck == drums.len() {
        assert_eq!(melodic(again.song()), before, "no melodic note is lost or made");
        assert!(again.with_drums(&drums, Ticks(0)) == merged, "merged again it is another file");
    }
}

/// Runs `check` on a damaged file; what fails is kept.
fn attempt(bytes: &[u8], number: u64) {
    let begun = Instant::now();
    let result = std::panic::catch_unwind(|| check(bytes));
    let slow = begun.elapsed() > SLOW;
    if result.is_err() || slow {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/fuzz");
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(format!("{number}.mid"));
        std::fs::write(&path, bytes).unwrap();
        panic!("{}: {}", path.display(), if slow { "takes too long" } else { "fails" });
    }
}

#[test]
fn damaged_files_are_read_or_refused() {
    let seeds = seeds();
    let seconds = std::env::var("DRUMLIN_FUZZ_SECONDS").ok().map(|text| text.parse().unwrap());
    let until = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let first = if until.is_some() { rand::rng().random_range(ROUNDS..u64::MAX / 2) } else { 0 };
    let mut number = first;
    // What was damaged and could still be read is damaged further.
    let mut corpus = seeds.clone();
    loop {
        match until {
            Some(until) if Instant::now() > until => break,
            None if number == ROUNDS => break,
            _ => {}
        }
        let mut rng = ChaCha8Rng::seed_from_u64(number);
        let mut bytes = corpus.choose(&mut rng).unwrap().clone();
        bytes.truncate(LONGEST);
        for _ in 0..rng.random_range(1..=6) {
            damage(&mut bytes, &seeds, &mut rng);
        }
        attempt(&bytes, number);
        if rng.random_range(0..4) == 0 && SongFile::parse(bytes.clone()).is_ok() {
            if corpus.len() < 4 * seeds.len() {
                corpus.push(bytes);
            } else {
                let place = rng.random_range(seeds.len()..corpus.len());
                corpus[place] = bytes;
            }
        }
        number += 1;
    }
    println!("{} files", number - first);
}
