//! One path through all clips.

use std::collections::VecDeque;
use std::ops::Range;

use rand::Rng;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::clip::Clip;

/// Near clips that are tried as each one's neighbours.
const NEAR: usize = 12;

/// Up to this many clips all distances are kept, 4 MB of them, and several paths are begun.
const FEW: usize = 1000;
const STARTS: usize = 8;

/// Times that the best path of few clips is shaken and improved again, for each clip, and at most.
const SHAKES_A_CLIP: usize = 30;
const MOST_SHAKES: usize = 6000;

/// Paths that are shaken side by side, each on a thread and with its share of the shakes.
const CHAINS: usize = 2;

/// Moves that improve a path at most, for each of its clips; most paths need two.
const MOVES_A_CLIP: usize = 100;

/// The longest piece of the path that is moved as a whole.
const PIECE: usize = 3;

/// What neighbours are to be like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// As alike as they can be.
    #[default]
    Similar,
    /// As different as they can be.
    Contrast,
}

impl Order {
    /// What it costs to have two clips beside each other.
    pub fn cost(self, a: &Clip, b: &Clip) -> f32 {
        let distance = a.descriptor.distance(&b.descriptor);
        match self {
            Order::Similar => distance,
            Order::Contrast => -distance,
        }
    }
}

/// For every clip the others that cost least beside it, cheapest first, and what all others cost on
/// average.
pub struct Neighbours {
    pub near: Vec<Vec<u32>>,
    pub mean: Vec<f32>,
}

impl Neighbours {
    /// On as many threads as there are cores; time grows with the square of the clips.
    pub fn of(clips: &[&Clip], order: Order) -> Neighbours {
        let mut rows: Vec<(Vec<u32>, f32)> = vec![Default::default(); clips.len()];
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let part = clips.len().div_ceil(threads).max(1);
        std::thread::scope(|scope| {
            for (index, rows) in rows.chunks_mut(part).enumerate() {
                scope.spawn(move || {
                    for (offset, row) in rows.iter_mut().enumerate() {
                        *row = near(clips, index * part + offset, order);
                    }
                });
            }
        });
        let (near, mean) = rows.into_iter().unzip();
        Neighbours { near, mean }
    }
}

fn near(clips: &[&Clip], own: usize, order: Order) -> (Vec<u32>, f32) {
    let mut costs: Vec<(f32, u32)> = (0..clips.len())
        .filter(|&other| other != own)
        .map(|other| (order.cost(clips[own], clips[other]), other as u32))
        .collect();
    let mean = costs.iter().map(|(cost, _)| cost).sum::<f32>() / costs.len().max(1) as f32;
    let by_cost = |a: &(f32, u32), b: &(f32, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
    if costs.len() > NEAR {
        costs.select_nth_unstable_by(NEAR - 1, by_cost);
        costs.truncate(NEAR);
    }
    costs.sort_unstable_by(by_cost);
    // Into a vector of its own: collecting would keep the memory of all costs for the few.
    let mut near = Vec::with_capacity(costs.len());
    near.extend(costs.iter().map(|(_, other)| *other));
    (near, mean)
}

/// A cheap path through all clips, by their numbers: greedy from several beginnings, then improved by
/// turning pieces round (2-opt) and moving them (Or-opt) until nothing helps. `first` is where it has
/// to begin. The same seed gives the same path.
///
/// Source: Johnson, McGeoch, "The Traveling Salesman Problem: A Case Study in Local Optimization", 1997.
pub fn path(
    clips: &[&Clip],
    near: &[Vec<u32>],
    order: Order,
    first: Option<usize>,
    seed: u64,
) -> Vec<usize> {
    let count = clips.len();
    if count < 2 {
        return (0..count).collect();
    }
    let is_few = count <= FEW;
    let table: Vec<f32> = if is_few {
        let row = |a: usize| (0..count).map(move |b| order.cost(clips[a], clips[b]));
        (0..count).flat_map(row).collect()
    } else {
        Vec::new()
    };
    let cost = |a: usize, b: usize| match table.get(a * count + b) {
        Some(cost) => *cost,
        None => order.cost(clips[a], clips[b]),
    };
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let starts = if first.is_none() && is_few { STARTS } else { 1 };
    let fixed = first.is_some();
    let improved = |order: Vec<usize>, around: Vec<usize>| {
        let mut path = Path { order, cost: &cost, fixed };
        path.improve(near, around);
        (path.length(), path.order)
    };
    let paths = (0..starts).map(|_| {
        let start = first.unwrap_or_else(|| rng.random_range(0..count));
        improved(greedy(start, near, &cost), (0..count).collect())
    });
    let best = paths.min_by(|a, b| a.0.total_cmp(&b.0));
    let begun = best.unwrap_or_default();
    if !is_few {
        return begun.1;
    }
    // The same seeds however many cores there are.
    let seeds: [u64; CHAINS] = std::array::from_fn(|_| rng.random());
    let shakes = (count * SHAKES_A_CLIP).min(MOST_SHAKES) / CHAINS;
    let chain = &|seed: u64| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (mut length, mut order) = begun.clone();
        for _ in 0..shakes {
            let (other, around) = shaken(&order, &mut rng, usize::from(fixed));
            let other = improved(other, around);
            if other.0 < length {
                (length, order) = other;
            }
        }
        (length, order)
    };
    let shaken = std::thread::scope(|scope| {
        let chains = seeds.map(|seed| scope.spawn(move || chain(seed)));
        chains.map(|chain| chain.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    shaken.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or_default().1
}

/// A path of which two neighbouring pieces of up to fifty clips have changed places: what single moves
/// do not find back from. Also the clips that have other neighbours.
fn shaken(order: &[usize], rng: &mut ChaCha8Rng, fixed: usize) -> (Vec<usize>, Vec<usize>) {
    const LONGEST: usize = 50;
    let mut shaken = order.to_vec();
    if order.len() < fixed + 4 {
        return (shaken, Vec::new());
    }
    let first = rng.random_range(fixed..order.len() - 2);
    let last = rng.random_range(first + 2..=(first + LONGEST).min(order.len()));
    let middle = rng.random_range(1..last - first);
    shaken[first..last].rotate_left(middle);
    let seams =
        [first, last - middle, last].map(|seam| seam.max(1) - 1..=seam.min(order.len() - 1));
    let around = seams.into_iter().flat_map(|seam| {
        let seam: Vec<usize> = seam.map(|at| shaken[at]).collect();
        seam
    });
    let around = around.collect();
    (shaken, around)
}

/// Always on to the cheapest that is left.
fn greedy(start: usize, near: &[Vec<u32>], cost: &dyn Fn(usize, usize) -> f32) -> Vec<usize> {
    let mut left: Vec<bool> = vec![true; near.len()];
    let mut order = vec![start];
    left[start] = false;
    while order.len() < near.len() {
        let here = order[order.len() - 1];
        let close = near[here].iter().map(|&other| other as usize).find(|&other| left[other]);
        let next = close.or_else(|| {
            let others = (0..near.len()).filter(|&other| left[other]);
            let costs = others.map(|other| (cost(here, other), other));
            costs.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, other)| other)
        });
        let Some(next) = next else { break };
        left[next] = false;
        order.push(next);
    }
    order
}

struct Path<'a> {
    order: Vec<usize>,
    cost: &'a (dyn Fn(usize, usize) -> f32 + Sync),
    /// The first has to stay where it is.
    fixed: bool,
}

impl Path<'_> {
    fn length(&self) -> f32 {
        self.order.windows(2).map(|pair| (self.cost)(pair[0], pair[1])).sum()
    }

    /// What it costs that the clips at these two places are neighbours; nothing at the ends.
    fn edge(&self, before: Option<usize>, behind: Option<usize>) -> f32 {
        let at = |place: Option<usize>| place.and_then(|place| self.order.get(place)).copied();
        at(before).zip(at(behind)).map_or(0.0, |(a, b)| (self.cost)(a, b))
    }

    /// Improves the path around some clips, and around what that changes, until nothing helps.
    fn improve(&mut self, near: &[Vec<u32>], around: impl IntoIterator<Item = usize>) {
        let mut queue: VecDeque<usize> = around.into_iter().collect();
        let mut waiting = vec![false; self.order.len()];
        queue.iter().for_each(|&clip| waiting[clip] = true);
        let mut place = vec![0; self.order.len()];
        self.order.iter().enumerate().for_each(|(at, &clip)| place[clip] = at);
        // Every move makes the path shorter by a least amount, so that it ends by itself; rounding must
        // not keep it from that.
        let mut moves = MOVES_A_CLIP * self.order.len();
        while let Some(clip) = queue.pop_front() {
            waiting[clip] = false;
            let changed = near[clip].iter().find_map(|&other| {
                let (here, there) = (place[clip], place[other as usize]);
                self.turn(here, there).or_else(|| self.relocate(here, there))
            });
            let Some(changed) = changed.filter(|_| moves > 0) else { continue };
            moves -= 1;
            for at in changed.clone() {
                place[self.order[at]] = at;
            }
            // The pieces' ends have other neighbours.
            let last = self.order.len() - 1;
            let ends = [changed.start, changed.end - 1].into_iter();
            let ends =
                ends.flat_map(|at| at.saturating_sub(PIECE + 1)..=(at + PIECE + 1).min(last));
            for clip in ends.map(|at| self.order[at]).chain([clip]) {
                if !std::mem::replace(&mut waiting[clip], true) {
                    queue.push_back(clip);
                }
            }
        }
    }

    /// Turns a piece round so that the clips of two places become neighbours, if that is cheaper;
    /// the places that changed.
    fn turn(&mut self, here: usize, there: usize) -> Option<Range<usize>> {
        let (low, high) = (here.min(there), here.max(there));
        for (from, to) in [(low + 1, high), (low, high - 1)] {
            if from >= to || (self.fixed && from == 0) {
                continue;
            }
            let (before, behind) = (from.checked_sub(1), Some(to + 1));
            let old = self.edge(before, Some(from)) + self.edge(Some(to), behind);
            let new = self.edge(before, Some(to)) + self.edge(Some(from), behind);
            if new < old - 1e-5 {
                self.order[from..=to].reverse();
                return Some(from..to + 1);
            }
        }
        None
    }

    /// Moves a short piece that begins or ends at `here` beside the clip at `there`, if that is
    /// cheaper; the places that changed.
    fn relocate(&mut self, here: usize, there: usize) -> Option<Range<usize>> {
        for length in 1..=PIECE {
            for from in [here, (here + 1).wrapping_sub(length)] {
                let to = from.wrapping_add(length);
                if to > self.order.len() || from >= to || (from..to).contains(&there) {
                    continue;
                }
                if self.fixed && from == 0 {
                    continue;
                }
                let taken = self.edge(from.checked_sub(1), Some(from))
                    + self.edge(Some(to - 1), Some(to))
                    - self.edge(from.checked_sub(1), Some(to));
                // Into the gap before or behind that clip; a gap at the piece itself is none.
                for gap in [there, there + 1] {
                    if (from..=to).contains(&gap) || (self.fixed && gap == 0) {
                        continue;
                    }
                    let (before, behind) = (gap.checked_sub(1), Some(gap));
                    let closed = self.edge(before, behind);
                    let straight = self.edge(before, Some(from)) + self.edge(Some(to - 1), behind);
                    let turned = self.edge(before, Some(to - 1)) + self.edge(Some(from), behind);
                    if straight.min(turned) - closed < taken - 1e-5 {
                        let mut piece: Vec<usize> = self.order.drain(from..to).collect();
                        if turned < straight {
                            piece.reverse();
                        }
                        let at = if gap > from { gap - length } else { gap };
                        self.order.splice(at..at, piece);
                        return Some(from.min(at)..to.max(at + length));
                    }
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shortest(points: &[f32], first: Option<usize>) -> Vec<usize> {
        let cost = |a: usize, b: usize| (points[a] - points[b]).abs();
        let near: Vec<Vec<u32>> = (0..points.len())
            .map(|own| {
                let mut others: Vec<u32> =
                    (0..points.len() as u32).filter(|&other| other as usize != own).collect();
                others.sort_by(|&a, &b| cost(own, a as usize).total_cmp(&cost(own, b as usize)));
                others.truncate(NEAR);
                others
            })
            .collect();
        let start = first.unwrap_or(points.len() / 2);
        let order = greedy(start, &near, &cost);
        let mut path = Path { order, cost: &cost, fixed: first.is_some() };
        path.improve(&near, 0..points.len());
        path.order
    }

    #[test]
    fn points_of_a_line_are_walked_from_end_to_end() {
        let points: Vec<f32> = (0..60).map(|at| ((at * 37) % 60) as f32).collect();
        let order = shortest(&points, None);
        let mut seen = order.clone();
        seen.sort_unstable();
        assert_eq!(seen, (0..60).collect::<Vec<_>>());
        let length: f32 = order.windows(2).map(|p| (points[p[0]] - points[p[1]]).abs()).sum();
        assert_eq!(length, 59.0);
    }

    #[test]
    fn a_beginning_that_is_given_stays() {
        let points: Vec<f32> = (0..20).map(|at| ((at * 7) % 20) as f32).collect();
        let order = shortest(&points, Some(3));
        assert_eq!((order[0], order.len()), (3, 20));
    }
}
