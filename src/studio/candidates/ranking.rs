//! Which candidate comes first, and why.

use std::collections::BTreeSet;

use super::feedback::{Profile, RelevanceFeedback, class_name, is_plural, profiles};
use super::{BEST, CandidatePart};
use crate::curator::{
    Candidate, choose, lanes_distance, missing_share, pattern_distance, ranked as by_worth,
};
use crate::drummer::{GeneratedPart, Judgement, names, time_keeper};
use crate::score::{DRUM_CLASSES, DrumClass, DrumPart, Lane};
use crate::studio::{Alternative, VariationId};

/// Of those before it, one is compared with so many at most.
const COMPARED: usize = 8;
/// An amount that is so many octaves beside the others' is spoken of.
const STRIKING: f32 = 0.35;
/// Parts whose drums that keep no time are less apart than this are alike but for what keeps it.
const ALIKE: f32 = 0.35;
/// Parts of which less than these shares are missing in another are nearly the same, much like it, and half
/// like it.
const MISSING: [(f32, &str); 3] =
    [(0.1, "nearly the same as"), (0.4, "much like"), (0.7, "half like")];
/// The drums that keep no time.
const NO_KEEPERS: [Lane; 5] = [Lane::Kick, Lane::Snare, Lane::SideStick, Lane::Clap, Lane::Crash];
/// The least correlation with the form that follows it.
const FOLLOWS: f32 = 0.2;

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
    // In the best quarter of all, and better than the middle: where all are equal none stands out.
    let stands_out = |figure: &dyn Fn(&Judgement) -> f32| {
        let mine = figure(&judgements[own]);
        let better = judgements.iter().filter(|other| figure(other) > mine);
        better.count() * 4 < judgements.len() && mine > median(judgements.iter().map(figure))
    };
    let mut words = Vec::new();
    if !judgements[own].is_playable() {
        words.push("hard to play".to_owned());
    }
    if judgements[own].structure > FOLLOWS && stands_out(&|judgement| judgement.structure) {
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
        let is_alike = lanes_distance(parts[own], parts[other], &NO_KEEPERS) < ALIKE;
        words.push(match (mine, theirs) {
            (Some(mine), Some(theirs)) if is_alike && mine != theirs => {
                // Where no hand keeps the time there is nothing that it is with.
                match mine {
                    "kick and snare" => format!("like {} but without {theirs}", place + 1),
                    _ => format!("like {} but with {mine}", place + 1),
                }
            }
            _ => beside(parts[own], parts[other], place + 1),
        });
    }
    words.join(", ")
}

/// How much a part is like the one at a place, from 1, and which drum it has that is another.
fn beside(own: &DrumPart, other: &DrumPart, place: usize) -> String {
    let missing = missing_share(own, other);
    if missing == 0.0 {
        let is_sparser = missing_share(other, own) > 0.0;
        return if is_sparser {
            format!("like {place} with fewer strokes")
        } else {
            format!("the same as {place}")
        };
    }
    let Some((_, like)) = MISSING.into_iter().find(|(most, _)| missing < *most) else {
        return format!("unlike {place}");
    };
    match other_drum(own, other) {
        Some(drum) => format!("{like} {place} but with {drum}"),
        None => format!("{like} {place}"),
    }
}

/// The drum that has at least half of the strokes that another part has not.
fn other_drum(own: &DrumPart, other: &DrumPart) -> Option<String> {
    let strokes = |part: &DrumPart| -> BTreeSet<(usize, usize, usize)> {
        part.hits.iter().map(|hit| (hit.bar.0, hit.step, hit.lane().index())).collect()
    };
    let (own, other) = (strokes(own), strokes(other));
    let class = |lane: usize| Lane::ALL[lane].drum_class();
    let mut missing = [0_usize; DRUM_CLASSES];
    own.difference(&other).for_each(|&(.., lane)| missing[class(lane).index()] += 1);
    let most = DrumClass::ALL.into_iter().max_by_key(|class| missing[class.index()])?;
    if 2 * missing[most.index()] < missing.iter().sum::<usize>() {
        return None;
    }
    let name = class_name(most);
    if other.iter().all(|&(.., lane)| class(lane) != most) {
        return Some(name.to_owned());
    }
    let is_counted = !is_plural(most) && most != DrumClass::Percussion;
    Some(format!("{} {name}", if is_counted { "another" } else { "other" }))
}

/// The middle of some figures, 0 of none.
fn median(figures: impl Iterator<Item = f32>) -> f32 {
    let mut figures: Vec<f32> = figures.collect();
    figures.sort_by(f32::total_cmp);
    let Some(last) = figures.len().checked_sub(1) else { return 0.0 };
    f32::midpoint(figures[last / 2], figures[figures.len() / 2])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{BarGrid, BarIndex, Hit, Metre, StepGrid, Ticks, Velocity};

    const EIGHTHS: &[usize] = &[0, 2, 4, 6, 8, 10, 12, 14];

    /// A bar.
    fn part(strokes: &[(Lane, &[usize])]) -> DrumPart {
        let bars = BarGrid::new(96, &[], Ticks(384));
        let hits = strokes.iter().flat_map(|&(lane, steps)| {
            steps.iter().map(move |&step| Hit {
                bar: BarIndex(0),
                step,
                key: lane.default_key(),
                velocity: Velocity::clamped(90),
                offset: 0.0,
            })
        });
        DrumPart::new(bars, vec![StepGrid::for_metre(Metre::COMMON, false)], hits.collect())
    }

    fn judgement(structure: f32) -> Judgement {
        Judgement { likelihood: 0.5, structure, imbalance: 0.0, sense: None, worth: 0.0 }
    }

    #[test]
    fn reasons_are_true() {
        let hats = part(&[(Lane::ClosedHat, EIGHTHS), (Lane::Kick, &[0, 8]), (Lane::Snare, &[4])]);
        let ride = part(&[(Lane::Ride, EIGHTHS), (Lane::Kick, &[0, 8]), (Lane::Snare, &[4])]);
        let other = part(&[(Lane::Ride, EIGHTHS), (Lane::Kick, &[3, 11]), (Lane::Snare, &[7])]);
        let fewer = part(&[(Lane::ClosedHat, EIGHTHS), (Lane::Snare, &[4])]);
        let why = |parts: &[&DrumPart; 2], structures: [f32; 2]| {
            reasons(parts, &structures.map(judgement), &[0, 1])
        };
        let last = |part: &DrumPart| why(&[&hats, part], [0.0, 0.0]).remove(1);
        assert!(last(&ride).ends_with("like 1 but with ride"), "{}", last(&ride));
        assert!(last(&other).ends_with("unlike 1"), "{}", last(&other));
        // All that it has is in the other, which has two kicks more.
        assert!(last(&fewer).ends_with("like 1 with fewer strokes"), "{}", last(&fewer));
        let kicks =
            part(&[(Lane::ClosedHat, EIGHTHS), (Lane::Kick, &[2, 10]), (Lane::Snare, &[4])]);
        let said = last(&kicks);
        assert!(said.ends_with("much like 1 but with another kick"), "{said}");
        let bells = part(&[
            (Lane::ClosedHat, EIGHTHS),
            (Lane::Kick, &[0, 8]),
            (Lane::Snare, &[4]),
            (Lane::Bell, &[14]),
        ]);
        assert!(last(&bells).ends_with("nearly the same as 1 but with percussion"));
        assert!(last(&hats).ends_with("the same as 1"), "{}", last(&hats));
        // Of equals none stands out, and what hardly follows the form does not follow it.
        assert!(!last(&ride).contains("well balanced") && !last(&ride).contains("follows"));
        assert!(!why(&[&hats, &ride], [0.1, 0.0])[0].contains("follows"));
        assert!(why(&[&hats, &ride], [0.5, 0.1])[0].contains("follows the form"));
    }
}
