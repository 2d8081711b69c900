//! What bad input gets: one sentence, or a song where there is one in it.

use super::files::{QUARTER, file, header, notes, small_song, track};
use super::{drumlin, failure};

/// Files that are no song for us, with a part of the sentence that says why.
pub fn unusable() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let mut cut = small_song();
    cut.truncate(cut.len() / 2);
    let long = 10_001 * 4 * QUARTER;
    let very_long = track(&[(0, b"\x90\x3C\x40"), (long, b"\x90\x3C\x40")]);
    vec![
        ("nothing at all", Vec::new(), "not a MIDI file"),
        ("a text", b"Dear drummer, please play something.\n".to_vec(), "not a MIDI file"),
        ("a header cut off", b"MThd\0\0\0\x06\0".to_vec(), "cut off"),
        ("a file cut off", cut, "cut off"),
        ("tracks that are missing", header(1, 3), "cut off"),
        ("no tracks", file(&[]), "no notes"),
        ("no notes", file(&[track(&[(3000, b"\xFF\x01\x02hi")])]), "no notes"),
        ("more than 10,000 bars", file(&[very_long]), "too long"),
        ("two status bytes in a row", file(&[track(&[(0, b"\x90\x90\x90")])]), "no notes"),
        ("data before any status", file(&[track(&[(0, b"\x3C\x40")])]), "damaged"),
    ]
}

/// Odd files with a song of one bar or more in them; the longest has so many bars.
pub fn odd(bars: u32) -> Vec<(&'static str, Vec<u8>)> {
    let tempo: &[u8] = b"\xFF\x51\x03\0\0\0";
    let metre: &[u8] = b"\xFF\x58\x04\0\0\x18\x08";
    let (on, off): (&[u8], &[u8]) = (b"\x90\x3C\x40", b"\x80\x3C\x40");
    let bar = 4 * QUARTER;
    let conductor = |event| track(&[(0, event)]);
    let most = track(&[(0, on), ((bars - 1) * bar, b"\x90\x3C\0"), (0, on), (QUARTER, off)]);
    let mut missing = header(1, 3);
    missing.extend(notes("Melody", 0, 0, 2));
    vec![
        ("more tracks announced", missing),
        ("tempo 0", file(&[conductor(tempo), notes("Melody", 0, 0, 4)])),
        ("metre 0/0", file(&[conductor(metre), notes("Melody", 0, 0, 4)])),
        (
            "running status",
            file(&[track(&[(0, on), (QUARTER, b"\x3C\0"), (0, b"\x40\x40"), (bar, b"\x40\0")])]),
        ),
        ("a note that never ends", file(&[track(&[(0, on), (bar, b"\xB0\x07\x40")])])),
        ("many bars", file(&[most])),
    ]
}

#[test]
fn what_is_no_song_gets_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    for (index, (what, bytes, why)) in unusable().into_iter().enumerate() {
        let song = folder.path().join(format!("{index}.mid"));
        std::fs::write(&song, bytes).unwrap();
        let line = failure(drumlin().arg("tracks").arg(&song));
        assert!(line.contains(why) && line.contains(&format!("{index}.mid")), "{what}: {line}");
    }
}

#[test]
fn what_is_odd_is_read() {
    let folder = tempfile::tempdir().unwrap();
    for (index, (what, bytes)) in odd(10_000).into_iter().enumerate() {
        let song = folder.path().join(format!("{index}.mid"));
        std::fs::write(&song, bytes).unwrap();
        let output = drumlin().arg("tracks").arg(&song).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{what}: {error}");
    }
}
