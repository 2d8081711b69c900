//! The sustain pedal.

use super::container::{Container, TrackChunk};
use super::events::{Events, Message};
use super::file::SongFile;
use crate::score::{Note, Ticks};

/// The controller of the sustain pedal, down from [`DOWN`] on (MIDI 1.0).
const SUSTAIN: u8 = 64;
const DOWN: u8 = 64;

impl SongFile {
    /// The notes of a track of the song, by its index, as long as they sound: until the pedal of its
    /// channel comes up, or their key is struck again. Sorted as the track's are.
    ///
    /// # Panics
    /// If there is no such track.
    pub fn sustained(&self, track: usize) -> Vec<Note> {
        let mut notes = self.song().tracks[track].notes.clone();
        let pedal = self.pedal(track);
        let mut next_start: [Option<Ticks>; 128] = [None; 128];
        for note in notes.iter_mut().rev() {
            let after = pedal.partition_point(|(at, _)| *at <= note.end());
            if after > 0 && pedal[after - 1].1 {
                // A pedal that never comes up holds no longer than the music goes on.
                let up = pedal[after..].iter().find(|(_, down)| !down);
                let end = up.map_or(self.song().end(), |(at, _)| *at);
                note.length = note.length.max(end - note.start);
            }
            let next = &mut next_start[usize::from(note.key & 0x7F)];
            if let Some(next) = *next {
                note.length = note.length.min(next - note.start).max(Ticks(1));
            }
            *next = Some(note.start);
        }
        notes
    }

    /// When the pedal of a track's channel goes down (`true`) or up, from any track of the file.
    fn pedal(&self, track: usize) -> Vec<(Ticks, bool)> {
        let channel = self.origins[track].channel;
        // It was opened before, or there would be no song.
        let Ok(container) = Container::open(&self.bytes) else { return Vec::new() };
        let mut found = Vec::new();
        let tracks: Vec<TrackChunk> = container.tracks().collect();
        for chunk in tracks {
            let mut events = Events::new(chunk.bytes);
            while let Some(Ok(event)) = events.next_of_track() {
                if let Message::Channel { status, data: [SUSTAIN, value] } = event.message
                    && status == 0xB0 | channel
                {
                    found.push((container.time_base.ticks(event.at), value >= DOWN));
                }
            }
        }
        found.sort_by_key(|(at, _)| *at);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of one track at 96 ticks a quarter.
    fn file(events: &[u8]) -> SongFile {
        let mut bytes = b"MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk".to_vec();
        bytes.extend((events.len() as u32 + 4).to_be_bytes());
        bytes.extend(events);
        bytes.extend([0, 0xFF, 0x2F, 0]);
        SongFile::parse(bytes).unwrap()
    }

    fn lengths(file: &SongFile) -> Vec<u64> {
        file.sustained(0).iter().map(|note| note.length.0).collect()
    }

    #[test]
    fn notes_last_until_the_pedal_comes_up() {
        let down_and_up = [
            0, 0xB0, 64, 127, 0, 0x90, 60, 80, 10, 0x80, 60, 0, 10, 0x90, 62, 80, 10, 0x80, 62, 0,
            20, 0xB0, 64, 0, 0, 0x90, 64, 80, 10, 0x80, 64, 0,
        ];
        assert_eq!(lengths(&file(&down_and_up)), [50, 30, 10]);
    }

    #[test]
    fn a_key_struck_again_ends_the_note_and_another_channel_holds_nothing() {
        let again =
            [0, 0xB0, 64, 127, 0, 0x90, 60, 80, 10, 0x80, 60, 0, 30, 0x90, 60, 80, 10, 0x80, 60, 0];
        assert_eq!(lengths(&file(&again)), [40, 10]);
        let other =
            [0, 0xB1, 64, 127, 0, 0x90, 60, 80, 10, 0x80, 60, 0, 20, 0x90, 62, 9, 5, 0x80, 62, 0];
        assert_eq!(lengths(&file(&other)), [10, 5]);
    }
}
