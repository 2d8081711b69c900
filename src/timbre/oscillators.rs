//! Many sines with decaying amplitudes: a struck string's partials.
//!
//! Sixteen neighbouring samples of a sine are calculated abreast: the first sixteen of a block by a
//! rotation, the others by the recurrence `y[t] = 2 cos(16 w) y[t - 16] - y[t - 32]`. So the sum stays in
//! registers, and no step waits for the one before, as it would with one sample after another. The phases
//! are carried from block to block as rotations: no recurrence runs long enough to drift.

use multiversion::multiversion;

/// Samples of a block: 1.45 ms.
pub const BLOCK: usize = 64;

/// Samples that are calculated abreast, and partials that are looked after together.
const LANES: usize = 16;

/// Steps of a block.
const STEPS: usize = BLOCK / LANES;

/// What is softer than this amplitude is not played: -110 dB.
pub const SILENT: f32 = 3e-6;

type Lanes = [f32; LANES];

/// What a partial is like when it is struck.
#[derive(Clone, Copy, Debug)]
pub struct Sine {
    /// Of the phase from sample to sample, in radians.
    pub step: f64,
    /// At the first sample, in radians.
    pub phase: f32,
    /// Amplitudes of both decays.
    pub parts: [f32; 2],
    /// What is left of them after a block.
    pub decay: [f32; 2],
}

/// Sixteen partials, of which the first `count` sound; values by partial.
#[derive(Clone, Debug)]
struct Bank {
    count: usize,
    /// sin and cos of the phase at the block's first sample.
    phase: [Lanes; 2],
    /// sin and cos of what the phase turns in [`LANES`] samples.
    step: [Lanes; 2],
    /// The same for a block.
    turn: [Lanes; 2],
    /// Amplitudes of both decays at the block's start.
    parts: [Lanes; 2],
    /// What is left of them after a block.
    decay: [Lanes; 2],
    /// For each partial sin and cos of what its phase turns in 0 to 15 samples.
    waves: [[Lanes; 2]; LANES],
}

impl Bank {
    fn new(sines: &[Sine]) -> Bank {
        let none = [[0.0; LANES]; 2];
        let mut bank = Bank {
            count: sines.len().min(LANES),
            phase: none,
            step: none,
            turn: none,
            parts: none,
            decay: none,
            waves: [none; LANES],
        };
        for (lane, sine) in sines.iter().enumerate().take(LANES) {
            // Of ever so many samples, by rotation.
            let (by_s, by_c) = sine.step.sin_cos();
            let mut turned = [[0.0f32, 1.0]; BLOCK + 1];
            let (mut s, mut c) = (0.0, 1.0);
            for turned in &mut turned {
                *turned = [s as f32, c as f32];
                (s, c) = (s * by_c + c * by_s, c * by_c - s * by_s);
            }
            let (step, turn) = (turned[LANES], turned[BLOCK]);
            let phase = [sine.phase.sin(), sine.phase.cos()];
            for part in 0..2 {
                bank.phase[part][lane] = phase[part];
                bank.step[part][lane] = step[part];
                bank.turn[part][lane] = turn[part];
                bank.parts[part][lane] = sine.parts[part];
                bank.decay[part][lane] = sine.decay[part];
                for (value, turned) in bank.waves[lane][part].iter_mut().zip(turned) {
                    *value = turned[part];
                }
            }
        }
        bank
    }

    /// Lets those go that are not heard any more at this gain.
    fn drop_silent(&mut self, gain: f32) {
        for lane in (0..self.count).rev() {
            if (self.parts[0][lane] + self.parts[1][lane]) * gain > SILENT {
                continue;
            }
            self.count -= 1;
            let last = self.count;
            for of in
                [&mut self.phase, &mut self.step, &mut self.turn, &mut self.parts, &mut self.decay]
            {
                of.iter_mut().for_each(|lanes| lanes.swap(lane, last));
            }
            self.waves.swap(lane, last);
        }
    }
}

/// Sines that sound together.
#[derive(Clone, Debug)]
pub struct Oscillators {
    banks: Vec<Bank>,
}

impl Oscillators {
    /// All begin at once.
    pub fn new(sines: &[Sine]) -> Oscillators {
        Oscillators { banks: sines.chunks(LANES).map(Bank::new).collect() }
    }

    /// Whether none sounds.
    pub fn is_silent(&self) -> bool {
        self.banks.is_empty()
    }

    /// Adds the next block to `sum`. `gains` are those of all at its start and end, between which they run
    /// straight; `most` is what the gain may still come to.
    pub fn add(&mut self, gains: [f32; 2], most: f32, sum: &mut [f32; BLOCK]) {
        add_banks(&mut self.banks, gains, sum);
        self.banks.iter_mut().for_each(|bank| bank.drop_silent(most));
        self.banks.retain(|bank| bank.count > 0);
    }
}

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn add_banks(banks: &mut [Bank], gains: [f32; 2], sum: &mut [f32; BLOCK]) {
    let mut out = [[0f32; LANES]; STEPS];
    for bank in banks.iter_mut() {
        let (mut start, mut slope) = ([0f32; LANES], [0f32; LANES]);
        let (phase, mut back) = (bank.phase, [[0f32; LANES]; 2]);
        for lane in 0..LANES {
            start[lane] = (bank.parts[0][lane] + bank.parts[1][lane]) * gains[0];
            bank.parts[0][lane] *= bank.decay[0][lane];
            bank.parts[1][lane] *= bank.decay[1][lane];
            let end = (bank.parts[0][lane] + bank.parts[1][lane]) * gains[1];
            slope[lane] = (end - start[lane]) / BLOCK as f32;
        }
        for lane in 0..LANES {
            let (s, c) = (phase[0][lane], phase[1][lane]);
            // Sixteen samples before the block.
            let (step_s, step_c) = (bank.step[0][lane], bank.step[1][lane]);
            back[0][lane] = s * step_c - c * step_s;
            back[1][lane] = c * step_c + s * step_s;
            let (turn_s, turn_c) = (bank.turn[0][lane], bank.turn[1][lane]);
            let (s, c) = (s * turn_c + c * turn_s, c * turn_c - s * turn_s);
            // Rounding would let the amplitude drift within minutes.
            let correction = 1.5 - 0.5 * (s * s + c * c);
            bank.phase[0][lane] = s * correction;
            bank.phase[1][lane] = c * correction;
        }
        for lane in 0..bank.count {
            let [sines, cosines] = &bank.waves[lane];
            let (s, c) = (phase[0][lane], phase[1][lane]);
            let (back_s, back_c) = (back[0][lane], back[1][lane]);
            let coefficient = 2.0 * bank.step[1][lane];
            let (mut last, mut before, mut gain) = ([0f32; LANES], [0f32; LANES], [0f32; LANES]);
            for at in 0..LANES {
                last[at] = s * cosines[at] + c * sines[at];
                before[at] = back_s * cosines[at] + back_c * sines[at];
                gain[at] = start[lane] + slope[lane] * at as f32;
            }
            let step = slope[lane] * LANES as f32;
            for out in &mut out {
                for at in 0..LANES {
                    out[at] += gain[at] * last[at];
                    gain[at] += step;
                    let next = coefficient * last[at] - before[at];
                    before[at] = last[at];
                    last[at] = next;
                }
            }
        }
    }
    for (sum, out) in sum.iter_mut().zip(out.iter().flatten()) {
        *sum += out;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sines_stay_in_phase_and_decay() {
        for step in [0.003, std::f64::consts::PI / 16.0, 0.5, 2.0, 2.8] {
            let sine = Sine { step, phase: 1.0, parts: [0.6, 0.2], decay: [0.999, 0.9999] };
            let mut played = Oscillators::new(&[sine; 17]);
            let mut at = 0;
            for block in 0..2000 {
                let mut sum = [0.0; BLOCK];
                played.add([0.5, 0.5], 0.5, &mut sum);
                let level =
                    |blocks: i32| 0.6 * 0.999f64.powi(blocks) + 0.2 * 0.9999f64.powi(blocks);
                for (sample, heard) in sum.iter().enumerate() {
                    let share = sample as f64 / BLOCK as f64;
                    let level = level(block) * (1.0 - share) + level(block + 1) * share;
                    let real = 17.0 * 0.5 * level * (1.0 + step * at as f64).sin();
                    assert!(
                        (f64::from(*heard) - real).abs() < 3e-3,
                        "{step} at {at}: {heard}, {real}"
                    );
                    at += 1;
                }
            }
        }
    }

    #[test]
    fn what_is_not_heard_any_more_ends() {
        let loud = Sine { step: 0.1, phase: 0.0, parts: [0.1, 0.0], decay: [0.999, 1.0] };
        let short = Sine { step: 0.2, decay: [0.5, 1.0], ..loud };
        let mut played = Oscillators::new(&[short, loud, short]);
        for _ in 0..20 {
            played.add([1.0, 1.0], 1.0, &mut [0.0; BLOCK]);
        }
        assert_eq!(played.banks[0].count, 1);
        let mut heard = [0.0; BLOCK];
        played.add([1.0, 1.0], 1.0, &mut heard);
        let phase = 0.1 * (20 * BLOCK) as f32;
        assert!((heard[3] - 0.1 * 0.98 * (phase + 0.3).sin()).abs() < 1e-3);
        (0..12_000).for_each(|_| played.add([1.0, 1.0], 1.0, &mut [0.0; BLOCK]));
        assert!(played.is_silent());
    }
}
