//! Choosing the steps of each bar from what the melody does.

use crate::score::{self, BarGrid, Song, StepGrid};

/// Steps a bar that the networks know. Finer grids (7/4 and longer) are folded onto these.
pub const SLOTS: usize = 24;

/// Whether the melody moves in triplets inside simple beats.
pub fn feels_triplets(song: &Song) -> bool {
    let notes = song.melodic().flat_map(|track| &track.notes);
    score::feels_triplets(notes.map(|note| note.start), song.ticks_per_quarter())
}

/// The grid of every bar: its metre's, with triplets throughout if the song feels them.
pub fn step_grids(song: &Song, bars: &BarGrid) -> Vec<StepGrid> {
    let triplets = feels_triplets(song);
    bars.step_grids(triplets)
}

/// The slot of a step: the step itself where the grid fits.
pub(super) fn slot(step: usize, steps: usize) -> usize {
    if steps <= SLOTS { step } else { step * SLOTS / steps }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Note, TempoMap, Ticks, Track, TrackKind, Velocity};

    fn song(starts: impl Iterator<Item = u64>) -> Song {
        let notes = starts
            .map(|start| Note {
                start: Ticks(start),
                length: Ticks(10),
                key: 60,
                velocity: Velocity::clamped(90),
            })
            .collect();
        let track = Track { name: String::new(), kind: TrackKind::Melodic { program: 0 }, notes };
        Song { tempo: TempoMap::new(480, []), metres: vec![], tracks: vec![track] }
    }

    #[test]
    fn triplets_are_heard_and_sixteenths_are_not_taken_for_them() {
        assert!(feels_triplets(&song((0..48).map(|i| i * 160))));
        assert!(feels_triplets(&song((0..48).map(|i| i / 2 * 480 + i % 2 * 320))));
        assert!(!feels_triplets(&song((0..48).map(|i| i * 120))));
        assert!(!feels_triplets(&song((0..48).map(|i| i * 240))));
    }
}
