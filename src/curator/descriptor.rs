//! What a clip is like: its rhythm and its sound as one vector, whose Euclidean distances say how alike
//! two clips are.

use super::autocorrelation::Autocorrelation;
use super::bands::{BANDS, Energies};

/// Frames of the lags of the autocorrelation: 93 ms to 2 s, four of them a number: finer ones
/// tell clips apart by chance.
const LAGS: std::ops::Range<usize> = 8..172;
const LAGS_A_NUMBER: usize = 4;
const LAG_NUMBERS: usize = (LAGS.end - LAGS.start) / LAGS_A_NUMBER;

const RHYTHM: usize = BANDS * LAG_NUMBERS;
const PAIRS: usize = BANDS * (BANDS - 1) / 2;

/// Weights of the spectrum's shape and of what is struck together beside the rhythm's, whose largest
/// squared distance is 4. Chosen on 200 clips of `benches/curate_clips.py --part tuning`.
const SPECTRUM_WEIGHT: f32 = 0.08;
const TOGETHER_WEIGHT: f32 = 0.3;

/// A clip's rhythm and sound, 414 numbers. They do not change with the clip's level and hardly with where it
/// begins.
///
/// Rhythm: the autocorrelation of the onsets (spectral flux) in nine bands, each as a share of its
/// energy, lags to two seconds, all of unit length. Sound: the logarithm of the bands' mean energies,
/// and the correlations of the bands' onsets, which tell what is struck together.
#[derive(Clone, Debug, PartialEq)]
pub struct Descriptor(Box<[f32]>);

impl Descriptor {
    /// Of the energies of a clip and its flux.
    pub fn of(energies: &[[f32; BANDS]], flux: &Energies) -> Descriptor {
        let mut numbers = rhythm(flux);
        numbers.extend(spectrum(energies).map(|value| value * SPECTRUM_WEIGHT.sqrt()));
        let together = together(flux);
        numbers.extend(together.into_iter().map(|value| value * TOGETHER_WEIGHT.sqrt()));
        Descriptor(numbers.into())
    }

    /// How far two clips are apart; 0 for two of the same.
    pub fn distance(&self, other: &Descriptor) -> f32 {
        squared(&self.0, &other.0).sqrt()
    }

    /// How alike two clips are: 1 for two of the same, towards 0 the more they differ.
    pub fn similarity(&self, other: &Descriptor) -> f32 {
        similarity(self.distance(other))
    }

    /// How alike the rhythms are: the cosine of their autocorrelations.
    pub fn rhythm_similarity(&self, other: &Descriptor) -> f32 {
        1.0 - squared(&self.0[..RHYTHM], &other.0[..RHYTHM]) / 2.0
    }

    /// How far the sounds are apart: the root mean square of the bands' differences in decibels, of
    /// spectra alike in level.
    pub fn spectral_difference(&self, other: &Descriptor) -> f32 {
        let bands = RHYTHM..RHYTHM + BANDS;
        let mean = squared(&self.0[bands.clone()], &other.0[bands]) / BANDS as f32;
        10.0 * (mean / SPECTRUM_WEIGHT).sqrt()
    }
}

/// How alike two clips at this distance are.
pub fn similarity(distance: f32) -> f32 {
    1.0 / (1.0 + distance * distance)
}

/// The squared Euclidean distance, in eight sums that the processor works out side by side.
fn squared(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; 8];
    let (a, b) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| (a - b) * (a - b)).sum();
    for (a, b) in a.zip(b) {
        for lane in 0..8 {
            let difference = a[lane] - b[lane];
            sums[lane] += difference * difference;
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// One band of the flux without its mean.
fn centred(flux: &Energies, band: usize) -> impl Iterator<Item = f32> + '_ {
    let mean = flux.iter().map(|frame| frame[band]).sum::<f32>() / flux.len().max(1) as f32;
    flux.iter().map(move |frame| frame[band] - mean)
}

/// The autocorrelation of every band's flux.
fn rhythm(flux: &Energies) -> Vec<f32> {
    let mut correlation = Autocorrelation::new(flux.len(), LAGS.end);
    let mut numbers = Vec::with_capacity(RHYTHM + BANDS + PAIRS);
    for band in 0..BANDS {
        let signal = correlation.of(centred(flux, band));
        let whole = signal[0];
        let share = |lag: f32| if whole > 1e-6 { lag / whole } else { 0.0 };
        let lags = signal[LAGS].chunks_exact(LAGS_A_NUMBER);
        numbers.extend(lags.map(|lags| share(lags.iter().sum::<f32>() / lags.len() as f32)));
    }
    let length = numbers.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        numbers.iter_mut().for_each(|value| *value /= length);
    }
    numbers
}

/// The shape of the mean spectrum: decades of power against the mean of all bands.
fn spectrum(energies: &[[f32; BANDS]]) -> impl Iterator<Item = f32> {
    let mut sums = [0f64; BANDS];
    for frame in energies {
        sums.iter_mut().zip(frame).for_each(|(sum, energy)| *sum += f64::from(*energy));
    }
    let all = sums.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    let levels = sums.map(|sum| (sum / all + 1e-6).log10() as f32);
    let mean = levels.iter().sum::<f32>() / BANDS as f32;
    levels.into_iter().map(move |level| level - mean)
}

/// The correlation of every two bands' flux; 0 for a band without onsets.
fn together(flux: &Energies) -> Vec<f32> {
    let bands: Vec<Vec<f32>> = (0..BANDS).map(|band| centred(flux, band).collect()).collect();
    let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let lengths: Vec<f32> = bands.iter().map(|band| product(band, band).sqrt()).collect();
    let pairs = (0..BANDS).flat_map(|first| (first + 1..BANDS).map(move |second| (first, second)));
    pairs
        .map(|(first, second)| {
            let both = lengths[first] * lengths[second];
            if both > 1e-6 { product(&bands[first], &bands[second]) / both } else { 0.0 }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::bands::flux;
    use super::*;

    /// Strokes every `period` frames in one band and twice as often in another.
    fn beat(period: usize, level: f32, shift: usize) -> Descriptor {
        let frame = |at: usize| -> [f32; BANDS] {
            let since = |period: usize| (0.8f32).powi(((at + shift) % period) as i32);
            std::array::from_fn(|band| match band {
                1 => level * since(period),
                7 => level * 0.3 * since(period / 2),
                _ => level * 1e-4,
            })
        };
        let energies: Energies = (0..800).map(frame).collect();
        Descriptor::of(&energies, &flux(&energies))
    }

    #[test]
    fn level_and_place_do_not_matter_and_tempo_does() {
        let one = beat(44, 1.0, 0);
        assert_eq!(one.0.len(), RHYTHM + BANDS + PAIRS);
        assert!(one.distance(&beat(44, 0.01, 0)) < 0.02);
        assert!(one.distance(&beat(44, 1.0, 13)) < 0.15);
        assert!(one.distance(&beat(60, 1.0, 0)) > 0.5);
        assert!(one.rhythm_similarity(&beat(44, 1.0, 13)) > 0.98);
        assert!(one.spectral_difference(&beat(44, 0.1, 0)) < 0.5);
        assert_eq!(one.similarity(&one), 1.0);
    }

    #[test]
    fn nothing_and_very_little_are_described_too() {
        for frames in [0, 1, 5] {
            let energies: Energies = vec![[0.0; BANDS]; frames];
            let none = Descriptor::of(&energies, &flux(&energies));
            assert!(none.distance(&beat(44, 1.0, 0)).is_finite());
        }
    }
}
