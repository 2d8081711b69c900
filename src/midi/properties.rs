//! Properties: what is written is read again, and every byte string gets an answer.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::tests::{one_track, real_songs};
use super::*;
use crate::score::{
    Metre, MetreChange, Note, Seconds, TempoChange, TempoMap, Ticks, Track, TrackKind, Velocity,
};

fn any_song() -> impl Strategy<Value = Song> {
    let note = (0u64..5000, 0u64..500, 0u8..128, 1u8..128).prop_map(|(start, length, key, vel)| {
        let velocity = Velocity::clamped(vel);
        Note { start: Ticks(start), length: Ticks(length), key, velocity }
    });
    let kind = prop_oneof![
        Just(TrackKind::Drums),
        (0u8..128).prop_map(|program| TrackKind::Melodic { program })
    ];
    let track = ("[ -~äß]{0,12}", kind, prop::collection::vec(note, 0..60))
        .prop_map(|(name, kind, notes)| Track { name, kind, notes });
    let tempo = (0u64..5000, 1u32..1 << 24)
        .prop_map(|(at, micros_per_quarter)| TempoChange { at: Ticks(at), micros_per_quarter });
    let metre = (0u64..5000, 1u8..=255, 0u32..7).prop_map(|(at, numerator, power)| MetreChange {
        at: Ticks(at),
        metre: Metre::new(numerator, 1 << power).unwrap(),
    });
    (
        100u16..1 << 15,
        prop::collection::vec(tempo, 0..6),
        prop::collection::vec(metre, 0..6),
        prop::collection::vec(track, 0..25),
    )
        .prop_map(|(ticks, tempos, metres, tracks)| Song {
            tempo: TempoMap::new(ticks, tempos),
            metres,
            tracks,
        })
}

/// The song as [`write`] documents that it comes back.
fn normal(song: &Song) -> Song {
    let tracks = song.tracks.iter().filter(|track| !track.notes.is_empty()).map(|track| Track {
        name: track.name.trim().to_owned(),
        kind: track.kind,
        notes: notes::tidy(track.notes.clone()),
    });
    Song { tempo: song.tempo.clone(), metres: song.metres_in_order(), tracks: tracks.collect() }
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(song in any_song()) {
        let bytes = write(&song);
        let back = parse(&bytes).unwrap();
        prop_assert_eq!(&back, &normal(&song));
        prop_assert_eq!(write(&back), bytes);
    }

    #[test]
    fn tidy_notes_do_not_overlap_on_a_key(song in any_song()) {
        for track in normal(&song).tracks {
            let mut free = [Ticks(0); 128];
            for note in track.notes {
                prop_assert!(note.length >= Ticks(1));
                let free = &mut free[usize::from(note.key)];
                prop_assert!(note.start >= *free);
                *free = note.end();
            }
        }
    }

    #[test]
    fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(&bytes);
        // The same as the events of a file that is otherwise in order.
        if let Ok(song) = parse(&one_track(&bytes)) {
            prop_assert!(song.bars().len() as u64 <= MAX_BARS);
        }
    }

    #[test]
    fn damaged_songs_get_an_answer(
        song in any_song(),
        flips in flips(),
        keep in any::<prop::sample::Index>(),
    ) {
        damage_and_read(write(&song), &flips, keep)?;
    }

    #[test]
    fn damaged_real_songs_get_an_answer(
        choice in any::<prop::sample::Index>(),
        flips in flips(),
        keep in any::<prop::sample::Index>(),
    ) {
        let (_, bytes) = real_songs().swap_remove(choice.index(real_songs().len()));
        damage_and_read(bytes, &flips, keep)?;
    }
}

type Flip = (prop::sample::Index, u8);

fn flips() -> impl Strategy<Value = Vec<Flip>> {
    prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6)
}

/// Puts bytes at places, reads the result whole and cut off, and holds what is read to the limits.
fn damage_and_read(
    mut bytes: Vec<u8>,
    flips: &[Flip],
    keep: prop::sample::Index,
) -> Result<(), TestCaseError> {
    for (place, byte) in flips {
        let place = place.index(bytes.len());
        bytes[place] = *byte;
    }
    let cut = keep.index(bytes.len() + 1);
    for bytes in [&bytes[..], &bytes[..cut]] {
        let begin = Instant::now();
        let Ok(song) = parse(bytes) else { continue };
        prop_assert!(song.bars().len() as u64 <= MAX_BARS);
        prop_assert!(song.tempo.seconds(song.end()) <= Seconds(MAX_HOURS as f64 * 3600.0));
        prop_assert_eq!(parse(&write(&song)).map(|song| song.tracks), Ok(song.tracks));
        // A millisecond each as a rule; a second is for machines that do something else meanwhile.
        prop_assert!(begin.elapsed() < Duration::from_secs(1));
    }
    Ok(())
}
