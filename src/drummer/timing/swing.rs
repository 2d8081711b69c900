//! How late a song's off-beats are played, and the song without that.

use crate::score::{Note, Song, Ticks, bent, off_beat, swing_of};

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
    let place = |at: Ticks| bent(at, song.ticks_per_quarter(), off_beat(swing), 0.5);
    let moved = |note: &Note| {
        let start = place(note.start);
        let end = place(note.end()).max(start + Ticks(1));
        Note { start, length: end - start, ..*note }
    };
    let mut straight = song.clone();
    for track in straight.tracks.iter_mut().filter(|track| !track.is_drums()) {
        track.notes = track.notes.iter().map(moved).collect();
    }
    straight
}
