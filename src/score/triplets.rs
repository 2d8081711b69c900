//! Triplets or straight notes: which grid a drummer's strokes lie on.

use std::f64::consts::TAU;

use super::Ticks;

/// Whether strokes fall on triplets rather than on straight eighths and sixteenths.
///
/// For a grid of `k` places a quarter, the mean of `exp(2 pi i k position)` is as long as the strokes
/// agree about where that grid is, however early they all are: 1 on the grid, near 0 off it.
pub fn plays_triplets(starts: &[Ticks], ticks_per_quarter: u16) -> bool {
    let agreement = |k: f64| {
        let (mut re, mut im) = (0.0, 0.0);
        for start in starts {
            let angle = TAU * k * start.0 as f64 / f64::from(ticks_per_quarter);
            re += angle.cos();
            im += angle.sin();
        }
        (re * re + im * im).sqrt()
    };
    agreement(3.0).max(agreement(6.0)) > agreement(2.0).max(agreement(4.0))
}
