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
use super::limbs::Limbs;
use super::settings::Style;
use super::style_grooves::{Cells, Strokes};
use super::style_tabs::style_tabs;
use crate::score::{Bpm, DrumPart, GridKind, Lane, StepGrid};

/// Most bars of a style on a grid.
const BARS: usize = 16;
/// A style with fewer bars on a grid goes without: they would not go round.
const LEAST: usize = 2;
/// Most grooves of a performance, and what another one has to add to what they have in common with its bars.
const GROOVES: usize = 2;
const GAIN: f32 = 0.05;
/// A performance with fewer bars is a break or a fill.
const FEWEST_BARS: usize = 2;
/// What the bars of a performance have in common with its groove, at least: less is a solo.
const STEADY: f32 = 0.6;
/// Hands that have so much in common (F1) go with each other's kicks.
const SAME_HANDS: f32 = 0.6;
/// Bars less usual than this among those of their style are slips.
const RARE: f32 = 0.02;
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

/// Many bars that are alike, as they are stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Entry {
    share: f32,
    /// Beats a minute at which the slowest and the quickest of them were played.
    bpm: [f32; 2],
    /// Cells (`lane * SLOTS + step`) that are struck now and then, with how often in per cent. The
    /// middle bar of these bars weighs as much as all of them.
    cells: Vec<(u16, u8)>,
}

/// Many bars that are alike.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct StyleBar {
    /// How usual it is in its style, 0 to 1.
    pub share: f32,
    /// How likely each cell is struck, `[lanes x slots]`; above 0.5 where the middle bar has a stroke.
    pub probabilities: Vec<f32>,
}

impl Entry {
    fn bar(&self) -> StyleBar {
        let mut probabilities = vec![0.0; CELLS];
        for &(cell, percent) in &self.cells {
            if let Some(probability) = probabilities.get_mut(usize::from(cell)) {
                *probability = f32::from(percent) / 100.0;
            }
        }
        StyleBar { share: self.share, probabilities }
    }
}

impl StyleBar {
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
}

/// Sixteen steps, or 24 in triplets: the grids of 4/4 and 12/8, in which people played.
fn kind(grid: &StepGrid) -> Option<usize> {
    match (grid.kind, grid.steps) {
        (GridKind::Straight, 16) => Some(0),
        (GridKind::Ternary, 24) => Some(1),
        _ => None,
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
        for (style, Bpm(bpm), part) in performances {
            for (kind, found) in found.entry(style).or_default().iter_mut().enumerate() {
                let grooves = grooves(style, part, kind).into_iter();
                found.extend(grooves.map(|(cells, weight)| Groove {
                    cells,
                    weight,
                    bpm: bpm as f32,
                }));
            }
        }
        let styles = found.into_iter().map(|(style, grids)| {
            (style.name().to_owned(), grids.map(|grooves| entries(&grooves)))
        });
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
        let played = played.iter().map(|entry| (tempi(entry), entry.bar()));
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
    let cells = |bar: &StyleBar| -> Cells { bar.struck().map(|cell| cell as u16).collect() };
    let known: Vec<Cells> = bars.iter().map(cells).collect();
    let hands = |bar: &StyleBar| -> Cells {
        cells(bar).into_iter().filter(|&cell| !kick.contains(&usize::from(cell))).collect()
    };
    let hands: Vec<Cells> = bars.iter().map(hands).collect();
    let mut exchanged: Vec<StyleBar> = Vec::new();
    for (bar, own) in bars.iter().zip(&hands) {
        let others = bars.iter().zip(&hands);
        for (with, _) in others.filter(|(_, other)| likeness(own, other) >= SAME_HANDS) {
            let mut new = StyleBar { share: 0.0, ..bar.clone() };
            new.probabilities[kick.clone()].copy_from_slice(&with.probabilities[kick.clone()]);
            let cells = cells(&new);
            if !known.contains(&cells) && (Strokes { cells: &cells, grid }).are_groove(style) {
                exchanged.push(new);
            }
        }
    }
    exchanged
}

/// A groove of a performance.
struct Groove {
    cells: Cells,
    /// Its share of the performance's bars.
    weight: f32,
    /// Beats a minute.
    bpm: f32,
}

/// The grooves of a performance on a [`kind`] of grid, with their shares of its bars; none of a solo.
fn grooves(style: Style, part: &DrumPart, kind: usize) -> Vec<(Cells, f32)> {
    let mut by_bar: BTreeMap<usize, Cells> = BTreeMap::new();
    // Where crashes go the form decides.
    for hit in part.hits.iter().filter(|hit| hit.lane() != Lane::Crash) {
        let grid = &part.grids[hit.bar.0];
        if self::kind(grid) == Some(kind) {
            let cell = hit.lane().index() * SLOTS + on_beat(hit.lane(), hit.step, grid);
            by_bar.entry(hit.bar.0).or_default().insert(cell as u16);
        }
    }
    one_stick(by_bar.values_mut());
    by_bar.retain(|&bar, cells| {
        let strokes = Strokes { cells, grid: &part.grids[bar] };
        strokes.keep_time() && strokes.are_groove(style)
    });
    let bars: Vec<(Cells, f32)> = by_bar.into_values().map(|cells| (cells, 1.0)).collect();
    let (chosen, homes) = middles(&bars, GROOVES, GAIN);
    let Some(&first) = chosen.first().filter(|_| bars.len() >= FEWEST_BARS) else {
        return Vec::new();
    };
    let alike: f32 = bars.iter().map(|(bar, _)| likeness(bar, &bars[first].0)).sum();
    if alike < STEADY * bars.len() as f32 {
        return Vec::new();
    }
    let share = |number: usize| {
        let own = homes.iter().filter(|home| **home == number).count();
        own as f32 / bars.len() as f32
    };
    let grooves = chosen.iter().enumerate();
    grooves.map(|(number, &bar)| (bars[bar].0.clone(), share(number))).collect()
}

/// The step that a stroke belongs to. Feet keep the beat less exactly than hands do: a hat that the foot
/// closes a sixth of a beat before or behind one is meant to be on it.
fn on_beat(lane: Lane, step: usize, grid: &StepGrid) -> usize {
    let beat = grid.steps_per_beat;
    match step % beat {
        _ if lane != Lane::PedalHat || grid.kind != GridKind::Ternary || beat < 6 => step,
        1 => step - 1,
        place if place == beat - 1 && step + 1 < grid.steps => step + 1,
        _ => step,
    }
}

/// The stick lies across the snare in all of a performance's bars or in none: pads take the one for the
/// other.
fn one_stick<'a>(bars: impl Iterator<Item = &'a mut Cells>) {
    let mut bars: Vec<&mut Cells> = bars.collect();
    let [head, stick] = [Lane::Snare, Lane::SideStick].map(Lane::index);
    let lane = |cell: u16| usize::from(cell) / SLOTS;
    let strokes = || bars.iter().flat_map(|bar| bar.iter());
    let count = |of: usize| strokes().filter(|&&cell| lane(cell) == of).count();
    let (from, to) = if count(stick) > count(head) { (head, stick) } else { (stick, head) };
    for bar in &mut bars {
        let moved = bar.iter().map(|&cell| match lane(cell) == from {
            true => (to * SLOTS + usize::from(cell) % SLOTS) as u16,
            false => cell,
        });
        **bar = moved.collect();
    }
}

/// What two bars have in common (F1 of their strokes), 0 to 1.
fn likeness(a: &Cells, b: &Cells) -> f32 {
    2.0 * a.intersection(b).count() as f32 / (a.len() + b.len()).max(1) as f32
}

/// The bars that together have most in common with all of these (facility location, found greedily), up to
/// `most` and as long as one adds `gain` to the mean; and of each bar the number of the nearest of them.
fn middles(bars: &[(Cells, f32)], most: usize, gain: f32) -> (Vec<usize>, Vec<usize>) {
    let all: f32 = bars.iter().map(|(_, weight)| weight).sum();
    let mut nearest = vec![0.0f32; bars.len()];
    let (mut chosen, mut homes) = (Vec::new(), vec![0; bars.len()]);
    while chosen.len() < most {
        let value = |(middle, _): &(Cells, f32)| -> f32 {
            let near = bars.iter().zip(&nearest);
            near.map(|((bar, weight), near)| weight * (likeness(bar, middle) - near).max(0.0)).sum()
        };
        let values = bars.iter().map(value).enumerate();
        let Some((best, value)) = values.rev().max_by(|a, b| a.1.total_cmp(&b.1)) else { break };
        if value < gain * all || chosen.contains(&best) {
            break;
        }
        for ((bar, _), (near, home)) in bars.iter().zip(nearest.iter_mut().zip(&mut homes)) {
            let alike = likeness(bar, &bars[best].0);
            if alike > *near {
                (*near, *home) = (alike, chosen.len());
            }
        }
        chosen.push(best);
    }
    (chosen, homes)
}

/// The grooves of a style: of those of its performances the ones that have most in common with all.
fn entries(grooves: &[Groove]) -> Vec<Entry> {
    let bars: Vec<(Cells, f32)> =
        grooves.iter().map(|groove| (groove.cells.clone(), groove.weight)).collect();
    let (chosen, homes) = middles(&bars, BARS, 0.0);
    let all: f32 = grooves.iter().map(|groove| groove.weight).sum();
    let mut entries: Vec<Entry> = Vec::new();
    for (number, &middle) in chosen.iter().enumerate() {
        let members = || grooves.iter().zip(&homes).filter(|(_, home)| **home == number);
        let members = || members().map(|(groove, _)| groove);
        let total: f32 = members().map(|groove| groove.weight).sum();
        let cells = (0..CELLS as u16).filter_map(|cell| {
            let with = members().filter(|groove| groove.cells.contains(&cell));
            let often = with.map(|groove| groove.weight).sum::<f32>() / total;
            let onset = f32::from(grooves[middle].cells.contains(&cell));
            let percent = (50.0 * (often + onset)).round() as u8;
            (percent > 1).then_some((cell, percent))
        });
        let share = (1e3 * total / all).round() / 1e3;
        let bpm = [f32::min, f32::max]
            .map(|end| members().map(|groove| groove.bpm).fold(grooves[middle].bpm, end));
        if share >= RARE {
            entries.push(Entry { share, bpm, cells: cells.collect() });
        }
    }
    if entries.len() < LEAST {
        return Vec::new();
    }
    entries.sort_by(|a, b| b.share.total_cmp(&a.share));
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{BarGrid, BarIndex, Hit, Metre, Ticks, Velocity};

    #[test]
    fn styles_have_bars_of_their_own() {
        let grid = StepGrid::for_metre(Metre::COMMON, false);
        let mut seen: Vec<Vec<StyleBar>> = Vec::new();
        let mut few = Vec::new();
        for style in Style::ALL {
            let bars = Vocabulary::embedded().bars(style, &grid, 120.0);
            assert!(bars.len() >= LEAST, "{style:?}: {}", bars.len());
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

    /// A performance in sixteenths.
    fn part(bars: &[Vec<(Lane, usize)>]) -> DrumPart {
        let grid = BarGrid::new(96, &[], Ticks(bars.len() as u64 * 4 * 96));
        let hits = bars.iter().enumerate().flat_map(|(bar, strokes)| {
            strokes.iter().map(move |&(lane, step)| Hit {
                bar: BarIndex(bar),
                step,
                key: lane.default_key(),
                velocity: Velocity::clamped(90),
                offset: 0.0,
            })
        });
        let steps = vec![StepGrid::for_metre(Metre::COMMON, false); bars.len()];
        DrumPart::new(grid, steps, hits.collect())
    }

    fn groove(kicks: &[usize], snares: &[usize]) -> Vec<(Lane, usize)> {
        let time = (0..8).map(|eighth| (Lane::ClosedHat, 2 * eighth));
        let drums = kicks.iter().map(|&step| (Lane::Kick, step));
        drums.chain(snares.iter().map(|&step| (Lane::Snare, step))).chain(time).collect()
    }

    fn cells(strokes: &[(Lane, usize)]) -> Cells {
        strokes.iter().map(|(lane, step)| (lane.index() * SLOTS + step) as u16).collect()
    }

    #[test]
    fn grooves_of_a_performance_stand_for_its_bars() {
        let verse = groove(&[0, 8], &[4, 12]);
        let chorus = groove(&[0, 2, 3, 6, 10, 11], &[4, 7, 9, 12, 15]);
        // Each bar leaves its groove by another stroke.
        let bars: Vec<Vec<(Lane, usize)>> = (0..32)
            .map(|bar| {
                let own = if bar < 20 { &verse } else { &chorus };
                own.iter().copied().chain([(Lane::Ride, bar % 16)]).collect()
            })
            .chain([verse.clone(), chorus.clone()])
            .collect();
        let found = grooves(Style::Rock, &part(&bars), 0);
        let usual: Vec<Cells> = found.iter().map(|(cells, _)| cells.clone()).collect();
        assert_eq!(usual, [cells(&verse), cells(&chorus)]);
        assert!((found[0].1 - 21.0 / 34.0).abs() < 1e-6, "{}", found[0].1);
        assert!(grooves(Style::Rock, &part(&bars), 1).is_empty(), "no triplets");
    }

    #[test]
    fn solos_are_no_grooves() {
        let solo = |bar: usize| -> Vec<(Lane, usize)> {
            let drums = (1..9).map(|n| (Lane::Snare, (bar * 7 + n * n) % 16));
            let time = [0, 5, 10].map(|n| (Lane::Ride, (bar + n) % 16));
            drums.chain(time).chain([(Lane::Kick, 0)]).collect()
        };
        let bars: Vec<_> = (0..32).map(solo).collect();
        assert!(grooves(Style::Latin, &part(&bars), 0).is_empty());
    }

    #[test]
    fn a_stick_lies_across_the_snare_or_does_not() {
        let stick = |n: usize| {
            let lane = if n.is_multiple_of(3) { Lane::Snare } else { Lane::SideStick };
            [&groove(&[4, 12], &[])[..], &[(lane, 4), (Lane::SideStick, 12)]].concat()
        };
        let found = grooves(Style::Reggae, &part(&(0..12).map(stick).collect::<Vec<_>>()), 0);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, cells(&stick(1)));
    }
}
