//! Drum parts as songs, ready to be written.

use crate::score::{DrumPart, Song, Track, TrackKind};

/// What a drum track made by Drumlin is called.
const NAME: &str = "Drums";

fn drum_track(song: &Song, part: &DrumPart) -> Track {
    assert_eq!(
        part.bars.ticks_per_quarter(),
        song.ticks_per_quarter(),
        "the part was made for this song"
    );
    Track { name: NAME.to_owned(), kind: TrackKind::Drums, notes: part.notes() }
}

/// The drum part alone, with the tempo and the metres of the song it was made for.
///
/// # Panics
/// If song and part differ in their ticks to the quarter.
pub fn drum_song(song: &Song, part: &DrumPart) -> Song {
    Song {
        tempo: song.tempo.clone(),
        metres: song.metres.clone(),
        tracks: vec![drum_track(song, part)],
    }
}

/// The song with the drum part in place of the drums it had: the melodic tracks, then the part.
///
/// # Panics
/// If song and part differ in their ticks to the quarter.
pub fn with_drums(song: &Song, part: &DrumPart) -> Song {
    let mut merged = drum_song(song, part);
    merged.tracks.splice(0..0, song.melodic().cloned());
    merged
}
