//! A signal without its offset.
//!
//! Some samples of SoundFonts do not swing around 0; the synth strings of FluidR3 lie 9 % of full
//! scale beside it. That takes headroom from everything else, and clicks where a note begins.
//!
//! Source: J. O. Smith, "Introduction to Digital Filters" (2007), appendix "DC Blocker".

use crate::score::SampleRate;

/// What lies below goes, in Hz: far below the lowest note.
const CUTOFF: f64 = 5.0;

/// A first-order high-pass filter at 5 Hz for one channel, `y[n] = x[n] - x[n-1] + r y[n-1]`.
#[derive(Clone, Copy, Debug)]
pub struct DcBlocker {
    /// The pole, a little below 1.
    pole: f32,
    input: f32,
    output: f32,
}

impl DcBlocker {
    /// For sound at this rate.
    pub fn new(SampleRate(rate): SampleRate) -> DcBlocker {
        let pole = (-std::f64::consts::TAU * CUTOFF / f64::from(rate.max(1))).exp();
        DcBlocker { pole: pole as f32, input: 0.0, output: 0.0 }
    }

    /// Silence, as before the first sample.
    pub fn reset(&mut self) {
        (self.input, self.output) = (0.0, 0.0);
    }

    /// The next sample.
    pub fn next(&mut self, sample: f32) -> f32 {
        self.output = sample - self.input + self.pole * self.output;
        self.input = sample;
        // What has faded this far would only become slow to calculate.
        if self.output.abs() < 1e-15 {
            self.output = 0.0;
        }
        self.output
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_goes_and_a_tone_stays() {
        let mut blocker = DcBlocker::new(SampleRate(48_000));
        let tone = |n: usize| (n as f32 * 100.0 * std::f32::consts::TAU / 48_000.0).sin();
        let heard: Vec<f32> = (0..96_000).map(|n| blocker.next(0.3 + 0.5 * tone(n))).collect();
        // Two seconds later, over whole periods of the tone.
        let last = &heard[48_000..];
        let mean = last.iter().sum::<f32>() / last.len() as f32;
        let power = last.iter().map(|sample| sample * sample).sum::<f32>() / last.len() as f32;
        assert!(mean.abs() < 1e-4, "{mean}");
        assert!((power / 0.125 - 1.0).abs() < 0.01, "{power}");
        blocker.reset();
        assert_eq!(blocker.next(0.0), 0.0);
    }
}
