//! The back beat and the kicks between its strokes.

use super::decode::Pattern;
use super::features::SLOTS;
use super::timekeeper::{ADDED, SILENT, beats, is_onset};
use crate::score::{Lane, StepGrid};

/// What a back beat is struck on.
pub(super) const SNARES: [Lane; 3] = [Lane::Snare, Lane::SideStick, Lane::Clap];

/// A snare on a downbeat is meant from this logit on.
const DOWNBEAT: f32 = 0.8;

/// Leaves the first and third beat to the kick where the snare has the second and fourth, unless the
/// snare is sure of all of them: where little is known, the likeliest snares are on every beat. The
/// last beat may be short: 7/8 is a 4/4 that lacks an eighth.
pub(super) fn without_downbeats(patterns: &mut [Pattern], groups: &[usize], grids: &[StepGrid]) {
    for (number, pattern) in patterns.iter_mut().enumerate() {
        let Some(bar) = groups.iter().position(|&group| group == number) else { continue };
        let beat = grids[bar].steps_per_beat;
        let beats = grids[bar].steps.div_ceil(beat);
        if !beats.is_multiple_of(2) || beats * beat > SLOTS {
            continue;
        }
        let snare = |beat: usize| Lane::Snare.index() * SLOTS + beat;
        let backs = (1..beats).step_by(2).all(|at| pattern.logits[snare(at * beat)] > 0.0);
        for at in (0..beats).step_by(2).filter(|_| backs) {
            let logit = &mut pattern.logits[snare(at * beat)];
            if (0.0..DOWNBEAT).contains(logit) {
                *logit = SILENT;
                let kick = &mut pattern.logits[Lane::Kick.index() * SLOTS + at * beat];
                *kick = kick.max(ADDED);
            }
        }
    }
}

/// Has the kick answer itself between the strokes of the back beat: where it is struck on the first of four
/// beats and nowhere else, it is struck on the third too. Hardly anybody plays a back beat over one kick a bar.
pub(super) fn second_kick(patterns: &mut [Pattern], groups: &[usize], grids: &[StepGrid]) {
    for (number, pattern) in patterns.iter_mut().enumerate() {
        let Some(bar) = groups.iter().position(|&group| group == number) else { continue };
        let beat = grids[bar].steps_per_beat;
        let is_back = |slot: usize| SNARES.iter().any(|&lane| is_onset(pattern, lane, slot));
        let backs = is_back(beat) && is_back(3 * beat);
        let kicks = (0..SLOTS).filter(|&slot| is_onset(pattern, Lane::Kick, slot));
        if beats(&grids[bar]) == 4 && backs && kicks.eq([0]) {
            pattern.logits[Lane::Kick.index() * SLOTS + 2 * beat] = ADDED;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::timekeeper::tests::{pattern, slots};
    use super::*;
    use crate::score::Metre;

    #[test]
    fn downbeats_are_the_kicks() {
        let grids = vec![StepGrid::for_metre(Metre::COMMON, false); 3];
        let beats = [0, 4, 8, 12].map(|slot| (Lane::Snare, slot));
        let mut unsure = pattern(&beats);
        unsure.logits.iter_mut().for_each(|logit| *logit *= 0.5);
        let mut bars = [unsure, pattern(&beats), pattern(&beats[..1])];
        without_downbeats(&mut bars, &[0, 1, 2], &grids);
        assert_eq!(slots(&bars[0], Lane::Snare), [4, 12]);
        assert_eq!(slots(&bars[0], Lane::Kick), [0, 8]);
        assert_eq!(slots(&bars[1], Lane::Snare), [0, 4, 8, 12]);
        assert_eq!(slots(&bars[2], Lane::Snare), [0]);
        // 7/8, with its last beat an eighth short.
        let grids = [StepGrid::for_metre(Metre::new(7, 8).unwrap(), false)];
        let mut unsure = [pattern(&beats)];
        unsure[0].logits.iter_mut().for_each(|logit| *logit *= 0.5);
        without_downbeats(&mut unsure, &[0], &grids);
        assert_eq!(slots(&unsure[0], Lane::Snare), [4, 12]);
    }

    #[test]
    fn a_kick_alone_is_answered() {
        let kicks = |kicks: &[usize], triplets| {
            let grid = StepGrid::for_metre(Metre::COMMON, triplets);
            let backs = [1, 3].map(|at| (Lane::Snare, at * grid.steps_per_beat));
            let kicks = kicks.iter().map(|&slot| (Lane::Kick, slot));
            let mut bars = [pattern(&kicks.chain(backs).collect::<Vec<_>>())];
            second_kick(&mut bars, &[0], &[grid]);
            slots(&bars[0], Lane::Kick)
        };
        assert_eq!(kicks(&[0], false), [0, 8]);
        assert_eq!(kicks(&[0], true), [0, 12]);
        for others in [&[][..], &[8], &[0, 10]] {
            assert_eq!(kicks(others, false), others);
        }
    }
}
