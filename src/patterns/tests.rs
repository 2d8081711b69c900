//! The networks beside PyTorch, the map, what is sampled.

use proptest::prelude::*;
use serde::Deserialize;

use super::pattern::tests::any_pattern;
use super::*;
use crate::network::{Backend, Models};

fn space() -> PatternSpace {
    PatternSpace::new(&Models::new(Backend::Cpu, None)).unwrap()
}

/// A pattern with what PyTorch said of it; `models/training/patterns.py` writes it.
#[derive(Deserialize)]
struct Case {
    grid: u8,
    rows: [u32; DRUMS],
    latent: Vec<f32>,
    place: [f32; 2],
    realism: f32,
    decoded: [u32; DRUMS],
}

fn golden() -> Vec<Case> {
    serde_json::from_str(include_str!("../../tests/golden/patterns.json")).unwrap()
}

fn grid(number: u8) -> PatternGrid {
    if number == 1 { PatternGrid::Triplet } else { PatternGrid::Straight }
}

#[test]
fn tract_says_what_pytorch_said() {
    let cases = golden();
    let patterns: Vec<Pattern> =
        cases.iter().map(|case| Pattern::from_rows(grid(case.grid), case.rows)).collect();
    let space = space();
    let latents = space.encode(&patterns).unwrap();
    for (case, latent) in cases.iter().zip(&latents) {
        assert!(case.latent.iter().zip(&latent.0).all(|(a, b)| (a - b).abs() < 2e-3));
    }
    let request =
        |latent: &Latent| Request { latent: *latent, grid: None, sampling: Sampling::Likeliest };
    let requests: Vec<Request> = latents.iter().map(request).collect();
    for (case, made) in cases.iter().zip(space.decode(&requests).unwrap()) {
        assert_eq!(made, Pattern::from_rows(grid(case.grid), case.decoded));
    }
    for (case, realism) in cases.iter().zip(space.realism(&patterns).unwrap()) {
        assert!((case.realism - realism).abs() < 2e-3, "{} {realism}", case.realism);
    }
    // One by one as together.
    assert_eq!(space.realism(&patterns[..1]).unwrap().len(), 1);
    assert_eq!(space.encode(&patterns[..1]).unwrap().len(), 1);
    let alone = space.decode(&requests[..1]).unwrap();
    assert_eq!(alone[0].rows(), &cases[0].decoded);
}

#[test]
fn unseen_patterns_are_placed_where_they_were_when_that_was_measured() {
    let map = PatternMap::built_in();
    for case in golden() {
        let place = map.place(&Pattern::from_rows(grid(case.grid), case.rows));
        let [x, y] = case.place;
        assert!(place.distance(Place { x, y }) < 1e-3, "{place:?} {x} {y}");
    }
}

#[test]
fn nothing_and_all_are_encoded_and_decoded() {
    let space = space();
    for pattern in [
        Pattern::empty(PatternGrid::Straight),
        Pattern::empty(PatternGrid::Triplet),
        Pattern::from_rows(PatternGrid::Straight, [u32::MAX; DRUMS]),
    ] {
        let latent = space.encode(&[pattern]).unwrap()[0];
        assert!(latent.0.iter().all(|value| value.is_finite()));
        let sampling = Sampling::Random(1);
        let request = Request { latent, grid: Some(pattern.grid()), sampling };
        assert_eq!(space.decode(&[request]).unwrap()[0].grid(), pattern.grid());
    }
    assert!(space.encode(&[]).unwrap().is_empty());
}

#[test]
fn the_built_in_map_is_whole() {
    let map = PatternMap::built_in();
    assert!(map.points().len() > 15_000, "{}", map.points().len());
    for point in map.points() {
        assert!(point.pattern.strokes() >= 3 && usize::from(point.style.0) < MapStyle::COUNT);
        assert!(point.place.x.abs() < 2.0 && point.place.y.abs() < 2.0);
    }
    for style in MapStyle::all() {
        let filter = Filter { style: Some(style), ..Filter::default() };
        assert!(map.points().iter().any(|point| filter.takes(point)), "{}", style.name());
    }
}

#[test]
fn a_points_own_place_has_its_own_pattern_and_between_points_nothing_jumps() {
    let (map, space) = (PatternMap::built_in(), space());
    for point in map.points().iter().step_by(997) {
        assert_eq!(map.place(&point.pattern), point.place);
        let near = map.nearest(point.place, 1, &Filter::default());
        let there = map.pattern_at(&space, point.place, Sampling::Likeliest).unwrap().unwrap();
        assert_eq!(there, map.points()[near[0]].pattern);
    }
    // Along a line in small steps: it jumps only where the grid does, and a little at points.
    let mut before: Option<Pattern> = None;
    let mut jumps = 0;
    for step in 0..200 {
        let place = Place { x: -0.05 + 0.0005 * step as f32, y: 0.05 };
        let now = map.pattern_at(&space, place, Sampling::Likeliest).unwrap().unwrap();
        jumps += usize::from(
            before.is_some_and(|before| before.grid() == now.grid() && before.distance(&now) > 20),
        );
        before = Some(now);
    }
    assert!(jumps <= 4, "{jumps}");
}

#[test]
fn samples_are_new_of_the_style_and_the_same_for_a_seed() {
    let (map, space) = (PatternMap::built_in(), space());
    let style = MapStyle::all().find(|style| style.name() == "latin");
    let filter = Filter { style, ..Filter::default() };
    let draw = |seed| sample(&space, &map, &filter, None, 24, seed).unwrap();
    let drawn = draw(4);
    assert_eq!((drawn.len(), &drawn), (24, &draw(4)));
    assert_ne!(drawn, draw(5));
    for (index, sampled) in drawn.iter().enumerate() {
        assert!(filter.takes(&map.points()[sampled.from]));
        // A real distance from all that people played.
        let least = sampled.pattern.strokes().div_ceil(10).max(3);
        let same_grid =
            map.points().iter().filter(|point| point.pattern.grid() == sampled.pattern.grid());
        let mut apart = same_grid.map(|point| point.pattern.distance(&sampled.pattern));
        assert!(apart.all(|apart| apart >= least));
        assert!(drawn[..index].iter().all(|other| other.pattern != sampled.pattern));
    }
    let nothing = PatternMap::new(Vec::new());
    assert_eq!(sample(&space, &nothing, &filter, None, 3, 0).unwrap(), []);
    assert_eq!(nothing.pattern_at(&space, Place::default(), Sampling::Likeliest).unwrap(), None);
}

#[test]
fn samples_near_a_groove_differ_a_little_and_never_in_locked_drums() {
    let (map, space) = (PatternMap::built_in(), space());
    let given = map.points().iter().find(|point| point.pattern.strokes() >= 24).unwrap().pattern;
    let locked = std::array::from_fn(|drum| drum == 0);
    for near in [Near::new(given), Near { pattern: given, locked }] {
        let drawn = sample(&space, &map, &Filter::default(), Some(near), 8, 1).unwrap();
        assert!(!drawn.is_empty() && drawn.len() <= 8);
        for made in drawn {
            let distance = made.pattern.distance(&given);
            assert_eq!(made.pattern.grid(), given.grid());
            assert!(map.points().iter().all(|point| point.pattern != made.pattern));
            assert!(distance >= 2 && 4 * distance <= given.strokes(), "{distance}");
            assert!(!near.locked[0] || made.pattern.rows()[0] == given.rows()[0]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_pattern_has_a_place_and_neighbours(pattern in any_pattern()) {
        let map = PatternMap::built_in();
        let place = map.place(&pattern);
        prop_assert!(place.x.is_finite() && place.y.is_finite());
        let near = map.similar(&pattern, place, 5, &Filter::default());
        let apart: Vec<usize> =
            near.iter().map(|&index| map.points()[index].pattern.distance(&pattern)).collect();
        prop_assert!(apart.len() == 5 && apart.is_sorted());
    }
}
