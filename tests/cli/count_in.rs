//! `drumlin generate --count-in`.

use std::fs;
use std::path::Path;

use drumlin::midi;
use drumlin::score::{Note, Ticks};
use predicates::prelude::*;
use predicates::str::contains;

use super::generate::Workspace;

#[test]
fn a_count_in_comes_before_what_is_played_without_one() {
    let melody = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/melodies/rock.mid");
    let workspace = Workspace::new(&fs::read(melody).unwrap());
    let bar = workspace.song("song.mid").bars().bars()[0].length;
    let made = |more: &[&str]| {
        workspace.generate(more).assert().success();
        let song = workspace.song("drums.mid");
        let notes = song.drum_notes().copied();
        let (before, behind): (Vec<Note>, Vec<Note>) = notes.partition(|note| note.start < bar);
        (before, behind, song.melodic().next().map(|track| track.notes[0].start))
    };
    let (first, rest, _) = made(&[]);
    let plain: Vec<Note> =
        first.iter().chain(&rest).map(|note| Note { start: note.start + bar, ..*note }).collect();
    for kind in ["sticks", "fill"] {
        let (before, behind, melody) = made(&["--count-in", kind, "--merge"]);
        assert_eq!(behind, plain, "{kind}");
        assert_eq!(melody, Some(bar), "{kind}");
        let loudest = before.iter().map(|note| note.velocity.get()).max();
        assert!(before.len() >= 2 && loudest == Some(95), "{kind}");
        if kind == "sticks" {
            assert!(before.iter().all(|note| note.key == 37 && note.velocity.get() == 95));
            assert_eq!(before.len(), 4);
        }
    }
}

/// The sticks that count in, and where the melody begins, in quarters.
fn counted(workspace: &Workspace, more: &[&str]) -> (Vec<f64>, f64) {
    workspace.generate(&[more, &["--merge"]].concat()).assert().success();
    let song = workspace.song("drums.mid");
    let quarters = |at: Ticks| at.0 as f64 / f64::from(song.ticks_per_quarter());
    let melody = song.melodic().next().unwrap().notes[0].start;
    let drums = song.drum_notes().map(|note| quarters(note.start));
    (drums.filter(|at| *at < quarters(melody) - 0.02).collect(), quarters(melody))
}

#[test]
fn an_upbeat_is_counted_in_by_a_whole_bar_and_the_rest_of_its_own() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/melodies");
    let beats: Vec<f64> = (0..7i32).map(f64::from).collect();
    for (name, more) in [("rock.mid", &["--pickup", "1"][..]), ("pick_up.mid", &[])] {
        let workspace = Workspace::new(&fs::read(folder.join(name)).unwrap());
        let (sticks, melody) = counted(&workspace, &[more, &["--count-in", "sticks"]].concat());
        assert_eq!((&sticks, melody), (&beats, 7.0), "{name}");
        workspace.generate(&[more, &["--count-in", "sticks"]].concat()).assert().success();
        let drums = workspace.song("drums.mid");
        let bar = Ticks(4 * u64::from(drums.ticks_per_quarter()));
        assert!(drums.bars().bars().iter().all(|bar_of| bar_of.length == bar), "{name}");
    }
    // A fill takes the rest of that bar alone.
    let workspace = Workspace::new(&fs::read(folder.join("rock.mid")).unwrap());
    let (fill, melody) = counted(&workspace, &["--pickup", "1", "--count-in", "fill"]);
    assert!(fill.len() >= 2 && melody == 3.0, "{fill:?} {melody}");
}

#[test]
fn what_is_followed_is_counted_in_at_its_own_tempo() {
    // Three 32nds of a beat behind the file's beats throughout.
    let melody = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/melodies/rock.mid");
    let mut song = midi::read(&melody).unwrap();
    let late = u64::from(song.ticks_per_quarter()) * 3 / 32;
    for note in song.tracks.iter_mut().flat_map(|track| &mut track.notes) {
        note.start = Ticks(note.start.0 + late);
    }
    let workspace = Workspace::new(&midi::write(&song));
    let (sticks, melody) = counted(&workspace, &["--count-in", "sticks"]);
    assert!((melody - 4.0 - 3.0 / 32.0).abs() < 0.01, "{melody}");
    assert_eq!(sticks.len(), 4);
    for (at, beat) in sticks.iter().zip((1..=4i32).rev()) {
        assert!((melody - at - f64::from(beat)).abs() < 0.02, "{sticks:?} before {melody}");
    }
    let said = workspace.generate(&["--count-in", "sticks"]).assert().success();
    said.stderr(contains("behind the file's beats").and(contains("counted in").not()));
}

#[test]
fn a_fill_leads_to_the_first_stroke_wherever_in_the_bar_that_is() {
    let melody = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/melodies/rock.mid");
    let song = midi::read(&melody).unwrap();
    let quarter = f64::from(song.ticks_per_quarter());
    // Where the song begins, in quarters, and the bar that is put before it.
    for (begins, moved) in [(0.5, 4.0), (1.5, 4.0), (16.125, 0.0), (17.0, 0.0)] {
        let mut late = song.clone();
        for note in late.tracks.iter_mut().flat_map(|track| &mut track.notes) {
            note.start += Ticks((begins * quarter) as u64);
        }
        let workspace = Workspace::new(&midi::write(&late));
        let (fill, melody) = counted(&workspace, &["--keep-bars", "--count-in", "fill"]);
        assert_eq!(melody, begins + moved);
        let [first, .., last] = fill[..] else { panic!("no fill ahead of {begins}: {fill:?}") };
        assert!(melody - first <= 4.0 && melody - last < 0.8, "{fill:?} ahead of {melody}");
    }
}
