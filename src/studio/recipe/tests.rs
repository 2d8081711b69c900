use super::*;
use crate::score::Lane;
use crate::studio::fixtures::{cell, document, part, take};
use crate::studio::{Document, Edit};

const SEED: u64 = 1;

fn played(seed: u64) -> GeneratedPart {
    GeneratedPart { part: part(&take(8), seed), fills: vec![BarIndex(2)], style: None }
}

fn variation(number: usize) -> VariationId {
    VariationId { seed: SEED, number }
}

/// What idea 0 plays once settings have changed.
fn changed() -> Variations {
    Variations::from([(variation(0), played(77))])
}

fn alternative(document: &Document) -> &Alternative {
    document.alternative().unwrap()
}

fn hits(part: &DrumPart, keep: impl Fn(&Hit) -> bool) -> Vec<Hit> {
    part.hits.iter().copied().filter(keep).collect()
}

#[test]
fn an_untouched_alternative_is_what_is_played() {
    let document = document(8, SEED);
    let new = alternative(&document).replayed(&changed(), Lanes::NONE, &BTreeSet::new());
    assert_eq!(*new.part, played(77).part);
    assert_eq!(*new.fills, [BarIndex(2)]);
}

#[test]
fn touched_cells_and_locks_stay() {
    let document = document(8, SEED);
    let erased = cell(1, 4, Lane::Snare);
    let set = Hit {
        bar: BarIndex(3),
        step: 7,
        key: Lane::Bell.default_key(),
        velocity: crate::score::Velocity::clamped(3),
        offset: 0.0,
    };
    // Something must be there to be erased.
    let document =
        Edit::SetHit(Hit { bar: BarIndex(1), step: 4, key: Lane::Snare.default_key(), ..set })
            .apply(&document)
            .unwrap();
    let document = Edit::EraseHits(vec![erased]).apply(&document).unwrap();
    let document = Edit::SetHit(set).apply(&document).unwrap();
    let old = alternative(&document);
    let bars = BTreeSet::from([BarIndex(5)]);
    let new = old.replayed(&changed(), Lanes::only(Lane::Kick), &bars);

    let edited = |hit: &Hit| old.touched.contains(&Cell::of(hit));
    assert_eq!(hits(&new.part, edited), [set]);
    let locked = |hit: &Hit| hit.lane() == Lane::Kick || hit.bar == BarIndex(5);
    assert_eq!(hits(&new.part, locked), hits(&old.part, locked));
    let free = |hit: &Hit| !locked(hit) && !edited(hit);
    assert_eq!(hits(&new.part, free), hits(&played(77).part, free));
}

#[test]
fn a_graft_is_played_by_its_own_idea_from_then_on() {
    let document = document(8, SEED);
    let region = Region { bars: 2..4, lanes: Lanes::ALL };
    let other = VariationId { seed: 9, number: 0 };
    let variations = Variations::from([(other, played(50))]);
    let overridden = alternative(&document).overridden(
        &region,
        other,
        &variations,
        Lanes::NONE,
        &BTreeSet::new(),
    );
    let inside = |hit: &Hit| (2..4).contains(&hit.bar.0);
    assert_eq!(hits(&overridden.part, inside), hits(&played(50).part, inside));
    let outside = |hit: &Hit| !inside(hit);
    assert_eq!(hits(&overridden.part, outside), hits(&alternative(&document).part, outside));

    let variations = Variations::from([(other, played(51)), (variation(0), played(77))]);
    let new = overridden.replayed(&variations, Lanes::NONE, &BTreeSet::new());
    assert_eq!(hits(&new.part, inside), hits(&played(51).part, inside));
    assert_eq!(hits(&new.part, outside), hits(&played(77).part, outside));
}

#[test]
fn grafts_are_bounded_and_hidden_ones_go() {
    let document = document(8, SEED);
    let mut overridden = alternative(&document).clone();
    let region_override = |alternative: &Alternative, bars, seed| {
        let variation = VariationId { seed, number: 0 };
        let variations = Variations::from([(variation, played(seed))]);
        let region = Region { bars, lanes: Lanes::ALL };
        alternative.overridden(&region, variation, &variations, Lanes::NONE, &BTreeSet::new())
    };
    for round in 0..100 {
        let bar = round as usize % 8;
        // Overlapping pairs never hide each other.
        overridden = region_override(&overridden, bar..bar + 2 + round as usize % 2, round);
        assert!(overridden.overrides.len() <= MOST_OVERRIDES);
    }
    let all = region_override(&overridden, 0..9, 123);
    assert_eq!((all.overrides.len(), all.touched.len()), (1, 0));
    assert_eq!(*all.part, played(123).part);
}
