//! How much a signal comes back after so many samples.

use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

/// Autocorrelations of signals of one length, by the Wiener-Khinchin theorem.
pub struct Autocorrelation {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    signal: Vec<f32>,
    spectrum: Vec<Complex32>,
    lags: usize,
}

impl Autocorrelation {
    /// For signals of at most `length` samples, at the lags below `lags`.
    pub fn new(length: usize, lags: usize) -> Autocorrelation {
        let size = (length + lags).next_power_of_two();
        let mut planner = RealFftPlanner::new();
        let (forward, inverse) = (planner.plan_fft_forward(size), planner.plan_fft_inverse(size));
        let (signal, spectrum) = (forward.make_input_vec(), forward.make_output_vec());
        Autocorrelation { forward, inverse, signal, spectrum, lags }
    }

    /// The sum of the products of the signal with itself so many samples later, lag by lag, times the
    /// transform's size.
    pub fn of(&mut self, signal: impl IntoIterator<Item = f32>) -> &[f32] {
        self.signal.fill(0.0);
        self.signal.iter_mut().zip(signal).for_each(|(into, sample)| *into = sample);
        const PROOF: &str = "buffers as long as the transform asks for";
        self.forward.process(&mut self.signal, &mut self.spectrum).expect(PROOF);
        self.spectrum.iter_mut().for_each(|bin| *bin = bin.norm_sqr().into());
        self.inverse.process(&mut self.spectrum, &mut self.signal).expect(PROOF);
        &self.signal[..self.lags]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_sum_of_products() {
        let signal: Vec<f32> = (0..13).map(|at| ((at * 7) % 5) as f32 - 2.0).collect();
        let mut correlation = Autocorrelation::new(13, 6);
        // The second time nothing of the first is left.
        for used in [&signal[..], &signal[..9]] {
            let found = correlation.of(used.iter().copied());
            for (lag, found) in found.iter().enumerate() {
                let wanted: f32 = used.iter().zip(&used[lag..]).map(|(a, b)| a * b).sum();
                assert!((found / 32.0 - wanted).abs() < 1e-4, "{lag}: {found} for {wanted}");
            }
        }
    }
}
