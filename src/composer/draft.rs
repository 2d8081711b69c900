//! A melody while it is being written.

use rand_chacha::ChaCha8Rng;

use super::drums::DrumBars;
use super::form::Form;
use super::line::{MelodyLine, State};

/// A melody at work.
pub(super) struct Draft {
    pub line: MelodyLine,
    pub form: Form,
    /// Notes a bar that it is held to.
    pub density: f32,
    /// How much less likely a note begins where one began in the bar before, in nats.
    pub contrast: f32,
    pub rng: ChaCha8Rng,
}

/// The states of a bar that a plan takes from another.
pub(super) fn copy_bar<T: Copy>(values: &mut [T], drums: &DrumBars, from: usize, to: usize) {
    let (from, to) = (drums.of_bar(from), drums.of_bar(to));
    values.copy_within(from, to.start);
}

/// Whether a note of the bar before may sound on where a bar begins with `state`.
pub(super) fn repair(states: &mut [State], slot: usize) {
    let before = slot.checked_sub(1).map_or(State::Rest, |before| states[before]);
    if states[slot] == State::Hold && before == State::Rest {
        let held = states[slot..].iter().take_while(|&&state| state == State::Hold).count();
        states[slot..slot + held].fill(State::Rest);
    }
}
