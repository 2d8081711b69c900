//! The composer's networks: rows in, log probabilities out.

use super::pitch::{PITCH_FEATURES, PITCHES};
use super::rhythm::RHYTHM_FEATURES;
use crate::network::{ModelSpec, Network, NetworkError, PortSpec, Tensor};

/// A slot to what the melody does in it; see `models/README.md`. The axes are row, and feature or
/// [`State`](super::State).
pub const RHYTHM: ModelSpec = ModelSpec {
    name: "composer-rhythm",
    file: "composer_rhythm.onnx",
    bytes: include_bytes!("../../models/composer_rhythm.onnx"),
    inputs: &[PortSpec::f32("rows", &[None, Some(RHYTHM_FEATURES)])],
    outputs: &[PortSpec::f32("logs", &[None, Some(3)])],
};

/// A note to its pitch, from two octaves below the centre of the range to two above.
pub const PITCH: ModelSpec = ModelSpec {
    name: "composer-pitch",
    file: "composer_pitch.onnx",
    bytes: include_bytes!("../../models/composer_pitch.onnx"),
    inputs: &[PortSpec::f32("rows", &[None, Some(PITCH_FEATURES)])],
    outputs: &[PortSpec::f32("logs", &[None, Some(PITCHES)])],
};

/// All of them.
pub const ALL: &[&ModelSpec] = &[&RHYTHM, &PITCH];

/// The answers of a network to rows of `width` numbers each, row after row.
pub fn run_network(
    network: &dyn Network,
    rows: Vec<f32>,
    width: usize,
) -> Result<Vec<f32>, NetworkError> {
    let count = rows.len() / width;
    let rows = Tensor::f32(&[count, width], rows);
    Ok(network.run(&[("rows", rows)])?.take_f32("logs")?.1)
}
