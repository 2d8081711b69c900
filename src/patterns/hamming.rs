//! Patterns most like one, by strokes that differ, found without looking at all of them.
//!
//! Two patterns differ at least by as many strokes as their counts do, all in all and drum by drum. So
//! patterns are looked through outwards from those with as many strokes, a block at a time, whose counts
//! of one drum lie beside each other in memory, and few are compared stroke by stroke.

use super::drum::DRUMS;
use super::pattern::{Pattern, PatternGrid};

/// So many patterns are looked at together.
const BLOCK: usize = 256;

/// Patterns of one grid, by how many strokes they have.
#[derive(Clone, Debug, Default, PartialEq)]
struct Shelf {
    /// Strokes of each, ascending.
    strokes: Vec<u16>,
    /// By drum, of each its strokes.
    counts: [Vec<u8>; DRUMS],
    patterns: Vec<Pattern>,
    /// Of each its number among all.
    numbers: Vec<usize>,
}

/// Patterns, to be searched.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct HammingIndex {
    straight: Shelf,
    triplet: Shelf,
}

impl HammingIndex {
    /// Of these patterns, numbered in their order.
    pub fn new<'a>(patterns: impl Iterator<Item = &'a Pattern> + Clone) -> HammingIndex {
        let shelf = |grid: PatternGrid| {
            let own = patterns.clone().enumerate().filter(|(_, pattern)| pattern.grid() == grid);
            let mut own: Vec<(usize, usize, &Pattern)> =
                own.map(|(number, pattern)| (pattern.strokes(), number, pattern)).collect();
            own.sort_unstable_by_key(|&(strokes, number, _)| (strokes, number));
            Shelf {
                // At most 14 drums on 32 steps.
                strokes: own.iter().map(|&(strokes, ..)| strokes as u16).collect(),
                counts: std::array::from_fn(|drum| {
                    own.iter().map(|(.., pattern)| count_of(pattern, drum)).collect()
                }),
                patterns: own.iter().map(|&(.., pattern)| *pattern).collect(),
                numbers: own.iter().map(|&(_, number, _)| number).collect(),
            }
        };
        HammingIndex {
            straight: shelf(PatternGrid::Straight),
            triplet: shelf(PatternGrid::Triplet),
        }
    }

    /// The patterns on the same grid that differ least from one, which is [`Pattern::unmixed`]: by how
    /// many strokes, and their numbers; least first, of equal ones the first.
    pub fn nearest(&self, pattern: &Pattern, count: usize) -> Vec<(usize, usize)> {
        let pattern = &pattern.unmixed();
        let shelf = match pattern.grid() {
            PatternGrid::Straight => &self.straight,
            PatternGrid::Triplet | PatternGrid::Mixed => &self.triplet,
        };
        let strokes = pattern.strokes();
        let mut apart = [0; BLOCK];
        let mut near: Vec<(usize, usize)> = Vec::with_capacity(count + 1);
        let middle = shelf.strokes.partition_point(|&other| usize::from(other) < strokes);
        let (mut below, mut above) = (middle, middle);
        loop {
            let far = |at: Option<usize>| {
                let other = at.and_then(|at| shelf.strokes.get(at));
                other.map_or(usize::MAX, |&other| usize::from(other).abs_diff(strokes))
            };
            let (under, over) = (far(below.checked_sub(1)), far(Some(above)));
            let most = match near.last() {
                Some(&(apart, _)) if near.len() >= count => apart,
                _ => usize::MAX - 1,
            };
            if under.min(over) > most || count == 0 {
                return near;
            }
            let block = if under <= over {
                let end = below;
                below = below.saturating_sub(BLOCK);
                below..end
            } else {
                let start = above;
                above = (above + BLOCK).min(shelf.strokes.len());
                start..above
            };
            apart.fill(0);
            for (drum, counts) in shelf.counts.iter().enumerate() {
                add_differences(&mut apart, &counts[block.clone()], count_of(pattern, drum));
            }
            for (at, &apart) in block.zip(&apart) {
                let most = near.get(count - 1).map_or(usize::MAX, |&(apart, _)| apart);
                if usize::from(apart) > most {
                    continue;
                }
                let found = (shelf.patterns[at].distance(pattern), shelf.numbers[at]);
                let place = near.partition_point(|other| *other < found);
                if place < count {
                    near.insert(place, found);
                    near.truncate(count);
                }
            }
        }
    }
}

/// How often a drum is struck: at most 32 times.
fn count_of(pattern: &Pattern, drum: usize) -> u8 {
    pattern.rows()[drum].count_ones() as u8
}

/// Adds how far each count is from one's own; a sum beyond 255 stays there, which is less than it is.
fn add_differences(sums: &mut [u8; BLOCK], counts: &[u8], own: u8) {
    for (sum, count) in sums.iter_mut().zip(counts) {
        *sum = sum.saturating_add(count.abs_diff(own));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patterns::PatternMap;

    #[test]
    fn it_finds_what_looking_at_all_finds() {
        let map = PatternMap::built_in();
        let all: Vec<Pattern> = map.points().iter().map(|point| point.pattern).collect();
        let index = HammingIndex::new(all.iter());
        let mixed = (0..60).map(|at| {
            let [a, b] = [at * 301 % all.len(), (at * 1777 + 5) % all.len()];
            all[a].with_rows_of(&all[b], |drum| drum % 3 == at % 3)
        });
        let full = Pattern::from_rows(PatternGrid::Straight, [u32::MAX; DRUMS]);
        let empty = [PatternGrid::Straight, PatternGrid::Triplet].map(Pattern::empty);
        for pattern in mixed.chain([full]).chain(empty) {
            let same = all.iter().enumerate().filter(|(_, other)| other.grid() == pattern.grid());
            let mut wanted: Vec<(usize, usize)> =
                same.map(|(number, other)| (other.distance(&pattern), number)).collect();
            wanted.sort_unstable();
            for count in [0, 1, 10] {
                assert_eq!(index.nearest(&pattern, count), wanted[..count]);
            }
        }
        assert_eq!(HammingIndex::default().nearest(&full, 3), []);
    }
}
