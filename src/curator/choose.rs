//! A few of many candidates: good ones that differ.

use std::collections::HashSet;

use crate::score::{DrumPart, Lane};

/// Weights of the worth against the distance to what is chosen already, from the most that is given to
/// the worth to none; the first that keeps candidates as different as random ones are is taken.
const TRADE_OFFS: [f32; 8] = [4.0, 2.0, 1.0, 0.7, 0.5, 0.3, 0.15, 0.0];

/// The shares of the candidates, the best ones, that are chosen from: the better half, and more of them
/// only where these are too much alike.
const POOLS: [f32; 3] = [0.5, 0.75, 1.0];

/// A candidate as the curator sees it.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// What is played.
    pub part: &'a DrumPart,
    /// How good it is; only the order and the spread of a set matter.
    pub worth: f32,
    /// Whether a drummer could play it.
    pub playable: bool,
}

/// The share of strokes (bar, step, lane) that two parts do not have in common, 0 to 1: one less Dice's
/// coefficient.
pub fn pattern_distance(a: &DrumPart, b: &DrumPart) -> f32 {
    distance(&strokes(a), &strokes(b))
}

/// The [`pattern_distance`] of what two parts strike in some lanes.
pub fn lanes_distance(a: &DrumPart, b: &DrumPart, lanes: &[Lane]) -> f32 {
    let of_lanes = |part: &DrumPart| {
        let mut strokes = strokes(part);
        strokes.retain(|&(.., lane)| lanes.iter().any(|own| own.index() == lane));
        strokes
    };
    distance(&of_lanes(a), &of_lanes(b))
}

/// The share of a part's own strokes that another has not, 0 to 1.
pub fn missing_share(own: &DrumPart, other: &DrumPart) -> f32 {
    let (own, other) = (strokes(own), strokes(other));
    own.difference(&other).count() as f32 / own.len().max(1) as f32
}

type HitSet = HashSet<(usize, usize, usize)>;

fn strokes(part: &DrumPart) -> HitSet {
    part.hits.iter().map(|hit| (hit.bar.0, hit.step, hit.lane().index())).collect()
}

fn distance(a: &HitSet, b: &HitSet) -> f32 {
    let (small, large) = if a.len() < b.len() { (a, b) } else { (b, a) };
    let both = small.iter().filter(|stroke| large.contains(*stroke)).count();
    let all = a.len() + b.len();
    if all == 0 { 0.0 } else { 1.0 - 2.0 * both as f32 / all as f32 }
}

/// The candidates by worth, the best first; those that nobody can play come last.
pub fn ranked(candidates: &[Candidate]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by(|&a, &b| {
        let (a, b) = (&candidates[a], &candidates[b]);
        b.playable.cmp(&a.playable).then(b.worth.total_cmp(&a.worth))
    });
    order
}

/// So many of the candidates, by worth, the best of all first: beside it from the better half those that
/// are best by their worth and their distance to the nearest chosen one (maximal marginal relevance). They
/// differ as much as random ones do; where the better half is too much alike for that, some are from the
/// best three quarters or from all that can be played.
///
/// Source: Carbonell, Goldstein, "The Use of MMR, Diversity-Based Reranking for Reordering Documents and
/// Producing Summaries", SIGIR 1998.
pub fn choose(candidates: &[Candidate], keep: usize) -> Vec<usize> {
    let ranked = ranked(candidates);
    let (from, others): (Vec<usize>, Vec<usize>) =
        ranked.into_iter().partition(|&index| candidates[index].playable);
    let count = candidates.len();
    let strokes: Vec<HitSet> = candidates.iter().map(|candidate| strokes(candidate.part)).collect();
    let mut apart = vec![0.0; count * count];
    for row in 0..count {
        for column in 0..row {
            let value = distance(&strokes[row], &strokes[column]);
            apart[row * count + column] = value;
            apart[column * count + row] = value;
        }
    }
    let apart = |a: usize, b: usize| apart[a * count + b];
    let everything: Vec<usize> = (0..count).collect();
    let usual = mean_distance(&everything, &apart);
    let pools = POOLS.map(|share| {
        let size = (share * from.len() as f32).ceil() as usize;
        &from[..size.max(keep).min(from.len())]
    });
    let chosen: Vec<Vec<usize>> = pools
        .iter()
        .flat_map(|pool| TRADE_OFFS.map(|weight| (*pool, weight)))
        .map(|(pool, weight)| greedy(candidates, pool, keep, weight, usual, &apart))
        .collect();
    let different = |chosen: &&Vec<usize>| mean_distance(chosen, &apart) >= usual;
    let most = || {
        chosen.iter().max_by(|a, b| mean_distance(a, &apart).total_cmp(&mean_distance(b, &apart)))
    };
    let chosen = chosen.iter().find(different).or_else(most).cloned().unwrap_or_default();
    let by_worth = from.iter().copied().filter(|index| chosen.contains(index));
    // Better one that is hard to play than one too few.
    by_worth.chain(others).take(keep).collect()
}

/// The mean distance of every two.
fn mean_distance(of: &[usize], apart: &dyn Fn(usize, usize) -> f32) -> f32 {
    let pairs = of.iter().enumerate().flat_map(|(at, &a)| of[..at].iter().map(move |&b| (a, b)));
    let (sum, count) = pairs.fold((0.0, 0), |(sum, count), (a, b)| (sum + apart(a, b), count + 1));
    sum / count.max(1) as f32
}

fn greedy(
    candidates: &[Candidate],
    from: &[usize],
    keep: usize,
    weight: f32,
    usual: f32,
    apart: &dyn Fn(usize, usize) -> f32,
) -> Vec<usize> {
    let count = from.len().max(1) as f32;
    let mean = from.iter().map(|&index| candidates[index].worth).sum::<f32>() / count;
    let squares = from.iter().map(|&index| (candidates[index].worth - mean).powi(2)).sum::<f32>();
    let spread = (squares / count).sqrt().max(1e-6);
    let mut chosen: Vec<usize> = from.first().copied().into_iter().collect();
    while chosen.len() < keep.min(from.len()) {
        let value = |index: usize| {
            let near =
                chosen.iter().map(|&other| apart(index, other)).fold(f32::INFINITY, f32::min);
            weight * (candidates[index].worth - mean) / spread + near / usual.max(1e-6)
        };
        let left = from.iter().copied().filter(|index| !chosen.contains(index));
        let Some(best) = left.max_by(|&a, &b| value(a).total_cmp(&value(b)).then(b.cmp(&a))) else {
            break;
        };
        chosen.push(best);
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{BarGrid, BarIndex, Hit, Metre, StepGrid, Ticks, Velocity};

    /// A bar of hats on these steps.
    fn part(steps: &[usize]) -> DrumPart {
        let bars = BarGrid::new(96, &[], Ticks(384));
        let hits = steps.iter().map(|&step| Hit {
            bar: BarIndex(0),
            step,
            key: Lane::ClosedHat.default_key(),
            velocity: Velocity::clamped(90),
            offset: 0.0,
        });
        DrumPart::new(bars, vec![StepGrid::for_metre(Metre::COMMON, false)], hits.collect())
    }

    #[test]
    fn distances_are_shares_of_strokes() {
        let (a, b) = (part(&[0, 4, 8, 12]), part(&[0, 4, 2, 6]));
        assert_eq!(pattern_distance(&a, &a), 0.0);
        assert_eq!(pattern_distance(&a, &b), 0.5);
        assert_eq!(pattern_distance(&a, &part(&[1])), 1.0);
        assert_eq!(pattern_distance(&part(&[]), &part(&[])), 0.0);
        let hats = [Lane::ClosedHat];
        assert_eq!((lanes_distance(&a, &b, &hats), lanes_distance(&a, &b, &[])), (0.5, 0.0));
        // Of one stroke, all are in the other; of the other's four, three are not.
        let one = part(&[0]);
        assert_eq!((missing_share(&one, &a), missing_share(&a, &one)), (0.0, 0.75));
        assert_eq!(missing_share(&part(&[]), &a), 0.0);
    }

    #[test]
    fn what_nobody_can_play_never_comes_first() {
        let parts = [part(&[0]), part(&[1]), part(&[2])];
        let worths = [(0.9, false), (0.2, true), (0.5, true)];
        let candidates: Vec<Candidate> = parts
            .iter()
            .zip(worths)
            .map(|(part, (worth, playable))| Candidate { part, worth, playable })
            .collect();
        assert_eq!(ranked(&candidates), [2, 1, 0]);
        assert_eq!(choose(&candidates, 2), [2, 1]);
        // All are kept if there are no others.
        assert_eq!(choose(&candidates, 5), [2, 1, 0]);
        assert!(choose(&[], 4).is_empty());
    }

    /// Candidates by their worth, the best first.
    fn by_worth(parts: &[DrumPart]) -> Vec<Candidate<'_>> {
        let worth = |index: usize| 1.0 - index as f32 / 20.0;
        let candidate = |(index, part)| Candidate { part, worth: worth(index), playable: true };
        parts.iter().enumerate().map(candidate).collect()
    }

    fn mean(parts: &[DrumPart], of: &[usize]) -> f32 {
        mean_distance(of, &|a, b| pattern_distance(&parts[a], &parts[b]))
    }

    #[test]
    fn those_kept_are_good_and_as_different_as_any() {
        // Twelve nearly alike and good, four quite different and worse.
        let mut parts: Vec<DrumPart> = (0..12).map(|odd| part(&[0, 2, 4, 6, 8, 10, odd])).collect();
        parts.extend([part(&[1, 3]), part(&[5, 7]), part(&[9, 11]), part(&[13, 15])]);
        let chosen = choose(&by_worth(&parts), 4);
        assert_eq!((chosen.len(), chosen[0]), (4, 0));
        assert!(mean(&parts, &chosen) >= mean(&parts, &(0..16).collect::<Vec<_>>()));
        assert!(chosen.iter().any(|&index| (1..12).contains(&index)) || chosen.contains(&12));
        assert!(chosen.is_sorted(), "{chosen:?}");
    }

    #[test]
    fn those_kept_are_of_the_better_half_where_it_differs() {
        // The better eight have four ways to play, five of them the same. The worse ones are all the same
        // and have nothing in common with them: what is most different is bad.
        let good = |index: usize| {
            let way = 3 * index.saturating_sub(4);
            part(&[0, way + 1, way + 2, way + 3])
        };
        let mut parts: Vec<DrumPart> = (0..8).map(good).collect();
        parts.extend((0..8).map(|_| part(&[13, 14, 15])));
        let chosen = choose(&by_worth(&parts), 4);
        assert_eq!(chosen, [0, 5, 6, 7]);
        let all: Vec<usize> = (0..16).collect();
        assert!(mean(&parts, &chosen) >= mean(&parts, &all));
    }
}
