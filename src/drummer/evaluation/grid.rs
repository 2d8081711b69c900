//! What a drum part plays in which bar, class and step.

use crate::score::{DRUM_CLASSES, DrumClass, Note, Song};

/// Steps a bar, whatever its metre.
pub(super) const STEPS: usize = 16;

/// Whether a class is struck, by class and step.
pub(super) type BarCells = [[bool; STEPS]; DRUM_CLASSES];

/// A drum part on the grid.
pub(super) struct Cells {
    pub bars: Vec<BarCells>,
    /// Mean distance of the notes from their step, in steps: 0 to 0.5.
    pub timing: f64,
}

/// Places a song's drums on the grid of `bar_lines` (seconds, one more than there are bars): each
/// note on the nearest step, the last half step of a bar on the next bar's first. Notes outside the
/// bars are left out.
pub(super) fn cells(song: &Song, bar_lines: &[f64]) -> Cells {
    let mut bars = vec![BarCells::default(); bar_lines.len().saturating_sub(1)];
    let (mut distance, mut notes) = (0.0, 0usize);
    for (bar, position, note) in placed(song.drum_notes(), song, bar_lines) {
        let step = (position * STEPS as f64 + 0.5).floor();
        distance += (position * STEPS as f64 - step).abs();
        notes += 1;
        // A position is at least 0 up to rounding, and at most 1.
        let step = step.max(0.0) as usize;
        let (bar, step) = if step >= STEPS { (bar + 1, 0) } else { (bar, step) };
        if let Some(cells) = bars.get_mut(bar) {
            cells[DrumClass::of_key(note.key).index()][step] = true;
        }
    }
    Cells { bars, timing: if notes > 0 { distance / notes as f64 } else { 0.0 } }
}

/// The bar of each note and how far into it the note begins, 0 to 1.
pub(super) fn placed<'a>(
    notes: impl Iterator<Item = &'a Note>,
    song: &Song,
    bar_lines: &[f64],
) -> impl Iterator<Item = (usize, f64, &'a Note)> {
    notes.filter_map(|note| {
        let seconds = song.tempo.seconds(note.start).0;
        // A microsecond, so that a note on the bar line never falls into the bar before.
        let bar = bar_lines.partition_point(|&line| line <= seconds + 1e-6).checked_sub(1)?;
        let (start, end) = (bar_lines[bar], *bar_lines.get(bar + 1)?);
        Some((bar, (seconds - start) / (end - start), note))
    })
}
