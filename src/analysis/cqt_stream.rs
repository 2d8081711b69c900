//! The constant-Q transform of sound that comes piece by piece, so that a long song need not be in
//! memory as a whole.

use super::AnalysisError;
use super::cqt::{Cqt, TOP_HOP, powers, to_decibels};
use crate::score::SampleRate;

/// What a frame hears lies within so many hops of its centre: 128 samples of the lowest octave, and the
/// filters of all halvings.
const CONTEXT: usize = 128;
/// Pieces begin at multiples of so many hops, so that every frame is computed beside the same others as in
/// one go, and halvings keep the same samples.
const GRID: usize = 16;

/// A [`Cqt`] in the making. The same samples give the same transform, bit for bit, in whatever pieces
/// they come.
pub struct CqtStream {
    rate: SampleRate,
    /// Samples from one frame to the next.
    hop: usize,
    /// Samples and frames that there will be.
    length: usize,
    frames: usize,
    /// Powers of the frames that are done.
    values: Vec<f32>,
    /// The latest samples, and which of all the first of them is.
    buffer: Vec<f32>,
    base: usize,
}

impl CqtStream {
    /// For so many mono samples.
    ///
    /// # Errors
    /// [`AnalysisError::SampleRate`] unless the rate is 44.1 or 22.05 kHz.
    pub fn new(length: usize, rate: SampleRate) -> Result<CqtStream, AnalysisError> {
        // As `powers` does.
        let step = match rate.0 {
            44_100 => 2,
            22_050 => 1,
            other => return Err(AnalysisError::SampleRate(other)),
        };
        let frames = if length == 0 { 0 } else { 1 + length.div_ceil(step) / TOP_HOP };
        let values = Vec::with_capacity(frames * Cqt::BINS);
        let hop = step * TOP_HOP;
        Ok(CqtStream { rate, hop, length, frames, values, buffer: Vec::new(), base: 0 })
    }

    /// Takes the samples that follow. Their level is the caller's: far from 1 it costs precision.
    ///
    /// # Errors
    /// [`AnalysisError::NotFinite`] if a sample is infinite or no number.
    ///
    /// # Panics
    /// If more samples come than were announced.
    pub fn push(&mut self, samples: Vec<f32>) -> Result<(), AnalysisError> {
        // No early end, so that the compiler may look at several samples at once.
        if !samples.iter().fold(true, |finite, x| finite & x.is_finite()) {
            return Err(AnalysisError::NotFinite);
        }
        // What comes in one piece is not copied.
        match self.buffer.is_empty() {
            true => self.buffer = samples,
            false => self.buffer.extend(samples),
        }
        let received = self.base + self.buffer.len();
        assert!(received <= self.length, "no more samples than announced");
        let (context, grid) = (CONTEXT * self.hop, GRID * self.hop);
        let until = match received == self.length {
            true => self.frames,
            false => received.saturating_sub(context) / grid * grid / self.hop,
        };
        let done = self.values.len() / Cqt::BINS;
        if until > done {
            let first = done - self.base / self.hop;
            let (_, powers) = powers(&self.buffer, self.rate)?;
            self.values.extend(&powers[first * Cqt::BINS..][..(until - done) * Cqt::BINS]);
            let base = (until * self.hop).saturating_sub(context) / grid * grid;
            let base = base.clamp(self.base, received / grid * grid);
            self.buffer.drain(..base - self.base);
            self.base = base;
        }
        Ok(())
    }

    /// The transform, once all samples came; those that did not are left out.
    pub fn finish(mut self) -> Cqt {
        let frames = self.values.len() / Cqt::BINS;
        to_decibels(&mut self.values);
        Cqt::of(frames, self.values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};

    #[test]
    fn pieces_give_what_the_whole_gives() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(4);
        for length in [0, 1, 5000, 44_100, 700_001] {
            let samples: Vec<f32> = (0..length)
                .map(|at: u32| (at as f32 * 0.03).sin() * 0.3 + rng.random_range(-0.1..0.1))
                .collect();
            for rate in [44_100, 22_050].map(SampleRate) {
                let whole = Cqt::new(&samples, rate).unwrap();
                for piece in [701, 100_000, 262_144, 1 << 20] {
                    let mut stream = CqtStream::new(samples.len(), rate).unwrap();
                    samples.chunks(piece).for_each(|piece| stream.push(piece.to_vec()).unwrap());
                    assert!(stream.finish() == whole, "{length} in pieces of {piece} at {rate:?}");
                }
            }
        }
        let mut stream = CqtStream::new(1, SampleRate(44_100)).unwrap();
        assert_eq!(stream.push(vec![f32::NAN]), Err(AnalysisError::NotFinite));
        let odd = CqtStream::new(1, SampleRate(48_000)).err();
        assert_eq!(odd, Some(AnalysisError::SampleRate(48_000)));
    }
}
