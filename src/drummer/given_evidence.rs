//! How likely bars are to play each cell, given the groove that they are to play.
//!
//! Songs leave their groove where they are unlike their other bars, and mostly towards what the network
//! expects there. How far was fitted by logistic regression of the real cells of `paired` on those of
//! the bar that fits each song best, on the pattern network's log-odds and on the predicted SSM, with
//! networks that had not seen the songs: what is usual in the song, how far this bar is from it, and
//! how alike this bar is to the others.

use super::cells::{CELLS, log_odds};
use super::features::SLOTS;
use super::given::GivenBars;
use super::objective::{CLASS_CELLS, by_class, class_of};
use crate::analysis::Ssm;

/// Log-odds of a cell that the groove strikes: by itself, for each of the network's where it is usual, for each
/// that this bar is above that, and for each standard deviation that the bar is like the others.
const STRUCK: [f32; 4] = [1.7, 0.4, 0.8, 0.5];
/// The same of a cell that it does not strike.
const OPEN: [f32; 4] = [-2.2, 0.6, 1.0, -0.2];
/// Bars of a group say the same several times over: the mean of their log-odds counts so much.
const SHARPER: f32 = 2.0;
/// Log-odds of the network are cut here.
const SUREST: f32 = 6.0;
/// Log-odds of what is played exactly as given.
const GIVEN: f32 = 5.0;
/// A stroke that is given is at least so likely (log-odds), lest a quieter bar loses it at once.
const LEAST: f32 = 0.6;
/// How much the network's preference for one of several bars counts, by cell.
const CHOICE: f32 = 0.4;

/// What is known of the bars that were given the same.
pub(super) struct GivenEvidence {
    /// How far they follow the song, 0 to 1.
    pub follow: f32,
    /// The lane cells of each bar to choose among.
    cells: Vec<Vec<bool>>,
    /// What the network says of each class cell all over the song, in log-odds.
    usual: Vec<f32>,
    /// How alike each bar of the song is to the others, in standard deviations.
    similarity: Vec<f32>,
}

impl GivenEvidence {
    /// `usual` is how likely each lane cell is in all of these bars.
    pub fn new(given: &GivenBars, slots: usize, usual: &[f32], ssm: &Ssm) -> GivenEvidence {
        GivenEvidence {
            follow: given.follow,
            cells: given.cells(slots),
            usual: odds(&by_class(usual)),
            similarity: similarity_to_others(ssm),
        }
    }

    /// How many bars there are to choose among.
    pub fn bars(&self) -> usize {
        self.cells.len()
    }

    /// Makes of what the network says of some bars (how likely each lane cell is, and any stroke on
    /// each slot) what is likely with the groove given. Returns the given bars as logits to choose among.
    pub fn apply(
        &self,
        bars: &[usize],
        marginal: &mut [f32],
        onset: &mut [f32],
        slots: usize,
    ) -> Vec<Vec<f32>> {
        let similarity =
            bars.iter().map(|&bar| self.similarity[bar]).sum::<f32>() / bars.len() as f32;
        let said = odds(&by_class(marginal));
        let trust = (2.0 * self.follow).min(1.0);
        let reach = (2.0 * self.follow).max(1.0);
        let apart = |cell: usize| (said[cell] - self.usual[cell]) * reach;
        let classes: Vec<Vec<bool>> = self.cells.iter().map(|cells| classes_of(cells)).collect();
        let weights = softmax(classes.iter().map(|cells| {
            let onsets = (0..CLASS_CELLS).filter(|&cell| cells[cell]);
            CHOICE * onsets.map(apart).sum::<f32>()
        }));
        let logit = |onset: bool, cell: usize| {
            let ([own, usual, here, like], given) =
                if onset { (STRUCK, GIVEN) } else { (OPEN, -GIVEN) };
            let fitted =
                own + usual * self.usual[cell] + here * apart(cell) + like * similarity * reach;
            given + trust * (SHARPER * fitted - given)
        };
        let network = marginal.to_vec();
        let whole = by_class(&network);
        marginal.fill(0.0);
        let mut rows = Vec::with_capacity(self.cells.len());
        for ((cells, classes), weight) in self.cells.iter().zip(&classes).zip(&weights) {
            let mut row = vec![f32::NEG_INFINITY; CELLS];
            for lane_cell in (0..CELLS).filter(|cell| cell % SLOTS < slots) {
                let class = class_of(lane_cell) * SLOTS + lane_cell % SLOTS;
                let logit = logit(classes[class], class);
                let probability = 1.0 / (1.0 + (-logit).exp());
                let share = match (classes[class], cells[lane_cell]) {
                    (true, onset) => f32::from(u8::from(onset)),
                    (false, _) => network[lane_cell] / whole[class].max(1e-6),
                };
                marginal[lane_cell] += weight * (probability * share).clamp(1e-4, 1.0 - 1e-4);
                row[lane_cell] = match cells[lane_cell] {
                    true => logit.max(LEAST),
                    false => log_odds(probability * share).min(-LEAST),
                };
            }
            rows.push(row);
        }
        let by_class = by_class(marginal);
        for (slot, probability) in onset.iter_mut().enumerate() {
            let none: f32 = by_class.iter().skip(slot).step_by(SLOTS).map(|p| 1.0 - p).product();
            *probability = 1.0 - none;
        }
        rows
    }
}

fn odds(probabilities: &[f32]) -> Vec<f32> {
    let odds = probabilities.iter().map(|&p| log_odds(p).clamp(-SUREST, SUREST));
    odds.collect()
}

fn classes_of(cells: &[bool]) -> Vec<bool> {
    let mut classes = vec![false; CLASS_CELLS];
    for (cell, _) in cells.iter().enumerate().filter(|(_, onset)| **onset) {
        classes[class_of(cell) * SLOTS + cell % SLOTS] = true;
    }
    classes
}

fn softmax(values: impl Iterator<Item = f32>) -> Vec<f32> {
    let values: Vec<f32> = values.collect();
    let most = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let total: f32 = values.iter().map(|value| (value - most).exp()).sum();
    values.iter().map(|value| (value - most).exp() / total).collect()
}

/// How alike each bar is to those that it is compared with, in standard deviations from the mean of
/// all bars; 0 throughout where bars do not differ in that.
fn similarity_to_others(ssm: &Ssm) -> Vec<f32> {
    let means: Vec<f32> = (0..ssm.bars())
        .map(|bar| {
            let (sum, count) =
                ssm.row(bar).iter().fold((0.0, 0.0), |(s, c), v| (s + v, c + 1.0f32));
            sum / count.max(1.0)
        })
        .collect();
    let count = means.len().max(1) as f32;
    let mean = means.iter().sum::<f32>() / count;
    let deviation = (means.iter().map(|m| (m - mean).powi(2)).sum::<f32>() / count).sqrt();
    means.iter().map(|m| if deviation > 1e-6 { (m - mean) / deviation } else { 0.0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Lane;

    const SNARE: usize = Lane::Snare.index() * SLOTS + 4;
    const TOM: usize = Lane::LowTom.index() * SLOTS + 12;

    /// The evidence of a bar of one snare, in a song whose second bar the network hears a tom in.
    fn evidence(follow: f32) -> GivenEvidence {
        let mut cells = vec![false; CELLS];
        cells[SNARE] = true;
        let usual = odds(&by_class(&vec![0.02; CELLS]));
        GivenEvidence { follow, cells: vec![cells], usual, similarity: vec![1.0, -1.0] }
    }

    fn likely(follow: f32, bar: usize) -> [f32; 2] {
        let mut marginal = vec![0.02; CELLS];
        let mut onset = vec![0.1; SLOTS];
        if bar == 1 {
            marginal[TOM] = 0.95;
        }
        let rows = evidence(follow).apply(&[bar], &mut marginal, &mut onset, 16);
        assert_eq!(rows.len(), 1);
        // Whatever is likely, what was given is offered as it is.
        let onsets: Vec<usize> = (0..CELLS).filter(|&cell| rows[0][cell] > 0.0).collect();
        assert_eq!(onsets, [SNARE]);
        assert!(rows[0].iter().skip(16).step_by(SLOTS).all(|logit| *logit == f32::NEG_INFINITY));
        assert!(marginal.iter().chain(&onset).all(|p| (0.0..=1.0).contains(p)));
        [marginal[SNARE], marginal[TOM]]
    }

    #[test]
    fn a_groove_is_left_for_the_song_as_far_as_it_follows() {
        assert!(likely(0.0, 1)[0] > 0.99 && likely(0.0, 1)[1] < 0.01);
        let (same, other) = (likely(0.5, 0), likely(0.5, 1));
        assert!(same[0] > 0.8 && same[1] < 0.1, "{same:?}");
        assert!(other[0] < same[0] && other[1] > 0.5, "{other:?}");
        assert!(likely(1.0, 1)[1] >= other[1] && likely(0.25, 1)[1] <= other[1]);
    }

    #[test]
    fn bars_are_alike_in_standard_deviations() {
        let ssm = Ssm::from_pairs(4, |a, b| if a < 3 && b < 3 { 0.9 } else { 0.1 });
        let similarities = similarity_to_others(&ssm);
        assert!(similarities[0] > 0.5 && similarities[3] < -1.5, "{similarities:?}");
        assert_eq!(super::similarity_to_others(&Ssm::from_pairs(3, |_, _| 0.5)), [0.0; 3]);
    }
}
