//! Strokes as written and as they came out.

use std::collections::BTreeMap;
use std::path::Path;

use drumlin::audio::SoundFont;
use drumlin::midi;
use drumlin::plugin::DrumSampler;
use drumlin::score::{Track, TrackKind, Velocity};
use drumlin::studio::Document;

use hosts::BoxError;

/// A stroke of the drums, in quarter notes from the song's beginning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    pub at: f64,
    pub key: u8,
    pub velocity: u8,
}

/// Channels, from 0.
pub const MELODY: u8 = 0;
pub const DRUMS: u8 = 9;
/// Ticks of a quarter note in Ardour.
const TICKS: f64 = 1920.0;

/// What the document wants to be played.
pub fn written(document: &Document) -> Vec<Stroke> {
    let clip = document.clip();
    let strokes = clip.strokes.iter().map(|stroke| Stroke {
        at: clip.start.0 + stroke.at.0,
        key: stroke.key,
        velocity: stroke.velocity.get(),
    });
    strokes.collect()
}

/// What `play.lua` has said of the recording on a channel.
pub fn recorded(output: &str, channel: u8) -> Vec<Stroke> {
    let stroke = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let ["note", on, key, velocity, at, _] = words[..] else { return None };
        if on.parse() != Ok(channel) {
            return None;
        }
        let (beats, ticks) = at.split_once(':')?;
        let at = beats.parse::<f64>().ok()? + ticks.parse::<f64>().ok()? / TICKS;
        Some(Stroke { at, key: key.parse().ok()?, velocity: velocity.parse().ok()? })
    };
    output.lines().filter_map(stroke).collect()
}

/// The drums in a MIDI file.
pub fn drums_of(bytes: &[u8]) -> Result<Vec<Stroke>, BoxError> {
    notes_of(bytes, |track| track.kind == TrackKind::Drums)
}

/// What is not drums in a MIDI file.
pub fn melody_of(bytes: &[u8]) -> Result<Vec<Stroke>, BoxError> {
    notes_of(bytes, |track| track.kind != TrackKind::Drums)
}

fn notes_of(bytes: &[u8], wanted: impl Fn(&Track) -> bool) -> Result<Vec<Stroke>, BoxError> {
    let song = midi::parse(bytes)?;
    let quarter = f64::from(song.ticks_per_quarter());
    let tracks = song.tracks.iter().filter(|track| wanted(track));
    let notes = tracks.flat_map(|track| &track.notes).map(|note| Stroke {
        at: note.start.0 as f64 / quarter,
        key: note.key,
        velocity: note.velocity.get(),
    });
    Ok(notes.collect())
}

/// How much later a recording of the melody has most of its notes than they are written, in beats.
/// Ardour does not begin every recording where the song begins.
pub fn delay(recorded: &[Stroke], written: &[Stroke]) -> Option<f64> {
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    for note in recorded {
        let same = |other: &&Stroke| (other.key, other.velocity) == (note.key, note.velocity);
        for other in written.iter().filter(same) {
            *counts.entry(((note.at - other.at) * TICKS).round() as i64).or_default() += 1;
        }
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count)?;
    Some(most.0 as f64 / TICKS)
}

/// How far the strokes are off at most, in beats, if they are the same ones to within some beats.
pub fn compare(found: &[Stroke], wanted: &[Stroke], within: f64) -> Result<f64, BoxError> {
    let mut left = found.to_vec();
    let mut off: f64 = 0.0;
    for stroke in wanted {
        let place = left.iter().position(|other| {
            (other.key, other.velocity) == (stroke.key, stroke.velocity)
                && (other.at - stroke.at).abs() <= within
        });
        let Some(place) = place else { return Err(format!("missing: {stroke:?}").into()) };
        off = off.max((left.swap_remove(place).at - stroke.at).abs());
    }
    match left.first() {
        Some(stroke) => Err(format!("not written: {stroke:?}").into()),
        None => Ok(off),
    }
}

/// A WAV file as one channel, full scale at 1, and its rate.
pub fn heard(wav: &Path) -> Result<(Vec<f32>, f64), BoxError> {
    let mut reader = hound::WavReader::open(wav)?;
    let spec = reader.spec();
    let samples: Vec<f32> = reader
        .samples::<i16>()
        .map(|sample| Ok(f32::from(sample?) / 32768.0))
        .collect::<Result<_, BoxError>>()?;
    let channels = usize::from(spec.channels);
    let mixed = samples.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() / 2.0);
    Ok((mixed.collect(), f64::from(spec.sample_rate)))
}

/// The root of the mean square.
pub fn loudness(samples: &[f32]) -> f32 {
    (samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len().max(1) as f32).sqrt()
}

/// As [`lags`], of the file's difference from another that has all but the drums.
pub fn lags_beside(
    wav: &Path,
    without: &Path,
    written: &[Stroke],
    tempo: f64,
) -> Result<(f64, f64), BoxError> {
    let ((with, rate), (without, _)) = (heard(wav)?, heard(without)?);
    let found: Vec<f32> = with.iter().zip(&without).map(|(with, without)| with - without).collect();
    lags_of(&found, rate, written, tempo)
}

/// How far in milliseconds the strokes of a WAV file are off: median and greatest. The part is
/// rendered here with the plugin's kit, and around every stroke the shift is looked for by which
/// both are most alike. `tempo` in quarter notes a minute.
pub fn lags(wav: &Path, written: &[Stroke], tempo: f64) -> Result<(f64, f64), BoxError> {
    let (found, rate) = heard(wav)?;
    lags_of(&found, rate, written, tempo)
}

fn lags_of(
    found: &[f32],
    rate: f64,
    written: &[Stroke],
    tempo: f64,
) -> Result<(f64, f64), BoxError> {
    let place = |stroke: &Stroke| (stroke.at * 60.0 / tempo * rate).round() as usize;
    let wanted = rendered(written, place, rate, found.len())?;
    let (reach, length) = ((REACH * rate) as isize, (HEARD * rate) as usize);
    let mut off: Vec<f64> = written
        .iter()
        .map(place)
        .filter(|at| at + length + (reach as usize) < found.len() && *at > reach as usize)
        .map(|at| {
            let alike = |shift: isize| {
                let there = &found[at.saturating_add_signed(shift)..][..length];
                likeness(there, &wanted[at..at + length])
            };
            let best = (-reach..=reach).max_by(|&a, &b| alike(a).total_cmp(&alike(b)));
            best.unwrap_or(reach).unsigned_abs() as f64 / rate * 1000.0
        })
        .collect();
    off.sort_by(f64::total_cmp);
    match off.last() {
        Some(&most) => Ok((off[off.len() / 2], most)),
        None => Err("nothing can be measured".into()),
    }
}

/// Shifts up to this are looked for, in seconds.
const REACH: f64 = 0.03;
/// So much of every stroke is compared, in seconds.
const HEARD: f64 = 0.05;

/// The part as the plugin's kit plays it.
fn rendered(
    strokes: &[Stroke],
    place: impl Fn(&Stroke) -> usize,
    rate: f64,
    length: usize,
) -> Result<Vec<f32>, BoxError> {
    let mut kit = DrumSampler::new(SoundFont::embedded(), rate).ok_or("no kit at this rate")?;
    let (mut left, mut right) = (vec![0.0; length], vec![0.0; length]);
    let mut done = 0;
    for stroke in strokes {
        let at = place(stroke).clamp(done, length);
        kit.add(&mut left[done..at], &mut right[done..at], 1.0);
        kit.strike(stroke.key, Velocity::clamped(stroke.velocity));
        done = at;
    }
    kit.add(&mut left[done..], &mut right[done..], 1.0);
    Ok(left.iter().zip(&right).map(|(left, right)| left + right).collect())
}

/// The cosine between two signals.
fn likeness(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt().max(f32::MIN_POSITIVE)
}
