//! What bad files get, and what good ones become.

use super::*;
use crate::score::{
    BarIndex, DrumPart, Hit, Lane, Metre, MetreChange, Note, StepGrid, TempoMap, Ticks, Track,
    TrackKind, Velocity,
};

const END: [u8; 4] = [0, 0xFF, 0x2F, 0];

/// A file of these tracks' events, each with an end mark added.
pub(super) fn file(format: u8, division: u16, tracks: &[&[u8]]) -> Vec<u8> {
    let mut bytes = b"MThd\0\0\0\x06\0".to_vec();
    bytes.extend([format, 0, tracks.len() as u8]);
    bytes.extend(division.to_be_bytes());
    for events in tracks {
        bytes.extend(b"MTrk");
        bytes.extend(((events.len() + END.len()) as u32).to_be_bytes());
        bytes.extend(*events);
        bytes.extend(END);
    }
    bytes
}

pub(super) fn one_track(events: &[u8]) -> Vec<u8> {
    file(1, 96, &[events])
}

fn notes(events: &[u8]) -> Vec<(u64, u64, u8)> {
    let song = parse(&one_track(events)).unwrap();
    let notes = song.tracks.iter().flat_map(|track| &track.notes);
    notes.map(|note| (note.start.0, note.length.0, note.key)).collect()
}

fn refusal(bytes: &[u8]) -> String {
    parse(bytes).unwrap_err().to_string()
}

/// Middle C for a quarter at 96 ticks.
const NOTE: [u8; 8] = [0, 0x90, 60, 100, 96, 0x80, 60, 0];

#[test]
fn what_is_not_midi_is_refused() {
    for bytes in [&b""[..], b"MTh", b"RIFF", b"RIFF\x04\0\0\0WAVE", b"MTrk\0\0\0\0", &[0xFF; 64]] {
        assert_eq!(refusal(bytes), "not a MIDI file: it does not begin with MThd");
    }
    assert_eq!(refusal(&file(3, 96, &[&NOTE])), "MIDI format 3 is not known (0, 1 and 2 are)");
}

#[test]
fn a_truncated_file_is_refused_wherever_it_is_cut() {
    let whole = file(1, 96, &[&NOTE, &NOTE]);
    assert_eq!(refusal(&whole[..10]), "the file is cut off inside its header");
    assert_eq!(
        refusal(&whole[..14]),
        "the file is cut off or damaged: tracks announced 2, found 0"
    );
    assert_eq!(
        refusal(&whole[..whole.len() - 6]),
        "the file is cut off: track 2 stops before its end"
    );
    // Cut before a track begins it is a file whose header announces one more than there is.
    let first = 14 + 8 + NOTE.len() + END.len();
    for length in 0..whole.len() {
        if parse(&whole[..length]).is_ok() {
            let found = repairs(&whole[..length]);
            // Nothing is lost with the last end mark.
            let words = if length >= whole.len() - END.len() {
                assert_eq!(parse(&whole[..length]).unwrap(), parse(&whole).unwrap());
                "track 2 has no end mark"
            } else {
                assert!((first..first + 8).contains(&length), "cut at {length}");
                "announces 2 tracks"
            };
            assert!(found.iter().any(|repair| repair.contains(words)), "{found:?}");
        }
    }
    // With the first track's end mark the second track is gone, and with five bytes a note's end may be.
    assert!(parse(&whole[..first - 4]).is_err() && parse(&whole[..whole.len() - 5]).is_err());
    for length in whole.len() - 4..whole.len() {
        assert!(parse(&whole[..length]).is_ok(), "cut at {length}");
    }
}

fn repairs(bytes: &[u8]) -> Vec<String> {
    let file = SongFile::parse(bytes.to_vec()).unwrap();
    file.repairs().iter().map(ToString::to_string).collect()
}

#[test]
fn a_wrong_length_is_mended_where_the_track_has_its_end() {
    let whole = file(1, 96, &[&NOTE, &NOTE, &NOTE]);
    assert!(repairs(&whole).is_empty());
    let right = (NOTE.len() + END.len()) as u32;
    for track in 0..3 {
        let at = 14 + track * (8 + right as usize) + 4;
        for wrong in [0, 1, 7, right - 1, right + 1, right + 4, right + 9, 60, 1000, u32::MAX] {
            let mut bytes = whole.clone();
            bytes[at..at + 4].copy_from_slice(&wrong.to_be_bytes());
            let what = format!("track {track} of {wrong} bytes");
            assert_eq!(parse(&bytes), parse(&whole), "{what}");
            assert_eq!(repairs(&bytes).len(), 1, "{what}");
        }
    }
}

#[test]
fn tracks_are_counted_not_believed() {
    for announced in [0, 1, 3, 200] {
        let mut bytes = file(1, 96, &[&NOTE, &NOTE]);
        bytes[11] = announced;
        assert_eq!(parse(&bytes).unwrap().tracks.len(), 2);
        assert_eq!(
            repairs(&bytes),
            [format!("the header announces {announced} tracks, 2 were found")]
        );
    }
}

#[test]
fn what_stands_around_the_tracks_is_skipped() {
    let whole = file(1, 96, &[&NOTE]);
    let mac = [&[0; 128][..], &whole, &[0; 50]].concat();
    assert_eq!(parse(&mac), parse(&whole));
    assert_eq!(repairs(&mac), ["128 bytes before the MIDI file were skipped"]);
    let other = [&whole[..14], b"XFIH\0\0\0\x02ab", &whole[14..]].concat();
    assert_eq!(parse(&other), parse(&whole));
    assert!(repairs(&other).is_empty());
    let dirt = [&whole[..14], &[0xFF; 5], &whole[14..]].concat();
    assert_eq!(parse(&dirt), parse(&whole));
    // A header that says that it has no bytes.
    let mut header = whole.clone();
    header[7] = 0;
    assert_eq!(parse(&header), parse(&whole));
}

#[test]
fn music_behind_an_end_mark_is_read() {
    let events = [&NOTE[..], &END, &NOTE].concat();
    let bytes = one_track(&events);
    assert_eq!(parse(&bytes).unwrap().tracks[0].notes.len(), 2);
    assert_eq!(repairs(&bytes), ["track 1 goes on behind an end mark"]);
    // Padding is none.
    assert!(repairs(&one_track(&[&NOTE[..], &END, &[0; 7]].concat())).is_empty());
}

#[test]
fn values_over_127_are_mended() {
    // Volume 168, a velocity of 200, a bend, a program and keys that do not exist.
    let odd = [0, 0xB0, 7, 168, 0, 0xE0, 200, 64, 0, 0xC0, 130, 0, 0x90, 200, 90, 0, 0x80, 200, 0];
    let loud = [0, 0x90, 60, 200, 96, 0x80, 60, 0];
    let bytes = one_track(&[&odd[..], &loud, &NOTE].concat());
    let song = parse(&bytes).unwrap();
    assert_eq!(song.tracks.len(), 1);
    assert_eq!(song.tracks[0].kind, TrackKind::Melodic { program: 0 });
    let velocities: Vec<u8> = song.tracks[0].notes.iter().map(|note| note.velocity.get()).collect();
    assert_eq!(velocities, [127, 100]);
    assert_eq!(repairs(&bytes), ["6 values that MIDI does not have were mended in track 1"]);
    // A system exclusive message whose length is wrong, but whose end is there.
    let exclusive = [0, 0xF0, 0x7F, 1, 2, 0xF7];
    assert_eq!(parse(&one_track(&[&exclusive[..], &NOTE].concat())), parse(&one_track(&NOTE)));
}

#[test]
fn headers_that_are_mended_are_said() {
    let sound = file(1, 96, &[&NOTE]);
    let length = |length: u32| [&sound[..4], &length.to_be_bytes(), &sound[8..]].concat();
    for wrong in [0, 4, 8, 0x0600_0000] {
        assert_eq!(repairs(&length(wrong)), ["its header is not as long as it says"], "{wrong}");
    }
    let wrapped = [b"RIFF\xFF\xFF\xFF\xFFRMIDdata\xFF\xFF\xFF\xFF", &sound[..]].concat();
    assert_eq!(repairs(&wrapped), ["its header is not as long as it says"]);
    let two = file(0, 96, &[&NOTE, &NOTE]);
    assert_eq!(repairs(&two), ["a file of one track (format 0) has 2"]);
}

#[test]
fn an_exclusive_message_that_claims_what_follows_ends_at_its_end_mark() {
    // It says that it has 18 bytes, has 4, and two notes follow.
    let events =
        b"\0\xF0\x12\x41\x10\x42\xF7\0\x90\x3C\x64\x60\x80\x3C\0\0\x90\x3E\x64\x60\x80\x3E\0";
    assert_eq!(notes(events), [(0, 96, 60), (96, 96, 62)]);
    assert_eq!(repairs(&file(0, 96, &[events])).len(), 1);
    // Two messages in one event, as devices dump them, are as long as they say.
    let dump = b"\0\xF0\x08\x7E\x01\x02\xF7\xF0\x7E\x01\xF7\0\x90\x3C\x64\x60\x80\x3C\0";
    assert_eq!(notes(dump), [(0, 96, 60)]);
    assert_eq!(repairs(&file(0, 96, &[dump])), [""; 0]);
}

#[test]
fn damage_is_located() {
    // A running status where nothing runs, at byte 22 of the file.
    let sentence = refusal(&one_track(&[0, 60, 100]));
    assert_eq!(
        sentence,
        "the file is damaged: what stands at byte 22, in track 1, is no MIDI event"
    );
}

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
fn ten_thousand_bars_pass_and_one_more_does_not() {
    // A bar is four ticks; deltas of 39,999 (82 B8 3F) and 40,000.
    let long = [0, 0x90, 60, 100, 0x82, 0xB8, 0x3F, 60, 100, 1, 60, 0];
    assert_eq!(parse(&file(1, 1, &[&long])).unwrap().bars().len(), 10_000);
    let longer = [0, 0x90, 60, 100, 0x82, 0xB8, 0x40, 60, 100, 1, 60, 0];
    assert_eq!(
        refusal(&file(1, 1, &[&longer])),
        "the song is too long: 10001 bars, where at most 10000 are possible"
    );
}

#[test]
fn absurd_lengths_are_refused_at_once() {
    let mut events = vec![0, 0x90, 60, 100];
    for _ in 0..1000 {
        events.extend([0xFF, 0xFF, 0xFF, 0x7F, 0x90, 60, 100]);
    }
    let sentence = refusal(&file(1, 1, &[&events]));
    assert!(sentence.starts_with("the song is too long: 67108863"), "{sentence}");
    // Few bars, but a quarter of 17 seconds in each.
    let tempo = [0, 0xFF, 0x51, 3, 0xFF, 0xFF, 0xFF];
    let note = [0, 0x90, 60, 100, 0xFF, 0xFF, 0xFF, 0x7F, 60, 100, 1, 60, 0];
    let sentence = refusal(&file(1, 30_000, &[&tempo, &note]));
    assert_eq!(sentence, "the song is too long: 42 hours, where at most 6 are possible");
}

#[test]
fn tempo_zero_and_metre_zero_are_ignored() {
    let events = [0, 0xFF, 0x51, 3, 0, 0, 0, 0, 0xFF, 0x58, 4, 0, 0, 24, 8];
    let odd = [0, 0xFF, 0x58, 4, 4, 200, 24, 8, 0, 0xFF, 0x58, 1, 3];
    let song = parse(&one_track(&[&events[..], &odd, &NOTE].concat())).unwrap();
    assert_eq!(song.tempo, TempoMap::new(96, []));
    assert!(song.metres.is_empty());
    assert_eq!(song.bars().len(), 1);
}

#[test]
fn two_bytes_are_a_metre() {
    let song = parse(&one_track(&[&[0, 0xFF, 0x58, 2, 3, 2][..], &NOTE].concat())).unwrap();
    assert_eq!(song.metres, [MetreChange { at: Ticks(0), metre: Metre::new(3, 4).unwrap() }]);
}

#[test]
fn a_time_base_of_zero_is_refused() {
    // The last has the one frame rate whose negation does not fit.
    for division in [0, 0xE700, 0x8001] {
        let sentence = refusal(&file(1, division, &[&NOTE]));
        assert!(sentence.starts_with("the file has no usable time base"), "{sentence}");
    }
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
fn metas_without_sense_are_skipped_with_their_time() {
    // An SMPTE offset of 99 hours and a key signature of one byte.
    let events = [&[7, 0xFF, 0x54, 5, 99, 99, 99, 99, 99, 3, 0xFF, 0x59, 1, 0][..], &NOTE].concat();
    assert_eq!(notes(&events), [(10, 96, 60)]);
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

/// The songs of `tests/songs` by name.
pub(super) fn real_songs() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/songs");
    let mut songs: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "mid"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read(path).unwrap())
        })
        .collect();
    songs.sort();
    songs
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
