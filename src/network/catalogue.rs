//! The networks that Drumlin comes with.
//!
//! A network is added by its file in `models/`, one constant here and its line in [`ALL`]. The skill
//! that runs it says in its own documentation what the axes mean.

use super::{ModelSpec, PortSpec};

/// Pair channels of the melodic side to the self-similarity of the drums; see
/// `drummer::drum_ssm`.
pub const STRUCTURE: ModelSpec = ModelSpec {
    name: "structure",
    file: "structure.onnx",
    bytes: include_bytes!("../../models/structure.onnx"),
    inputs: &[PortSpec::f32("pairs", &[Some(1), Some(24), None, None])],
    outputs: &[PortSpec::f32("similarity", &[None, None])],
};

/// The melodic side and conditions to the mixture of codes of every bar; see the pattern stage of the
/// drummer.
pub const PATTERN: ModelSpec = ModelSpec {
    name: "pattern",
    file: "pattern.onnx",
    bytes: include_bytes!("../../models/pattern.onnx"),
    inputs: &[
        PortSpec::f32("bar", &[None, Some(158)]),
        PortSpec::f32("pairs", &[Some(1), Some(24), None, None]),
        PortSpec::f32("programs", &[Some(1), Some(128)]),
        PortSpec::f32("conditions", &[None, Some(41)]),
    ],
    outputs: &[
        PortSpec::f32("prior", &[None, None]),
        PortSpec::f32("shift", &[None, None, Some(15), Some(24)]),
        PortSpec::f32("base", &[None, None, Some(15), Some(24)]),
        PortSpec::f32("densities", &[Some(8)]),
        PortSpec::f32("styles", &[Some(12)]),
        PortSpec::f32("keys", &[Some(46)]),
        PortSpec::f32("prototypes", &[Some(12), Some(8)]),
    ],
};

/// A part's strokes to the distributions of their velocity and timing; see
/// `drummer::performance`.
///
/// In: `rows`, axes batch, channel, step; 68 steps of zeros before and behind the part. Out: `strokes`,
/// axes batch, lane, number, step.
pub const GROOVE: ModelSpec = ModelSpec {
    name: "groove",
    file: "groove.onnx",
    bytes: include_bytes!("../../models/groove.onnx"),
    inputs: &[PortSpec::f32("rows", &[Some(1), Some(50), None])],
    outputs: &[PortSpec::f32("strokes", &[Some(1), Some(15), Some(15), None])],
};

/// Every network, as `drumlin models` lists and checks them.
pub const ALL: &[&ModelSpec] = &[&STRUCTURE, &PATTERN, &GROOVE];
