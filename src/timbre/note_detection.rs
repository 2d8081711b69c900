//! The notes of a piano recording, by a simple analysis of onsets and pitches.
//!
//! Enough to measure a piano by, not to write music down: where something begins, keys are struck of which
//! more sounds afterwards than before.

use super::activation::Activations;
use super::note::PlayedNote;
use super::piano::LOWEST;
use super::spectrogram::Spectrogram;

/// Samples of the spectra that keys are found in, and from one to the next.
const SIZE: usize = 4096;
const HOP: usize = 1024;

/// The same for onsets.
const SHORT: usize = 1024;
const SHORT_HOP: usize = 256;

/// Keys that may be struck at once, at most.
const CHORD: usize = 6;

/// The softest note beside the loudest of its chord, and beside the loudest of most chords, as activation.
const SOFTEST: f32 = 0.22;
const SOFTEST_OF_ALL: f32 = 0.08;

/// How much of what sounded before still sounds, at most, where nothing is struck anew.
const RINGING: f32 = 0.9;

/// The longest note, in seconds.
const LONGEST: f64 = 8.0;

/// Velocities of what is as loud as most, and of what is 1 dB louder. In the pianos that this was chosen
/// by, 1 dB is some 4 velocities, but a note's loudness is known to 5 dB.
const USUAL: f32 = 75.0;
const LOUDER: f32 = 1.4;

/// A key at an onset.
#[derive(Clone, Copy)]
struct Rise {
    key: u8,
    /// Of the mean activation.
    by: f32,
    /// The largest activation.
    most: f32,
}

/// A key struck, and how loud beside the schematic key, in dB.
struct Stroke {
    at: f64,
    key: u8,
    decibels: f32,
}

/// Notes of a recording of a piano alone, sorted by start; `samples` are mono at `rate` hertz.
///
/// Velocities are guessed from loudness, and ends are rough.
pub fn notes(samples: &[f32], rate: f32) -> Vec<PlayedNote> {
    let onsets = onsets(samples, rate);
    if onsets.is_empty() {
        return Vec::new();
    }
    let heard = Activations::new(&Spectrogram::new(samples, rate, SIZE, HOP));
    let seconds = samples.len() as f64 / f64::from(rate);
    let strokes = strokes(&heard, &onsets, seconds, rate);
    let mut loudness: Vec<f32> = strokes.iter().map(|stroke| stroke.decibels).collect();
    loudness.sort_by(f32::total_cmp);
    let usual = loudness.get(loudness.len() / 2).copied().unwrap_or(0.0);
    let note = |(index, stroke): (usize, &Stroke)| {
        let again = strokes[index + 1..].iter().find(|other| other.key == stroke.key);
        let last = again.map_or(seconds, |other| other.at).min(stroke.at + LONGEST);
        let velocity = USUAL + LOUDER * (stroke.decibels - usual);
        PlayedNote {
            start: stroke.at,
            end: end(&heard, rate, stroke, last),
            key: stroke.key,
            velocity: velocity.clamp(25.0, 120.0) as u8,
        }
    };
    strokes.iter().enumerate().map(note).collect()
}

/// The keys that are struck at each onset, in the order of onsets.
fn strokes(heard: &Activations, onsets: &[f64], seconds: f64, rate: f32) -> Vec<Stroke> {
    let frame = |at: f64| at.max(0.0) * f64::from(rate) / HOP as f64;
    let half = SIZE as f64 / f64::from(rate) / 2.0;
    let last = heard.frames() - 1;
    let mut rises: Vec<(f64, Vec<Rise>)> = Vec::new();
    for (index, onset) in onsets.iter().enumerate() {
        let next = onsets.get(index + 1).copied().unwrap_or(seconds);
        let first = (frame(onset + 0.045).ceil() as usize).min(last);
        let end = (frame((onset + 0.15).min(next - 0.03)) as usize).clamp(first, last);
        let before = heard.frame((frame(onset - 0.9 * half) as usize).min(last));
        let rise = |key: usize| {
            let of = (first..=end).map(|at| heard.frame(at)[key]);
            let mean = of.clone().sum::<f32>() / (end - first + 1) as f32;
            Rise {
                key: LOWEST + key as u8,
                by: mean - RINGING * before[key],
                most: of.fold(0.0, f32::max),
            }
        };
        let mut keys: Vec<Rise> = (0..before.len()).map(rise).collect();
        keys.sort_by(|a, b| b.by.total_cmp(&a.by));
        keys.truncate(CHORD);
        rises.push((*onset, keys));
    }
    let mut loudest: Vec<f32> = rises.iter().map(|(_, keys)| keys[0].by).collect();
    loudest.sort_by(f32::total_cmp);
    let loud = loudest[loudest.len() * 9 / 10];
    let mut strokes = Vec::new();
    for (at, keys) in rises {
        let least = (SOFTEST * keys[0].by).max(SOFTEST_OF_ALL * loud);
        for Rise { key, most, .. } in keys.into_iter().filter(|rise| rise.by > least) {
            strokes.push(Stroke { at, key, decibels: heard.decibels(key, most) });
        }
    }
    strokes
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

/// When a note has ended, `last` at the latest: it has lost 24 dB, or loses 9 dB within 70 ms.
fn end(heard: &Activations, rate: f32, stroke: &Stroke, last: f64) -> f64 {
    let frame = |at: f64| (at * f64::from(rate) / HOP as f64).round() as usize;
    let key = usize::from(stroke.key - LOWEST);
    let amplitude = |at: usize| Activations::amplitude(heard.frame(at)[key]);
    let first = frame(stroke.at + 0.06);
    let mut loudest = 0.0f32;
    for at in first..=frame(last).min(heard.frames() - 1) {
        loudest = loudest.max(amplitude(at));
        let sudden = at >= first + 3 && amplitude(at) < 0.35 * amplitude(at - 3);
        if amplitude(at) < 0.06 * loudest || sudden {
            let seconds = (at as f64 - 1.5) * HOP as f64 / f64::from(rate);
            return seconds.clamp(stroke.at + 0.05, last.max(stroke.at + 0.05));
        }
    }
    last.max(stroke.at + 0.05)
}
