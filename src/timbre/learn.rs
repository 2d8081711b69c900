//! From any recording to a piano, or to a sentence that says what is missing.

use std::fmt;

use super::TimbreError;
use super::likeness::is_a_band;
use super::measure::{LONGEST, Measured, measure};
use super::note::{PlayedNote, Velocities};
use super::note_detection;
use super::piano::Piano;

/// The most samples of a recording that are looked through for its first note, in seconds.
pub(super) const LOOKED_THROUGH: f64 = 600.0;

/// The fewest notes that a piano is learned from where nobody says which they are.
const FEWEST: usize = 4;

/// With fewer keys than this the rest is mostly guessed.
const FEW_KEYS: usize = 6;

/// Partials of pianos lie within this of the model, in dB; other sounds do not.
const UNLIKE_A_PIANO: f64 = 8.0;

/// The share of a recording that the notes found in it explain: .67 to .73 of pianos, .45 of a drum beat,
/// .26 of a voice that speaks.
const EXPLAINED: f64 = 0.55;
const EXPLAINED_AT_LEAST: f64 = 0.35;

/// What a musician should know of a piano that was learned.
#[derive(Clone, Debug, PartialEq)]
pub enum Remark {
    /// Only so many keys are heard.
    FewKeys(usize),
    /// So many samples of a thousand are at full scale.
    Clipped(f32),
    /// Nothing is heard above this frequency, in hertz.
    Dull(f32),
    /// It does not sound like a piano.
    Unlike,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Remark::FewKeys(keys) => {
                let keys_are = if *keys == 1 { "key is" } else { "keys are" };
                write!(f, "only {keys} {keys_are} heard: the others are guessed from these")
            }
            Remark::Clipped(share) => {
                write!(
                    f,
                    "the recording is clipped ({share:.1} of 1000 samples): so may the sound be"
                )
            }
            Remark::Dull(frequency) => {
                write!(f, "nothing is heard above {frequency:.0} Hz: the sound will be as dull")
            }
            Remark::Unlike => {
                write!(f, "this hardly sounds like a piano: neither may what comes of it")
            }
        }
    }
}

/// A piano that was learned, and what to know of it.
#[derive(Clone, Debug)]
pub struct Learned {
    /// The piano with its figures.
    pub measured: Measured,
    /// For people; mostly empty.
    pub remarks: Vec<Remark>,
}

/// Learns a piano from mono samples at `rate` hertz. `notes` are those of the recording, in its time; by
/// default they are listened for. `go_on` is told what share is done and answers whether to go on.
///
/// # Errors
/// [`TimbreError::Silent`], [`TimbreError::TooFewNotes`], [`TimbreError::NoPiano`],
/// [`TimbreError::NoNotes`], [`TimbreError::Cancelled`].
pub fn learn(
    samples: &[f32],
    rate: f32,
    notes: Option<&[PlayedNote]>,
    go_on: &dyn Fn(f32) -> bool,
) -> Result<Learned, TimbreError> {
    let peak = samples.iter().fold(0.0f32, |most, sample| most.max(sample.abs()));
    if peak < 1e-4 {
        return Err(TimbreError::Silent);
    }
    let expected = Piano::schematic();
    let (measured, unlike) = match notes {
        Some(notes) => {
            let end = samples.len() as f64 / f64::from(rate);
            let within: Vec<PlayedNote> =
                notes.iter().filter(|note| note.start < end).copied().collect();
            if within.is_empty() {
                return Err(TimbreError::NoNotes);
            }
            (measure(samples, rate, &within, Velocities::Known, &expected, LONGEST, go_on)?, false)
        }
        None => {
            // What comes before the first sound is no use.
            let first = samples.iter().position(|x| x.abs() > 0.02 * peak).unwrap_or(0);
            let begin = first.saturating_sub((0.2 * rate) as usize);
            let end = (begin + (LONGEST * f64::from(rate)) as usize).min(samples.len());
            let part = &samples[begin..end];
            let found = note_detection::notes(part, rate);
            if found.len() < FEWEST {
                return Err(TimbreError::TooFewNotes);
            }
            let measured =
                measure(part, rate, &found, Velocities::Guessed, &expected, LONGEST, go_on)?;
            if measured.explained < EXPLAINED_AT_LEAST {
                return Err(TimbreError::NoPiano);
            }
            let unlike = measured.explained < EXPLAINED || is_a_band(&measured.piano);
            (measured, unlike)
        }
    };
    let mut remarks = Vec::new();
    if unlike || measured.error > UNLIKE_A_PIANO {
        remarks.push(Remark::Unlike);
    }
    let keys = measured.piano.measured_keys();
    if keys < FEW_KEYS {
        remarks.push(Remark::FewKeys(keys));
    }
    let clipped = samples.iter().filter(|sample| sample.abs() > 0.995 * peak).count();
    let clipped = 1000.0 * clipped as f32 / samples.len() as f32;
    if peak > 0.9 && clipped > 1.0 {
        remarks.push(Remark::Clipped(clipped));
    }
    if measured.highest < 8_000.0 {
        remarks.push(Remark::Dull(measured.highest));
    }
    Ok(Learned { measured, remarks })
}
