//! How loud the channels of a file are.

use super::file::SongFile;
use crate::score::{Controller, Ticks};

/// A channel becomes louder or softer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VolumeChange {
    /// When, from the start of the music.
    pub at: Ticks,
    /// Linear gain from then on, 0 to 1.62; 1 where nothing says another.
    pub gain: f32,
}

impl SongFile {
    /// How volume (CC 7) and expression (CC 11) of a track's channel change: the track of the song by its
    /// index. In the order of time, in ticks of the song; see [`Controller::gain`].
    ///
    /// # Panics
    /// If there is no such track.
    pub fn volumes(&self, track: usize) -> Vec<VolumeChange> {
        let mut values = Controller::AT_REST;
        let change = |(at, controller, value)| {
            let mut is_loudness = false;
            for (moved, value) in Controller::moved(controller, value) {
                values[moved.index()] = value;
                is_loudness |= matches!(moved, Controller::Volume | Controller::Expression);
            }
            is_loudness.then(|| VolumeChange { at, gain: Controller::gain(&values) })
        };
        self.controllers(track).into_iter().filter_map(change).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volume_and_expression_are_read_of_their_channel() {
        // At 96 ticks a quarter; another channel's volume in between.
        let events = [
            0u8, 0xB0, 7, 50, 0, 0xB1, 7, 1, 0, 0x90, 60, 80, 5, 0xB0, 11, 64, 10, 7, 100, 10, 121,
            0, 5, 0x80, 60, 0, 0, 0xFF, 0x2F, 0,
        ];
        let head = *b"MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk\0\0\0";
        let bytes = [&head[..], &[events.len() as u8], &events].concat();
        let file = SongFile::parse(bytes).unwrap();
        let volumes = file.volumes(0);
        let at: Vec<u64> = volumes.iter().map(|change| change.at.0).collect();
        assert_eq!(at, [0, 5, 15, 25]);
        let half = (64.0f32 / 127.0).powi(2);
        for (change, gain) in volumes.iter().zip([0.25, 0.25 * half, half, 1.0]) {
            assert!((change.gain - gain).abs() < 1e-6, "{change:?}, not {gain}");
        }
    }
}
