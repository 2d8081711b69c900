//! The space of drum patterns: two bars of fourteen drums as points between which one can move.
//!
//! A [`Pattern`] is which drum is struck on which step, on a grid of sixteenths or of triplets, or on the
//! way between them of both; [`windows`] and [`medoid`] take them from a song's drums. A [`PatternSpace`]
//! encodes a pattern to a [`Latent`] (96 numbers) and decodes latents to patterns. The [`PatternMap`] has thousands of patterns
//! that people played, each at its [`Place`] in two dimensions, and places others among them;
//! [`sample`] draws new ones near those, [`interpolate`] goes from one to another in small steps with
//! exact ends, [`PatternMap::pattern_at`] gives every place a pattern. Velocity and timing are not
//! patterns' matter: a performance network plays [`Pattern::part`].
//!
//! - In and out: patterns, latents, places; no files but those that [`export`] reads.
//! - Threads: any but the audio thread; a pattern takes some tenths of a millisecond.
//! - Errors: [`PatternError`] says why a song has no pattern, [`NetworkError`](crate::network::NetworkError)
//!   why a network failed.
//!
//! Source: Tikhonov and Yamshchikov, "Artificial Neural Networks Jamming on the Beat", 2021, for the
//! shape of patterns and the idea; the networks are others (`models/training/patterns.py`).

#![forbid(unsafe_code)]

mod books;
mod drum;
mod export;
mod extract;
mod hamming;
mod map;
mod morph;
mod pattern;
mod regrid;
mod sample;
mod space;

pub use books::BookError;
pub use drum::{DRUMS, LANES_OF_DRUMS, drum_of_key, drum_of_lane};
pub use export::{ExportError, Exported, export};
pub use extract::{PatternError, Window, medoid, quarters_of_beat, windows};
pub use map::{Filter, MapPoint, MapStyle, PatternMap, Place};
pub use morph::interpolate;
pub use pattern::{CELLS, Pattern, PatternGrid, TWELFTHS};
pub use sample::{Near, Sampled, sample};
pub use space::{
    ALL, LATENT, Latent, PATTERN_DECODER, PATTERN_DISCRIMINATOR, PATTERN_ENCODER, PatternSpace,
    Request, Sampling,
};
#[cfg(test)]
mod tests;
