//! Files damaged at random, as many as there is time for.

use std::path::Path;
use std::time::{Duration, Instant};

use rand::seq::IndexedRandom;
use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A file of this length takes milliseconds; the rest is for machines that do something else meanwhile.
const SLOW: Duration = Duration::from_secs(5);

/// A kind of file and its reader.
pub struct Format {
    /// How the names of its files end.
    pub name: &'static str,
    /// Files that are read.
    pub seeds: Vec<Vec<u8>>,
    /// What the reader looks for.
    pub words: &'static [&'static [u8]],
    /// Names of chunks, which a length follows.
    pub lengths_after: &'static [&'static [u8; 4]],
    /// Longer files are cut, so that many can be tried.
    pub longest: usize,
    /// Files that are damaged where no time is asked for.
    pub rounds: u64,
    /// Holds what is read to what the reader promises; whether anything could be read.
    pub check: fn(&[u8]) -> bool,
}

/// One step away from a file.
fn damage(bytes: &mut Vec<u8>, format: &Format, rng: &mut ChaCha8Rng) {
    if bytes.is_empty() {
        bytes.extend(format.words[0]);
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
            let word = format.words.choose(rng).unwrap().iter().copied();
            bytes.splice(at..at, word);
        }
        8 => {
            let word = format.words.choose(rng).unwrap();
            let end = (at + word.len()).min(bytes.len());
            bytes.splice(at..end, word.iter().copied());
        }
        // Lengths, which stand behind the names of chunks.
        9 => {
            let places = |bytes: &[u8]| -> Vec<usize> {
                let found = bytes.windows(4).enumerate();
                let heads =
                    found.filter(|(_, four)| format.lengths_after.iter().any(|tag| tag == four));
                heads.map(|(at, _)| at).collect()
            };
            if let Some(place) = places(bytes).choose(rng) {
                let to = (place + rng.random_range(4..12)).min(bytes.len() - 1);
                bytes[to] = bytes[to].wrapping_add(*[1, 255, 2, 128].choose(rng).unwrap());
            }
        }
        // The beginning of one file and the end of another.
        10 => {
            let other = format.seeds.choose(rng).unwrap();
            bytes.truncate(at);
            bytes.extend(&other[rng.random_range(0..other.len())..]);
        }
        _ => {
            let mut noise = vec![0; some];
            rng.fill_bytes(&mut noise);
            bytes.splice(at..at, noise);
        }
    }
    bytes.truncate(format.longest);
}

/// Checks a damaged file; what fails is kept. Whether it could be read.
fn attempt(format: &Format, bytes: &[u8], number: u64) -> bool {
    let begun = Instant::now();
    let result = std::panic::catch_unwind(|| (format.check)(bytes));
    let slow = begun.elapsed() > SLOW;
    match result {
        Ok(read) if !slow => read,
        result => {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/fuzz");
            std::fs::create_dir_all(&folder).unwrap();
            let path = folder.join(format!("{number}.{}", format.name));
            std::fs::write(&path, bytes).unwrap();
            let fault = if result.is_err() { "fails" } else { "takes too long" };
            panic!("{}: {fault}", path.display());
        }
    }
}

/// Damages the seeds, and what of them could still be read.
pub fn run(format: &Format) {
    let seconds = std::env::var("DRUMLIN_FUZZ_SECONDS").ok().map(|text| text.parse().unwrap());
    let until = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let rounds = format.rounds;
    let first = if until.is_some() { rand::rng().random_range(rounds..u64::MAX / 2) } else { 0 };
    let mut number = first;
    let mut read = 0;
    let seeds = format.seeds.len();
    for seed in format.seeds.iter().filter(|seed| seed.len() <= format.longest) {
        assert!((format.check)(seed), "a seed is read");
    }
    // What was damaged and could still be read is damaged further.
    let mut corpus = format.seeds.clone();
    loop {
        match until {
            Some(until) if Instant::now() > until => break,
            None if number == rounds => break,
            _ => {}
        }
        let mut rng = ChaCha8Rng::seed_from_u64(number);
        let mut bytes = corpus.choose(&mut rng).unwrap().clone();
        bytes.truncate(format.longest);
        for _ in 0..rng.random_range(1..=6) {
            damage(&mut bytes, format, &mut rng);
        }
        let is_read = attempt(format, &bytes, number);
        read += u64::from(is_read);
        if rng.random_range(0..4) == 0 && is_read {
            if corpus.len() < 4 * seeds {
                corpus.push(bytes);
            } else {
                let place = rng.random_range(seeds..corpus.len());
                corpus[place] = bytes;
            }
        }
        number += 1;
    }
    println!("{}: {} files, {read} of them read", format.name, number - first);
    assert!(number - first < 200 || read > 0, "some damaged files can still be read");
}
