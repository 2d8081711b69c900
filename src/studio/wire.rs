//! What crosses between the audio thread and the studio: values without pointers one way, whole
//! clips the other way, and spent clips back to be freed where freeing is allowed.
//!
//! Positions are the host's, in quarter notes from the start of its song; before it (a count-in)
//! they are negative.

use crate::audio::Stereo;
use crate::score::{Beats, Bpm, Metre, SampleRate, Velocity};

/// What the audio thread heard, in the order in which it happened.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "fields are called what the variants speak of")]
pub enum Captured {
    /// The transport runs from here on: it was started, or jumped. What sounded before has ended.
    Started { at: Beats },
    /// The transport stands. What sounded has ended.
    Stopped { at: Beats },
    /// Sent after every start and at every change.
    Tempo { at: Beats, bpm: Bpm },
    /// Sent after every start and at every change; `at` is the bar line from which it holds.
    Metre { at: Beats, metre: Metre },
    /// A note of the musician's.
    NoteOn { at: Beats, key: u8, velocity: Velocity },
    /// The end of a note of the musician's.
    NoteOff { at: Beats, key: u8 },
    /// The transport has come to here. Sent about once a beat while nothing else happens, so that
    /// rests count as heard, and where it left before a jump, just ahead of [`Captured::Started`].
    Passed { at: Beats },
    /// The queue was full: some of what happened before is missing.
    Lost,
}

/// What the window wants to be heard without the host's transport.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "fields are called what the variants speak of")]
pub enum Audition {
    /// One stroke, at once: the kit's key and that of the musician's drum map, as in [`ClipNote`].
    Strike { kit_key: u8, key: u8, velocity: Velocity },
    /// The clip from one position of the host's song to another, once, while the host stands.
    Play { from: Beats, to: Beats, tempo: Bpm, metre: Metre },
    /// No longer.
    Stop,
}

/// A sound that is heard once, beside the clip, while the host stands. Each ends the one before; one
/// without samples is silence.
#[derive(Clone, Debug, PartialEq)]
pub struct Sound {
    /// Its samples.
    pub stereo: Stereo,
    /// How many there are in a second, above 0.
    pub rate: SampleRate,
}

impl Sound {
    /// Ends what sounds.
    pub fn silence() -> Sound {
        Sound { stereo: Stereo::default(), rate: SampleRate::ANALYSIS }
    }
}

/// A stroke of a clip, ready to be sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClipNote {
    /// From the clip's start; a stroke before the first beat may lie a little ahead of it.
    pub at: Beats,
    /// Above 0.
    pub length: Beats,
    /// What the drummer means, for the kit in the plugin: a GM percussion key.
    pub kit_key: u8,
    /// The key of the musician's drum map, for MIDI out.
    pub key: u8,
    /// How hard it is struck.
    pub velocity: Velocity,
}

/// A drum part as the audio thread plays it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Clip {
    /// Where its first bar begins in the host's song.
    pub start: Beats,
    /// Above 0 unless the clip is empty.
    pub length: Beats,
    /// Sorted by `at`.
    pub strokes: Box<[ClipNote]>,
    /// Every bar line from the clip's start, sorted, its end included; relative to `start`.
    pub bar_lines: Box<[Beats]>,
    /// It enters as soon as it arrives, in the place where the song is, and not at the next bar line.
    pub at_once: bool,
}
