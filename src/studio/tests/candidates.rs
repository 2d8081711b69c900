//! Parts to choose from, and the part itself, auditioned.

use super::helpers::{done, hits, with_take};
use crate::studio::*;

#[test]
fn the_part_is_auditioned_as_it_is_after_an_edit() {
    let studio = Studio::new();
    let saved = Saved { document: fixtures::document(8, 1), ..Saved::default() };
    studio.load(&saved.to_bytes()).unwrap();
    let mut end = studio.connect();
    studio.audition_candidate(AuditionSource::Part, None);
    let before = std::iter::from_fn(|| end.clips.pop().ok()).last().unwrap();
    assert!(before.at_once);
    let lane = hits(&studio.snapshot())[0].lane();
    studio.apply(Edit::Mute { lane, on: true }).unwrap();
    let after = std::iter::from_fn(|| end.clips.pop().ok()).last().unwrap();
    assert!(after.at_once && after.strokes.len() < before.strokes.len());
}

#[test]
fn candidates_are_written_ranked_heard_and_judged() {
    let studio = with_take();
    let mut end = studio.connect();
    studio.start(Job::Candidates).unwrap();
    let view = done(&studio);
    let set = view.candidates.clone().unwrap();
    // Of 32 those that differ, which to eight short bars may be half.
    assert!(set.candidates.len() > 2 * ALTERNATIVES, "{}", set.candidates.len());
    // Without drums the best become the alternatives.
    let arrangement = view.document.arrangement.clone().unwrap();
    let best: Vec<&Alternative> =
        set.candidates.iter().take(ALTERNATIVES).map(|own| &own.alternative).collect();
    assert_eq!(arrangement.alternatives.iter().collect::<Vec<_>>(), best);
    assert_eq!(view.undo, Some("make 32"));

    let mut last = || std::iter::from_fn(|| end.clips.pop().ok()).last();
    let third = &set.candidates[2].alternative;
    studio.audition_candidate(AuditionSource::Candidate(third.variation), Some(0));
    let clip = last().unwrap();
    assert!(clip.at_once);
    assert_eq!(clip.strokes, view.document.clip_of(&set.take, &third.part).strokes);
    assert_eq!(studio.snapshot().audition_source, Some(AuditionSource::Candidate(third.variation)));
    studio.stop_audition();
    assert_eq!(*last().unwrap(), view.document.clip());
    assert_eq!(studio.snapshot().audition_source, None);

    // What is starred comes back with others, also from a saved project, and is known there.
    studio.judge_candidate(third.variation, Some(true));
    let other = Studio::new();
    other.load(&studio.save()).unwrap();
    let song = RelevanceFeedback::song(&set.take);
    assert_eq!(other.snapshot().feedback.of(song, third.variation), Some(true));
    other.start(Job::Candidates).unwrap();
    let view = done(&other);
    let again = view.candidates.clone().unwrap();
    let back = again.get(third.variation).expect("what was starred is there again");
    assert_eq!(back.alternative.part, third.part);
    // The drums that there were stay.
    assert_eq!(view.document.arrangement.as_ref().unwrap().alternatives, arrangement.alternatives);
    let known = |own: &&CandidatePart| set.get(own.alternative.variation).is_some();
    assert_eq!(again.candidates.iter().filter(known).count(), 1);
}
