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
//!    Back beats stay what they are from bar to bar.
//! 4. The drums follow the song's [`Dynamics`](crate::drummer::Dynamics), and intensity, swing and
//!    humanise shape the result. Velocities end up between 15 and 123, but for strokes
//!    that were given and are played as they are.
//!
//! [`export`] writes the training data through the same encoder. The idea of predicting velocity and
//! offset from a score is GrooVAE's (Gillick et al., "Learning to groove with inverse sequence
//! transformations", ICML 2019), as is the data, the Groove MIDI Dataset (CC BY 4.0).
//!
//! Runs on the worker thread: it allocates and takes tens of milliseconds. Errors: [`PerformanceError`],
//! [`ExportError`].

mod distribution;
mod drift;
mod ensemble;
mod export;
mod features;
mod follow;
mod groove_style;
mod intensity;
mod places;
mod play;
mod predict;
mod quantise;
mod stats;
mod steady;
mod swing;
#[cfg(test)]
mod tests;

pub use export::{ExportError, Exported, export};
pub use features::{CHANNELS, Row, Setting, channel_names, encode};
pub use groove_style::{GROOVE_STYLES, GrooveStyle};
pub(super) use intensity::within_range;
pub use places::{FillStrokes, GivenStrokes, Moved, Place};
pub use play::{Feel, play, play_all};
pub use predict::GROOVE;
pub use quantise::quantise;
pub use stats::PerformanceStats;
pub(super) use swing::bend;
pub use swing::swing_ratio;

use crate::network::NetworkError;

/// Why a pattern could not be played.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what each is and what it names")]
pub enum PerformanceError {
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error("network \"{network}\" answers with shape {shape:?}, which is not a groove's")]
    Shape { network: String, shape: Vec<usize> },
}
