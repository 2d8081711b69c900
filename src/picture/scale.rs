//! The range of values that a colour bar shows and its ticks.

/// The values that the two ends of the colour map stand for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ValueRange {
    /// Of the darkest colour.
    pub low: f32,
    /// Of the lightest.
    pub high: f32,
}

impl ValueRange {
    /// The range between the 1st and 99th percentile of the similarities of different things: single
    /// outliers must not take the contrast from all others.
    pub fn of(similarities: impl Iterator<Item = f32>) -> ValueRange {
        let mut values: Vec<f32> = similarities.filter(|value| value.is_finite()).collect();
        values.sort_unstable_by(f32::total_cmp);
        let at = |share: f32| {
            let last = values.len().saturating_sub(1);
            values.get((last as f32 * share).round() as usize).copied().unwrap_or(1.0)
        };
        let (low, high) = (at(0.01), at(0.99));
        if high - low < 0.01 {
            ValueRange { low: high - 1.0, high }
        } else {
            ValueRange { low, high }
        }
    }

    /// Where a value lies in the range, 0 at the low end, 1 at the high end.
    pub fn share(self, value: f32) -> f32 {
        (value - self.low) / (self.high - self.low)
    }

    /// Three to seven round values inside the range, with as many decimals as they need.
    pub fn ticks(self) -> Vec<(f32, String)> {
        let width = f64::from(self.high - self.low);
        let power = 10f64.powf((width / 5.0).log10().floor());
        let factor = [1.0, 2.0, 5.0, 10.0]
            .into_iter()
            .find(|factor| width / (factor * power) <= 6.0)
            .unwrap_or(10.0);
        let step = factor * power;
        let decimals = (-step.log10().floor()).max(0.0) as usize;
        let first = (f64::from(self.low) / step).ceil() as i64;
        let last = (f64::from(self.high) / step).floor() as i64;
        (first..=last)
            .map(|index| {
                let value = index as f64 * step;
                (value as f32, format!("{value:.decimals$}").replace('-', "−"))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_bars_have_round_ticks() {
        let labels = |low, high| -> Vec<String> {
            ValueRange { low, high }.ticks().into_iter().map(|(_, label)| label).collect()
        };
        assert_eq!(labels(0.0, 1.0), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(0.913, 0.988), ["0.92", "0.94", "0.96", "0.98"]);
        assert_eq!(labels(-0.5, 0.7), ["−0.5", "0.0", "0.5"]);
    }

    #[test]
    fn the_range_ignores_outliers_and_survives_sameness() {
        let spread = (0..1000).map(|index| 0.2 + 0.0005 * index as f32).chain([-9.0, 9.0]);
        let range = ValueRange::of(spread);
        assert!(range.low > 0.2 && range.high < 0.7, "{range:?}");
        let same = ValueRange::of([0.5; 4].into_iter());
        assert_eq!((same.share(-0.5), same.share(0.5)), (0.0, 1.0));
        let none = ValueRange::of(std::iter::empty());
        assert!(none.low < none.high);
        let broken = ValueRange::of([f32::NAN; 3].into_iter());
        assert!(broken.low < broken.high);
    }
}
