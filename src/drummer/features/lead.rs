//! Which track carries the tune.

use crate::score::Song;

/// The track most likely to carry the tune: high, sounding often, one note at a time.
pub fn lead(song: &Song) -> Option<usize> {
    let bars = song.bars();
    let score = |index: usize| {
        let notes = &song.tracks[index].notes;
        let mut sounding: Vec<_> =
            notes.iter().filter_map(|note| bars.bar_at(note.start)).collect();
        sounding.dedup();
        let coverage = sounding.len() as f64 / bars.len().max(1) as f64;
        let starts = notes.windows(2).filter(|pair| pair[0].start != pair[1].start).count() + 1;
        let single = starts as f64 / notes.len() as f64;
        let pitch = notes.iter().map(|note| f64::from(note.key)).sum::<f64>() / notes.len() as f64;
        coverage.min(0.8) * 2.0 + single + (pitch / 72.0).min(1.2)
    };
    (0..song.tracks.len())
        .filter(|&index| !song.tracks[index].is_drums() && !song.tracks[index].notes.is_empty())
        .max_by(|&a, &b| score(a).total_cmp(&score(b)))
}
