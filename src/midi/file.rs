//! A MIDI file that was read: its song, and the file itself for what a song does not hold.

use std::collections::BTreeMap;

use super::parse::{Kinds, Origin, Understood, understand};
use super::sounds::Because;
use super::{MidiError, Repair};
use crate::score::{Song, Ticks, TrackKind};

/// A song with the file it was read from.
#[derive(Debug)]
pub struct SongFile {
    pub(super) bytes: Vec<u8>,
    pub(super) kinds: Kinds,
    song: Song,
    repairs: Vec<Repair>,
    /// One for each track of the song.
    pub(super) origins: Vec<Origin>,
    /// What the musician asked for, by where a track comes from and what it was taken for.
    asked: BTreeMap<(usize, u8, Option<u8>), TrackKind>,
}

/// A kind as a key: its program, none of drums.
fn key(kind: TrackKind) -> Option<u8> {
    match kind {
        TrackKind::Melodic { program } => Some(program),
        TrackKind::Drums => None,
    }
}

impl SongFile {
    /// Reads the bytes of a file as [`parse`](super::parse()) does.
    ///
    /// # Errors
    /// As [`parse`](super::parse()).
    pub fn parse(bytes: Vec<u8>) -> Result<SongFile, MidiError> {
        let Understood { song, repairs, kinds, origins } = understand(&bytes)?;
        Ok(SongFile { bytes, kinds, song, repairs, origins, asked: BTreeMap::new() })
    }

    /// What the file plays.
    pub fn song(&self) -> &Song {
        &self.song
    }

    /// What was mended in reading; mostly nothing.
    pub fn repairs(&self) -> &[Repair] {
        &self.repairs
    }

    /// Why a track, by its index, is drums, or a melody on the drum channel; `None` of others.
    pub fn because(&self, track: usize) -> Option<Because> {
        self.origins.get(track)?.because
    }

    /// Takes a track of the song, by its index, for drums or for a melody.
    ///
    /// # Panics
    /// If there is no such track.
    pub fn take_for(&mut self, track: usize, drums: bool) {
        let origin = &mut self.origins[track];
        let first = self.song.tracks[track].notes.first().map_or(Ticks(0), |note| note.start);
        let kind = match (drums, origin.kind) {
            (true, _) => TrackKind::Drums,
            (false, kind @ TrackKind::Melodic { .. }) => kind,
            (false, TrackKind::Drums) => self.kinds.melodic(origin.track, origin.channel, first.0),
        };
        origin.because = Some(Because::Asked);
        self.song.tracks[track].kind = kind;
        self.asked.insert((origin.track, origin.channel, key(origin.kind)), kind);
    }

    /// Whether a note of the file is a drum. `at` is in ticks of the file.
    pub(super) fn is_drum(&self, track: usize, channel: u8, at: u64) -> bool {
        let (read, _) = self.kinds.of(track, channel, at);
        let asked = self.asked.get(&(track, channel, key(read))).copied();
        asked.unwrap_or(read) == TrackKind::Drums
    }
}
