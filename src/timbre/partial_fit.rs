//! Levels and decays of a piano's partials, from a recording whose notes are known.
//!
//! Expectation and maximisation in the power domain: what a spectrum has at a partial's frequency is
//! shared out among all partials of all notes that sound there, as the model so far expects it of each,
//! and the difference in dB moves the model by a regularised Gauss-Newton step.

use super::model::{Observation, model};
use super::noise_fit;
use super::note::{PlayedNote, Velocities};
use super::piano::{KEYS, LOWEST, PARTIALS, Partial, Piano, layer_weights};
use super::ridge::{Ridge, hats};
use super::spectrogram::{Spectrogram, around_gain};

/// Leakage of all that sounds into each bin, in power.
const LEAKAGE: f32 = 1e-8;

/// Neighbouring frames say much the same: precision of one difference of which the standard deviation is
/// 6 dB.
const PRECISION: f64 = 0.2 / 36.0;

/// A partial of a note in a frame: what was heard beside what was expected.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Number of the note.
    pub note: usize,
    key: u8,
    velocity: u8,
    /// From 0.
    pub partial: u8,
    frequency: f32,
    /// In dB.
    pub difference: f32,
    pub precision: f32,
    by: [f32; 4],
}

/// What all that sounds leaves in each bin, frame by frame.
pub fn leakage(spectra: &Spectrogram) -> Vec<f32> {
    let power = |frame: usize| spectra.frame(frame).iter().sum::<f32>();
    (0..spectra.frames()).map(|frame| LEAKAGE * power(frame)).collect()
}

/// Differences between recording and model, and their root mean square in dB.
pub fn samples(
    observed: &Observation,
    piano: &Piano,
    modelled: &mut Spectrogram,
) -> (Vec<Sample>, f64) {
    modelled.clear();
    noise_fit::add_noise(observed, piano, modelled);
    let mut parts = Vec::new();
    model(observed, piano, modelled, &mut |note, index, frequency, frame, expected| {
        parts.push((note, index, frequency, frame, *expected));
    });
    let (spectra, bin) = (observed.spectra, observed.spectra.bin);
    let leakage = leakage(spectra);
    let (mut squares, mut weights) = (0.0, 0.0);
    let found = parts.into_iter().filter_map(|(note, index, frequency, frame, expected)| {
        let nearest = (frequency / bin).round() as usize;
        let floor = 3.0 * (observed.floor.get(nearest).copied().unwrap_or(0.0) + leakage[frame]);
        let own = expected.amplitude * expected.amplitude * around_gain(frequency, bin);
        let all = modelled.around(frame, frequency) + floor;
        let share = own / all.max(1e-20);
        if share < 0.15 {
            return None;
        }
        let seen = spectra.around(frame, frequency);
        let difference = (10.0 * ((seen + 1e-16) / (all + 1e-16)).log10()).clamp(-25.0, 25.0);
        let precision = PRECISION * f64::from(share * share);
        squares += precision * f64::from(difference * difference);
        weights += precision;
        let PlayedNote { key, velocity, .. } = observed.notes[note];
        Some(Sample {
            note,
            key,
            velocity,
            partial: index as u8,
            frequency,
            difference,
            precision: precision as f32,
            by: [expected.by_fast, expected.by_slow, expected.by_aftersound, expected.by_release],
        })
    });
    let found: Vec<Sample> = found.collect();
    (found, (squares / weights.max(1e-12)).sqrt())
}

/// Knots of the equaliser, in octaves above 30 Hz.
const OCTAVES: [f32; 19] =
    [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 6.5, 7.0, 7.5, 8.0, 8.5, 9.0];
const NUMBERS: [f32; 10] = [1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 20.0, 35.0, 60.0];
const KEY_KNOTS: [f32; 8] = [21.0, 36.0, 48.0, 60.0, 72.0, 84.0, 96.0, 108.0];

/// Coefficients of what all keys have in common.
const EQUALISER: usize = 0;
const NUMBER: usize = EQUALISER + OCTAVES.len();
const KEY: usize = NUMBER + NUMBERS.len();
const DECAY: usize = KEY + KEY_KNOTS.len();
const GLOBALS: usize = DECAY + 8;

fn octaves(frequency: f32) -> f32 {
    (frequency / 30.0).max(1e-3).log2()
}

fn level_features(key: u8, partial: usize, frequency: f32) -> [(usize, f64); 6] {
    let [a, b] = hats(&OCTAVES, octaves(frequency));
    let [c, d] = hats(&NUMBERS, partial as f32 + 1.0);
    let [e, f] = hats(&KEY_KNOTS, f32::from(key));
    let at = |first: usize, (index, value): (usize, f64)| (first + index, value);
    [at(EQUALISER, a), at(EQUALISER, b), at(NUMBER, c), at(NUMBER, d), at(KEY, e), at(KEY, f)]
}

/// One step of what all keys have in common: equaliser, brightness by partial and key, decays and damper.
/// How much louder and brighter harder strokes are is not learned here: velocities that lie close together
/// do not tell it, and others are played later. Returns the difference before the step, in dB.
pub fn fit_common(
    observed: &Observation,
    velocities: Velocities,
    piano: &mut Piano,
    modelled: &mut Spectrogram,
) -> f64 {
    let (samples, error) = samples(observed, piano, modelled);
    let mut precisions = vec![1.0 / 64.0; GLOBALS];
    precisions[NUMBER..KEY].fill(1.0 / 16.0);
    // How loud keys are beside each other holds for those above and below what is heard too.
    precisions[KEY..DECAY].fill(1.0 / 2.0);
    precisions[DECAY..].fill(1.0 / 0.25);
    if velocities == Velocities::Guessed {
        precisions[DECAY + 6..].fill(DAMPER_OF_GUESSED);
    }
    precisions[DECAY + 4] = 1.0 / 16.0;
    precisions[DECAY + 5] = 1.0 / 16.0;
    // Many samples are not as many observations: they share keys and notes.
    precisions.iter_mut().for_each(|precision| *precision *= 4.0);
    let mut ridge = Ridge::new(&precisions);
    for sample in &samples {
        let mut features =
            level_features(sample.key, sample.partial.into(), sample.frequency).to_vec();
        let height = (f64::from(sample.key) - 60.0) / 24.0;
        for (at, by) in sample.by.iter().enumerate() {
            features.push((DECAY + 2 * at, f64::from(*by)));
            features.push((DECAY + 2 * at + 1, f64::from(*by) * height));
        }
        let (difference, precision) = (sample.difference, sample.precision);
        ridge.observe(&features, f64::from(difference), f64::from(precision));
    }
    apply_common(piano, &ridge.solve());
    error
}

fn apply_common(piano: &mut Piano, by: &[f64]) {
    for (key, sound) in (LOWEST..).zip(&mut piano.keys) {
        let height = (f32::from(key) - 60.0) / 24.0;
        let grown = |at: usize| {
            (by[DECAY + 2 * at] as f32 + by[DECAY + 2 * at + 1] as f32 * height).clamp(-1.0, 1.0)
        };
        let base: Vec<f32> = (1..=sound.partials.len()).map(|n| sound.frequency(key, n)).collect();
        for (index, (partial, frequency)) in sound.partials.iter_mut().zip(base).enumerate() {
            let features = level_features(key, index, frequency);
            let level: f64 = features.iter().map(|(at, value)| by[*at] * value).sum();
            partial.levels.iter_mut().for_each(|layer| *layer += level as f32);
            partial.fast *= grown(0).exp();
            partial.slow *= grown(1).exp();
            partial.aftersound +=
                (by[DECAY + 4] as f32 + by[DECAY + 5] as f32 * height).clamp(-6.0, 6.0);
            bound(partial);
        }
        sound.release *= grown(3).exp();
        sound.release = sound.release.min(2000.0);
    }
}

/// Keeps a partial's decays in their order and range.
pub fn bound(partial: &mut Partial) {
    partial.fast = partial.fast.clamp(0.3, 2000.0);
    partial.slow = partial.slow.clamp(0.1, partial.fast);
    partial.aftersound = partial.aftersound.clamp(-60.0, -0.5);
}

/// Coefficients of one partial of one key: level, levels of the three layers, logarithms of both decays,
/// aftersound.
const LOCALS: usize = 7;

/// The precision of the logarithm of the dampers' decay where velocities and ends are guessed.
const DAMPER_OF_GUESSED: f64 = 400.0;

/// The spread of the layers of velocity where velocities are guessed.
const LAYERS_OF_GUESSED: f64 = 0.3;

/// How far partials usually lie from what is expected of them: 12 dB as a whole, and so on.
const SPREADS: [f64; LOCALS] = [12.0, 2.5, 1.5, 2.5, 0.6, 0.6, 6.0];

type Local = [f32; LOCALS];

/// What the keys of a recording have of their own, beside a piano that was expected.
pub struct OwnSound {
    expected: Piano,
    /// By key and partial.
    offsets: Vec<[Local; PARTIALS]>,
    /// Where the prior's mean lies.
    means: Vec<[Local; PARTIALS]>,
    /// How much is known of the level, by key and partial: its precision.
    known: Vec<[f32; PARTIALS]>,
}

impl OwnSound {
    /// Nothing is known yet.
    pub fn new(expected: Piano) -> OwnSound {
        OwnSound {
            expected,
            offsets: vec![[[0.0; LOCALS]; PARTIALS]; KEYS],
            means: vec![[[0.0; LOCALS]; PARTIALS]; KEYS],
            known: vec![[0.0; PARTIALS]; KEYS],
        }
    }

    /// The expected piano with what was found of its keys.
    pub fn piano(&self) -> Piano {
        let mut piano = self.expected.clone();
        for (sound, offsets) in piano.keys.iter_mut().zip(&self.offsets) {
            for (partial, offset) in sound.partials.iter_mut().zip(offsets) {
                for (layer, own) in partial.levels.iter_mut().zip(&offset[1..4]) {
                    *layer += offset[0] + own;
                }
                partial.fast *= offset[4].exp();
                partial.slow *= offset[5].exp();
                partial.aftersound += offset[6];
                bound(partial);
            }
        }
        piano
    }

    /// Sets the time constant of all attacks.
    pub fn set_attack(&mut self, seconds: f32) {
        self.expected.keys.iter_mut().for_each(|key| key.attack = seconds);
    }

    /// Takes over the noise of another table.
    pub fn set_noise(&mut self, from: &Piano) {
        for (own, other) in self.expected.keys.iter_mut().zip(&from.keys) {
            own.noise = other.noise;
        }
    }

    /// One step for each partial of each key that is heard. Returns the difference before it, in dB.
    pub fn fit(
        &mut self,
        observed: &Observation,
        velocities: Velocities,
        modelled: &mut Spectrogram,
    ) -> f64 {
        let piano = self.piano();
        let (samples, error) = samples(observed, &piano, modelled);
        let mut spreads = SPREADS;
        if velocities == Velocities::Guessed {
            spreads[1..4].fill(LAYERS_OF_GUESSED);
        }
        let precisions = spreads.map(|spread| 1.0 / (spread * spread));
        let mut ridges: Vec<Option<Ridge>> = vec![None; KEYS * PARTIALS];
        self.known.iter_mut().for_each(|known| known.fill(0.0));
        for sample in &samples {
            let key = usize::from(sample.key.saturating_sub(LOWEST)).min(KEYS - 1);
            let partial = usize::from(sample.partial);
            let ridge = ridges[key * PARTIALS + partial].get_or_insert_with(|| {
                let mut ridge = Ridge::new(&precisions);
                // A step goes from the present offset; the prior's mean lies where it lies.
                for at in 0..LOCALS {
                    let mean = self.means[key][partial][at] - self.offsets[key][partial][at];
                    ridge.with_mean(at, mean.into());
                }
                ridge
            });
            let [low, middle, high] = layer_weights(sample.velocity).map(f64::from);
            let features = [
                (0, 1.0),
                (1, low),
                (2, middle),
                (3, high),
                (4, f64::from(sample.by[0])),
                (5, f64::from(sample.by[1])),
                (6, f64::from(sample.by[2])),
            ];
            ridge.observe(&features, sample.difference.into(), sample.precision.into());
            self.known[key][partial] += sample.precision;
        }
        for (at, ridge) in ridges.into_iter().enumerate() {
            let Some(ridge) = ridge else { continue };
            let offset = &mut self.offsets[at / PARTIALS][at % PARTIALS];
            for (value, step) in offset.iter_mut().zip(ridge.solve()) {
                *value += step.clamp(-10.0, 10.0) as f32;
            }
            for decay in &mut offset[4..6] {
                *decay = decay.clamp(-2.5, 2.5);
            }
        }
        error
    }

    /// Keys are like their neighbours: where these lie away from what was expected, so does a key of which
    /// less is known.
    pub fn lean_on_neighbours(&mut self, width: f32, shrink: f32) {
        for key in 0..KEYS {
            for partial in 0..PARTIALS {
                let (mut sum, mut weights) = ([0.0f32; LOCALS], shrink);
                for other in 0..KEYS {
                    let away = (key as f32 - other as f32) / width;
                    // A precision of 1 / (4 dB)² is half of what can be known.
                    let known = self.known[other][partial] * 16.0;
                    if other == key || known == 0.0 || away.abs() > 4.0 {
                        continue;
                    }
                    let weight = (-0.5 * away * away).exp() * known / (1.0 + known);
                    weights += weight;
                    for (sum, offset) in sum.iter_mut().zip(self.offsets[other][partial]) {
                        *sum += weight * offset;
                    }
                }
                self.means[key][partial] = sum.map(|value| value / weights);
                if self.known[key][partial] == 0.0 {
                    self.offsets[key][partial] = self.means[key][partial];
                }
            }
        }
    }
}
