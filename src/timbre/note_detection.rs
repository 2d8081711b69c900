//! The notes of a piano recording, by a simple analysis of onsets and pitches.
//!
//! Enough to measure a piano by, not to write music down: it listens to what is new in the spectrum at
//! each onset and explains it with the fewest keys.

use super::note::PlayedNote;
use super::piano::{LOWEST, equal_temperament, partial_frequency};
use super::spectrogram::Spectrogram;

/// Samples of the spectra that pitches are found in, and from one to the next.
const SIZE: usize = 4096;
const HOP: usize = 512;

/// The same for onsets.
const SHORT: usize = 1024;
const SHORT_HOP: usize = 256;

/// Keys that may be struck at once, at most.
const CHORD: usize = 6;

/// Partials that a key is known by.
const NUMBERS: usize = 10;

/// The softest note beside the loudest of its chord, and beside the loudest of all, as salience.
const SOFTEST: f32 = 0.3;
const SOFTEST_OF_ALL: f32 = 0.12;

/// Notes of a recording of a piano alone, sorted by start; `samples` are mono at `rate` hertz.
///
/// Velocities are guessed from loudness: the loudest notes get 110.
pub fn notes(samples: &[f32], rate: f32) -> Vec<PlayedNote> {
    let spectra = Spectrogram::new(samples, rate, SIZE, HOP);
    let onsets = onsets(samples, rate);
    let seconds = samples.len() as f64 / f64::from(rate);
    let mut found: Vec<(PlayedNote, f32)> = Vec::new();
    for (index, onset) in onsets.iter().enumerate() {
        let next = onsets.get(index + 1).copied().unwrap_or(seconds);
        for (key, salience) in keys_at(&spectra, rate, *onset, next) {
            let end = end(&spectra, rate, key, *onset);
            let note = PlayedNote { start: *onset, end, key, velocity: 80 };
            if let Some((before, _)) = found.iter_mut().rev().find(|(note, _)| note.key == key) {
                before.end = before.end.min(*onset);
            }
            found.push((note, salience));
        }
    }
    let loudest = found.iter().fold(0.0f32, |most, (_, salience)| most.max(*salience));
    found.retain(|(note, salience)| {
        *salience > SOFTEST_OF_ALL * loudest && note.end - note.start > 0.06
    });
    for (note, salience) in &mut found {
        // Salience grows with the square root of the amplitude; pianos gain some 1 dB in 3 velocities.
        let below = -40.0 * (*salience / loudest).log10();
        note.velocity = (110.0 - 2.2 * below).clamp(20.0, 120.0) as u8;
    }
    found.into_iter().map(|(note, _)| note).collect()
}

/// When something new begins, in seconds: peaks of the spectral flux.
fn onsets(samples: &[f32], rate: f32) -> Vec<f64> {
    let spectra = Spectrogram::new(samples, rate, SHORT, SHORT_HOP);
    let loudness = |power: f32| (1.0 + 1e6 * power).ln();
    let rise = |at: usize| {
        let pairs = spectra.frame(at).iter().zip(spectra.frame(at.saturating_sub(2)));
        let rises = pairs.map(|(now, before)| (loudness(*now) - loudness(*before)).max(0.0));
        rises.sum::<f32>() / spectra.bins as f32
    };
    let flux: Vec<f32> = (0..spectra.frames()).map(rise).collect();
    let most = flux.iter().fold(0.0f32, |most, value| most.max(*value));
    let mut found: Vec<f64> = Vec::new();
    for at in 3..flux.len().saturating_sub(3) {
        let near = &flux[at - 3..=at + 3];
        let wide = &flux[at.saturating_sub(20)..(at + 20).min(flux.len())];
        let mean = wide.iter().sum::<f32>() / wide.len() as f32;
        let is_peak = near.iter().all(|value| *value <= flux[at]);
        if is_peak && flux[at] > 1.5 * mean + 0.04 * most && flux[at] > 0.02 {
            let seconds = (at as f64 - 1.0) * SHORT_HOP as f64 / f64::from(rate);
            if found.last().is_none_or(|last| seconds - last > 0.05) {
                found.push(seconds);
            }
        }
    }
    found
}

/// What of a spectrum's amplitudes is new at an onset, compressed.
fn news(spectra: &Spectrogram, rate: f32, onset: f64, next: f64) -> Vec<f32> {
    let frame = |at: f64| (at.max(0.0) * f64::from(rate) / HOP as f64).round() as usize;
    let last = spectra.frames() - 1;
    let after = frame(onset + 0.05)..=frame((onset + 0.12).min((next - 0.03).max(onset + 0.05)));
    let before = frame(onset - 0.055).min(last);
    let mut sum = vec![0.0f32; spectra.bins];
    let mut count = 0.0f32;
    for at in after {
        sum.iter_mut().zip(spectra.frame(at.min(last))).for_each(|(sum, power)| *sum += power);
        count += 1.0;
    }
    let old = spectra.frame(before);
    sum.iter()
        .zip(old)
        .map(|(new, old)| ((new / count).sqrt() - old.sqrt()).max(0.0).sqrt())
        .collect()
}

/// How loud a partial is in what is new: the largest value near its bin.
fn at(news: &[f32], bin: f32, frequency: f32) -> (usize, f32) {
    let nearest = (frequency / bin).round() as usize;
    // A semitone's quarter, at least a bin.
    let reach = ((frequency * 0.014 / bin) as usize).max(1);
    let range = nearest.saturating_sub(reach)..(nearest + reach + 1).min(news.len());
    range.map(|bin| (bin, news[bin])).fold((nearest, 0.0), |a, b| if b.1 > a.1 { b } else { a })
}

/// The keys that are struck at an onset, with their salience.
fn keys_at(spectra: &Spectrogram, rate: f32, onset: f64, next: f64) -> Vec<(u8, f32)> {
    let mut news = news(spectra, rate, onset, next);
    let bin = spectra.bin;
    let mut found: Vec<(u8, f32)> = Vec::new();
    while found.len() < CHORD {
        let mut best = (0u8, 0.0f32);
        for key in LOWEST + 3..=103 {
            if found.iter().any(|(other, _)| *other == key) {
                continue;
            }
            let base = equal_temperament(key);
            let (mut sum, mut missing) = (0.0, 0);
            let mut strongest = 0.0f32;
            for n in 1..=NUMBERS {
                let frequency = partial_frequency(base, 0.0, 3e-4, n);
                if frequency > 7000.0 {
                    break;
                }
                let (_, value) = at(&news, bin, frequency);
                strongest = strongest.max(value);
                if n <= 4 && value < 0.12 * strongest {
                    missing += 1;
                }
                sum += value / (n as f32).powf(0.6);
            }
            // Two octaves of a struck key have half of its partials: a gap tells the one that is not.
            let first = at(&news, bin, base).1;
            let doubt = if key > 45 && first < 0.25 * strongest { 0.4 } else { 1.0 };
            let salience = sum * doubt * 0.6f32.powi(missing);
            if salience > best.1 {
                best = (key, salience);
            }
        }
        let (key, salience) = best;
        let loudest = found.first().map_or(salience, |(_, first)| *first);
        if salience <= 0.02 || salience < SOFTEST * loudest {
            break;
        }
        for n in 1..=30 {
            let (middle, _) =
                at(&news, bin, partial_frequency(equal_temperament(key), 0.0, 3e-4, n));
            for bin in middle.saturating_sub(2)..(middle + 3).min(news.len()) {
                news[bin] *= 0.25;
            }
        }
        found.push((key, salience));
    }
    found
}

/// When a note that began at `onset` has ended: its first partials have lost 26 dB, or lose 9 dB within
/// 60 ms.
fn end(spectra: &Spectrogram, rate: f32, key: u8, onset: f64) -> f64 {
    let frame = |at: f64| (at * f64::from(rate) / HOP as f64).round() as usize;
    let base = equal_temperament(key);
    let power = |at: usize| spectra.around(at, base) + spectra.around(at, 2.0 * base) + 1e-14;
    let first = frame(onset + 0.06);
    let last = frame(onset + 8.0).min(spectra.frames().saturating_sub(1));
    let mut loudest = 0.0f32;
    for at in first..=last {
        loudest = loudest.max(power(at));
        let sudden = at >= first + 5 && power(at) < power(at - 5) * 0.125;
        if power(at) < loudest * 0.0025 || sudden {
            return ((at as f64 - 2.5) * HOP as f64 / f64::from(rate)).max(onset + 0.05);
        }
    }
    last as f64 * HOP as f64 / f64::from(rate)
}
