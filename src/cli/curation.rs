//! How well the best of many candidates are found: `drumlin evaluate --candidates`.

use std::time::Instant;

use serde::Serialize;

use super::error::CliError;
use crate::analysis::correlation;
use crate::curator::{choose, pattern_distance};
use crate::drummer::evaluation::score;
use crate::drummer::{Drummer, Settings, Silent};
use crate::midi;
use crate::score::{DrumPart, Song};
use crate::studio::curated;

/// Random candidates that the kept ones are measured against.
const RANDOM: usize = 8;

/// One song, or the mean of all. F1 are `f1_all` of the scorer.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CurationFigures {
    pub song: String,
    /// Of the candidate that comes first.
    pub first: f64,
    /// Mean of all candidates.
    pub mean: f64,
    /// The best of those kept.
    pub best_kept: f64,
    /// What the best of eight random candidates has on average.
    pub best_of_random: f64,
    /// The best of all.
    pub best: f64,
    /// Mean distance of every two of those kept, and of all.
    pub apart_kept: f64,
    pub apart: f64,
    /// Rank correlation of worth and F1.
    pub follows: f64,
    /// Seconds for all of it, the hearing of the song included.
    pub seconds: f64,
}

impl CurationFigures {
    const NAMES: [&str; 9] = [
        "first",
        "mean",
        "best_kept",
        "best_of_8",
        "best",
        "apart_kept",
        "apart",
        "follows",
        "seconds",
    ];

    fn values(&self) -> [f64; 9] {
        [
            self.first,
            self.mean,
            self.best_kept,
            self.best_of_random,
            self.best,
            self.apart_kept,
            self.apart,
            self.follows,
            self.seconds,
        ]
    }

    /// Figure by figure.
    pub fn mean_of(all: &[CurationFigures]) -> CurationFigures {
        let mut sums = [0.0; 9];
        for figures in all {
            sums.iter_mut().zip(figures.values()).for_each(|(sum, value)| *sum += value);
        }
        let [first, mean, best_kept, best_of_random, best, apart_kept, apart, follows, seconds] =
            sums.map(|sum| sum / all.len().max(1) as f64);
        CurationFigures {
            song: "mean".to_owned(),
            first,
            mean,
            best_kept,
            best_of_random,
            best,
            apart_kept,
            apart,
            follows,
            seconds,
        }
    }
}

/// Plays candidates to a song and measures the choice by its real drums; none if they cannot be scored.
pub fn measure(
    drummer: &Drummer,
    name: &str,
    heard: &Song,
    reference: &Song,
    settings: &Settings,
    keep: usize,
) -> Result<Option<CurationFigures>, CliError> {
    let begun = Instant::now();
    let generation = drummer.generate(heard, settings, &Silent)?;
    let parts: Vec<&DrumPart> = generation.parts.iter().map(|generated| &generated.part).collect();
    let judgements = drummer.judge(&generation.analysis, settings, parts.iter().copied())?;
    let worths: Vec<f32> = judgements.iter().map(|judgement| judgement.worth).collect();
    let chosen = choose(&curated(&parts, &judgements, &worths), keep);
    let seconds = begun.elapsed().as_secs_f64();
    let scores: Option<Vec<f64>> = parts
        .iter()
        .map(|part| score(reference, &midi::drum_song(reference, part)).map(|score| score.f1_all))
        .collect();
    let Some(scores) = scores else { return Ok(None) };
    let mean = |values: &mut dyn Iterator<Item = f64>| {
        let (sum, count) =
            values.fold((0.0, 0usize), |(sum, count), value| (sum + value, count + 1));
        sum / count.max(1) as f64
    };
    let apart = |of: &[usize]| {
        let pairs =
            of.iter().enumerate().flat_map(|(at, &a)| of[..at].iter().map(move |&b| (a, b)));
        mean(&mut pairs.map(|(a, b)| f64::from(pattern_distance(parts[a], parts[b]))))
    };
    let all: Vec<usize> = (0..parts.len()).collect();
    let worths: Vec<f64> = judgements.iter().map(|judgement| f64::from(judgement.worth)).collect();
    let best = |of: &[usize]| of.iter().map(|&index| scores[index]).fold(0.0, f64::max);
    Ok(Some(CurationFigures {
        song: name.to_owned(),
        first: chosen.first().map_or(0.0, |&index| scores[index]),
        mean: mean(&mut scores.iter().copied()),
        best_kept: best(&chosen),
        best_of_random: expected_best(&scores, RANDOM),
        best: best(&all),
        apart_kept: apart(&chosen),
        apart: apart(&all),
        follows: rank_correlation(&worths, &scores),
        seconds,
    }))
}

/// The best of `count` values drawn without putting back, on average.
fn expected_best(values: &[f64], count: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let (mut expected, mut left) = (0.0, 1.0);
    // The chance that the best of those that are left is among those drawn.
    for (index, value) in sorted.iter().enumerate() {
        let drawn = (count as f64 / (sorted.len() - index) as f64).min(1.0);
        expected += left * drawn * value;
        left *= 1.0 - drawn;
    }
    expected
}

fn rank_correlation(a: &[f64], b: &[f64]) -> f64 {
    let ranks = |values: &[f64]| -> Vec<f64> {
        values
            .iter()
            .map(|value| values.iter().filter(|other| *other < value).count() as f64)
            .collect()
    };
    correlation(&ranks(a), &ranks(b))
}

/// A line for each song and their mean.
pub fn table(all: &[CurationFigures]) -> String {
    let mut lines =
        vec![format!("{:28} {}", "", CurationFigures::NAMES.map(|n| format!("{n:>10}")).join(" "))];
    for figures in all.iter().chain([&CurationFigures::mean_of(all)]) {
        let values = figures.values().map(|value| format!("{value:>10.3}")).join(" ");
        let name: String = figures.song.chars().take(28).collect();
        lines.push(format!("{name:28} {values}"));
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_of_random_ones_is_expected() {
        assert!((expected_best(&[1.0, 2.0, 3.0], 1) - 2.0).abs() < 1e-9);
        // Pairs of three: 2, 3, 3.
        assert!((expected_best(&[3.0, 1.0, 2.0], 2) - 8.0 / 3.0).abs() < 1e-9);
        assert_eq!(expected_best(&[3.0, 1.0], 8), 3.0);
    }

    #[test]
    fn ranks_that_agree_correlate() {
        assert!((rank_correlation(&[1.0, 5.0, 9.0], &[0.1, 0.2, 0.9]) - 1.0).abs() < 1e-9);
        assert!((rank_correlation(&[1.0, 5.0, 9.0], &[0.9, 0.2, 0.1]) + 1.0).abs() < 1e-9);
        assert_eq!(rank_correlation(&[1.0, 1.0], &[0.9, 0.2]), 0.0);
    }
}
