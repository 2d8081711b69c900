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
use super::style_grooves::{Cells, likeness};
use super::vocabulary::{StyleBar, Vocabulary};
use crate::score::{Lane, StepGrid};

/// Bars of a style whose drums have so much in common (F1) are one drummer's.
const SAME_DRUMMER: f32 = 0.4;
/// The drummers of two alternatives have less in common, if there are such.
const ANOTHER: f32 = 0.75;

/// The bars of a style on each bar of a song; none where no style was asked for by name.
#[derive(Default)]
pub(super) struct StyleBars {
    /// By what the network is asked for: the halves of a bar are asked for apart.
    by_kind: BTreeMap<usize, Vec<StyleBar>>,
    /// What it is asked for in each bar of the song, as [`SongAnalysis::query_kinds`] numbers it.
    kinds: Vec<usize>,
    /// The bar of each that one drummer's bars are like; none of all drummers' bars.
    main: BTreeMap<usize, StyleBar>,
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
        StyleBars { by_kind, kinds, main: BTreeMap::new() }
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
    /// `noise` makes alternatives differ, and the drummers of those `before` leave them their own bars.
    pub fn of_one_drummer(
        &self,
        output: &PatternOutput,
        limbs: &[Limbs],
        noise: f32,
        before: &[StyleBars],
        rng: &mut ChaCha8Rng,
    ) -> StyleBars {
        let mut one = StyleBars { kinds: self.kinds.clone(), ..StyleBars::default() };
        for (&kind, style) in &self.by_kind {
            let bars: Vec<usize> =
                (0..self.kinds.len()).filter(|&bar| self.kinds[bar] == kind).collect();
            let slots = bars.first().map_or(0, |&bar| limbs[bar].steps);
            let expected = Codes::pooled(output, &bars, slots, 1.0).marginal();
            let mut fit = |bar: &StyleBar| {
                let chance = if noise > 0.0 { rng.random_range(-noise..noise) } else { 0.0 };
                expected_f1(bar, &expected) + chance
            };
            let fits: Vec<f32> = style.iter().map(&mut fit).collect();
            let others: Vec<&StyleBar> =
                before.iter().filter_map(|other| other.main.get(&kind)).collect();
            let most = |bar: &StyleBar| {
                others.iter().map(|other| drums_in_common(bar, other)).fold(0.0, f32::max)
            };
            let is_another = |at: &usize| most(&style[*at]) < ANOTHER;
            let fittest = |bars: Vec<usize>| {
                bars.into_iter().rev().max_by(|&a, &b| fits[a].total_cmp(&fits[b]))
            };
            let best = fittest((0..style.len()).filter(is_another).collect())
                .or_else(|| fittest((0..style.len()).collect()));
            let Some(best) = best.map(|best| &style[best]) else { continue };
            let own = |bar: &&StyleBar| {
                let common = drums_in_common(bar, best);
                common >= SAME_DRUMMER && common >= most(bar)
            };
            one.by_kind.insert(kind, style.iter().filter(own).cloned().collect());
            one.main.insert(kind, best.clone());
        }
        one
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
    let is_drum = |cell: &u16| !CYMBALS.contains(&Lane::ALL[usize::from(*cell) / SLOTS]);
    let drums = |bar: &StyleBar| -> Cells { bar.cells().into_iter().filter(is_drum).collect() };
    likeness(&drums(a), &drums(b))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;
    use crate::drummer::cells::CELLS;
    use crate::drummer::settings::Style;
    use crate::score::Metre;

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

    #[test]
    fn drummers_of_alternatives_have_bars_of_their_own() {
        let grid = StepGrid::for_metre(Metre::COMMON, false);
        let style = Vocabulary::embedded().bars(Style::Rock, &grid, 120.0);
        let all = StyleBars {
            by_kind: BTreeMap::from([(0, style)]),
            kinds: vec![0; 4],
            main: BTreeMap::new(),
        };
        let output = PatternOutput::alike(4, vec![0.0; CELLS]);
        let limbs = [Limbs { step: 0.125, steps: 16, double_pedal: false }; 4];
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut drummers: Vec<StyleBars> = Vec::new();
        for _ in 0..4 {
            let drummer = all.of_one_drummer(&output, &limbs, 0.15, &drummers, &mut rng);
            let main = &drummer.main[&0];
            assert!(drummer.at(0).unwrap().contains(main));
            for other in &drummers {
                let common = drums_in_common(main, &other.main[&0]);
                assert!(common < ANOTHER, "{common}");
                assert!(!drummer.at(0).unwrap().contains(&other.main[&0]));
            }
            drummers.push(drummer);
        }
    }
}
