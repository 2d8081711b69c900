//! What the feet do: dampers that are lifted or half lifted, those that are caught, softer hammers.

use super::note::PlayedNote;
use crate::score::Pedal;

/// A pedal is moved in a performance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PedalMove {
    /// When, in seconds.
    pub at: f64,
    /// Which.
    pub pedal: Pedal,
    /// How far it is down from then on, 0 to 127.
    pub value: u8,
}

/// A part becomes louder or softer, what sounds of it too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VolumeMove {
    /// When, in seconds.
    pub at: f64,
    /// Linear gain from then on, not negative; 1 before the first.
    pub gain: f32,
}

/// Notes of a performance with pedals and a volume that hold for them alone, as of a MIDI channel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    /// In any order.
    pub notes: Vec<PlayedNote>,
    /// Sorted by time.
    pub pedals: Vec<PedalMove>,
    /// Sorted by time.
    pub volumes: Vec<VolumeMove>,
}

/// Up to this value of the sustain pedal the dampers lie on the strings with their whole weight. From
/// [`Pedal::DOWN`] on they do not touch them; between the two they brush them: half-pedalling.
const TOUCHES: u8 = 24;

/// The share of the velocity that the soft pedal takes away: some 4 dB, and the brightness that goes with
/// them.
const SOFTER: f32 = 0.2;

/// How the pedals of a part stand.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pedals {
    /// By [`Pedal::index`].
    values: [u8; Pedal::ALL.len()],
}

impl Pedals {
    /// How far one is down, 0 to 127.
    pub fn value(&self, pedal: Pedal) -> u8 {
        self.values[pedal.index()]
    }

    /// Whether one is down, if there are only up and down.
    pub fn is_down(&self, pedal: Pedal) -> bool {
        self.value(pedal) >= Pedal::DOWN
    }

    /// Whether the dampers lie on the strings with their whole weight.
    pub fn is_up(&self) -> bool {
        self.value(Pedal::Sustain) <= TOUCHES
    }

    /// Moves one.
    pub fn set(&mut self, pedal: Pedal, value: u8) {
        self.values[pedal.index()] = value.min(127);
    }

    /// How much of the dampers' effect the sustain pedal leaves, 0 to 1: little weight is felt little.
    pub fn damping(&self) -> f32 {
        let way = f32::from(Pedal::DOWN - TOUCHES);
        let lift = f32::from(self.value(Pedal::Sustain).saturating_sub(TOUCHES)) / way;
        (1.0 - lift).max(0.0).powi(3)
    }

    /// The velocity with which the hammers strike, 1 to 127.
    pub fn softened(&self, velocity: u8) -> u8 {
        let soft = f32::from(self.value(Pedal::Soft)) / 127.0;
        (f32::from(velocity) * (1.0 - SOFTER * soft)).round().max(1.0) as u8
    }
}
