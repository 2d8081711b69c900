use super::feedback::profiles;
use super::*;
use crate::drummer::{GeneratedPart, Judgement};
use crate::score::{BarIndex, DrumClass, DrumPart, Hit, Lane};
use crate::studio::{Document, Edit, EditError, Lanes, fixtures};

fn rating(seed: u64, liked: bool, class: DrumClass, octaves: f32) -> Rating {
    let mut profile = Profile::default();
    profile[class.index()] = octaves;
    Rating { song: 1, variation: VariationId { seed, number: 0 }, liked, profile }
}

#[test]
fn what_is_starred_moves_what_is_like_it_up() {
    let feedback = RelevanceFeedback::new([
        rating(1, true, DrumClass::Ride, 1.0),
        rating(2, false, DrumClass::Kick, 1.0),
    ]);
    assert_eq!(feedback.counts(), (1, 1));
    let words = feedback.words();
    assert!(words == "less kick, more ride" || words == "more ride, less kick", "{words}");
    let (mut ride, mut kick) = (Profile::default(), Profile::default());
    ride[DrumClass::Ride.index()] = 1.0;
    kick[DrumClass::Kick.index()] = 1.0;
    let worths = [0.5, 0.52, 0.54];
    let moved = feedback.worths(&worths, &[ride, Profile::default(), kick]);
    let gap = |worths: &[f32]| worths[2] - worths[0];
    assert!(gap(&moved) < gap(&worths) && moved[0] > worths[0], "{moved:?}");
    // With nothing said nothing moves, and more ratings count for more.
    assert_eq!(RelevanceFeedback::default().worths(&worths, &[ride, kick, ride]), worths);
    let many = (0..20).map(|seed| rating(seed, true, DrumClass::Ride, 1.0));
    let sure = RelevanceFeedback::new(many).worths(&worths, &[ride, Profile::default(), kick]);
    assert!(sure[0] > sure[2] && gap(&sure) < gap(&moved), "{sure:?}");
}

#[test]
fn a_candidate_has_one_verdict_and_the_oldest_go_first() {
    let id = |seed| VariationId { seed, number: 0 };
    let feedback = RelevanceFeedback::default().with(rating(7, true, DrumClass::Ride, 1.0));
    let feedback = feedback.with(rating(7, false, DrumClass::Ride, 1.0));
    assert_eq!((feedback.ratings().len(), feedback.of(1, id(7))), (1, Some(false)));
    assert_eq!(feedback.without(1, id(7)).of(1, id(7)), None);
    let all = (0..MOST_RATINGS as u64 + 3).map(|seed| rating(seed, true, DrumClass::Toms, 0.5));
    let feedback = RelevanceFeedback::new(all);
    assert_eq!((feedback.ratings().len(), feedback.of(1, id(2))), (MOST_RATINGS, None));
    assert_eq!(feedback.of(1, id(3)), Some(true));
}

/// The document's own take with candidates of other seeds.
fn set(document: &Document) -> CandidateSet {
    let arrangement = document.arrangement.as_ref().unwrap();
    let take = arrangement.take.clone();
    let played = (0..6).map(|seed| {
        let part = fixtures::part(&take, 100 + seed);
        let generated = GeneratedPart { part, fills: vec![BarIndex(1)], style: None };
        Played { variation: VariationId { seed, number: 0 }, generated, judgement: worth(seed) }
    });
    // One is there twice.
    let again = fixtures::part(&take, 100);
    let again = GeneratedPart { part: again, fills: Vec::new(), style: None };
    let again = Played {
        variation: VariationId { seed: 9, number: 0 },
        generated: again,
        judgement: worth(9),
    };
    CandidateSet {
        candidates: ranked(played.chain([again]).collect(), &RelevanceFeedback::default(), 1),
        take: take.clone(),
        form: arrangement.form.clone(),
        played: arrangement.played.clone(),
    }
}

fn worth(seed: u64) -> Judgement {
    let worth = seed as f32 / 10.0;
    Judgement { likelihood: worth, structure: 0.0, imbalance: 0.0, sense: None, worth }
}

#[test]
fn the_best_comes_first_once_and_says_why() {
    let set = set(&fixtures::document(8, 1));
    assert_eq!(set.candidates.len(), 6);
    assert_eq!(set.candidates[0].alternative.variation.seed, 5);
    let mut names: Vec<&str> = set.candidates.iter().map(|own| own.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 6);
    assert!(set.candidates.iter().all(|own| !own.why.is_empty()));
    assert!(set.candidates[1].why.contains('1'), "{}", set.candidates[1].why);
}

fn put(
    document: &Document,
    set: &CandidateSet,
    slot: usize,
    bars: &[std::ops::Range<usize>],
) -> Result<Document, EditError> {
    let variation = set.candidates[0].alternative.variation;
    let put = PutCandidate::new(set, variation, slot, bars.to_vec()).unwrap();
    Edit::PutCandidate(Box::new(put)).apply(document)
}

fn hits(part: &DrumPart, wanted: impl Fn(&Hit) -> bool) -> Vec<Hit> {
    part.hits.iter().copied().filter(wanted).collect()
}

#[test]
fn a_candidate_is_put_in_whole_or_by_section_and_locks_hold() {
    let mut document = fixtures::document(8, 1);
    let set = set(&document);
    let own = &set.candidates[0].alternative;
    let whole = put(&document, &set, 2, &[]).unwrap();
    let arrangement = whole.arrangement.as_ref().unwrap();
    assert_eq!((arrangement.chosen, arrangement.alternative()), (2, own));
    assert_eq!(arrangement.alternatives[0], document.arrangement.as_ref().unwrap().alternatives[0]);

    let part = put(&document, &set, 1, &[4..6, 8..9]).unwrap();
    let mixed = part.arrangement.as_ref().unwrap().alternative().clone();
    let old = document.arrangement.as_ref().unwrap().alternatives[1].clone();
    let inside = |hit: &Hit| matches!(hit.bar.0, 4 | 5 | 8);
    assert_eq!(hits(&mixed.part, inside), hits(&own.part, inside));
    assert_eq!(hits(&mixed.part, |hit| !inside(hit)), hits(&old.part, |hit| !inside(hit)));
    assert!(mixed.overrides.iter().any(|own| own.region.bars == (4..6)));

    document.lanes[Lane::Kick.index()].lock = true;
    let edit = Edit::LockBars { bars: 0..1, on: true };
    let document = edit.apply(&document).unwrap();
    let locked = |hit: &Hit| hit.lane() == Lane::Kick || hit.bar.0 == 0;
    let kept = put(&document, &set, 0, &[]).unwrap();
    let kept = kept.part().unwrap();
    assert_eq!(hits(kept, locked), hits(document.part().unwrap(), locked));
    assert_eq!(hits(kept, |hit| !locked(hit)), hits(&own.part, |hit| !locked(hit)));
    assert_eq!(document.locked_lanes(), Lanes::only(Lane::Kick));
}

#[test]
fn what_does_not_fit_is_refused() {
    let document = fixtures::document(8, 1);
    let set = set(&document);
    assert_eq!(put(&document, &set, 4, &[]), Err(EditError::NoAlternative(4)));
    assert_eq!(put(&fixtures::document(4, 1), &set, 0, &[]), Err(EditError::OtherTake));
    assert_eq!(put(&Document::default(), &set, 0, &[]), Err(EditError::NoPart));
    assert!(PutCandidate::new(&set, VariationId { seed: 77, number: 0 }, 0, Vec::new()).is_none());
}

#[test]
fn other_settings_are_caught_up_with() {
    let mut document = fixtures::document(8, 1);
    let set = set(&document);
    document.settings.complexity = 0.9;
    document.arrangement.as_mut().unwrap().played = document.settings.clone();
    let put = put(&document, &set, 0, &[]).unwrap();
    // What was played says so, and the studio plays it anew.
    assert_eq!(put.arrangement.unwrap().played, set.played);
    assert_ne!(put.settings, set.played);
}

#[test]
fn profiles_are_octaves_beside_the_mean() {
    let take = fixtures::take(4);
    let part = fixtures::part(&take, 1);
    let bare = DrumPart::new(part.bars.clone(), part.grids.clone(), Vec::new());
    let [full, empty] = profiles(&[&part, &bare])[..] else { panic!() };
    assert!(full.iter().zip(empty).all(|(a, b)| (a + b).abs() < 1e-5 && *a > 0.0));
}
