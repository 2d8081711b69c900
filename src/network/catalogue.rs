//! The networks that Drumlin comes with.
//!
//! A network is added by its file in `models/` and one constant here, such as
//!
//! ```ignore
//! pub const STRUCTURE: ModelSpec = ModelSpec {
//!     name: "structure",
//!     file: "structure.onnx",
//!     bytes: include_bytes!("../../models/structure.onnx"),
//!     inputs: &[PortSpec::f32("channels", &[Some(1), Some(24), None, None])],
//!     outputs: &[PortSpec::f32("similarity", &[Some(1), None, None])],
//! };
//! ```
//!
//! and its line in [`ALL`]. The skill that runs it says in its own documentation what the axes mean.

use super::ModelSpec;

/// Every network, as `drumlin models` lists and checks them.
pub const ALL: &[&ModelSpec] = &[];
