//! What the patterns of a song are worth together.
//!
//! One measure serves every search over patterns, whether whole bars or single cells are tried:
//! expected F1 of the whole song (of all classes; of kick, snare and hats; of any drum at all, which
//! has a hand keep the time where nobody knows whether on hat or ride), plus agreement of the
//! patterns' self-similarity with the predicted one, less the distance from the class densities
//! wanted. [`Objective::try_cells`] says what a
//! change is worth and costs time in the number of groups only; [`Objective::commit`] makes it.

use super::block_ssm::{BlockSsm, Moments};
use super::features::SLOTS;
use super::settings::ClassDensities;
use crate::score::{DRUM_CLASSES, DrumClass, Lane};

/// Cells of a bar by drum class: classes x slots.
pub(super) const CLASS_CELLS: usize = DRUM_CLASSES * SLOTS;
const WORDS: usize = CLASS_CELLS.div_ceil(64);
/// One bit for each slot.
const ROW: u32 = (1 << SLOTS) - 1;
/// The classes of the two hats.
const HATS: [usize; 2] = [DrumClass::ClosedHat.index(), DrumClass::OpenHat.index()];
/// Kick and snare.
const DRUMS: [usize; 2] = [DrumClass::Kick.index(), DrumClass::Snare.index()];

/// How much the parts of the objective count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weights {
    /// Correlation of the self-similarities, against expected F1.
    pub structure: f32,
    /// Mean distance from the class densities wanted, in octaves.
    pub balance: f32,
    /// Expected F1 of "any drum on this step", against that of all cells.
    pub onset: f32,
    /// Expected F1 of kick, snare and hats, the two hats as one, against that of all cells.
    pub core: f32,
}

/// The onsets of a bar as a set of class cells (`class * SLOTS + slot`). Drums of one class on one
/// slot are one cell, as where parts are scored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ClassCells([u64; WORDS]);

impl ClassCells {
    /// Of onsets by lane, `[lanes x slots]`.
    pub fn of(onsets: &[bool]) -> ClassCells {
        let mut cells = ClassCells::default();
        for (cell, _) in onsets.iter().enumerate().filter(|&(_, &onset)| onset) {
            let class = class_of(cell) * SLOTS + cell % SLOTS;
            cells.0[class / 64] |= 1 << (class % 64);
        }
        cells
    }

    pub fn contains(self, cell: usize) -> bool {
        self.0[cell / 64] >> (cell % 64) & 1 == 1
    }

    /// With one cell more, or less.
    pub fn toggled(mut self, cell: usize) -> ClassCells {
        self.0[cell / 64] ^= 1 << (cell % 64);
        self
    }

    pub fn count(self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    fn common(self, other: ClassCells) -> u32 {
        self.0.iter().zip(other.0).map(|(a, b)| (a & b).count_ones()).sum()
    }

    /// Cosine similarity; two empty bars are alike.
    fn cosine(self, other: ClassCells) -> f32 {
        match (self.count(), other.count()) {
            (0, 0) => 1.0,
            (0, _) | (_, 0) => 0.0,
            (a, b) => self.common(other) as f32 / ((a * b) as f32).sqrt(),
        }
    }

    pub fn cells(self) -> impl Iterator<Item = usize> {
        (0..CLASS_CELLS).filter(move |&cell| self.contains(cell))
    }

    /// One bit for each slot on which a class is struck.
    pub fn row(self, class: usize) -> u32 {
        let at = class * SLOTS;
        let wide = u128::from(self.0[at / 64])
            | u128::from(self.0.get(at / 64 + 1).copied().unwrap_or(0)) << 64;
        (wide >> (at % 64)) as u32 & ROW
    }

    /// One bit for each slot on which anything is struck.
    fn any(self) -> u32 {
        (0..DRUM_CLASSES).fold(0, |any, class| any | self.row(class))
    }

    /// One bit for each slot on which a hat is struck.
    fn hats(self) -> u32 {
        HATS.iter().fold(0, |any, &class| any | self.row(class))
    }

    /// The cells that one of the two has and the other has not.
    fn difference(self, other: ClassCells) -> ClassCells {
        ClassCells(std::array::from_fn(|word| self.0[word] ^ other.0[word]))
    }
}

/// The class of a lane cell (`lane * SLOTS + slot`).
pub(super) fn class_of(cell: usize) -> usize {
    Lane::ALL[cell / SLOTS].drum_class().index()
}

/// The lane cells of a class cell.
pub(super) fn lanes_of(class_cell: usize) -> impl Iterator<Item = usize> {
    let (class, slot) = (class_cell / SLOTS, class_cell % SLOTS);
    let lanes = Lane::ALL.into_iter().filter(move |lane| lane.drum_class().index() == class);
    lanes.map(move |lane| lane.index() * SLOTS + slot)
}

/// How probable each class cell is, from the probabilities of its lanes, taken as independent.
pub(super) fn by_class(lanes: &[f32]) -> Vec<f32> {
    let mut none = vec![1.0; CLASS_CELLS];
    for (cell, probability) in lanes.iter().enumerate() {
        none[class_of(cell) * SLOTS + cell % SLOTS] *= 1.0 - probability;
    }
    none.into_iter().map(|none| 1.0 - none).collect()
}

/// Bars that play the same pattern, as the objective knows them.
pub(super) struct Evidence<'a> {
    pub bars: &'a [usize],
    /// Of every class cell.
    pub probability: &'a [f32],
    /// Of any drum on a slot.
    pub onset: &'a [f32],
}

/// The measure over a song's groups of bars, with the pattern that each plays at present.
pub(super) struct Objective<'a> {
    groups: Vec<Evidence<'a>>,
    bars: f32,
    wanted: ClassDensities,
    weights: Weights,
    predicted: &'a BlockSsm,
    patterns: Vec<ClassCells>,
    /// Cosine similarity of the groups' patterns, by the pairs of `predicted`.
    similarity: Vec<f32>,
    totals: Totals,
}

/// Parts of the measure.
#[derive(Clone, Copy, Debug)]
pub(super) struct Figures {
    /// Weighted mean of the expected F1, 0 to 1.
    pub likelihood: f32,
    /// Correlation with the predicted self-similarity, -1 to 1.
    pub structure: f32,
    /// Octaves from the densities wanted.
    pub imbalance: f32,
}

/// A pattern that a group might play.
pub(super) struct Change {
    group: usize,
    cells: ClassCells,
    totals: Totals,
    /// What the song would be worth with it.
    pub value: f32,
}

/// What is summed over the song, so that a change costs only what it changes.
#[derive(Clone, Copy)]
struct Totals {
    similarity: Moments,
    f1: ExpectedF1,
    onset: ExpectedF1,
    core: ExpectedF1,
    /// Hits a bar of each class.
    densities: ClassDensities,
}

impl<'a> Objective<'a> {
    /// `predicted` is the predicted SSM of the groups; `patterns` has one for each group.
    pub fn new(
        groups: Vec<Evidence<'a>>,
        predicted: &'a BlockSsm,
        wanted: ClassDensities,
        weights: Weights,
        patterns: Vec<ClassCells>,
    ) -> Objective<'a> {
        let similarity: Vec<f32> =
            predicted.each(|group, other| patterns[group].cosine(patterns[other]));
        let mut totals = Totals {
            similarity: predicted.moments(&similarity),
            f1: ExpectedF1::default(),
            onset: ExpectedF1::default(),
            core: ExpectedF1::default(),
            densities: ClassDensities::default(),
        };
        let bars = groups.iter().map(|group| group.bars.len()).sum::<usize>() as f32;
        for (group, cells) in groups.iter().zip(&patterns) {
            let count = group.bars.len() as f32;
            totals.f1.total += count * group.probability.iter().sum::<f32>();
            totals.onset.total += count * group.onset.iter().sum::<f32>();
            let rows = DRUMS.map(|class| &group.probability[class * SLOTS..][..SLOTS]);
            totals.core.total += count * rows.into_iter().flatten().sum::<f32>();
            totals.core.total += count * (0..SLOTS).map(|slot| group.hat(slot)).sum::<f32>();
            totals.add(group, bars, *cells, 1.0);
            totals.add_slots(group, 0, cells.any(), 0, cells.hats());
        }
        Objective { groups, bars, wanted, weights, predicted, patterns, similarity, totals }
    }

    pub fn value(&self) -> f32 {
        self.value_of(&self.totals)
    }

    fn value_of(&self, totals: &Totals) -> f32 {
        totals.f1.value()
            + self.weights.onset * totals.onset.value()
            + self.weights.core * totals.core.value()
            + self.weights.structure * self.predicted.correlation(totals.similarity)
            - self.weights.balance * imbalance(&totals.densities, &self.wanted)
    }

    /// What the value is made of.
    pub fn figures(&self) -> Figures {
        let totals = &self.totals;
        let likelihood = totals.f1.value()
            + self.weights.onset * totals.onset.value()
            + self.weights.core * totals.core.value();
        Figures {
            likelihood: likelihood / (1.0 + self.weights.onset + self.weights.core),
            structure: self.predicted.correlation(totals.similarity),
            imbalance: imbalance(&totals.densities, &self.wanted),
        }
    }

    pub fn pattern(&self, group: usize) -> ClassCells {
        self.patterns[group]
    }

    /// What the song would be worth if a group played these cells.
    pub fn try_cells(&self, group: usize, cells: ClassCells) -> Change {
        let mut totals = self.totals;
        let before = self.patterns[group];
        for (place, pair) in self.predicted.others(group) {
            let new = cells.cosine(self.patterns[pair.other]);
            totals.similarity.change(pair, self.similarity[place], new);
        }
        for cell in cells.difference(before).cells() {
            let sign = if cells.contains(cell) { 1.0 } else { -1.0 };
            totals.add_cell(&self.groups[group], self.bars, cell, sign);
        }
        let (any, hats) = ((before.any(), cells.any()), (before.hats(), cells.hats()));
        totals.add_slots(&self.groups[group], any.0, any.1, hats.0, hats.1);
        Change { group, cells, totals, value: self.value_of(&totals) }
    }

    pub fn commit(&mut self, change: Change) {
        let Change { group, cells, totals, .. } = change;
        for (place, pair) in self.predicted.others(group) {
            let value = cells.cosine(self.patterns[pair.other]);
            self.similarity[place] = value;
            if let Some(mirrored) = self.predicted.place(pair.other, group) {
                self.similarity[mirrored] = value;
            }
        }
        self.patterns[group] = cells;
        self.totals = totals;
    }
}

impl Totals {
    fn add(&mut self, group: &Evidence, bars: f32, cells: ClassCells, sign: f32) {
        cells.cells().for_each(|cell| self.add_cell(group, bars, cell, sign));
    }

    fn add_cell(&mut self, group: &Evidence, bars: f32, cell: usize, sign: f32) {
        let weight = sign * group.bars.len() as f32;
        self.f1.both += weight * group.probability[cell];
        self.f1.total += weight;
        self.densities[cell / SLOTS] += weight / bars;
        if DRUMS.contains(&(cell / SLOTS)) {
            self.core.both += weight * group.probability[cell];
            self.core.total += weight;
        }
    }

    /// A group's struck slots become other ones.
    fn add_slots(&mut self, group: &Evidence, any: u32, new_any: u32, hats: u32, new_hats: u32) {
        let bars = group.bars.len() as f32;
        for slot in slots(any ^ new_any) {
            let weight = if new_any >> slot & 1 == 1 { bars } else { -bars };
            self.onset.both += weight * group.onset[slot];
            self.onset.total += weight;
        }
        for slot in slots(hats ^ new_hats) {
            let weight = if new_hats >> slot & 1 == 1 { bars } else { -bars };
            self.core.both += weight * group.hat(slot);
            self.core.total += weight;
        }
    }
}

impl Evidence<'_> {
    /// How probable a hat is on a slot, the two taken as independent.
    fn hat(&self, slot: usize) -> f32 {
        let none = HATS.iter().map(|class| 1.0 - self.probability[class * SLOTS + slot]);
        1.0 - none.product::<f32>()
    }
}

/// The bits that are set.
fn slots(bits: u32) -> impl Iterator<Item = usize> {
    (0..SLOTS).filter(move |slot| bits >> slot & 1 == 1)
}

/// F1 of played cells against probabilities, taking expectations of numerator and denominator.
#[derive(Clone, Copy, Default)]
struct ExpectedF1 {
    both: f32,
    /// Cells played and cells expected.
    total: f32,
}

impl ExpectedF1 {
    fn value(self) -> f32 {
        2.0 * self.both / (self.total + 1e-6)
    }
}

/// Mean over the classes of how many octaves the amounts are apart; as `cls_lr` of the scorer.
fn imbalance(played: &ClassDensities, wanted: &ClassDensities) -> f32 {
    played.iter().zip(wanted).map(|(a, b)| ((a + 0.1) / (b + 0.1)).log2().abs()).sum::<f32>()
        / DRUM_CLASSES as f32
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::analysis::Ssm;

    const WEIGHTS: Weights = Weights { structure: 0.8, balance: 0.05, onset: 0.5, core: 0.3 };

    /// What is kept from change to change is what counting anew gives.
    #[test]
    fn totals_follow_the_changes() {
        let mut rng = ChaCha8Rng::seed_from_u64(6);
        let bars: Vec<Vec<usize>> = (0..4).map(|g| (g * 3..g * 3 + 3).collect()).collect();
        let probability: Vec<Vec<f32>> = (0..4)
            .map(|_| (0..CLASS_CELLS).map(|_| rng.random::<f32>().powi(4)).collect())
            .collect();
        let onset: Vec<Vec<f32>> =
            (0..4).map(|_| (0..SLOTS).map(|_| rng.random::<f32>()).collect()).collect();
        let ssm = Ssm::from_pairs(12, |_, _| rng.random());
        let evidence = || {
            let pairs = bars.iter().zip(&probability).zip(&onset);
            pairs
                .map(|((bars, probability), onset)| Evidence { bars, probability, onset })
                .collect()
        };
        let groups: Vec<usize> = (0..12).map(|bar| bar / 3).collect();
        let predicted = BlockSsm::new(&groups, &ssm);
        let wanted = [2.0; DRUM_CLASSES];
        let empty = vec![ClassCells::default(); 4];
        let mut objective = Objective::new(evidence(), &predicted, wanted, WEIGHTS, empty);
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        for _ in 0..200 {
            let (group, cell) = (rng.random_range(0..4), rng.random_range(0..CLASS_CELLS));
            let change = objective.try_cells(group, objective.pattern(group).toggled(cell));
            let promised = change.value;
            objective.commit(change);
            assert_eq!(objective.value(), promised);
        }
        let patterns = (0..4).map(|group| objective.pattern(group)).collect();
        let anew = Objective::new(evidence(), &predicted, wanted, WEIGHTS, patterns);
        assert!((objective.value() - anew.value()).abs() < 1e-3);
        assert_eq!(objective.similarity, anew.similarity);
    }

    #[test]
    fn lanes_of_a_class_share_a_cell() {
        let mut onsets = vec![false; Lane::ALL.len() * SLOTS];
        onsets[Lane::Snare.index() * SLOTS + 4] = true;
        onsets[Lane::Clap.index() * SLOTS + 4] = true;
        assert_eq!(ClassCells::of(&onsets).count(), 1);
        let mut lanes = vec![0.0; onsets.len()];
        lanes[Lane::Snare.index() * SLOTS + 4] = 0.5;
        lanes[Lane::Clap.index() * SLOTS + 4] = 0.5;
        assert_eq!(by_class(&lanes)[SLOTS + 4], 0.75);
    }
}
