//! From the network's mixtures to one pattern per group of like bars.
//!
//! Bars that the drum SSM holds for repeats form a group and are decided together: their evidence is
//! pooled, every code gives a candidate bar, and the candidates are chosen so that the expected F1
//! against the mixture (minimum Bayes risk) and the agreement of the chosen bars' self-similarity
//! with the predicted one are best over the whole song. Choosing among whole bars that drummers
//! play, rather than cell by cell, is what keeps a part from hedging.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::features::SLOTS;
use super::pattern::{Answer, CELLS};
use super::settings::ClassDensities;
use crate::analysis::Ssm;
use crate::score::{LANES, Lane, SCORE_CLASSES};

/// Codes less likely than this share of the likeliest are not considered.
const UNLIKELY: f32 = 0.01;
/// Beside the codes, a group may play all cells likelier than one of these.
const HEDGES: [f32; 4] = [0.25, 0.33, 0.42, 0.5];
/// Most candidates a group is given.
const CANDIDATES: usize = 24;

/// Weights of the choice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taste {
    /// How much the pooled evidence of a large group outweighs one bar's.
    pub pooling: f32,
    /// Agreement of the self-similarities against expected F1.
    pub structure: f32,
    /// Nearness to the amount of every class that the song suggests.
    pub balance: f32,
    /// Scale of the noise that makes seeds differ.
    pub whim: f32,
}

/// What a group of bars plays: one logit a cell; above 0 is struck.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub logits: Vec<f32>,
}

struct Candidate {
    logits: Vec<f32>,
    struck: Vec<bool>,
    /// Strokes of each class.
    classes: ClassDensities,
    value: f32,
}

/// Chooses a pattern for each group. `groups[bar]` numbers the groups from 0.
pub(super) fn decode(
    answer: &Answer,
    groups: &[usize],
    slots: &[usize],
    ssm: &Ssm,
    taste: Taste,
    rng: &mut ChaCha8Rng,
) -> Vec<Pattern> {
    let count = groups.iter().max().map_or(0, |most| most + 1);
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (bar, &group) in groups.iter().enumerate() {
        members[group].push(bar);
    }
    let candidates: Vec<Vec<Candidate>> =
        members.iter().map(|bars| candidates(answer, bars, slots[bars[0]], taste, rng)).collect();
    let chosen = choose(&candidates, &members, ssm, &answer.densities, taste);
    candidates
        .into_iter()
        .zip(chosen)
        .map(|(mut candidates, index)| Pattern { logits: candidates.swap_remove(index).logits })
        .collect()
}

/// The pooled log prior of a group's codes.
fn pooled_prior(answer: &Answer, bars: &[usize], pooling: f32) -> Vec<f32> {
    let gain = 1.0 + (pooling - 1.0) * (1.0 - 1.0 / bars.len() as f32);
    let mut pooled = vec![0.0; answer.codes()];
    for &bar in bars {
        for (sum, log) in pooled.iter_mut().zip(answer.prior(bar)) {
            *sum += log * gain / bars.len() as f32;
        }
    }
    let most = pooled.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let total: f32 = pooled.iter().map(|log| (log - most).exp()).sum();
    pooled.iter().map(|log| (log - most).exp() / total).collect()
}

fn candidates(
    answer: &Answer,
    bars: &[usize],
    slots: usize,
    taste: Taste,
    rng: &mut ChaCha8Rng,
) -> Vec<Candidate> {
    let prior = pooled_prior(answer, bars, taste.pooling);
    let most = prior.iter().copied().fold(0.0, f32::max);
    let mut order: Vec<usize> =
        (0..prior.len()).filter(|&code| prior[code] >= UNLIKELY * most).collect();
    order.sort_by(|&a, &b| prior[b].total_cmp(&prior[a]).then(a.cmp(&b)));
    order.truncate(4 * CANDIDATES);
    let kept: f32 = order.iter().map(|&code| prior[code]).sum();
    let inside = |cell: usize| cell % SLOTS < slots;
    let logits: Vec<Vec<f32>> = order
        .iter()
        .map(|&code| {
            let mut mean = vec![0.0; CELLS];
            for &bar in bars {
                for (sum, logit) in mean.iter_mut().zip(answer.logits(bar, code)) {
                    *sum += logit / bars.len() as f32;
                }
            }
            for (cell, logit) in mean.iter_mut().enumerate() {
                if !inside(cell) {
                    *logit = f32::NEG_INFINITY;
                }
            }
            mean
        })
        .collect();
    let chances: Vec<Vec<f32>> = logits
        .iter()
        .map(|row| row.iter().map(|logit| 1.0 / (1.0 + (-logit).exp())).collect())
        .collect();
    let mut marginal = vec![0.0; CELLS];
    for (&code, chance) in order.iter().zip(&chances) {
        for (sum, chance) in marginal.iter_mut().zip(chance) {
            *sum += prior[code] / kept * chance;
        }
    }
    let odds = |chance: f32| {
        let chance = chance.clamp(1e-4, 1.0 - 1e-4);
        (chance / (1.0 - chance)).ln()
    };
    let hedges = HEDGES.map(|threshold| -> Vec<f32> {
        marginal.iter().map(|&chance| odds(chance) - odds(threshold)).collect()
    });
    let mut list: Vec<Candidate> = logits
        .iter()
        .chain(&hedges)
        .map(|row| {
            let struck: Vec<bool> = row.iter().map(|&logit| logit > 0.0).collect();
            let value = expected_f1(&struck, &marginal);
            let noise: f32 =
                if taste.whim > 0.0 { rng.random_range(-taste.whim..taste.whim) } else { 0.0 };
            let classes = classes(&struck);
            Candidate { logits: row.clone(), struck, classes, value: value + noise }
        })
        .collect();
    list.sort_by(|a, b| b.value.total_cmp(&a.value));
    let mut distinct: Vec<Candidate> = Vec::new();
    for candidate in list {
        if distinct.iter().all(|known| known.struck != candidate.struck) {
            distinct.push(candidate);
        }
    }
    distinct.truncate(CANDIDATES);
    distinct
}

fn classes(struck: &[bool]) -> ClassDensities {
    let mut classes = [0.0; SCORE_CLASSES];
    for (lane, row) in Lane::ALL.into_iter().zip(struck.chunks(SLOTS)) {
        classes[lane.score_class().index()] += row.iter().filter(|&&struck| struck).count() as f32;
    }
    classes
}

/// Mean over the classes of how many octaves the amounts are apart; as `cls_lr` of the scorer.
fn imbalance(played: &ClassDensities, wanted: &ClassDensities) -> f32 {
    played.iter().zip(wanted).map(|(a, b)| ((a + 0.1) / (b + 0.1)).log2().abs()).sum::<f32>()
        / SCORE_CLASSES as f32
}

/// F1 of struck cells against chances, taking expectations of numerator and denominator.
fn expected_f1(struck: &[bool], chance: &[f32]) -> f32 {
    let (mut both, mut either) = (0.0, 1e-6);
    for (&struck, &chance) in struck.iter().zip(chance) {
        both += if struck { chance } else { 0.0 };
        either += f32::from(struck) + chance;
    }
    2.0 * both / either
}

/// Coordinate ascent over groups: value of each choice, weighted by the bars that play it, plus the
/// correlation between the self-similarity of the choices and the predicted one, less the distance
/// from the class densities wanted.
fn choose(
    candidates: &[Vec<Candidate>],
    members: &[Vec<usize>],
    ssm: &Ssm,
    wanted: &ClassDensities,
    taste: Taste,
) -> Vec<usize> {
    let count = members.len();
    let bars: usize = members.iter().map(Vec::len).sum();
    let predicted = Blocks::new(members, ssm);
    let mut chosen = vec![0; count];
    let similarity = |a: &Candidate, b: &Candidate| cosine(&a.struck, &b.struck);
    let mut alike = vec![1.0; count * count];
    for row in 0..count {
        for column in 0..count {
            alike[row * count + column] = similarity(&candidates[row][0], &candidates[column][0]);
        }
    }
    let share = |group: usize| members[group].len() as f32 / bars as f32;
    let mut played: ClassDensities = [0.0; SCORE_CLASSES];
    let add = |played: &mut ClassDensities, group: usize, index: usize, sign: f32| {
        for (sum, count) in played.iter_mut().zip(&candidates[group][index].classes) {
            *sum += sign * share(group) * count;
        }
    };
    (0..count).for_each(|group| add(&mut played, group, 0, 1.0));
    for _sweep in 0..4 {
        let mut changed = false;
        for group in 0..count {
            let mut best = (f32::NEG_INFINITY, chosen[group]);
            add(&mut played, group, chosen[group], -1.0);
            for (index, candidate) in candidates[group].iter().enumerate() {
                for other in (0..count).filter(|&other| other != group) {
                    let value = similarity(candidate, &candidates[other][chosen[other]]);
                    alike[group * count + other] = value;
                    alike[other * count + group] = value;
                }
                let agreement = predicted.correlation(&alike);
                let mut with = played;
                add(&mut with, group, index, 1.0);
                let value = candidate.value * share(group) + taste.structure * agreement
                    - taste.balance * imbalance(&with, wanted);
                if value > best.0 + 1e-7 {
                    best = (value, index);
                }
            }
            changed |= best.1 != chosen[group];
            chosen[group] = best.1;
            add(&mut played, group, best.1, 1.0);
            for other in (0..count).filter(|&other| other != group) {
                let value =
                    similarity(&candidates[group][best.1], &candidates[other][chosen[other]]);
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

fn cosine(a: &[bool], b: &[bool]) -> f32 {
    let (mut both, mut first, mut second) = (0u32, 0u32, 0u32);
    for (&a, &b) in a.iter().zip(b) {
        both += u32::from(a && b);
        first += u32::from(a);
        second += u32::from(b);
    }
    match (first, second) {
        (0, 0) => 1.0,
        (0, _) | (_, 0) => 0.0,
        _ => both as f32 / ((first * second) as f32).sqrt(),
    }
}

/// The predicted SSM summed over pairs of groups, so that correlations cost groups² rather than
/// bars².
struct Blocks {
    /// Pairs of different bars between two groups.
    pairs: Vec<f32>,
    /// Mean predicted similarity of these pairs, centred over all pairs.
    predicted: Vec<f32>,
    /// Deviation of all pairs from their mean, squared and summed.
    spread: f32,
}

impl Blocks {
    fn new(members: &[Vec<usize>], ssm: &Ssm) -> Blocks {
        let groups = members.len();
        let (mut pairs, mut sums) = (vec![0.0; groups * groups], vec![0.0; groups * groups]);
        let (mut total, mut squares, mut count) = (0.0f64, 0.0f64, 0.0f64);
        for row in 0..groups {
            for column in 0..groups {
                for &a in &members[row] {
                    for &b in members[column].iter().filter(|&&b| b != a) {
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
        Blocks { pairs, predicted, spread: (squares - count * mean * mean).max(0.0) as f32 }
    }

    /// Pearson correlation over pairs of bars between the predicted similarities and a matrix that
    /// is constant on blocks.
    fn correlation(&self, alike: &[f32]) -> f32 {
        let (mut count, mut sum, mut squares, mut product) = (0.0f32, 0.0f32, 0.0f32, 0.0f32);
        for ((&pairs, &predicted), &value) in self.pairs.iter().zip(&self.predicted).zip(alike) {
            count += pairs;
            sum += pairs * value;
            squares += pairs * value * value;
            product += pairs * value * predicted;
        }
        let spread = (squares - sum * sum / count.max(1.0)).max(0.0);
        if spread * self.spread > 1e-9 { product / (spread * self.spread).sqrt() } else { 0.0 }
    }
}

/// Keeps what two hands can play in a step: at most two strokes by stick, the likeliest. Feet, and
/// the percussion that another player holds, are free. Open and closed hat exclude each other.
pub(super) fn playable(logits: &[f32], threshold: f32) -> Vec<bool> {
    let mut struck: Vec<bool> = logits.iter().map(|&logit| logit > threshold).collect();
    let at = |lane: Lane, slot: usize| lane.index() * SLOTS + slot;
    for slot in 0..SLOTS {
        let (open, closed) = (at(Lane::OpenHat, slot), at(Lane::ClosedHat, slot));
        if struck[open] && struck[closed] {
            let loser = if logits[open] >= logits[closed] { closed } else { open };
            struck[loser] = false;
        }
        let mut hands: Vec<usize> = Lane::ALL
            .into_iter()
            .filter(|lane| lane.by_hand())
            .map(|lane| at(lane, slot))
            .filter(|&cell| struck[cell])
            .collect();
        hands.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
        for &cell in hands.iter().skip(2) {
            struck[cell] = false;
        }
    }
    debug_assert_eq!(struck.len(), LANES * SLOTS);
    struck
}
