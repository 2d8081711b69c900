//! The spectra that a piano is expected to have.

use super::dampers::DamperFall;
use super::envelope::{Expected, Window};
use super::note::PlayedNote;
use super::piano::Piano;
use super::spectrogram::Spectrogram;

/// How long after the damper has fallen a note is looked at, in seconds.
const AFTER: f64 = 0.5;

/// How long a note is looked at, in seconds.
pub const LONGEST: f64 = 8.0;

/// A recording with its notes: what the model is fitted to.
pub struct Observation<'a> {
    pub spectra: &'a Spectrogram,
    pub notes: &'a [PlayedNote],
    /// Of each note; those that are missing fall at once.
    pub falls: &'a [DamperFall],
    pub rate: f32,
    /// Power a bin of the recording's own noise.
    pub floor: &'a [f32],
}

/// The model's spectra of all notes; `visit` hears of each partial in each frame: number of the note and of
/// the partial, frequency, frame.
pub fn model(
    observed: &Observation,
    piano: &Piano,
    into: &mut Spectrogram,
    visit: &mut dyn FnMut(usize, usize, f32, usize, &Expected),
) {
    let window = Window::new(into.size, observed.rate);
    let seconds = |frame: usize| (frame * into.hop) as f64 / f64::from(observed.rate);
    let frame_of = |at: f64| (at.max(0.0) * f64::from(observed.rate) / into.hop as f64) as usize;
    let mut sines = Vec::new();
    for (number, note) in observed.notes.iter().enumerate() {
        let sound = piano.key(note.key);
        let first = frame_of(note.start - f64::from(window.half)) + 1;
        let fall = observed.falls.get(number).copied().unwrap_or_default();
        let end = note.end + f64::from(fall.brushes) + AFTER;
        let end = end.min(note.start + LONGEST);
        let last = frame_of(end).min(into.frames().saturating_sub(1));
        for (index, partial) in sound.partials.iter().enumerate() {
            let frequency = sound.frequency(note.key, index + 1);
            for frame in first..=last {
                let expected = window.expect((note, fall), sound, partial, seconds(frame));
                if expected.amplitude > 1e-7 {
                    sines.push((frame, frequency, expected.amplitude * expected.amplitude));
                    visit(number, index, frequency, frame, &expected);
                }
            }
        }
    }
    for (frame, frequency, power) in sines {
        into.add_sine(frame, frequency, power);
    }
}
