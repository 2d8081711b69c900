//! What pictures are drawn with: a [`Canvas`] of rectangles, text and pixels that becomes a PNG file,
//! the colours of similarities and sections, and a [`Matrix`] of similarities with its colour bar.
//!
//! Pure, on any thread but the audio thread (it allocates). Places and sizes are in pixels from the top
//! left. Errors: [`EncodeError`].

#![forbid(unsafe_code)]

mod canvas;
mod colours;
mod error;
mod matrix;
mod scale;

pub use canvas::{Align, Canvas, Type, Weight, fitted, text_width};
pub use colours::{Rgb, section_colour, similarity_colour};
pub use error::EncodeError;
pub use matrix::Matrix;
pub use scale::ValueRange;
