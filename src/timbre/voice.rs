//! One struck note as a bank of oscillators.
//!
//! A block of samples is one recurrence for each partial, `y[t] = 2 cos(w) y[t-1] - y[t-2]`, with a
//! gain that runs straight from block to block; sixteen partials go abreast. The phases are carried from
//! block to block as rotations, so that the recurrence never runs long enough to drift.

use multiversion::multiversion;

use super::noise_bands::{BLOCK, NoiseBands};
use super::piano::{BANDS, KeySound, layer_weights};

/// Partials that are calculated abreast.
const LANES: usize = 16;

/// What is softer than this amplitude is not played: -110 dB.
const SILENT: f32 = 3e-6;

type Lanes = [f32; LANES];

/// Sixteen partials.
#[derive(Clone, Copy, Debug)]
struct Bank {
    /// 2 cos(w).
    coefficient: Lanes,
    /// sin(w) and cos(w), to go one sample back.
    sine: Lanes,
    cosine: Lanes,
    /// sin and cos of the phase at the block's first sample.
    phase: [Lanes; 2],
    /// sin and cos of what the phase turns in a block.
    turn: [Lanes; 2],
    /// Amplitudes of both decays at the block's start.
    parts: [Lanes; 2],
    /// What is left of them after a block.
    decay: [Lanes; 2],
}

/// A note that sounds.
#[derive(Clone, Debug)]
pub struct Voice {
    banks: Vec<Bank>,
    gain: f32,
    /// Share of the attack that is still to come.
    rise: f32,
    rise_per_block: f32,
    /// What is left after a block under the damper.
    damping: f32,
    released: bool,
    noise: [f32; BANDS],
    noise_decay: f32,
    noise_at: usize,
    /// Left and right.
    sides: [f32; 2],
    /// The key struck.
    pub key: u8,
}

fn amplitude(db: f32) -> f32 {
    (db * (std::f32::consts::LN_10 / 20.0)).exp()
}

/// What a decay in dB a second leaves after a block.
fn per_block(rate: f32, db_per_second: f32) -> f32 {
    amplitude(-db_per_second.max(0.0) * BLOCK as f32 / rate)
}

/// A phase for a partial, the same at every stroke.
fn phase_of(key: u8, n: usize) -> f32 {
    let mixed = (u32::from(key) * 977 + n as u32 * 7919).wrapping_mul(2_654_435_761);
    (mixed >> 8) as f32 / (1 << 24) as f32 * std::f32::consts::TAU
}

impl Voice {
    /// A key struck. `rate` is in hertz; `noise_at` chooses the noise.
    pub fn new(sound: &KeySound, key: u8, velocity: u8, rate: f32, noise_at: usize) -> Voice {
        let mut banks = Vec::with_capacity(sound.partials.len().div_ceil(LANES));
        let highest = 0.45 * rate;
        let audible: Vec<(usize, f32, f32)> = (1..)
            .zip(&sound.partials)
            .map(|(n, partial)| (n, sound.frequency(key, n), amplitude(partial.level(velocity))))
            .filter(|(_, frequency, level)| *frequency < highest && *level > SILENT)
            .collect();
        for some in audible.chunks(LANES) {
            let mut bank = Bank {
                coefficient: [0.0; LANES],
                sine: [0.0; LANES],
                cosine: [1.0; LANES],
                phase: [[0.0; LANES], [1.0; LANES]],
                turn: [[0.0; LANES], [1.0; LANES]],
                parts: [[0.0; LANES]; 2],
                decay: [[0.0; LANES]; 2],
            };
            for (lane, &(n, frequency, level)) in some.iter().enumerate() {
                let partial = &sound.partials[n - 1];
                let step = f64::from(frequency) / f64::from(rate) * std::f64::consts::TAU;
                bank.coefficient[lane] = (2.0 * step.cos()) as f32;
                bank.sine[lane] = step.sin() as f32;
                bank.cosine[lane] = step.cos() as f32;
                let turn = (step * BLOCK as f64) % std::f64::consts::TAU;
                bank.turn[0][lane] = turn.sin() as f32;
                bank.turn[1][lane] = turn.cos() as f32;
                let phase = phase_of(key, n);
                bank.phase[0][lane] = phase.sin();
                bank.phase[1][lane] = phase.cos();
                let slow = amplitude(partial.aftersound.min(0.0)).min(1.0);
                bank.parts[0][lane] = level * (1.0 - slow);
                bank.parts[1][lane] = level * slow;
                bank.decay[0][lane] = per_block(rate, partial.fast);
                bank.decay[1][lane] = per_block(rate, partial.slow);
            }
            banks.push(bank);
        }
        let [low, _, high] = layer_weights(velocity);
        let hardness = sound.noise.hardness * (high - low);
        let noise = sound.noise.levels.map(|level| amplitude(level + hardness));
        let angle = (sound.pan.clamp(-1.0, 1.0) + 1.0) * std::f32::consts::FRAC_PI_4;
        Voice {
            banks,
            gain: 1.0,
            rise: 1.0,
            rise_per_block: (-(BLOCK as f32) / (sound.attack.max(1e-4) * rate)).exp(),
            damping: per_block(rate, sound.release),
            released: false,
            noise,
            noise_decay: per_block(rate, sound.noise.decay),
            noise_at,
            // As loud in the sum of both as without a place between them.
            sides: [angle.cos() * std::f32::consts::SQRT_2, angle.sin() * std::f32::consts::SQRT_2],
            key,
        }
    }

    /// The damper falls.
    pub fn release(&mut self) {
        self.released = true;
    }

    /// The string is struck anew: what it sounded ends soon.
    pub fn cut(&mut self, rate: f32) {
        self.released = true;
        self.damping = self.damping.min(per_block(rate, 600.0));
    }

    /// Whether nothing is left to hear.
    pub fn is_silent(&self) -> bool {
        self.banks.is_empty() && self.noise.iter().all(|level| *level < SILENT)
    }

    /// Adds the next block to both sides.
    pub fn add(&mut self, sides: [&mut [f32; BLOCK]; 2], bands: &NoiseBands) {
        let mut sum = [0.0; BLOCK];
        let rise = self.rise * self.rise_per_block;
        let gain = if self.released { self.gain * self.damping } else { self.gain };
        let gains = [self.gain * (1.0 - self.rise), gain * (1.0 - rise)];
        add_banks(&mut self.banks, gains, &mut sum);
        self.banks.retain(|bank| bank.parts.iter().flatten().any(|part| part * gain > SILENT));
        let loudest = self.noise.iter().fold(0.0f32, |most, level| most.max(*level));
        if loudest > SILENT {
            bands.add(&self.noise, self.noise_at, gains, self.noise_decay, &mut sum);
            self.noise.iter_mut().for_each(|level| *level *= self.noise_decay);
            self.noise_at += BLOCK;
        }
        (self.rise, self.gain) = (rise, gain);
        for (side, share) in sides.into_iter().zip(self.sides) {
            side.iter_mut().zip(&sum).for_each(|(out, sample)| *out += share * sample);
        }
    }
}

/// Adds a block of all banks to `sum` and brings them to the next. `gains` are those at the block's
/// start and end.
#[multiversion(targets("x86_64+avx2+fma"))]
fn add_banks(banks: &mut [Bank], gains: [f32; 2], sum: &mut [f32; BLOCK]) {
    let mut lanes = [[0f32; LANES]; BLOCK];
    for bank in banks.iter_mut() {
        let (mut last, mut before) = ([0f32; LANES], [0f32; LANES]);
        let (mut gain, mut slope) = ([0f32; LANES], [0f32; LANES]);
        let coefficient = bank.coefficient;
        for lane in 0..LANES {
            let start = (bank.parts[0][lane] + bank.parts[1][lane]) * gains[0];
            bank.parts[0][lane] *= bank.decay[0][lane];
            bank.parts[1][lane] *= bank.decay[1][lane];
            let end = (bank.parts[0][lane] + bank.parts[1][lane]) * gains[1];
            gain[lane] = start;
            slope[lane] = (end - start) / BLOCK as f32;
        }
        for lane in 0..LANES {
            // One and two samples before the block.
            let (s, c) = (bank.phase[0][lane], bank.phase[1][lane]);
            last[lane] = s * bank.cosine[lane] - c * bank.sine[lane];
            before[lane] = coefficient[lane] * last[lane] - s;
            let (turn_s, turn_c) = (bank.turn[0][lane], bank.turn[1][lane]);
            let (s, c) = (s * turn_c + c * turn_s, c * turn_c - s * turn_s);
            // Rounding would let the amplitude drift within minutes.
            let correction = 1.5 - 0.5 * (s * s + c * c);
            bank.phase[0][lane] = s * correction;
            bank.phase[1][lane] = c * correction;
        }
        for out in &mut lanes {
            let mut next = [0f32; LANES];
            for lane in 0..LANES {
                next[lane] = coefficient[lane] * last[lane] - before[lane];
            }
            for lane in 0..LANES {
                out[lane] += gain[lane] * next[lane];
            }
            for lane in 0..LANES {
                gain[lane] += slope[lane];
            }
            before = last;
            last = next;
        }
    }
    for (out, lanes) in sum.iter_mut().zip(&lanes) {
        *out += lanes.iter().sum::<f32>();
    }
}
