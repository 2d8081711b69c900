//! Ticks for axes in bars, the range of values that a colour bar shows and its ticks.

use crate::analysis::Ssm;

/// The bars that get a tick, as indices from 0: steps of 1, 2, 4, 8, ... bars, so that ticks stand
/// where musicians count phrases from; at most `most` of them.
pub fn bar_ticks(bars: usize, most: usize) -> impl Iterator<Item = usize> {
    let mut step = 1;
    while bars.div_ceil(step) > most.max(1) {
        step *= 2;
    }
    (0..bars).step_by(step)
}

/// The values that the two ends of the colour map stand for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ValueRange {
    pub low: f32,
    pub high: f32,
}

impl ValueRange {
    /// The range between the 1st and 99th percentile of the similarities of different bars: the
    /// diagonal, always 1, and single outliers must not take the contrast from all others.
    pub fn of(ssm: &Ssm) -> ValueRange {
        let bars = ssm.bars();
        let mut values: Vec<f32> = (0..bars)
            .flat_map(|row| ssm.later(row).iter().copied())
            .filter(|value| value.is_finite())
            .collect();
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

/// `ssm` drawn `side` pixels wide and high: each pixel is the mean over the bars it covers, so
/// nothing is lost where bars are narrower than pixels; 0 where nothing is known. Row-major, `side * side`.
pub fn resampled(ssm: &Ssm, side: usize) -> Vec<f32> {
    let bars = ssm.bars();
    let weights: Vec<Vec<(usize, f32)>> = (0..side).map(|at| cover(at, side, bars)).collect();
    let mut image = Vec::with_capacity(side * side);
    let mut mixed = vec![0.0; bars];
    for rows in &weights {
        mixed.fill(0.0);
        for &(row, weight) in rows {
            for (sum, value) in mixed[ssm.known(row)].iter_mut().zip(ssm.row(row)) {
                *sum += weight * value;
            }
        }
        image.extend(
            weights.iter().map(|columns| columns.iter().map(|&(at, w)| w * mixed[at]).sum::<f32>()),
        );
    }
    image
}

/// The bars under one pixel of `side`, each with its share of the pixel.
fn cover(pixel: usize, side: usize, bars: usize) -> Vec<(usize, f32)> {
    let scale = bars as f64 / side as f64;
    let (from, to) = (pixel as f64 * scale, (pixel + 1) as f64 * scale);
    (from as usize..(to.ceil() as usize).min(bars))
        .map(|bar| {
            let overlap = to.min(bar as f64 + 1.0) - from.max(bar as f64);
            (bar, (overlap / scale) as f32)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_stand_where_phrases_begin() {
        assert_eq!(bar_ticks(8, 10).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(bar_ticks(96, 10).collect::<Vec<_>>(), [0, 16, 32, 48, 64, 80]);
        assert_eq!(bar_ticks(1024, 10).count(), 8);
        assert_eq!(bar_ticks(1, 10).collect::<Vec<_>>(), [0]);
    }

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
    fn the_range_ignores_the_diagonal_and_survives_sameness() {
        let spread = Ssm::from_pairs(50, |row, column| 0.2 + 0.01 * (row + column) as f32 / 2.0);
        let range = ValueRange::of(&spread);
        assert!(range.low > 0.2 && range.high < 0.7, "{range:?}");
        let same = ValueRange::of(&Ssm::from_pairs(4, |_, _| 0.5));
        assert_eq!((same.share(-0.5), same.share(0.5)), (0.0, 1.0));
        let one = ValueRange::of(&Ssm::from_pairs(1, |_, _| 0.5));
        assert!(one.low < one.high);
        let broken = ValueRange::of(&Ssm::from_pairs(3, |_, _| f32::NAN));
        assert!(broken.low < broken.high);
    }

    #[test]
    fn resampling_keeps_the_mean() {
        let ssm = Ssm::from_pairs(30, |row, column| ((row * 7 + column * 3) % 10) as f32 / 10.0);
        let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
        for side in [7, 30, 64] {
            let image = resampled(&ssm, side);
            assert_eq!(image.len(), side * side);
            assert!((mean(&image) - mean(ssm.values())).abs() < 1e-4);
        }
        assert_eq!(resampled(&ssm, 30), ssm.values());
    }
}
