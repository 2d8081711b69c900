//! Patterns most like one, by strokes that differ, found without looking at all of them.
//!
//! Two patterns differ at least by as many strokes as their counts do, all in all and drum by drum. So
//! patterns are looked through outwards from those with as many strokes, in rows of counts that lie
//! beside each other in memory, and few are compared stroke by stroke.

use super::drum::DRUMS;
use super::pattern::{Pattern, PatternGrid};

/// Counts of a pattern's strokes by drum; the rest of a processor's register stays 0.
type Counts = [u8; 16];

const _: () = assert!(DRUMS <= 16);

/// Patterns of one grid, by how many strokes they have.
#[derive(Clone, Debug, Default, PartialEq)]
struct Shelf {
    /// Strokes of each, ascending.
    strokes: Vec<u16>,
    counts: Vec<Counts>,
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
                counts: own.iter().map(|(.., pattern)| counts(pattern)).collect(),
                patterns: own.iter().map(|&(.., pattern)| *pattern).collect(),
                numbers: own.iter().map(|&(_, number, _)| number).collect(),
            }
        };
        HammingIndex {
            straight: shelf(PatternGrid::Straight),
            triplet: shelf(PatternGrid::Triplet),
        }
    }

    /// The patterns on the same grid that differ least from one: by how many strokes, and their numbers;
    /// least first, of equal ones the first.
    pub fn nearest(&self, pattern: &Pattern, count: usize) -> Vec<(usize, usize)> {
        let shelf = match pattern.grid() {
            PatternGrid::Straight => &self.straight,
            PatternGrid::Triplet => &self.triplet,
        };
        let (strokes, own) = (pattern.strokes(), counts(pattern));
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
            let at = if under <= over {
                below -= 1;
                below
            } else {
                above += 1;
                above - 1
            };
            if apart_at_least(&shelf.counts[at], &own) > most {
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

fn counts(pattern: &Pattern) -> Counts {
    let mut counts = [0; 16];
    for (count, row) in counts.iter_mut().zip(pattern.rows()) {
        *count = row.count_ones() as u8;
    }
    counts
}

/// The sum of the differences: one instruction where processors have it.
fn apart_at_least(a: &Counts, b: &Counts) -> usize {
    a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b))).sum::<u32>() as usize
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
