//! Who plays: the instruments of a song, by which drummers know its style.

use crate::score::{Song, TrackKind};

/// Programs of General MIDI.
pub const PROGRAMS: usize = 128;

/// The square root of each program's share of the song's melodic onsets. The root keeps instruments
/// with few notes visible: a bass among chords, a held pad. All 0 where nothing sounds, and where all
/// is played by program 0: that is what captured notes have, and files that say nothing.
pub fn instruments(song: &Song) -> [f32; PROGRAMS] {
    let mut onsets = [0.0; PROGRAMS];
    for track in &song.tracks {
        if let TrackKind::Melodic { program } = track.kind {
            onsets[usize::from(program & 127)] += track.notes.len() as f32;
        }
    }
    let all: f32 = onsets.iter().sum();
    if onsets[0] == all {
        return [0.0; PROGRAMS];
    }
    onsets.map(|count| (count / all).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Note, TempoMap, Ticks, Track, Velocity};

    #[test]
    fn programs_share_the_onsets() {
        let note = |start| Note {
            start: Ticks(start),
            length: Ticks(10),
            key: 60,
            velocity: Velocity::clamped(90),
        };
        let track = |kind, count: u64| Track {
            name: String::new(),
            kind,
            notes: (0..count).map(|index| note(index * 20)).collect(),
        };
        let song = Song {
            tempo: TempoMap::new(480, []),
            metres: Vec::new(),
            tracks: vec![
                track(TrackKind::Melodic { program: 33 }, 1),
                track(TrackKind::Melodic { program: 0 }, 3),
                track(TrackKind::Drums, 50),
            ],
        };
        let shares = instruments(&song);
        assert_eq!((shares[33], shares[0]), (0.5, 0.75_f32.sqrt()));
        assert_eq!(shares.iter().filter(|&&share| share > 0.0).count(), 2);
        let unsaid = song.tracks[1..].to_vec();
        for tracks in [unsaid, Vec::new()] {
            assert_eq!(instruments(&Song { tracks, ..song.clone() }), [0.0; PROGRAMS]);
        }
    }
}
