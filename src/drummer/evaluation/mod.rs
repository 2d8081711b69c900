//! How good is a drum part? Figures against the song's real drums, and against human playing.
//!
//! - [`score`] compares a generated part with the drums that really belong to the song, figure by
//!   figure as the project's reference scorer (a Python script on `pretty_midi`) does.
//! - [`sense`] counts what a drummer would notice (hands, feet, crashes, velocities, dynamics beside
//!   the song's, the ending), as the reference script `drummer_sense.py` does.
//! - [`Playing`] describes how drums are played in windows of two bars (density, syncopation,
//!   dynamics, micro-timing) and [`comparison`] says how far two such descriptions overlap;
//!   [`Playing::human`] is that of the Groove MIDI Dataset's drummers.
//! - [`score_form`] compares the sections of a song with those that somebody marked.
//! - [`evaluate`] does all that for a set of songs; [`pairs_in`] reads one from two folders.
//! - [`own_groove`] takes the bars of a song's own drums that say most about them.
//! - [`rock_loop`] and [`raw_structure`] are what any system has to beat.
//!
//! [`score`] and [`sense`] agree with the reference scripts to 1e-6 where both read the files alike. They do not
//! where a tempo stands outside the first track (`pretty_midi` ignores it), where a drum is struck
//! twice at one tick (here that is one stroke) or for no time at all (here it counts), and where
//! controllers go on behind the last note (see `bars.rs`; timing may differ in the third decimal).
//!
//! Songs in, numbers out; nothing here is random. Runs on any thread but the audio thread: some
//! milliseconds a song, most of a second for the comparison of a large set. Errors:
//! [`EvaluationError`], where files are read; songs that cannot be scored give `None`.

mod bars;
mod baselines;
mod comparison;
mod form;
mod grid;
mod own_groove;
mod playing;
mod report;
mod scoring;
mod sense;

pub use baselines::{RawStructure, raw_structure, rock_loop};
pub use comparison::{FeatureComparison, compare, overlap};
pub use form::{FormScore, boundaries, boundary_f, pairwise_f, score_form};
pub use own_groove::own_groove;
pub use playing::{Feature, FeatureValues, Playing, Window, windows};
pub use report::{Evaluation, EvaluationError, Pair, SongScore, SongSense, evaluate, pairs_in};
pub use scoring::{Score, own_densities, score};
pub use sense::{Sense, SenseReference, sense};
