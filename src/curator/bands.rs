//! The energy of a clip in nine bands over time, and where it rises: onsets.

use std::ops::Range;
use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};

use crate::audio::DECODED_RATE;

/// Bands.
pub const BANDS: usize = 9;

/// Their edges in hertz: from the kick's fundamental to the air of cymbals, about an octave each.
const EDGES: [f32; BANDS + 1] =
    [30.0, 90.0, 180.0, 350.0, 700.0, 1400.0, 2800.0, 5600.0, 10_000.0, 16_000.0];

/// Samples of a frame and from frame to frame: 23 and 12 ms.
const WINDOW: usize = 1024;
pub const HOP: usize = 512;

/// Frames a second.
pub const FRAMES: f64 = DECODED_RATE as f64 / HOP as f64;

/// Power in each band, frame by frame.
pub type Energies = Vec<[f32; BANDS]>;

/// A stream of samples made [`Energies`].
pub struct Bands {
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    /// The bins of each band.
    bins: [Range<usize>; BANDS],
    waiting: Vec<f32>,
    frame: Vec<f32>,
    spectrum: Vec<Complex32>,
    scratch: Vec<Complex32>,
    energies: Energies,
}

impl Bands {
    pub fn new() -> Bands {
        let fft = RealFftPlanner::new().plan_fft_forward(WINDOW);
        let hann =
            |at: usize| 0.5 - 0.5 * (std::f32::consts::TAU * at as f32 / (WINDOW - 1) as f32).cos();
        let bin = |hertz: f32| (hertz * WINDOW as f32 / DECODED_RATE as f32).ceil() as usize;
        Bands {
            window: (0..WINDOW).map(hann).collect(),
            bins: std::array::from_fn(|band| bin(EDGES[band])..bin(EDGES[band + 1])),
            waiting: Vec::new(),
            frame: fft.make_input_vec(),
            spectrum: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            energies: Vec::new(),
            fft,
        }
    }

    /// Hears more samples.
    pub fn push(&mut self, samples: &[f32]) {
        self.waiting.extend_from_slice(samples);
        let mut used = 0;
        while used + WINDOW <= self.waiting.len() {
            let now = self.waiting[used..used + WINDOW].iter().zip(&self.window);
            self.frame.iter_mut().zip(now).for_each(|(frame, (sample, window))| {
                *frame = sample * window;
            });
            self.fft
                .process_with_scratch(&mut self.frame, &mut self.spectrum, &mut self.scratch)
                .expect("buffers as long as the transform asks for");
            self.energies.push(std::array::from_fn(|band| {
                self.spectrum[self.bins[band].clone()].iter().map(|bin| bin.norm_sqr()).sum()
            }));
            used += HOP;
        }
        self.waiting.drain(..used);
    }

    /// What was heard. Frame `i` is centred at sample `512 i + 512`.
    pub fn finish(self) -> Energies {
        self.energies
    }
}

/// The level of each band in decades of power, 0 for the loudest. What is 40 dB below it is silence: -4.
pub fn levels(energies: &[[f32; BANDS]]) -> Energies {
    let mut loudest: Vec<f32> =
        energies.iter().map(|frame| frame.iter().copied().fold(0.0, f32::max)).collect();
    let Some(last) = loudest.len().checked_sub(1) else { return Vec::new() };
    let nearly_last = (last as f32 * 0.99).round() as usize;
    let (_, &mut reference, _) = loudest.select_nth_unstable_by(nearly_last, f32::total_cmp);
    let level = |energy: f32| (energy / reference.max(1e-12) + 1e-4).log10();
    energies.iter().map(|frame| frame.map(level)).collect()
}

/// How much the level of each band rises from frame to frame, in decades of power, 0 where it falls.
pub fn flux(energies: &[[f32; BANDS]]) -> Energies {
    let mut frames = levels(energies);
    let Some(mut before) = frames.first().copied() else { return Vec::new() };
    for frame in &mut frames {
        let now = *frame;
        *frame = std::array::from_fn(|band| (now[band] - before[band]).max(0.0));
        before = now;
    }
    frames
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_in_its_band_and_rises_where_it_begins() {
        let mut bands = Bands::new();
        let tone = |at: usize| {
            let on = if at < 22_050 { 0.0 } else { 0.5 };
            on * (std::f32::consts::TAU * 500.0 * at as f32 / DECODED_RATE as f32).sin()
        };
        let samples: Vec<f32> = (0..44_100).map(tone).collect();
        // In blocks of odd sizes it is the same.
        samples.chunks(777).for_each(|block| bands.push(block));
        let energies = bands.finish();
        assert_eq!(energies.len(), (44_100 - WINDOW) / HOP + 1);
        let last = energies[energies.len() - 1];
        assert!((0..BANDS).all(|band| band == 3 || last[band] < last[3] * 0.01), "{last:?}");
        let rises = flux(&energies);
        let most = (0..rises.len()).max_by(|&a, &b| rises[a][3].total_cmp(&rises[b][3])).unwrap();
        let sample = most * HOP + HOP;
        assert!(sample.abs_diff(22_050) < WINDOW, "{sample}");
        assert!(flux(&[]).is_empty());
    }
}
