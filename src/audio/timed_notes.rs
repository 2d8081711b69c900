//! From a track's notes to strokes in samples.

use crate::score::{Note, SampleRate, Song};

/// A note that begins and ends, in samples from the start of the song.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedNote {
    pub start: u64,
    /// At least 1.
    pub length: u64,
    /// 0 to 127.
    pub key: u8,
    /// 1 to 127.
    pub velocity: u8,
}

impl TimedNote {
    pub fn end(&self) -> u64 {
        self.start + self.length
    }
}

/// What one instrument plays, sorted by key and start. Of notes that overlap on one key, the
/// earlier ends where the later begins; of notes that begin together, the last is played.
pub fn strokes<'a>(
    song: &Song,
    SampleRate(rate): SampleRate,
    notes: impl IntoIterator<Item = &'a Note>,
) -> Vec<TimedNote> {
    let sample = |at| (song.tempo.seconds(at).0 * f64::from(rate)).round() as u64;
    let mut strokes: Vec<TimedNote> = notes
        .into_iter()
        .map(|note| {
            let (start, end) = (sample(note.start), sample(note.end()));
            let (key, velocity) = (note.key.min(127), note.velocity.get());
            TimedNote { start, length: end.saturating_sub(start).max(1), key, velocity }
        })
        .collect();
    strokes.sort_by_key(|stroke| (stroke.key, stroke.start));
    for at in 1..strokes.len() {
        let (earlier, later) = strokes.split_at_mut(at);
        if let (Some(earlier), Some(later)) = (earlier.last_mut(), later.first())
            && earlier.key == later.key
        {
            earlier.length = earlier.length.min(later.start - earlier.start);
        }
    }
    strokes.retain(|stroke| stroke.length > 0);
    strokes
}
