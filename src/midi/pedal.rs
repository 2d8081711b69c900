//! The pedals of a piano in a file.

use super::container::{Container, TrackChunk};
use super::events::{Events, Message};
use super::file::SongFile;
use crate::score::{Note, Pedal, PedalChange, Ticks};

impl SongFile {
    /// The notes of a track of the song, by its index, as long as they sound: until the sustain pedal of
    /// its channel comes up, or their key is struck again. Sorted as the track's are.
    ///
    /// # Panics
    /// If there is no such track.
    pub fn sustained(&self, track: usize) -> Vec<Note> {
        let mut notes = self.song().tracks[track].notes.clone();
        let mut pedal = self.pedals(track);
        pedal.retain(|change| change.pedal == Pedal::Sustain);
        let is_down = |change: &PedalChange| change.value >= Pedal::DOWN;
        let mut next_start: [Option<Ticks>; 128] = [None; 128];
        for note in notes.iter_mut().rev() {
            let after = pedal.partition_point(|change| change.at <= note.end());
            if after > 0 && is_down(&pedal[after - 1]) {
                // A pedal that never comes up holds no longer than the music goes on.
                let up = pedal[after..].iter().find(|change| !is_down(change));
                let end = up.map_or(self.song().end(), |change| change.at);
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

    /// How the pedals of a track's channel are moved, from any track of the file: the track of the song by
    /// its index. In the order of time, in ticks of the song.
    ///
    /// # Panics
    /// If there is no such track.
    pub fn pedals(&self, track: usize) -> Vec<PedalChange> {
        let channel = self.origins[track].channel;
        // It was opened before, or there would be no song.
        let Ok(container) = Container::open(&self.bytes) else { return Vec::new() };
        let mut found = Vec::new();
        let tracks: Vec<TrackChunk> = container.tracks().collect();
        for chunk in tracks {
            let mut events = Events::new(chunk.bytes);
            while let Some(Ok(event)) = events.next_of_track() {
                if let Message::Channel { status, data: [controller, value] } = event.message
                    && status == 0xB0 | channel
                {
                    let at = container.time_base.ticks(event.at);
                    let moved = Pedal::moved(controller, value);
                    found.extend(moved.map(|(pedal, value)| PedalChange { at, pedal, value }));
                }
            }
        }
        found.sort_by_key(|change| change.at);
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

    #[test]
    fn all_pedals_are_read_with_how_far_they_are_down() {
        let played = [
            0, 0xB0, 67, 127, 0, 66, 127, 0, 0x90, 60, 80, 5, 0xB0, 64, 40, 10, 121, 0, 5, 0x80,
            60, 0,
        ];
        let file = file(&played);
        let pedals = file.pedals(0);
        let found: Vec<(u64, Pedal, u8)> =
            pedals.iter().map(|change| (change.at.0, change.pedal, change.value)).collect();
        let (sustain, sostenuto, soft) = (Pedal::Sustain, Pedal::Sostenuto, Pedal::Soft);
        let reset = Pedal::ALL.map(|pedal| (15, pedal, 0));
        assert_eq!(found[..3], [(0, soft, 127), (0, sostenuto, 127), (5, sustain, 40)]);
        assert_eq!(found[3..], reset);
        // Half of the way down holds nothing to its end.
        assert_eq!(lengths(&file), [20]);
    }
}
