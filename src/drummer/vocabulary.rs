//! The bars that drummers of a style play.
//!
//! Class densities say how much of everything a style has, not where: reggae leaves the first beat to
//! the hat, funk whispers on the snare between the beats, jazz has its ride skip. So where a style is
//! asked for by name, the drummer chooses among bars of that style the ones that fit the song.
//! [`Vocabulary`] has these bars, with the tempi at which they are played: of each performance the one or two
//! grooves that have most in common with all its bars, and of these the ones that stand for the style.
//! `assets/style_bars.json` is what Drumlin comes with; beside it are [bars that were written
//! down](super::style_tabs).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::cells::CELLS;
use super::features::SLOTS;
use super::groove_medoids::{Entry, Groove, entries, grooves, kind};
use super::limbs::Limbs;
use super::settings::Style;
use super::style_grooves::{Cells, Strokes, likeness};
use super::style_tabs::style_tabs;
use crate::score::{Bpm, DrumPart, Lane, StepGrid};

/// Hands that have so much in common (F1) go with each other's kicks.
const SAME_HANDS: f32 = 0.6;
/// How much slower and quicker than it was played a groove is still one.
const TEMPI: [f32; 2] = [0.7, 1.3];
/// Of bars that are for other tempi those that are nearest, within a tenth of an octave.
const NEAREST: f32 = 0.1;

/// The bars of all styles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vocabulary {
    /// What they were taken from.
    pub source: String,
    styles: BTreeMap<String, [Vec<Entry>; 2]>,
}

/// Many bars that are alike.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct StyleBar {
    /// How usual it is in its style, 0 to 1.
    pub share: f32,
    /// How likely each cell is struck, `[lanes x slots]`; above 0.5 where the middle bar has a stroke.
    pub probabilities: Vec<f32>,
}

impl StyleBar {
    fn of_entry(entry: &Entry) -> StyleBar {
        let mut probabilities = vec![0.0; CELLS];
        for &(cell, percent) in &entry.cells {
            if let Some(probability) = probabilities.get_mut(usize::from(cell)) {
                *probability = f32::from(percent) / 100.0;
            }
        }
        StyleBar { share: entry.share, probabilities }
    }

    /// A bar that is played as it is.
    fn of(cells: &Cells, share: f32) -> StyleBar {
        let mut probabilities = vec![0.0; CELLS];
        cells.iter().for_each(|&cell| probabilities[usize::from(cell)] = 1.0);
        StyleBar { share, probabilities }
    }

    /// Whether limbs play all of it.
    fn is_whole(&self, limbs: &Limbs) -> bool {
        let logits: Vec<f32> = self.probabilities.iter().map(|chance| chance - 0.5).collect();
        let played = limbs.playable(&logits, 0.0);
        self.struck().all(|cell| played[cell])
    }

    /// The cells that its middle bar strikes.
    pub fn struck(&self) -> impl Iterator<Item = usize> {
        let cells = self.probabilities.iter().enumerate();
        cells.filter(|(_, chance)| **chance > 0.5).map(|(cell, _)| cell)
    }

    /// The same as a set.
    pub fn cells(&self) -> Cells {
        self.struck().map(|cell| cell as u16).collect()
    }
}

impl Vocabulary {
    /// Finds the bars of each style in performances at some tempo, of which each counts as much as any
    /// other.
    pub fn of<'a>(
        source: &str,
        performances: impl IntoIterator<Item = (Style, Bpm, &'a DrumPart)>,
    ) -> Vocabulary {
        let mut found: BTreeMap<Style, [Vec<Groove>; 2]> = BTreeMap::new();
        for (style, bpm, part) in performances {
            for (kind, found) in found.entry(style).or_default().iter_mut().enumerate() {
                found.extend(grooves(style, bpm, part, kind));
            }
        }
        let styles = found
            .into_iter()
            .map(|(style, grids)| (style.name().to_owned(), grids.map(|all| entries(&all))));
        Vocabulary { source: source.to_owned(), styles: styles.collect() }
    }

    /// Those that Drumlin comes with.
    pub fn embedded() -> &'static Vocabulary {
        static EMBEDDED: LazyLock<Vocabulary> = LazyLock::new(|| {
            serde_json::from_str(include_str!("../../assets/style_bars.json"))
                .expect("a test reads the same text")
        });
        &EMBEDDED
    }

    /// The bars of a style on a grid at a tempo in beats a minute, or those for the nearest tempo; none where
    /// it has none on the grid. Those that lose strokes so quick are left out, as far as others are left. With
    /// them come those with a [kick exchanged](kicks_exchanged), which are not usual.
    pub(super) fn bars(&self, style: Style, grid: &StepGrid, bpm: f32) -> Vec<StyleBar> {
        let all = self.known(style, grid);
        let nearest =
            all.iter().map(|(tempi, _)| octaves_off(bpm, *tempi)).fold(f32::INFINITY, f32::min);
        let reach = if nearest > 0.0 { nearest + NEAREST } else { 0.0 };
        let suited = all.into_iter().filter(|(tempi, _)| octaves_off(bpm, *tempi) <= reach);
        let suited = suited.map(|(_, bar)| bar);
        let limbs = Limbs {
            step: 60.0 / bpm / grid.steps_per_beat as f32,
            steps: grid.steps,
            double_pedal: style.has_double_pedal(),
        };
        let (whole, others): (Vec<_>, Vec<_>) = suited.partition(|bar| bar.is_whole(&limbs));
        let mut bars = if whole.is_empty() { others } else { whole };
        let sum: f32 = bars.iter().map(|bar| bar.share).sum();
        bars.iter_mut().for_each(|bar| bar.share /= sum);
        let exchanged = kicks_exchanged(&bars, style, grid).into_iter();
        bars.extend(exchanged.filter(|bar| bar.is_whole(&limbs)).collect::<Vec<_>>());
        bars
    }

    /// All bars of a style on a grid, played and written ones, with the slowest and the quickest tempo for each.
    fn known(&self, style: Style, grid: &StepGrid) -> Vec<([f32; 2], StyleBar)> {
        let played = kind(grid)
            .and_then(|kind| Some(&self.styles.get(style.name())?[kind]))
            .map_or(&[][..], Vec::as_slice);
        let tempi = |entry: &Entry| [entry.bpm[0] * TEMPI[0], entry.bpm[1] * TEMPI[1]];
        let played = played.iter().map(|entry| (tempi(entry), StyleBar::of_entry(entry)));
        let written = || style_tabs().iter().filter(|tab| tab.style == style && tab.grid == *grid);
        let share = 1.0 / written().count().max(1) as f32;
        played.chain(written().map(|tab| (tab.bpm, StyleBar::of(&tab.cells, share)))).collect()
    }
}

/// How far a tempo is from a range of tempi, in octaves.
fn octaves_off(bpm: f32, [slowest, quickest]: [f32; 2]) -> f32 {
    (slowest / bpm).log2().max((bpm / quickest).log2()).max(0.0)
}

/// The bars of a style, each with the kicks of the others whose hands play much the same, as far as that is the
/// style's groove: so the kick can go with the song's bass.
fn kicks_exchanged(bars: &[StyleBar], style: Style, grid: &StepGrid) -> Vec<StyleBar> {
    let kick = Lane::Kick.index() * SLOTS..(Lane::Kick.index() + 1) * SLOTS;
    let known: Vec<Cells> = bars.iter().map(StyleBar::cells).collect();
    let hands = |cells: &Cells| -> Cells {
        cells.iter().copied().filter(|&cell| !kick.contains(&usize::from(cell))).collect()
    };
    let hands: Vec<Cells> = known.iter().map(hands).collect();
    let mut exchanged: Vec<StyleBar> = Vec::new();
    for (bar, own) in bars.iter().zip(&hands) {
        let others = bars.iter().zip(&hands);
        for (with, _) in others.filter(|(_, other)| likeness(own, other) >= SAME_HANDS) {
            let mut new = StyleBar { share: 0.0, ..bar.clone() };
            new.probabilities[kick.clone()].copy_from_slice(&with.probabilities[kick.clone()]);
            let cells = new.cells();
            if !known.contains(&cells) && (Strokes { cells: &cells, grid }).are_groove(style) {
                exchanged.push(new);
            }
        }
    }
    exchanged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Metre;

    #[test]
    fn styles_have_bars_of_their_own() {
        let grid = StepGrid::for_metre(Metre::COMMON, false);
        let mut seen: Vec<Vec<StyleBar>> = Vec::new();
        let mut few = Vec::new();
        for style in Style::ALL {
            let bars = Vocabulary::embedded().bars(style, &grid, 120.0);
            assert!(bars.len() >= 2, "{style:?}: {}", bars.len());
            let sum = bars.iter().map(|bar| bar.share).sum::<f32>();
            assert!((sum - 1.0).abs() < 1e-3, "{style:?}: {sum}");
            for bar in &bars {
                assert!(
                    bar.probabilities.iter().all(|probability| (0.0..=1.0).contains(probability))
                );
                assert!(
                    bar.probabilities.iter().filter(|probability| **probability > 0.5).count() >= 2
                );
            }
            assert!(!seen.contains(&bars));
            seen.push(bars);
            let count = |&bpm: &f32| Vocabulary::embedded().bars(style, &grid, bpm).len();
            let tempi = [50.0, 70.0, 100.0, 150.0, 200.0];
            let counts: Vec<usize> = tempi.iter().map(count).collect();
            if counts.iter().any(|count| *count < 3) {
                few.push((style, counts));
            }
        }
        assert!(few.is_empty(), "{few:?}");
        let other = StepGrid::for_metre(Metre::new(7, 8).unwrap(), false);
        assert!(Vocabulary::embedded().bars(Style::Rock, &other, 120.0).is_empty());
    }

    #[test]
    fn styles_are_what_they_are_called() {
        let grid = StepGrid::for_metre(Metre::COMMON, false);
        let at = |style: Style, bpm: f32, is: fn(&Has) -> bool| -> f32 {
            let bars = Vocabulary::embedded().bars(style, &grid, bpm);
            let all: f32 = bars.iter().map(|bar| bar.share).sum();
            let with = bars.iter().filter(|bar| is(&Has(bar)));
            with.map(|bar| bar.share).sum::<f32>() / all
        };
        let share = |style: Style, is: fn(&Has) -> bool| at(style, 120.0, is);
        let four = share(Style::Dance, |has| has.on(Lane::Kick, &[0, 4, 8, 12]));
        assert!(four > 0.9, "four on the floor in {four} of dance");
        let back = share(Style::Rock, |has| has.on(Lane::Snare, &[4, 12]));
        assert!(back > 0.8, "a back beat in {back} of rock");
        let one_drop = |has: &Has| has.on(Lane::Kick, &[4, 12]) && !has.on(Lane::Kick, &[0]);
        let half_time = |has: &Has| has.on(Lane::Kick, &[8]) && !has.on(Lane::Kick, &[4]);
        let drops = [at(Style::Reggae, 75.0, one_drop), at(Style::Reggae, 75.0, half_time)];
        assert!(drops[0] > 0.4 && drops[1] < 0.2, "one drop in {drops:?} of reggae");
        let drops = [at(Style::Reggae, 145.0, one_drop), at(Style::Reggae, 145.0, half_time)];
        assert!(drops[0] < 0.2 && drops[1] > 0.4, "one drop in {drops:?} of quick reggae");
        let break_beat = |has: &Has| has.on(Lane::Snare, &[4, 12]) && !has.on(Lane::Kick, &[8]);
        let quick = at(Style::Dance, 174.0, break_beat);
        assert!(quick > 0.9, "a break beat in {quick} of drum and bass");
        let busy = share(Style::March, |has| has.count(Lane::Snare) >= 5);
        assert!(busy > 0.8, "a busy snare in {busy} of marches");
        let kicks = share(Style::Metal, |has| has.count(Lane::Kick) >= 4);
        assert!(kicks > 0.8, "four kicks in {kicks} of metal");
        let double = |has: &Has| has.on(Lane::Snare, &[2, 6, 10, 14]);
        let doubles = [at(Style::Punk, 90.0, double), at(Style::Punk, 190.0, double)];
        assert!(doubles[0] > 0.5 && doubles[1] == 0.0, "double time in {doubles:?} of punk");
        let ride = share(Style::Jazz, |has| has.on(Lane::Ride, &[0, 4, 8, 12]));
        assert!(ride > 0.9, "the ride in {ride} of jazz");
    }

    /// What a bar strikes.
    struct Has<'a>(&'a StyleBar);

    impl Has<'_> {
        fn count(&self, lane: Lane) -> usize {
            self.0.struck().filter(|cell| cell / SLOTS == lane.index()).count()
        }

        fn on(&self, lane: Lane, steps: &[usize]) -> bool {
            let struck: Vec<usize> = self.0.struck().collect();
            steps.iter().all(|step| struck.contains(&(lane.index() * SLOTS + step)))
        }
    }
}
