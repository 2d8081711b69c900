//! What is written and merged, and read again.

use super::*;
use crate::score::{
    BarIndex, DrumPart, Hit, Lane, Metre, MetreChange, Note, StepGrid, TempoMap, Ticks, Track,
    TrackKind, Velocity,
};

fn song_with_drums() -> (Song, DrumPart) {
    let song = Song {
        tempo: TempoMap::constant(96, crate::score::Bpm(90.0)),
        metres: vec![MetreChange { at: Ticks(0), metre: Metre::COMMON }],
        tracks: vec![
            track("old", TrackKind::Drums, &[(0, 10, 36)]),
            track("Lead", TrackKind::Melodic { program: 80 }, &[(0, 96, 60), (96, 288, 64)]),
        ],
    };
    let hit = Hit {
        bar: BarIndex(0),
        step: 4,
        key: Lane::Snare.default_key(),
        velocity: Velocity::clamped(90),
        offset: 0.0,
    };
    let grids = vec![StepGrid::for_metre(Metre::COMMON, false)];
    let part = DrumPart::new(song.bars(), grids, vec![hit]);
    (song, part)
}

fn track(name: &str, kind: TrackKind, notes: &[(u64, u64, u8)]) -> Track {
    let note = |&(start, length, key)| Note {
        start: Ticks(start),
        length: Ticks(length),
        key,
        velocity: Velocity::clamped(100),
    };
    Track { name: name.to_owned(), kind, notes: notes.iter().map(note).collect() }
}

#[test]
fn a_drum_part_is_written_alone_or_with_the_song() {
    let (song, part) = song_with_drums();
    let alone = parse(&write(&drum_song(&song, &part))).unwrap();
    assert_eq!(
        alone.tracks,
        [track("Drums", TrackKind::Drums, &[])].map(|track| Track { notes: part.notes(), ..track })
    );
    assert_eq!((alone.tempo, alone.metres), (song.tempo.clone(), song.metres.clone()));
    let merged = parse(&write(&with_drums(&song, &part))).unwrap();
    let names: Vec<_> = merged.tracks.iter().map(|track| &track.name[..]).collect();
    assert_eq!(names, ["Lead", "Drums"]);
}

#[test]
fn more_tracks_than_channels_share_by_program() {
    let (mut song, _) = song_with_drums();
    song.tracks = (0..40)
        .map(|n| track(&n.to_string(), TrackKind::Melodic { program: n % 14 }, &[(0, 96, n)]))
        .collect();
    let bytes = write(&song);
    let smf = midly::Smf::parse(&bytes).unwrap();
    let mut program_of = [None; 16];
    for event in smf.tracks.iter().flatten() {
        if let midly::TrackEventKind::Midi { channel, message } = event.kind {
            assert_ne!(channel, 9);
            if let midly::MidiMessage::ProgramChange { program } = message {
                let known = program_of[usize::from(channel.as_int())].get_or_insert(program);
                assert_eq!(*known, program);
            }
        }
    }
    assert_eq!(parse(&bytes).unwrap(), song);
}

#[test]
fn distances_beyond_midis_longest_are_bridged() {
    let (mut song, _) = song_with_drums();
    song.tempo = TempoMap::new(32_767, []);
    song.tracks =
        vec![track("a", TrackKind::Melodic { program: 1 }, &[(0, 1, 60), (1 << 30, 10, 60)])];
    assert_eq!(parse(&write(&song)), Ok(song));
}

#[test]
fn real_songs_have_the_bars_and_notes_that_are_in_them() {
    // Notes as mido counts the note-ons that share neither track, channel, key nor tick.
    let expected = [
        ("anthem", 23, 469),
        ("chalice", 98, 1973),
        ("destiny", 34, 566),
        ("fate", 45, 1053),
        ("jingle_bells", 33, 190),
        ("remember", 25, 934),
        ("town", 72, 1135),
        ("workout", 72, 3594),
    ];
    let songs = real_songs();
    assert_eq!(songs.len(), expected.len());
    for ((name, bytes), expected) in songs.iter().zip(expected) {
        let song = parse(bytes).unwrap();
        let notes: usize = song.tracks.iter().map(|track| track.notes.len()).sum();
        assert_eq!((&name[..], song.bars().len(), notes), expected);
        let again = parse(&write(&song)).unwrap();
        assert_eq!(Song { metres: song.metres_in_order(), ..song }, again);
    }
}

#[test]
fn what_counts_in_an_upbeat_makes_whole_bars_with_it() {
    let (mut song, _) = song_with_drums();
    let at = |beats: u64, numerator| MetreChange {
        at: Ticks(beats * 96),
        metre: Metre::new(numerator, 4).unwrap(),
    };
    song.metres = vec![at(0, 1), at(1, 4), at(9, 3)];
    let beats: Vec<(u64, u64, u8)> = (0..12).map(|beat| (beat * 96, 96, 60)).collect();
    song.tracks = vec![track("Lead", TrackKind::Melodic { program: 80 }, &beats)];
    let file = SongFile::parse(write(&song)).unwrap();
    let bars = |later: u64| -> Vec<u64> {
        let merged = parse(&file.with_drums(&[], Ticks(later * 96))).unwrap();
        assert_eq!(merged.tracks[0].notes[0].start, Ticks(later * 96));
        merged.bars().bars().iter().map(|bar| bar.length.0 / 96).collect()
    };
    assert_eq!(bars(0), [1, 4, 4, 3]);
    assert_eq!(bars(7), [4, 4, 4, 4, 3]);
    assert_eq!(bars(3), [4, 4, 4, 3]);
    // These are no whole bars.
    assert_eq!(bars(2), [1, 1, 1, 4, 4, 3]);
}

#[test]
fn a_coarse_file_becomes_a_finer_song_and_stays_as_it_is() {
    // Two ticks to the quarter: a note of an eighth on the second beat.
    let tempo = [0, 0xFF, 0x51, 3, 0x0F, 0x42, 0x40];
    let coarse = file(1, 2, &[&[&tempo[..], &[2, 0x90, 60, 100, 1, 0x80, 60, 64]].concat()]);
    let source = SongFile::parse(coarse).unwrap();
    let song = source.song();
    assert_eq!((song.ticks_per_quarter(), song.tempo.seconds(Ticks(480)).0), (480, 1.0));
    let note = song.tracks[0].notes[0];
    assert_eq!((note.start, note.length), (Ticks(480), Ticks(240)));
    // Strokes go to the nearest ticks of the file; two of a key that meet there are one, the louder.
    let stroke = |start, velocity| Note {
        start: Ticks(start),
        length: Ticks(60),
        key: 38,
        velocity: Velocity::clamped(velocity),
    };
    let strokes = [stroke(0, 50), stroke(100, 90), stroke(260, 70)];
    let written: Vec<(u64, u8)> = source
        .file_notes(&strokes)
        .iter()
        .map(|note| (note.start.0, note.velocity.get()))
        .collect();
    assert_eq!(written, [(0, 90), (1, 70)]);
    let merged = parse(&source.with_drums(&strokes, Ticks(0))).unwrap();
    let drums: Vec<u64> = merged.drum_notes().map(|note| note.start.0).collect();
    assert_eq!(drums, [0, 240]);
    assert_eq!((&merged.tempo, &merged.tracks[0]), (&song.tempo, &song.tracks[0]));
    // Files that are fine enough keep their ticks.
    let fine = |division| parse(&file(1, division, &[&NOTE])).unwrap().ticks_per_quarter();
    assert_eq!([95, 96, 32_767].map(fine), [570, 96, 32_767]);
}

/// What a merge without drums makes of a track's events, end mark apart.
fn merged_track(events: &[u8]) -> Vec<u8> {
    let file = SongFile::parse(one_track(events)).unwrap();
    let merged = file.with_drums(&[], Ticks(0));
    let begin = merged.windows(4).position(|four| four == b"MTrk").unwrap();
    let length = u32::from_be_bytes(merged[begin + 4..begin + 8].try_into().unwrap());
    let track = merged[begin + 8..][..length as usize].strip_suffix(&END);
    track.unwrap().to_vec()
}

/// A note without length at the tick of a real one of its key is nothing to hear, and costs the real
/// one where a reader puts what ends before what begins.
#[test]
fn a_merge_leaves_out_empty_doubles_where_they_are_a_habit() {
    let before = [0, 0x90, 60, 90, 0, 0x80, 60, 1];
    let within = [0, 0x90, 60, 70, 0, 0x80, 60, 2];
    let (on, off) = NOTE.split_at(4);
    let alone = [96, 0x90, 72, 90, 0, 0x80, 72, 0];
    let doubled = [&before[..], &NOTE, on, &within, off].concat();
    let source = [&doubled.repeat(3)[..], &alone].concat();
    let file = SongFile::parse(one_track(&source)).unwrap();
    assert_eq!(file.song().tracks[0].notes[0].length, Ticks(96));
    assert_eq!(merged_track(&source), [&NOTE.repeat(6)[..], &alone].concat());
}

#[test]
fn a_merge_keeps_notes_without_length_where_they_are_rare() {
    let before = [0, 0x90, 60, 90, 0, 0x80, 60, 1];
    let inside = [0, 0x90, 64, 90, 48, 0x90, 64, 80, 0, 0x80, 64, 2, 0, 0x90, 64, 70];
    let ends = [48, 0x80, 64, 3, 0, 0x80, 64, 4];
    let source = [&NOTE.repeat(8)[..], &before, &NOTE, &inside, &ends].concat();
    assert_eq!(merged_track(&source), source);
}
