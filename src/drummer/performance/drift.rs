//! Chance with a memory.
//!
//! A drummer who is a little late stays a little late for a while, and both hands with both feet; a
//! drummer who leans on the second and fourth eighth does so in every bar. White noise on every
//! stroke sounds like a faulty machine. So each stroke's surprise is the sum of a drift of the whole
//! player, one of each limb, a habit of the limb at that place in the beat, and what is left to the
//! stroke itself.

use std::array::from_fn;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::score::LANES;

/// Places in a beat that habits tell apart.
const PLACES: usize = 6;

/// A part of the surprises: its share of their variance, and its correlation with itself one step
/// later (for a habit: one beat later).
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub share: f32,
    pub hold: f32,
}

impl Held {
    /// The next value of a standard normal series that begins anywhere.
    fn follow(self, value: f32, rng: &mut impl Rng) -> f32 {
        self.hold * value + (1.0 - self.hold * self.hold).sqrt() * normal(rng)
    }
}

/// How surprises hang together; what the three shares leave is white.
#[derive(Clone, Copy, Debug)]
pub(super) struct Memory {
    pub player: Held,
    pub limb: Held,
    pub habit: Held,
}

/// A stream of standard normal scores for the lanes of each step.
///
/// It runs on whether or not there is a stroke: a hit more or less in a part leaves the others as
/// they were.
pub(super) struct Drift {
    memory: Memory,
    rng: ChaCha8Rng,
    player: f32,
    limbs: [f32; LANES],
    habits: [[f32; LANES]; PLACES],
}

impl Drift {
    /// Same seed and stream, same scores.
    pub fn new(memory: Memory, seed: u64, stream: u64) -> Drift {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        let player = normal(&mut rng);
        let limbs = from_fn(|_| normal(&mut rng));
        let habits = from_fn(|_| from_fn(|_| normal(&mut rng)));
        Drift { memory, rng, player, limbs, habits }
    }

    /// The scores of the next step, which is the `place`-th of its beat. Each lane's has mean 0 and
    /// variance 1.
    pub fn step(&mut self, place: usize) -> [f32; LANES] {
        let Memory { player, limb, habit } = self.memory;
        let white = (1.0 - player.share - limb.share - habit.share).max(0.0).sqrt();
        let habits = &mut self.habits[place % PLACES];
        self.player = player.follow(self.player, &mut self.rng);
        from_fn(|lane| {
            self.limbs[lane] = limb.follow(self.limbs[lane], &mut self.rng);
            habits[lane] = habit.follow(habits[lane], &mut self.rng);
            player.share.sqrt() * self.player
                + limb.share.sqrt() * self.limbs[lane]
                + habit.share.sqrt() * habits[lane]
                + white * normal(&mut self.rng)
        })
    }
}

/// A standard normal number (Box and Muller).
pub(super) fn normal(rng: &mut impl Rng) -> f32 {
    let (a, b): (f32, f32) = (rng.random(), rng.random());
    // `a` may be 0 but not 1; the logarithm wants it the other way round.
    (-2.0 * (1.0 - a).ln()).sqrt() * (std::f32::consts::TAU * b).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_normal_and_remember() {
        let held = |share, hold| Held { share, hold };
        let memory = Memory { player: held(0.3, 0.9), limb: held(0.2, 0.5), habit: held(0.3, 0.9) };
        let mut drift = Drift::new(memory, 7, 0);
        let steps: Vec<_> = (0..40_000).map(|step| drift.step(step % 4)).collect();
        let mean_of = |f: &dyn Fn(usize) -> f32| -> f32 {
            (0..steps.len() - 4).map(f).sum::<f32>() / (steps.len() - 4) as f32
        };
        let near = |found: f32, expected: f32| {
            assert!((found - expected).abs() < 0.06, "{found} instead of {expected}");
        };
        near(mean_of(&|i| steps[i][3]), 0.0);
        near(mean_of(&|i| steps[i][3].powi(2)), 1.0);
        near(mean_of(&|i| steps[i][3] * steps[i][5]), 0.3);
        near(mean_of(&|i| steps[i][3] * steps[i + 1][3]), 0.3 * 0.9 + 0.2 * 0.5);
        let beat = 0.3 * 0.9f32.powi(4) + 0.2 * 0.5f32.powi(4) + 0.3 * 0.9;
        near(mean_of(&|i| steps[i][3] * steps[i + 4][3]), beat);
    }
}
