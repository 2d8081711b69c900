//! How hard notes were struck that nobody says the velocities of.

use super::note::PlayedNote;
use super::partial_fit::Sample;
use super::piano::{LAYERS, Piano};

/// How far velocities usually lie from the middle one.
const SPREAD: f32 = 22.0;

/// How far notes lie from how loud they are expected, in dB, beside their velocity: keys differ, and what
/// sounds at once is heard together.
const DOUBT: f32 = 2.0;

/// Moves the velocities towards how much louder notes are in the recording than the piano expects.
pub fn fit_velocities(samples: &[Sample], piano: &Piano, notes: &mut [PlayedNote]) {
    // Of each note: precision, difference and gain by velocity, both weighted by it.
    let mut sums = vec![[0.0f32; 3]; notes.len()];
    for sample in samples {
        let partial = &piano.key(notes[sample.note].key).partials[usize::from(sample.partial)];
        let sum = &mut sums[sample.note];
        sum[0] += sample.precision;
        sum[1] += sample.precision * sample.difference;
        sum[2] += sample.precision * partial.slope(notes[sample.note].velocity);
    }
    for (note, [weight, difference, slope]) in notes.iter_mut().zip(sums) {
        if weight <= 0.0 {
            continue;
        }
        let (difference, slope) = (difference / weight, slope / weight);
        let velocity = f32::from(note.velocity);
        let (seen, usual) = (DOUBT.powi(-2), SPREAD.powi(-2));
        let step = (slope * difference * seen + (LAYERS[1] - velocity) * usual)
            / (slope * slope * seen + usual);
        note.velocity = (velocity + step.clamp(-20.0, 20.0)).round().clamp(20.0, 125.0) as u8;
    }
}
