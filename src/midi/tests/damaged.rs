//! What is mended, and what is refused.

use super::*;
use crate::score::{TempoMap, TrackKind};

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
fn a_time_base_of_zero_is_refused() {
    // The last has the one frame rate whose negation does not fit.
    for division in [0, 0xE700, 0x8001] {
        let sentence = refusal(&file(1, division, &[&NOTE]));
        assert!(sentence.starts_with("the file has no usable time base"), "{sentence}");
    }
}

#[test]
fn metas_without_sense_are_skipped_with_their_time() {
    // An SMPTE offset of 99 hours and a key signature of one byte.
    let events = [&[7, 0xFF, 0x54, 5, 99, 99, 99, 99, 99, 3, 0xFF, 0x59, 1, 0][..], &NOTE].concat();
    assert_eq!(notes(&events), [(10, 96, 60)]);
}
