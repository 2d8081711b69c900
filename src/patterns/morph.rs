//! From one pattern to another in small steps.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::drum::DRUMS;
use super::pattern::{Pattern, PatternGrid};
use super::regrid::across;
use super::space::PatternSpace;
use crate::network::NetworkError;

/// Shares of the strokes that differ which may be changed in the middle of the way.
const MIDDLE: std::ops::RangeInclusive<f32> = 0.3..=0.7;
/// How many middles the best is chosen of.
const TRIES: usize = 64;

/// The way from `a` to `b` in `steps` steps (at least 1): `steps + 1` patterns, the first `a`, the last
/// `b`, all with the strokes of `a` where `locked` says so (see [`Pattern::with_rows_of`]).
///
/// In the middle each drum is that of `a` or that of `b`, and between three and seven tenths of the
/// strokes that differ are those of `b`; of the middles that were dealt by chance it is the one that the
/// discriminator takes for played by people (`models/README.md`). Before and behind it strokes change
/// drum by drum, and no step is larger than `2 / steps` of the distance between `a` and `b`, but for
/// single strokes.
///
/// Between a straight and a triplet pattern beats change one after another. A stroke that has a place near
/// its own in the other pattern moves there, and what else goes makes room for what comes, so that no
/// step has far fewer strokes than both ends; sixteenths become eighths, or go, before the first third of
/// a beat comes ([`PatternGrid::Mixed`]). Steps are as small as on one grid; a stroke that moves is a single
/// one. Same seed, same way.
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
    if a.grid() != end.grid() {
        // From what is straighter, so that sixteenths make room first.
        let is_turned = a.grid() == PatternGrid::Triplet || end.grid() == PatternGrid::Straight;
        let mut way = if is_turned { across(&end, a, steps) } else { across(a, &end, steps) };
        if is_turned {
            way.reverse();
        }
        return Ok(way);
    }
    let middle = middle(space, a, &end, seed)?;
    let largest = (2 * a.distance(&end) / steps).max(1);
    let fits = |apart: usize, steps: usize| apart.div_ceil(steps) <= largest;
    if !(fits(a.distance(&middle), half) && fits(middle.distance(&end), steps - half)) {
        return Ok(path(a, &end, steps, seed));
    }
    let mut way = path(a, &middle, half, seed);
    way.pop();
    way.extend(path(&middle, &end, steps - half, seed));
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
    let all = a.distance(b).max(1) as f32;
    let mut dealt = dealt(a, b, seed);
    dealt.retain(|dealt| MIDDLE.contains(&(a.distance(dealt) as f32 / all)));
    Ok(likeliest(space, &dealt)?.unwrap_or_else(|| path(a, b, 2, seed)[1]))
}

/// Patterns on one grid whose drums are dealt by chance from two.
fn dealt(a: &Pattern, b: &Pattern, seed: u64) -> Vec<Pattern> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut deal = || {
        let taken: [bool; DRUMS] = std::array::from_fn(|_| rng.random());
        a.with_rows_of(b, |drum| taken[drum])
    };
    (0..TRIES).map(|_| deal()).collect()
}

/// What of these people would play; `None` of none.
fn likeliest(space: &PatternSpace, patterns: &[Pattern]) -> Result<Option<Pattern>, NetworkError> {
    let realism = space.realism(patterns)?;
    let best = patterns.iter().zip(realism).max_by(|(_, one), (_, other)| one.total_cmp(other));
    Ok(best.map(|(pattern, _)| *pattern))
}

/// `steps + 1` patterns on one grid, strokes changing drum by drum in even numbers.
fn path(from: &Pattern, to: &Pattern, steps: usize, seed: u64) -> Vec<Pattern> {
    let changes = changes(from, to, seed);
    let done = |step: usize| step * changes.len() / steps;
    (0..=steps).map(|step| changed(from, to, &changes[..done(step)])).collect()
}

/// Drum and step of what differs between two patterns on one grid: the drums by chance, each from its
/// first step to its last.
fn changes(from: &Pattern, to: &Pattern, seed: u64) -> Vec<(usize, usize)> {
    let mut drums: Vec<usize> = (0..DRUMS).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(1);
    for last in (1..DRUMS).rev() {
        drums.swap(last, rng.random_range(0..=last));
    }
    let mut changes = Vec::new();
    for drum in drums {
        let apart = from.rows()[drum] ^ to.rows()[drum];
        changes.extend((0..from.grid().steps()).filter(|s| apart >> s & 1 == 1).map(|s| (drum, s)));
    }
    changes
}

/// A pattern with these cells of another.
fn changed(from: &Pattern, to: &Pattern, cells: &[(usize, usize)]) -> Pattern {
    let mut changed = *from;
    for &(drum, step) in cells {
        changed.set(drum, step, to.has_onset(drum, step));
    }
    changed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::network::{Backend, Models};
    use crate::patterns::pattern::tests::any_pattern;
    use crate::patterns::{PatternMap, TWELFTHS};

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
            let whole = a.distance(&end);
            for pair in way.windows(2) {
                let apart = pair[0].distance(&pair[1]);
                // A stroke that moves is two that differ.
                let single = if a.grid() == end.grid() { 1 } else { 2 };
                prop_assert!(apart <= single || apart * steps <= 2 * whole, "{apart} of {whole}");
            }
            for now in &way {
                let stays = |drum: usize| !locked[drum] || times(now, drum) == times(&a, drum);
                prop_assert!((0..DRUMS).all(stays));
            }
        }
    }

    /// When a drum is struck, in twelfths of a beat, which all grids have.
    fn times(pattern: &Pattern, drum: usize) -> Vec<usize> {
        let own = pattern.times()[drum];
        (0..TWELFTHS).filter(|twelfth| own >> twelfth & 1 == 1).collect()
    }

    #[test]
    fn between_the_grids_every_step_is_small_and_as_full_as_the_ends() {
        let mut rock = Pattern::empty(PatternGrid::Straight);
        (0..32).step_by(2).for_each(|step| rock.set(4, step, true));
        for (drum, step) in [(0, 0), (1, 4), (0, 10), (1, 12), (0, 16), (1, 20), (0, 26), (1, 28)] {
            rock.set(drum, step, true);
        }
        let mut shuffle = Pattern::empty(PatternGrid::Triplet);
        for beat in 0..8 {
            shuffle.set(11, 3 * beat, true);
            shuffle.set(11, 3 * beat + 2, true);
            shuffle.set(5, 3 * beat, beat % 2 == 1);
        }
        let whole = rock.distance(&shuffle);
        let fewest = rock.strokes().min(shuffle.strokes());
        for [a, b] in [[&rock, &shuffle], [&shuffle, &rock]] {
            let way = way(a, b, 16, [false; DRUMS], 3);
            assert_eq!((&way[0], &way[16]), (a, b));
            assert!(way.iter().all(|now| now.strokes() >= fewest));
            for (step, pair) in way.windows(2).enumerate() {
                assert!(8 * pair[0].distance(&pair[1]) <= whole, "step {step} of {whole}");
                // It never turns back.
                assert!(pair[0].distance(a) < pair[1].distance(a));
            }
        }
    }

    #[test]
    fn a_straight_eighth_moves_to_the_last_third_as_one_stroke() {
        let mut straight = Pattern::empty(PatternGrid::Straight);
        (0..32).step_by(2).for_each(|step| straight.set(4, step, true));
        let mut swung = Pattern::empty(PatternGrid::Triplet);
        (0..24).filter(|step| step % 3 != 1).for_each(|step| swung.set(4, step, true));
        let way = way(&straight, &swung, 8, [false; DRUMS], 0);
        for (step, now) in way.iter().enumerate() {
            // One beat after another.
            let place = |beat| if beat < step { 8 } else { 6 };
            let expected: Vec<usize> =
                (0..8).flat_map(|beat| [12 * beat, 12 * beat + place(beat)]).collect();
            assert_eq!(times(now, 4), expected, "step {step}");
        }
    }

    #[test]
    fn grooves_of_people_stay_full_between_the_grids() {
        let map = PatternMap::built_in();
        let of = |grid: PatternGrid, every: usize| -> Vec<Pattern> {
            let own = map.points().iter().map(|point| point.pattern).filter(|p| p.grid() == grid);
            own.step_by(every).take(100).collect()
        };
        let ends = of(PatternGrid::Straight, 97).into_iter().zip(of(PatternGrid::Triplet, 31));
        let mut shares: Vec<f32> = ends
            .map(|(a, b)| {
                let way = way(&a, &b, 16, [false; DRUMS], 0);
                let least = way.iter().map(Pattern::strokes).min().unwrap_or(0);
                least as f32 / a.strokes().min(b.strokes()) as f32
            })
            .collect();
        shares.sort_by(f32::total_cmp);
        assert!(shares.len() >= 50 && shares[shares.len() / 20] >= 0.7, "{shares:?}");
    }

    #[test]
    fn locked_drums_keep_their_times_where_the_rest_goes_to_the_other_grid() {
        let mut hats = Pattern::empty(PatternGrid::Straight);
        (0..32).for_each(|step| hats.set(4, step, true));
        let mut shuffle = Pattern::empty(PatternGrid::Triplet);
        (0..24).step_by(3).for_each(|step| shuffle.set(11, step + 2, true));
        let locked = std::array::from_fn(|drum| drum == 4);
        let way = way(&hats, &shuffle, 8, locked, 0);
        assert!(way.iter().all(|now| times(now, 4) == times(&hats, 4)));
        // The last of three is nearest to the last of four.
        let skips: Vec<usize> = (0..8).map(|beat| 12 * beat + 9).collect();
        assert_eq!(times(&way[8], 11), skips);
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
