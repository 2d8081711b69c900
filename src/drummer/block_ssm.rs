//! The predicted SSM summed over pairs of groups of bars, so that correlations with it cost time and
//! memory in the pairs of groups rather than in those of bars.
//!
//! Bars of long songs are compared within windows only: groups of which no two bars were compared do not
//! count, and are no pair.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::analysis::Ssm;

/// A group beside another one, bars of which it was compared with.
pub(super) struct Pair {
    pub other: usize,
    /// Known pairs of different bars between the two.
    bars: f32,
    /// Mean predicted similarity of these, centred over all pairs of the song.
    predicted: f32,
}

/// The predicted SSM by groups. Each pair of groups is there twice, as each of them has it, and a group
/// of several bars makes a pair with itself.
pub(super) struct BlockSsm {
    /// Group after group; those of one in the order of the others.
    pairs: Vec<Pair>,
    /// By group, which of the pairs are its own.
    own: Vec<Range<usize>>,
    /// Deviation of all pairs of bars from their mean, squared and summed.
    deviation: f32,
    /// Pairs of different bars.
    count: f32,
}

impl BlockSsm {
    /// `groups` says of each bar which group it is in; of the SSM, what is known counts.
    pub fn new(groups: &[usize], ssm: &Ssm) -> BlockSsm {
        let known = |bar: usize| {
            let others = ssm.known(bar).zip(ssm.row(bar)).filter(move |&(other, _)| other != bar);
            others.map(|(other, &value)| (other, f64::from(value)))
        };
        let (mut total, mut squares, mut all) = (0.0f64, 0.0f64, 0.0f64);
        for (_, value) in (0..groups.len()).flat_map(known) {
            total += value;
            squares += value * value;
            all += 1.0;
        }
        let mean = total / all.max(1.0);
        let mut members: Vec<Vec<usize>> =
            vec![Vec::new(); groups.iter().max().map_or(0, |most| most + 1)];
        groups.iter().enumerate().for_each(|(bar, &group)| members[group].push(bar));
        let mut pairs = Vec::new();
        let mut own = Vec::with_capacity(members.len());
        for bars in members {
            let mut sums: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
            for (other, value) in bars.into_iter().flat_map(known) {
                let (bars, sum) = sums.entry(groups[other]).or_default();
                *bars += 1.0;
                *sum += value;
            }
            let from = pairs.len();
            pairs.extend(sums.into_iter().map(|(other, (bars, sum))| Pair {
                other,
                bars: bars as f32,
                predicted: (sum / bars - mean) as f32,
            }));
            own.push(from..pairs.len());
        }
        let deviation = (squares - all * mean * mean).max(0.0) as f32;
        BlockSsm { pairs, own, deviation, count: all as f32 }
    }

    /// What a function of two groups says of each pair, in the order of [`BlockSsm::place`].
    pub fn each(&self, value: impl Fn(usize, usize) -> f32) -> Vec<f32> {
        let mut values = Vec::with_capacity(self.pairs.len());
        for (group, own) in self.own.iter().enumerate() {
            values.extend(self.pairs[own.clone()].iter().map(|pair| value(group, pair.other)));
        }
        values
    }

    /// The pairs of a group with others than itself, each with its place among all pairs.
    pub fn others(&self, group: usize) -> impl Iterator<Item = (usize, &Pair)> {
        let own = self.own[group].clone();
        let pairs = own.clone().zip(&self.pairs[own]);
        pairs.filter(move |(_, pair)| pair.other != group)
    }

    /// Where a group's pair with another is among all pairs, if they are one.
    pub fn place(&self, group: usize, other: usize) -> Option<usize> {
        let own = &self.own[group];
        let found = self.pairs[own.clone()].binary_search_by_key(&other, |pair| pair.other);
        Some(own.start + found.ok()?)
    }

    /// Of all pairs, each of which is as similar as `similarity` says.
    pub fn moments(&self, similarity: &[f32]) -> Moments {
        let mut moments = Moments::default();
        for (pair, &value) in self.pairs.iter().zip(similarity) {
            moments.add(pair, value, 1.0);
        }
        moments
    }

    /// Pearson correlation over pairs of bars with the predicted similarities; 0 where either is
    /// constant.
    pub fn correlation(&self, moments: Moments) -> f32 {
        let Moments { sum, squares, product } = moments;
        let deviation = (squares - sum * sum / self.count.max(1.0)).max(0.0);
        let both = deviation * self.deviation;
        if both > 1e-9 { product / both.sqrt() } else { 0.0 }
    }
}

/// Sums over pairs of bars of a matrix that is constant on blocks: its values, their squares, their
/// products with the predicted similarities.
#[derive(Clone, Copy, Default)]
pub(super) struct Moments {
    sum: f32,
    squares: f32,
    product: f32,
}

impl Moments {
    fn add(&mut self, pair: &Pair, value: f32, sign: f32) {
        let weight = sign * pair.bars;
        self.sum += weight * value;
        self.squares += weight * value * value;
        self.product += weight * value * pair.predicted;
    }

    /// Two groups become as similar as `new` says, as each of them has it.
    pub fn change(&mut self, pair: &Pair, old: f32, new: f32) {
        self.add(pair, old, -2.0);
        self.add(pair, new, 2.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Six bars in three groups.
    const GROUPS: [usize; 6] = [0, 0, 1, 1, 2, 2];

    fn others(blocks: &BlockSsm, group: usize) -> Vec<usize> {
        blocks.others(group).map(|(_, pair)| pair.other).collect()
    }

    #[test]
    fn groups_of_which_no_bars_were_compared_are_no_pair() {
        let window = |first| (first, Ssm::from_pairs(4, |_, _| 0.5));
        let blocks = BlockSsm::new(&GROUPS, &Ssm::stitched(vec![window(0), window(2)]));
        assert_eq!([0, 1, 2].map(|group| others(&blocks, group)), [vec![1], vec![0, 2], vec![1]]);
        assert_eq!(blocks.place(0, 2), None);
        for (group, other) in [(0, 1), (1, 0), (1, 2), (2, 1)] {
            let place = blocks.place(group, other).unwrap();
            assert_eq!(blocks.pairs[place].other, other);
            assert!(blocks.own[group].contains(&place));
        }
        // A bar of its own has no other bar of its group.
        let singles = BlockSsm::new(&[0, 1, 2], &Ssm::from_pairs(3, |_, _| 0.5));
        assert_eq!(singles.pairs.len(), 6);
    }

    /// What the sums over groups give is what all pairs of bars give.
    #[test]
    fn the_correlation_is_that_of_bars() {
        let predicted = |a: usize, b: usize| if a / 2 == b / 2 { 0.9 } else { 0.1 * b as f32 };
        let ssm = Ssm::from_pairs(6, predicted);
        let blocks = BlockSsm::new(&GROUPS, &ssm);
        let played = |a: usize, b: usize| [[1.0, 0.2, 0.6], [0.2, 1.0, 0.3], [0.6, 0.3, 1.0]][a][b];
        let found = blocks.correlation(blocks.moments(&blocks.each(played)));
        let pairs: Vec<(f32, f32)> = (0..6)
            .flat_map(|a| (0..6).filter(move |&b| b != a).map(move |b| (a, b)))
            .map(|(a, b)| (ssm.get(a, b), played(GROUPS[a], GROUPS[b])))
            .collect();
        let mean = |value: &dyn Fn(&(f32, f32)) -> f32| {
            pairs.iter().map(value).sum::<f32>() / pairs.len() as f32
        };
        let (x, y) = (mean(&|pair| pair.0), mean(&|pair| pair.1));
        let both = mean(&|pair| (pair.0 - x) * (pair.1 - y));
        let deviations = mean(&|pair| (pair.0 - x).powi(2)) * mean(&|pair| (pair.1 - y).powi(2));
        let expected = both / deviations.sqrt();
        assert!((found - expected).abs() < 1e-4, "{found} and {expected}");
    }
}
