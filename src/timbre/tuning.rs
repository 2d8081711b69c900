//! Pitch and inharmonicity of the keys that are heard, by search.
//!
//! Both are searched for on a grid: the sum of partials that are found has many peaks, which gradients
//! get lost in (Renault, Mignot, Roebel, "Differentiable piano model for MIDI-to-audio performance
//! synthesis", DAFx 2022).

use super::note::PlayedNote;
use super::piano::{KEYS, LOWEST, Piano, equal_temperament, partial_frequency};
use super::ridge::Ridge;
use super::spectrogram::Spectrogram;

/// Samples of a spectrum: 2.7 Hz from bin to bin at 44.1 kHz.
pub const SIZE: usize = 16_384;

/// Samples from spectrum to spectrum.
pub const HOP: usize = 4096;

/// Partials that are looked for, at most, and up to which frequency in hertz.
const MOST: usize = 32;
const HIGHEST: f32 = 8_000.0;

/// What is known of a key's strings.
#[derive(Clone, Copy, Debug)]
struct Strings {
    cents: f32,
    inharmonicity: f32,
    /// How far the best stands out.
    certainty: f64,
}

/// How far each bin stands out of its surroundings, 0 to 3 (30 dB).
fn salience(power: &[f32], half: usize) -> Vec<f32> {
    let mut surroundings = Vec::new();
    (0..power.len())
        .map(|bin| {
            surroundings.clear();
            let range = bin.saturating_sub(half)..(bin + half + 1).min(power.len());
            surroundings.extend(range.step_by(2).map(|at| power[at]));
            let middle = surroundings.len() / 2;
            let (_, median, _) = surroundings.select_nth_unstable_by(middle, f32::total_cmp);
            ((power[bin] + 1e-16) / (*median + 1e-16)).log10().clamp(0.0, 3.0)
        })
        .collect()
}

/// The mean spectrum of a key's notes, each frame as loud as the others.
fn spectrum(spectra: &Spectrogram, rate: f32, notes: &[PlayedNote], key: u8) -> Option<Vec<f32>> {
    let mut sum = vec![0.0; spectra.bins];
    let mut count = 0;
    for note in notes.iter().filter(|note| note.key == key) {
        let frame = |at: f64| at * f64::from(rate) / spectra.hop as f64;
        let first = frame(note.start + 0.12).ceil() as usize;
        let last = (frame(note.end.min(note.start + 2.0)) as usize).max(first);
        for at in first..=last.min(spectra.frames().saturating_sub(1)) {
            let row = spectra.frame(at);
            let total: f32 = row.iter().sum();
            if total > 1e-12 {
                sum.iter_mut().zip(row).for_each(|(sum, power)| *sum += power / total);
                count += 1;
            }
        }
    }
    (count > 0).then_some(sum)
}

fn search(
    salience: &[f32],
    bin: f32,
    key: u8,
    cents: (f32, f32, f32),
    inharmonicity: (f32, f32),
) -> Strings {
    let base = equal_temperament(key);
    let (middle, spread, reach) = cents;
    let (usual, unlike) = inharmonicity;
    let (mut best, mut second) =
        (Strings { cents: middle, inharmonicity: usual, certainty: f64::MIN }, f64::MIN);
    let steps = (reach / 1.5) as i32;
    for step in -steps..=steps {
        let cents = middle + step as f32 * 1.5;
        for stretch in -20..=20 {
            let log = stretch as f32 / 20.0 * 2.5 * unlike;
            let inharmonicity = usual * log.exp();
            let (mut sum, mut weights) = (0.0f64, 0.0f64);
            for n in 1..=MOST {
                let frequency = partial_frequency(base, cents, inharmonicity, n);
                let at = frequency / bin;
                let low = at as usize;
                if frequency > HIGHEST || low + 1 >= salience.len() {
                    break;
                }
                let share = at - low as f32;
                let value = salience[low] * (1.0 - share) + salience[low + 1] * share;
                let weight = 1.0 / (1.0 + n as f64 / 12.0);
                sum += weight * f64::from(value);
                weights += weight;
            }
            let off = f64::from(step as f32 * 1.5 / spread);
            let unusual = f64::from(log / unlike);
            let score = sum - 0.5 * (off * off + unusual * unusual) * (weights / 10.0);
            if score > best.certainty {
                if (best.cents - cents).abs() > 8.0 {
                    second = best.certainty;
                }
                best = Strings { cents, inharmonicity, certainty: score };
            }
        }
    }
    best.certainty = if second == f64::MIN { best.certainty } else { best.certainty - second };
    best
}

/// Sets pitch and inharmonicity of all keys: those that are heard as they are found, the others by the
/// curve through them.
pub fn tune(spectra: &Spectrogram, rate: f32, notes: &[PlayedNote], piano: &mut Piano) {
    let mut keys: Vec<u8> = notes.iter().map(|note| note.key).collect();
    keys.sort_unstable();
    keys.dedup();
    let heard: Vec<(u8, Vec<f32>)> = keys
        .into_iter()
        .filter_map(|key| {
            let half = (0.6 * equal_temperament(key) / spectra.bin) as usize;
            let power = spectrum(spectra, rate, notes, key)?;
            Some((key, salience(&power, half.clamp(4, 200))))
        })
        .collect();
    if heard.is_empty() {
        return;
    }
    let height = |key: u8| (f64::from(key) - 60.0) / 24.0;
    let mut curve = [0.0; 4];
    // The whole instrument's pitch, then the keys' around it, then each near the curve.
    for (spread, reach, unlike) in [(40.0, 50.0, 0.8), (8.0, 24.0, 0.6), (4.0, 12.0, 0.35)] {
        let found: Vec<(u8, Strings)> = heard
            .iter()
            .map(|(key, salience)| {
                let (cents, usual) = expected(piano, *key, &curve);
                let cents = (cents, spread, reach);
                (*key, search(salience, spectra.bin, *key, cents, (usual, unlike)))
            })
            .collect();
        let mut ridge = Ridge::new(&[0.01, 0.3, 0.3, 0.3]);
        let mut strings = Ridge::new(&[1.0, 1.0, 1.0, 1.0]);
        for (key, found) in &found {
            let x = height(*key);
            let trust = found.certainty.clamp(0.05, 2.0);
            let features = [(0, 1.0), (1, x), (2, x * x), (3, x * x * x)];
            let own = f64::from(found.cents - piano.key(*key).cents);
            ridge.observe(&features, own, 0.05 * trust);
            let ratio = f64::from(found.inharmonicity / piano.key(*key).inharmonicity).ln();
            strings.observe(&features[..2], ratio, 2.0 * trust);
        }
        let (cents, ratio) = (ridge.solve(), strings.solve());
        // The middle key's pitch holds for the whole where the cubic has nothing to go by.
        curve = [cents[0], cents[1], ratio[0], ratio[1]];
        if unlike < 0.5 {
            let before = piano.clone();
            for index in 0..KEYS {
                let key = LOWEST + index as u8;
                let (cents, inharmonicity) = expected(&before, key, &curve);
                let sound = &mut piano.keys[index];
                (sound.cents, sound.inharmonicity) = (cents, inharmonicity);
            }
            for (key, found) in &found {
                let index = usize::from(key.saturating_sub(LOWEST)).min(KEYS - 1);
                piano.keys[index].cents = found.cents;
                piano.keys[index].inharmonicity = found.inharmonicity;
            }
        }
    }
}

/// Pitch and inharmonicity of a key by the curve: the piano's own, moved and tilted.
fn expected(piano: &Piano, key: u8, curve: &[f64; 4]) -> (f32, f32) {
    let x = (f64::from(key) - 60.0) / 24.0;
    let sound = piano.key(key);
    let cents = sound.cents + (curve[0] + curve[1] * x) as f32;
    let inharmonicity =
        sound.inharmonicity * ((curve[2] + curve[3] * x).clamp(-2.5, 2.5)).exp() as f32;
    (cents.clamp(-100.0, 100.0), inharmonicity.clamp(1e-6, 0.05))
}
