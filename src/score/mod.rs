//! Music as data. The lowest layer: it imports no other module.
//!
//! A [`Song`] is what a MIDI file or a captured take says: tracks of [`Note`]s in [`Ticks`], with a
//! [`TempoMap`] and a list of metre changes. Its [`BarGrid`] cuts it into bars, each with the
//! [`StepGrid`] that its metre needs. A [`DrumPart`] is what Drumlin plays on that grid: [`Hit`]s
//! by bar, step and [`Lane`], with velocity and micro-timing. A [`Groove`] is one to four bars of
//! drums as somebody played them, for a drummer to play on with.
//!
//! Nothing here does input or output, allocates in the background or fails later than at
//! construction.

#![forbid(unsafe_code)]

mod bars;
mod choice;
mod controller;
mod drum_tab;
mod drums;
mod groove;
mod part;
mod pedal;
mod programs;
mod song;
mod swing;
mod tempo;
mod units;

pub use bars::{Bar, BarGrid, GridKind, Metre, MetreChange, StepGrid, feels_triplets};
pub use choice::TrackError;
pub use controller::Controller;
pub use drum_tab::{DrumTab, DrumTabError, Force, TabStroke, drum_tab};
pub use drums::{DRUM_CLASSES, DrumClass, GmKey, LANES, Lane, PAPER_KEYS};
pub use groove::{
    GROOVE_BARS, Groove, GrooveError, GrooveRemark, GrooveSource, TakenGroove, plays_triplets,
    quantised,
};
pub use part::{DrumPart, Hit};
pub use pedal::{Pedal, PedalChange};
pub use programs::program_name;
pub use song::{Note, Song, Track, TrackKind};
pub use swing::{bent, off_beat, swing_of};
pub use tempo::{TempoChange, TempoMap};
pub use units::{BarIndex, Beats, Bpm, SampleRate, Seconds, Ticks, Velocity};
