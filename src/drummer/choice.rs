//! One candidate for every group of bars, best for the song as a whole; and the measure of that.

use super::decode::{Candidate, Group, Taste};
use super::settings::ClassDensities;
use crate::analysis::Ssm;
use crate::score::SCORE_CLASSES;

/// The number of the candidate that each group plays. Coordinate ascent over groups: the value of
/// each choice, weighted by the bars that play it, plus the correlation between the self-similarity
/// of the choices and the predicted one, less the distance from the class densities wanted.
pub(super) fn choose(
    groups: &[Group],
    ssm: &Ssm,
    wanted: &ClassDensities,
    taste: Taste,
) -> Vec<usize> {
    let count = groups.len();
    let predicted = Blocks::new(groups, ssm);
    let mut chosen = vec![0; count];
    let similarity = |a: &Candidate, b: &Candidate| cosine(&a.struck, &b.struck);
    let mut alike = vec![1.0; count * count];
    for row in 0..count {
        for column in 0..count {
            alike[row * count + column] =
                similarity(&groups[row].candidates[0], &groups[column].candidates[0]);
        }
    }
    let mut played: ClassDensities = [0.0; SCORE_CLASSES];
    let add = |played: &mut ClassDensities, group: usize, index: usize, sign: f32| {
        let group = &groups[group];
        for (sum, count) in played.iter_mut().zip(&group.candidates[index].classes) {
            *sum += sign * group.share * count;
        }
    };
    (0..count).for_each(|group| add(&mut played, group, 0, 1.0));
    for _sweep in 0..4 {
        let mut changed = false;
        for group in 0..count {
            let mut best = (f32::NEG_INFINITY, chosen[group]);
            add(&mut played, group, chosen[group], -1.0);
            for (index, candidate) in groups[group].candidates.iter().enumerate() {
                for other in (0..count).filter(|&other| other != group) {
                    let value = similarity(candidate, &groups[other].candidates[chosen[other]]);
                    alike[group * count + other] = value;
                    alike[other * count + group] = value;
                }
                let agreement = predicted.correlation(&alike);
                let mut with = played;
                add(&mut with, group, index, 1.0);
                let value = candidate.value * groups[group].share + taste.structure * agreement
                    - taste.balance * imbalance(&with, wanted);
                if value > best.0 + 1e-7 {
                    best = (value, index);
                }
            }
            changed |= best.1 != chosen[group];
            chosen[group] = best.1;
            add(&mut played, group, best.1, 1.0);
            for other in (0..count).filter(|&other| other != group) {
                let value = similarity(
                    &groups[group].candidates[best.1],
                    &groups[other].candidates[chosen[other]],
                );
                alike[group * count + other] = value;
                alike[other * count + group] = value;
            }
        }
        if !changed {
            break;
        }
    }
    chosen
}

/// Cells that two patterns both strike.
pub(super) fn common(a: &[bool], b: &[bool]) -> u32 {
    a.iter().zip(b).map(|(&a, &b)| u32::from(a && b)).sum()
}

fn cosine(a: &[bool], b: &[bool]) -> f32 {
    let strokes = |pattern: &[bool]| pattern.iter().map(|&struck| u32::from(struck)).sum();
    cosine_of(common(a, b), strokes(a), strokes(b))
}

/// Cosine similarity of two patterns by how many cells both strike and how many each does.
pub(super) fn cosine_of(both: u32, first: u32, second: u32) -> f32 {
    match (first, second) {
        (0, 0) => 1.0,
        (0, _) | (_, 0) => 0.0,
        _ => both as f32 / ((first * second) as f32).sqrt(),
    }
}

/// Sums over pairs of bars of a matrix that is constant on blocks: its values, their squares, their
/// products with the predicted similarities.
#[derive(Clone, Copy, Default)]
pub(super) struct Totals {
    sum: f32,
    squares: f32,
    product: f32,
}

/// The predicted SSM summed over pairs of groups, so that correlations cost groups² rather than
/// bars².
pub(super) struct Blocks {
    /// Pairs of different bars between two groups.
    pairs: Vec<f32>,
    /// Mean predicted similarity of these pairs, centred over all pairs.
    predicted: Vec<f32>,
    /// Deviation of all pairs from their mean, squared and summed.
    spread: f32,
    /// Pairs of different bars.
    count: f32,
}

impl Blocks {
    pub fn new(members: &[Group], ssm: &Ssm) -> Blocks {
        let groups = members.len();
        let (mut pairs, mut sums) = (vec![0.0; groups * groups], vec![0.0; groups * groups]);
        let (mut total, mut squares, mut count) = (0.0f64, 0.0f64, 0.0f64);
        for row in 0..groups {
            for column in 0..groups {
                for &a in &members[row].bars {
                    for &b in members[column].bars.iter().filter(|&&b| b != a) {
                        let value = ssm.get(a, b);
                        pairs[row * groups + column] += 1.0;
                        sums[row * groups + column] += value;
                        total += f64::from(value);
                        squares += f64::from(value) * f64::from(value);
                        count += 1.0;
                    }
                }
            }
        }
        let mean = total / count.max(1.0);
        let predicted = sums
            .iter()
            .zip(&pairs)
            .map(|(sum, &pairs)| if pairs > 0.0 { sum / pairs - mean as f32 } else { 0.0 })
            .collect();
        let spread = (squares - count * mean * mean).max(0.0) as f32;
        Blocks { pairs, predicted, spread, count: count as f32 }
    }

    /// Pearson correlation over pairs of bars between the predicted similarities and a matrix that
    /// is constant on blocks.
    fn correlation(&self, alike: &[f32]) -> f32 {
        self.correlation_of(self.totals(alike))
    }

    pub fn totals(&self, alike: &[f32]) -> Totals {
        let mut totals = Totals::default();
        for (place, &value) in alike.iter().enumerate() {
            self.add(&mut totals, place, value, 1.0);
        }
        totals
    }

    fn add(&self, totals: &mut Totals, place: usize, value: f32, sign: f32) {
        let weight = sign * self.pairs[place];
        totals.sum += weight * value;
        totals.squares += weight * value * value;
        totals.product += weight * value * self.predicted[place];
    }

    /// Two groups become as alike as `new` says, in both halves of the matrix.
    pub fn change(&self, totals: &mut Totals, place: usize, old: f32, new: f32) {
        self.add(totals, place, old, -2.0);
        self.add(totals, place, new, 2.0);
    }

    /// [`Blocks::correlation`], from sums.
    pub fn correlation_of(&self, totals: Totals) -> f32 {
        let Totals { sum, squares, product } = totals;
        let spread = (squares - sum * sum / self.count.max(1.0)).max(0.0);
        if spread * self.spread > 1e-9 { product / (spread * self.spread).sqrt() } else { 0.0 }
    }
}

/// F1 of struck cells against chances, taking expectations of numerator and denominator; in its parts,
/// so that one cell more or less costs nothing.
#[derive(Clone, Copy)]
pub(super) struct Expected {
    both: f32,
    either: f32,
}

impl Expected {
    pub fn new(struck: &[bool], marginal: &[f32]) -> Expected {
        let none = Expected { both: 0.0, either: 1e-6 + marginal.iter().sum::<f32>() };
        let cells = struck.iter().zip(marginal).filter(|&(&struck, _)| struck);
        cells.fold(none, |sum, (_, &chance)| sum.with(true, chance))
    }

    /// With one struck cell of the given chance more, or less.
    pub fn with(self, on: bool, chance: f32) -> Expected {
        let sign = if on { 1.0 } else { -1.0 };
        Expected { both: self.both + sign * chance, either: self.either + sign }
    }

    pub fn f1(self) -> f32 {
        2.0 * self.both / self.either
    }
}

/// Mean over the classes of how many octaves the amounts are apart; as `cls_lr` of the scorer.
pub(super) fn imbalance(played: &ClassDensities, wanted: &ClassDensities) -> f32 {
    played.iter().zip(wanted).map(|(a, b)| ((a + 0.1) / (b + 0.1)).log2().abs()).sum::<f32>()
        / SCORE_CLASSES as f32
}
