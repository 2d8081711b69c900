//! The pedals of a piano, as MIDI has them.

use super::Ticks;

/// A pedal of a piano.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pedal {
    /// Lifts all dampers.
    Sustain,
    /// Keeps those dampers lifted whose keys are down as it is pressed.
    Sostenuto,
    /// Has the hammers strike more softly.
    Soft,
}

/// A pedal is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PedalChange {
    /// When, from the start of the music.
    pub at: Ticks,
    /// Which.
    pub pedal: Pedal,
    /// How far it is down from then on, 0 to 127.
    pub value: u8,
}

impl Pedal {
    /// All of them, each at the place of its [`Pedal::index`].
    pub const ALL: [Pedal; 3] = [Pedal::Sustain, Pedal::Sostenuto, Pedal::Soft];

    /// From this value on a pedal that is only up or down is down (MIDI 1.0).
    pub const DOWN: u8 = 64;

    /// The controller that brings all pedals up, among others: "reset all controllers".
    pub(super) const RESET: u8 = 121;

    /// Its place in [`Pedal::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// Its MIDI controller.
    pub fn controller(self) -> u8 {
        match self {
            Pedal::Sustain => 64,
            Pedal::Sostenuto => 66,
            Pedal::Soft => 67,
        }
    }

    /// The pedals that a MIDI controller with a value, 0 to 127, moves, and how far down each is then.
    pub fn moved(controller: u8, value: u8) -> impl Iterator<Item = (Pedal, u8)> {
        Pedal::ALL.into_iter().filter_map(move |pedal| match controller {
            Pedal::RESET => Some((pedal, 0)),
            _ => (pedal.controller() == controller).then_some((pedal, value)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controllers_move_their_pedal_and_a_reset_moves_all() {
        let moved = |controller, value| Pedal::moved(controller, value).collect::<Vec<_>>();
        assert_eq!(moved(64, 90), [(Pedal::Sustain, 90)]);
        assert_eq!(moved(66, 127), [(Pedal::Sostenuto, 127)]);
        assert_eq!(moved(1, 64), []);
        assert_eq!(moved(121, 127), Pedal::ALL.map(|pedal| (pedal, 0)));
        assert!(Pedal::ALL.iter().enumerate().all(|(index, pedal)| pedal.index() == index));
    }
}
