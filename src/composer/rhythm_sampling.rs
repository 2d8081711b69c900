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
/// for, and how far at most.
const PUSH: f32 = 0.25;
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
                    let push = (-PUSH * ahead[index]).clamp(-MOST_PUSH, MOST_PUSH);
                    said[State::Onset as usize] += push;
                    shape(&mut said, draft, drums, bar, slot);
                    let place = draw(&said, TEMPERATURE, TOP, &mut draft.rng).unwrap_or(0);
                    draft.line.states[slot] = State::ALL[place];
                }
            }
        }
        for (draft, ahead) in drafts.iter().zip(&mut ahead) {
            // A rest is no debt, and what a repeat has decided is not made up for at once.
            let onsets = draft.line.onsets(drums, bar);
            if onsets > 0 {
                let new = onsets as f32 - draft.density;
                *ahead = (*ahead + new).clamp(-8.0, 8.0);
            }
        }
    }
    drafts.iter_mut().for_each(|draft| hold_last(&mut draft.line.states, drums));
    Ok(())
}

/// The last note sounds on to the end of its bar.
fn hold_last(states: &mut [State], drums: &DrumBars) {
    if let Some(last) = states.iter().rposition(|&state| state == State::Onset) {
        let end = drums.of_bar(drums.bar_of(last)).end;
        states[last + 1..end].fill(State::Hold);
    }
}

/// What holds for every melody, whatever the network says.
fn shape(said: &mut [f32; 3], draft: &Draft, drums: &DrumBars, bar: usize, slot: usize) {
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
    if draft.form.ends_phrase(bar) {
        let step = (slot - drums.of_bar(bar).start) as f32;
        let last = bar + 1 == drums.len();
        if step * 2.0 >= steps || last && step > 0.0 {
            said[State::Onset as usize] -= if last { 2.0 * CADENCE } else { CADENCE };
        }
    }
}
