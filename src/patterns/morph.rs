//! From one pattern to another in small steps.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::drum::DRUMS;
use super::pattern::Pattern;
use super::space::PatternSpace;
use crate::network::NetworkError;

/// Shares of the strokes that differ which may be changed in the middle of the way.
const MIDDLE: std::ops::RangeInclusive<f32> = 0.3..=0.7;
/// How many middles the best is chosen of.
const TRIES: usize = 64;

/// The way from `a` to `b` in `steps` steps (at least 1): `steps + 1` patterns, the first `a`, the last
/// `b`, all with the rows of `a` where `locked` says so.
///
/// In the middle each drum is that of `a` or that of `b`, and between three and seven tenths of the
/// strokes that differ are those of `b`; of the middles that were dealt by chance it is the one that the
/// discriminator takes for played by people (`models/README.md`). Before and behind it strokes change
/// drum by drum, and no step is larger than `2 / steps` of the distance between `a` and `b`, but for
/// single strokes. Between a straight and a triplet pattern the grid changes in the middle. Same seed,
/// same way.
///
/// # Errors
/// If a network fails.
pub fn interpolate(
    space: &PatternSpace,
    [a, b]: [&Pattern; 2],
    steps: usize,
    locked: [bool; DRUMS],
    seed: u64,
) -> Result<Vec<Pattern>, NetworkError> {
    let steps = steps.max(1);
    let end = b.with_rows_of(a, |drum| locked[drum]);
    let half = steps / 2;
    if half == 0 {
        return Ok(vec![*a, end]);
    }
    let target = end.on(a.grid());
    let middle = middle(space, a, &target, seed)?;
    let largest = (2 * a.distance(&target) / steps).max(1);
    let fits = |apart: usize, steps: usize| apart.div_ceil(steps) <= largest;
    if a.grid() == end.grid()
        && !(fits(a.distance(&middle), half) && fits(middle.distance(&end), steps - half))
    {
        return Ok(path(a, &end, steps, seed));
    }
    let mut way = path(a, &middle, half, seed);
    way.pop();
    way.extend(path(&middle.on(end.grid()), &end, steps - half, seed));
    way[0] = *a;
    Ok(way)
}

/// Some drums of `a`, the others of `b`, as people would play it. Where no such pattern is in the middle,
/// as between two that differ in one drum, half of the strokes have changed.
fn middle(
    space: &PatternSpace,
    a: &Pattern,
    b: &Pattern,
    seed: u64,
) -> Result<Pattern, NetworkError> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let all = a.distance(b).max(1) as f32;
    let dealt: Vec<Pattern> = (0..TRIES)
        .map(|_| {
            let taken: [bool; DRUMS] = std::array::from_fn(|_| rng.random());
            a.with_rows_of(b, |drum| taken[drum])
        })
        .filter(|dealt| MIDDLE.contains(&(a.distance(dealt) as f32 / all)))
        .collect();
    let realism = space.realism(&dealt)?;
    let best = dealt.iter().zip(realism).max_by(|(_, one), (_, other)| one.total_cmp(other));
    Ok(best.map_or_else(|| path(a, b, 2, seed)[1], |(pattern, _)| *pattern))
}

/// `steps + 1` patterns on one grid, strokes changing drum by drum in even numbers.
fn path(from: &Pattern, to: &Pattern, steps: usize, seed: u64) -> Vec<Pattern> {
    let mut drums: Vec<usize> = (0..DRUMS).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(1);
    for last in (1..DRUMS).rev() {
        drums.swap(last, rng.random_range(0..=last));
    }
    let mut changes = Vec::new();
    for &drum in &drums {
        let apart = from.rows()[drum] ^ to.rows()[drum];
        changes.extend((0..from.grid().steps()).filter(|s| apart >> s & 1 == 1).map(|s| (drum, s)));
    }
    let mut now = *from;
    let mut found = vec![now];
    let mut done = 0;
    for step in 1..=steps {
        let until = step * changes.len() / steps;
        for &(drum, at) in &changes[done..until] {
            now.set(drum, at, to.has_onset(drum, at));
        }
        done = until;
        found.push(now);
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::network::{Backend, Models};
    use crate::patterns::pattern::tests::any_pattern;
    use crate::patterns::{PatternGrid, PatternMap};

    thread_local! {
        static SPACE: PatternSpace =
            PatternSpace::new(&Models::new(Backend::Cpu, None)).unwrap();
    }

    fn way(
        a: &Pattern,
        b: &Pattern,
        steps: usize,
        locked: [bool; DRUMS],
        seed: u64,
    ) -> Vec<Pattern> {
        SPACE.with(|space| interpolate(space, [a, b], steps, locked, seed)).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn ends_are_exact_steps_small_and_locked_rows_stay(
            a in any_pattern(),
            b in any_pattern(),
            steps in 1_usize..40,
            locks in any::<u16>(),
            seed in any::<u64>(),
        ) {
            let locked = std::array::from_fn(|drum| locks & locks >> 3 >> drum & 1 == 1);
            let way = way(&a, &b, steps, locked, seed);
            let end = b.with_rows_of(&a, |drum| locked[drum]);
            prop_assert_eq!(way.len(), steps + 1);
            prop_assert_eq!((way[0], way[steps]), (a, end));
            if a.grid() == b.grid() {
                let whole = a.distance(&end);
                for pair in way.windows(2) {
                    let apart = pair[0].distance(&pair[1]);
                    prop_assert!(apart <= 1 || apart * steps <= 2 * whole, "{apart} of {whole}");
                }
                for now in &way {
                    let stays = |drum: usize| !locked[drum] || now.rows()[drum] == a.rows()[drum];
                    prop_assert!((0..DRUMS).all(stays));
                }
            }
        }
    }

    #[test]
    fn there_is_a_way_from_nothing_and_to_nothing() {
        let nothing = Pattern::empty(PatternGrid::Straight);
        let way = way(&nothing, &nothing, 16, [false; DRUMS], 0);
        assert_eq!(way, [nothing; 17]);
    }

    #[test]
    fn the_middle_is_between_the_ends_and_more_like_what_people_play_than_others() {
        let map = PatternMap::built_in();
        let points: Vec<Pattern> = map.points().iter().map(|point| point.pattern).collect();
        let straight: Vec<Pattern> = points
            .iter()
            .copied()
            .filter(|p| p.grid() == PatternGrid::Straight)
            .step_by(701)
            .collect();
        let (mut chosen, mut chance) = (Vec::new(), Vec::new());
        for pair in straight.windows(2) {
            let [a, b] = [&pair[0], &pair[1]];
            let middle = way(a, b, 16, [false; DRUMS], 7)[8];
            let share = a.distance(&middle) as f32 / a.distance(b) as f32;
            assert!((0.25..=0.75).contains(&share), "{share}");
            assert_eq!(a.distance(&middle) + middle.distance(b), a.distance(b));
            chosen.push(middle);
            chance.push(a.with_rows_of(b, |drum| drum % 2 == 0));
        }
        let mean = |patterns: &[Pattern]| {
            let all = SPACE.with(|space| space.realism(patterns)).unwrap();
            all.iter().sum::<f32>() / all.len() as f32
        };
        assert!(mean(&chosen) > mean(&chance) + 1.0, "{} {}", mean(&chosen), mean(&chance));
    }

    #[test]
    fn between_patterns_that_differ_in_one_drum_half_has_changed_in_the_middle() {
        let a = Pattern::empty(PatternGrid::Straight);
        let mut b = a;
        (0..32).step_by(2).for_each(|step| b.set(4, step, true));
        assert_eq!(way(&a, &b, 16, [false; DRUMS], 0)[8].strokes(), 8);
    }
}
