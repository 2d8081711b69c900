//! The pedals of a piano in a file.

use super::container::{Container, TrackChunk};
use super::events::{Events, Message};
use super::file::SongFile;
use crate::score::{Pedal, PedalChange, Ticks};

impl SongFile {
    /// How the pedals of a track's channel are moved, from any track of the file: the track of the song by
    /// its index. In the order of time, in ticks of the song.
    ///
    /// # Panics
    /// If there is no such track.
    pub fn pedals(&self, track: usize) -> Vec<PedalChange> {
        let moved = |(at, controller, value)| {
            let moved = Pedal::moved(controller, value);
            moved.map(move |(pedal, value)| PedalChange { at, pedal, value })
        };
        self.controllers(track).into_iter().flat_map(moved).collect()
    }

    /// The controllers of a track's channel with their values, from any track of the file, in the order of
    /// time, in ticks of the song.
    pub(super) fn controllers(&self, track: usize) -> Vec<(Ticks, u8, u8)> {
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
                    found.push((container.time_base.ticks(event.at), controller, value));
                }
            }
        }
        found.sort_by_key(|&(at, ..)| at);
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
    }
}
