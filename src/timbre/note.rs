//! What is played.

/// A note of a performance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlayedNote {
    /// When it is struck, in seconds.
    pub start: f64,
    /// When the damper falls on it, in seconds.
    pub end: f64,
    /// MIDI key.
    pub key: u8,
    /// MIDI velocity, 1 to 127.
    pub velocity: u8,
}

/// Where velocities and ends come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Velocities {
    /// A MIDI file says them.
    Known,
    /// From loudness, and ends from how notes fade.
    Guessed,
}
