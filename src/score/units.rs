//! Quantities with their units, so that no bare number has to be guessed at.

use std::ops::{Add, AddAssign, Sub};

/// Musical time in MIDI ticks from the start of the song; a song says how many make a quarter note.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticks(pub u64);

impl Add for Ticks {
    type Output = Ticks;
    fn add(self, other: Ticks) -> Ticks {
        Ticks(self.0 + other.0)
    }
}

impl AddAssign for Ticks {
    fn add_assign(&mut self, other: Ticks) {
        self.0 += other.0;
    }
}

impl Sub for Ticks {
    type Output = Ticks;
    /// Saturates at zero: no position lies before the start of the song.
    fn sub(self, other: Ticks) -> Ticks {
        Ticks(self.0.saturating_sub(other.0))
    }
}

/// Musical time in quarter notes.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Beats(pub f64);

/// Physical time in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Seconds(pub f64);

impl Add for Seconds {
    type Output = Seconds;
    fn add(self, other: Seconds) -> Seconds {
        Seconds(self.0 + other.0)
    }
}

impl Sub for Seconds {
    type Output = Seconds;
    fn sub(self, other: Seconds) -> Seconds {
        Seconds(self.0 - other.0)
    }
}

/// A tempo in quarter notes a minute.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Bpm(pub f64);

/// Audio samples (frames) a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleRate(pub u32);

impl SampleRate {
    /// The rate at which Drumlin renders and analyses: 44.1 kHz.
    pub const ANALYSIS: SampleRate = SampleRate(44_100);
}

/// How hard a note is struck, 1 to 127.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Velocity(u8);

impl Velocity {
    /// The velocity nearest to `value`: 0 becomes 1 (a note-on of 0 would be a note-off), anything
    /// above 127 becomes 127.
    pub fn clamped(value: u8) -> Velocity {
        Velocity(value.clamp(1, 127))
    }

    /// From a share of full strength in `[0, 1]`; values outside are clamped, NaN is the softest.
    pub fn from_unit(share: f32) -> Velocity {
        Velocity((share * 127.0).round().clamp(1.0, 127.0) as u8)
    }

    /// 1 to 127.
    pub fn get(self) -> u8 {
        self.0
    }

    /// As a share of full strength, in `(0, 1]`.
    pub fn unit(self) -> f32 {
        f32::from(self.0) / 127.0
    }
}

/// The number of a bar, from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BarIndex(pub usize);
