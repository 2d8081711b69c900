//! What the network says about one stroke: how loud and how late it may be.

/// Numbers that describe a stroke, see [`Stroke::read`].
pub(super) const NUMBERS: usize = 3 * (LOUD + LATE);
const LOUD: usize = 3;
const LATE: usize = 2;

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

fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// The distributions of a stroke's velocity and offset, given that there is one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stroke {
    velocity: Mixture<LOUD>,
    offset: Mixture<LATE>,
}

impl Stroke {
    /// From the network's numbers, in order: weights, means and scales of the velocity's three
    /// parts, then of the offset's two. `number(i)` is the i-th of [`NUMBERS`].
    ///
    /// Velocities are shares of full strength, offsets shares of a step, late positive.
    pub fn read(number: impl Fn(usize) -> f32) -> Stroke {
        use std::array::from_fn;
        Stroke {
            velocity: Mixture {
                weights: from_fn(&number),
                means: from_fn(|i| number(LOUD + i)),
                scales: from_fn(|i| number(2 * LOUD + i)),
            },
            offset: Mixture {
                weights: from_fn(|i| number(3 * LOUD + i)),
                means: from_fn(|i| number(3 * LOUD + LATE + i)),
                scales: from_fn(|i| number(3 * LOUD + 2 * LATE + i)),
            },
        }
    }

    /// The velocity that `score` standard deviations of a normal variable stand for, in `[0, 1]`:
    /// 0 is the median. Strokes at full strength pile up at 1, as they do on a real pad.
    pub fn velocity(&self, score: f32) -> f32 {
        self.velocity.quantile(normal_cdf(score), 0.0, 1.0)
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
        let ghost_or_accent = [0.5, 0.5, 0.0, 0.2, 0.9, 0.5, 0.02, 0.02, 0.1];
        let late = [1.0, 0.0, 0.1, 0.0, 0.05, 0.1];
        let numbers = [&ghost_or_accent[..], &late[..]].concat();
        let stroke = Stroke::read(|i| numbers[i]);
        assert!((stroke.velocity(-0.7) - 0.2).abs() < 0.02);
        assert!((stroke.velocity(0.7) - 0.9).abs() < 0.02);
        assert!((stroke.offset(0.0) - 0.1).abs() < 1e-3);
        assert!((-40..=40).all(|i| stroke.offset(i as f32 / 10.0).abs() <= 0.5));
        let rising = (-40..40)
            .all(|i| stroke.velocity(i as f32 / 10.0) <= stroke.velocity((i + 1) as f32 / 10.0));
        assert!(rising);
    }
}
