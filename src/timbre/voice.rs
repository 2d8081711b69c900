//! One struck note: its partials, its noise, its damper.

use super::noise_bands::NoiseBands;
use super::oscillators::{BLOCK, Oscillators, SILENT, Sine};
use super::piano::{BANDS, KeySound, Partial, beyond_layers, layer_weights};

/// A note that sounds.
#[derive(Clone, Debug)]
pub struct Voice {
    partials: Oscillators,
    gain: f32,
    /// Share of the attack that is still to come.
    rise: f32,
    rise_per_block: f32,
    /// What a block under the damper takes, in dB.
    damping: f32,
    /// The damper lies on the string and is not lifted any more.
    damped: bool,
    noise: [f32; BANDS],
    noise_decay: f32,
    noise_at: usize,
    /// Left and right.
    sides: [f32; 2],
    /// The key struck.
    pub key: u8,
    /// It has not been let go.
    pub key_down: bool,
    /// The sostenuto pedal holds its damper.
    pub caught: bool,
    /// The part whose pedals hold for it.
    pub part: usize,
}

fn amplitude(db: f32) -> f32 {
    (db * (std::f32::consts::LN_10 / 20.0)).exp()
}

/// What a decay in dB a second takes in a block, in dB.
fn block_loss(rate: f32, db_per_second: f32) -> f32 {
    db_per_second.max(0.0) * BLOCK as f32 / rate
}

/// What a decay in dB a second leaves after a block.
fn per_block(rate: f32, db_per_second: f32) -> f32 {
    amplitude(-block_loss(rate, db_per_second))
}

/// A phase for a partial, the same at every stroke.
fn phase_of(key: u8, n: usize) -> f32 {
    let mixed = (u32::from(key) * 977 + n as u32 * 7919).wrapping_mul(2_654_435_761);
    (mixed >> 8) as f32 / (1 << 24) as f32 * std::f32::consts::TAU
}

impl Voice {
    /// A key struck. `rate` is in hertz; `noise_at` chooses the noise.
    pub fn new(sound: &KeySound, key: u8, velocity: u8, rate: f32, noise_at: usize) -> Voice {
        let highest = 0.45 * rate;
        let sine = |(n, partial): (usize, &Partial)| {
            let (frequency, level) = (sound.frequency(key, n), amplitude(partial.level(velocity)));
            let slow = amplitude(partial.aftersound.min(0.0)).min(1.0);
            (frequency < highest && level > SILENT).then(|| Sine {
                step: f64::from(frequency) / f64::from(rate) * std::f64::consts::TAU,
                phase: phase_of(key, n),
                parts: [level * (1.0 - slow), level * slow],
                decay: [per_block(rate, partial.fast), per_block(rate, partial.slow)],
            })
        };
        let sines: Vec<Sine> = (1..).zip(&sound.partials).filter_map(sine).collect();
        let [low, _, high] = layer_weights(velocity);
        let hardness = sound.noise.hardness;
        let louder = hardness * (high - low) + beyond_layers(velocity, 2.0 * hardness);
        let noise = sound.noise.levels.map(|level| amplitude(level + louder));
        let angle = (sound.pan.clamp(-1.0, 1.0) + 1.0) * std::f32::consts::FRAC_PI_4;
        Voice {
            partials: Oscillators::new(&sines),
            gain: 1.0,
            rise: 1.0,
            rise_per_block: (-(BLOCK as f32) / (sound.attack.max(1e-4) * rate)).exp(),
            damping: block_loss(rate, sound.release),
            damped: false,
            noise,
            noise_decay: per_block(rate, sound.noise.decay),
            noise_at,
            // As loud in the sum of both as without a place between them.
            sides: [angle.cos() * std::f32::consts::SQRT_2, angle.sin() * std::f32::consts::SQRT_2],
            key,
            key_down: true,
            caught: false,
            part: 0,
        }
    }

    /// Whether its damper is lifted whatever the sustain pedal does.
    pub fn is_held(&self) -> bool {
        (self.key_down || self.caught) && !self.damped
    }

    /// The damper falls for good.
    pub fn damp(&mut self) {
        self.damped = true;
    }

    /// The string is struck anew: what it sounded ends soon.
    pub fn cut(&mut self, rate: f32) {
        self.damped = true;
        self.damping = self.damping.max(block_loss(rate, 600.0));
    }

    /// Whether nothing is left to hear.
    pub fn is_silent(&self) -> bool {
        self.partials.is_silent() && self.noise.iter().all(|level| *level < SILENT)
    }

    /// Adds the next block to both sides. `damping` is the share of the dampers' effect that the sustain
    /// pedal leaves, 0 to 1.
    pub fn add(&mut self, sides: [&mut [f32; BLOCK]; 2], bands: &NoiseBands, damping: f32) {
        let mut sum = [0.0; BLOCK];
        let rise = self.rise * self.rise_per_block;
        let damping = match self.damped {
            true => 1.0,
            false if self.is_held() => 0.0,
            false => damping,
        };
        let gain = self.gain * amplitude(-self.damping * damping);
        let gains = [self.gain * (1.0 - self.rise), gain * (1.0 - rise)];
        // While the attack rises nothing is silent yet.
        self.partials.add(gains, gain, &mut sum);
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
