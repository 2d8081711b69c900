//! A performance in the sound of a given recording of a piano.
//!
//! [`learn`] takes a recording, and its notes if they are known, and fills a [`Piano`]: 88 keys, each with
//! up to 60 partials (levels for three velocities, two decays), inharmonicity, the attack's noise,
//! damping. What is heard is measured; the rest comes from [`Piano::schematic`], fitted to what is heard,
//! and from neighbouring keys. [`perform_parts`] plays notes, pedals and volumes with such a table: oscillators and
//! noise, no network and no samples.
//!
//! Runs on the worker thread or the command line's. In go mono samples in `[-1, 1]`, seconds, MIDI keys
//! and velocities; out come samples. Errors: [`TimbreError`].
//!
//! Sources: Fletcher, JASA 1964 (stiff strings); Weinreich, JASA 1977 (double decay).

#![forbid(unsafe_code)]

mod activation;
mod attack;
mod damper_fit;
mod dampers;
mod envelope;
mod error;
mod format;
mod key_balance;
mod learn;
mod likeness;
mod measure;
mod model;
mod noise_bands;
mod noise_fit;
mod note;
mod note_detection;
mod oscillators;
mod partial_fit;
#[cfg(test)]
mod pedal_tests;
mod pedals;
mod piano;
mod recording;
mod ridge;
mod spectrogram;
mod synth;
#[cfg(test)]
mod tests;
mod tuning;
mod velocity_fit;
mod voice;

pub use error::TimbreError;
pub use learn::{Learned, Remark, learn};
pub use measure::Measured;
pub use note::PlayedNote;
pub use oscillators::BLOCK;
pub use pedals::{Part, PedalMove, VolumeMove};
pub use piano::{KEYS, KeySound, LOWEST, Noise, Partial, Piano};
pub use recording::beginning;
pub use synth::{Synthesizer, level, perform, perform_parts};
