//! Neural networks: ONNX files in, numbers out. It knows no music.
//!
//! A module that owns a network describes it with a [`ModelSpec`] and asks [`Models`] for it; what it
//! gets is a [`Network`]: named tensors in, named tensors out. The weights are built into the binary, and a file of the same name in the user's model folder takes
//! their place if it fits the spec. Which library does the arithmetic ([`Backend`]) is seen nowhere
//! above this folder: tract on the processor, or cuDNN on an NVIDIA GPU ([`cuda`]) with the processor
//! behind it ([`offload`]).
//!
//! - In and out: [`Tensor`]s of `f32` or `i64`, row-major. A dim that a [`ModelSpec`] leaves free may
//!   differ from request to request; each new combination of shapes costs some milliseconds once
//!   (see [`Network::prepare`]).
//! - Threads: everything may be called from any thread but the audio thread: loading reads files and
//!   both loading and running allocate. In the plugin that is the worker. A network may be run by
//!   several threads at once.
//! - The GPU is looked for when the first network is asked for, never before; one that is lost or has no
//!   memory left is no error: the processor answers, and [`Models::engine`] says why.
//! - Errors: [`NetworkError`]. Files are untrusted: whatever their bytes, the outcome is a network or
//!   an error that names the file and what is wrong with it.

mod backend;
mod catch_panic;
mod cuda;
mod eager;
mod error;
mod inference;
mod lru_cache;
mod offload;
mod onnx;
mod registry;
mod spec;
mod tensor;
mod tract;

pub use backend::Backend;
pub use cuda::{GpuFacts, gpu};
pub use error::NetworkError;
pub use inference::{Network, Outputs};
pub use registry::{Engine, Models};
pub use spec::{ModelSpec, Port, PortSpec};
pub use tensor::{Element, Tensor};
