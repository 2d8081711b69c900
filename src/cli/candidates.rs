//! The best of many candidates, with words.

use serde::Serialize;

use super::error::CliError;
use crate::curator::choose;
use crate::drummer::{Drummer, Generation, Settings};
use crate::score::DrumPart;
use crate::studio::{curated, reasons};

/// A candidate that was kept.
#[derive(Clone, Debug, Serialize)]
pub struct KeptCandidate {
    /// Its number among the candidates, from 1.
    pub candidate: usize,
    /// All figures in one.
    pub worth: f32,
    /// See [`Judgement`](crate::drummer::Judgement).
    pub likelihood: f32,
    pub structure: f32,
    pub imbalance: f32,
    /// A few words.
    pub why: String,
}

/// Judges the parts of a generation and keeps a few; the generation has these alone then, the best first.
pub fn keep(
    drummer: &Drummer,
    settings: &Settings,
    generation: &mut Generation,
    count: usize,
) -> Result<Vec<KeptCandidate>, CliError> {
    let parts: Vec<&DrumPart> = generation.parts.iter().map(|generated| &generated.part).collect();
    let analysis = &generation.analysis;
    let judgements = drummer.judge(analysis, settings, parts.iter().copied())?;
    let worths: Vec<f32> = judgements.iter().map(|judgement| judgement.worth).collect();
    let chosen = choose(&curated(&parts, &judgements, &worths), count);
    let reasons = reasons(&parts, &judgements, &chosen);
    let kept = chosen.iter().zip(reasons).map(|(&index, why)| {
        let judgement = &judgements[index];
        KeptCandidate {
            candidate: index + 1,
            worth: judgement.worth,
            likelihood: judgement.likelihood,
            structure: judgement.structure,
            imbalance: judgement.imbalance,
            why,
        }
    });
    let kept = kept.collect();
    let mut parts: Vec<_> = std::mem::take(&mut generation.parts).into_iter().map(Some).collect();
    generation.parts = chosen.iter().filter_map(|&index| parts[index].take()).collect();
    Ok(kept)
}
