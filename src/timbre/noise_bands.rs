//! Noise in bands, made once and read by all voices.

use multiversion::multiversion;
use realfft::RealFftPlanner;

use super::oscillators::{BLOCK, SILENT};
use super::piano::{BAND_EDGES, BANDS};

/// Samples of a band's noise, which is repeated: some 1.5 s.
const LENGTH: usize = 1 << 16;

/// Periodic Gaussian noise of root mean square 1 in each of the bands.
#[derive(Debug)]
pub struct NoiseBands {
    bands: Vec<Vec<f32>>,
}

impl NoiseBands {
    /// `rate` is in hertz. The same at every call.
    pub fn new(rate: f32) -> NoiseBands {
        let inverse = RealFftPlanner::<f32>::new().plan_fft_inverse(LENGTH);
        let mut state = 0x9E37_79B9_7F4A_7C15u64;
        let mut random = move || {
            // Xorshift (Marsaglia 2003).
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1 << 24) as f32
        };
        let bands = BAND_EDGES.windows(2).map(|edges| {
            let mut spectrum = inverse.make_input_vec();
            let mut out = inverse.make_output_vec();
            let bin = |frequency: f32| (frequency / rate * LENGTH as f32) as usize;
            let last = spectrum.len() - 1;
            for value in &mut spectrum[bin(edges[0]).min(last)..bin(edges[1]).min(last)] {
                let phase = random() * std::f32::consts::TAU;
                // The magnitudes of Gaussian noise.
                let magnitude = (-(random().max(1e-7)).ln()).sqrt();
                value.re = magnitude * phase.cos();
                value.im = magnitude * phase.sin();
            }
            inverse.process(&mut spectrum, &mut out).expect("vectors of the planned lengths");
            let power = out.iter().map(|sample| sample * sample).sum::<f32>() / LENGTH as f32;
            let scale = if power > 0.0 { power.sqrt().recip() } else { 0.0 };
            out.iter_mut().for_each(|sample| *sample *= scale);
            out
        });
        NoiseBands { bands: bands.collect() }
    }

    /// Adds a block of all bands at `levels`, which fall by `decay` within it, from the noise's sample
    /// `at` on.
    pub fn add(
        &self,
        levels: &[f32; BANDS],
        at: usize,
        gains: [f32; 2],
        decay: f32,
        sum: &mut [f32; BLOCK],
    ) {
        let start = at % (LENGTH - BLOCK);
        let audible = levels.iter().zip(&self.bands).filter(|(level, _)| **level > SILENT);
        let mut noise = [0.0; BLOCK];
        for (level, band) in audible {
            // A slice of this length lies in each: `start` is at most `LENGTH - BLOCK`.
            if let Some(samples) = band[start..].first_chunk() {
                add_scaled(*level, samples, &mut noise);
            }
        }
        let (gain, end) = (gains[0], decay * gains[1]);
        let slope = (end - gain) / BLOCK as f32;
        for (at, (out, sample)) in sum.iter_mut().zip(noise).enumerate() {
            *out += (gain + slope * at as f32) * sample;
        }
    }
}

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn add_scaled(gain: f32, samples: &[f32; BLOCK], sum: &mut [f32; BLOCK]) {
    for at in 0..BLOCK {
        sum[at] += gain * samples[at];
    }
}
