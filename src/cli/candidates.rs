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

/// How many candidates are kept unless another number is asked for.
const KEPT: u8 = 4;

/// How many candidates to play and how many of them to keep, by what is asked for; `None` where there
/// are to be no candidates.
///
/// # Errors
/// If more are to be kept than there are, or some of none.
pub fn asked(candidates: Option<u8>, keep: Option<u8>) -> Result<Option<(usize, usize)>, CliError> {
    match (candidates, keep) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(CliError::Usage(
            "--keep chooses among candidates: --candidates says among how many".to_owned(),
        )),
        (Some(candidates), Some(keep)) if keep > candidates => Err(CliError::Usage(format!(
            "--keep {keep} asks for more than the {candidates} of --candidates"
        ))),
        (Some(candidates), keep) => {
            let kept = keep.unwrap_or(KEPT).min(candidates);
            Ok(Some((candidates.into(), kept.into())))
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_are_kept_than_there_are() {
        let asked = |candidates, keep| asked(candidates, keep).map_err(|error| error.to_string());
        assert_eq!(asked(None, None), Ok(None));
        assert_eq!(asked(Some(8), None), Ok(Some((8, 4))));
        assert_eq!(asked(Some(3), None), Ok(Some((3, 3))));
        assert_eq!(asked(Some(3), Some(3)), Ok(Some((3, 3))));
        assert!(asked(Some(3), Some(4)).unwrap_err().contains("more than the 3"));
        assert!(asked(None, Some(2)).unwrap_err().contains("--candidates"));
    }
}
