//! Where a clip can be joined: its beats.

use std::ops::Range;

use super::bands::{BANDS, Energies, FRAMES, HOP};
use super::beat_grid::BeatGrid;
use super::beat_odds::{WINDOW, beat_odds};
use super::envelope::Envelope;
use crate::network::{Network, NetworkError};

/// How far from the beat that the period says its stroke is looked for, in seconds.
const REACH: f64 = 0.035;

/// How likely a beat has to be, and as a share of the likeliest at that end of the clip.
const LEAST: f32 = 0.25;
const SHARE: f32 = 0.5;

/// Beats are at least this many frames apart: 0.19 s.
const APART: usize = 16;

/// The rise of all bands together that is a clear stroke, in decades of power.
const CLEAR: f32 = 3.0;

/// The bands of kicks and snares, the rise of these together that is most, and how much that is worth
/// beside how likely the beat is. Chosen as the decoder's constants were.
const LOWER: usize = 5;
const MOST: f32 = 10.0;
const WORTH: f32 = 0.3;

/// A clip may be a single bar if it lasts so many seconds and has so many clear strokes behind its first.
const BAR: Range<f64> = 0.8..4.8;
const STROKES: usize = 3;
/// The steps that a bar may have: sixteenths, and sixteenths of three quarters or triplets; how far from
/// them its strokes are at most, the root mean square as a share of a step (of any strokes .29); and how
/// far from where its onset is heard a stroke is looked for, in seconds.
const STEPS: [f64; 2] = [16.0, 12.0];
const OFF: f64 = 0.12;
const NEAR: f64 = 0.015;

/// The part of a clip at either end in which it may be joined: seconds, and at most one part of so many,
/// so that it is not left before it is entered.
const ENDS: f64 = 4.0;
const SHARE_OF_CLIP: usize = 2;

/// A beat.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beat {
    /// Where it is struck, in samples from the clip's first.
    pub sample: f64,
    /// How good it is to join at, 0 to 1: how sure it is that it is a beat and struck, and how clearly
    /// kick or snare are.
    pub strength: f32,
}

/// The beats at the two ends of a clip.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClipBeats {
    /// From beat to beat, in samples; 0 if there are no beats.
    pub period: f64,
    /// In the first four seconds, of a short clip in the first half.
    pub early: Vec<Beat>,
    /// In the last four seconds, of a short clip in the last half.
    pub late: Vec<Beat>,
    /// From its first bar line to its last, in samples, where they are known: of MIDI files, which say it,
    /// and of recordings that are cut as one bar.
    pub bars: Option<Range<f64>>,
}

impl ClipBeats {
    /// Of a clip's flux from frame `first` on, refined by its envelope. Of a clip longer than a window
    /// of the network's the first and the last are heard, each by itself.
    ///
    /// # Errors
    /// [`NetworkError`].
    pub fn of(
        flux: &Energies,
        first: usize,
        envelope: &Envelope,
        network: &dyn Network,
    ) -> Result<ClipBeats, NetworkError> {
        let clip = Heard { flux, first, envelope };
        let begin = flux.len().min(WINDOW);
        let end = flux.len() - begin;
        let early = BeatGrid::of(&beat_odds(&flux[..begin], network)?);
        let late =
            if end == 0 { early.clone() } else { BeatGrid::of(&beat_odds(&flux[end..], network)?) };
        let ends = ((ENDS * FRAMES) as usize).min(flux.len() / SHARE_OF_CLIP);
        let beats = ClipBeats {
            period: early.period * HOP as f64,
            early: clip.beats(&early.beats, 0, 0..ends.min(begin)),
            late: clip.beats(&late.beats, end, flux.len().saturating_sub(ends)..flux.len()),
            bars: None,
        };
        let few = beats.early.is_empty() || beats.late.is_empty();
        let heard = if few { ClipBeats::default() } else { beats };
        // In a bar alone too little comes back for its beat to be heard.
        Ok(ClipBeats { bars: clip.one_bar(), ..heard })
    }

    /// Beats a minute; none without beats.
    pub fn tempo(&self) -> Option<f64> {
        (self.period > 0.0).then(|| 60.0 * FRAMES * HOP as f64 / self.period)
    }
}

/// What is known of a clip.
struct Heard<'a> {
    flux: &'a Energies,
    /// The frame of the clip that the flux begins with.
    first: usize,
    envelope: &'a Envelope,
}

impl Heard<'_> {
    /// The likely beats among some frames of the flux; `likely` says how likely each is, from frame
    /// `offset` on.
    fn beats(&self, likely: &[f32], offset: usize, frames: Range<usize>) -> Vec<Beat> {
        let likely = |frame: usize| {
            likely[frame - offset] * (rise(self.flux, frame, BANDS) / CLEAR).min(1.0)
        };
        let likely: Vec<f32> = frames.clone().map(likely).collect();
        let most = likely.iter().copied().fold(0.0, f32::max);
        let least = (most * SHARE).max(LEAST);
        let mut found: Vec<usize> = (0..likely.len()).collect();
        found.retain(|&at| likely[at] >= least);
        let strength = |at: usize| {
            let struck = (rise(self.flux, frames.start + at, LOWER) / MOST).min(1.0);
            (likely[at] + WORTH * struck) / (1.0 + WORTH)
        };
        let strengths: Vec<f32> = (0..likely.len()).map(strength).collect();
        found.sort_by(|&a, &b| strengths[b].total_cmp(&strengths[a]).then(a.cmp(&b)));
        let mut kept: Vec<usize> = Vec::new();
        for at in found {
            if kept.iter().all(|other| other.abs_diff(at) >= APART) {
                kept.push(at);
            }
        }
        kept.sort_unstable();
        let reach = REACH * FRAMES * HOP as f64;
        let beat = |&at: &usize| {
            // The middle of the frame.
            let sample = ((self.first + frames.start + at + 1) * HOP) as f64;
            Beat { sample: self.envelope.attack(sample, reach), strength: strengths[at] }
        };
        kept.iter().map(beat).collect()
    }
}

impl Heard<'_> {
    /// All of the clip if it is one bar that was cut at its lines: it begins with a stroke, and the others
    /// are on the steps that its length makes.
    fn one_bar(&self) -> Option<Range<f64>> {
        let samples = self.envelope.samples() as f64;
        let is_as_long = BAR.contains(&(samples / (FRAMES * HOP as f64)));
        if !is_as_long || !self.envelope.begins_loud() {
            return None;
        }
        let strokes = self.strokes();
        let off = |steps: f64| {
            let squares = strokes.iter().map(|stroke| {
                let step = stroke / samples * steps;
                (step - step.round()).powi(2)
            });
            (squares.sum::<f64>() / strokes.len() as f64).sqrt()
        };
        let is_bar = strokes.len() >= STROKES && STEPS.iter().any(|&steps| off(steps) <= OFF);
        is_bar.then_some(0.0..samples)
    }

    /// Where clear strokes are, in samples; not the first, which begins the clip.
    fn strokes(&self) -> Vec<f64> {
        let rises: Vec<f32> = self.flux.iter().map(|frame| frame.iter().sum()).collect();
        let around = APART / 4;
        let is_stroke = |at: &usize| {
            let before = &rises[at.saturating_sub(around)..*at];
            let behind = &rises[at + 1..(at + 1 + around).min(rises.len())];
            rises[*at] >= CLEAR
                && before.iter().all(|rise| *rise < rises[*at])
                && behind.iter().all(|rise| *rise <= rises[*at])
        };
        let place = |at: usize| {
            let sample = ((self.first + at + 1) * HOP) as f64;
            self.envelope.attack(sample, NEAR * FRAMES * HOP as f64)
        };
        let first = self.envelope.samples() as f64 / (2.0 * STEPS[0]);
        let strokes = (0..rises.len()).filter(is_stroke).map(place);
        strokes.filter(|sample| *sample > first).collect()
    }
}

/// The most that the lowest `bands` rise together within two frames of a frame.
fn rise(flux: &Energies, frame: usize, bands: usize) -> f32 {
    let near = &flux[frame.saturating_sub(2)..(frame + 3).min(flux.len())];
    let sum = |frame: &[f32; BANDS]| frame[..bands].iter().sum::<f32>();
    near.iter().map(sum).fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, LazyLock};

    use super::super::bands::{Bands, flux};
    use super::super::beat_odds::CLIP_BEATS;
    use super::*;
    use crate::network::{Backend, Models};

    static NETWORK: LazyLock<Arc<dyn Network>> =
        LazyLock::new(|| Models::new(Backend::Cpu, None).get(&CLIP_BEATS).unwrap());

    fn beats(flux: &Energies) -> ClipBeats {
        ClipBeats::of(flux, 0, &Envelope::default(), &**NETWORK).unwrap()
    }

    /// Kicks and snares on the beat and hats on the eighths, `period` frames a beat.
    fn rock(period: f64, frames: usize) -> Energies {
        let mut flux = vec![[0.02; BANDS]; frames];
        for eighth in 0.. {
            let frame = (10.0 + eighth as f64 * period / 2.0).round() as usize;
            let Some(row) = flux.get_mut(frame) else { break };
            row[6..].fill(0.8);
            match eighth % 4 {
                0 => row[..3].fill(2.0),
                2 => row[1..7].fill(1.5),
                _ => {}
            }
        }
        flux
    }

    #[test]
    fn beats_are_where_kicks_and_snares_are() {
        for period in [38.3, 43.0, 52.1, 61.7] {
            // The last is longer than what is heard at once.
            for frames in [700, 1700, 5000] {
                let beats = beats(&rock(period, frames));
                assert!((beats.period / HOP as f64 - period).abs() < 0.5, "{period}: {beats:?}");
                assert!(beats.early.len() >= 4 && beats.late.len() >= 4, "{period}: {beats:?}");
                for beat in beats.early.iter().chain(&beats.late) {
                    let frame = beat.sample / HOP as f64 - 1.0 - 10.0;
                    let off = (frame / period - (frame / period).round()).abs() * period;
                    assert!(off < 2.5, "{period}: {off}");
                }
            }
        }
    }

    /// Strokes at these sixteenths of a clip of so many samples.
    fn struck(samples: usize, sixteenths: &[f64]) -> Option<Range<f64>> {
        let step = samples as f64 / 16.0;
        let (mut noise, mut bands, mut envelope) = (1u32, Bands::new(), Envelope::default());
        let sound = |at: usize| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let since = |stroke: &f64| at.checked_sub((stroke * step) as usize);
            let last = sixteenths.iter().filter_map(since).min();
            let level = last.map_or(0.0, |since| 0.5 * (-(since as f32) / 1200.0).exp());
            level * ((noise >> 8) as f32 / (1 << 23) as f32 - 1.0)
        };
        let sound: Vec<f32> = (0..samples).map(sound).collect();
        bands.push(&sound);
        envelope.push(&sound);
        let flux = flux(&bands.finish());
        Heard { flux: &flux, first: 0, envelope: &envelope }.one_bar()
    }

    #[test]
    fn a_single_bar_is_whole() {
        for samples in [44_100, 73_500, 116_000] {
            let whole = Some(0.0..samples as f64);
            assert_eq!(struck(samples, &[0.0, 2.0, 4.0, 7.0, 10.0, 12.0]), whole);
            assert_eq!(struck(samples, &[0.0, 4.0, 8.0, 12.0]), whole);
            // Triplets.
            let third = 4.0 / 3.0;
            assert_eq!(struck(samples, &[0.0, 2.0 * third, 4.0, 8.0, 8.0 + third, 12.0]), whole);
        }
        // Cut where no bar ends, begun without a stroke, one stroke alone, and longer than a bar.
        assert_eq!(struck(88_200, &[0.0, 2.6, 5.2, 7.8, 10.4, 13.0, 15.6]), None);
        assert_eq!(struck(88_200, &[2.0, 4.0, 8.0, 12.0]), None);
        assert_eq!(struck(88_200, &[0.0]), None);
        assert_eq!(struck(400_000, &[0.0, 4.0, 8.0, 12.0]), None);
    }

    #[test]
    fn what_has_no_beats_has_none() {
        for frames in [0, 3, 60, 500] {
            assert_eq!(beats(&vec![[0.0; BANDS]; frames]), ClipBeats::default());
        }
        let mut one = vec![[0.0; BANDS]; 400];
        one[20] = [2.0; BANDS];
        assert_eq!(beats(&one).tempo(), None);
    }
}
