//! What any system has to beat.

use serde::{Deserialize, Serialize};

use super::bars::bar_lines;
use super::grid::{STEPS, cells, placed};
use super::scoring::{cosine_matrix, played, real_structure, upper};
use crate::analysis::correlation;
use crate::score::{BarGrid, BarIndex, DrumPart, GridKind, Hit, Lane, Song, Velocity};

/// The plain rock loop: kick on odd beats, snare on even ones, closed hats in quavers, every bar the
/// same. In 4/4 that is kick on 1 and 3, snare on 2 and 4, eight hats.
pub fn rock_loop(bars: &BarGrid) -> DrumPart {
    let grids = bars.step_grids(false);
    let mut hits = Vec::new();
    for (bar, grid) in grids.iter().enumerate() {
        let mut strike = |step: usize, lane: Lane, velocity: u8| {
            let key = lane.default_key();
            let velocity = Velocity::clamped(velocity);
            hits.push(Hit { bar: BarIndex(bar), step, key, velocity, offset: 0.0 });
        };
        for (beat, step) in (0..grid.steps).step_by(grid.steps_per_beat).enumerate() {
            strike(step, if beat % 2 == 0 { Lane::Kick } else { Lane::Snare }, 100);
        }
        // Two quavers to a simple beat, three to a dotted one.
        let quavers = if grid.kind == GridKind::Ternary { 3 } else { 2 };
        for step in (0..grid.steps).step_by((grid.steps_per_beat / quavers).max(1)) {
            strike(step, Lane::ClosedHat, 80);
        }
    }
    DrumPart::new(bars.clone(), grids, hits)
}

/// How well the song without its drums, as it stands, says where the drums repeat: Pearson
/// correlation, off the diagonal, of a melodic self-similarity matrix (cosine) with the real drums'.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RawStructure {
    /// Bars by seconds of each pitch class.
    pub chroma: f64,
    /// Bars by onsets in the low (below C3), middle and high (from G4) register on 16 steps.
    pub onsets: f64,
}

/// `None` where [`score`](super::score) gives none.
pub fn raw_structure(reference: &Song) -> Option<RawStructure> {
    let lines = bar_lines(reference);
    let drums = cells(reference, &lines).bars;
    let bars = played(&drums)?;
    let real = real_structure(&drums[bars.clone()]);
    let mut chroma = vec![vec![0.0; 12]; drums.len()];
    let mut onsets = vec![vec![0.0; 3 * STEPS]; drums.len()];
    let notes = reference.melodic().flat_map(|track| &track.notes);
    for (bar, position, note) in placed(notes, reference, &lines) {
        let seconds = reference.tempo.seconds(note.end()).0 - reference.tempo.seconds(note.start).0;
        chroma[bar][usize::from(note.key % 12)] += seconds;
        let register = usize::from(note.key >= 48) + usize::from(note.key >= 67);
        let step = ((position * STEPS as f64 + 0.5).floor().max(0.0) as usize).min(STEPS - 1);
        onsets[bar][register * STEPS + step] += 1.0;
    }
    let against = |features: &[Vec<f64>]| correlation(&real, &upper(&cosine_matrix(features)));
    Some(RawStructure { chroma: against(&chroma[bars.clone()]), onsets: against(&onsets[bars]) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Metre, MetreChange, Ticks};

    fn steps(metre: Metre, lane: Lane) -> Vec<usize> {
        let metres = [MetreChange { at: Ticks(0), metre }];
        let part = rock_loop(&BarGrid::new(480, &metres, Ticks(1)));
        part.hits.iter().filter(|hit| hit.lane() == lane).map(|hit| hit.step).collect()
    }

    #[test]
    fn the_loop_is_what_every_drummer_knows() {
        assert_eq!(steps(Metre::COMMON, Lane::Kick), [0, 8]);
        assert_eq!(steps(Metre::COMMON, Lane::Snare), [4, 12]);
        assert_eq!(steps(Metre::COMMON, Lane::ClosedHat), [0, 2, 4, 6, 8, 10, 12, 14]);
        let six_eight = Metre::new(6, 8).unwrap();
        assert_eq!(steps(six_eight, Lane::Snare), [6]);
        assert_eq!(steps(six_eight, Lane::ClosedHat), [0, 2, 4, 6, 8, 10]);
    }
}
