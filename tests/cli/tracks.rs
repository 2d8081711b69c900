//! `drumlin tracks`.

use predicates::prelude::*;
use predicates::str::contains;

use super::{drumlin, files};

#[test]
fn tracks_are_listed_with_number_name_sound_and_notes() {
    let folder = tempfile::tempdir().unwrap();
    let song = folder.path().join("song.mid");
    std::fs::write(&song, files::small_song()).unwrap();
    drumlin()
        .arg("tracks")
        .arg(&song)
        .assert()
        .success()
        .stderr("")
        .stdout(contains("8 bars · 120 bpm · 4/4"))
        .stdout(contains("    1  Melody  Flute                  32  1–8\n"))
        .stdout(contains("    3  Kit     drums (channel 10)     32  1–8\n"));

    let json = drumlin().args(["tracks", "--json"]).arg(&song).output().unwrap().stdout;
    let tracks: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let bass = serde_json::json!({
        "track": 2, "name": "Bass", "sound": "Fingered bass", "because": null, "program": 33, "notes": 32,
        "bars": [1, 8],
    });
    assert_eq!(tracks[1], bass);
    assert_eq!(tracks[2]["program"], serde_json::Value::Null);

    let one_bar = files::file(&[files::notes("Melody", 0, 73, 1)]);
    std::fs::write(&song, one_bar).unwrap();
    let listed = drumlin().arg("tracks").arg(&song).assert().success();
    listed.stdout(contains("    1  Melody  Flute      4  1\n"));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let line = super::failure(drumlin().args(["tracks", "no such song.mid"]));
    assert!(contains("no such song.mid").and(contains("cannot read")).eval(&line), "{line}");
}
