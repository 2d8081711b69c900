//! A melody for given drums: of the same bars and form, in a key, a range and a density.
//!
//! [`compose`] puts the drums of a [`Song`](crate::score::Song) on the grid of their bars
//! ([`DrumBars`]: sixteenths, or triplets where the drums move in them), draws a form from what they
//! repeat behind a count-in or an upbeat (phrases, bars that come again, bars that take up a rhythm,
//! a motif with which new phrases begin), and writes as many melodies as were asked for: the rhythm
//! slot by slot, as one network finds it likely under the drums and behind what was played so far
//! (rest, hold or onset, which gives lengths too); then the pitches note by note, as another finds them
//! likely behind the notes before, at that place of bar and phrase, over the harmony if one is given.
//! In triplets and where the drums swing notes begin only where in the beat the drums have strokes. No
//! note lies outside the range, nor outside a scale that was asked for; in a take's own key notes
//! outside are sung as often as the take has them ([`PitchClassProfile`]), in passing and left by
//! step. Leaps beyond an octave are not sung, and wide ones turn back by step; a bar that takes up
//! a rhythm mostly takes up its steps, higher or lower. Phrases rise and fall and rest on a longer
//! note, questions away from the tonic and answers on its chord; the last note is the tonic, or the
//! root of the last chord, on a strong beat. A bar that comes again over other chords keeps its
//! rhythm and its contour. Off-beats are where drums that swing have theirs. The rhythm or the
//! pitches of another song may be kept ([`Request`]).
//!
//! [`evaluation`] measures how a melody belongs to its drums, [`mutual_information`] how much likelier
//! they are together, by which one of some drafts is chosen; [`example`] writes what the networks
//! are trained on (`models/training/composer.py`), with the same code that composes.
//!
//! - In: a song with drum tracks, any number of bars, and a [`Request`]. Out: [`Melody`]s in ticks of
//!   that song, one note at a time. The same request gives the same bytes.
//! - For any thread but the audio thread; asks the caller's `progress` whether to go on. Takes a few
//!   milliseconds a bar; memory grows with the bars.
//! - Errors: [`ComposeError`].
//!
//! Source: the second half of Tikhonov and Yamshchikov, "Artificial Neural Networks Jamming on the
//! Beat" (2021): a melody for a drum pattern, conditioned on instrument, key and octave. Rhythm and
//! pitch apart, the form from the drums, and no recurrent layer, are ours.

#![forbid(unsafe_code)]

mod cadence;
mod chord_fitting;
mod compose;
mod conditioning;
mod draft;
mod draw;
mod drums;
mod error;
pub mod evaluation;
mod form;
mod instrument;
mod key;
mod lead;
mod line;
pub mod mutual_information;
pub mod networks;
mod pitch;
mod pitch_rules;
mod pitch_sampling;
mod profile;
mod rhythm;
mod rhythm_sampling;
mod subdivision;
mod swing;
#[cfg(test)]
mod tests;
mod training;

pub use compose::{Composition, MOST_ALTERNATIVES, MOST_NOTES, Melody, Request, compose};
pub use drums::DrumBars;
pub use error::ComposeError;
pub use instrument::program_named;
pub use key::{Key, Range, Scale};
pub use lead::lead;
pub use line::{LineNote, MelodyLine, State};
pub use pitch::{HARMONY_COLUMNS, Harmony, PITCH_FEATURES, PITCHES, PitchRows, Voice};
pub use profile::PitchClassProfile;
pub use rhythm::{DRUM_COLUMNS, RHYTHM_FEATURES, RhythmRows, RhythmTarget, TARGET_COLUMNS};
pub use training::{LeadMelody, example};
