//! The constant-Q transform.
//!
//! Bin `k` has the frequency `f_k = 32.703 Hz * 2^(k / 12)` and sees the signal through a Hann
//! window of `N_k = Q f_s / f_k` samples, `Q = 1 / alpha` with
//! `alpha = (2^(1/6) - 1) / (2^(1/6) + 1)`, about 17.3 periods: as long as it takes to tell one
//! semitone from the next. With `w` the window divided by its sum, the value of frame `t` is
//!
//! ```text
//! C[k, t] = sqrt(N_k) * | sum over n of x[t h + n] w[n] exp(-2 pi i f_k n / f_s) |
//! ```
//!
//! The top octave is computed at 22.05 kHz and each lower octave on the signal at half the rate,
//! where the same twelve filters fit again. A filter is applied in the frequency domain, where it
//! has about ten coefficients that matter: frames of 256 samples are transformed and the products
//! with the coefficients summed, for sixteen frames side by side. Whatever vectors the processor
//! has, the arithmetic and so the bits are the same.
//!
//! Sources: Brown, Puckette, "An efficient algorithm for the calculation of a constant Q
//! transform", JASA 92(5), 1992; Schoerkhuber, Klapuri, SMC 2010. Window, normalisation and the
//! neglect of the smallest coefficients (1 % of each filter's sum) are those of librosa 0.11's
//! `cqt`, which the golden test holds this to.

use super::AnalysisError;
use super::decimate::halve;
use super::parallel::for_parts;
use crate::score::{SampleRate, Seconds};
use multiversion::multiversion;
use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};
use std::borrow::Cow;
use std::f64::consts::TAU;
use std::ops::Range;
use std::sync::Arc;

/// A constant-Q spectrogram in dB.
#[derive(Clone, Debug, PartialEq)]
pub struct Cqt {
    frames: usize,
    /// Frame-major, [`Cqt::BINS`] a frame, -80 to 0.
    values: Vec<f32>,
}

const OCTAVE: usize = 12;
const OCTAVES: usize = 7;

/// The rate at which the top octave is computed.
const TOP_RATE: f64 = 22_050.0;

/// Samples from one frame to the next at [`TOP_RATE`].
pub(super) const TOP_HOP: usize = 128;

/// Peaks of a signal whose powers can be told in single precision. Any other signal is brought to 1.
const SOUND: Range<f32> = 1e-9..1e9;

/// Samples in a frame, in every octave: the power of two above the longest filter's 183.
const FFT: usize = 256;

impl Cqt {
    /// Semitones from C1 to B7.
    pub const BINS: usize = OCTAVE * OCTAVES;
    /// The frequency of bin 0 (C1) in Hz.
    pub const LOWEST: f64 = 32.703_195_662_574_83;
    /// The value of everything that lies 80 dB or more below the song's loudest bin.
    pub const FLOOR: f32 = -80.0;
    /// Frames a second: a hop of 256 samples at 44.1 kHz, 5.8 ms.
    pub const FRAME_RATE: f64 = TOP_RATE / TOP_HOP as f64;

    /// Analyses mono samples. Frame `t` is centred on `t / FRAME_RATE` seconds; the frames cover
    /// the signal from its first sample to its last. Decibels are relative to the loudest bin of
    /// all frames; silence lies at the floor throughout. No samples make no frames.
    ///
    /// # Errors
    /// [`AnalysisError::SampleRate`] unless the rate is 44.1 or 22.05 kHz,
    /// [`AnalysisError::NotFinite`] if a sample is infinite or no number.
    pub fn new(samples: &[f32], rate: SampleRate) -> Result<Cqt, AnalysisError> {
        // No early end, so that the compiler may look at several samples at once.
        if !samples.iter().fold(true, |finite, x| finite & x.is_finite()) {
            return Err(AnalysisError::NotFinite);
        }
        let peak = samples.iter().fold(0f32, |peak, x| peak.max(x.abs()));
        if peak > 0.0 && !SOUND.contains(&peak) {
            let samples: Vec<f32> = samples.iter().map(|x| x / peak).collect();
            return Cqt::new(&samples, rate);
        }
        let (frames, mut values) = powers(samples, rate)?;
        to_decibels(&mut values);
        Ok(Cqt { frames, values })
    }

    /// Of frames in dB.
    pub(super) fn of(frames: usize, values: Vec<f32>) -> Cqt {
        Cqt { frames, values }
    }

    /// Number of frames.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// The [`Cqt::BINS`] values of a frame in dB, low to high.
    ///
    /// # Panics
    /// If the frame is out of range.
    pub fn frame(&self, frame: usize) -> &[f32] {
        &self.values[frame * Cqt::BINS..][..Cqt::BINS]
    }

    /// All values, frame-major, [`Cqt::BINS`] a frame, in dB from -80 to 0.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The moment on which a frame is centred.
    pub fn time(&self, frame: usize) -> Seconds {
        Seconds(frame as f64 / Cqt::FRAME_RATE)
    }
}

/// The number of frames of samples at 44.1 or 22.05 kHz, and the power of every bin in them.
pub(super) fn powers(
    samples: &[f32],
    rate: SampleRate,
) -> Result<(usize, Vec<f32>), AnalysisError> {
    match rate.0 {
        44_100 => Ok(top_powers(Cow::Owned(halve(samples)))),
        22_050 => Ok(top_powers(Cow::Borrowed(samples))),
        other => Err(AnalysisError::SampleRate(other)),
    }
}

/// The same at [`TOP_RATE`].
fn top_powers(mut octave: Cow<[f32]>) -> (usize, Vec<f32>) {
    if octave.is_empty() {
        return (0, Vec::new());
    }
    let frames = 1 + octave.len() / TOP_HOP;
    let mut values = vec![0.0; frames * Cqt::BINS];
    let filters = Filters::new();
    for down in 0..OCTAVES {
        filters.power(&octave, TOP_HOP >> down, OCTAVES - 1 - down, &mut values);
        if down + 1 < OCTAVES {
            octave = Cow::Owned(halve(&octave));
        }
    }
    (frames, values)
}

/// Powers to decibels relative to the greatest, cut off at the floor.
pub(super) fn to_decibels(powers: &mut [f32]) {
    let loudest = powers.iter().copied().fold(0.0, f32::max);
    // Silence, or powers too small for their ratio to be told.
    if loudest < f32::MIN_POSITIVE {
        powers.fill(Cqt::FLOOR);
        return;
    }
    let least = 10f32.powf(Cqt::FLOOR / 10.0);
    let scale = 1.0 / loudest;
    for_parts(powers, 1, |_, part| decibels(part, scale, least));
}

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn decibels(powers: &mut [f32], scale: f32, least: f32) {
    for power in powers {
        // Ten times the decadic logarithm.
        *power = (std::f32::consts::LOG10_2 * 10.0) * log2((*power * scale).max(least));
    }
}

/// The binary logarithm of a normal positive number, right to 3e-6: the exponent, and for the
/// mantissa `m` the series of `ln m = 2 artanh((m - 1) / (m + 1))`. Unlike the standard library's
/// the compiler can compute several at once.
#[inline(always)]
fn log2(x: f32) -> f32 {
    // Splits so that the mantissa lies around 1, from 1/sqrt(2) to sqrt(2).
    const ROOT_HALF: u32 = 0x3f35_04f3;
    let shifted = x.to_bits().wrapping_sub(ROOT_HALF);
    let exponent = (shifted as i32 >> 23) as f32;
    let mantissa = f32::from_bits((shifted & 0x007f_ffff).wrapping_add(ROOT_HALF));
    let z = (mantissa - 1.0) / (mantissa + 1.0);
    let square = z * z;
    let series = 1.0 + square * (1.0 / 3.0 + square * (1.0 / 5.0 + square * (1.0 / 7.0)));
    exponent + std::f32::consts::LOG2_E * 2.0 * z * series
}

/// Frames that are computed side by side: two vectors of a processor with AVX2.
const LANES: usize = 16;

/// One FFT bin of [`LANES`] frames: real and imaginary parts.
type Lanes = [[f32; LANES]; 2];

/// A filter in the frequency domain.
struct Filter {
    /// The first FFT bin at which it differs from 0.
    first: usize,
    coefficients: Vec<Complex<f32>>,
}

/// The twelve filters of an octave.
struct Filters {
    transform: Arc<dyn Fft<f32>>,
    filters: Vec<Filter>,
    /// From the first to the last FFT bin that any of them looks at.
    seen: Range<usize>,
}

impl Filters {
    fn new() -> Filters {
        let spread = 2f64.powf(1.0 / 6.0);
        let q = (spread + 1.0) / (spread - 1.0);
        let transform = FftPlanner::<f64>::new().plan_fft_forward(FFT);
        let mut filters = Vec::with_capacity(OCTAVE);
        for bin in 0..OCTAVE {
            let octaves = (Cqt::BINS - OCTAVE + bin) as f64 / OCTAVE as f64;
            let frequency = Cqt::LOWEST * octaves.exp2() / TOP_RATE;
            let length = q / frequency;
            let (from, to) = ((-length / 2.0).floor() as i64, (length / 2.0).floor() as i64);
            let size = (to - from) as usize;
            let window = |at: usize| 0.5 - 0.5 * (TAU * at as f64 / size as f64).cos();
            let sum: f64 = (0..size).map(window).sum();
            let mut wave = vec![Complex::new(0.0, 0.0); FFT];
            for at in 0..size {
                let angle = TAU * frequency * (from + at as i64) as f64;
                let gain = window(at) / sum * length / FFT as f64;
                wave[(FFT - size) / 2 + at] = Complex::from_polar(gain, angle);
            }
            transform.process(&mut wave);
            // Loudness: the square root of the length, as in the equation above.
            let scale = 1.0 / length.sqrt();
            filters.push(Filter::new(&wave[..=FFT / 2], scale));
        }
        let first = filters.iter().map(|filter| filter.first).min().unwrap_or(0);
        let last = filters.iter().map(|filter| filter.first + filter.coefficients.len()).max();
        let seen = first..last.unwrap_or(0);
        Filters { transform: FftPlanner::new().plan_fft_forward(FFT), filters, seen }
    }

    /// Writes the power of an octave (0 is the lowest) into its bins of all frames.
    fn power(&self, signal: &[f32], hop: usize, octave: usize, values: &mut [f32]) {
        // Blocks of frames are never cut, so that no frame's partner in the transform depends on
        // the number of threads.
        for_parts(values, LANES * Cqt::BINS, |first, part| {
            fill(self, signal, hop, octave, first, part);
        });
    }
}

/// Writes the power of an octave into `part`, which begins with block `first` of [`LANES`] frames.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn fill(
    filters: &Filters,
    signal: &[f32],
    hop: usize,
    octave: usize,
    first: usize,
    part: &mut [f32],
) {
    let mut pair = vec![Complex::ZERO; FFT];
    let mut scratch = pair[..filters.transform.get_inplace_scratch_len()].to_vec();
    let mut spectra: Vec<Lanes> = vec![[[0.0; LANES]; 2]; filters.seen.len()];
    // Each halving of the rate doubles the power of a filter's answer to the same wave: its window
    // is twice as long in seconds.
    let scale = 0.25 * ((OCTAVES - 1 - octave) as f32).exp2();
    for (index, block) in part.chunks_mut(LANES * Cqt::BINS).enumerate() {
        let frame = (first + index) * LANES;
        // Two real frames go through one complex transform, z = x + i y. With Z the transform and
        // Z' its mirror image conj(Z[-f]): 2 X = Z + Z', 2 i Y = Z - Z'.
        for lane in (0..LANES).step_by(2) {
            cut(signal, (frame + lane) * hop, hop, &mut pair);
            filters.transform.process_with_scratch(&mut pair, &mut scratch);
            // Bin 0 mirrors itself; no filter reaches down to it.
            for (bin, [re, im]) in filters.seen.clone().zip(&mut spectra) {
                let (z, mirrored) = (pair[bin], pair[FFT - bin].conj());
                let (x, y) = (z + mirrored, z - mirrored);
                (re[lane], im[lane]) = (x.re, x.im);
                (re[lane + 1], im[lane + 1]) = (y.re, y.im);
            }
        }
        for (number, filter) in filters.filters.iter().enumerate() {
            let power = filter.power(&spectra[filter.first - filters.seen.start..]);
            for (frame, power) in block.chunks_mut(Cqt::BINS).zip(power) {
                frame[octave * OCTAVE + number] = scale * power;
            }
        }
    }
}

impl Filter {
    /// From its transform, without the coefficients that matter least.
    fn new(transform: &[Complex<f64>], scale: f64) -> Filter {
        let threshold = threshold(transform);
        let kept = |bin: &usize| transform[*bin].norm() >= threshold;
        let first = (0..transform.len()).find(kept).unwrap_or(0);
        let last = (0..transform.len()).rev().find(kept).unwrap_or(0);
        let coefficients = (first..=last)
            .map(|bin| {
                let value = if kept(&bin) { transform[bin] * scale } else { Complex::ZERO };
                Complex::new(value.re as f32, value.im as f32)
            })
            .collect();
        Filter { first, coefficients }
    }

    /// The powers of its answers to [`LANES`] spectra, from its first bin on.
    #[inline(always)]
    fn power(&self, spectra: &[Lanes]) -> [f32; LANES] {
        let [mut re, mut im] = [[0f32; LANES]; 2];
        for (k, [x_re, x_im]) in self.coefficients.iter().zip(spectra) {
            for lane in 0..LANES {
                re[lane] += k.re * x_re[lane] - k.im * x_im[lane];
                im[lane] += k.re * x_im[lane] + k.im * x_re[lane];
            }
        }
        std::array::from_fn(|lane| re[lane] * re[lane] + im[lane] * im[lane])
    }
}

/// The least magnitude that is kept: the smaller ones add up to less than 1 % of the sum.
fn threshold(row: &[Complex<f64>]) -> f64 {
    let mut sizes: Vec<f64> = row.iter().map(|value| value.norm()).collect();
    sizes.sort_by(f64::total_cmp);
    let limit = 0.01 * sizes.iter().sum::<f64>();
    let mut sum = 0.0;
    let kept = sizes.iter().find(|size| {
        sum += **size;
        sum >= limit
    });
    kept.copied().unwrap_or(0.0)
}

/// The frame centred on a sample as real parts, the one a hop later as imaginary parts; 0 beyond
/// the ends of the signal.
#[inline(always)]
fn cut(signal: &[f32], centre: usize, hop: usize, frames: &mut [Complex<f32>]) {
    let half = FFT / 2;
    if let Some(start) = centre.checked_sub(half)
        && let Some(both) = signal.get(start..start + hop + FFT)
    {
        for ((target, first), second) in frames.iter_mut().zip(both).zip(&both[hop..]) {
            *target = Complex::new(*first, *second);
        }
        return;
    }
    let sample = |at: usize| {
        let value = at.checked_sub(half).and_then(|at| signal.get(at));
        value.copied().unwrap_or(0.0)
    };
    for (at, target) in frames.iter_mut().enumerate() {
        *target = Complex::new(sample(centre + at), sample(centre + hop + at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tone(frequency: f64, rate: u32, seconds: f64) -> Vec<f32> {
        (0..(seconds * f64::from(rate)) as u32)
            .map(|at| (TAU * frequency * f64::from(at) / f64::from(rate)).sin() as f32)
            .collect()
    }

    #[test]
    fn each_semitone_peaks_in_its_bin_at_either_rate() {
        for rate in [44_100, 22_050] {
            for bin in [0, 11, 12, 40, 71, 72, 83] {
                let frequency = Cqt::LOWEST * (bin as f64 / 12.0).exp2();
                let cqt = Cqt::new(&tone(frequency, rate, 2.0), SampleRate(rate)).unwrap();
                assert_eq!(cqt.frames(), 345);
                let frame = cqt.frame(cqt.frames() / 2);
                let loudest = (0..84).max_by(|a, b| frame[*a].total_cmp(&frame[*b])).unwrap();
                assert_eq!(loudest, bin, "{rate} Hz");
            }
        }
    }

    #[test]
    fn the_quick_logarithm_is_right() {
        for at in 0..100_000 {
            let x = 1e-8 * 1.0002f32.powi(at);
            assert!((log2(x) - x.log2()).abs() < 1e-5, "{x}");
        }
    }

    #[test]
    fn silence_lies_at_the_floor_and_no_samples_make_no_frames() {
        let silent = Cqt::new(&[0.0; 1000], SampleRate(44_100)).unwrap();
        assert!(silent.frames() == 4 && silent.values().iter().all(|x| *x == Cqt::FLOOR));
        assert_eq!(Cqt::new(&[], SampleRate(44_100)).unwrap().frames(), 0);
    }

    #[test]
    fn what_cannot_be_analysed_is_refused() {
        let refused = |samples: &[f32], rate| Cqt::new(samples, SampleRate(rate)).unwrap_err();
        assert_eq!(refused(&[0.0], 48_000), AnalysisError::SampleRate(48_000));
        assert_eq!(refused(&[0.0, f32::NAN], 44_100), AnalysisError::NotFinite);
        assert_eq!(refused(&[f32::INFINITY], 22_050), AnalysisError::NotFinite);
    }

    proptest! {
        #[test]
        fn any_short_audio_has_finite_frames(
            samples in prop::collection::vec(-1f32..1.0, 0..700),
            loudness in -30i32..30,
        ) {
            let samples: Vec<f32> =
                samples.iter().map(|x| x * 10f32.powi(loudness)).collect();
            let cqt = Cqt::new(&samples, SampleRate(44_100)).unwrap();
            prop_assert!(cqt.values().iter().all(|x| (Cqt::FLOOR..=0.0).contains(x)));
        }
    }
}
