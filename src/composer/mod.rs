//! A melody for given drums.

#![forbid(unsafe_code)]

mod compose;
mod draw;
mod drums;
mod error;
pub mod evaluation;
mod form;
mod given;
mod instrument;
mod key;
mod lead;
mod line;
pub mod networks;
mod pitch;
mod rhythm;
mod sing;
#[cfg(test)]
mod tests;
mod time;
mod training;

pub use compose::{Composition, MOST_ALTERNATIVES, MOST_NOTES, Melody, Request, compose};
pub use drums::DrumBars;
pub use error::ComposeError;
pub use instrument::program_named;
pub use key::{Key, Range, Scale};
pub use lead::lead;
pub use line::{Line, LineNote, State};
pub use pitch::{HARMONY_COLUMNS, Harmony, PITCH_FEATURES, PITCHES, PitchRows, Voice};
pub use rhythm::{DRUM_COLUMNS, RHYTHM_FEATURES, RhythmRows, WANTED_COLUMNS, Wanted};
pub use training::{Sung, example};
