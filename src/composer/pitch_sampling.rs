//! The pitches of melodies, note by note.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::ComposeError;
use super::chord_fitting::{Repeated, fitted};
use super::draft::Draft;
use super::draw::draw;
use super::drums::DrumBars;
use super::form::{BarPlan, Form};
use super::line::LineNote;
use super::networks::run_network;
use super::pitch::{Harmony, PITCH_FEATURES, PITCHES, PitchRows, Voice};
use crate::network::Network;

const TEMPERATURE: f32 = 1.0;
const TOP: f32 = 0.98;
/// Phrases other than the climax lie below this share of the range.
const USUAL_REGISTERS: f32 = 0.8;
/// By how many nats the tonic is likelier as the last note: alone, and over chords that are given.
const HOME: f32 = 12.0;
const CHORD_HOME: f32 = 4.0;
/// Leaps beyond an octave are not sung.
const LEAP: u8 = 12;
/// From this on an interval is a leap, which is rarely followed by another one the same way.
const WIDE: i16 = 5;

/// Puts pitches on the notes of every draft. With `kept` the rhythm is somebody's own and no bar
/// repeats another's pitches unless its rhythm is the same. Over other chords than the other's they are
/// moved to notes that fit.
///
/// # Errors
/// If the network fails, or `progress` says no.
pub(super) fn sample_pitches(
    drafts: &mut [Draft],
    drums: &DrumBars,
    voice: Voice,
    harmony: Option<&Harmony>,
    kept: bool,
    network: &dyn Network,
    progress: &dyn Fn(f32) -> bool,
) -> Result<(), ComposeError> {
    let rows: Vec<PitchRows> =
        drafts.iter().map(|draft| PitchRows::new(&draft.line, drums)).collect();
    let most = rows.iter().map(|rows| rows.notes().len()).max().unwrap_or(0);
    let mut keys: Vec<Vec<u8>> = vec![Vec::new(); drafts.len()];
    let mut at: Vec<Vec<u8>> = vec![vec![0; drums.slots()]; drafts.len()];
    let registers: Vec<Vec<f32>> =
        drafts.iter_mut().map(|draft| registers(&draft.form, drums, &mut draft.rng)).collect();
    let repetition = Repetition { drums, voice, harmony, kept };
    for index in 0..most {
        if index % 16 == 0 && !progress(index as f32 / most as f32) {
            return Err(ComposeError::Cancelled);
        }
        let mut input = Vec::with_capacity(drafts.len() * PITCH_FEATURES);
        let mut asked = vec![false; drafts.len()];
        for (number, draft) in drafts.iter().enumerate() {
            let notes = rows[number].notes();
            // The song's last note has an end of its own.
            let repeated = (index + 1 < notes.len())
                .then(|| repetition.key(draft, notes, index, (&keys[number], &at[number])))
                .flatten();
            match (repeated, index < notes.len()) {
                (Some(key), _) => {
                    keys[number].push(key);
                    at[number][notes[index].slot] = key;
                    input.resize(input.len() + PITCH_FEATURES, 0.0);
                }
                (None, true) => {
                    asked[number] = true;
                    rows[number].push(&mut input, &keys[number], index, voice, harmony);
                }
                (None, false) => input.resize(input.len() + PITCH_FEATURES, 0.0),
            }
        }
        if !asked.contains(&true) {
            continue;
        }
        let logs = run_network(network, input, PITCH_FEATURES)?;
        for (number, draft) in drafts.iter_mut().enumerate().filter(|(number, _)| asked[*number]) {
            let mut said = logs[number * PITCHES..][..PITCHES].to_vec();
            let note = rows[number].notes()[index];
            let end = rows[number].notes().get(index + 1).map(|next| drums.bar_of(next.slot));
            let bar = drums.bar_of(note.slot);
            let closes = end.is_none_or(|next| next > bar) && draft.form.ends_phrase(bar);
            let cadence = match (end.is_none(), closes, draft.form.phrase(bar) % 2) {
                // Also where bars without a note follow.
                (true, ..) => Cadence::Final,
                (_, false, _) => Cadence::None,
                (_, _, 1) => Cadence::Closed,
                _ => Cadence::Open,
            };
            // Given chords may end elsewhere.
            let home = if harmony.is_some() { CHORD_HOME } else { HOME };
            shape(&mut said, voice, &keys[number], cadence, home);
            let register = registers[number].get(draft.form.phrase(bar)).copied().unwrap_or(0.5);
            lean(&mut said, voice, register);
            // The voice was seen to have a note, and what is shaped leaves one.
            let place = draw(&said, TEMPERATURE, TOP, &mut draft.rng);
            let key = place.and_then(|place| voice.at(place)).unwrap_or(voice.range.low());
            keys[number].push(key);
            at[number][note.slot] = key;
        }
    }
    for (draft, at) in drafts.iter_mut().zip(at) {
        draft.line.keys = at;
    }
    Ok(())
}

/// How bars take up the pitches of others.
struct Repetition<'a> {
    drums: &'a DrumBars,
    voice: Voice,
    harmony: Option<&'a Harmony>,
    /// Whether the rhythm is somebody's own.
    kept: bool,
}

impl Repetition<'_> {
    /// The MIDI key of a note whose bar repeats another; `None` where it gets a new one. What was sung
    /// so far is told by note and by slot.
    fn key(
        &self,
        draft: &Draft,
        notes: &[LineNote],
        index: usize,
        (keys, at): (&[u8], &[u8]),
    ) -> Option<u8> {
        let (drums, note) = (self.drums, notes[index]);
        let bar = drums.bar_of(note.slot);
        let BarPlan::Repeat(from) = draft.form.plans[bar] else { return None };
        let states = |bar: usize| &draft.line.states[drums.of_bar(bar)];
        if self.kept && states(bar) != states(from) {
            return None;
        }
        let slot = drums.counterpart(note.slot, bar, from);
        // The bar may have been sung under another note's end, and begin otherwise.
        let key = Some(at[slot]).filter(|&key| key > 0)?;
        let Some(harmony) = self.harmony else { return Some(key) };
        let before = index.checked_sub(1).and_then(|before| {
            let slot = notes[before].slot;
            let there = (drums.bar_of(slot) == bar).then(|| drums.counterpart(slot, bar, from))?;
            (at[there] > 0).then_some((at[there], keys[before]))
        });
        let beat = drums.grids[bar].steps_per_beat;
        let on_beat = (note.slot - drums.of_bar(bar).start).is_multiple_of(beat);
        let again = Repeated {
            model: LineNote { slot, key, ..note },
            slot: note.slot,
            before,
            is_strong: on_beat || note.length >= beat,
        };
        Some(fitted(again, self.voice, harmony, LEAP))
    }
}

/// Where in the range each phrase lies, from 0 at its low end to 1 at its high one. One phrase is the
/// climax: of those that begin in the second half of the song the one whose drums strike most, or
/// what it repeats.
fn registers(form: &Form, drums: &DrumBars, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let phrases = &form.phrases;
    let mut registers: Vec<f32> =
        phrases.iter().map(|_| USUAL_REGISTERS * rng.random::<f32>()).collect();
    let strikes = |phrase: usize| {
        let end = phrases.get(phrase + 1).copied().unwrap_or(drums.len());
        (phrases[phrase]..end).map(|bar| drums.counts(bar).iter().sum::<f32>()).sum::<f32>()
    };
    let climax = (phrases.len() / 2..phrases.len())
        .max_by(|&a, &b| strikes(a).total_cmp(&strikes(b)))
        .map(|phrase| {
            let mut bar = phrases[phrase];
            while let BarPlan::Repeat(from) = form.plans[bar] {
                bar = from;
            }
            form.phrase(bar)
        });
    if let Some(climax) = climax {
        registers[climax] = 1.0;
    }
    registers
}

/// Leans towards a register, from 0 at the low end of the range to 1 at the high one, so that phrases
/// differ in height and together use the range.
fn lean(said: &mut [f32], voice: Voice, register: f32) {
    let (low, high) = (f32::from(voice.range.low()), f32::from(voice.range.high()));
    let (width, middle) = (0.3 * (high - low), low + register * (high - low));
    for (place, log) in said.iter_mut().enumerate() {
        if let Some(key) = voice.at(place) {
            *log -= ((f32::from(key) - middle) / width).powi(2);
        }
    }
}

/// How a phrase ends with a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cadence {
    None,
    /// A question: away from the tonic.
    Open,
    /// An answer: on a note of the tonic's chord.
    Closed,
    /// The end: on the tonic.
    Final,
}

/// What holds for every melody, whatever the network says.
fn shape(said: &mut [f32], voice: Voice, keys: &[u8], cadence: Cadence, home: f32) {
    let allowed =
        |place: usize| voice.at(place).filter(|&key| voice.range.has(key) && voice.key.has(key));
    let last = keys.last().copied();
    let near = |key: u8| last.is_none_or(|last| last.abs_diff(key) <= LEAP);
    // Behind a note that was given there may be none within a leap.
    let reachable = (0..said.len()).filter_map(allowed).any(near);
    let before = keys.len().checked_sub(2).map(|at| i16::from(keys[at]));
    let run = keys.iter().rev().take_while(|&&key| Some(key) == last).count();
    for (place, log) in said.iter_mut().enumerate() {
        let Some(key) = allowed(place).filter(|&key| !reachable || near(key)) else {
            *log = f32::NEG_INFINITY;
            continue;
        };
        if let Some(last) = last {
            let step = i16::from(key) - i16::from(last);
            if let Some(before) = before {
                let previous = i16::from(last) - before;
                if previous.abs() >= WIDE
                    && step.abs() >= WIDE
                    && previous.signum() == step.signum()
                {
                    *log -= 2.0;
                }
            }
            if step == 0 && run >= 4 {
                *log -= 1.0;
            }
        }
        let degree = voice.key.degree(key);
        *log += match (cadence, degree) {
            (Cadence::Final, 0) => home,
            (Cadence::Closed, 0) => 1.5,
            (Cadence::Closed | Cadence::Final, 3 | 4 | 7) => 0.8,
            (Cadence::Open, 2 | 7) => 0.8,
            (Cadence::Open, 0) => -0.8,
            _ => 0.0,
        };
    }
}
