//! How well does a melody belong to its drums, and is it like melodies that people wrote?
//!
//! [`drum_correlation`] measures a melody beside drums; [`likeliness`] asks the rhythm network how much
//! likelier a melody is with the drums than without; [`shape`] describes a melody by itself, and
//! [`overlap`] says how much two sets of such figures have in common.

use serde::Serialize;

use super::drums::DrumBars;
use super::key::Key;
use super::line::{MelodyLine, State};
use super::networks::run_network;
use super::rhythm::{DRUM_COLUMNS, RHYTHM_FEATURES, RhythmRows, RhythmTarget};
use crate::analysis::{Ssm, correlation, cosine, normalised};
use crate::network::{Network, NetworkError};

/// Bars on either side of a boundary that novelty compares.
const REACH: usize = 4;
/// Rows that are asked for at once.
const BATCH: usize = 512;

/// A melody beside drums, over all bars of the song from the first in which either sounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct DrumCorrelation {
    /// Correlation (phi) of onsets with strokes of any drum, slot by slot.
    pub phi: f64,
    /// Share of the notes that begin with a drum.
    pub on_drum: f64,
    /// Share of the notes that begin with the kick.
    pub on_kick: f64,
    /// Correlation of the self-similarity of bars (cosine): onsets by pitch class against strokes.
    pub ssm: f64,
    /// Correlation of the novelty of the two.
    pub novelty: f64,
}

impl DrumCorrelation {
    /// As an array, in the order of the fields.
    pub fn values(&self) -> [f64; 5] {
        [self.phi, self.on_drum, self.on_kick, self.ssm, self.novelty]
    }

    /// What the fields are called in reports.
    pub const NAMES: [&str; 5] = ["phi", "on_drum", "on_kick", "ssm", "novelty"];
}

/// The bars from the first in which a melody sounds to the last.
fn sung(line: &MelodyLine, drums: &DrumBars) -> std::ops::Range<usize> {
    let sounds = |bar: &usize| line.onsets(drums, *bar) > 0;
    let first = (0..drums.len()).find(sounds).unwrap_or(0);
    let last = (0..drums.len()).rev().find(sounds).map_or(0, |bar| bar + 1);
    first..last.max(first)
}

/// Measures a melody; `None` if it has less than four bars or nothing differs in it.
pub fn drum_correlation(line: &MelodyLine, drums: &DrumBars) -> Option<DrumCorrelation> {
    if sung(line, drums).len() < 4 {
        return None;
    }
    let sounds = |bar: &usize| drums.sounds(*bar) || line.onsets(drums, *bar) > 0;
    let first = (0..drums.len()).find(sounds)?;
    let last = (0..drums.len()).rev().find(sounds)?;
    let bars = first..last + 1;
    let (mut both, mut notes, mut drum_onsets, mut kicks, mut all) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for slot in bars.clone().flat_map(|bar| drums.of_bar(bar)) {
        let begins = line.states[slot] == State::Onset;
        let hit = drums.has_onset(slot);
        all += 1.0;
        notes += f64::from(u8::from(begins));
        drum_onsets += f64::from(u8::from(hit));
        both += f64::from(u8::from(begins && hit));
        kicks += f64::from(u8::from(begins && drums.hits(Some(slot))[0]));
    }
    let spread = (notes * (all - notes) * drum_onsets * (all - drum_onsets)).sqrt();
    let phi = if spread > 0.0 { (all * both - notes * drum_onsets) / spread } else { 0.0 };
    let sung_bars: Vec<Vec<f32>> =
        bars.clone().map(|bar| normalised(onsets(line, drums, bar))).collect();
    let drum_bars: Vec<Vec<f32>> = bars.map(|bar| drums.shapes()[bar].to_vec()).collect();
    let (sung, played) = (similarity(&sung_bars), similarity(&drum_bars));
    Some(DrumCorrelation {
        phi,
        on_drum: both / notes.max(1.0),
        on_kick: kicks / notes.max(1.0),
        ssm: f64::from(sung.correlation(&played)),
        novelty: correlation(&sung.novelty(REACH), &played.novelty(REACH)),
    })
}

/// Onsets of a bar by pitch class and sixteenth of the bar.
pub(super) fn onsets(line: &MelodyLine, drums: &DrumBars, bar: usize) -> Vec<f32> {
    let slots = drums.of_bar(bar);
    let mut row = vec![0.0; 12 * 16];
    for slot in slots.clone().filter(|&slot| line.states[slot] == State::Onset) {
        let step = (slot - slots.start) * 16 / slots.len();
        row[usize::from(line.keys[slot] % 12) * 16 + step] = 1.0;
    }
    row
}

/// Cosines of rows of length 1 or 0; two empty ones are alike.
pub(super) fn similarity(rows: &[Vec<f32>]) -> Ssm {
    Ssm::from_pairs(rows.len(), |a, b| cosine(&rows[a], &rows[b]))
}

/// A melody under other drums: bar by bar, and from the start again.
pub fn tiled(line: &MelodyLine, own: &DrumBars, drums: &DrumBars) -> MelodyLine {
    let bars = sung(line, own);
    let from = |bar: usize| (!bars.is_empty()).then(|| bars.start + bar % bars.len());
    under(line, own, drums, from)
}

/// A melody under other drums: bar under bar, as far as both go.
pub fn laid(line: &MelodyLine, own: &DrumBars, drums: &DrumBars) -> MelodyLine {
    under(line, own, drums, |bar| (bar < own.len()).then_some(bar))
}

/// A melody under other drums, in each of whose bars it is as in the bar that `from` says.
fn under(
    line: &MelodyLine,
    own: &DrumBars,
    drums: &DrumBars,
    from: impl Fn(usize) -> Option<usize>,
) -> MelodyLine {
    let mut under =
        MelodyLine { states: vec![State::Rest; drums.slots()], keys: vec![0; drums.slots()] };
    for bar in 0..drums.len() {
        let Some(from) = from(bar).map(|bar| own.of_bar(bar)) else { continue };
        let to = drums.of_bar(bar);
        for (step, slot) in from.clone().enumerate() {
            let at = to.start + (step * to.len() / from.len()).min(to.len() - 1);
            if line.states[slot] as u8 > under.states[at] as u8 {
                under.states[at] = line.states[slot];
                under.keys[at] = line.keys[slot];
            }
        }
    }
    under
}

/// How likely the rhythm network finds a melody, in nats a slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Likeliness {
    /// With the drums.
    pub with: f64,
    /// Without them.
    pub without: f64,
}

impl Likeliness {
    /// How much the drums tell of the melody.
    pub fn gain(&self) -> f64 {
        self.with - self.without
    }
}

/// Asks the rhythm network about every slot of the bars in which drums and melody sound.
///
/// # Errors
/// If the network fails.
pub fn likeliness(
    line: &MelodyLine,
    drums: &DrumBars,
    network: &dyn Network,
) -> Result<Likeliness, NetworkError> {
    let rows = RhythmRows::new(drums);
    let wanted = RhythmTarget::of(&line.states, drums);
    let slots: Vec<usize> = (0..drums.len())
        .filter(|&bar| drums.sounds(bar) && line.onsets(drums, bar) > 0)
        .flat_map(|bar| drums.of_bar(bar))
        .collect();
    let mut sums = [0.0f64; 2];
    for slots in slots.chunks(BATCH) {
        let mut shown = Vec::with_capacity(BATCH * RHYTHM_FEATURES);
        for &slot in slots {
            rows.push(&mut shown, &line.states, slot, wanted);
        }
        shown.resize(BATCH * RHYTHM_FEATURES, 0.0);
        let mut hidden = shown.clone();
        for row in hidden.chunks_mut(RHYTHM_FEATURES) {
            row[..DRUM_COLUMNS].fill(0.0);
        }
        for (sum, input) in sums.iter_mut().zip([shown, hidden]) {
            let logs = run_network(network, input, RHYTHM_FEATURES)?;
            for (row, &slot) in logs.chunks(3).zip(slots) {
                *sum += f64::from(row[line.states[slot] as usize]);
            }
        }
    }
    let count = slots.len().max(1) as f64;
    Ok(Likeliness { with: sums[0] / count, without: sums[1] / count })
}

/// A melody by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Shape {
    /// Of the pitch classes, in bits.
    pub entropy: f64,
    /// Share of the notes in the scale.
    pub in_scale: f64,
    /// Mean share of steps in which neighbouring sounding bars agree whether a note begins.
    pub groove: f64,
    /// Of sounding bars.
    pub notes_a_bar: f64,
    /// Share of the sounding bars that play exactly what an earlier one does.
    pub repeated: f64,
    /// From the lowest note to the highest, in semitones.
    pub range: f64,
}

impl Shape {
    /// What the fields are called in reports.
    pub const NAMES: [&str; 6] =
        ["entropy", "in_scale", "groove", "notes_a_bar", "repeated", "range"];

    /// As an array, in the order of the fields.
    pub fn values(&self) -> [f64; 6] {
        let Shape { entropy, in_scale, groove, notes_a_bar, repeated, range } = *self;
        [entropy, in_scale, groove, notes_a_bar, repeated, range]
    }
}

/// Describes a melody; `None` of one without two sounding bars.
pub fn shape(line: &MelodyLine, drums: &DrumBars, key: Key) -> Option<Shape> {
    let sounding: Vec<usize> =
        (0..drums.len()).filter(|&bar| line.onsets(drums, bar) > 0).collect();
    if sounding.len() < 2 {
        return None;
    }
    let notes = line.notes();
    let count = notes.len() as f64;
    let mut classes = [0.0f64; 12];
    notes.iter().for_each(|note| classes[usize::from(note.key % 12)] += 1.0 / count);
    let entropy = classes.iter().filter(|&&share| share > 0.0).map(|p| -p * p.log2()).sum();
    let inside = notes.iter().filter(|note| key.has(note.key)).count();
    let mut agreements = Vec::new();
    for pair in sounding.windows(2).filter(|pair| pair[0] + 1 == pair[1]) {
        let slots = drums.of_bar(pair[1]);
        let same = slots.clone().filter(|&slot| {
            let before = drums.counterpart(slot, pair[1], pair[0]);
            (line.states[slot] == State::Onset) == (line.states[before] == State::Onset)
        });
        agreements.push(same.count() as f64 / slots.len() as f64);
    }
    let again = |at: &usize| {
        sounding[..*at].iter().any(|&earlier| line.same_bar(drums, earlier, sounding[*at]))
    };
    let lowest = notes.iter().map(|note| note.key).min().unwrap_or(0);
    let highest = notes.iter().map(|note| note.key).max().unwrap_or(0);
    Some(Shape {
        entropy,
        in_scale: inside as f64 / count,
        groove: agreements.iter().sum::<f64>() / agreements.len().max(1) as f64,
        notes_a_bar: count / sounding.len() as f64,
        repeated: (0..sounding.len()).filter(again).count() as f64 / sounding.len() as f64,
        range: f64::from(highest - lowest),
    })
}

/// The area that two sets of numbers share under their kernel densities (Gaussian kernels, widths by
/// Scott's rule), 0 to 1.
pub fn overlap(a: &[f64], b: &[f64]) -> f64 {
    const POINTS: usize = 400;
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    let width = |values: &[f64]| {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count;
        (variance.sqrt() * count.powf(-0.2)).max(1e-3)
    };
    let widths = (width(a), width(b));
    let edge = 4.0 * widths.0.max(widths.1);
    let both = || a.iter().chain(b).copied();
    let low = both().fold(f64::INFINITY, f64::min) - edge;
    let high = both().fold(f64::NEG_INFINITY, f64::max) + edge;
    let density = |values: &[f64], width: f64, at: f64| {
        let kernel = |v: &f64| (-((at - v) / width).powi(2) / 2.0).exp();
        let norm = values.len() as f64 * width * (2.0 * std::f64::consts::PI).sqrt();
        values.iter().map(kernel).sum::<f64>() / norm
    };
    let step = (high - low) / POINTS as f64;
    let shared = (0..POINTS).map(|point| {
        let at = low + (point as f64 + 0.5) * step;
        density(a, widths.0, at).min(density(b, widths.1, at)) * step
    });
    shared.sum::<f64>().min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_sets_overlap_and_distant_ones_do_not() {
        let a: Vec<f64> = (0..50).map(|i| f64::from(i) / 10.0).collect();
        let far: Vec<f64> = a.iter().map(|value| value + 100.0).collect();
        let half: Vec<f64> = a.iter().map(|value| value + 2.5).collect();
        assert!(overlap(&a, &a) > 0.98);
        assert!(overlap(&a, &far) < 0.01);
        assert!((0.35..0.65).contains(&overlap(&a, &half)), "{}", overlap(&a, &half));
    }
}
