//! Drum parts as songs, ready to be written.

use crate::score::{DrumPart, Note, Song, Track, TrackKind};

/// What a drum track made by Drumlin is called.
const NAME: &str = "Drums";

/// The part's notes, which are in ticks of a song.
fn notes_of(song: &Song, part: &DrumPart) -> Vec<Note> {
    assert_eq!(
        part.bars.ticks_per_quarter(),
        song.ticks_per_quarter(),
        "the part was made for this song"
    );
    part.notes()
}

/// The drum part alone, with the tempo and the metres of the song it was made for.
///
/// # Panics
/// If song and part differ in their ticks to the quarter.
pub fn drum_song(song: &Song, part: &DrumPart) -> Song {
    drum_song_of(song, notes_of(song, part))
}

/// The song with the drum part in place of the drums it had: the melodic tracks, then the part.
///
/// # Panics
/// If song and part differ in their ticks to the quarter.
pub fn with_drums(song: &Song, part: &DrumPart) -> Song {
    with_drums_of(song, notes_of(song, part))
}

/// As [`drum_song`], of notes in the song's ticks.
pub fn drum_song_of(song: &Song, notes: Vec<Note>) -> Song {
    let drums = Track { name: NAME.to_owned(), kind: TrackKind::Drums, notes };
    Song { tempo: song.tempo.clone(), metres: song.metres.clone(), tracks: vec![drums] }
}

/// As [`with_drums`], of notes in the song's ticks.
pub fn with_drums_of(song: &Song, notes: Vec<Note>) -> Song {
    let mut merged = drum_song_of(song, notes);
    merged.tracks.splice(0..0, song.melodic().cloned());
    merged
}
