//! The rhythm of melodies, slot by slot.

use super::ComposeError;
use super::draft::{Draft, copy_bar, repair};
use super::draw::draw;
use super::drums::DrumBars;
use super::form::BarPlan;
use super::line::{MelodyLine, State};
use super::networks::run_network;
use super::rhythm::{RHYTHM_FEATURES, RhythmRows, RhythmTarget};
use crate::network::Network;

const TEMPERATURE: f32 = 0.82;
const TOP: f32 = 0.94;
/// By how many nats a melody is pushed for every note that it is behind or ahead of what is asked
/// for in the bars before, how far within the bar itself, since the form may copy one odd bar all
/// over the song, and how far at most.
const PUSH: f32 = 0.25;
const PUSH_WITHIN: f32 = 0.75;
const MOST_PUSH: f32 = 2.0;
/// A note may sound on for so many bars before it is let go, and a melody without a rest.
const LONGEST: f32 = 1.5;
const BREATH: f32 = 2.5;
/// How much less likely a note begins where a phrase comes to rest.
const CADENCE: f32 = 1.2;

/// Writes the rhythm of every draft. All drafts are asked for together.
///
/// # Errors
/// If the network fails, or `progress` says no.
pub(super) fn sample_rhythm(
    drafts: &mut [Draft],
    drums: &DrumBars,
    network: &dyn Network,
    progress: &dyn Fn(f32) -> bool,
) -> Result<(), ComposeError> {
    for draft in drafts.iter_mut() {
        draft.line =
            MelodyLine { states: vec![State::Rest; drums.slots()], keys: vec![0; drums.slots()] };
    }
    let rows = RhythmRows::new(drums);
    let mut ahead = vec![0.0f32; drafts.len()];
    let sounding: Vec<usize> = (0..drums.len()).filter(|&bar| drums.sounds(bar)).collect();
    // A bar or two are heard as a loop, which does not close.
    let closing = sounding.last().copied().filter(|_| sounding.len() > 2);
    let blank = MelodyLine { states: vec![State::Rest; drums.slots()], keys: Vec::new() };
    for bar in 0..drums.len() {
        if !progress(bar as f32 / drums.len() as f32) {
            return Err(ComposeError::Cancelled);
        }
        let slots = drums.of_bar(bar);
        let mut asked = vec![false; drafts.len()];
        for (draft, asked) in drafts.iter_mut().zip(&mut asked) {
            match draft.form.plans[bar] {
                BarPlan::New => *asked = true,
                BarPlan::Silent => {}
                BarPlan::Repeat(from) | BarPlan::RhythmOf(from) => {
                    copy_bar(&mut draft.line.states, drums, from, bar);
                    repair(&mut draft.line.states, slots.start);
                }
            }
        }
        if asked.contains(&true) {
            let steps = slots.len() as f32;
            for slot in slots.clone() {
                // Always as many rows, so that the network prepares itself once.
                let mut input = Vec::with_capacity(drafts.len() * RHYTHM_FEATURES);
                for (draft, &asked) in drafts.iter().zip(&asked) {
                    let states = if asked { &draft.line.states } else { &blank.states };
                    let wanted = RhythmTarget { density: Some(draft.density), sounding: None };
                    rows.push(&mut input, states, slot, wanted);
                }
                let logs = run_network(network, input, RHYTHM_FEATURES)?;
                for (index, draft) in drafts.iter_mut().enumerate().filter(|(i, _)| asked[*i]) {
                    let mut said: [f32; 3] = std::array::from_fn(|state| logs[3 * index + state]);
                    let due = draft.density * (slot - slots.start) as f32 / steps;
                    let states = &draft.line.states[slots.start..slot];
                    let onsets = states.iter().filter(|&&state| state == State::Onset).count();
                    let within = onsets as f32 - due;
                    let push =
                        (-PUSH * ahead[index] - PUSH_WITHIN * within).clamp(-MOST_PUSH, MOST_PUSH);
                    said[State::Onset as usize] += push;
                    shape(&mut said, draft, drums, closing, slot);
                    let place = draw(&said, TEMPERATURE, TOP, &mut draft.rng).unwrap_or(0);
                    draft.line.states[slot] = State::ALL[place];
                }
            }
            // The bars that follow may copy a phrase's first one, and its silence.
            for (draft, &asked) in drafts.iter_mut().zip(&asked) {
                let sings = draft.density >= 1.0 && drums.sounds(bar);
                if asked && sings && !sung(draft, drums, bar) {
                    whole_note(&mut draft.line.states[slots.clone()]);
                }
            }
        }
        for (draft, ahead) in drafts.iter().zip(&mut ahead) {
            // A rest is no debt behind what was sung in its phrase.
            let onsets = draft.line.onsets(drums, bar);
            if onsets > 0 || draft.form.plans[bar] == BarPlan::New && !sung(draft, drums, bar) {
                let new = onsets as f32 - draft.density;
                *ahead = (*ahead + new).clamp(-8.0, 8.0);
            }
        }
    }
    if let Some(&last) = sounding.last() {
        drafts.iter_mut().for_each(|draft| settle(draft, drums, last, closing.is_some()));
    }
    Ok(())
}

/// Whether a note begins in the phrase of a bar, up to the bar's end.
fn sung(draft: &Draft, drums: &DrumBars, bar: usize) -> bool {
    let first = draft.form.phrases.get(draft.form.phrase(bar)).copied().unwrap_or(0);
    (first..=bar).any(|bar| draft.line.onsets(drums, bar) > 0)
}

/// One note that sounds for all of a bar.
fn whole_note(bar: &mut [State]) {
    bar.fill(State::Hold);
    bar[0] = State::Onset;
}

/// Ends a melody in the last bar with drums, with a note that sounds on to the end of the bar. If it
/// `closes`, that note does not begin late off the beat where another is before it. A melody without
/// a note gets one a phrase, unless none were asked for.
fn settle(draft: &mut Draft, drums: &DrumBars, last: usize, closes: bool) {
    let states = &mut draft.line.states;
    if !states.contains(&State::Onset) {
        if draft.density <= 0.0 {
            return;
        }
        for &first in &draft.form.phrases {
            if let Some(bar) = (first..drums.len()).find(|&bar| drums.sounds(bar)) {
                whole_note(&mut states[drums.of_bar(bar)]);
            }
        }
    }
    let beat = drums.grids[last].steps_per_beat;
    let states = &mut states[drums.of_bar(last)];
    let steps = states.len();
    let mut onsets: Vec<usize> = (0..steps).filter(|&at| states[at] == State::Onset).collect();
    let weak = |&at: &usize| at * 2 >= steps && !at.is_multiple_of(beat);
    while closes && onsets.len() > 1 && onsets.last().is_some_and(weak) {
        onsets.pop();
    }
    let at = onsets.last().copied().unwrap_or(0);
    states[at] = State::Onset;
    states[at + 1..].fill(State::Hold);
}

/// What holds for every melody, whatever the network says. It comes to rest in the bar `closing`.
fn shape(
    said: &mut [f32; 3],
    draft: &Draft,
    drums: &DrumBars,
    closing: Option<usize>,
    slot: usize,
) {
    let bar = drums.bar_of(slot);
    let states = &draft.line.states;
    let before = slot.checked_sub(1).map_or(State::Rest, |before| states[before]);
    if before == State::Rest {
        said[State::Hold as usize] = f32::NEG_INFINITY;
    }
    let steps = drums.grids[bar].steps as f32;
    // Further back nothing matters.
    let back = states[..slot].iter().rev().take((2.0 * BREATH * steps) as usize);
    let held = back.clone().take_while(|&&state| state == State::Hold).count();
    if held as f32 > LONGEST * steps {
        said[State::Hold as usize] -= 2.0;
    }
    let sung = back.take_while(|&&state| state != State::Rest).count();
    if sung as f32 > BREATH * steps {
        said[State::Rest as usize] += 1.5;
    }
    // A bar or two have no end to come to rest in.
    if closing.is_some() && draft.form.ends_phrase(bar) {
        let step = (slot - drums.of_bar(bar).start) as f32;
        let last = closing == Some(bar);
        if step * 2.0 >= steps || last && step > 0.0 {
            said[State::Onset as usize] -= if last { 2.0 * CADENCE } else { CADENCE };
        }
    }
}
