//! The bars of a style that was asked for by name, on each bar of a song.

use std::collections::BTreeMap;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::candidates::Codes;
use super::features::SLOTS;
use super::lanes::CYMBALS;
use super::limbs::Limbs;
use super::pattern::PatternOutput;
use super::settings::{Settings, StyleChoice};
use super::song_analysis::SongAnalysis;
use super::vocabulary::{StyleBar, Vocabulary};
use crate::score::{Lane, StepGrid};

/// Bars of a style whose drums have so much in common (F1) are one drummer's.
const SAME_DRUMMER: f32 = 0.4;

/// The bars of a style on each bar of a song; none where no style was asked for by name.
#[derive(Default)]
pub(super) struct StyleBars {
    /// By what the network is asked for: the halves of a bar are asked for apart.
    by_kind: BTreeMap<usize, Vec<StyleBar>>,
    /// What it is asked for in each bar of the song, as [`SongAnalysis::query_kinds`] numbers it.
    kinds: Vec<usize>,
}

impl StyleBars {
    /// Those of the style that the settings name.
    pub fn of(analysis: &SongAnalysis, settings: &Settings) -> StyleBars {
        let StyleChoice::Preset(style) = settings.style else { return StyleBars::default() };
        let kinds = analysis.query_kinds();
        let firsts = (0..kinds.len()).filter(|&bar| kinds[bar] == bar);
        let of = |first: usize| {
            let bpm = mean_tempo(analysis, (first..kinds.len()).filter(|&bar| kinds[bar] == first));
            let bars = |grid: &StepGrid| Vocabulary::embedded().bars(style, grid, bpm);
            analysis.queries[first].style_bars(&analysis.grids[first], bars)
        };
        let by_kind = firsts.map(|first| (first, of(first))).collect();
        StyleBars { by_kind, kinds }
    }

    /// What a bar may play; `None` where the style has nothing for it.
    pub fn at(&self, bar: usize) -> Option<&[StyleBar]> {
        let bars = self.by_kind.get(self.kinds.get(bar)?)?;
        (!bars.is_empty()).then_some(bars)
    }

    /// Whether no style was asked for.
    pub fn is_empty(&self) -> bool {
        self.by_kind.is_empty()
    }

    /// Of bars that the network is asked alike the one of the style that fits them best, and those whose drums
    /// are like its: verse and chorus are no two drummers, one with a bossa nova and one with a samba.
    /// `noise` makes alternatives differ.
    pub fn of_one_drummer(
        &self,
        output: &PatternOutput,
        limbs: &[Limbs],
        noise: f32,
        rng: &mut ChaCha8Rng,
    ) -> StyleBars {
        let mut by_kind = BTreeMap::new();
        for (&kind, style) in &self.by_kind {
            let bars: Vec<usize> =
                (0..self.kinds.len()).filter(|&bar| self.kinds[bar] == kind).collect();
            let slots = bars.first().map_or(0, |&bar| limbs[bar].steps);
            let expected = Codes::pooled(output, &bars, slots, 1.0).marginal();
            let mut best: Option<(f32, &StyleBar)> = None;
            for bar in style {
                let chance = if noise > 0.0 { rng.random_range(-noise..noise) } else { 0.0 };
                let fit = expected_f1(bar, &expected) + chance;
                if best.is_none_or(|(most, _)| fit > most) {
                    best = Some((fit, bar));
                }
            }
            let alike = |bar: &&StyleBar| {
                best.is_some_and(|(_, best)| drums_in_common(bar, best) >= SAME_DRUMMER)
            };
            by_kind.insert(kind, style.iter().filter(alike).cloned().collect());
        }
        StyleBars { by_kind, kinds: self.kinds.clone() }
    }
}

/// How many of their beats some bars have in a minute.
fn mean_tempo(analysis: &SongAnalysis, bars: impl Iterator<Item = usize>) -> f32 {
    let seconds = |at| analysis.tempo.seconds(at).0;
    let (mut beats, mut minutes) = (0.0, 0.0);
    for bar in bars {
        let (grid, bar) = (analysis.grids[bar], &analysis.bars.bars()[bar]);
        beats += grid.steps as f64 / grid.steps_per_beat as f64;
        minutes += (seconds(bar.end()) - seconds(bar.start)) / 60.0;
    }
    (beats / minutes) as f32
}

/// The F1 that a bar is expected to have where each cell is struck with some probability.
fn expected_f1(bar: &StyleBar, expected: &[f32]) -> f32 {
    let struck = || bar.struck().map(|cell| expected[cell]);
    2.0 * struck().sum::<f32>()
        / (struck().count() as f32 + expected.iter().sum::<f32>()).max(f32::EPSILON)
}

/// What two bars have in common (F1), cymbals left out.
fn drums_in_common(a: &StyleBar, b: &StyleBar) -> f32 {
    let drums = |bar: &StyleBar| -> Vec<usize> {
        bar.struck().filter(|cell| !CYMBALS.contains(&Lane::ALL[cell / SLOTS])).collect()
    };
    let (a, b) = (drums(a), drums(b));
    let both = a.iter().filter(|cell| b.contains(cell)).count();
    2.0 * both as f32 / (a.len() + b.len()).max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drummer::cells::CELLS;

    #[test]
    fn a_bossa_nova_and_a_samba_are_two_drummers() {
        let bar = |strokes: &[(Lane, &[usize])]| {
            let mut probabilities = vec![0.0; CELLS];
            for (lane, steps) in strokes {
                steps.iter().for_each(|step| probabilities[lane.index() * SLOTS + step] = 1.0);
            }
            StyleBar { share: 0.5, probabilities }
        };
        let hats = (Lane::ClosedHat, &[0, 2, 4, 6, 8, 10, 12, 14][..]);
        let bossa = bar(&[hats, (Lane::Kick, &[0, 6, 8, 14]), (Lane::SideStick, &[0, 6, 12])]);
        let other =
            bar(&[(Lane::Ride, hats.1), (Lane::Kick, &[0, 6, 8, 14]), (Lane::SideStick, &[4, 10])]);
        let samba =
            bar(&[hats, (Lane::Kick, &[0, 3, 4, 7, 8, 11, 12, 15]), (Lane::Snare, &[3, 11])]);
        assert!(drums_in_common(&bossa, &other) >= SAME_DRUMMER);
        assert!(drums_in_common(&bossa, &samba) < SAME_DRUMMER);
        let mut expected = vec![0.1; CELLS];
        for step in [0, 6, 8, 14] {
            expected[Lane::Kick.index() * SLOTS + step] = 0.9;
        }
        assert!(expected_f1(&bossa, &expected) > expected_f1(&samba, &expected));
    }
}
