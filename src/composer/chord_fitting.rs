//! A bar that comes again over other chords.

use super::line::LineNote;
use super::pitch::{Harmony, Voice};

/// What it costs a note on a beat, or a long one, in semitones of distance from the note that it
/// repeats, to leave the chord that the other was in: more than any way to a note of the chord.
const STRONG: f32 = 12.0;
/// What it costs a note in passing: it gives way by a semitone at most.
const WEAK: f32 = 1.5;
/// What it costs to stay where the line moved or to move where it stayed; twice that to turn about.
const TURN: f32 = 3.0;

/// A note that a bar takes from an earlier one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Repeated {
    /// The note in the earlier bar.
    pub model: LineNote,
    /// Where it comes again.
    pub slot: usize,
    /// The MIDI keys before it in the same bar: there, and as it came again.
    pub before: Option<(u8, u8)>,
    /// Whether it is on a beat, or lasts for one.
    pub is_strong: bool,
}

/// The MIDI key of a note that comes again. It is the model's where the chord suits it as well as the
/// model's own did; else the nearest of the key and the range that the chord suits and that goes on as
/// the line went. No interval is wider than the model's and `leap` semitones.
pub(super) fn fitted(note: Repeated, voice: Voice, harmony: &Harmony, leap: u8) -> u8 {
    let Repeated { model, slot, before, is_strong } = note;
    // Silence suits every note.
    let suits = |slot: usize, key: u8| {
        let (together, sounding) = harmony.agreement(&LineNote { slot, key, ..model });
        together + 1.0 - sounding
    };
    let wanted = suits(model.slot, model.key);
    let weight = if is_strong { STRONG } else { WEAK };
    let direction = |from: u8, to: u8| (i16::from(to) - i16::from(from)).signum();
    let cost = |key: u8| {
        let turn = before
            .map_or(0, |(there, here)| direction(here, key).abs_diff(direction(there, model.key)));
        let misfit = (wanted - suits(slot, key)).max(0.0);
        f32::from(key.abs_diff(model.key)) + weight * misfit + TURN * f32::from(turn)
    };
    let near = |key: u8| {
        before.is_none_or(|(there, here)| here.abs_diff(key) <= leap.max(there.abs_diff(model.key)))
    };
    (voice.range.low()..=voice.range.high())
        // The model may lie outside the scale, as the take's own notes do.
        .filter(|&key| voice.key.has(key) || key == model.key)
        .filter(|&key| voice.place(key).is_some() && near(key))
        .min_by(|&a, &b| cost(a).total_cmp(&cost(b)))
        .unwrap_or(model.key)
}
