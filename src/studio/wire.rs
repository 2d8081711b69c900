//! What crosses between the audio thread and the studio: values without pointers one way, whole
//! clips the other way, and spent clips back to be freed where freeing is allowed.
//!
//! Positions are the host's, in quarter notes from the start of its song; before it (a count-in)
//! they are negative.

use rtrb::Producer;

use crate::audio::Stereo;
use crate::score::{Beats, Bpm, Controller, GmKey, Metre, SampleRate, Velocity};

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
    /// A pedal of the musician's, or the loudness of what is played, is moved to a value from 0 to 127. After
    /// every start those that are not at rest are sent; the others are.
    Controller { at: Beats, controller: Controller, value: u8 },
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

/// Keys that play drums as soon as they are struck, while a groove is tapped. The melody's own notes, which
/// may come along from the host's track, are none of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Taps {
    drums: [Option<GmKey>; 128],
    /// Where the melody's notes begin in the host's song, sorted, and their keys.
    melody: Box<[(Beats, u8)]>,
}

impl Taps {
    /// A note so close (quarter notes) to one of the melody's on its key is that: hosts round positions.
    const SAME: f64 = 0.005;

    /// Each key plays what `drum` says. `melody` has the beginnings of the melody's notes, in any order.
    pub fn new(
        drum: impl Fn(u8) -> Option<GmKey>,
        melody: impl IntoIterator<Item = (Beats, u8)>,
    ) -> Taps {
        let mut melody: Vec<(Beats, u8)> = melody.into_iter().collect();
        melody.sort_by(|a, b| a.0.0.total_cmp(&b.0.0));
        Taps { drums: std::array::from_fn(|key| drum(key as u8)), melody: melody.into() }
    }

    /// The drum that a key plays when it is struck at a place of the host's song, or, with `None`, while
    /// the transport stands. `None` for the melody's notes, and for keys without a drum.
    pub fn drum(&self, at: Option<Beats>, key: u8) -> Option<GmKey> {
        let drum = self.drums.get(usize::from(key)).copied().flatten()?;
        let is_melody = at.is_some_and(|at| {
            let from = self.melody.partition_point(|(note, _)| note.0 < at.0 - Taps::SAME);
            let near =
                self.melody[from..].iter().take_while(|(note, _)| note.0 <= at.0 + Taps::SAME);
            near.into_iter().any(|&(_, other)| other == key)
        });
        (!is_melody).then_some(drum)
    }
}

/// A sound that is heard beside the clip. Each ends the one before; one without samples is silence.
#[derive(Clone, Debug, PartialEq)]
pub struct Sound {
    /// Its samples.
    pub stereo: Stereo,
    /// How many there are in a second, above 0.
    pub rate: SampleRate,
    /// Where it lies in the host's song: it is heard whenever the transport runs there, until another comes.
    /// Without a place it is heard once, while the host stands.
    pub place: Option<Place>,
}

impl Sound {
    /// Ends what sounds.
    pub fn silence() -> Sound {
        Sound { stereo: Stereo::default(), rate: SampleRate::ANALYSIS, place: None }
    }
}

/// A position of the host's song and the sample of a sound that belongs there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Anchor {
    /// In the host's song.
    pub at: Beats,
    /// From the sound's first; may be negative.
    pub sample: f64,
}

/// Which sample of a sound belongs to which position of the host's song.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    anchors: Box<[Anchor]>,
}

impl Place {
    /// Straight lines between anchors, the first and last of which go on. `None` with fewer than two, or if
    /// they are not in the order of both time and samples.
    pub fn new(anchors: Vec<Anchor>) -> Option<Place> {
        let rises =
            |pair: &[Anchor]| pair[0].at.0 < pair[1].at.0 && pair[0].sample < pair[1].sample;
        let sound = anchors.len() > 1 && anchors.windows(2).all(rises);
        sound.then(|| Place { anchors: anchors.into() })
    }

    /// The sample at a position; beyond either end of the sound where the song is.
    pub fn sample(&self, at: Beats) -> f64 {
        // Two anchors at least.
        let last = self.anchors.len() - 2;
        let behind = self.anchors.partition_point(|anchor| anchor.at.0 <= at.0);
        let first = behind.saturating_sub(1).min(last);
        let (a, b) = (self.anchors[first], self.anchors[first + 1]);
        a.sample + (at.0 - a.at.0) * (b.sample - a.sample) / (b.at.0 - a.at.0)
    }
}

/// A stretch of the host's song in which the sound that comes into the plugin is wanted.
#[derive(Debug)]
pub struct Listening {
    /// Where it begins.
    pub from: Beats,
    /// Where it ends; without, where the host stops.
    pub to: Option<Beats>,
    /// Where the sound goes. Once nobody reads it, the rest is not wanted.
    pub sound: Producer<TrackSound>,
    /// The queue was full: the sound is not whole.
    pub lost: bool,
}

/// Sound on its way to the studio, in the order of time.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "the audio thread can put nothing on the heap")]
pub enum TrackSound {
    /// The sound begins here; what came before is to be forgotten. Samples in a second.
    Begins(f64),
    /// The place in the host's song of the next sample. Sent where the sound begins and ends and where tempo
    /// or metre change; in between the song runs evenly.
    Mark(TrackMark),
    /// Some samples.
    Samples(SampleBlock),
}

/// A place in the host's song.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrackMark {
    /// The place.
    pub at: Beats,
    /// The metre there.
    pub metre: Metre,
    /// A bar line of that metre at or before the place.
    pub bar_start: Beats,
}

/// Samples of one channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SampleBlock {
    samples: [f32; SampleBlock::LONGEST],
    count: usize,
}

impl Default for SampleBlock {
    fn default() -> SampleBlock {
        SampleBlock { samples: [0.0; SampleBlock::LONGEST], count: 0 }
    }
}

impl SampleBlock {
    /// As many samples fit in.
    pub const LONGEST: usize = 120;

    /// Appends a sample; one too many is left out.
    pub fn push(&mut self, sample: f32) {
        if let Some(place) = self.samples.get_mut(self.count) {
            *place = sample;
            self.count += 1;
        }
    }

    /// Whether no more fit in.
    pub fn is_full(&self) -> bool {
        self.count == SampleBlock::LONGEST
    }

    /// The samples.
    pub fn samples(&self) -> &[f32] {
        &self.samples[..self.count]
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
    /// While a groove is tapped; holds as soon as the clip arrives.
    pub taps: Option<Box<Taps>>,
}
