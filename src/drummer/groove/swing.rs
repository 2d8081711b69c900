//! Swing: time inside a beat is bent so that its second half begins late.
//!
//! On a straight grid the half-beat moves from 1/2 of the beat at swing 0 to 2/3 at swing 1, the
//! triplet feel, and everything between the beats in proportion: with four steps to the beat, step 1
//! goes to 1.33, step 2 to 2.67 and step 3 to 3.33. Beats stay where they are. A ternary grid swings
//! by itself and is left alone, as are grids with one step to the beat.
//!
//! An offset reaches half a step, so from swing 0.75 on the half-beat's stroke is nearer to step 3
//! and is written there, at an offset of -0.33 when fully swung. Where the same key already has a
//! stroke on step 3, both could not be told apart; then the first keeps step 2 and comes at +0.5,
//! the latest that can be written: at 120 bpm 21 ms early of a perfect triplet.

use crate::score::{GridKind, StepGrid};

/// Where a stroke on a step sounds, in steps from the beginning of its bar, for a swing in `[0, 1]`.
pub(in crate::drummer) fn bend(step: usize, grid: StepGrid, swing: f32) -> f32 {
    let per_beat = grid.steps_per_beat;
    if grid.kind == GridKind::Ternary || per_beat < 2 {
        return step as f32;
    }
    let beat = step - step % per_beat;
    let phase = (step - beat) as f32 / per_beat as f32;
    let half = 0.5 + swing / 6.0;
    let bent =
        if phase < 0.5 { phase / 0.5 * half } else { half + (phase - 0.5) / 0.5 * (1.0 - half) };
    beat as f32 + bent * per_beat as f32
}

/// The step on which a stroke bent to `position` is written. `is_taken` tells whether its key has a
/// stroke on a step of the bar already.
///
/// It depends on swing alone: how a stroke is humanised never moves it to another step.
pub(super) fn home(
    step: usize,
    position: f32,
    grid: StepGrid,
    is_taken: impl Fn(usize) -> bool,
) -> usize {
    let next = step + 1;
    let moves = position - step as f32 > 0.5 && next < grid.steps && !is_taken(next);
    if moves { next } else { step }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Metre;

    #[test]
    fn full_swing_is_a_triplet() {
        let grid = StepGrid::for_metre(Metre::COMMON, false);
        let bent: Vec<f32> = (4..9).map(|step| bend(step, grid, 1.0)).collect();
        let expected = [4.0, 5.333, 6.667, 7.333, 8.0];
        assert!(bent.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-3), "{bent:?}");
        assert_eq!(home(6, bent[2], grid, |_| false), 7);
        assert_eq!(home(6, bent[2], grid, |step| step == 7), 6);
        assert!((0..16).all(|step| bend(step, grid, 0.0) == step as f32));
        assert!((0..16).all(|step| home(step, bend(step, grid, 0.7), grid, |_| false) == step));
    }

    #[test]
    fn ternary_grids_swing_by_themselves() {
        let grid = StepGrid::for_metre(Metre::COMMON, true);
        assert!((0..24).all(|step| bend(step, grid, 1.0) == step as f32));
    }
}
