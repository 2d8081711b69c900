//! What files mean.

use super::*;
use crate::score::{Metre, MetreChange, Ticks, TrackKind};

#[test]
fn a_file_without_notes_is_a_song_without_tracks() {
    let song = parse(&one_track(&[])).unwrap();
    assert!(song.tracks.is_empty());
    assert_eq!(song.bars().len(), 0);
    assert!(parse(&file(1, 96, &[])).unwrap().tracks.is_empty());
}

#[test]
fn a_file_with_only_drums_has_no_melodic_track() {
    let song = parse(&one_track(&[0, 0x99, 36, 100, 96, 0x89, 36, 0])).unwrap();
    assert_eq!(song.melodic().count(), 0);
    assert_eq!(song.drum_notes().count(), 1);
}

#[test]
fn two_bytes_are_a_metre() {
    let song = parse(&one_track(&[&[0, 0xFF, 0x58, 2, 3, 2][..], &NOTE].concat())).unwrap();
    assert_eq!(song.metres, [MetreChange { at: Ticks(0), metre: Metre::new(3, 4).unwrap() }]);
}

#[test]
fn running_status_may_go_on_after_metas_and_cable_messages() {
    let events = [
        &[0, 0x90, 60, 100][..],
        &[10, 0xFF, 0x01, 1, b'x'],
        &[0, 62, 100],
        &[5, 0xF0, 2, 1, 0xF7],
        &[0, 64, 100],
        &[5, 0xF8, 0, 60, 0, 0, 62, 0, 0, 64, 0],
    ]
    .concat();
    assert_eq!(notes(&events), [(0, 20, 60), (10, 10, 62), (15, 5, 64)]);
}

#[test]
fn notes_that_never_end_end_with_the_track_or_the_next_stroke() {
    let events = [0, 0x90, 60, 100, 10, 60, 90, 30, 0xFF, 0x01, 0];
    assert_eq!(notes(&events), [(0, 10, 60), (10, 30, 60)]);
    assert_eq!(notes(&[0, 0x90, 60, 100]), [(0, 1, 60)]);
}

#[test]
fn a_note_off_at_the_tick_of_the_next_stroke_ends_the_note_before() {
    let events = [0, 0x90, 60, 100, 10, 60, 90, 0, 60, 0, 10, 60, 0, 5, 60, 0];
    assert_eq!(notes(&events), [(0, 10, 60), (10, 10, 60)]);
    // Struck and released at one tick: as short as can be, but heard.
    assert_eq!(notes(&[0, 0x90, 60, 100, 0, 60, 0]), [(0, 1, 60)]);
    // Doubled in one track: one note.
    let doubled = [0, 0x90, 60, 50, 0, 60, 90, 9, 60, 0, 9, 60, 0];
    assert_eq!(notes(&doubled), [(0, 9, 60)]);
}

#[test]
fn a_note_without_length_takes_nothing_from_one_at_its_tick() {
    let before = [0, 0x90, 60, 50, 0, 60, 0, 0, 60, 90, 96, 60, 0];
    assert_eq!(notes(&before), [(0, 96, 60)]);
    let within = [0, 0x90, 60, 90, 0, 60, 50, 0, 60, 0, 96, 60, 0];
    assert_eq!(notes(&within), [(0, 96, 60)]);
    // A note before ends where they begin.
    let third = [0, 0x90, 60, 90, 9, 60, 0, 0, 60, 90, 0, 60, 0, 0, 60, 90, 96, 60, 0];
    assert_eq!(notes(&third), [(0, 9, 60), (9, 96, 60)]);
}

#[test]
fn notes_that_got_stuck_end_with_the_music() {
    // 40 quarters of music; a note that is struck in between never ends, and the end mark is 1,000
    // quarters (85 EE 00) later.
    let music: Vec<u8> = (0..40).flat_map(|_| NOTE).collect();
    let stuck = [0, 0x90, 72, 100];
    let late = [0x85, 0xEE, 0, 0xFF, 1, 0];
    let hanging = parse(&one_track(&[&stuck[..], &music, &late].concat())).unwrap();
    assert_eq!(hanging.end(), Ticks(40 * 96));
    // The same where a sequencer ended it when it ended the track.
    let ended = [0x85, 0xEE, 0, 0x80, 72, 0];
    let ended = parse(&one_track(&[&stuck[..], &music, &ended].concat())).unwrap();
    assert_eq!(ended, hanging);
    // A last chord that is held for eight bars is held.
    let held = [0, 0x90, 72, 100, 0x98, 0, 0x80, 72, 0];
    let held = parse(&one_track(&[&music[..], &held].concat())).unwrap();
    assert_eq!(held.end(), Ticks(72 * 96));
    // All notes off ends all notes.
    let off = [96, 0xB0, 123, 0];
    let off = parse(&one_track(&[&stuck[..], &off, &music].concat())).unwrap();
    assert_eq!(off.tracks[0].notes[0].length, Ticks(96));
}

#[test]
fn frames_become_seconds() {
    // 25 frames of 40 ticks: a tick is a millisecond. 29.97 frames of 100: a tick is 0.33367 ms.
    for (division, tick) in [(0xE728, 1e-3), (0xE364, 1.001 / 3000.0)] {
        let events = [0x87, 0x68, 0x90, 60, 100, 0x87, 0x68, 0x80, 60, 0];
        let song = parse(&file(0, division, &[&events])).unwrap();
        let note = song.tracks[0].notes[0];
        assert!((song.tempo.seconds(note.start).0 - 1000.0 * tick).abs() < 11e-6);
        assert!((song.tempo.seconds(note.end()).0 - 2000.0 * tick).abs() < 11e-6);
    }
}

#[test]
fn programs_split_a_channel_and_come_from_other_tracks_too() {
    let setup = [0, 0xC1, 40, 0, 0xC0, 7];
    let first = [&[0, 0xFF, 3, 1, b'A'][..], &NOTE, &[0, 0xC0, 5], &NOTE].concat();
    let second = [0, 0x91, 60, 100, 96, 0x81, 60, 0];
    let song = parse(&file(1, 96, &[&setup, &first, &second])).unwrap();
    let tracks: Vec<_> = song.tracks.iter().map(|track| (&track.name[..], track.kind)).collect();
    let melodic = |program| TrackKind::Melodic { program };
    assert_eq!(tracks, [("A", melodic(7)), ("A", melodic(5)), ("", melodic(40))]);
}

#[test]
fn names_are_read_in_any_coding() {
    let named = |name: &[u8]| {
        let events = [&[0, 0xFF, 3, name.len() as u8], name, &NOTE].concat();
        parse(&one_track(&events)).unwrap().tracks[0].name.clone()
    };
    assert_eq!(named("Flöte".as_bytes()), "Flöte");
    assert_eq!(named(b"Fl\xF6te\0"), "Flöte");
    // In format 0 the track's name is the song's.
    let events = [&[0, 0xFF, 3, 1, b'S', 0, 0xFF, 4, 1, b'I'][..], &NOTE].concat();
    assert_eq!(parse(&file(0, 96, &[&events])).unwrap().tracks[0].name, "I");
}

#[test]
fn riff_is_unwrapped_and_separate_songs_are_refused() {
    let inner = one_track(&NOTE);
    let mut riff = b"RIFF\0\0\0\0RMIDDISP\x01\0\0\0x\0data".to_vec();
    riff.extend((inner.len() as u32).to_le_bytes());
    riff.extend(&inner);
    assert_eq!(parse(&riff), parse(&inner));
    assert_eq!(parse(&file(2, 96, &[&NOTE])), parse(&inner));
    assert_eq!(parse(&file(2, 96, &[&NOTE, &NOTE])), Err(MidiError::SeveralSongs { songs: 2 }));
}

#[test]
fn a_file_of_very_many_tracks_is_read_in_good_time() {
    let track = [0, 0xC0, 7, 0, 0x90, 60, 100, 9, 60, 0];
    let song = parse(&file(1, 96, &vec![&track[..]; 255])).unwrap();
    assert_eq!(song.tracks.len(), 255);
    let mut bytes = file(1, 96, &[&track]);
    let chunk = bytes[14..].to_vec();
    for _ in 0..60_000 {
        bytes.extend(&chunk);
    }
    let begin = std::time::Instant::now();
    assert_eq!(parse(&bytes).unwrap().tracks.len(), 60_001);
    assert!(begin.elapsed() < std::time::Duration::from_secs(5));
}

#[test]
fn read_names_the_file() {
    let missing = read(Path::new("no/such.mid")).unwrap_err().to_string();
    assert!(missing.starts_with("cannot read no/such.mid: "), "{missing}");
    let file = tempfile::NamedTempFile::new().unwrap();
    let empty = read(file.path()).unwrap_err().to_string();
    assert!(empty.ends_with("not a MIDI file: it does not begin with MThd"), "{empty}");
}
