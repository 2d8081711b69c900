//! The drummer: a song without drums in, a structured drum part out.
//!
//! The way through, each stage a file of its own: take -> features -> structure -> selected bars ->
//! patterns -> groove -> part. Runs on the worker thread; takes well under a second for 96 bars.

mod arrange;
mod choice;
mod decode;
mod error;
pub mod evaluation;
pub mod features;
mod fills;
mod form;
mod generate;
pub mod groove;
mod pattern;
pub mod picture;
mod progress;
mod selection;
mod settings;
mod silence;
mod sound;
mod structure;
pub mod timing;
mod vary;
mod vocabulary;

pub use error::DrummerError;
pub use form::{Form, Section};
pub use generate::{Drummer, Generation, Heard, MAX_BARS, Take};
pub use progress::{Progress, Silent, Stage};
pub use selection::{SELECTED, Selection, select};
pub use settings::{ClassDensities, Settings, Style, StyleChoice};
pub use silence::silent_bars;
pub use structure::{drum_ssm, form, groups};
pub use vocabulary::Vocabulary;
