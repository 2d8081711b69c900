//! Instances that come and go, in a process of their own: what they leave behind can be counted
//! there. Linux only, for `/proc`.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use hosts::clap::{self, Clap};
use hosts::session::Session;
use hosts::{BoxError, Hosted, library};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const RATE: f64 = 48_000.0;
/// Eight bars of 4/4.
const BEATS: f64 = 32.0;
/// How many instances come and go in one round.
const INSTANCES: usize = 50;
/// How many of them are there at once, at most.
const AT_ONCE: usize = 12;
/// What a round may leave in memory, in bytes: allocators keep some of what is freed.
const KEPT: usize = 48 << 20;
/// What a scan may leave in memory of its own, in bytes: hosts scan all that is there when they
/// start. The networks, the SoundFont and the fonts take tens of millions once they are read.
const SCANNED: usize = 256 << 10;

/// One test at a time: they count what the process has.
static ALONE: Mutex<()> = Mutex::new(());

fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

/// Memory in use, in bytes.
fn resident() -> usize {
    status("VmRSS:")
}

/// That of it which is not the contents of files.
fn written() -> usize {
    status("RssAnon:")
}

fn status(entry: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(entry)).unwrap();
    let kilobytes: usize = line.split_whitespace().next().unwrap().parse().unwrap();
    kilobytes * 1024
}

fn project() -> Result<Session<Clap>, BoxError> {
    let song = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/songs/workout.mid");
    Session::new(Clap::new(&library(), "Drumlin", RATE, 512)?, &song, BEATS, RATE)
}

/// A state with a song that was heard, to be drummed to.
fn heard() -> Result<Vec<u8>, BoxError> {
    let mut session = project()?;
    session.block(512)?;
    session.play(0.0);
    session.run(BEATS)?;
    session.stop()?;
    session.generate()?;
    session.plugin.save()
}

/// Instances are made at random, asked for drums, and removed at random while they work.
fn round(state: &[u8], rng: &mut ChaCha8Rng) -> Result<(), BoxError> {
    let mut there: Vec<Session<Clap>> = Vec::new();
    let mut made = 0;
    while made < INSTANCES || !there.is_empty() {
        if made < INSTANCES && there.len() < AT_ONCE && (there.is_empty() || rng.random_bool(0.5)) {
            let mut session = project()?;
            session.plugin.load(state)?;
            session.plugin.set("Generate", 1.0)?;
            session.play(0.0);
            session.block(512)?;
            there.push(session);
            made += 1;
        } else {
            there.swap_remove(rng.random_range(0..there.len()));
        }
        for session in &mut there {
            session.block(rng.random_range(1..=512))?;
        }
        std::thread::sleep(Duration::from_millis(rng.random_range(0..60)));
    }
    Ok(())
}

#[test]
fn instances_leave_nothing_behind() {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let state = heard().unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(50);
    let before = threads();
    round(&state, &mut rng).unwrap();
    let (after, first) = (threads(), resident());
    assert_eq!(after, before, "threads are left");
    round(&state, &mut rng).unwrap();
    let second = resident();
    println!("{before} threads, {} and {} MiB after each round", first >> 20, second >> 20);
    assert_eq!(threads(), before, "threads are left");
    assert!(
        second < first + KEPT,
        "{first} bytes after the first round, {second} after the second"
    );
}

/// How often this process has read from a file so far, as the system counts.
fn reads() -> usize {
    let counts = fs::read_to_string("/proc/self/io").unwrap();
    let count = counts.lines().find_map(|line| line.strip_prefix("syscr: ")).unwrap();
    count.parse().unwrap()
}

/// Once the library is there, a scan reads no file, starts no thread and unpacks nothing.
#[test]
fn a_scan_does_nothing_but_tell_names() {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    // A copy: this process may have loaded the library before, and told its names.
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("scanned.clap");
    fs::copy(library(), &copy).unwrap();
    let threads_before = threads();
    // SAFETY: the library is one that was built just now.
    let loaded = unsafe { libloading::Library::new(&copy) }.unwrap();
    // Fewer there may be: that of the test before this one ends by itself.
    assert!(threads() <= threads_before, "the library starts threads by itself");
    // What counting costs is counted first.
    let counting = (written(), reads());
    let before = (written(), reads());
    let names = clap::names(&copy).unwrap();
    let after = (written(), reads());
    assert_eq!(names, ["Drumlin", "Drumlin FX"]);
    assert_eq!(after.1 - before.1, before.1 - counting.1, "a scan has read from files");
    assert!(threads() <= threads_before, "threads are left of a scan");
    let grown = after.0.saturating_sub(before.0);
    println!("a scan takes {} KiB of memory", grown >> 10);
    assert!(grown < SCANNED, "{grown} bytes");
    drop(loaded);
}
