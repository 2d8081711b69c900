//! How much of each key is in each moment of a recording.
//!
//! Non-negative matrix factorisation with a dictionary that is given: the spectra of the schematic piano's
//! keys, as stiff as fits best, and one equaliser for all of them that is found with the activations (after
//! Vincent, Bertin, Badeau, "Adaptive harmonic spectral decomposition for multiple pitch estimation", IEEE TASLP 2010).
//! Updates are the multiplicative ones for the Kullback-Leibler divergence (Lee and Seung, NIPS 2000).

use multiversion::multiversion;

use super::piano::{LOWEST, Partial, Piano, equal_temperament, partial_frequency};
use super::spectrogram::{SPREAD, Spectrogram, hann_power};

/// The highest key that is listened for, G7.
const HIGHEST_KEY: u8 = 103;

/// Keys that are listened for.
const KEYS: usize = (HIGHEST_KEY - LOWEST) as usize + 1;

/// Room for keys, a multiple of what is calculated abreast.
const ROOM: usize = KEYS.next_multiple_of(16);

/// What is heard of the spectra, in hertz.
const HIGHEST: f32 = 5_000.0;

/// Amplitudes to this power are what is added up: nearly amplitudes, and soft partials count.
const COMPRESSION: f32 = 0.8;

/// Rounds in which the equaliser is found; in all but the last a third of the frames is enough.
const ROUNDS: usize = 3;
const SHARE: usize = 3;

/// How stiff strings may be, as a multiple of the schematic ones' inharmonicity, and the share of frames
/// that says which it is.
const STIFFNESS: [f32; 5] = [1.0, 0.4, 0.65, 1.6, 2.5];
const SMALL_SHARE: usize = 16;

/// Updates of a round.
const UPDATES: usize = 15;

/// Middles of the equaliser's bands, and how wide they are, in octaves.
const BANDS: usize = 24;
const WIDTH: f32 = 0.25;

/// Activations of keys, frame by frame.
pub struct Activations {
    /// `[frame][key]`, rows of [`ROOM`].
    values: Vec<f32>,
    /// Amplitude of the schematic key that is meant by an activation of 1, by key.
    units: Vec<f32>,
}

impl Activations {
    /// Of spectra of a piano alone.
    pub fn new(spectra: &Spectrogram) -> Activations {
        let bins = ((HIGHEST / spectra.bin) as usize).min(spectra.bins);
        let loudest = (0..spectra.frames())
            .flat_map(|at| &spectra.frame(at)[..bins])
            .fold(0.0f32, |most, power| most.max(*power));
        let compressed = |power: &f32| (power / loudest.max(1e-20)).powf(0.5 * COMPRESSION);
        let mut heard: Vec<f32> = Vec::with_capacity(spectra.frames() * bins);
        for at in 0..spectra.frames() {
            heard.extend(spectra.frame(at)[..bins].iter().map(compressed));
        }
        let dictionary = fitting_dictionary(&heard, bins, spectra.bin);
        let sums: Vec<f32> = heard.chunks_exact(bins).map(|row| row.iter().sum()).collect();
        let mut values = vec![0.0f32; sums.len() * ROOM];
        for (row, sum) in values.chunks_exact_mut(ROOM).zip(&sums) {
            row[..KEYS].fill(sum / KEYS as f32);
        }
        let mut equaliser = vec![1.0f32; bins];
        let mut units = Vec::new();
        for round in 0..ROUNDS {
            let last = round + 1 == ROUNDS;
            let equalised = Equalised::new(&dictionary, &equaliser);
            let every = if last { 1 } else { SHARE };
            let (mut real, mut expected) = (vec![0.0f32; bins], vec![0.0f32; bins]);
            let rows = heard.chunks_exact(bins).zip(values.chunks_exact_mut(ROOM));
            for (heard, row) in rows.step_by(every) {
                let mut model = vec![0.0; bins];
                for _ in 0..UPDATES {
                    update(&equalised, heard, row, &mut model);
                }
                if last {
                    continue;
                }
                equalised.model(row, &mut model);
                real.iter_mut().zip(heard).for_each(|(sum, value)| *sum += value);
                expected.iter_mut().zip(&model).for_each(|(sum, value)| *sum += value);
            }
            if last {
                units = equalised.norms;
            } else {
                equalise(&mut equaliser, &real, &expected, spectra.bin);
            }
        }
        Activations { values, units }
    }

    /// Frames.
    pub fn frames(&self) -> usize {
        self.values.len() / ROOM
    }

    /// The activations of all keys in a frame, from [`LOWEST`] on.
    pub fn frame(&self, at: usize) -> &[f32] {
        &self.values[at * ROOM..at * ROOM + KEYS]
    }

    /// An activation of a key in dB of what the schematic piano's key would have, with some offset that is
    /// the same for all keys.
    pub fn decibels(&self, key: u8, activation: f32) -> f32 {
        let unit = self.units[usize::from(key - LOWEST).min(KEYS - 1)];
        20.0 / COMPRESSION * ((activation + 1e-9) / unit.max(1e-9)).log10()
    }

    /// The amplitude that belongs to an activation, as a share of another's.
    pub fn amplitude(activation: f32) -> f32 {
        activation.max(0.0).powf(1.0 / COMPRESSION)
    }
}

/// One partial of a key in a spectrum.
struct Line {
    first: usize,
    /// Compressed.
    shape: [f32; 2 * SPREAD + 1],
}

/// The dictionary of the stiffness that explains most of what is heard.
fn fitting_dictionary(heard: &[f32], bins: usize, bin: f32) -> Vec<Vec<Line>> {
    let divergence = |dictionary: &[Vec<Line>]| {
        let equalised = Equalised::new(dictionary, &vec![1.0; bins]);
        let rows = heard.chunks_exact(bins).step_by(SMALL_SHARE);
        let of = |row: &[f32]| {
            let mut activations = vec![0.0; ROOM];
            activations[..KEYS].fill(row.iter().sum::<f32>() / KEYS as f32);
            let mut model = vec![0.0; bins];
            (0..UPDATES).for_each(|_| update(&equalised, row, &mut activations, &mut model));
            equalised.model(&activations, &mut model);
            let pairs = row.iter().zip(&model).filter(|(heard, _)| **heard > 0.0);
            pairs.map(|(heard, model)| f64::from(heard * (heard / model).ln())).sum::<f64>()
        };
        rows.map(of).sum::<f64>()
    };
    let mut best = dictionary(bins, bin, STIFFNESS[0]);
    let mut least = divergence(&best);
    for stiffness in &STIFFNESS[1..] {
        let other = dictionary(bins, bin, *stiffness);
        let found = divergence(&other);
        if found < least {
            (best, least) = (other, found);
        }
    }
    best
}

/// The partials of the schematic keys, by key, with strings so many times as stiff.
fn dictionary(bins: usize, bin: f32, stiffness: f32) -> Vec<Vec<Line>> {
    let piano = Piano::schematic();
    let lines = |key: u8| {
        let sound = piano.key(key);
        let inharmonicity = sound.inharmonicity * stiffness;
        let line = |(n, partial): (usize, &Partial)| {
            let at = partial_frequency(equal_temperament(key), 0.0, inharmonicity, n) / bin;
            let first = (at.round() as usize).saturating_sub(SPREAD);
            let amplitude = 10f32.powf(partial.levels[1] / 20.0);
            let value = |bin: usize| {
                (amplitude * hann_power((first + bin) as f32 - at).sqrt()).powf(COMPRESSION)
            };
            (first + 2 * SPREAD < bins).then(|| Line { first, shape: std::array::from_fn(value) })
        };
        (1..).zip(&sound.partials).map_while(line).collect()
    };
    (LOWEST..=HIGHEST_KEY).map(lines).collect()
}

/// The dictionary through the equaliser, each key's sum 1.
struct Equalised {
    bins: usize,
    /// `[key][bin]`.
    by_key: Vec<f32>,
    /// `[bin][key]`, rows of [`ROOM`].
    by_bin: Vec<f32>,
    /// Sums before.
    norms: Vec<f32>,
}

impl Equalised {
    fn new(dictionary: &[Vec<Line>], equaliser: &[f32]) -> Equalised {
        let bins = equaliser.len();
        let mut by_key = Vec::with_capacity(dictionary.len() * bins);
        let mut by_bin = vec![0.0; bins * ROOM];
        let mut norms = Vec::new();
        for (key, partials) in dictionary.iter().enumerate() {
            let mut spectrum = vec![0.0f32; bins];
            for partial in partials {
                for (bin, value) in (partial.first..).zip(partial.shape) {
                    spectrum[bin] += equaliser[bin] * value;
                }
            }
            let norm: f32 = spectrum.iter().sum();
            for (bin, value) in spectrum.iter().enumerate() {
                let value = value / norm.max(1e-20);
                by_key.push(value);
                by_bin[bin * ROOM + key] = value;
            }
            norms.push(norm);
        }
        Equalised { bins, by_key, by_bin, norms }
    }

    /// The spectrum that the activations stand for.
    fn model(&self, activations: &[f32], into: &mut [f32]) {
        into.fill(1e-9);
        let least = 1e-6 * activations.iter().sum::<f32>();
        for (spectrum, value) in self.by_key.chunks_exact(self.bins).zip(activations) {
            if *value > least {
                add_scaled(*value, spectrum, into);
            }
        }
    }
}

/// One multiplicative update of a frame's activations.
fn update(equalised: &Equalised, heard: &[f32], activations: &mut [f32], model: &mut [f32]) {
    equalised.model(activations, model);
    let mut gains = [0.0f32; ROOM];
    for ((row, heard), model) in equalised.by_bin.chunks_exact(ROOM).zip(heard).zip(model) {
        add_scaled(heard / *model, row, &mut gains);
    }
    activations.iter_mut().zip(gains).for_each(|(value, gain)| *value *= gain);
}

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn add_scaled(gain: f32, values: &[f32], sum: &mut [f32]) {
    for (sum, value) in sum.iter_mut().zip(values) {
        *sum += gain * value;
    }
}

/// Moves the equaliser by how much more there is in each band than the model has.
fn equalise(equaliser: &mut [f32], real: &[f32], expected: &[f32], bin: f32) {
    let octave = |at: usize| (at.max(1) as f32 * bin).log2();
    let (first, last) = (40f32.log2(), HIGHEST.log2());
    let middle = |band: usize| first + (last - first) * band as f32 / (BANDS - 1) as f32;
    let ratio = |band: usize| {
        let (mut a, mut b) = (1e-9f32, 1e-9f32);
        for (at, (real, expected)) in real.iter().zip(expected).enumerate() {
            let off = (octave(at) - middle(band)) / WIDTH;
            let weight = (-0.5 * off * off).exp();
            a += weight * real;
            b += weight * expected;
        }
        a / b
    };
    let ratios: Vec<f32> = (0..BANDS).map(ratio).collect();
    for (at, gain) in equaliser.iter_mut().enumerate() {
        let place = (octave(at) - first) / (last - first) * (BANDS - 1) as f32;
        let place = place.clamp(0.0, (BANDS - 1) as f32);
        let low = (place as usize).min(BANDS - 2);
        let share = place - low as f32;
        *gain *= ratios[low] * (1.0 - share) + ratios[low + 1] * share;
    }
}
