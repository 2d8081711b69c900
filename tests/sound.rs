//! Sound and its analysis against librosa and FluidSynth. The golden files in `golden/sound` are
//! made by `golden/make_sound.py`.

use drumlin::analysis::Cqt;
use drumlin::audio::{SoundFont, render};
use drumlin::midi;
use drumlin::score::SampleRate;
use std::f64::consts::TAU;
use std::path::{Path, PathBuf};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/sound").join(name)
}

/// Mean absolute difference in dB above librosa's floor, over every fourth frame.
fn difference(name: &str, samples: &[f32], rate: u32) -> f64 {
    let cqt = Cqt::new(samples, SampleRate(rate)).unwrap();
    let bytes = std::fs::read(golden(name)).unwrap();
    let reference: Vec<f64> = bytes
        .chunks_exact(2)
        .map(|two| f64::from(i16::from_le_bytes([two[0], two[1]])) / 100.0)
        .collect();
    assert_eq!(reference.len(), cqt.frames().div_ceil(4) * Cqt::BINS);
    let frames = (0..cqt.frames()).step_by(4).flat_map(|frame| cqt.frame(frame));
    let differences: Vec<f64> = frames
        .zip(&reference)
        .filter(|(_, reference)| **reference > -80.0)
        .map(|(ours, reference)| (f64::from(*ours) - reference).abs())
        .collect();
    assert!(differences.len() > reference.len() / 4, "the reference is nearly empty");
    differences.iter().sum::<f64>() / differences.len() as f64
}

#[test]
fn the_transform_agrees_with_librosa_on_a_signal() {
    // The formula of make_sound.py.
    let samples: Vec<f32> = (0..6 * 44_100)
        .map(|at| {
            let t = f64::from(at) / 44_100.0;
            let sweep = 0.2 * (TAU * (40.0 * t + (3800.0 - 40.0) / 12.0 * t * t)).sin();
            let decay = 0.1 * (-6.0 * (t % 0.5)).exp();
            let notes = [55.0, 130.8, 329.6, 987.8, 2093.0];
            let chord: f64 = notes.iter().map(|f| (TAU * f * t).sin()).sum();
            (sweep + decay * chord) as f32
        })
        .collect();
    let difference = difference("signal.cqt", &samples, 44_100);
    assert!(difference < 0.1, "{difference} dB");
}

#[test]
fn the_transform_agrees_with_librosa_on_a_song() {
    let mut wav = hound::WavReader::open(golden("fate.wav")).unwrap();
    let samples: Vec<f32> =
        wav.samples::<i16>().map(|sample| f32::from(sample.unwrap()) / 32768.0).collect();
    let difference = difference("fate.cqt", &samples, 22_050);
    assert!(difference < 0.1, "{difference} dB");
}

#[test]
fn songs_rise_and_fall_as_fluidsynth_plays_them() {
    let text = std::fs::read_to_string(golden("levels.json")).unwrap();
    let levels: std::collections::BTreeMap<String, Vec<f64>> = serde_json::from_str(&text).unwrap();
    for (name, reference) in levels {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/songs/{name}.mid"));
        let song = midi::read(&path).unwrap();
        let samples =
            render(&song, SoundFont::embedded(), SampleRate::ANALYSIS, &|| false).unwrap();
        let ours: Vec<f64> = samples
            .chunks_exact(22_050)
            .map(|half| {
                let power: f64 = half.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>();
                10.0 * (power / 22_050.0 / 0.95f64.powi(2) + 1e-7).log10()
            })
            .collect();
        let count = ours.len().min(reference.len());
        assert!(count > 100, "{name}");
        let difference: Vec<f64> =
            ours.iter().zip(&reference).map(|(ours, reference)| ours - reference).collect();
        let mean = difference.iter().sum::<f64>() / count as f64;
        let spread = difference.iter().map(|x| (x - mean).abs()).sum::<f64>() / count as f64;
        // Peaks differ with the phases of the voices, and so does the level relative to them; and
        // FluidSynth follows controllers (volume, pedal), which songs do not hold.
        assert!(mean.abs() < 3.0 && spread < 2.5, "{name}: {mean:.2} dB, spread {spread:.2} dB");
    }
}
