//! From the network's mixtures to one pattern per group of like bars.
//!
//! Bars that the drum SSM holds for repeats form a group and are decided together: their evidence is
//! pooled, every code gives a candidate bar, and the candidates are chosen so that the expected F1
//! against the mixture (minimum Bayes risk) and the agreement of the chosen bars' self-similarity
//! with the predicted one are best over the whole song. Choosing among whole bars that drummers
//! play, rather than cell by cell, is what keeps a part from hedging. Then cells that are in doubt
//! follow the form (see the `vary` file).
//!
//! Where a style was asked for by name, the whole bars are not the network's but those of the style
//! (see the `vocabulary` file), what is likely is more the style's word than the network's, and the
//! bars stay whole: a few cells are enough to make a swing groove a straight one.
//!
//! What is best bar by bar plays too much of what is usual (hats) and too little of what is rare
//! (toms, crashes). Where a style was asked for, the choice is made twice: after the first time, the
//! strokes of every class are made easier or harder for the whole song, until there is about as much
//! of it as is wanted. Where nothing was, this does not pay: nobody knows what is wanted.

use std::collections::BTreeMap;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::choice::{Expected, choose};
use super::features::SLOTS;
use super::limbs::Limbs;
use super::pattern::{Answer, CELLS};
use super::settings::ClassDensities;
use super::vary::vary;
use super::vocabulary::StyleBar;
use crate::analysis::Ssm;
use crate::score::{LANES, Lane, SCORE_CLASSES};

/// Codes less likely than this share of the likeliest are not considered.
const UNLIKELY: f32 = 0.01;
/// Beside the codes, a group may play all cells likelier than one of these.
const HEDGES: [f32; 4] = [0.25, 0.33, 0.42, 0.5];
/// How much of what is likely a style that was asked for by name has to say; the song says the rest.
const STYLE: f32 = 0.7;
/// How far from 0, in logits, a cell is at least that is played otherwise than the chosen bar has it:
/// farther than complexity moves what is struck in the middle half of its range.
const SURE: f32 = 0.4;
/// Most candidates a group is given.
const CANDIDATES: usize = 24;

/// Weights of the choice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taste {
    /// How much the pooled evidence of a large group outweighs one bar's.
    pub pooling: f32,
    /// Agreement of the self-similarities against expected F1.
    pub structure: f32,
    /// Nearness to the amount of every class that is wanted.
    pub balance: f32,
    /// How much easier or harder the strokes of a class may be made at most, in logits.
    pub reach: f32,
    /// Scale of the noise that makes seeds differ.
    pub whim: f32,
}

/// What the musician asked for.
pub(super) struct Asked<'a> {
    /// Strokes of each class a bar.
    pub densities: Option<&'a ClassDensities>,
    /// Bars to choose among instead of the network's, by the slots of a bar.
    pub bars: &'a BTreeMap<usize, Vec<StyleBar>>,
}

/// What a group of bars plays: one logit a cell; above 0 is struck.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub logits: Vec<f32>,
}

/// Bars that play the same.
pub(super) struct Group {
    pub bars: Vec<usize>,
    /// The bars as a share of the song's.
    pub share: f32,
    /// The drummer's limbs where they have least time.
    pub limbs: Limbs,
    /// How likely each cell is to be struck.
    pub marginal: Vec<f32>,
    /// Never empty.
    pub candidates: Vec<Candidate>,
}

/// What a group may play.
pub(super) struct Candidate {
    logits: Vec<f32>,
    pub struck: Vec<bool>,
    /// Strokes of each class.
    pub classes: ClassDensities,
    /// Expected F1 and the seed's whim.
    pub value: f32,
    whim: f32,
}

impl Candidate {
    fn new(logits: Vec<f32>, marginal: &[f32], whim: f32, limbs: &Limbs) -> Candidate {
        let struck = limbs.playable(&logits, 0.0);
        let (classes, value) = (classes(&struck), Expected::new(&struck, marginal).f1() + whim);
        Candidate { logits, struck, classes, value, whim }
    }
}

/// Chooses a pattern for each group. `groups[bar]` numbers the groups from 0; bars of a group share
/// their slots, which are `limbs[bar].steps`.
pub(super) fn decode(
    answer: &Answer,
    groups: &[usize],
    limbs: &[Limbs],
    ssm: &Ssm,
    asked: &Asked,
    taste: Taste,
    rng: &mut ChaCha8Rng,
) -> Vec<Pattern> {
    let count = groups.iter().max().map_or(0, |most| most + 1);
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (bar, &group) in groups.iter().enumerate() {
        members[group].push(bar);
    }
    let mut groups: Vec<Group> = members
        .into_iter()
        .map(|bars| {
            let share = bars.len() as f32 / groups.len() as f32;
            let limbs = Limbs::fastest(bars.iter().map(|&bar| limbs[bar]));
            let vocabulary = asked.bars.get(&limbs.steps).filter(|bars| !bars.is_empty());
            let (marginal, candidates) =
                candidates(answer, &bars, &limbs, vocabulary.map(Vec::as_slice), taste, rng);
            Group { bars, share, limbs, marginal, candidates }
        })
        .collect();
    let wanted = asked.densities.copied().unwrap_or_else(|| expected(&groups));
    let mut chosen = choose(&groups, ssm, &wanted, taste);
    if taste.reach > 0.0 {
        let offsets = offsets(&groups, &chosen, &wanted, taste.reach);
        ease(&mut groups, offsets);
        chosen = choose(&groups, ssm, &wanted, taste);
    }
    let mut struck: Vec<Vec<bool>> = groups
        .iter()
        .zip(&chosen)
        .map(|(group, &index)| group.candidates[index].struck.clone())
        .collect();
    if asked.bars.is_empty() {
        vary(&mut struck, &groups, ssm, &wanted, taste);
    }
    groups
        .into_iter()
        .zip(chosen)
        .zip(struck)
        .map(|((mut group, index), struck)| {
            let chosen = group.candidates.swap_remove(index).logits;
            Pattern { logits: varied(chosen, &group.marginal, &struck) }
        })
        .collect()
}

/// Logits of a chosen bar, of which some cells are played otherwise.
fn varied(mut logits: Vec<f32>, marginal: &[f32], struck: &[bool]) -> Vec<f32> {
    for ((logit, &chance), &struck) in logits.iter_mut().zip(marginal).zip(struck) {
        match (*logit > 0.0, struck) {
            (false, true) => *logit = odds(chance).max(SURE),
            (true, false) => *logit = odds(chance).min(-SURE),
            _ => {}
        }
    }
    logits
}

fn odds(chance: f32) -> f32 {
    let chance = chance.clamp(1e-4, 1.0 - 1e-4);
    (chance / (1.0 - chance)).ln()
}

/// Adds to each lane's logits in all candidates.
fn ease(groups: &mut [Group], offsets: [f32; LANES]) {
    for group in groups {
        let marginal = &group.marginal;
        for candidate in &mut group.candidates {
            let mut logits = std::mem::take(&mut candidate.logits);
            for (row, offset) in logits.chunks_mut(SLOTS).zip(offsets) {
                row.iter_mut().for_each(|logit| *logit += offset);
            }
            *candidate = Candidate::new(logits, marginal, candidate.whim, &group.limbs);
        }
    }
}

/// Strokes of each class a bar, by what the network holds likely.
fn expected(groups: &[Group]) -> ClassDensities {
    let mut expected = [0.0; SCORE_CLASSES];
    for group in groups {
        for (lane, row) in Lane::ALL.into_iter().zip(group.marginal.chunks(SLOTS)) {
            expected[lane.score_class().index()] += group.share * row.iter().sum::<f32>();
        }
    }
    expected
}

/// For each lane what has to be added to its logits so that the song has the wanted amount of its
/// class, at most `reach` either way.
fn offsets(
    groups: &[Group],
    chosen: &[usize],
    wanted: &ClassDensities,
    reach: f32,
) -> [f32; LANES] {
    let mut cells: [Vec<(f32, f32)>; SCORE_CLASSES] = Default::default();
    for (group, &index) in groups.iter().zip(chosen) {
        let rows = group.candidates[index].logits.chunks(SLOTS);
        for (lane, row) in Lane::ALL.into_iter().zip(rows) {
            let playable = row.iter().filter(|logit| logit.is_finite());
            cells[lane.score_class().index()].extend(playable.map(|&logit| (logit, group.share)));
        }
    }
    let mut by_class = [0.0; SCORE_CLASSES];
    for ((offset, cells), &wanted) in by_class.iter_mut().zip(&mut cells).zip(wanted) {
        cells.sort_by(|a, b| b.0.total_cmp(&a.0));
        // The first `kept` cells are struck; the threshold lies between them and the next.
        let (mut amount, mut kept) = (0.0, 0);
        while let Some((_, share)) = cells.get(kept)
            && (amount + share - wanted).abs() <= (amount - wanted).abs()
        {
            amount += share;
            kept += 1;
        }
        let above = kept.checked_sub(1).map_or(f32::INFINITY, |last| cells[last].0);
        let below = cells.get(kept).map_or(f32::NEG_INFINITY, |next| next.0);
        let threshold = match (above.is_finite(), below.is_finite()) {
            (true, true) => (above + below) / 2.0,
            (true, false) => above - reach,
            (false, true) => below + reach,
            (false, false) => 0.0,
        };
        *offset = (-threshold).clamp(-reach, reach);
    }
    Lane::ALL.map(|lane| by_class[lane.score_class().index()])
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

/// How likely the cells are in a group of bars, and its candidates, the best by itself first.
fn candidates(
    answer: &Answer,
    bars: &[usize],
    limbs: &Limbs,
    vocabulary: Option<&[StyleBar]>,
    taste: Taste,
    rng: &mut ChaCha8Rng,
) -> (Vec<f32>, Vec<Candidate>) {
    let prior = pooled_prior(answer, bars, taste.pooling);
    let most = prior.iter().copied().fold(0.0, f32::max);
    let mut order: Vec<usize> =
        (0..prior.len()).filter(|&code| prior[code] >= UNLIKELY * most).collect();
    order.sort_by(|&a, &b| prior[b].total_cmp(&prior[a]).then(a.cmp(&b)));
    order.truncate(4 * CANDIDATES);
    let kept: f32 = order.iter().map(|&code| prior[code]).sum();
    let inside = |cell: usize| cell % SLOTS < limbs.steps;
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
    let against = |chances: &[f32], threshold: f32| -> Vec<f32> {
        let logit = |(cell, &chance): (usize, &f32)| {
            if inside(cell) { odds(chance) - odds(threshold) } else { f32::NEG_INFINITY }
        };
        chances.iter().enumerate().map(logit).collect()
    };
    let rows: Vec<Vec<f32>> = match vocabulary {
        Some(bars) => {
            for (cell, chance) in marginal.iter_mut().enumerate() {
                let usual: f32 = bars.iter().map(|bar| bar.share * bar.chances[cell]).sum();
                *chance += STYLE * (usual - *chance);
            }
            bars.iter().map(|bar| against(&bar.chances, 0.5)).collect()
        }
        None => {
            let hedges = HEDGES.map(|threshold| against(&marginal, threshold));
            logits.into_iter().chain(hedges).collect()
        }
    };
    let mut list: Vec<Candidate> = rows
        .into_iter()
        .map(|row| {
            let whim =
                if taste.whim > 0.0 { rng.random_range(-taste.whim..taste.whim) } else { 0.0 };
            Candidate::new(row, &marginal, whim, limbs)
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
    (marginal, distinct)
}

/// The class of a cell's lane.
pub(super) fn class_of(cell: usize) -> usize {
    Lane::ALL[cell / SLOTS].score_class().index()
}

/// Strokes of each class.
pub(super) fn classes(struck: &[bool]) -> ClassDensities {
    let mut classes = [0.0; SCORE_CLASSES];
    for (lane, row) in Lane::ALL.into_iter().zip(struck.chunks(SLOTS)) {
        classes[lane.score_class().index()] += row.iter().filter(|&&struck| struck).count() as f32;
    }
    classes
}
