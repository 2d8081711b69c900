//! Chromaprint fingerprints: whether two clips are the same recording.

use std::ops::Range;

use rusty_chromaprint::{Configuration, Fingerprinter};

use super::reason::Reason;
use super::source::Source;
use crate::audio::{DECODED_RATE, Resampling};

/// Seconds from one number of a fingerprint to the next: a third of a window of 4096 samples.
const STEP: f64 = 1365.0 / 11_025.0;

/// Most places by which one of two duplicates may begin later, 0.12 s each.
const MOST_SHIFT: usize = 60;

/// What of a pair has to overlap, as a share of the longer.
const OVERLAP: f32 = 0.8;

/// A clip's fingerprint: 32 bits every 0.12 s. None of clips shorter than three seconds.
///
/// Source: Lukas Lalinsky, "Chromaprint"; Jang et al., "Pairwise boosted audio fingerprint", 2009.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fingerprint(pub Vec<u32>);

impl Fingerprint {
    /// The share of bits that differ where the two agree best, 0 to 1. None if one has no fingerprint,
    /// or the lengths differ by more than a fifth.
    pub fn difference(&self, other: &Fingerprint) -> Option<f32> {
        self.agreement(other).map(|(bits, _)| bits)
    }

    /// The [`difference`](Fingerprint::difference), and where they agree best: the seconds of this clip
    /// that are before the other's beginning, to a step of 0.12 s; negative if the other begins earlier.
    pub fn agreement(&self, other: &Fingerprint) -> Option<(f32, f64)> {
        let (a, b) = (&self.0, &other.0);
        let needed = ((a.len().max(b.len()) as f32 * OVERLAP).ceil() as usize).max(1);
        let shifted = |a: &[u32], b: &[u32], shift: usize| {
            let pairs = a.iter().skip(shift).zip(b);
            let count = a.len().saturating_sub(shift).min(b.len());
            let bits: u32 = pairs.map(|(a, b)| (a ^ b).count_ones()).sum();
            (count >= needed).then(|| bits as f32 / (32 * count) as f32)
        };
        let shifts = 0..=MOST_SHIFT;
        let both = shifts.flat_map(|shift| {
            let seconds = shift as f64 * STEP;
            let ways = [(shifted(a, b, shift), seconds), (shifted(b, a, shift), -seconds)];
            ways.into_iter().filter_map(|(bits, seconds)| Some((bits?, seconds)))
        });
        both.min_by(|a, b| a.0.total_cmp(&b.0))
    }
}

/// A stream of samples made a [`Fingerprint`].
pub struct Fingerprinting {
    fingerprinter: Fingerprinter,
    /// To the rate that Chromaprint works at, for which it has a slower resampler of its own.
    resampling: Resampling,
    block: Vec<i16>,
    working: bool,
}

impl Fingerprinting {
    pub fn new() -> Fingerprinting {
        let configuration = Configuration::preset_test2();
        let rate = configuration.sample_rate();
        let mut fingerprinter = Fingerprinter::new(&configuration);
        let working = fingerprinter.start(rate, 1).is_ok();
        let resampling = Resampling::new(DECODED_RATE, rate);
        Fingerprinting { fingerprinter, resampling, block: Vec::new(), working }
    }

    /// Hears more samples.
    pub fn push(&mut self, samples: &[f32]) {
        let block = &mut self.block;
        block.clear();
        self.resampling.push(samples, &mut |resampled| {
            block.extend(resampled.iter().map(|sample| (sample * 32767.0) as i16));
            true
        });
        if self.working && !block.is_empty() {
            self.fingerprinter.consume(block);
        }
    }

    pub fn finish(mut self) -> Fingerprint {
        if !self.working {
            return Fingerprint::default();
        }
        self.fingerprinter.finish();
        Fingerprint(self.fingerprinter.fingerprint().to_vec())
    }
}

/// The fingerprint of some samples of a clip: without the silence before it, duplicates that were cut
/// otherwise begin alike.
///
/// # Errors
/// Why it cannot be heard.
pub fn fingerprint(source: &Source, sounding: &Range<u64>) -> Result<Fingerprint, Reason> {
    let mut fingerprinting = Fingerprinting::new();
    source.stream_mono(sounding, &mut |mixed| fingerprinting.push(mixed))?;
    Ok(fingerprinting.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifts_are_found_and_lengths_matter() {
        let of = |range: std::ops::Range<u32>| {
            Fingerprint(range.map(|at| at.wrapping_mul(2_654_435_761)).collect())
        };
        assert_eq!(of(0..100).difference(&of(0..100)), Some(0.0));
        assert_eq!(of(0..100).difference(&of(7..107)), Some(0.0));
        assert!(of(0..100).difference(&of(1000..1100)).unwrap() > 0.3);
        assert_eq!(of(0..100).agreement(&of(7..107)), Some((0.0, 7.0 * STEP)));
        assert_eq!(of(7..107).agreement(&of(0..100)), Some((0.0, -7.0 * STEP)));
        assert_eq!(of(0..100).difference(&of(0..70)), None);
        assert_eq!(of(0..0).difference(&of(0..0)), None);
    }

    #[test]
    fn short_clips_have_none() {
        let heard = |seconds: usize| {
            let mut fingerprinting = Fingerprinting::new();
            let tone = |at: usize| (at as f32 * 0.05).sin() * 0.3;
            let samples: Vec<f32> = (0..seconds * DECODED_RATE as usize).map(tone).collect();
            samples.chunks(5000).for_each(|block| fingerprinting.push(block));
            fingerprinting.finish()
        };
        assert!(heard(1).0.is_empty());
        assert!(heard(8).0.len() > 20);
    }
}
