//! The figures that compare a drum part with the real one.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::bars::bar_lines;
use super::grid::{BarCells, STEPS, cells};
use crate::analysis::correlation;
use crate::drummer::ClassDensities;
use crate::score::{DRUM_CLASSES, DrumClass, Song};

/// Bars on either side of a bar line that novelty compares.
const NOVELTY_BARS: usize = 4;

/// How a generated drum part compares with the song's own, over the bars from the first to the last
/// that the song's own drums play in. Cells are bars x 8 classes x 16 steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// F1 of the cells, 0 to 1.
    pub f1_all: f64,
    /// F1 of kick, snare and hats (closed and open as one).
    pub f1_ksh: f64,
    /// F1 of "any drum on this step".
    pub f1_onset: f64,
    /// Pearson correlation of the two bar-level cosine self-similarity matrices, off the diagonal;
    /// -1 to 1, and 0 where one does not vary.
    pub ssm_corr: f64,
    /// Correlation of checkerboard novelty: do patterns change where the real ones do? As above.
    pub nov_corr: f64,
    /// Share of distinct bars in the real part, 0 to 1.
    pub uniq_ref: f64,
    /// The same in the generated part.
    pub uniq: f64,
    /// Cells a bar in the real part.
    pub dens_ref: f64,
    /// Cells a bar in the generated part.
    pub dens: f64,
    /// Mean over the classes that either part uses of `|log2((generated + .1) / (real + .1))|`, in
    /// cells a bar. 0 is the right amount of every drum; too much hat and no toms show here.
    pub cls_lr: f64,
    /// Standard deviation of the generated velocities, in 0 to 127.
    pub vel_sd: f64,
    /// Mean distance of the generated notes from the grid, in steps: 0 to 0.5.
    pub timing: f64,
}

impl Score {
    /// The figures' names, in order.
    pub const NAMES: [&str; 12] = [
        "f1_all", "f1_ksh", "f1_onset", "ssm_corr", "nov_corr", "uniq_ref", "uniq", "dens_ref",
        "dens", "cls_lr", "vel_sd", "timing",
    ];

    /// The figures in the order of [`Score::NAMES`].
    pub fn values(&self) -> [f64; 12] {
        let mut copy = *self;
        copy.fields().map(|field| *field)
    }

    /// In the order of [`Score::NAMES`].
    fn fields(&mut self) -> [&mut f64; 12] {
        [
            &mut self.f1_all,
            &mut self.f1_ksh,
            &mut self.f1_onset,
            &mut self.ssm_corr,
            &mut self.nov_corr,
            &mut self.uniq_ref,
            &mut self.uniq,
            &mut self.dens_ref,
            &mut self.dens,
            &mut self.cls_lr,
            &mut self.vel_sd,
            &mut self.timing,
        ]
    }

    /// Figure by figure; `None` without scores.
    pub fn mean<'a>(scores: impl IntoIterator<Item = &'a Score>) -> Option<Score> {
        let (mut mean, mut count) = (Score::default(), 0usize);
        for score in scores {
            mean.fields().into_iter().zip(score.values()).for_each(|(sum, value)| *sum += value);
            count += 1;
        }
        mean.fields().into_iter().for_each(|sum| *sum /= count as f64);
        (count > 0).then_some(mean)
    }
}

/// Compares the drums of `generated` with those of `reference`, whose bars count; only their drum
/// tracks are looked at. `None` if the reference drums play in fewer than two bars.
pub fn score(reference: &Song, generated: &Song) -> Option<Score> {
    let lines = bar_lines(reference);
    let (real, made) = (cells(reference, &lines), cells(generated, &lines));
    let played = played(&real.bars)?;
    let (real, made_bars) = (&real.bars[played.clone()], &made.bars[played]);
    let (real_ssm, made_ssm) = (ssm(real), ssm(made_bars));
    let velocities: Vec<f64> =
        generated.drum_notes().map(|note| f64::from(note.velocity.get())).collect();
    Some(Score {
        f1_all: f1(real.iter().map(all_cells), made_bars.iter().map(all_cells)),
        f1_ksh: f1(real.iter().map(core_cells), made_bars.iter().map(core_cells)),
        f1_onset: f1(real.iter().map(onsets), made_bars.iter().map(onsets)),
        ssm_corr: correlation(&upper(&real_ssm), &upper(&made_ssm)),
        nov_corr: correlation(&novelty(&real_ssm), &novelty(&made_ssm)),
        uniq_ref: distinct(real),
        uniq: distinct(made_bars),
        dens_ref: density(real),
        dens: density(made_bars),
        cls_lr: class_log_ratio(real, made_bars),
        vel_sd: deviation(&velocities),
        timing: made.timing,
    })
}

/// Strokes a bar of each class in a song's own drums, from their first to their last bar: what is
/// asked for where a part is to have the song's true style. `None` as for [`score`].
pub fn own_densities(song: &Song) -> Option<ClassDensities> {
    let bars = cells(song, &bar_lines(song)).bars;
    let bars = &bars[played(&bars)?];
    Some(std::array::from_fn(|class| {
        let onsets: usize = bars.iter().map(|bar| count(bar[class].to_vec())).sum();
        onsets as f32 / bars.len() as f32
    }))
}

/// From the first to the last bar that is played in.
pub(super) fn played(bars: &[BarCells]) -> Option<std::ops::Range<usize>> {
    let sounds = |bar: &BarCells| count(all_cells(bar)) > 0;
    let (first, last) = (bars.iter().position(sounds)?, bars.iter().rposition(sounds)?);
    let bars_played = bars.iter().filter(|bar| sounds(bar)).count();
    (bars_played >= 2).then_some(first..last + 1)
}

fn all_cells(bar: &BarCells) -> Vec<bool> {
    bar.concat()
}

fn core_cells(bar: &BarCells) -> Vec<bool> {
    let [kick, snare, closed, open] =
        [DrumClass::Kick, DrumClass::Snare, DrumClass::ClosedHat, DrumClass::OpenHat]
            .map(|class| bar[class.index()]);
    let hats: Vec<bool> = closed.iter().zip(open).map(|(&closed, open)| closed || open).collect();
    [&kick[..], &snare, &hats].concat()
}

fn onsets(bar: &BarCells) -> Vec<bool> {
    (0..STEPS).map(|step| bar.iter().any(|class| class[step])).collect()
}

fn count(cells: Vec<bool>) -> usize {
    cells.into_iter().filter(|&cell| cell).count()
}

fn f1(real: impl Iterator<Item = Vec<bool>>, made: impl Iterator<Item = Vec<bool>>) -> f64 {
    let (mut both, mut sum) = (0usize, 0usize);
    for (real, made) in real.zip(made) {
        both += real.iter().zip(&made).filter(|(real, made)| **real && **made).count();
        sum += count(real) + count(made);
    }
    2.0 * both as f64 / sum.max(1) as f64
}

/// Cosine similarity of bars; two bars of rest are alike, and unlike any other.
fn ssm(bars: &[BarCells]) -> Vec<Vec<f64>> {
    let vectors: Vec<Vec<f64>> = bars
        .iter()
        .map(|bar| all_cells(bar).into_iter().map(|cell| f64::from(u8::from(cell))).collect())
        .collect();
    cosine_matrix(&vectors)
}

pub(super) fn cosine_matrix(vectors: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
    let norms: Vec<f64> = vectors.iter().map(|vector| dot(vector, vector).sqrt()).collect();
    let row = |i: usize| {
        let similarity = |j: usize| match (norms[i] == 0.0, norms[j] == 0.0) {
            (true, true) => 1.0,
            (false, false) => dot(&vectors[i], &vectors[j]) / (norms[i] * norms[j]),
            _ => 0.0,
        };
        (0..vectors.len()).map(similarity).collect()
    };
    (0..vectors.len()).map(row).collect()
}

/// The real drums' self-similarity off the diagonal and the bars it is about, for other
/// comparisons with it.
pub(super) fn real_structure(bars: &[BarCells]) -> Vec<f64> {
    upper(&ssm(bars))
}

/// What is above the diagonal, row by row.
pub(super) fn upper(matrix: &[Vec<f64>]) -> Vec<f64> {
    matrix.iter().enumerate().flat_map(|(i, row)| row[i + 1..].iter().copied()).collect()
}

/// How much the bars on either side of a bar line agree among themselves, less how much they agree
/// with each other; 0 near the ends. Foote, ICME 2000.
fn novelty(ssm: &[Vec<f64>]) -> Vec<f64> {
    let k = NOVELTY_BARS;
    let mean = |rows: std::ops::Range<usize>, columns: std::ops::Range<usize>| {
        let sum: f64 = ssm[rows].iter().flat_map(|row| &row[columns.clone()]).sum();
        sum / (k * k) as f64
    };
    let at = |i: usize| {
        if i < k || i + k >= ssm.len() {
            return 0.0;
        }
        let (before, after) = (i - k..i, i..i + k);
        mean(before.clone(), before.clone()) + mean(after.clone(), after.clone())
            - 2.0 * mean(before, after)
    };
    (0..ssm.len()).map(at).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Of the values themselves, not estimated of a population; 0 without values.
pub(super) fn deviation(values: &[f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let centre = mean(values);
    (values.iter().map(|value| (value - centre).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
}

fn distinct(bars: &[BarCells]) -> f64 {
    bars.iter().collect::<HashSet<_>>().len() as f64 / bars.len() as f64
}

fn density(bars: &[BarCells]) -> f64 {
    bars.iter().map(|bar| count(all_cells(bar))).sum::<usize>() as f64 / bars.len() as f64
}

fn class_log_ratio(real: &[BarCells], made: &[BarCells]) -> f64 {
    let a_bar = |bars: &[BarCells], class: usize| {
        let cells: usize =
            bars.iter().map(|bar| bar[class].iter().filter(|&&cell| cell).count()).sum();
        cells as f64 / bars.len() as f64
    };
    let ratios: Vec<f64> = (0..DRUM_CLASSES)
        .map(|class| (a_bar(real, class), a_bar(made, class)))
        .filter(|&(real, made)| real > 0.05 || made > 0.05)
        .map(|(real, made)| ((made + 0.1) / (real + 0.1)).log2().abs())
        .collect();
    if ratios.is_empty() { 0.0 } else { mean(&ratios) }
}

#[cfg(test)]
mod tests;
