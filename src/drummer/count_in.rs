//! Room for a count-in before songs that begin at once.

use super::features::step_grids;
use super::sounding::Sounding;
use crate::score::{Metre, MetreChange, Note, Song, TempoChange, TempoMap, Ticks, Track};

/// [`moved_by_bar`], unless there is a bar for a count-in before the song's drums already.
pub fn with_bar_before(song: &Song) -> Option<Song> {
    let bars = song.bars();
    let grids = step_grids(song, &bars);
    if Sounding::of(song, &bars, &grids).entry.0 > 0 {
        return None;
    }
    Some(moved_by_bar(song))
}

/// A song that begins one bar later, with its first tempo and metre from the start.
pub fn moved_by_bar(song: &Song) -> Song {
    let first = song.metres_in_order().into_iter().find(|change| change.at == Ticks(0));
    let metre = first.map_or(Metre::COMMON, |change| change.metre);
    let later = metre.bar_ticks(song.ticks_per_quarter());
    let moved = |at: Ticks| if at == Ticks(0) { at } else { at + later };
    let tempos = song.tempo.changes().map(|change| TempoChange { at: moved(change.at), ..change });
    let metres = song.metres.iter().map(|change| MetreChange { at: moved(change.at), ..*change });
    let track = |track: &Track| Track {
        notes: track.notes.iter().map(|note| Note { start: note.start + later, ..*note }).collect(),
        ..track.clone()
    };
    Song {
        tempo: TempoMap::new(song.ticks_per_quarter(), tempos),
        metres: metres.collect(),
        tracks: song.tracks.iter().map(track).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{TrackKind, Velocity};

    fn song(first: u64) -> Song {
        let notes = (first..first + 16)
            .map(|beat| Note {
                start: Ticks(beat * 96),
                length: Ticks(96),
                key: 60,
                velocity: Velocity::clamped(80),
            })
            .collect();
        let tempo = |at, micros_per_quarter| TempoChange { at: Ticks(at), micros_per_quarter };
        Song {
            tempo: TempoMap::new(96, [tempo(0, 400_000), tempo(96 * 6, 500_000)]),
            metres: vec![MetreChange { at: Ticks(0), metre: Metre::new(3, 4).unwrap() }],
            tracks: vec![Track {
                name: String::new(),
                kind: TrackKind::Melodic { program: 0 },
                notes,
            }],
        }
    }

    #[test]
    fn a_song_moves_by_a_bar_with_all_that_it_has() {
        let later = with_bar_before(&song(0)).unwrap();
        assert_eq!(later.tracks[0].notes[0].start, Ticks(288));
        assert_eq!(later.tempo.bpm(Ticks(0)).0, 150.0);
        assert_eq!(later.tempo.bpm(Ticks(96 * 9)).0, 120.0);
        assert_eq!(later.tempo.bpm(Ticks(96 * 9 - 1)).0, 150.0);
        assert_eq!(later.bars().bars()[0].length, Ticks(288));
    }

    #[test]
    fn room_that_is_there_is_used() {
        assert_eq!(with_bar_before(&song(3)), None);
        // A pick-up of the melody.
        assert_eq!(with_bar_before(&song(2)), None);
    }
}
