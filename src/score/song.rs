//! A song: tracks of notes on one time line.

use super::{BarGrid, MetreChange, TempoMap, Ticks, Velocity};

/// One sounding note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// From the start of the song.
    pub start: Ticks,
    /// At least one tick.
    pub length: Ticks,
    /// MIDI key, 0 to 127; 60 is middle C.
    pub key: u8,
    /// How hard it is struck.
    pub velocity: Velocity,
}

impl Note {
    /// When it ends.
    pub fn end(&self) -> Ticks {
        self.start + self.length
    }

    /// The note where it sounds at the same time under another tempo map, to a tick.
    #[must_use]
    pub fn retimed(self, from: &TempoMap, to: &TempoMap) -> Note {
        let [start, end] = [self.start, self.end()].map(|at| to.ticks(from.seconds(at)));
        Note { start, length: Ticks((end - start).0.max(1)), ..self }
    }
}

/// What a track's notes mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrackKind {
    /// Pitched notes.
    Melodic {
        /// The General MIDI program, 0 to 127.
        program: u8,
    },
    /// General MIDI percussion (channel 10): keys name instruments.
    Drums,
}

/// The notes that one part of a song plays with one sound.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// As the file or host names it; may be empty.
    pub name: String,
    /// Drums, or an instrument.
    pub kind: TrackKind,
    /// Sorted by start, then key.
    pub notes: Vec<Note>,
}

impl Track {
    /// Whether it plays drums.
    pub fn is_drums(&self) -> bool {
        self.kind == TrackKind::Drums
    }
}

/// A piece of music: what a MIDI file says, or what was captured from the host.
#[derive(Clone, Debug, PartialEq)]
pub struct Song {
    /// How fast it is where.
    pub tempo: TempoMap,
    /// In any order; 4/4 holds until the first.
    pub metres: Vec<MetreChange>,
    /// In the order of the file.
    pub tracks: Vec<Track>,
}

impl Song {
    /// Ticks of a quarter note.
    pub fn ticks_per_quarter(&self) -> u16 {
        self.tempo.ticks_per_quarter()
    }

    /// The tracks that are not drums.
    pub fn melodic(&self) -> impl Iterator<Item = &Track> {
        self.tracks.iter().filter(|track| !track.is_drums())
    }

    /// All notes of the drum tracks, in the order of the tracks.
    pub fn drum_notes(&self) -> impl Iterator<Item = &Note> {
        self.tracks.iter().filter(|track| track.is_drums()).flat_map(|track| &track.notes)
    }

    /// The metre changes that count: sorted, and of those at one tick only the last.
    pub fn metres_in_order(&self) -> Vec<MetreChange> {
        let mut metres = self.metres.clone();
        metres.sort_by_key(|change| change.at);
        // Deduplication keeps the first of a run.
        metres.reverse();
        metres.dedup_by_key(|change| change.at);
        metres.reverse();
        metres
    }

    /// Where the last note of any track ends; 0 without notes.
    pub fn end(&self) -> Ticks {
        self.tracks.iter().flat_map(|track| &track.notes).map(Note::end).max().unwrap_or_default()
    }

    /// The bars from tick 0 to the last note, of any track.
    pub fn bars(&self) -> BarGrid {
        BarGrid::new(self.ticks_per_quarter(), &self.metres, self.end())
    }
}
