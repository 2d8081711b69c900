//! A SoundFont that plays, or an error.

use drumlin::audio::{AudioError, SoundFont, render, render_stereo};
use drumlin::score::{Bpm, Note, SampleRate, Song, TempoMap, Ticks, Track, TrackKind, Velocity};

/// The lowest that is rendered, which takes the least time.
const RATE: SampleRate = SampleRate(16_000);

/// Whether a font was read.
pub fn check(bytes: &[u8]) -> bool {
    let Ok(font) = SoundFont::parse(bytes) else { return false };
    let song = song();
    let rings_on = 2 * RATE.0 as usize;
    match render(&song, &font, RATE, &|| false) {
        Ok(mono) => {
            assert!(mono.len() >= rings_on);
            assert!(mono.iter().all(|sample| sample.abs() <= 0.951), "samples are in range");
        }
        Err(error) => assert!(matches!(error, AudioError::Unplayable(_)), "{error}"),
    }
    match render_stereo(&song, &font, RATE, &|| false) {
        Ok(stereo) => {
            let both = stereo.left.iter().chain(&stereo.right);
            assert!(stereo.left.len() >= rings_on && stereo.left.len() == stereo.right.len());
            assert!(both.clone().all(|sample| sample.abs() <= 0.951), "samples are in range");
        }
        Err(error) => assert!(matches!(error, AudioError::Unplayable(_)), "{error}"),
    }
    true
}

/// Two short notes of one instrument and a stroke of the drums.
fn song() -> Song {
    let velocity = Velocity::clamped(100);
    let note = |start, key| Note { start: Ticks(start), length: Ticks(24), key, velocity };
    let track = |kind, notes| Track { name: String::new(), kind, notes };
    Song {
        tempo: TempoMap::constant(96, Bpm(240.0)),
        metres: Vec::new(),
        tracks: vec![
            track(TrackKind::Melodic { program: 0 }, vec![note(0, 36), note(48, 97)]),
            track(TrackKind::Drums, vec![note(24, 38)]),
        ],
    }
}
