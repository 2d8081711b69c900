//! What the network says about one stroke: how loud and how late it may be.

/// Numbers that describe a stroke, see [`HitDistribution::read`].
pub(super) const NUMBERS: usize = 3 * (LOUD + LATE);
const LOUD: usize = 3;
const LATE: usize = 2;

/// Velocities from here on are the pads' ceiling: half a MIDI level below 126. The network learned
/// them as "this hard or harder".
const CEILING: f32 = 125.5 / 127.0;

/// A mixture of logistic distributions.
#[derive(Clone, Copy, Debug)]
struct Mixture<const N: usize> {
    weights: [f32; N],
    means: [f32; N],
    scales: [f32; N],
}

impl<const N: usize> Mixture<N> {
    fn cdf(&self, x: f32) -> f32 {
        (0..N).map(|i| self.weights[i] * logistic((x - self.means[i]) / self.scales[i])).sum()
    }

    /// Where the share of values below reaches `share`, within `low..=high`.
    fn quantile(&self, share: f32, mut low: f32, mut high: f32) -> f32 {
        // The distributions are smooth and the answer is needed to about a MIDI level (1/127).
        for _ in 0..14 {
            let middle = 0.5 * (low + high);
            if self.cdf(middle) < share { low = middle } else { high = middle }
        }
        0.5 * (low + high)
    }
}

fn softmax<const N: usize>(logits: [f32; N]) -> [f32; N] {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let shares = logits.map(|logit| (logit - most).exp());
    let sum: f32 = shares.iter().sum();
    shares.map(|share| share / sum)
}

fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// The distributions of a stroke's velocity and offset, given that there is one.
#[derive(Clone, Copy, Debug)]
pub(super) struct HitDistribution {
    velocity: Mixture<LOUD>,
    offset: Mixture<LATE>,
}

impl HitDistribution {
    /// From the network's numbers, in order: weights (as logits), means and scales (as logarithms)
    /// of the velocity's three parts, then of the offset's two; `distributions` of
    /// `models/training/groove.py` reads them the same way. `number(i)` is the i-th of [`NUMBERS`].
    ///
    /// Velocities are shares of full strength, offsets shares of a step, late positive.
    pub fn read(number: impl Fn(usize) -> f32) -> HitDistribution {
        use std::array::from_fn;
        let late = 3 * LOUD;
        HitDistribution {
            velocity: Mixture {
                weights: softmax(from_fn(&number)),
                means: from_fn(|i| 0.55 + number(LOUD + i)),
                scales: from_fn(|i| number(2 * LOUD + i).clamp(-5.0, 0.0).exp()),
            },
            offset: Mixture {
                weights: softmax(from_fn(|i| number(late + i))),
                means: from_fn(|i| 0.5 * number(late + LATE + i).tanh()),
                scales: from_fn(|i| number(late + 2 * LATE + i).clamp(-4.5, 0.0).exp()),
            },
        }
    }

    /// The velocity that `score` standard deviations of a normal variable stand for, above 0 and
    /// below the pads' ceiling (126): 0 is the median of the strokes that pads can read. How much
    /// harder those at the ceiling were struck nobody knows.
    pub fn velocity(&self, score: f32) -> f32 {
        let readable = self.velocity.cdf(CEILING);
        self.velocity.quantile(normal_cdf(score) * readable, 0.0, CEILING)
    }

    /// The same for the offset, in `[-0.5, 0.5]`, to which the distribution is cut.
    pub fn offset(&self, score: f32) -> f32 {
        let (below, upto) = (self.offset.cdf(-0.5), self.offset.cdf(0.5));
        self.offset.quantile(below + normal_cdf(score) * (upto - below), -0.5, 0.5)
    }
}

/// Share of a standard normal variable below `x`, within 8e-8 (Abramowitz and Stegun 26.2.17).
fn normal_cdf(x: f32) -> f32 {
    let t = 1.0 / (1.0 + 0.231_641_9 * x.abs());
    let series = t
        * (0.319_381_53
            + t * (-0.356_563_78 + t * (1.781_478 + t * (-1.821_256 + t * 1.330_274_4))));
    let tail = 0.398_942_3 * (-0.5 * x * x).exp() * series;
    if x > 0.0 { 1.0 - tail } else { tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_distribution_is_right() {
        for (x, share) in [(0.0, 0.5), (1.0, 0.841_344_7), (-1.96, 0.024_997_9)] {
            assert!((normal_cdf(x) - share).abs() < 1e-6, "{x}");
        }
    }

    #[test]
    fn a_stroke_follows_its_distribution() {
        let scale = (0.02f32).ln();
        let ghost_or_accent = [0.0, 0.0, -30.0, -0.35, 0.35, 0.0, scale, scale, scale];
        let late = [30.0, 0.0, 0.2027, 0.0, -3.0, -3.0];
        let numbers = [&ghost_or_accent[..], &late[..]].concat();
        let stroke = HitDistribution::read(|i| numbers[i]);
        assert!((stroke.velocity(-0.7) - 0.2).abs() < 0.02);
        assert!((stroke.velocity(0.7) - 0.9).abs() < 0.02);
        assert!((stroke.offset(0.0) - 0.1).abs() < 1e-3);
        assert!((-40..=40).all(|i| stroke.offset(i as f32 / 10.0).abs() <= 0.5));
        let rising = (-40..40)
            .all(|i| stroke.velocity(i as f32 / 10.0) <= stroke.velocity((i + 1) as f32 / 10.0));
        assert!(rising);
    }

    #[test]
    fn what_the_pads_clipped_is_played_below_the_ceiling() {
        // Four strokes of five beyond the pads' reach.
        let scale = (0.1f32).ln();
        let numbers = [0.0, -30.0, -30.0, 0.576, 0.0, 0.0, scale, scale, scale];
        let stroke = HitDistribution::read(|i| numbers.get(i).copied().unwrap_or(0.0));
        let played = [-2.0, -1.0, 0.0, 1.0, 2.0].map(|score| stroke.velocity(score));
        assert!(played.is_sorted() && played[4] < CEILING, "{played:?}");
        assert!(played[2] > 0.85 && played[2] < 0.95, "{played:?}");
    }
}
