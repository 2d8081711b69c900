//! The noise of the attack: what a recording has between the partials.

use super::model::{Observation, model};
use super::note::PlayedNote;
use super::piano::{BAND_EDGES, BANDS, LOWEST, Piano, beyond_layers, layer_weights};
use super::ridge::Ridge;
use super::spectrogram::Spectrogram;

/// How long after a stroke noise is looked for, in seconds.
const LONGEST: f64 = 0.3;

fn bins(spectra: &Spectrogram, band: usize) -> std::ops::Range<usize> {
    let bin = |frequency: f32| ((frequency / spectra.bin).round() as usize).min(spectra.bins - 1);
    let first = bin(BAND_EDGES[band]);
    first..bin(BAND_EDGES[band + 1]).max(first + 1)
}

/// Power in a bin of a band for noise of root mean square 1 in that band.
fn bin_gain(spectra: &Spectrogram, band: usize, rate: f32) -> f32 {
    let share = (BAND_EDGES[band + 1] - BAND_EDGES[band]) / (rate / 2.0);
    spectra.noise_gain() / share
}

/// Mean power of a note's noise over a frame, of which the noise at the stroke has 1.
fn seen(note: &PlayedNote, decay: f32, time: f64, half: f64) -> f32 {
    const POINTS: usize = 8;
    let points = (0..POINTS).map(|at| {
        let share = (at as f64 + 0.5) / POINTS as f64 * 2.0 - 1.0;
        let weight = (0.5 + 0.5 * (std::f64::consts::PI * share).cos()).powi(2);
        let since = time + share * half - note.start;
        let power = if since < 0.0 { 0.0 } else { 10f64.powf(-since * f64::from(decay) / 10.0) };
        (weight * power, weight)
    });
    let (sum, weights) = points.fold((0.0, 0.0), |(a, b), (c, d)| (a + c, b + d));
    (sum / weights) as f32
}

/// Each note's noise, frame by frame: note, frame, power of the decay.
fn each(
    observed: &Observation,
    piano: &Piano,
    spectra: &Spectrogram,
    visit: &mut dyn FnMut(&PlayedNote, usize, f32),
) {
    let rate = f64::from(observed.rate);
    let half = spectra.size as f64 / rate / 2.0;
    for note in observed.notes {
        let decay = piano.key(note.key).noise.decay;
        let first = ((note.start - half).max(0.0) * rate / spectra.hop as f64) as usize + 1;
        let last = ((note.start + LONGEST) * rate / spectra.hop as f64) as usize;
        for frame in first..=last.min(spectra.frames().saturating_sub(1)) {
            let time = (frame * spectra.hop) as f64 / rate;
            visit(note, frame, seen(note, decay, time, half));
        }
    }
}

fn level(piano: &Piano, note: &PlayedNote, band: usize) -> f32 {
    let noise = &piano.key(note.key).noise;
    let [low, _, high] = layer_weights(note.velocity);
    let hardness = noise.hardness;
    let louder = hardness * (high - low) + beyond_layers(note.velocity, 2.0 * hardness);
    10f32.powf((noise.levels[band] + louder) / 10.0)
}

/// Adds the expected noise of all notes.
pub fn add_noise(observed: &Observation, piano: &Piano, into: &mut Spectrogram) {
    let gains: Vec<f32> = (0..BANDS).map(|band| bin_gain(into, band, observed.rate)).collect();
    let ranges: Vec<_> = (0..BANDS).map(|band| bins(into, band)).collect();
    let mut frames = Vec::new();
    each(observed, piano, into, &mut |note, frame, power| frames.push((*note, frame, power)));
    for (note, frame, power) in frames {
        for band in 0..BANDS {
            let flat = power * gains[band] * level(piano, &note, band);
            into.add_flat(frame, ranges[band].clone(), flat);
        }
    }
}

/// One step for the noise of all keys: by band, by band and key, by velocity; and for each key that is
/// heard. `observed.spectra` have short frames.
pub fn fit_noise(observed: &Observation, piano: &mut Piano, modelled: &mut Spectrogram) {
    const SLOPE: usize = BANDS;
    const HARDNESS: usize = 2 * BANDS;
    modelled.clear();
    model(observed, piano, modelled, &mut |_, _, _, _, _| {});
    let mut noise = modelled.zeros();
    add_noise(observed, piano, &mut noise);
    let spectra = observed.spectra;
    let gains: Vec<f32> = (0..BANDS).map(|band| bin_gain(spectra, band, observed.rate)).collect();
    let mut precisions = vec![1.0 / 36.0; 2 * BANDS + 1];
    precisions[SLOPE..HARDNESS].fill(1.0 / 9.0);
    precisions[HARDNESS] = 1.0 / 9.0;
    let mut common = Ridge::new(&precisions);
    let mut own = vec![vec![(0.0f64, 0.0f64); BANDS]; piano.keys.len()];
    each(observed, piano, spectra, &mut |note, frame, power| {
        let [low, _, high] = layer_weights(note.velocity);
        let (heights, hard) = ((f64::from(note.key) - 60.0) / 24.0, f64::from(high - low));
        for band in 0..BANDS {
            let range = bins(spectra, band);
            let (sines, noises) = (modelled.frame(frame), noise.frame(frame));
            // Where partials are, the noise cannot be seen.
            let mut quiet: Vec<usize> = range.clone().collect();
            quiet.sort_by(|a, b| sines[*a].total_cmp(&sines[*b]));
            quiet.truncate(quiet.len().div_ceil(2));
            let sum = |of: &[f32]| quiet.iter().map(|bin| of[*bin]).sum::<f32>();
            let floor = sum(observed.floor) + 1e-14 * quiet.len() as f32;
            let all = sum(sines) + sum(noises) + floor;
            let mine = power * gains[band] * level(piano, note, band) * quiet.len() as f32;
            let share = mine / all;
            if share < 0.1 {
                continue;
            }
            let difference = 10.0 * (sum(spectra.frame(frame)) / all + 1e-6).log10();
            let difference = f64::from(difference.clamp(-20.0, 20.0));
            let precision = 0.1 * f64::from(share * share) / 36.0;
            let features = [(band, 1.0), (SLOPE + band, heights), (HARDNESS, hard)];
            common.observe(&features, difference, precision);
            let key = usize::from(note.key.saturating_sub(LOWEST)).min(own.len() - 1);
            own[key][band].0 += precision * difference;
            own[key][band].1 += precision;
        }
    });
    let by = common.solve();
    for ((key, sound), own) in (LOWEST..).zip(&mut piano.keys).zip(own) {
        let height = (f64::from(key) - 60.0) / 24.0;
        for (band, (sum, precision)) in own.into_iter().enumerate() {
            let step = by[band] + by[SLOPE + band] * height;
            // What is left after the common step, towards none by a spread of 4 dB.
            let rest = (sum - precision * step) / (precision + 1.0 / 16.0);
            let step = (step + rest).clamp(-10.0, 10.0) as f32;
            sound.noise.levels[band] = (sound.noise.levels[band] + step).clamp(-140.0, 0.0);
        }
        sound.noise.hardness = (sound.noise.hardness + by[HARDNESS] as f32).clamp(-5.0, 25.0);
    }
}
