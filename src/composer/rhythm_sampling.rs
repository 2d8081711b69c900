//! The rhythm of melodies, slot by slot.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::ComposeError;
use super::cadence::{rest_on, settle, whole_note};
use super::draft::{Draft, copy_bar, repair};
use super::draw::draw;
use super::drums::DrumBars;
use super::form::BarPlan;
use super::line::{MelodyLine, State};
use super::networks::run_network;
use super::rhythm::{RHYTHM_FEATURES, RhythmRows, RhythmTarget};
use crate::network::Network;
use crate::score::GridKind;

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
/// How much less likely a note begins where a phrase comes to rest, and how much less likely one sounds
/// on into the next phrase.
const CADENCE: f32 = 1.2;
const PARTING: f32 = 3.0;
/// How much likelier a note begins on a beat that is divided in three, and how much less likely one
/// begins in the first half of such a beat that none begins on: quarters across dotted beats are
/// no 12/8.
const ON_BEAT: f32 = 0.5;
const ACROSS: f32 = 2.0;
/// How far neighbouring bars of a melody differ in rhythm, in nats: most in melodies that repeat little,
/// around none at this repetition, and by chance so much to either side; more where the drums of the
/// two bars are less alike than neighbours mostly are. Of that the share by which notes move to other
/// strokes of the drums.
const CONTRAST: f32 = 1.4;
const EVEN: f32 = 0.65;
const STRAY: f32 = 0.4;
const UNLIKE: f32 = 2.0;
const MOVED: f32 = 0.6;
/// A note that finds no place is as good as sure to begin at the next one, but no surer than this.
const MOST_CARRIED: f32 = 0.95;

/// Draws how much less likely a note begins where one began in the bar before, in nats, for a melody
/// of which the share `repeat` comes again. Below 0 it is likelier.
pub(super) fn contrast(repeat: f32, rng: &mut ChaCha8Rng) -> f32 {
    CONTRAST * (EVEN - repeat + STRAY * (2.0 * rng.random::<f32>() - 1.0))
}

/// Writes the rhythm of every draft. Notes begin in `open` slots only. All drafts are asked for
/// together. No note is written where none is asked for.
///
/// # Errors
/// If the network fails, or `progress` says no.
pub(super) fn sample_rhythm(
    drafts: &mut [Draft],
    drums: &DrumBars,
    open: &[bool],
    network: &dyn Network,
    progress: &dyn Fn(f32) -> bool,
) -> Result<(), ComposeError> {
    let blank =
        MelodyLine { states: vec![State::Rest; drums.slots()], keys: vec![0; drums.slots()] };
    for draft in drafts.iter_mut() {
        draft.line = blank.clone();
    }
    if drafts.iter().all(|draft| draft.density <= 0.0) {
        return Ok(());
    }
    let sounding: Vec<usize> = (0..drums.len()).filter(|&bar| drums.sounds(bar)).collect();
    // A bar or two are heard as a loop, which does not close.
    let closing = sounding.last().copied().filter(|_| sounding.len() > 2);
    let (rows, blank) = (RhythmRows::new(drums), blank.states);
    let alike = neighbours_alike(drums);
    let writer = Writer { drums, open, closing, alike, rows: &rows, blank: &blank, network };
    let mut ahead = vec![0.0f32; drafts.len()];
    for bar in 0..drums.len() {
        if !progress(bar as f32 / drums.len() as f32) {
            return Err(ComposeError::Cancelled);
        }
        let asked: Vec<bool> = drafts.iter_mut().map(|draft| take_up(draft, drums, bar)).collect();
        if asked.contains(&true) {
            writer.write(drafts, &asked, &ahead, bar)?;
        }
        for draft in drafts.iter_mut().filter(|draft| draft.form.plans[bar].is_own()) {
            writer.sing(draft, bar);
            writer.rest(draft, bar);
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
        drafts.iter_mut().for_each(|draft| finish(draft, drums, last, closing.is_some()));
    }
    Ok(())
}

/// How alike neighbouring bars of the drums are in the mean, 0 to 1.
fn neighbours_alike(drums: &DrumBars) -> f32 {
    let pairs = (1..drums.len()).filter(|&bar| drums.sounds(bar - 1) && drums.sounds(bar));
    let alike: Vec<f32> = pairs.map(|bar| drums.similarity(bar - 1, bar)).collect();
    alike.iter().sum::<f32>() / alike.len().max(1) as f32
}

/// Copies the rhythm of a bar that takes up an earlier one's. Whether it needs one of its own.
fn take_up(draft: &mut Draft, drums: &DrumBars, bar: usize) -> bool {
    match draft.form.plans[bar] {
        BarPlan::New => return true,
        BarPlan::Silent => {}
        BarPlan::Repeat(from) | BarPlan::RhythmOf(from) => {
            copy_bar(&mut draft.line.states, drums, from, bar);
            repair(&mut draft.line.states, drums.of_bar(bar).start);
        }
    }
    false
}

/// Whether a note begins in the phrase of a bar, up to the bar's end.
fn sung(draft: &Draft, drums: &DrumBars, bar: usize) -> bool {
    let first = draft.form.phrases.get(draft.form.phrase(bar)).copied().unwrap_or(0);
    (first..=bar).any(|bar| draft.line.onsets(drums, bar) > 0)
}

/// Ends a melody in the last bar with drums. A melody without a note gets one a phrase.
fn finish(draft: &mut Draft, drums: &DrumBars, last: usize, closes: bool) {
    let states = &mut draft.line.states;
    if !states.contains(&State::Onset) {
        for &first in &draft.form.phrases {
            if let Some(bar) = (first..drums.len()).find(|&bar| drums.sounds(bar)) {
                whole_note(&mut states[drums.of_bar(bar)]);
            }
        }
    }
    settle(&mut states[drums.of_bar(last)], drums.grids[last].steps_per_beat, closes);
}

/// Writes new bars.
struct Writer<'a> {
    drums: &'a DrumBars,
    /// By slot: whether a note may begin there.
    open: &'a [bool],
    /// The bar in which the melody ends, unless it is heard as a loop.
    closing: Option<usize>,
    /// How alike neighbouring bars of the drums mostly are, 0 to 1.
    alike: f32,
    rows: &'a RhythmRows<'a>,
    /// What is shown of drafts that are not asked for.
    blank: &'a [State],
    network: &'a dyn Network,
}

impl Writer<'_> {
    /// Writes a bar of the drafts that are `asked` for; `ahead` says by how many notes each is ahead
    /// of its density.
    fn write(
        &self,
        drafts: &mut [Draft],
        asked: &[bool],
        ahead: &[f32],
        bar: usize,
    ) -> Result<(), ComposeError> {
        // How likely a note is to begin by now that found no place.
        let mut carried = vec![0.0f32; drafts.len()];
        for slot in self.drums.of_bar(bar) {
            // Always as many rows, so that the network prepares itself once.
            let mut input = Vec::with_capacity(drafts.len() * RHYTHM_FEATURES);
            for (draft, &asked) in drafts.iter().zip(asked) {
                let states = if asked { draft.line.states.as_slice() } else { self.blank };
                let wanted = RhythmTarget { density: Some(draft.density), sounding: None };
                self.rows.push(&mut input, states, slot, wanted);
            }
            let logs = run_network(self.network, input, RHYTHM_FEATURES)?;
            for (index, draft) in drafts.iter_mut().enumerate().filter(|(i, _)| asked[*i]) {
                let mut said: [f32; 3] = std::array::from_fn(|state| logs[3 * index + state]);
                said[State::Onset as usize] += self.push(draft, ahead[index], bar, slot);
                self.shape(&mut said, draft, bar, slot);
                draft.line.states[slot] = if self.open[slot] {
                    insist(&mut said, std::mem::take(&mut carried[index]));
                    let place = draw(&said, TEMPERATURE, TOP, &mut draft.rng).unwrap_or(0);
                    State::ALL[place]
                } else {
                    carried[index] += (1.0 - carried[index]) * onset_share(&said);
                    sounds_on(&draft.line.states, slot)
                };
            }
        }
        Ok(())
    }

    /// Keeps a phrase from falling silent, unless few notes were asked for: a bar without a note takes up
    /// the motif where none was sung in its phrase so far, else behind another such bar what was sung
    /// before that.
    fn sing(&self, draft: &mut Draft, bar: usize) {
        let drums = self.drums;
        let onsets = |bar: usize| draft.line.onsets(drums, bar);
        if draft.density < 1.0 || !drums.sounds(bar) || onsets(bar) > 0 {
            return;
        }
        let phrases = &draft.form.phrases;
        let first = phrases.get(draft.form.phrase(bar)).copied().unwrap_or(0);
        // The bars that follow may copy a phrase's first one, and its silence.
        let is_silent = !sung(draft, drums, bar);
        let model = match phrases.first() {
            Some(&motif) if is_silent => motif,
            _ if bar >= first + 2 && onsets(bar - 1) == 0 => bar - 2,
            _ => bar,
        };
        if model < bar && onsets(model) > 0 && drums.divides_alike(model, bar) {
            copy_bar(&mut draft.line.states, drums, model, bar);
            repair(&mut draft.line.states, drums.of_bar(bar).start);
        } else if is_silent {
            whole_note(&mut draft.line.states[drums.of_bar(bar)]);
        }
    }

    /// Lets a phrase come to rest if it ends with a bar; the melody's end is for later.
    fn rest(&self, draft: &mut Draft, bar: usize) {
        let is_last = self.closing.is_none_or(|closing| closing == bar);
        if !is_last && draft.form.ends_phrase(bar) {
            let beat = self.drums.grids[bar].steps_per_beat;
            rest_on(&mut draft.line.states[self.drums.of_bar(bar)], beat);
        }
    }

    /// Towards the density, in nats.
    fn push(&self, draft: &Draft, ahead: f32, bar: usize, slot: usize) -> f32 {
        let slots = self.drums.of_bar(bar);
        let gone = (slot - slots.start) as f32 / slots.len() as f32;
        // Where a phrase comes to rest nothing more is due.
        let due = draft.density * if self.comes_to_rest(draft, bar) { gone.min(0.5) } else { gone };
        let states = &draft.line.states[slots.start..slot];
        let onsets = states.iter().filter(|&&state| state == State::Onset).count();
        let within = onsets as f32 - due;
        (-PUSH * ahead - PUSH_WITHIN * within).clamp(-MOST_PUSH, MOST_PUSH)
    }

    /// What holds for every melody, whatever the network says.
    fn shape(&self, said: &mut [f32; 3], draft: &Draft, bar: usize, slot: usize) {
        let (drums, states) = (self.drums, &draft.line.states);
        if sounds_on(states, slot) == State::Rest {
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
        let step = slot - drums.of_bar(bar).start;
        if step == 0 && draft.form.begins_phrase(bar) {
            said[State::Hold as usize] -= PARTING;
        }
        if self.comes_to_rest(draft, bar) {
            let last = self.closing == Some(bar);
            if step as f32 * 2.0 >= steps || last && step > 0 {
                said[State::Onset as usize] -= if last { 2.0 * CADENCE } else { CADENCE };
            }
        }
        said[State::Onset as usize] += self.beat(states, bar, slot) - self.before(draft, bar, slot);
    }

    /// Whether a phrase does in the second half of this bar. A bar or two have no end to do so in.
    fn comes_to_rest(&self, draft: &Draft, bar: usize) -> bool {
        self.closing.is_some() && draft.form.ends_phrase(bar)
    }

    /// How much likelier a note begins in a slot by its place in a beat of three parts.
    fn beat(&self, states: &[State], bar: usize, slot: usize) -> f32 {
        let grid = self.drums.grids[bar];
        let place = (slot - self.drums.of_bar(bar).start) % grid.steps_per_beat;
        match grid.kind {
            GridKind::Straight => 0.0,
            GridKind::Ternary if place == 0 => ON_BEAT,
            GridKind::Ternary => {
                let is_late = 2 * place > grid.steps_per_beat;
                if is_late || states[slot - place] == State::Onset { 0.0 } else { -ACROSS }
            }
        }
    }

    /// How much less likely a note begins in a slot by the rhythm of the bar before.
    fn before(&self, draft: &Draft, bar: usize, slot: usize) -> f32 {
        let drums = self.drums;
        let follows =
            |bar: usize| drums.sounds(bar - 1) && drums.grids[bar - 1] == drums.grids[bar];
        if bar == 0 || !follows(bar) {
            return 0.0;
        }
        let unlike = self.alike - drums.similarity(bar - 1, bar);
        let contrast = draft.contrast + UNLIKE * unlike;
        if draft.line.states[slot - drums.grids[bar].steps] == State::Onset {
            contrast
        } else if drums.has_onset(slot) {
            -MOVED * contrast
        } else {
            0.0
        }
    }
}

/// What a slot does in which no note begins or ends.
fn sounds_on(states: &[State], slot: usize) -> State {
    let before = slot.checked_sub(1).map_or(State::Rest, |before| states[before]);
    if before == State::Rest { State::Rest } else { State::Hold }
}

/// The probability that a note begins.
fn onset_share(said: &[f32; 3]) -> f32 {
    let most = said.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let all: f32 = said.iter().map(|log| (log - most).exp()).sum();
    (said[State::Onset as usize] - most).exp() / all
}

/// Makes a note begin that found no place so far with the probability `carried`, if none would begin by
/// itself.
fn insist(said: &mut [f32; 3], carried: f32) {
    if carried <= 0.0 {
        return;
    }
    let odds = |share: f32| {
        let share = share.clamp(1e-4, 1.0 - 1e-4);
        (share / (1.0 - share)).ln()
    };
    let share = onset_share(said);
    let both = share + (1.0 - share) * carried.min(MOST_CARRIED);
    said[State::Onset as usize] += odds(both) - odds(share);
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn a_note_that_found_no_place_begins_at_the_next() {
        for onset in [-6.0f32, -1.0, 2.0] {
            for carried in [0.0, 0.3, 0.9] {
                let mut said = [0.0, f32::NEG_INFINITY, onset];
                let share = onset_share(&said);
                insist(&mut said, carried);
                let both = 1.0 - (1.0 - share) * (1.0 - carried);
                assert!((onset_share(&said) - both).abs() < 1e-3, "{share} {carried}");
            }
        }
    }

    #[test]
    fn bars_of_melodies_that_repeat_little_differ_most() {
        let mean = |repeat: f32| {
            let mut rng = ChaCha8Rng::seed_from_u64(1);
            (0..64).map(|_| contrast(repeat, &mut rng)).sum::<f32>() / 64.0
        };
        assert!(mean(0.0) > 0.5 && mean(1.0) < -0.3, "{} {}", mean(0.0), mean(1.0));
    }
}
