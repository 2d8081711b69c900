//! A melody on the grid: one note at a time.

use super::drums::DrumBars;
use crate::score::{Note, Ticks, Velocity};

/// What a melody does in a slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum State {
    /// Nothing sounds.
    #[default]
    Rest = 0,
    /// The note before sounds on.
    Hold = 1,
    /// A note begins.
    Onset = 2,
}

impl State {
    /// All states, in the order of the network's output.
    pub const ALL: [State; 3] = [State::Rest, State::Hold, State::Onset];
}

/// A melody by slot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MelodyLine {
    /// One a slot.
    pub states: Vec<State>,
    /// The MIDI key that begins in the slot; 0 where none does.
    pub keys: Vec<u8>,
}

/// A note of a [`MelodyLine`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineNote {
    /// Where it begins.
    pub slot: usize,
    /// In slots, at least 1.
    pub length: usize,
    /// MIDI key, 0 to 127.
    pub key: u8,
}

impl MelodyLine {
    /// The highest notes of a track on the grid. A note ends with the next one that begins.
    pub fn of(notes: &[Note], drums: &DrumBars) -> MelodyLine {
        let silent =
            MelodyLine { states: vec![State::Rest; drums.slots()], keys: vec![0; drums.slots()] };
        let mut line = silent;
        let mut ends = vec![Ticks(0); drums.slots()];
        for note in notes {
            let Some(slot) = drums.slot(note.start) else { continue };
            if line.states[slot] != State::Onset || note.key > line.keys[slot] {
                line.states[slot] = State::Onset;
                line.keys[slot] = note.key;
                ends[slot] = note.end();
            }
        }
        let mut until = Ticks(0);
        for (slot, end) in ends.into_iter().enumerate() {
            if line.states[slot] == State::Onset {
                until = end;
            } else {
                // A slot is held if more than half of it sounds.
                let (from, to) = (drums.tick(slot), drums.tick(slot + 1));
                if until.0 * 2 > from.0 + to.0 {
                    line.states[slot] = State::Hold;
                }
            }
        }
        line
    }

    /// All notes in order.
    pub fn notes(&self) -> Vec<LineNote> {
        let mut notes: Vec<LineNote> = Vec::new();
        for (slot, state) in self.states.iter().enumerate() {
            match state {
                State::Onset => notes.push(LineNote { slot, length: 1, key: self.keys[slot] }),
                State::Hold => {
                    if let Some(note) =
                        notes.last_mut().filter(|note| note.slot + note.length == slot)
                    {
                        note.length += 1;
                    }
                }
                State::Rest => {}
            }
        }
        notes
    }

    /// How many notes begin in a bar.
    pub fn onsets(&self, drums: &DrumBars, bar: usize) -> usize {
        self.states[drums.of_bar(bar)].iter().filter(|&&state| state == State::Onset).count()
    }

    /// Whether a bar plays exactly what another does: states and keys.
    pub fn same_bar(&self, drums: &DrumBars, a: usize, b: usize) -> bool {
        let (a, b) = (drums.of_bar(a), drums.of_bar(b));
        self.states[a.clone()] == self.states[b.clone()] && self.keys[a] == self.keys[b]
    }

    /// As notes in ticks of one velocity, each with its slot. `place` says when what is written at a
    /// tick is played.
    pub(super) fn to_notes(
        &self,
        drums: &DrumBars,
        place: impl Fn(Ticks) -> Ticks,
        velocity: Velocity,
    ) -> Vec<(usize, Note)> {
        let last = drums.tick(drums.slots());
        let to_note = |note: &LineNote| {
            let start = place(drums.tick(note.slot));
            let full = place(drums.tick(note.slot + note.length)).min(last) - start;
            // A breath before what follows, so that equal notes are heard as two.
            let length = Ticks((full.0 - full.0 / 16).max(1));
            (note.slot, Note { start, length, key: note.key, velocity })
        };
        self.notes().iter().map(to_note).collect()
    }
}
