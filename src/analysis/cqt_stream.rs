//! The constant-Q transform of sound that comes piece by piece, so that a long song need not be in
//! memory as a whole.

use super::AnalysisError;
use super::cqt::{Cqt, TOP_HOP, powers, to_decibels};

/// Samples at 44.1 kHz from one frame to the next.
const HOP: usize = 2 * TOP_HOP;
/// What a frame hears lies within so many samples of its centre: 128 of the lowest octave (128 times as
/// many of ours), and the filters of all halvings.
const CONTEXT: usize = 32_768;
/// Pieces begin at multiples of this, so that every frame is computed beside the same others as in one
/// go, and halvings keep the same samples.
const GRID: usize = 16 * HOP;

/// A [`Cqt`] in the making. The same samples give the same transform, bit for bit, in whatever pieces
/// they come.
pub struct CqtStream {
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
    /// For so many mono samples at 44.1 kHz.
    pub fn new(length: usize) -> CqtStream {
        let frames = if length == 0 { 0 } else { 1 + length.div_ceil(2) / TOP_HOP };
        let values = Vec::with_capacity(frames * Cqt::BINS);
        CqtStream { length, frames, values, buffer: Vec::new(), base: 0 }
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
        let until = match received == self.length {
            true => self.frames,
            false => received.saturating_sub(CONTEXT) / GRID * GRID / HOP,
        };
        let done = self.values.len() / Cqt::BINS;
        if until > done {
            let first = done - self.base / HOP;
            let (_, powers) = powers(&self.buffer);
            self.values.extend(&powers[first * Cqt::BINS..][..(until - done) * Cqt::BINS]);
            let base = (until * HOP).saturating_sub(CONTEXT) / GRID * GRID;
            let base = base.clamp(self.base, received / GRID * GRID);
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
    use crate::score::SampleRate;
    use rand::{Rng, SeedableRng};

    #[test]
    fn pieces_give_what_the_whole_gives() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(4);
        for length in [0, 1, 5000, 44_100, 700_001] {
            let samples: Vec<f32> = (0..length)
                .map(|at: u32| (at as f32 * 0.03).sin() * 0.3 + rng.random_range(-0.1..0.1))
                .collect();
            let whole = Cqt::new(&samples, SampleRate(44_100)).unwrap();
            for piece in [701, 100_000, 262_144, 1 << 20] {
                let mut stream = CqtStream::new(samples.len());
                samples.chunks(piece).for_each(|piece| stream.push(piece.to_vec()).unwrap());
                assert!(stream.finish() == whole, "{length} in pieces of {piece}");
            }
        }
        assert_eq!(CqtStream::new(1).push(vec![f32::NAN]), Err(AnalysisError::NotFinite));
    }
}
