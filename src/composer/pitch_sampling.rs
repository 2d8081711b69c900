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
use super::pitch_rules::{Cadence, LEAP, Moment, shape};
use super::profile::PitchClassProfile;
use crate::network::Network;

const TEMPERATURE: f32 = 1.05;
const TOP: f32 = 0.98;
/// Phrases lie below this share of the range, but for the climax, and of three or more one with new
/// pitches lies at its low end.
const USUAL_REGISTERS: f32 = 0.65;
const LOWEST: f32 = 0.0;
const CLIMAX: f32 = 1.0;
/// By which share of the range a phrase rises to its middle and falls again.
const ARCH: f32 = 0.2;

/// What pitches are fitted to, where it is known.
#[derive(Clone, Copy, Default)]
pub(super) struct Guide<'a> {
    /// The chords.
    pub harmony: Option<&'a Harmony>,
    /// What the take sings, if the key is the take's.
    pub profile: Option<PitchClassProfile>,
}

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
    guide: Guide<'_>,
    kept: bool,
    network: &dyn Network,
    progress: &dyn Fn(f32) -> bool,
) -> Result<(), ComposeError> {
    let harmony = guide.harmony;
    let rows: Vec<PitchRows> =
        drafts.iter().map(|draft| PitchRows::new(&draft.line, drums)).collect();
    let most = rows.iter().map(|rows| rows.notes().len()).max().unwrap_or(0);
    let mut sung: Vec<Sung> = drafts.iter().map(|_| Sung::new(drums)).collect();
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
                .then(|| repetition.key(draft, notes, index, &sung[number]))
                .flatten();
            match (repeated, index < notes.len()) {
                (Some(key), _) => {
                    sung[number].push(notes[index], key, voice);
                    input.resize(input.len() + PITCH_FEATURES, 0.0);
                }
                (None, true) => {
                    asked[number] = true;
                    rows[number].push(&mut input, &sung[number].keys, index, voice, harmony);
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
            let notes = rows[number].notes();
            let sung = &mut sung[number];
            let phrase = draft.form.phrase(drums.bar_of(notes[index].slot));
            let (on_beat, for_beat) = stress(drums, notes[index]);
            let register = registers[number].get(phrase).copied().unwrap_or(0.5);
            let moment = Moment {
                note: notes[index],
                before: &sung.keys,
                next: repetition.next(draft, notes, index, sung),
                sung: &sung.degrees,
                motif: repetition.motif(draft, notes, index, sung),
                cadence: cadence(&draft.form, drums, notes, index),
                is_strong: on_beat && for_beat,
                profile: guide.profile,
                register: register + arch(&draft.form, drums, notes[index].slot),
            };
            shape(&mut said, voice, &moment, harmony);
            // The voice was seen to have a note, and what is shaped leaves one.
            let place = draw(&said, TEMPERATURE, TOP, &mut draft.rng);
            let key = place.and_then(|place| voice.at(place)).unwrap_or(voice.range.low());
            sung.push(notes[index], key, voice);
        }
    }
    for (draft, sung) in drafts.iter_mut().zip(sung) {
        draft.line.keys = sung.at;
    }
    Ok(())
}

/// What was sung so far.
struct Sung {
    /// The MIDI keys of the notes.
    keys: Vec<u8>,
    /// By slot, the MIDI key that begins there; 0 where none does.
    at: Vec<u8>,
    /// How many notes had each degree, in semitones above the tonic.
    degrees: [f32; 12],
}

impl Sung {
    fn new(drums: &DrumBars) -> Sung {
        Sung { keys: Vec::new(), at: vec![0; drums.slots()], degrees: [0.0; 12] }
    }

    fn push(&mut self, note: LineNote, key: u8, voice: Voice) {
        self.keys.push(key);
        self.at[note.slot] = key;
        self.degrees[usize::from(voice.key.degree(key))] += 1.0;
    }
}

/// Whether a note begins on a beat, and whether it lasts for one.
fn stress(drums: &DrumBars, note: LineNote) -> (bool, bool) {
    let bar = drums.bar_of(note.slot);
    let beat = drums.grids[bar].steps_per_beat;
    ((note.slot - drums.of_bar(bar).start).is_multiple_of(beat), note.length >= beat)
}

/// How a note ends its phrase.
fn cadence(form: &Form, drums: &DrumBars, notes: &[LineNote], index: usize) -> Cadence {
    let phrase = |note: &LineNote| form.phrase(drums.bar_of(note.slot));
    // Also where bars without a note follow.
    let Some(next) = notes.get(index + 1) else { return Cadence::Final };
    let here = phrase(&notes[index]);
    match (phrase(next) > here, here % 2) {
        (false, _) => Cadence::None,
        (true, 1) => Cadence::Closed,
        (true, _) => Cadence::Open,
    }
}

/// By which share of the range a melody lies higher in a slot, or lower, than its phrase as a whole.
fn arch(form: &Form, drums: &DrumBars, slot: usize) -> f32 {
    let phrase = form.phrase(drums.bar_of(slot));
    let begin = |phrase: usize| form.phrases.get(phrase).map(|&bar| drums.of_bar(bar).start);
    let first = begin(phrase).unwrap_or(0);
    let end = begin(phrase + 1).unwrap_or(drums.slots());
    let at = slot.saturating_sub(first) as f32 / end.saturating_sub(first).max(1) as f32;
    ARCH * ((std::f32::consts::PI * at.min(1.0)).sin() - 0.5)
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
    /// The MIDI key of a note whose bar repeats another; `None` where it gets a new one.
    fn key(&self, draft: &Draft, notes: &[LineNote], index: usize, sung: &Sung) -> Option<u8> {
        let Sung { keys, at, .. } = sung;
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
        let (on_beat, for_beat) = stress(drums, note);
        let again = Repeated {
            model: LineNote { slot, key, ..note },
            slot: note.slot,
            before,
            is_strong: on_beat || for_beat,
        };
        Some(fitted(again, self.voice, harmony, LEAP))
    }

    /// The MIDI key of the note behind one, where its bar repeats another and this one's ends.
    fn next(&self, draft: &Draft, notes: &[LineNote], index: usize, sung: &Sung) -> Option<u8> {
        // The song's last note has an end of its own.
        let next = notes.get(index + 1).filter(|_| index + 2 < notes.len())?;
        let [here, there] = [notes[index].slot, next.slot].map(|slot| self.drums.bar_of(slot));
        (here != there).then(|| self.key(draft, notes, index + 1, sung)).flatten()
    }

    /// By how many notes of the scale the line moves to a note in the bar whose rhythm its bar takes
    /// up; `None` for the first note of a bar.
    fn motif(&self, draft: &Draft, notes: &[LineNote], index: usize, sung: &Sung) -> Option<i16> {
        let drums = self.drums;
        let slots = [notes[index.checked_sub(1)?].slot, notes[index].slot];
        let [earlier, bar] = slots.map(|slot| drums.bar_of(slot));
        let BarPlan::RhythmOf(from) = draft.form.plans[bar] else { return None };
        if earlier != bar {
            return None;
        }
        let [before, here] = slots.map(|slot| sung.at[drums.counterpart(slot, bar, from)]);
        let key = self.voice.key;
        (before > 0 && here > 0).then(|| key.step(here) - key.step(before))
    }
}

/// Where in the range each phrase lies, from 0 at its low end to 1 at its high one. One phrase is the
/// lowest, and one the climax: of those that begin in the second half of the song the one whose drums
/// strike most, or what it repeats.
fn registers(form: &Form, drums: &DrumBars, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let phrases = &form.phrases;
    let mut registers: Vec<f32> =
        phrases.iter().map(|_| USUAL_REGISTERS * rng.random::<f32>()).collect();
    let is_new = |&phrase: &usize| !matches!(form.plans[phrases[phrase]], BarPlan::Repeat(_));
    let lowest = (0..phrases.len())
        .filter(is_new)
        .min_by(|&a, &b| registers[a].total_cmp(&registers[b]))
        .filter(|_| phrases.len() >= 3);
    if let Some(lowest) = lowest {
        registers[lowest] = LOWEST;
    }
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
        registers[climax] = CLIMAX;
    }
    registers
}
