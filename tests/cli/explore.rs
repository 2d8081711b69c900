//! `drumlin explore`.

use std::fs;
use std::path::Path;

use drumlin::midi;
use drumlin::patterns::{Pattern, medoid};
use drumlin::score::{Metre, MetreChange, Note, Song, TempoMap, Ticks, Track, TrackKind, Velocity};
use predicates::str::contains;
use serde_json::Value;
use tempfile::TempDir;

use super::{drumlin, failure};

/// A file of drums: (tick, key) at 480 ticks a quarter.
fn write(path: &Path, metre: (u8, u8), strokes: &[(u64, u8)]) {
    let notes = strokes.iter().map(|&(start, key)| Note {
        start: Ticks(start),
        length: Ticks(60),
        key,
        velocity: Velocity::clamped(100),
    });
    let metre = Metre::new(metre.0, metre.1).unwrap();
    let song = Song {
        tempo: TempoMap::new(480, []),
        metres: vec![MetreChange { at: Ticks(0), metre }],
        tracks: vec![Track {
            name: "Drums".into(),
            kind: TrackKind::Drums,
            notes: notes.collect(),
        }],
    };
    fs::write(path, midi::write(&song)).unwrap();
}

/// Bars of rock, as many as asked for, with a crash on the first.
fn rock(bars: u64) -> Vec<(u64, u8)> {
    let bar = |bar: u64| {
        let hats = (0..8).map(move |eighth| (bar * 1920 + eighth * 240, 42));
        hats.chain([0, 1200].map(move |at| (bar * 1920 + at, 36)))
            .chain([480, 1440].map(move |at| (bar * 1920 + at, 38)))
    };
    (0..bars).flat_map(bar).chain([(0, 49)]).collect()
}

/// A swung bar, twice.
fn swing() -> Vec<(u64, u8)> {
    let beat = |beat: u64| [(beat * 480, 51), (beat * 480 + 320, 51), (beat * 480, 44)];
    (0..8).flat_map(beat).collect()
}

fn pattern(path: &Path) -> Pattern {
    medoid(&midi::read(path).unwrap()).unwrap().pattern
}

fn json(command: &mut assert_cmd::Command) -> Vec<Value> {
    let output = command.arg("--json").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn new_grooves_are_written_and_the_same_seed_gives_the_same() {
    let folder = TempDir::new().unwrap();
    let bytes = |name: &str| {
        let to = folder.path().join(name);
        let mut command = drumlin();
        command.args(["explore", "--sample", "4", "--style", "funk", "--seed", "5", "-o"]);
        let found = json(command.arg(&to));
        assert_eq!(found.len(), 4);
        let patterns: Vec<Pattern> = found
            .iter()
            .map(|groove| {
                assert_eq!(groove["style"], "funk");
                pattern(Path::new(groove["file"].as_str().unwrap()))
            })
            .collect();
        assert!((1..4).all(|index| !patterns[..index].contains(&patterns[index])));
        (1..=4)
            .map(|n| fs::read(to.join(format!("sample {n:02}.mid"))).unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(bytes("one"), bytes("other"));
}

#[test]
fn new_grooves_near_one_keep_its_tempo_and_most_strokes() {
    let folder = TempDir::new().unwrap();
    let [a, to] = ["a.mid", "near"].map(|name| folder.path().join(name));
    write(&a, (4, 4), &rock(2));
    let mut command = drumlin();
    command.args(["explore", "--sample", "4", "--near"]).arg(&a).arg("-o").arg(&to);
    let found = json(&mut command);
    assert!(!found.is_empty());
    for groove in &found {
        // Of 25 strokes a tenth to a quarter.
        let distance = groove["distance"].as_u64().unwrap();
        assert!((3..=6).contains(&distance), "{distance}");
        assert_eq!(groove["tempo"], 120);
        let bytes = fs::read(groove["file"].as_str().unwrap()).unwrap();
        let metre = [0xFF, 0x58, 4, 4, 2];
        assert!(bytes.windows(5).any(|event| event == metre), "it says 4/4");
    }
}

#[test]
fn a_way_has_exact_ends_and_small_steps() {
    let folder = TempDir::new().unwrap();
    let [a, b, to] = ["a.mid", "b.mid", "way"].map(|name| folder.path().join(name));
    write(&a, (4, 4), &rock(2));
    let busy: Vec<(u64, u8)> =
        (0..32).map(|step| (step * 120, [36, 47, 38, 56][step as usize % 4])).collect();
    write(&b, (4, 4), &busy);
    let mut command = drumlin();
    command.args(["explore", "--steps", "16", "-o"]).arg(&to).arg("--between").args([&a, &b]);
    command.arg("--quiet").assert().success();
    let way: Vec<Pattern> =
        (0..=16).map(|step| pattern(&to.join(format!("step {step:02}.mid")))).collect();
    assert_eq!((way[0], way[16]), (pattern(&a), pattern(&b)));
    let whole = way[0].distance(&way[16]);
    assert!(way.windows(2).all(|pair| 8 * pair[0].distance(&pair[1]) <= whole));
}

#[test]
fn a_way_from_straight_to_triplets_has_small_steps() {
    let folder = TempDir::new().unwrap();
    let [a, b] = ["a.mid", "b.mid"].map(|name| folder.path().join(name));
    write(&a, (4, 4), &rock(2));
    write(&b, (4, 4), &swing());
    let mut command = drumlin();
    command.args(["explore", "--steps", "16", "--between"]).args([&a, &b]);
    let found = json(&mut command);
    let distances: Vec<u64> =
        found.iter().map(|groove| groove["distance"].as_u64().unwrap()).collect();
    let whole = pattern(&a).distance(&pattern(&b)) as u64;
    assert_eq!((distances.len(), distances[0], distances[16]), (17, 0, whole));
    assert!(
        distances.windows(2).all(|pair| pair[0] < pair[1] && 8 * (pair[1] - pair[0]) <= whole),
        "{distances:?}"
    );
    assert!(found[0]["grid"] == "straight" && found[16]["grid"] == "triplet");
}

#[test]
fn eighths_of_a_compound_metre_stay_eighths() {
    let folder = TempDir::new().unwrap();
    let [a, b, to] = ["a.mid", "b.mid", "way"].map(|name| folder.path().join(name));
    let hats = (0..24).map(|eighth| (240 * eighth, 42));
    let jig: Vec<(u64, u8)> = hats.chain((0..4).map(|bar| (1440 * bar, 36))).collect();
    write(&a, (6, 8), &jig);
    write(&b, (4, 4), &swing());
    let mut command = drumlin();
    command.args(["explore", "--steps", "2", "-o"]).arg(&to).arg("--between").args([&a, &b]);
    let found = json(&mut command);
    let metres: Vec<&str> = found.iter().map(|groove| groove["metre"].as_str().unwrap()).collect();
    assert_eq!(metres, ["6/8", "6/8", "4/4"]);
    let read = |step: usize| {
        let song = midi::read(&to.join(format!("step {step:02}.mid"))).unwrap();
        let last = song.drum_notes().map(|note| note.start).max().unwrap();
        (song.metres[0].metre, song.tempo.bpm(Ticks(0)).0, song.tempo.seconds(last).0)
    };
    let (metre, tempo, last) = read(0);
    assert_eq!((metre, tempo), (Metre::new(6, 8).unwrap(), 120.0));
    // The last of 24 eighths of a quarter of a second.
    assert!((last - 5.75).abs() < 0.1, "{last}");
    assert_eq!(pattern(&to.join("step 00.mid")), pattern(&a));
    assert_eq!((read(2).0, read(2).1), (Metre::COMMON, 120.0));
    // What is listed are beats, which are dotted in 6/8.
    let mut command = drumlin();
    command.args(["explore", "--steps", "2", "--between"]).args([&a, &b]);
    let listed = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let tempos: Vec<&str> = listed.lines().filter_map(|line| line.split(", ").nth(2)).collect();
    assert_eq!(tempos, ["80 bpm", "100 bpm", "120 bpm"], "{listed}");
    assert!(listed.lines().next().unwrap().contains(", 6/8"), "{listed}");
}

#[test]
fn a_groove_with_a_name_as_long_as_can_be_is_written() {
    let folder = TempDir::new().unwrap();
    let [own, a, to] = ["own", "a.mid", "near"].map(|name| folder.path().join(name));
    fs::create_dir(&own).unwrap();
    write(&a, (4, 4), &rock(2));
    write(&own.join(format!("{}.mid", "ä".repeat(125))), (4, 4), &rock(2));
    let mut command = drumlin();
    command.args(["explore", "--count", "3", "--near"]).arg(&a).arg("-o").arg(&to);
    let found = json(command.arg("--library").arg(&own));
    let mine = found.iter().find(|groove| groove["name"] == "ä".repeat(125)).unwrap();
    let file = Path::new(mine["file"].as_str().unwrap());
    assert!(file.file_name().unwrap().to_str().unwrap().ends_with("ä.mid") && file.is_file());
}

#[test]
fn what_is_near_is_listed_nearest_first() {
    let folder = TempDir::new().unwrap();
    let (own, a) = (folder.path().join("own"), folder.path().join("a.mid"));
    fs::create_dir(&own).unwrap();
    write(&a, (4, 4), &rock(40));
    write(&own.join("mine.mid"), (4, 4), &rock(2)[..25]);
    write(&own.join("swung.mid"), (4, 4), &swing());
    fs::write(own.join("broken.mid"), b"no song").unwrap();
    let picture = folder.path().join("map.png");
    let mut command = drumlin();
    command.args(["explore", "--count", "5", "--near"]).arg(&a);
    command.arg("--library").arg(&own).arg("--picture").arg(&picture);
    let found = json(&mut command);
    let distances: Vec<u64> =
        found.iter().map(|groove| groove["distance"].as_u64().unwrap()).collect();
    assert!(distances.len() == 5 && distances.is_sorted() && distances[0] <= 2, "{distances:?}");
    assert!(found.iter().any(|groove| groove["name"] == "mine"), "{found:?}");
    assert!(fs::read(&picture).unwrap().starts_with(b"\x89PNG"));
}

#[test]
fn what_is_no_groove_is_refused_in_a_sentence() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("groove.mid");
    let refused = |file: &Path| failure(drumlin().args(["explore", "--near"]).arg(file));
    write(&file, (4, 4), &[]);
    assert!(refused(&file).ends_with("no drum is struck"));
    write(&file, (7, 8), &[(0, 36), (840, 36)]);
    assert!(refused(&file).contains("in 7/8; a pattern is two bars of four beats"));
    write(&file, (4, 4), &[(0, 3), (480, 110)]);
    assert!(refused(&file).contains("no key that is struck is a drum"));
    fs::write(&file, b"MThd").unwrap();
    refused(&file);
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let line = failure(drumlin().args(["explore", "--sample", "1", "--library"]).arg(&empty));
    assert!(line.starts_with("no groove in") && line.ends_with("can be used"), "{line}");
    drumlin().arg("explore").assert().code(2);
    for (more, most) in [(["--sample", "0"], "10000"), (["--near=a.mid", "--count=0"], "1000")] {
        let needed = format!("a whole number from 1 to {most} is needed");
        drumlin().arg("explore").args(more).assert().code(2).stderr(contains(needed));
    }
    // What would change nothing is not taken in silence.
    for unused in [["--steps", "3"], ["--count", "3"]] {
        drumlin().args(["explore", "--sample", "1"]).args(unused).assert().code(2);
    }
    let unused = ["explore", "--sample", "1", "--count", "3", "--near"];
    drumlin().args(unused).arg(&file).assert().code(2);
}
