//! Where a clip can be joined: its beats.

use std::ops::Range;

use super::bands::{BANDS, Energies, FRAMES, HOP};
use super::beat_grid::BeatGrid;
use super::beat_odds::{WINDOW, beat_odds};
use super::envelope::Envelope;
use crate::network::{Network, NetworkError};

/// How far from the beat that the period says its stroke is looked for, in seconds.
const REACH: f64 = 0.03;

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
        };
        let few = beats.early.is_empty() || beats.late.is_empty();
        Ok(if few { ClipBeats::default() } else { beats })
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

/// The most that the lowest `bands` rise together within two frames of a frame.
fn rise(flux: &Energies, frame: usize, bands: usize) -> f32 {
    let near = &flux[frame.saturating_sub(2)..(frame + 3).min(flux.len())];
    let sum = |frame: &[f32; BANDS]| frame[..bands].iter().sum::<f32>();
    near.iter().map(sum).fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, LazyLock};

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
