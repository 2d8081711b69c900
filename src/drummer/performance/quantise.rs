//! A recorded performance on the grid: what the training data and the tests are made of.

use crate::score::{DrumPart, GmKey, Note, Song, Ticks, plays_triplets};

/// Puts the drum notes of a song, on keys of the Roland TD-11 ([`GmKey::of_td11`]), on the grid, each with
/// its velocity and its distance from the nearest step. Simple metres get a ternary grid if the playing
/// fits one better. Keys that General MIDI does not know are left out, as are notes behind the last bar.
/// `None` without drum notes.
pub fn quantise(song: &Song) -> Option<DrumPart> {
    let notes: Vec<Note> = song.drum_notes().copied().collect();
    if notes.is_empty() {
        return None;
    }
    let starts: Vec<Ticks> = notes.iter().map(|note| note.start).collect();
    let triplets = plays_triplets(&starts, song.ticks_per_quarter());
    let known: Vec<(Note, GmKey)> =
        notes.iter().filter_map(|note| Some((*note, GmKey::of_td11(note.key)?))).collect();
    Some(DrumPart::of_notes(song.bars(), triplets, &known, None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{BarIndex, GridKind, TempoMap, Track, TrackKind, Velocity};

    fn song(starts: &[u64]) -> Song {
        let notes = starts
            .iter()
            .map(|&start| Note {
                start: Ticks(start),
                length: Ticks(1),
                key: 22,
                velocity: Velocity::clamped(100),
            })
            .collect();
        Song {
            tempo: TempoMap::new(480, []),
            metres: Vec::new(),
            tracks: vec![Track { name: String::new(), kind: TrackKind::Drums, notes }],
        }
    }

    #[test]
    fn shuffles_get_a_ternary_grid() {
        let shuffle: Vec<u64> = (0..8).flat_map(|beat| [beat * 480, beat * 480 + 310]).collect();
        let straight: Vec<u64> = (0..8).flat_map(|beat| [beat * 480, beat * 480 + 250]).collect();
        assert_eq!(quantise(&song(&shuffle)).unwrap().grids[0].kind, GridKind::Ternary);
        assert_eq!(quantise(&song(&straight)).unwrap().grids[0].kind, GridKind::Straight);
    }

    #[test]
    fn early_strokes_belong_to_the_next_bar() {
        let part = quantise(&song(&[0, 480, 960, 1440, 1910, 2400])).unwrap();
        let early = part.hits[4];
        assert_eq!((early.bar, early.step), (BarIndex(1), 0));
        assert!((early.offset + 10.0 / 120.0).abs() < 1e-6);
        assert_eq!(early.key.get(), 42);
    }

    #[test]
    fn without_drums_there_is_no_performance() {
        assert_eq!(quantise(&song(&[])), None);
    }
}
