//! Songs of many hundred bars: time and memory do not grow with the square of their length, and what
//! repeats is played alike from one end to the other.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use drumlin::midi;
use drumlin::score::{Note, Song, Ticks};

use super::drumlin;

/// Memory that a program with a song of 936 bars may use, in MiB. It was 307 when this was written, and
/// 1,042 while all bars were compared with each other.
const MOST_MEMORY: f64 = 400.0;

/// A song of 72 bars again and again, until there are so many.
fn long_song(bars: usize) -> (Song, usize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/songs/town.mid");
    let mut song = midi::read(&path).unwrap();
    let grid = song.bars();
    let length = grid.bars()[grid.len() - 1].end();
    let bar = grid.bars()[0].length;
    for track in &mut song.tracks {
        let once = track.notes.clone();
        track.notes.clear();
        for pass in 0..bars.div_ceil(grid.len()) as u64 {
            let later = Ticks(length.0 * pass);
            let moved = once.iter().map(|note| Note { start: note.start + later, ..*note });
            track.notes.extend(moved.filter(|note| note.start.0 < bar.0 * bars as u64));
        }
    }
    (song, grid.len())
}

#[test]
fn a_song_of_hundreds_of_bars_takes_little_memory_and_is_played_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let (song, period) = long_song(936);
    fs::write(folder.path().join("song.mid"), midi::write(&song)).unwrap();
    let output = drumlin()
        .current_dir(folder.path())
        .args(["generate", "song.mid", "-o", "drums.mid", "--keep-bars", "--backend", "cpu"])
        .args(["--json", "--quiet", "--fill-amount", "0"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["song"]["bars"], 936);
    if let Some(peak) = report["peak_memory_mib"].as_f64() {
        println!("{peak} MiB");
        assert!(peak < MOST_MEMORY, "{peak} MiB");
    }

    // Kick and snare of every pass, by sixteenths: passes are heard in different windows.
    let drums = midi::read(&folder.path().join("drums.mid")).unwrap();
    let sixteenth = f64::from(drums.ticks_per_quarter()) / 4.0;
    let pass = period * 16;
    let mut passes = vec![BTreeSet::new(); 936 / period];
    for note in drums.drum_notes().filter(|note| matches!(note.key, 35 | 36 | 38 | 40)) {
        let step = (note.start.0 as f64 / sixteenth).round() as usize;
        if let Some(found) = passes.get_mut(step / pass) {
            found.insert((step % pass, note.key));
        }
    }
    for (number, found) in passes.iter().enumerate() {
        let both = found.intersection(&passes[0]).count();
        let alike = 2.0 * both as f64 / (found.len() + passes[0].len()) as f64;
        println!("pass {}: {alike:.3} of the first", number + 1);
        assert!(alike > 0.7, "pass {}: {alike:.3} of the first", number + 1);
    }
}

#[test]
fn more_than_a_thousand_bars_are_played_to() {
    let folder = tempfile::tempdir().unwrap();
    let (song, _) = long_song(1300);
    fs::write(folder.path().join("song.mid"), midi::write(&song)).unwrap();
    let generate = || {
        let mut command = drumlin();
        command.current_dir(folder.path());
        command.args(["generate", "song.mid", "-o", "drums.mid", "--keep-bars"]);
        command
    };
    let output = generate().output().unwrap();
    assert!(output.status.success());
    // Not a terminal full of sections.
    assert!(String::from_utf8_lossy(&output.stderr).contains("more"));
    let drums = midi::read(&folder.path().join("drums.mid")).unwrap();
    let last = drums.drum_notes().map(|note| note.start).max().unwrap();
    assert!(song.bars().bar_at(last).unwrap().0 > 1290);
}
