//! Halving the sample rate.

use super::parallel::for_parts;
use multiversion::multiversion;
use std::f64::consts::PI;

/// Taps on either side of the filter's centre; only the odd ones differ from 0.
const REACH: usize = 15;

/// Taps on either side that differ from 0.
const PAD: usize = REACH.div_ceil(2);

/// Half-band low-pass: a sinc with its zeros on the even taps, under a Kaiser window (beta 9: all
/// beyond the transition lies 90 dB down). It passes 0 to 0.6 of the new band unchanged; librosa's
/// default resampler (soxr HQ) passes 0 to 0.91. What aliases stays above 0.6 of the new band, and
/// no filter of the constant-Q transform looks beyond 0.4.
///
/// Source: Schoerkhuber, Klapuri, "Constant-Q transform toolbox for music processing", SMC 2010.
fn half_band() -> [f32; PAD] {
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
    std::array::from_fn(|at| (taps[at] * 0.25 / sum) as f32)
}

/// Every second sample of the low-passed signal, without delay: sample `k` sits at `2 k` of the
/// input. Rounds an odd length up. Amplitudes stay.
pub fn halve(samples: &[f32]) -> Vec<f32> {
    let taps = half_band();
    let mut halved = vec![0.0; samples.len().div_ceil(2)];
    for_parts(&mut halved, 1, |first, part| fill(samples, &taps, first, part));
    halved
}

/// Writes the halved signal from sample `first` on.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn fill(samples: &[f32], taps: &[f32; PAD], first: usize, part: &mut [f32]) {
    const BLOCK: usize = 256;
    for (block, part) in part.chunks_mut(BLOCK).enumerate() {
        let first = first + block * BLOCK;
        // The odd samples apart, so that the inner loop runs over neighbours: `odd[PAD + k]` is
        // sample `2 (first + k) + 1`, or 0 beyond the signal.
        let mut odd = [0.0; BLOCK + 2 * PAD];
        let missing = PAD.saturating_sub(first);
        let from = (2 * (first + missing) + 1).saturating_sub(2 * PAD);
        let source = samples.get(from..).unwrap_or_default().iter().step_by(2);
        for (target, source) in odd[missing..].iter_mut().zip(source) {
            *target = *source;
        }
        let even = samples[2 * first..].iter().step_by(2);
        for ((target, even), near) in part.iter_mut().zip(even).zip(odd.windows(2 * PAD)) {
            // Tap 2 j + 1 reaches odd sample j ahead and j + 1 behind.
            let pairs = (0..PAD).map(|j| taps[j] * (near[PAD + j] + near[PAD - 1 - j]));
            *target = 0.5 * even + pairs.sum::<f32>();
        }
    }
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
        for share in [0.01, 0.2, 0.4, 0.58] {
            assert!(gain_db(share).abs() < 0.05, "{share}: {}", gain_db(share));
        }
        for share in [1.42, 1.6, 1.9] {
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
