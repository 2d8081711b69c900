//! Halving the sample rate.

use super::parallel::for_parts;
use std::f64::consts::PI;

/// Taps on either side of the filter's centre; only the odd ones differ from 0.
const REACH: usize = 23;

/// Half-band low-pass: a sinc with its zeros on the even taps, under a Kaiser window (beta 9: all
/// beyond the transition lies 90 dB down). It passes 0 to 0.8 of the new band unchanged; librosa's
/// default resampler (soxr HQ) passes 0 to 0.91. What aliases into the new band stays above 0.8 of
/// it, and no filter of the constant-Q transform looks beyond 0.4.
///
/// Source: Schoerkhuber, Klapuri, "Constant-Q transform toolbox for music processing", SMC 2010.
fn half_band() -> Vec<f32> {
    let bessel = |x: f64| {
        let (mut sum, mut term) = (1.0, 1.0);
        for k in 1..40 {
            term *= (x / (2.0 * f64::from(k))).powi(2);
            sum += term;
        }
        sum
    };
    const BETA: f64 = 9.0;
    let taps: Vec<f64> = (1..=REACH)
        .step_by(2)
        .map(|at| {
            let x = at as f64;
            let share = x / (REACH + 1) as f64;
            (PI * x / 2.0).sin() / (PI * x) * bessel(BETA * (1.0 - share * share).sqrt())
                / bessel(BETA)
        })
        .collect();
    // Unit gain at 0 Hz: the centre has 1/2, the two sides together the other half.
    let sum: f64 = taps.iter().sum();
    taps.iter().map(|tap| (tap * 0.25 / sum) as f32).collect()
}

/// Every second sample of the low-passed signal, without delay: sample `k` sits at `2 k` of the
/// input. Rounds an odd length up. Amplitudes stay.
pub fn halve(samples: &[f32]) -> Vec<f32> {
    let taps = half_band();
    let length = samples.len().div_ceil(2);
    // The odd samples apart and padded, so that the inner loop runs over neighbours.
    let pad = REACH.div_ceil(2);
    let mut odd = vec![0.0; length + 2 * pad];
    for (target, source) in odd[pad..].iter_mut().zip(samples.iter().skip(1).step_by(2)) {
        *target = *source;
    }
    let mut halved = vec![0.0; length];
    const BLOCK: usize = 256;
    for_parts(&mut halved, 1, |first, part| {
        for (block, part) in part.chunks_mut(BLOCK).enumerate() {
            let first = first + block * BLOCK;
            for (at, target) in part.iter_mut().enumerate() {
                *target = 0.5 * samples[2 * (first + at)];
            }
            // odd[pad + k] is sample 2k + 1: tap 2j + 1 reaches k + j ahead and k - j - 1 behind.
            for (j, tap) in taps.iter().enumerate() {
                let ahead = &odd[pad + first + j..];
                let behind = &odd[pad + first - j - 1..];
                for ((target, ahead), behind) in part.iter_mut().zip(ahead).zip(behind) {
                    *target += tap * (ahead + behind);
                }
            }
        }
    });
    halved
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gain_db(share_of_new_band: f64) -> f64 {
        let step = PI / 2.0 * share_of_new_band;
        let wave: Vec<f32> = (0..4000).map(|at| (step * f64::from(at)).cos() as f32).collect();
        let halved = halve(&wave);
        let middle = &halved[500..1500];
        let power: f64 = middle.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / 1000.0;
        10.0 * (2.0 * power).log10()
    }

    #[test]
    fn the_band_passes_and_what_would_alias_does_not() {
        for share in [0.01, 0.3, 0.5, 0.75] {
            assert!(gain_db(share).abs() < 0.05, "{share}: {}", gain_db(share));
        }
        for share in [1.25, 1.5, 1.9] {
            assert!(gain_db(share) < -80.0, "{share}: {}", gain_db(share));
        }
    }

    #[test]
    fn lengths_round_up_and_time_stays() {
        assert_eq!(halve(&[]).len(), 0);
        assert_eq!(halve(&[1.0]).len(), 1);
        let mut click = vec![0.0; 1001];
        click[600] = 1.0;
        let halved = halve(&click);
        assert_eq!(halved.len(), 501);
        let loudest = (0..501).max_by(|a, b| halved[*a].total_cmp(&halved[*b])).unwrap();
        assert_eq!(loudest, 300);
    }
}
