//! `drumlin tab`, and tabs as grooves.

use std::fs;

use predicates::str::contains;

use super::generate::Workspace;
use super::{drumlin, failure, files};

/// A bar of drums that nobody plays by chance.
const TAB: &str = "RD x-x-x-x-x-x-x-x- | SD ------o--------- | BD o--o------------";

#[test]
fn a_typed_groove_is_played_and_written_as_it_was_typed() {
    let workspace = Workspace::new(&files::small_song());
    workspace.generate(&["--groove", TAB, "--follow", "0"]).assert().success();
    let drums = workspace.path("drums.mid");
    let mut command = drumlin();
    let text = command.arg("tab").arg(&drums).args(["--bars", "2-3"]).output().unwrap().stdout;
    let text = String::from_utf8(text).unwrap();
    let rows: Vec<&str> = text.lines().collect();
    assert_eq!(rows[0], "# bars 2 to 3, 4/4");
    let bare = |row: &str| row.to_lowercase().replace(['|', ' '], "");
    let twice = |row: &str| {
        let (sign, bar) = row.split_once(' ').unwrap();
        bare(&format!("{sign}{bar}{bar}"))
    };
    let typed: Vec<String> = TAB.split(" | ").map(twice).collect();
    let found: Vec<String> = rows[1..].iter().map(|row| bare(row)).collect();
    assert_eq!(found, typed, "{text}");

    // What was written is a groove again.
    fs::write(workspace.path("beat.txt"), &text).unwrap();
    workspace
        .generate(&["--groove", "beat.txt", "--section-groove", "A=beat.txt"])
        .assert()
        .success();
}

#[test]
fn what_is_no_tab_and_bars_that_are_not_there_get_a_sentence() {
    let workspace = Workspace::new(&files::small_song());
    let line = failure(&mut workspace.generate(&["--groove", "HH x-x- | XY x---"]));
    assert!(line.contains("cannot play this groove: \"XY\" is no drum"), "{line}");
    fs::write(workspace.path("words.txt"), "Dear drummer, play it softly").unwrap();
    let line = failure(&mut workspace.generate(&["--groove", "words.txt"]));
    assert!(line.contains("from words.txt: \"Dear\" is no drum"), "{line}");
    let mut command = drumlin();
    command.arg("tab").arg(workspace.path("song.mid")).args(["--bars", "9"]);
    command.assert().code(2).stderr(contains("--bars begins with bar 9, and the drums have 8"));
    fs::write(workspace.path("one.mid"), files::file(&[files::notes("Melody", 0, 73, 1)])).unwrap();
    let line = failure(drumlin().arg("tab").arg(workspace.path("one.mid")));
    assert!(line.contains("as a tab: it has no drums"), "{line}");
}
