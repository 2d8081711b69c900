//! Choosing the steps of each bar from what the melody does.

use crate::score::{BarGrid, Song, StepGrid, Ticks};

/// Steps a bar that the networks know. Finer grids (7/4 and longer) are folded onto these.
pub const SLOTS: usize = 24;

/// Whether the melody moves in triplets inside simple beats: more onsets on the thirds of a beat
/// than on its quarters, and enough of them to be no accident.
pub fn feels_triplets(song: &Song) -> bool {
    let quarter = u64::from(song.ticks_per_quarter());
    // A twenty-fourth of a beat tells a third (8/24) from a quarter (6/24) with room on both sides.
    let near = |at: Ticks, twelfth: u64| {
        let inside = at.0 % quarter;
        (inside * 24).abs_diff(quarter * 2 * twelfth) <= quarter
    };
    let (mut thirds, mut quarters, mut all) = (0usize, 0usize, 0usize);
    for note in song.melodic().flat_map(|track| &track.notes) {
        all += 1;
        thirds += usize::from(near(note.start, 4) || near(note.start, 8));
        quarters += usize::from(near(note.start, 3) || near(note.start, 9));
    }
    2 * thirds > 3 * quarters && 10 * thirds > all
}

/// The grid of every bar: its metre's, with triplets throughout if the song feels them.
pub fn step_grids(song: &Song, bars: &BarGrid) -> Vec<StepGrid> {
    let triplets = feels_triplets(song);
    bars.bars().iter().map(|bar| StepGrid::for_metre(bar.metre, triplets)).collect()
}

/// The slot of a step: the step itself where the grid fits.
pub(super) fn slot(step: usize, steps: usize) -> usize {
    if steps <= SLOTS { step } else { step * SLOTS / steps }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Note, TempoMap, Track, TrackKind, Velocity};

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
