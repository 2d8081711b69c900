//! How two sets of drumming compare, feature by feature: how far their distributions overlap.

use serde::{Deserialize, Serialize};

use super::playing::{Feature, Playing};

/// Intervals of the numerical integration.
const INTERVALS: usize = 1000;

/// One feature of two sets of drumming.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureComparison {
    /// What was measured of each window.
    pub feature: Feature,
    /// Mean over the windows of what is judged.
    pub mean: f64,
    /// Its standard deviation.
    pub sd: f64,
    /// Mean over the windows of human playing.
    pub human_mean: f64,
    /// Its standard deviation.
    pub human_sd: f64,
    /// See [`overlap`].
    pub overlap: f64,
}

/// Feature by feature, how `playing` compares with `human` playing.
pub fn compare(playing: &Playing, human: &Playing) -> Vec<FeatureComparison> {
    let pairs = playing.features.iter().zip(&human.features);
    pairs
        .map(|(ours, theirs)| FeatureComparison {
            feature: ours.feature,
            mean: ours.mean,
            sd: ours.sd,
            human_mean: theirs.mean,
            human_sd: theirs.sd,
            overlap: overlap(&ours.values, &theirs.values),
        })
        .collect()
}

/// The area under both of two distributions, 0 (apart) to nearly 1 (the same), as Yang and Lerch
/// (On the evaluation of generative models in music, 2020) take it: Gaussian kernels with Scott's
/// bandwidth, integrated from the smallest value to the largest, which leaves out the tails beyond.
///
/// A set that does not vary has no such density: it gives 1 with a set of the same one value and 0
/// with any other, as an empty set does.
pub fn overlap(a: &[f64], b: &[f64]) -> f64 {
    let (Some(kernel_a), Some(kernel_b)) = (Kernels::new(a), Kernels::new(b)) else {
        let same = a.first().is_some_and(|first| a.iter().chain(b).all(|value| value == first));
        return if same && !b.is_empty() { 1.0 } else { 0.0 };
    };
    let (low, high) = a
        .iter()
        .chain(b)
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &value| (l.min(value), h.max(value)));
    let step = (high - low) / INTERVALS as f64;
    let both = |index: usize| {
        let x = low + index as f64 * step;
        let height = kernel_a.density(x).min(kernel_b.density(x));
        // The trapezoidal rule.
        if index == 0 || index == INTERVALS { height / 2.0 } else { height }
    };
    step * (0..=INTERVALS).map(both).sum::<f64>()
}

/// A density estimate.
struct Kernels<'a> {
    values: &'a [f64],
    width: f64,
}

impl Kernels<'_> {
    /// `None` where all values are the same.
    fn new(values: &[f64]) -> Option<Kernels<'_>> {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        // Scott's rule with the deviation estimated of the population.
        let width = (squares / (count - 1.0)).sqrt() * count.powf(-0.2);
        (width.is_finite() && width > 1e-9).then_some(Kernels { values, width })
    }

    fn density(&self, x: f64) -> f64 {
        let kernel = |value: &f64| (-0.5 * ((x - value) / self.width).powi(2)).exp();
        let sum: f64 = self.values.iter().map(kernel).sum();
        sum / (self.values.len() as f64 * self.width * (2.0 * std::f64::consts::PI).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn overlaps_are_scipys() {
        let golden: Vec<Value> =
            serde_json::from_str(include_str!("../../../tests/golden/scores/overlaps.json"))
                .unwrap();
        for case in golden {
            let set =
                |name: &str| -> Vec<f64> { serde_json::from_value(case[name].clone()).unwrap() };
            let (found, expected) =
                (overlap(&set("a"), &set("b")), case["overlap"].as_f64().unwrap());
            assert!((found - expected).abs() < 1e-4, "{found} instead of {expected}");
        }
    }

    #[test]
    fn sets_that_do_not_vary_are_the_same_or_apart() {
        assert_eq!(overlap(&[1.0; 5], &[1.0; 9]), 1.0);
        assert_eq!(overlap(&[1.0; 5], &[2.0; 9]), 0.0);
        assert_eq!(overlap(&[1.0; 5], &[0.5, 1.0, 1.5]), 0.0);
        assert_eq!(overlap(&[], &[1.0, 2.0]), 0.0);
    }
}
