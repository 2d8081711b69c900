//! The drummer: a song without drums in, a structured drum part out.
//!
//! The way through, each stage a file of its own: take -> features -> structure -> selected bars ->
//! patterns -> groove -> part. Runs on the worker thread; takes well under a second for 96 bars.

pub mod evaluation;
pub mod features;
mod form;
pub mod picture;
mod progress;
mod selection;
mod settings;
mod structure;

pub use form::{Form, Section};
pub use progress::{Progress, Silent, Stage};
pub use selection::{SELECTED, Selection, select};
pub use settings::{ClassDensities, Settings, Style, StyleChoice};
pub use structure::{drum_ssm, form, groups};
