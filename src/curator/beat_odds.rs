//! How likely a beat is, frame by frame, as a network hears it.
//!
//! The network of `models/training/clip_beats.py` sees where the nine bands rise in up to 24 s at once, so
//! that it knows what comes back from bar to bar and not only what is loud.
//!
//! Source: Davies and Böck, "Temporal convolutional networks for musical audio beat tracking", EUSIPCO
//! 2019.

use super::bands::BANDS;
use crate::network::{ModelSpec, Network, NetworkError, PortSpec, Tensor};

/// Frames that the network takes in at once, and gives back.
const STACK: usize = 4;
/// Numbers for each frame: how much each band rises, and 1 within the clip.
const NUMBERS: usize = BANDS + 1;
const ROWS: usize = STACK * NUMBERS;
const COLUMNS: usize = 512;

/// Frames that are heard together: 23.8 s.
pub const WINDOW: usize = COLUMNS * STACK;

/// Onsets of a clip to the logarithms of the odds of beats; see `models/README.md`.
pub const CLIP_BEATS: ModelSpec = ModelSpec {
    name: "clip beats",
    file: "clip_beats.onnx",
    bytes: include_bytes!("../../models/clip_beats.onnx"),
    inputs: &[PortSpec::f32("onsets", &[Some(1), Some(ROWS), None])],
    outputs: &[PortSpec::f32("beats", &[Some(1), Some(STACK), None])],
};

/// The logarithm of the odds that a beat is at each of at most [`WINDOW`] frames of a flux.
///
/// # Errors
/// [`NetworkError`].
pub fn beat_odds(flux: &[[f32; BANDS]], network: &dyn Network) -> Result<Vec<f32>, NetworkError> {
    let flux = &flux[..flux.len().min(WINDOW)];
    // All windows have one shape, so that the network is planned once.
    let input = Tensor::f32(&[1, ROWS, COLUMNS], rows(flux));
    let mut answer = network.run(&[("onsets", input)])?;
    let (_, odds) = answer.take_f32("beats")?;
    Ok((0..flux.len()).map(|frame| odds[place(0, frame)]).collect())
}

/// Columns of four frames, row-major: number `n` of frame `4 c + f` is in row `4 n + f` of column `c`.
fn place(number: usize, frame: usize) -> usize {
    (number * STACK + frame % STACK) * COLUMNS + frame / STACK
}

fn rows(flux: &[[f32; BANDS]]) -> Vec<f32> {
    let mut rows = vec![0.0; ROWS * COLUMNS];
    for (frame, rises) in flux.iter().enumerate() {
        for (band, rise) in rises.iter().enumerate() {
            rows[place(band, frame)] = *rise;
        }
        rows[place(BANDS, frame)] = 1.0;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Backend, Models};

    #[derive(serde::Deserialize)]
    struct Golden {
        odds: Vec<f32>,
    }

    /// What `models/training/clip_beats.py` says of a made-up flux is said here.
    #[test]
    fn onsets_are_seen_as_in_training() {
        let golden: Golden =
            serde_json::from_str(include_str!("../../tests/golden/clip_beats.json")).unwrap();
        let rise = |frame: usize, band: usize| {
            let begins = frame % (11 * (1 + band % 4)) == band;
            if begins { 0.5 + band as f32 / 8.0 } else { 0.01 * band as f32 }
        };
        let flux: Vec<[f32; BANDS]> =
            (0..600).map(|frame| std::array::from_fn(|band| rise(frame, band))).collect();
        let network = Models::new(Backend::Cpu, None).get(&CLIP_BEATS).unwrap();
        let found = beat_odds(&flux, &*network).unwrap();
        assert_eq!(found.len(), golden.odds.len());
        for (frame, (found, wanted)) in found.iter().zip(&golden.odds).enumerate() {
            assert!((found - wanted).abs() < 1e-3, "frame {frame}: {found} for {wanted}");
        }
        assert!(beat_odds(&[], &*network).unwrap().is_empty());
    }
}
