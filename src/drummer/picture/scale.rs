//! Ticks for axes in bars, and matrices made as many pixels.

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
