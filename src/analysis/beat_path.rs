//! The best sequence of beats: the dynamic programming that all trackers of beats share.
//!
//! Source: Ellis, "Beat Tracking by Dynamic Programming", Journal of New Music Research 36(1), 2007,
//! with states, so that the period of a beat may depend on that of the one before.

use std::ops::Range;

/// A way from one beat to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BeatStep {
    /// Frames since the beat before; at least 1.
    pub frames: usize,
    /// The state of the beat before.
    pub from: usize,
    /// What it takes from the worth of the sequence.
    pub cost: f32,
}

/// The frame and the state of a beat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BeatAt {
    /// From 0.
    pub frame: usize,
    /// An index into the lists of steps.
    pub state: usize,
}

/// Finds the sequence of beats that is worth most, and how much that is.
///
/// A beat is in one of `frames` and in a state; `steps` has a list for each state, of the ways in which
/// it is reached (at most 254). `reward` is what a beat in a frame and a state is worth by itself. A
/// sequence begins where `may_begin` says that the frame may be a first beat and no step is worth more
/// than nothing, or where no step is possible; it ends in one of the frames of `ending`. The first
/// of equal steps and the last of equal ends is taken. `None` if `ending` has no frame.
///
/// Takes time in proportion to the frames and all steps, and five bytes for each frame and state.
pub fn best_beats(
    frames: usize,
    steps: &[Vec<BeatStep>],
    reward: impl Fn(usize, usize) -> f32,
    may_begin: impl Fn(usize) -> bool,
    ending: Range<usize>,
) -> Option<(Vec<BeatAt>, f32)> {
    let count = steps.len();
    let mut worth = vec![0.0f32; frames * count];
    // The step from the beat before, one more than its index; 0 at a first beat.
    let mut before = vec![0u8; frames * count];
    for frame in 0..frames {
        let begins = may_begin(frame);
        for (state, steps) in steps.iter().enumerate() {
            let mut best: Option<(f32, u8)> = begins.then_some((0.0, 0));
            for (number, step) in (1u8..=u8::MAX).zip(steps) {
                let Some(earlier) = frame.checked_sub(step.frames) else { continue };
                let value = worth[earlier * count + step.from] - step.cost;
                if best.is_none_or(|(most, _)| value > most) {
                    best = Some((value, number));
                }
            }
            let (gained, step) = best.unwrap_or_default();
            worth[frame * count + state] = reward(frame, state) + gained;
            before[frame * count + state] = step;
        }
    }
    let places = ending.start * count..ending.end.min(frames) * count;
    let end = places.max_by(|&a, &b| worth[a].total_cmp(&worth[b]))?;
    let mut at = BeatAt { frame: end / count, state: end % count };
    let mut beats = vec![at];
    while let Some(step) = before[at.frame * count + at.state].checked_sub(1) {
        let step = steps[at.state][usize::from(step)];
        at = BeatAt { frame: at.frame - step.frames, state: step.from };
        beats.push(at);
    }
    beats.reverse();
    Some((beats, worth[end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All sequences, by brute force.
    fn by_trying(
        steps: &[Vec<BeatStep>],
        rewards: &[Vec<f32>],
        at: BeatAt,
        begins: &dyn Fn(usize) -> bool,
    ) -> f32 {
        let own = rewards[at.frame][at.state];
        let possible = steps[at.state].iter().filter(|step| step.frames <= at.frame);
        let gained = possible.map(|step| {
            let before = BeatAt { frame: at.frame - step.frames, state: step.from };
            by_trying(steps, rewards, before, begins) - step.cost
        });
        let best = gained.fold(None, |best: Option<f32>, value| {
            Some(best.map_or(value, |best| best.max(value)))
        });
        own + match best {
            Some(best) if begins(at.frame) => best.max(0.0),
            Some(best) => best,
            None => 0.0,
        }
    }

    #[test]
    fn no_other_sequence_is_worth_more() {
        let step = |frames, from, cost| BeatStep { frames, from, cost };
        let steps = [
            vec![step(2, 0, 0.0), step(2, 1, 0.3)],
            vec![step(3, 1, 0.0), step(3, 0, 0.3), step(4, 1, 0.5)],
        ];
        let mut random = 7u32;
        let mut next = || {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (random >> 16) as f32 / 65_536.0 - 0.4
        };
        for frames in 1..14usize {
            let rewards: Vec<Vec<f32>> = (0..frames).map(|_| vec![next(), next()]).collect();
            let begins = |frame: usize| frame < 4;
            let ending = frames.saturating_sub(3)..frames;
            let reward = |frame: usize, state: usize| rewards[frame][state];
            let (beats, worth) =
                best_beats(frames, &steps, reward, begins, ending.clone()).unwrap();
            let best = ending
                .flat_map(|frame| (0..2).map(move |state| BeatAt { frame, state }))
                .map(|at| by_trying(&steps, &rewards, at, &begins))
                .fold(f32::MIN, f32::max);
            assert!((worth - best).abs() < 1e-5, "{frames}: {worth} {best}");
            assert!(beats.windows(2).all(|pair| pair[0].frame < pair[1].frame));
        }
        assert_eq!(best_beats(0, &steps, |_, _| 0.0, |_| true, 0..0), None);
    }
}
