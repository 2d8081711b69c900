//! From any recording to a piano, or to a sentence that says what is missing.

use std::fmt;

use super::TimbreError;
use super::dampers::{DamperFall, sounding};
use super::likeness::{hisses, is_a_band};
use super::measure::{LONGEST, Measured, measure};
use super::note::{PlayedNote, Velocities};
use super::note_detection;
use super::pedals::Part;
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

/// Recordings with a softer peak are made as loud as this: what is played with a table can only be made some
/// 20 dB louder.
const SOFTEST_PEAK: f32 = 0.05;

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
    /// It does not sound like a piano that plays the notes that it is said to play.
    OtherNotes,
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
            Remark::OtherNotes => {
                write!(
                    f,
                    "this hardly sounds like a piano that plays the notes of the MIDI file: are they \
                     those of the recording, and in its time?"
                )
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

/// Learns a piano from mono samples at `rate` hertz. `played` is what the recording plays on keys and
/// pedals, in its time; by default its notes are listened for. `go_on` is told what share is done and
/// answers whether to go on.
///
/// # Errors
/// [`TimbreError::Silent`], [`TimbreError::TooFewNotes`], [`TimbreError::NoPiano`],
/// [`TimbreError::NoNotes`], [`TimbreError::Cancelled`].
pub fn learn(
    samples: &[f32],
    rate: f32,
    played: Option<&[Part]>,
    go_on: &dyn Fn(f32) -> bool,
) -> Result<Learned, TimbreError> {
    let recorded = samples;
    let (samples, peak) = around_zero(recorded).ok_or(TimbreError::Silent)?;
    let expected = Piano::schematic();
    let mut remarks = Vec::new();
    let measured = match played {
        Some(parts) => {
            let end = samples.len() as f64 / f64::from(rate);
            let within: Vec<(PlayedNote, DamperFall)> =
                sounding(parts).into_iter().filter(|(note, _)| note.start < end).collect();
            if within.is_empty() {
                return Err(TimbreError::NoNotes);
            }
            let measured =
                measure(&samples, rate, &within, Velocities::Known, &expected, LONGEST, go_on)?;
            if measured.explained < EXPLAINED || measured.error > UNLIKE_A_PIANO {
                remarks.push(Remark::OtherNotes);
            }
            measured
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
            let found: Vec<(PlayedNote, DamperFall)> =
                found.into_iter().map(|note| (note, DamperFall::default())).collect();
            let measured =
                measure(part, rate, &found, Velocities::Guessed, &expected, LONGEST, go_on)?;
            if measured.explained < EXPLAINED_AT_LEAST {
                return Err(TimbreError::NoPiano);
            }
            let others = || is_a_band(&measured.piano) && !hisses(part, rate);
            if measured.explained < EXPLAINED || measured.error > UNLIKE_A_PIANO || others() {
                remarks.push(Remark::Unlike);
            }
            measured
        }
    };
    let keys = measured.piano.measured_keys();
    if keys < FEW_KEYS {
        remarks.push(Remark::FewKeys(keys));
    }
    let most = recorded.iter().fold(0.0f32, |most, sample| most.max(sample.abs()));
    let clipped = recorded.iter().filter(|sample| sample.abs() > 0.995 * most).count();
    let clipped = 1000.0 * clipped as f32 / recorded.len() as f32;
    if most > 0.9 && clipped > 1.0 {
        remarks.push(Remark::Clipped(clipped));
    }
    if measured.highest < 8_000.0 {
        remarks.push(Remark::Dull(measured.highest));
    }
    Ok(Learned { measured, remarks })
}

/// A recording without the offset that cheap converters leave, and no softer than [`SOFTEST_PEAK`], with its
/// peak. `None` if it is silent.
fn around_zero(samples: &[f32]) -> Option<(Vec<f32>, f32)> {
    let sum: f64 = samples.iter().copied().map(f64::from).sum();
    let mean = (sum / samples.len().max(1) as f64) as f32;
    let mut moved: Vec<f32> = samples.iter().map(|sample| sample - mean).collect();
    let peak = moved.iter().fold(0.0f32, |most, sample| most.max(sample.abs()));
    if peak < 1e-4 {
        return None;
    }
    let gain = (SOFTEST_PEAK / peak).max(1.0);
    moved.iter_mut().for_each(|sample| *sample *= gain);
    Some((moved, gain * peak))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_go_and_soft_recordings_become_louder() {
        assert_eq!(around_zero(&[]), None);
        assert_eq!(around_zero(&[0.3; 100]), None);
        let (moved, peak) = around_zero(&[0.75, 0.25, 0.75, 0.25]).unwrap();
        assert_eq!((&moved[..], peak), (&[0.25, -0.25, 0.25, -0.25][..], 0.25));
        let (moved, peak) = around_zero(&[0.001, -0.001, 0.0, 0.0]).unwrap();
        assert!((peak - SOFTEST_PEAK).abs() < 1e-6 && (moved[1] + SOFTEST_PEAK).abs() < 1e-6);
    }
}
