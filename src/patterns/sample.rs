//! Patterns that nobody has played, near those that people have.

use std::collections::HashSet;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::map::{Filter, PatternMap, Place};
use super::pattern::Pattern;
use super::space::{PatternSpace, Request, Sampling};
use crate::network::NetworkError;

/// A new pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampled {
    /// What is played.
    pub pattern: Pattern,
    /// The point of the map that it began at.
    pub from: usize,
}

/// Points that are near a place.
const NEAR: usize = 150;
/// Similar patterns that one is mixed with.
const SIMILAR: usize = 20;
/// How far towards one of them, at most.
const FURTHEST: f32 = 0.5;
/// Rounds of tries; what is missing then is missing.
const ROUNDS: u64 = 8;
/// The fewest strokes of a pattern.
const FEWEST: usize = 3;

/// Draws up to `count` patterns, each different from all others and from every point of the map: a
/// latent between that of a point that passes the filter and that of a similar one, decoded by chance.
/// With a place, of the points near it. Fewer than `count` where the map has too few points for that.
/// Same map, filter and seed, same patterns.
///
/// # Errors
/// If a network fails.
pub fn sample(
    space: &PatternSpace,
    map: &PatternMap,
    filter: &Filter,
    near: Option<Place>,
    count: usize,
    seed: u64,
) -> Result<Vec<Sampled>, NetworkError> {
    let points = map.points();
    let from: Vec<usize> = match near {
        Some(place) => map.nearest(place, NEAR, filter),
        None => (0..points.len()).filter(|&index| filter.takes(&points[index])).collect(),
    };
    let mut found: Vec<Sampled> = Vec::new();
    if from.is_empty() {
        return Ok(found);
    }
    let mut known: HashSet<Pattern> = points.iter().map(|point| point.pattern).collect();
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
            if pattern.strokes() >= FEWEST && known.insert(pattern) {
                found.push(Sampled { pattern, from });
            }
        }
    }
    Ok(found)
}
