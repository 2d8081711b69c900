//! The table that a piano's sound is kept in.

use serde::{Deserialize, Serialize};

/// Keys of a piano.
pub const KEYS: usize = 88;

/// MIDI key of the lowest one, A0.
pub const LOWEST: u8 = 21;

/// Partials of a note, at most.
pub const PARTIALS: usize = 60;

/// MIDI velocities that the table has levels for; between them levels are interpolated in dB, beyond them
/// [`beyond_layers`] goes on.
pub const LAYERS: [f32; 3] = [40.0, 80.0, 120.0];

/// Bands of the attack's noise.
pub const BANDS: usize = 12;

/// Their edges, in hertz.
pub const BAND_EDGES: [f32; BANDS + 1] = [
    40.0, 90.0, 180.0, 300.0, 500.0, 800.0, 1300.0, 2000.0, 3000.0, 4500.0, 7000.0, 11_000.0,
    16_000.0,
];

/// No partial above this frequency, in hertz.
pub const HIGHEST_PARTIAL: f32 = 16_000.0;

/// One partial of one key: a sum of two exponential decays.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Partial {
    /// Amplitude at the attack in dB of full scale, for each of [`LAYERS`].
    pub levels: [f32; 3],
    /// How fast the first, louder part decays, in dB a second.
    pub fast: f32,
    /// How fast the second part decays, in dB a second.
    pub slow: f32,
    /// The second part's share of the amplitude at the attack, in dB (below 0).
    pub aftersound: f32,
}

/// Noise of hammer and key, which fades behind the attack.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Noise {
    /// Root mean square at the attack in dB of full scale at the middle one of [`LAYERS`], by band.
    pub levels: [f32; BANDS],
    /// How much louder it is at the next layer, in dB.
    pub hardness: f32,
    /// How fast it fades, in dB a second.
    pub decay: f32,
}

/// The sound of one key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeySound {
    /// Distance of the first partial from equal temperament at 440 Hz, in cents.
    pub cents: f32,
    /// The coefficient B of a stiff string: partial n lies at `n f sqrt(1 + B n²)`.
    pub inharmonicity: f32,
    /// Time constant of the attack, in seconds.
    pub attack: f32,
    /// How fast the sound decays under the damper, in dB a second, beside its own decay.
    pub release: f32,
    /// Place between the loudspeakers, from -1 (left) to 1.
    pub pan: f32,
    /// From the first on, at most [`PARTIALS`].
    pub partials: Vec<Partial>,
    /// Of the attack.
    pub noise: Noise,
    /// Whether this key was heard in the recording.
    pub heard: bool,
}

/// A piano: what each of its 88 keys sounds like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Piano {
    /// From A0 to C8.
    pub keys: Vec<KeySound>,
}

/// Frequency of a key in equal temperament, in hertz.
pub fn equal_temperament(key: u8) -> f32 {
    440.0 * ((f32::from(key) - 69.0) / 12.0).exp2()
}

impl KeySound {
    /// Frequency of partial `n`, from 1, of the key with this MIDI number, in hertz.
    pub fn frequency(&self, key: u8, n: usize) -> f32 {
        partial_frequency(equal_temperament(key), self.cents, self.inharmonicity, n)
    }
}

/// Frequency of partial `n`, from 1 (Fletcher, "Normal vibration frequencies of a stiff piano string",
/// JASA 1964). The first partial lies `cents` from `base`.
pub fn partial_frequency(base: f32, cents: f32, inharmonicity: f32, n: usize) -> f32 {
    let n = n as f32;
    let stretch = ((1.0 + inharmonicity * n * n) / (1.0 + inharmonicity)).sqrt();
    base * (cents / 1200.0).exp2() * n * stretch
}

/// How much each layer counts at a velocity; the sum is 1. Beyond the outer ones only the nearest does.
pub fn layer_weights(velocity: u8) -> [f32; 3] {
    let [low, middle, high] = LAYERS;
    let velocity = f32::from(velocity).clamp(low, high);
    if velocity < middle {
        let share = (velocity - low) / (middle - low);
        [1.0 - share, share, 0.0]
    } else {
        let share = (velocity - middle) / (high - middle);
        [0.0, 1.0 - share, share]
    }
}

/// The decibels that a velocity ten times as high is louder by beyond the layers, as General MIDI 2
/// recommends, and what is added to velocities before, so that the softest are heard. Of four sampled pianos
/// a velocity of 20 is 9 to 13 dB softer than one of 40, of 10 18 to 26 dB.
const BY_TEN: f32 = 40.0;
const SOFTEST: f32 = 3.0;
/// What these say that the layers are apart, in dB, and how much flatter or steeper than that a piano is
/// beyond them, as it is between them.
const LAYERS_APART: f32 = 18.26;
const FLATTEST: f32 = 0.5;
const STEEPEST: f32 = 1.25;

/// How much louder a velocity beyond the layers is than the nearest of them, in dB; 0 between them. The outer
/// layers are `apart` dB from each other. Lines through the layers would not do: velocity 1 would be no
/// softer than a sampled piano's 26.
pub fn beyond_layers(velocity: u8, apart: f32) -> f32 {
    let velocity = f32::from(velocity);
    let nearest = velocity.clamp(LAYERS[0], LAYERS[2]);
    steepness(apart) * BY_TEN * ((velocity + SOFTEST) / (nearest + SOFTEST)).log10()
}

fn steepness(apart: f32) -> f32 {
    (apart / LAYERS_APART).clamp(FLATTEST, STEEPEST)
}

impl Partial {
    /// Amplitude at the attack in dB of full scale.
    pub fn level(&self, velocity: u8) -> f32 {
        let weights = layer_weights(velocity);
        let level: f32 =
            self.levels.iter().zip(weights).map(|(level, weight)| level * weight).sum();
        level + beyond_layers(velocity, self.apart())
    }

    /// How far the outer layers are apart, in dB.
    fn apart(&self) -> f32 {
        self.levels[2] - self.levels[0]
    }

    /// How many decibels a velocity more is louder around this one.
    pub fn slope(&self, velocity: u8) -> f32 {
        let [low, _, high] = LAYERS;
        let velocity = f32::from(velocity);
        if (low..=high).contains(&velocity) {
            self.apart() / (high - low)
        } else {
            steepness(self.apart()) * BY_TEN / std::f32::consts::LN_10 / (velocity + SOFTEST)
        }
    }
}

impl Piano {
    /// The sound of a MIDI key; keys beyond either end sound as the last one there.
    pub fn key(&self, key: u8) -> &KeySound {
        let last = self.keys.len().saturating_sub(1);
        &self.keys[usize::from(key.saturating_sub(LOWEST)).min(last)]
    }

    /// A piano by rule of thumb: what measuring begins with where nothing better is known.
    pub fn schematic() -> Piano {
        Piano { keys: (0..KEYS).map(schematic_key).collect() }
    }

    /// Keys that were heard.
    pub fn measured_keys(&self) -> usize {
        self.keys.iter().filter(|key| key.heard).count()
    }
}

/// What the loudest layer is above the middle one, in dB; the softest is 1.4 times as far below it. So it is
/// near the curve that General MIDI 2 recommends, 40 log10 of the velocity. How much brighter hard strokes are
/// differs so much from piano to piano (and sampled ones are often not at all) that none is expected.
const LOUDER: f32 = 7.0;

/// How much louder each semitone below and above middle C is than the partials' rule says, in dB: of sampled
/// pianos the bass is some 10 dB softer at C2, the treble 6 dB louder at C6. Where velocities are not known
/// either, softly played and soft keys are told apart by this alone.
const BASS: f32 = 0.4;
const TREBLE: f32 = 0.25;

fn schematic_key(index: usize) -> KeySound {
    let key = LOWEST + index as u8;
    let base = equal_temperament(key);
    let height = (f32::from(key) - 60.0) / 12.0;
    // Between the bass bridge and the treble, after Conklin's and Young's tables.
    let inharmonicity = 3.5e-4 * (height * 0.95).exp().max(0.25);
    let fundamental = 8.0 * (height * 0.55).exp();
    let semitones = f32::from(key) - 60.0;
    let balance = BASS * semitones.min(0.0) + TREBLE * semitones.max(0.0);
    let mut partials = Vec::new();
    for n in 1..=PARTIALS {
        let frequency = partial_frequency(base, 0.0, inharmonicity, n);
        if frequency > HIGHEST_PARTIAL {
            break;
        }
        // The soundboard radiates little below 100 Hz, and hammers are soft.
        let bass = -12.0 * (1.0 + (80.0 / frequency).powi(2)).log2();
        let tilt = -9.0 * (1.0 + frequency / 500.0).log2();
        let level = -24.0 + balance + bass + tilt;
        let fast = fundamental * (1.0 + frequency / 1200.0);
        partials.push(Partial {
            levels: [level - 1.4 * LOUDER, level, level + LOUDER],
            fast,
            slow: 0.4 * fast,
            aftersound: -12.0,
        });
    }
    let mut levels = [0.0; BANDS];
    for (level, edges) in levels.iter_mut().zip(BAND_EDGES.windows(2)) {
        let centre = (edges[0] * edges[1]).sqrt();
        *level = -55.0 - 6.0 * (1.0 + centre / 800.0).log2();
    }
    KeySound {
        cents: 0.0,
        inharmonicity,
        attack: 0.002,
        release: if key > 88 { 0.0 } else { 80.0 },
        pan: ((f32::from(key) - 64.0) / 88.0).clamp(-0.5, 0.5),
        partials,
        noise: Noise { levels, hardness: 8.0, decay: 150.0 },
        heard: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_layers_levels_follow_the_curve_of_sampled_pianos() {
        let partial =
            Partial { levels: [-40.0, -29.0, -22.0], fast: 9.0, slow: 9.0, aftersound: -9.0 };
        let louder = |velocity| partial.level(velocity) - partial.levels[0];
        assert_eq!([40, 60, 80, 100, 120].map(louder), [0.0, 5.5, 11.0, 14.5, 18.0]);
        for (velocity, softest, loudest) in
            [(30, -5.5, -4.0), (20, -13.0, -9.0), (10, -26.0, -18.0), (1, -60.0, -38.0)]
        {
            let level = louder(velocity);
            assert!((softest..loudest).contains(&level), "{velocity}: {level} dB");
        }
        assert!((0.5..1.5).contains(&(louder(127) - 18.0)));
        // A piano whose strokes hardly differ goes on so, but not quite.
        let flat = Partial { levels: [-30.0; 3], ..partial };
        assert!((flat.level(20) + 30.0 - louder(20) * 0.5).abs() < 0.2);
        for velocity in 1..127 {
            assert!(louder(velocity) < louder(velocity + 1));
        }
        for velocity in [10, 30, 124] {
            let real = 0.5 * (louder(velocity + 1) - louder(velocity - 1));
            assert!((partial.slope(velocity) / real - 1.0).abs() < 0.01);
        }
    }
}
