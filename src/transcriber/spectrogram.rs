//! Sound to spectrograms, block by block: log-mel for the network, semitones for the harmony.

use std::collections::VecDeque;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use crate::audio::DECODED_RATE;

/// Samples of the log-mel spectrogram's window, and from frame to frame.
const WINDOW: usize = 2048;
const HOP: usize = 441;
/// Frames of the spectrogram, and of all that the network says, to a second.
pub const FRAMES_PER_SECOND: f64 = DECODED_RATE as f64 / HOP as f64;
/// Bands, between these frequencies in hertz.
pub const BANDS: usize = 96;
const LOWEST: f64 = 27.5;
const HIGHEST: f64 = 16_000.0;
/// A full-scale sine comes out as `ln(1 + COMPRESSION)`.
const COMPRESSION: f32 = 1000.0;

/// The same of the semitones'.
const LONG_WINDOW: usize = 8192;
const LONG_HOP: usize = 2205;
/// Its frames to a second.
pub const SEMITONE_FRAMES_PER_SECOND: f64 = DECODED_RATE as f64 / LONG_HOP as f64;
/// Semitones from the first one, D3, to F#6: above the kick and below most of the cymbals. MIDI keys.
const FIRST_SEMITONE: u8 = 50;
pub const SEMITONES: usize = 41;
const SEMITONE_COMPRESSION: f32 = 300.0;

/// Compressed magnitudes in bands, frame by frame; frame `i` is centred on sample `hop i`, and beyond
/// the recording's ends is silence.
pub struct Spectrogram {
    hop: usize,
    compression: f32,
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    /// For each band the first bin and the weights from there on.
    filters: Vec<(usize, Vec<f32>)>,
    waiting: VecDeque<f32>,
    frame: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    /// Row-major, frame by band, not yet compressed.
    magnitudes: Vec<f32>,
    peak: f32,
    samples: u64,
}

impl Spectrogram {
    /// 96 bands on the mel scale, 100 frames a second: the same numbers as `Spectrogram` in
    /// `models/training/transcriber.py`.
    pub fn mel() -> Spectrogram {
        Spectrogram::new(WINDOW, HOP, COMPRESSION, mel_filters())
    }

    /// The means of [`SEMITONES`] semitones, 20 frames a second.
    pub fn semitones() -> Spectrogram {
        Spectrogram::new(LONG_WINDOW, LONG_HOP, SEMITONE_COMPRESSION, semitone_filters())
    }

    fn new(
        window: usize,
        hop: usize,
        compression: f32,
        filters: Vec<(usize, Vec<f32>)>,
    ) -> Spectrogram {
        let fft = RealFftPlanner::new().plan_fft_forward(window);
        let turn = std::f64::consts::TAU / window as f64;
        Spectrogram {
            // The first frame's centre is the first sample.
            waiting: std::iter::repeat_n(0.0, window / 2).collect(),
            frame: vec![0.0; window],
            spectrum: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            window: (0..window).map(|i| (0.5 - 0.5 * (turn * i as f64).cos()) as f32).collect(),
            hop,
            compression,
            filters,
            magnitudes: Vec::new(),
            peak: 0.0,
            samples: 0,
            fft,
        }
    }

    /// Takes the recording's next samples, mono at [`DECODED_RATE`].
    pub fn push(&mut self, samples: &[f32]) {
        self.samples += samples.len() as u64;
        self.peak = samples.iter().fold(self.peak, |peak, sample| peak.max(sample.abs()));
        self.waiting.extend(samples);
        self.transform();
    }

    /// How long the recording is so far, in seconds.
    pub fn seconds(&self) -> f64 {
        self.samples as f64 / f64::from(DECODED_RATE)
    }

    /// The largest sample so far, without its sign.
    pub fn peak(&self) -> f32 {
        self.peak
    }

    /// The whole recording: frames by bands, row-major, as if its loudest sample were `level`. Empty if
    /// nothing came or all was silent.
    pub fn finish(mut self, level: f32) -> Vec<f32> {
        if self.samples == 0 || self.peak == 0.0 {
            return Vec::new();
        }
        let wanted = (self.samples / self.hop as u64) as usize + 1;
        self.waiting.extend(std::iter::repeat_n(0.0, self.window.len()));
        self.transform();
        self.magnitudes.truncate(wanted * self.filters.len());
        let scale = self.compression * level / self.peak;
        self.magnitudes.iter_mut().for_each(|magnitude| *magnitude = (*magnitude * scale).ln_1p());
        self.magnitudes
    }

    fn transform(&mut self) {
        let unit = 2.0 / self.window.iter().sum::<f32>();
        while self.waiting.len() >= self.window.len() {
            for ((into, sample), weight) in
                self.frame.iter_mut().zip(&self.waiting).zip(&self.window)
            {
                *into = sample * weight;
            }
            self.fft
                .process_with_scratch(&mut self.frame, &mut self.spectrum, &mut self.scratch)
                .expect("buffers of the plan's own sizes");
            let bins = &self.spectrum;
            self.magnitudes.extend(self.filters.iter().map(|(first, weights)| {
                let inside = bins[*first..].iter().zip(weights);
                unit * inside.map(|(bin, weight)| bin.norm() * weight).sum::<f32>()
            }));
            self.waiting.drain(..self.hop);
        }
    }
}

/// Triangles on the mel scale (O'Shaughnessy's formula). One that falls between two bins has the
/// nearest one, so that each sums to 1 at least.
fn mel_filters() -> Vec<(usize, Vec<f32>)> {
    let mel = |hertz: f64| 2595.0 * (1.0 + hertz / 700.0).log10();
    let hertz = |mel: f64| 700.0 * (10f64.powf(mel / 2595.0) - 1.0);
    let (low, high) = (mel(LOWEST), mel(HIGHEST));
    let edge = |i: usize| hertz(low + (high - low) * i as f64 / (BANDS + 1) as f64);
    let bin = f64::from(DECODED_RATE) / WINDOW as f64;
    (0..BANDS)
        .map(|band| {
            let (left, centre, right) = (edge(band), edge(band + 1), edge(band + 2));
            let weight = |index: usize| {
                let at = index as f64 * bin;
                ((at - left) / (centre - left)).min((right - at) / (right - centre)).max(0.0)
            };
            let nearest = (centre / bin).round() as usize;
            let first = ((left / bin).floor() as usize).min(nearest);
            let last = ((right / bin).ceil() as usize).max(nearest);
            let mut weights: Vec<f64> = (first..=last).map(weight).collect();
            let sum: f64 = weights.iter().sum();
            if sum < 1.0 {
                weights[nearest - first] += 1.0 - sum;
            }
            (first, weights.into_iter().map(|weight| weight as f32).collect())
        })
        .collect()
}

/// The mean of the bins that are nearest to each semitone.
fn semitone_filters() -> Vec<(usize, Vec<f32>)> {
    let bin = f64::from(DECODED_RATE) / LONG_WINDOW as f64;
    let edge = |key: f64| (440.0 * 2f64.powf((key - 69.5) / 12.0) / bin).ceil() as usize;
    (0..SEMITONES)
        .map(|semitone| {
            let key = f64::from(FIRST_SEMITONE) + semitone as f64;
            let (first, end) = (edge(key), edge(key + 1.0));
            let count = (end - first).max(1);
            (first, vec![1.0 / count as f32; count])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(samples: &[f32], block: usize) -> Vec<f32> {
        let mut spectrogram = Spectrogram::mel();
        samples.chunks(block).for_each(|block| spectrogram.push(block));
        spectrogram.finish(1.0)
    }

    fn sine(hertz: f64, seconds: f64) -> Vec<f32> {
        let step = std::f64::consts::TAU * hertz / f64::from(DECODED_RATE);
        let count = (seconds * f64::from(DECODED_RATE)) as usize;
        (0..count).map(|i| (step * i as f64).sin() as f32).collect()
    }

    #[test]
    fn a_sine_is_loudest_in_its_band() {
        for (band, hertz) in [(15, 520.0), (53, 3480.0)] {
            let rows = of(&sine(hertz, 1.0), 4096);
            let row = &rows[50 * BANDS..51 * BANDS];
            let loudest = (0..BANDS).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap();
            assert!(loudest.abs_diff(band) <= 1, "{hertz} Hz in band {loudest}");
        }
    }

    #[test]
    fn semitones_are_told_apart() {
        for key in [50u8, 51, 69, 90] {
            let hertz = 440.0 * 2f64.powf((f64::from(key) - 69.0) / 12.0);
            let mut spectrogram = Spectrogram::semitones();
            sine(hertz, 1.0).chunks(1000).for_each(|block| spectrogram.push(block));
            let rows = spectrogram.finish(1.0);
            assert_eq!(rows.len(), 21 * SEMITONES);
            let row = &rows[10 * SEMITONES..11 * SEMITONES];
            let loudest = (0..SEMITONES).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap();
            assert_eq!(loudest, usize::from(key - FIRST_SEMITONE));
        }
    }

    #[test]
    fn blocks_of_any_size_give_the_same() {
        let samples = sine(300.0, 0.3);
        let whole = of(&samples, samples.len());
        assert_eq!(whole.len(), (samples.len() / HOP + 1) * BANDS);
        assert_eq!(of(&samples, 100), whole);
        assert_eq!(of(&samples, 5000), whole);
    }

    #[test]
    fn a_click_is_where_it_is() {
        let mut samples = vec![0.0; 44_100];
        samples[HOP * 37] = 1.0;
        let rows = of(&samples, 1000);
        let sums: Vec<f32> = rows.chunks(BANDS).map(|row| row.iter().sum()).collect();
        let loudest = (0..sums.len()).max_by(|&a, &b| sums[a].total_cmp(&sums[b])).unwrap();
        assert_eq!(loudest, 37);
    }

    #[test]
    fn silence_has_none() {
        assert!(of(&[0.0; 5000], 100).is_empty());
        assert!(of(&[], 100).is_empty());
    }
}
