//! What a group of bars may play: the evidence of its bars pooled, and whole bars to choose among.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::cells::{CELLS, SILENT, log_odds};
use super::features::SLOTS;
use super::given_evidence::GivenEvidence;
use super::limbs::Limbs;
use super::objective::{ClassCells, by_class, class_of, lanes_of};
use super::pattern::PatternOutput;
use super::vocabulary::StyleBar;
use crate::score::{DRUM_CLASSES, DrumClass, LANES, Lane};

/// Codes less likely than this share of the likeliest are not considered.
const UNLIKELY: f32 = 0.01;
/// Beside the codes, a group may play all cells more probable than one of these.
const THRESHOLDS: [f32; 6] = [0.18, 0.22, 0.27, 0.33, 0.42, 0.5];
/// How much of what is likely a style that was asked for by name has to say; the song says the rest.
const STYLE: f32 = 0.3;
/// What a group of bars is to be made of.
#[derive(Clone, Copy)]
pub(super) enum Material<'a> {
    /// The network's bars.
    Song,
    /// Bars of a style.
    Style(&'a [StyleBar]),
    /// The musician's own bars.
    Given(&'a GivenEvidence),
}

/// Most candidates a group is given.
const CANDIDATES: usize = 24;

/// Bars that play the same.
pub(super) struct Group {
    pub bars: Vec<usize>,
    /// The drummer's limbs where they have least time.
    pub limbs: Limbs,
    /// How probable an onset is in each lane cell, `[lanes x slots]`.
    pub marginal: Vec<f32>,
    /// The same by class cell.
    pub by_class: Vec<f32>,
    /// How probable any onset is on a slot.
    pub onset: Vec<f32>,
    /// Whether its bars are the musician's.
    pub given: bool,
    /// Whether it plays its bars as they are, without other cells.
    pub whole: bool,
    /// Never empty.
    pub candidates: Vec<Candidate>,
}

/// A bar that a group may play.
pub(super) struct Candidate {
    /// Of every lane cell; above 0 is an onset.
    pub logits: Vec<f32>,
    /// The lane cells that are struck: what the drummer can play of the logits above 0.
    pub onsets: Vec<bool>,
    pub cells: ClassCells,
    /// What makes seeds differ, added to the value of the choice.
    pub noise: f32,
}

impl Candidate {
    fn new(mut logits: Vec<f32>, noise: f32, limbs: &Limbs) -> Candidate {
        one_snare(&mut logits);
        let onsets = limbs.playable(&logits, 0.0);
        Candidate { logits, cells: ClassCells::of(&onsets), onsets, noise }
    }

    /// A bar of a style: a kick that no foot has time for is not struck in the place of another, so that one on
    /// the last sixteenth does not take the first beat's.
    fn of_style(logits: Vec<f32>, noise: f32, limbs: &Limbs) -> Candidate {
        let mut candidate = Candidate::new(logits, noise, limbs);
        let kick = Lane::Kick.index() * SLOTS;
        for cell in (kick..kick + SLOTS).filter(|&cell| !candidate.onsets[cell]) {
            candidate.logits[cell] = candidate.logits[cell].min(SILENT);
        }
        candidate
    }

    /// A bar that was given is played as it is, however many hands it takes.
    fn given(logits: Vec<f32>, noise: f32) -> Candidate {
        let onsets: Vec<bool> = logits.iter().map(|&logit| logit > 0.0).collect();
        Candidate { logits, cells: ClassCells::of(&onsets), onsets, noise }
    }
}

/// How candidates are drawn up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drafting {
    /// How much the pooled evidence of a large group outweighs one bar's.
    pub pooling: f32,
    /// Scale of the noise that makes seeds differ.
    pub noise: f32,
}

impl Group {
    /// The evidence and candidates of some bars of a song, all of `limbs.steps` steps. The
    /// candidates are bars of the material.
    pub fn new(
        output: &PatternOutput,
        bars: Vec<usize>,
        limbs: Limbs,
        material: Material,
        drafting: Drafting,
        rng: &mut ChaCha8Rng,
    ) -> Group {
        let slots = limbs.steps;
        let codes = Codes::pooled(output, &bars, slots, drafting.pooling);
        let mut marginal = codes.marginal();
        let mut onset = codes.onset();
        let rows = match material {
            Material::Style(style) => {
                for (cell, probability) in marginal.iter_mut().enumerate() {
                    let usual: f32 =
                        style.iter().map(|bar| bar.share * bar.probabilities[cell]).sum();
                    *probability += STYLE * (usual - *probability);
                }
                for (slot, probability) in onset.iter_mut().enumerate() {
                    let none = |bar: &StyleBar| -> f32 {
                        bar.probabilities
                            .iter()
                            .skip(slot)
                            .step_by(SLOTS)
                            .map(|c| 1.0 - c)
                            .product()
                    };
                    let usual: f32 = style.iter().map(|bar| bar.share * (1.0 - none(bar))).sum();
                    *probability += STYLE * (usual - *probability);
                }
                style.iter().map(|bar| against(&bar.probabilities, 0.5, slots)).collect()
            }
            Material::Given(given) => {
                let rows = given.apply(&bars, &mut marginal, &mut onset, slots);
                rows.into_iter()
                    .chain(
                        (given.follow > 0.0)
                            .then(|| THRESHOLDS.map(|t| over_threshold(&marginal, t, slots)))
                            .into_iter()
                            .flatten(),
                    )
                    .collect()
            }
            Material::Song => {
                let mut rows = codes.logits;
                rows.extend(
                    THRESHOLDS.map(|threshold| over_threshold(&marginal, threshold, slots)),
                );
                rows
            }
        };
        let by_class = by_class(&marginal);
        let mut candidates: Vec<Candidate> = Vec::new();
        for row in rows {
            let noise = match drafting.noise {
                scale if scale > 0.0 => rng.random_range(-scale..scale),
                _ => 0.0,
            };
            let candidate = match material {
                Material::Given(given) if candidates.len() < given.bars() => {
                    Candidate::given(row, noise)
                }
                Material::Style(_) => Candidate::of_style(row, noise, &limbs),
                _ => Candidate::new(row, noise, &limbs),
            };
            if candidates.iter().all(|known| known.cells != candidate.cells) {
                candidates.push(candidate);
            }
        }
        let whole = match material {
            Material::Song => false,
            Material::Style(_) => true,
            Material::Given(given) => given.follow == 0.0,
        };
        let given = matches!(material, Material::Given(_));
        let mut group = Group { bars, limbs, marginal, by_class, onset, given, whole, candidates };
        group.keep_best();
        group
    }

    /// Keeps the candidates that are best for the group alone, the best first.
    fn keep_best(&mut self) {
        let expected: f32 = self.by_class.iter().sum();
        let value = |candidate: &Candidate| {
            let both: f32 = candidate.cells.cells().map(|cell| self.by_class[cell]).sum();
            2.0 * both / (candidate.cells.count() as f32 + expected + 1e-6) + candidate.noise
        };
        let mut ranked: Vec<(f32, Candidate)> =
            self.candidates.drain(..).map(|candidate| (value(&candidate), candidate)).collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        self.candidates =
            ranked.into_iter().take(CANDIDATES).map(|(_, candidate)| candidate).collect();
    }

    /// Adds to each lane's logits in all candidates.
    pub fn ease(&mut self, offsets: [f32; LANES]) {
        for candidate in &mut self.candidates {
            let mut logits = std::mem::take(&mut candidate.logits);
            for (row, offset) in logits.chunks_mut(SLOTS).zip(offsets) {
                row.iter_mut().for_each(|logit| *logit += offset);
            }
            *candidate = Candidate::new(logits, candidate.noise, &self.limbs);
        }
    }

    /// The lane cell that a class cell most likely sounds.
    pub fn lane_cell(&self, class_cell: usize) -> usize {
        let (class, slot) = (class_cell / SLOTS, class_cell % SLOTS);
        (0..LANES)
            .map(|lane| lane * SLOTS + slot)
            .filter(|&cell| class_of(cell) == class)
            .max_by(|&a, &b| self.marginal[a].total_cmp(&self.marginal[b]))
            .expect("every class has a lane")
    }
}

/// The network's likely codes for a group of bars.
pub(super) struct Codes {
    /// How likely each is, summing to 1.
    weights: Vec<f32>,
    /// The logits of the lane cells under each, mean over the bars; -inf outside the bar's steps.
    logits: Vec<Vec<f32>>,
}

impl Codes {
    pub fn pooled(output: &PatternOutput, bars: &[usize], slots: usize, pooling: f32) -> Codes {
        let prior = pooled_prior(output, bars, pooling);
        let most = prior.iter().copied().fold(0.0, f32::max);
        let mut order: Vec<usize> =
            (0..prior.len()).filter(|&code| prior[code] >= UNLIKELY * most).collect();
        order.sort_by(|&a, &b| prior[b].total_cmp(&prior[a]).then(a.cmp(&b)));
        order.truncate(4 * CANDIDATES);
        let kept: f32 = order.iter().map(|&code| prior[code]).sum();
        let weights = order.iter().map(|&code| prior[code] / kept).collect();
        let logits = order
            .iter()
            .map(|&code| {
                let mut mean = vec![0.0; CELLS];
                for &bar in bars {
                    for (sum, logit) in mean.iter_mut().zip(output.logits(bar, code)) {
                        *sum += logit / bars.len() as f32;
                    }
                }
                for (cell, logit) in mean.iter_mut().enumerate() {
                    if cell % SLOTS >= slots {
                        *logit = f32::NEG_INFINITY;
                    }
                }
                mean
            })
            .collect();
        Codes { weights, logits }
    }

    pub fn marginal(&self) -> Vec<f32> {
        let mut marginal = vec![0.0; CELLS];
        for (weight, logits) in self.weights.iter().zip(&self.logits) {
            for (sum, logit) in marginal.iter_mut().zip(logits) {
                *sum += weight / (1.0 + (-logit).exp());
            }
        }
        marginal
    }

    /// How probable any onset is on a slot. Classes go together: a hat or a ride keeps the time, so
    /// this is more than what the marginals say.
    fn onset(&self) -> Vec<f32> {
        let mut onset = vec![0.0; SLOTS];
        for (weight, logits) in self.weights.iter().zip(&self.logits) {
            for (slot, sum) in onset.iter_mut().enumerate() {
                let row = logits.iter().skip(slot).step_by(SLOTS);
                *sum +=
                    weight * (1.0 - row.map(|logit| 1.0 / (1.0 + logit.exp())).product::<f32>());
            }
        }
        onset
    }
}

/// The pooled prior of a group's codes.
fn pooled_prior(output: &PatternOutput, bars: &[usize], pooling: f32) -> Vec<f32> {
    let gain = 1.0 + (pooling - 1.0) * (1.0 - 1.0 / bars.len() as f32);
    let mut pooled = vec![0.0; output.codes()];
    for &bar in bars {
        for (sum, log) in pooled.iter_mut().zip(output.prior(bar)) {
            *sum += log * gain / bars.len() as f32;
        }
    }
    let most = pooled.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let total: f32 = pooled.iter().map(|log| (log - most).exp()).sum();
    pooled.iter().map(|log| (log - most).exp() / total).collect()
}

/// Of snare, side stick and clap together leaves the likeliest: the others take the hand that keeps the time.
fn one_snare(logits: &mut [f32]) {
    for slot in 0..SLOTS {
        let cells = || lanes_of(DrumClass::Snare.index() * SLOTS + slot);
        let most = cells().max_by(|&a, &b| logits[a].total_cmp(&logits[b]));
        cells()
            .filter(|&cell| Some(cell) != most)
            .for_each(|cell| logits[cell] = logits[cell].min(SILENT));
    }
}

/// Logits that are above 0 where a lane's probability is above the threshold.
fn against(lanes: &[f32], threshold: f32, slots: usize) -> Vec<f32> {
    let logit = |(cell, &probability): (usize, &f32)| {
        if cell % SLOTS < slots {
            log_odds(probability) - log_odds(threshold)
        } else {
            f32::NEG_INFINITY
        }
    };
    lanes.iter().enumerate().map(logit).collect()
}

/// As [`against`], but a class whose lanes reach the threshold together sounds its likeliest lane.
fn over_threshold(lanes: &[f32], threshold: f32, slots: usize) -> Vec<f32> {
    let mut logits = against(lanes, threshold, slots);
    let by_class = by_class(lanes);
    for slot in 0..slots {
        let mut best: [Option<usize>; DRUM_CLASSES] = [None; DRUM_CLASSES];
        for cell in (0..LANES).map(|lane| lane * SLOTS + slot) {
            let best = &mut best[class_of(cell)];
            if best.is_none_or(|best| lanes[cell] > lanes[best]) {
                *best = Some(cell);
            }
        }
        for (class, cell) in best.into_iter().enumerate() {
            if let Some(cell) = cell {
                logits[cell] = log_odds(by_class[class * SLOTS + slot]) - log_odds(threshold);
            }
        }
    }
    logits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clap_leaves_the_hat_its_hand() {
        let cell = |lane: Lane, slot: usize| lane.index() * SLOTS + slot;
        let mut logits = vec![-2.0; CELLS];
        for slot in [4, 12] {
            logits[cell(Lane::Snare, slot)] = 3.0;
            logits[cell(Lane::Clap, slot)] = 2.0;
        }
        logits[cell(Lane::Clap, 8)] = 1.0;
        (0..16).step_by(2).for_each(|slot| logits[cell(Lane::ClosedHat, slot)] = 1.0);
        let limbs = Limbs { step: 0.125, steps: 16, double_pedal: false };
        let onsets = Candidate::new(logits, 0.0, &limbs).onsets;
        let struck = |lane: Lane| -> Vec<usize> {
            (0..SLOTS).filter(|&slot| onsets[cell(lane, slot)]).collect()
        };
        assert_eq!((struck(Lane::Snare), struck(Lane::Clap)), (vec![4, 12], vec![8]));
        assert_eq!(struck(Lane::ClosedHat).len(), 8);
    }

    #[test]
    fn the_first_beat_keeps_its_kick() {
        let limbs = Limbs { step: 0.12, steps: 16, double_pedal: false };
        let mut logits = vec![-2.0; CELLS];
        let kick = |step: usize| Lane::Kick.index() * SLOTS + step;
        [0, 10, 15].map(kick).into_iter().for_each(|cell| logits[cell] = 2.0);
        let bar = Candidate::of_style(logits, 0.0, &limbs);
        assert!(bar.logits[kick(0)] > 0.0 && bar.logits[kick(10)] > 0.0);
        assert!(bar.logits[kick(15)] < 0.0, "too soon before the first beat");
    }
}
