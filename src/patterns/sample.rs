//! Patterns that nobody has played, near those that people have.

use std::cmp::Reverse;
use std::collections::HashSet;

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::drum::DRUMS;
use super::map::{Filter, PatternMap};
use super::pattern::Pattern;
use super::space::{PatternSpace, Request, Sampling};
use crate::network::NetworkError;

/// A new pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampled {
    /// What is played.
    pub pattern: Pattern,
    /// The point of the map that it began at; beside a given groove the point that it was mixed with.
    pub from: usize,
}

/// A groove that new ones are to be near to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Near {
    /// What is played.
    pub pattern: Pattern,
    /// Drums whose rows stay as they are.
    pub locked: [bool; DRUMS],
}

impl Near {
    /// Near to this pattern, in all drums.
    pub fn new(pattern: Pattern) -> Near {
        Near { pattern, locked: [false; DRUMS] }
    }

    /// A pattern on the same grid with the locked rows.
    fn with_locked(&self, pattern: &Pattern) -> Pattern {
        pattern.with_rows_of(&self.pattern, |drum| self.locked[drum])
    }

    /// The fewest and the most strokes that differ: about a tenth and a quarter of those that may.
    fn apart(&self) -> (usize, usize) {
        let free = (0..DRUMS).filter(|&drum| !self.locked[drum]);
        let strokes: usize = free.map(|drum| self.pattern.rows()[drum].count_ones() as usize).sum();
        let least = strokes.div_ceil(10).max(2);
        (least, (strokes / 4).max(least + 1))
    }

    /// A pattern on the same grid pulled back until only `most` strokes differ. The drums are gone
    /// through in chance order, so that a few change and the others stay whole.
    fn pulled(&self, pattern: &Pattern, most: usize, rng: &mut ChaCha8Rng) -> Pattern {
        let mut drums: [usize; DRUMS] = std::array::from_fn(|drum| drum);
        drums.shuffle(rng);
        let steps = pattern.grid().steps();
        let mut pulled = self.pattern;
        let cells = drums.into_iter().flat_map(|drum| (0..steps).map(move |step| (drum, step)));
        let differs = |&(drum, step): &(usize, usize)| {
            pattern.has_onset(drum, step) != self.pattern.has_onset(drum, step)
        };
        for (drum, step) in cells.filter(differs).take(most) {
            pulled.set(drum, step, pattern.has_onset(drum, step));
        }
        pulled
    }
}

/// Similar patterns that one is mixed with.
const SIMILAR: usize = 20;
/// How far towards one of them, at most.
const FURTHEST: f32 = 0.5;
/// Tries for each new groove near a given one: some are too like it, or known.
const TRIES: usize = 4;
/// Rounds of tries; what is missing then is missing. Somewhat less than half of what is decoded between
/// two points is new, so that two dozen rounds leave hardly anything out.
const ROUNDS: usize = 24;
/// The same near a groove, where what is new may be rare.
const NEAR_ROUNDS: usize = 8;
/// The fewest strokes of a pattern.
const FEWEST: usize = 3;

/// By how many strokes a new pattern differs from every known one, at least: a tenth of its own, but for
/// the sparsest.
fn least_apart(pattern: &Pattern) -> usize {
    pattern.strokes().div_ceil(10).max(3)
}

/// Draws up to `count` patterns, each different from all others and at least three strokes and a tenth of
/// its own from every point of the map: a latent between that of a point that passes the filter and that
/// of a similar one, decoded by chance. With a groove to be near to, between that one and one of the most
/// similar on its grid (a mixed one's that is nearest, see [`Pattern::unmixed`]); at least two strokes differ
/// from it, and about a tenth to a quarter of all. Where
/// too few of those are as far from all points, the furthest of the others follow. Fewer than `count`
/// where the map has too few points for that. Same map, filter, groove and seed, same patterns.
///
/// # Errors
/// If a network fails.
pub fn sample(
    space: &PatternSpace,
    map: &PatternMap,
    filter: &Filter,
    near: Option<Near>,
    count: usize,
    seed: u64,
) -> Result<Vec<Sampled>, NetworkError> {
    if let Some(near) = near {
        let near = Near { pattern: near.pattern.unmixed(), ..near };
        return sample_near(space, map, filter, &near, count, seed);
    }
    let points = map.points();
    let from: Vec<usize> =
        (0..points.len()).filter(|&index| filter.takes(&points[index])).collect();
    let mut found: Vec<Sampled> = Vec::new();
    if from.is_empty() {
        return Ok(found);
    }
    let mut drawn: HashSet<Pattern> = HashSet::new();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for _ in 0..ROUNDS {
        let missing = count - found.len();
        if missing == 0 {
            break;
        }
        let mut pairs = Vec::with_capacity(2 * missing);
        let mut begun = Vec::with_capacity(missing);
        for _ in 0..missing {
            let first = from[rng.random_range(0..from.len())];
            let point = &points[first];
            let similar = map.similar(&point.pattern, point.place, SIMILAR + 1, filter);
            let fits = |&&index: &&usize| {
                index != first && points[index].pattern.grid() == point.pattern.grid()
            };
            let similar: Vec<usize> = similar.iter().filter(fits).copied().collect();
            let second = if similar.is_empty() {
                first
            } else {
                similar[rng.random_range(0..similar.len())]
            };
            pairs.extend([point.pattern, points[second].pattern]);
            begun.push((first, rng.random_range(0.0..FURTHEST), rng.random()));
        }
        let latents = space.encode(&pairs)?;
        let requests: Vec<Request> = begun
            .iter()
            .zip(latents.chunks_exact(2))
            .map(|(&(first, share, seed), pair)| Request {
                latent: pair[0].towards(&pair[1], share),
                grid: Some(points[first].pattern.grid()),
                sampling: Sampling::Random(seed),
            })
            .collect();
        let made = space.decode(&requests)?;
        for ((from, ..), pattern) in begun.into_iter().zip(made) {
            let is_new = map.apart(&pattern).is_none_or(|apart| apart >= least_apart(&pattern));
            if is_new && pattern.strokes() >= FEWEST && drawn.insert(pattern) {
                found.push(Sampled { pattern, from });
            }
        }
    }
    Ok(found)
}

/// As [`sample`], near a groove.
fn sample_near(
    space: &PatternSpace,
    map: &PatternMap,
    filter: &Filter,
    near: &Near,
    count: usize,
    seed: u64,
) -> Result<Vec<Sampled>, NetworkError> {
    let (points, given) = (map.points(), &near.pattern);
    let similar: Vec<usize> = map
        .similar(given, map.place(given), points.len(), filter)
        .into_iter()
        .filter(|&index| {
            let other = &points[index].pattern;
            other.grid() == given.grid() && other.distance(given) > 0
        })
        .take(SIMILAR)
        .collect();
    let mut found: Vec<Sampled> = Vec::new();
    if similar.is_empty() {
        return Ok(found);
    }
    let ends: Vec<Pattern> = similar.iter().map(|&index| points[index].pattern).collect();
    let (start, ends) = (space.encode(&[*given])?, space.encode(&ends)?);
    let (least, most) = near.apart();
    // With how far they are from what is known, those that are too little.
    let (mut drawn, mut less_new) = (HashSet::new(), Vec::new());
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for _ in 0..NEAR_ROUNDS {
        let missing = count - found.len();
        if missing == 0 {
            break;
        }
        let (mut begun, mut requests) = (Vec::new(), Vec::new());
        for _ in 0..TRIES * missing {
            let end = rng.random_range(0..ends.len());
            begun.push(similar[end]);
            requests.push(Request {
                latent: start[0].towards(&ends[end], rng.random_range(0.0..1.0)),
                grid: Some(given.grid()),
                sampling: Sampling::Random(rng.random()),
            });
        }
        for (from, made) in begun.into_iter().zip(space.decode(&requests)?) {
            if found.len() == count {
                break;
            }
            let mut pattern = near.with_locked(&made);
            let distance = pattern.distance(given);
            if distance < least {
                continue;
            }
            if distance > most {
                let kept = rng.random_range(least..=most);
                pattern = near.pulled(&pattern, kept, &mut rng);
            }
            let apart = map.apart(&pattern).unwrap_or(usize::MAX);
            if apart == 0 || pattern.strokes() < FEWEST || !drawn.insert(pattern) {
                continue;
            }
            let sampled = Sampled { pattern, from };
            if apart >= least_apart(&pattern) {
                found.push(sampled);
            } else {
                less_new.push((apart, sampled));
            }
        }
    }
    less_new.sort_by_key(|&(apart, _)| Reverse(apart));
    let missing = count - found.len();
    found.extend(less_new.into_iter().take(missing).map(|(_, sampled)| sampled));
    Ok(found)
}
