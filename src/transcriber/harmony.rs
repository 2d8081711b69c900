//! Where the harmony changes: bars of songs mostly begin there, when drums alone leave open which half of
//! a bar is the first.

use super::spectrogram::{SEMITONE_FRAMES_PER_SECOND, SEMITONES};

/// The share of a beat in which what went before still sounds.
const STALE: f64 = 0.2;
/// Changes are within so many standard deviations of their mean.
const MOST: f32 = 2.5;

/// How much the harmony changes at each beat, in standard deviations from the mean of all beats, within
/// 2.5 either side; 0 where that cannot be said, as at the first and last beat. `semitones` are frames
/// by [`SEMITONES`], row-major; `beats` are in seconds and rise.
pub fn changes(semitones: &[f32], beats: &[f64]) -> Vec<f32> {
    let spectra: Vec<[f32; SEMITONES]> =
        beats.windows(2).map(|beat| mean(semitones, beat[0], beat[1])).collect();
    let mut raw = vec![None; beats.len()];
    for (index, pair) in spectra.windows(2).enumerate() {
        raw[index + 1] = distance(&pair[0], &pair[1]);
    }
    let known: Vec<f32> = raw.iter().flatten().copied().collect();
    let mean = known.iter().sum::<f32>() / known.len().max(1) as f32;
    let square = |change: &f32| (change - mean).powi(2);
    let deviation = (known.iter().map(square).sum::<f32>() / known.len().max(1) as f32).sqrt();
    let standard = |change: f32| ((change - mean) / deviation.max(1e-6)).clamp(-MOST, MOST);
    raw.into_iter().map(|change| change.map_or(0.0, standard)).collect()
}

/// The mean spectrum of a beat, but for its beginning.
fn mean(semitones: &[f32], start: f64, end: f64) -> [f32; SEMITONES] {
    let first = ((start + STALE * (end - start)) * SEMITONE_FRAMES_PER_SECOND).ceil() as usize;
    let last = ((end * SEMITONE_FRAMES_PER_SECOND) as usize).max(first + 1);
    let frames = semitones.chunks_exact(SEMITONES).take(last).skip(first);
    let mut mean = [0.0; SEMITONES];
    let mut count = 0.0_f32;
    for frame in frames {
        mean.iter_mut().zip(frame).for_each(|(sum, value)| *sum += value);
        count += 1.0;
    }
    mean.map(|sum| sum / count.max(1.0))
}

/// One minus the cosine of the angle between two spectra; `None` if one is silent.
fn distance(a: &[f32; SEMITONES], b: &[f32; SEMITONES]) -> Option<f32> {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let norm = (dot(a, a) * dot(b, b)).sqrt();
    (norm > 1e-9).then(|| 1.0 - dot(a, b) / norm)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chord of three semitones that moves every fourth beat, from the third on; half-second beats.
    fn song() -> (Vec<f32>, Vec<f64>) {
        let beats: Vec<f64> = (0..24).map(|beat| f64::from(beat) * 0.5).collect();
        let frame = |index: usize| {
            let chord = (index / 10 + 2) / 4 % 3;
            let mut row = vec![0.1; SEMITONES];
            [0, 4, 7].into_iter().for_each(|tone| row[5 * chord + tone] = 2.0);
            row
        };
        ((0..240).flat_map(frame).collect(), beats)
    }

    #[test]
    fn changes_are_where_the_chord_does() {
        let (semitones, beats) = song();
        let found = changes(&semitones, &beats);
        for (beat, change) in found.iter().enumerate().take(23).skip(1) {
            assert_eq!(*change > 1.0, beat % 4 == 2, "beat {beat}: {change}");
        }
        assert_eq!((found[0], found[23]), (0.0, 0.0));
    }

    #[test]
    fn nothing_is_said_of_silence() {
        let beats: Vec<f64> = (0..8).map(f64::from).collect();
        assert!(changes(&vec![0.0; 400 * SEMITONES], &beats).iter().all(|change| *change == 0.0));
        assert!(changes(&[], &beats).iter().all(|change| *change == 0.0));
        assert!(changes(&[], &[]).is_empty());
    }
}
