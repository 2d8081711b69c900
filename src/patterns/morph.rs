//! From one pattern to another in small steps.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::drum::DRUMS;
use super::pattern::Pattern;

/// Shares of the strokes that differ which may be changed in the middle of the way.
const MIDDLE: std::ops::RangeInclusive<f32> = 0.15..=0.85;
/// How often the drums are dealt anew for it.
const TRIES: usize = 64;

/// The way from `a` to `b` in `steps` steps (at least 1): `steps + 1` patterns, the first `a`, the last
/// `b`, all with the rows of `a` where `locked` says so.
///
/// In the middle each drum is that of `a` or that of `b`, which of the middles that were tried is the one
/// least easily told from what people play (`models/README.md`). Before and behind it strokes change
/// drum by drum, and
/// no step is larger than `2 / steps` of the distance between `a` and `b`, but for single strokes.
/// Between a straight and a triplet pattern the grid changes in the middle. Same seed, same way.
pub fn interpolate(
    [a, b]: [&Pattern; 2],
    steps: usize,
    locked: [bool; DRUMS],
    seed: u64,
) -> Vec<Pattern> {
    let steps = steps.max(1);
    let end = b.with_rows_of(a, |drum| locked[drum]);
    let half = steps / 2;
    if half == 0 {
        return vec![*a, end];
    }
    let target = end.on(a.grid());
    let middle = middle(a, &target, seed);
    let largest = (2 * a.distance(&target) / steps).max(1);
    let fits = |apart: usize, steps: usize| apart.div_ceil(steps) <= largest;
    if a.grid() == end.grid()
        && !(fits(a.distance(&middle), half) && fits(middle.distance(&end), steps - half))
    {
        return path(a, &end, steps, seed);
    }
    let mut way = path(a, &middle, half, seed);
    way.pop();
    way.extend(path(&middle.on(end.grid()), &end, steps - half, seed));
    way[0] = *a;
    way
}

/// Some drums of `a`, the others of `b`.
fn middle(a: &Pattern, b: &Pattern, seed: u64) -> Pattern {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let apart: [usize; DRUMS] =
        std::array::from_fn(|drum| (a.rows()[drum] ^ b.rows()[drum]).count_ones() as usize);
    let all = apart.iter().sum::<usize>().max(1) as f32;
    let share = |taken: &[bool; DRUMS]| {
        (0..DRUMS).filter(|&drum| taken[drum]).map(|drum| apart[drum]).sum::<usize>() as f32 / all
    };
    let mut taken = [false; DRUMS];
    for _ in 0..TRIES {
        let dealt: [bool; DRUMS] = std::array::from_fn(|_| rng.random());
        if (share(&dealt) - 0.5).abs() < (share(&taken) - 0.5).abs() {
            taken = dealt;
        }
        if MIDDLE.contains(&share(&dealt)) {
            taken = dealt;
            break;
        }
    }
    a.with_rows_of(b, |drum| taken[drum])
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
    use crate::patterns::PatternGrid;
    use crate::patterns::pattern::tests::any_pattern;

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
            let way = interpolate([&a, &b], steps, locked, seed);
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
        let way = interpolate([&nothing, &nothing], 16, [false; DRUMS], 0);
        assert_eq!(way, [nothing; 17]);
    }
}
