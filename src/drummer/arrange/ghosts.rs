//! Ghost notes: soft strokes of the snare around the back beat.
//!
//! Each is unlikely by itself, so expected F1 leaves them all out. At medium tempos a drummer with a back
//! beat in sixteenths plays one or two of the likeliest; how softly, the performance says.

use super::super::features::SLOTS;
use super::super::pattern::PatternOutput;
use super::super::settings::StyleChoice;
use super::Arranger;
use crate::score::{GridKind, Lane};

/// How likely a ghost note is at least, in the middle of the range of complexity.
const LIKELY: f32 = 0.12;
/// Most in a bar.
const MOST: usize = 2;
/// Seconds from one sixteenth to the next: quicker ones hurry, slower ones drag.
const QUICKEST: f32 = 0.105;
const SLOWEST: f32 = 0.2;

impl Arranger<'_> {
    /// The slots of each bar that get a ghost note.
    pub(super) fn ghosts(&self, output: &PatternOutput) -> Vec<Vec<usize>> {
        let mut of_groups: Vec<Option<Vec<usize>>> = vec![None; self.patterns.len()];
        let is_free = matches!(self.settings.style, StyleChoice::FromSong | StyleChoice::Preset(_));
        let takes = |bar: usize| {
            let (grid, step) = (&self.grids[bar], self.limbs[bar].step);
            is_free
                && grid.kind == GridKind::Straight
                && (grid.steps, grid.steps_per_beat) == (16, 4)
                && (QUICKEST..=SLOWEST).contains(&step)
                && self.given.at(bar).is_none()
        };
        let of_group = |group: usize| {
            let bars = || (0..self.bars.len()).filter(move |&bar| self.groups[bar] == group);
            let mut chances = [0.0f32; SLOTS];
            for bar in bars() {
                let own = output.chances(bar, Lane::Snare);
                chances.iter_mut().zip(own).for_each(|(sum, chance)| *sum += chance);
            }
            let count = bars().count() as f32;
            let likely = LIKELY * (1.5 - self.settings.complexity);
            let snares = &self.patterns[group].logits[Lane::Snare.index() * SLOTS..][..16];
            ghosts(snares, &chances.map(|sum| sum / count), likely)
        };
        (0..self.bars.len())
            .map(|bar| {
                if !takes(bar) {
                    return Vec::new();
                }
                let group = self.groups[bar];
                of_groups[group].get_or_insert_with(|| of_group(group)).clone()
            })
            .collect()
    }
}

/// The likeliest places for ghost notes in a bar of sixteenths with these snares (logits; above 0 is
/// struck), the likeliest first.
fn ghosts(snares: &[f32], chances: &[f32; SLOTS], likely: f32) -> Vec<usize> {
    let is_struck = |slot: usize| snares[slot % snares.len()] > 0.0;
    if !(is_struck(4) && is_struck(12)) {
        return Vec::new();
    }
    // After a back beat, and before the beats; with no stroke of the snare beside it but the back beat.
    let places = [1usize, 3, 7, 9, 11, 15].into_iter().filter(|&slot| {
        let beside = [slot - 1, slot + 1].map(|slot| slot % 16);
        let is_free = |slot: usize| !is_struck(slot) || matches!(slot, 4 | 12);
        !is_struck(slot) && beside.into_iter().all(is_free)
    });
    let mut places: Vec<usize> = places.filter(|&slot| chances[slot] > likely).collect();
    places.sort_by(|&a, &b| chances[b].total_cmp(&chances[a]));
    places.truncate(MOST);
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ghosts_stand_around_a_back_beat() {
        let mut snares = [-1.0; 16];
        let mut chances = [0.0; SLOTS];
        [(7, 0.2), (9, 0.3), (15, 0.15), (5, 0.9)].into_iter().for_each(|(at, c)| chances[at] = c);
        assert!(ghosts(&snares, &chances, 0.12).is_empty(), "no back beat");
        (snares[4], snares[12]) = (1.0, 1.0);
        assert_eq!(ghosts(&snares, &chances, 0.12), [9, 7]);
        assert_eq!(ghosts(&snares, &chances, 0.25), [9]);
        // Beside another stroke there is none.
        snares[8] = 1.0;
        assert_eq!(ghosts(&snares, &chances, 0.12), [15]);
    }
}
