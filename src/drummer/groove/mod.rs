//! Feel: which drum on which step in, velocity and micro-timing out, as a human drummer plays it.
//!
//! [`play`] takes a [`DrumPart`](crate::score::DrumPart) whose hits say only where and what, and a
//! [`Feel`], and gives the part back with the velocity (1 to 127) and the offset (shares of a step in
//! `[-0.5, 0.5]`, late positive) of each stroke:
//!
//! 1. [`encode`] turns the part into one row of [`CHANNELS`] numbers a step, free of any metre.
//! 2. The network (`groove.onnx`, a dilated convolution; its card is in `models/README.md`) gives for
//!    each lane and step the distribution of velocity and offset of a stroke there.
//! 3. Chance with a memory picks from these distributions: player and limbs drift, habits return.
//! 4. Intensity, swing and humanise shape the result.
//!
//! [`export`] writes the training data through the same encoder. The idea of predicting velocity and
//! offset from a score is GrooVAE's (Gillick et al., "Learning to groove with inverse sequence
//! transformations", ICML 2019), as is the data, the Groove MIDI Dataset (CC BY 4.0).
//!
//! Runs on the worker thread: it allocates and takes tens of milliseconds. Errors: [`GrooveError`],
//! [`ExportError`].

mod drift;
mod export;
mod features;
mod intensity;
mod manner;
mod performance;
mod play;
mod predict;
mod stroke;
mod swing;
#[cfg(test)]
mod tests;
mod touch;

pub use export::{ExportError, Exported, export};
pub use features::{CHANNELS, Row, Setting, channel_names, encode};
pub use manner::Manner;
pub use performance::{quantise, td11_to_gm};
pub use play::{Feel, play, play_all};
pub(super) use swing::bend;
pub use touch::{TOUCHES, Touch};

use crate::network::NetworkError;

/// Why a pattern could not be played.
#[derive(Debug, thiserror::Error)]
pub enum GrooveError {
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error("network \"{network}\" answers with shape {shape:?}, which is not a groove's")]
    Shape { network: String, shape: Vec<usize> },
}
