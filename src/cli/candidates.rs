//! The best of many candidates, with words.

use serde::Serialize;

use super::error::CliError;
use crate::curator::{Candidate, choose, pattern_distance};
use crate::drummer::{Drummer, Generation, Judgement, Settings, time_keeper};
use crate::score::{DrumPart, Song};

/// A candidate that was kept.
#[derive(Clone, Debug, Serialize)]
pub struct KeptCandidate {
    /// Its number among the candidates, from 1.
    pub candidate: usize,
    /// All figures in one.
    pub worth: f32,
    /// See [`Judgement`].
    pub likelihood: f32,
    pub structure: f32,
    pub imbalance: f32,
    /// A few words.
    pub why: String,
}

/// Judges the parts of a generation and keeps a few; the generation has these alone then, the best first.
pub fn keep(
    drummer: &Drummer,
    song: &Song,
    settings: &Settings,
    generation: &mut Generation,
    count: usize,
) -> Result<Vec<KeptCandidate>, CliError> {
    let parts: Vec<&DrumPart> = generation.parts.iter().map(|take| &take.part).collect();
    let analysis = &generation.analysis;
    let judgements = drummer.judge(song, analysis, settings, parts.iter().copied())?;
    let chosen = choose(&candidates(&parts, &judgements), count);
    let kept = chosen.iter().enumerate().map(|(place, &index)| {
        let judgement = &judgements[index];
        KeptCandidate {
            candidate: index + 1,
            worth: judgement.worth,
            likelihood: judgement.likelihood,
            structure: judgement.structure,
            imbalance: judgement.imbalance,
            why: why(&parts, &judgements, &chosen[..=place]),
        }
    });
    let kept = kept.collect();
    let mut parts: Vec<_> = std::mem::take(&mut generation.parts).into_iter().map(Some).collect();
    generation.parts = chosen.iter().filter_map(|&index| parts[index].take()).collect();
    Ok(kept)
}

/// Parts with what was found of them, for the curator.
pub fn candidates<'a>(parts: &[&'a DrumPart], judgements: &[Judgement]) -> Vec<Candidate<'a>> {
    let candidate = |(part, judgement): (&&'a DrumPart, &Judgement)| Candidate {
        part,
        worth: judgement.worth,
        playable: judgement.is_playable(),
    };
    parts.iter().zip(judgements).map(candidate).collect()
}

/// Why the last of the chosen was, beside all and beside those chosen before it.
fn why(parts: &[&DrumPart], judgements: &[Judgement], chosen: &[usize]) -> String {
    let Some((&own, before)) = chosen.split_last() else { return String::new() };
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
        words.push("as much of each drum as was asked for".to_owned());
    }
    let nearest = before.iter().enumerate().min_by(|a, b| {
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
