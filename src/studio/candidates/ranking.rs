//! Which candidate comes first, and why.

use std::collections::BTreeSet;

use super::feedback::{Profile, RelevanceFeedback, class_name, profiles};
use super::{BEST, CandidatePart};
use crate::curator::{Candidate, choose, pattern_distance, ranked as by_worth};
use crate::drummer::{GeneratedPart, Judgement, names, time_keeper};
use crate::score::{DrumClass, DrumPart};
use crate::studio::{Alternative, VariationId};

/// Of those before it, one is compared with so many at most.
const COMPARED: usize = 8;
/// An amount that is so many octaves beside the others' is spoken of.
const STRIKING: f32 = 0.35;

/// A candidate before it is ranked.
pub struct Played {
    pub variation: VariationId,
    pub generated: GeneratedPart,
    pub judgement: Judgement,
}

/// Parts with what was found of them, for the curator. `worths` may differ from the judgements' own.
pub fn curated<'a>(
    parts: &[&'a DrumPart],
    judgements: &[Judgement],
    worths: &[f32],
) -> Vec<Candidate<'a>> {
    let candidate = |((part, judgement), worth): ((&&'a DrumPart, &Judgement), &f32)| Candidate {
        part,
        worth: *worth,
        playable: judgement.is_playable(),
    };
    parts.iter().zip(judgements).zip(worths).map(candidate).collect()
}

/// The best first: some that are good and differ, then the others by their worth to this musician. Parts
/// that strike the same are one, the starred one if there is one. `song` is what ratings are about.
pub fn ranked(
    mut played: Vec<Played>,
    feedback: &RelevanceFeedback,
    song: u32,
) -> Vec<CandidatePart> {
    played.sort_by_key(|played| feedback.of(song, played.variation) != Some(true));
    let mut known = BTreeSet::new();
    let strikes = |played: &Played| {
        let hits = &played.generated.part.hits;
        hits.iter().map(|hit| (hit.bar.0, hit.step, hit.key.get())).collect::<Vec<_>>()
    };
    let played: Vec<Played> =
        played.into_iter().filter(|played| known.insert(strikes(played))).collect();
    let parts: Vec<&DrumPart> = played.iter().map(|played| &played.generated.part).collect();
    let judgements: Vec<Judgement> = played.iter().map(|played| played.judgement).collect();
    let worths: Vec<f32> = judgements.iter().map(|judgement| judgement.worth).collect();
    let profiles = profiles(&parts);
    let worths = feedback.worths(&worths, &profiles);
    let candidates = curated(&parts, &judgements, &worths);
    let mut order = choose(&candidates, BEST);
    order.extend(
        by_worth(&candidates)
            .into_iter()
            .filter(|index| !order[..].contains(index))
            .collect::<Vec<_>>(),
    );
    let reasons = reasons(&parts, &judgements, &order);
    let names = names(order.iter().map(|&index| parts[index]));
    let made = order.iter().zip(names).zip(reasons).map(|((&index, name), why)| CandidatePart {
        alternative: Alternative::fresh(played[index].variation, &played[index].generated),
        name,
        why,
        profile: profiles[index],
    });
    made.collect()
}

/// Why each of `order` stands where it stands: beside all, and beside those before it.
pub fn reasons(parts: &[&DrumPart], judgements: &[Judgement], order: &[usize]) -> Vec<String> {
    let profiles = profiles(parts);
    let reason = |place: usize| reason(parts, judgements, &profiles, &order[..=place]);
    (0..order.len()).map(reason).collect()
}

fn reason(
    parts: &[&DrumPart],
    judgements: &[Judgement],
    profiles: &[Profile],
    order: &[usize],
) -> String {
    let Some((&own, before)) = order.split_last() else { return String::new() };
    // In the best quarter of all.
    let stands_out = |figure: &dyn Fn(&Judgement) -> f32| {
        let better = judgements.iter().filter(|other| figure(other) > figure(&judgements[own]));
        better.count() * 4 < judgements.len()
    };
    let mut words = Vec::new();
    if !judgements[own].is_playable() {
        words.push("hard to play".to_owned());
    }
    if stands_out(&|judgement| judgement.structure) {
        words.push("follows the form".to_owned());
    }
    if stands_out(&|judgement| judgement.likelihood) {
        words.push("what the song suggests".to_owned());
    }
    if stands_out(&|judgement| -judgement.imbalance) {
        words.push("well balanced".to_owned());
    }
    let striking = DrumClass::ALL
        .into_iter()
        .map(|class| (profiles[own][class.index()], class))
        .filter(|(by, _)| by.abs() >= STRIKING)
        .max_by(|a, b| a.0.abs().total_cmp(&b.0.abs()));
    if let Some((by, class)) = striking {
        let amount = if by > 0.0 { "much" } else { "little" };
        words.push(match (by > 0.0, class) {
            (true, DrumClass::Kick | DrumClass::Snare) => format!("busy {}", class_name(class)),
            (
                true,
                DrumClass::ClosedHat | DrumClass::OpenHat | DrumClass::Toms | DrumClass::Crash,
            ) => {
                format!("many {}", class_name(class))
            }
            (
                false,
                DrumClass::ClosedHat | DrumClass::OpenHat | DrumClass::Toms | DrumClass::Crash,
            ) => {
                format!("few {}", class_name(class))
            }
            _ => format!("{amount} {}", class_name(class)),
        });
    }
    let nearest = before.iter().take(COMPARED).enumerate().min_by(|a, b| {
        let apart = |other: &usize| pattern_distance(parts[own], parts[*other]);
        apart(a.1).total_cmp(&apart(b.1))
    });
    if let Some((place, &other)) = nearest {
        let (mine, theirs) = (time_keeper(parts[own]), time_keeper(parts[other]));
        let apart = 100.0 * pattern_distance(parts[own], parts[other]);
        words.push(match (mine, theirs) {
            (Some(mine), theirs) if theirs != Some(mine) => {
                format!("like {} but with {mine}", place + 1)
            }
            _ => format!("{apart:.0} % of its strokes are not in {}", place + 1),
        });
    }
    words.join(", ")
}
