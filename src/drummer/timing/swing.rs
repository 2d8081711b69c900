//! How late a song's off-beats are played, and the song without that.

use crate::score::{Note, Song, Ticks, swing_of};

/// How late the off-beats of a song come, from 0 (straight, or there are none) to 1 (a triplet's last
/// third), as [`Settings::swing`](crate::drummer::Settings::swing) has it: where 60:40 is 0.6. Compound
/// metres do not swing.
pub fn swing(song: &Song) -> f32 {
    if song.metres.iter().any(|change| change.metre.is_compound()) {
        return 0.0;
    }
    let notes = song.melodic().flat_map(|track| &track.notes);
    swing_of(notes.map(|note| note.start), song.ticks_per_quarter())
}

/// A song that swings as it would be written, its off-beats in the middle of the beat; everything
/// between the beats moves in proportion. `swing` is what [`swing`] has found; with 0 the song is as it
/// was. What is played to it in the same swing fits the song.
pub fn straightened(song: &Song, swing: f32) -> Song {
    if swing <= 0.0 {
        return song.clone();
    }
    let quarter = u64::from(song.ticks_per_quarter());
    let late = 0.5 + f64::from(swing) / 6.0;
    let place = |at: Ticks| {
        let inside = (at.0 % quarter) as f64 / quarter as f64;
        let straight = match inside < late {
            true => inside / late / 2.0,
            false => 0.5 + (inside - late) / (1.0 - late) / 2.0,
        };
        Ticks(at.0 - at.0 % quarter + (straight * quarter as f64).round() as u64)
    };
    let moved = |note: &Note| {
        let start = place(note.start);
        let end = place(note.end()).max(start + Ticks(1));
        Note { start, length: end - start, ..*note }
    };
    let mut song = song.clone();
    for track in song.tracks.iter_mut().filter(|track| !track.is_drums()) {
        track.notes = track.notes.iter().map(moved).collect();
    }
    song
}
