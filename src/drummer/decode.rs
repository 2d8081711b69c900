//! From the network's mixtures to one pattern per group of similar bars.
//!
//! Bars that the drum SSM holds for repeats form a group and are decided together: their evidence is
//! pooled (`candidates`), and the measure of `objective` decides for the song as a whole, three times:
//!
//! 1. among whole bars, those of the network's codes and those over one threshold, so that a part is
//!    made of bars that drummers play;
//! 2. among single cells that are in doubt. Whole bars are a coarse choice: two of them are alike or
//!    not, while the predicted SSM asks for grooves that share their back beat and differ in a kick
//!    or a cymbal;
//! 3. among the rhythms that people play (`rhythms`), since cells that are likely one by one need not
//!    make one. Kicks between the beats are chosen once more behind the rules of how drummers play, as
//!    these change groups one by one and do not know how alike they are to be.
//!
//! Where a style was asked for by name, the whole bars are those of the style (see `vocabulary`),
//! what is probable is the network's word with some of the style's, and the bars stay whole: a few cells
//! are enough to make a swing groove a straight one.
//!
//! What is best bar by bar plays too much of what is usual (hats) and too little of what is rare
//! (toms, crashes). Where amounts were asked for, the choice among whole bars is made twice: after the
//! first time, the onsets of every class are made easier or harder for the whole song, until there is
//! about as much of it as is wanted. Where nothing was, this does not pay: what the song is likely to
//! have is only a guess, and weighs a little in the objective.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use rand_chacha::ChaCha8Rng;

use super::bar_pattern::{Pattern, is_onset};
use super::block_ssm::BlockSsm;
use super::candidates::{Codes, Drafting, Group, Material};
use super::cells::log_odds;
use super::features::SLOTS;
use super::given::Given;
use super::given_evidence::GivenEvidence;
use super::lanes::CYMBALS;
use super::limbs::{Limbs, Repeated};
use super::objective::{CLASS_CELLS, ClassCells, Evidence, Objective, Weights, lanes_of};
use super::pattern::PatternOutput;
use super::rhythms::{self, Scope, Usage};
use super::settings::ClassDensities;
use super::style_bars::StyleBars;
use super::{DrummerError, Progress};
use crate::analysis::Ssm;
use crate::score::{DRUM_CLASSES, LANES, Lane, StepGrid};

/// How far from 0, in logits, a cell is at least that is played otherwise than the chosen bar has it:
/// farther than complexity moves what is struck in the middle half of its range.
const SURE: f32 = 0.4;
/// Most cells that a group plays otherwise than the bar that was chosen for it.
const FLIPS: usize = 16;
/// The least probable cell that may be struck after all; its opposite, the most probable one that may
/// be left out.
const DOUBT: f32 = 0.1;
/// Rounds over all groups: what one changes decides what pays for the others.
const ROUNDS: usize = 4;
/// What a change has to gain, lest rounding decides.
const GAIN: f32 = 1e-6;

/// Weights of the choice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decoding {
    pub drafting: Drafting,
    pub weights: Weights,
    /// How much easier or harder the onsets of a class may be made at most, in logits.
    pub reach: f32,
    pub usage: Usage,
}

/// What the musician asked for.
pub(super) struct Asked<'a> {
    /// Hits of each class a bar; `None` leaves them to the network's guess.
    pub densities: Option<&'a ClassDensities>,
    /// Bars to choose among instead of the network's.
    pub bars: &'a StyleBars,
    /// The musician's own grooves, which go before all of that.
    pub given: &'a Given,
}

/// The share of their strokes that two songs' patterns have in common (Dice's coefficient), 0 to 1, where
/// hats and ride are one; `bars` says in how many bars that sound each group is played.
pub(super) fn similarity(first: &[Pattern], second: &[Pattern], bars: &[u32]) -> f32 {
    let (mut both, mut all) = (0u32, 0u32);
    for ((first, second), bars) in first.iter().zip(second).zip(bars) {
        for (a, b) in onsets(first).zip(onsets(second)) {
            both += bars * u32::from(a && b);
            all += bars * (u32::from(a) + u32::from(b));
        }
    }
    if all == 0 { 1.0 } else { 2.0 * both as f32 / all as f32 }
}

/// What is struck in a bar, cell by cell, and once for all cymbals that keep the time.
fn onsets(pattern: &Pattern) -> impl Iterator<Item = bool> {
    let others = Lane::ALL.into_iter().filter(|lane| !CYMBALS.contains(lane));
    let cells = others.flat_map(|lane| (0..SLOTS).map(move |slot| (lane, slot)));
    let is_time = |slot: usize| CYMBALS.iter().any(|&lane| is_onset(pattern, lane, slot));
    cells.map(|(lane, slot)| is_onset(pattern, lane, slot)).chain((0..SLOTS).map(is_time))
}

/// The bars of a song.
#[derive(Clone, Copy)]
pub(super) struct SongBars<'a> {
    /// The group of each, numbered from 0; bars of a group share their grid.
    pub groups: &'a [usize],
    /// Their steps are those that the network knows.
    pub limbs: &'a [Limbs],
    pub grids: &'a [StepGrid],
    /// The predicted self-similarity of the drums.
    pub ssm: &'a Ssm,
    /// The same by groups.
    pub blocks: &'a BlockSsm,
}

/// Chooses a pattern for each group. `rules` change what was chosen to what drummers do. Long songs take a
/// while: `progress` is asked before every group that is looked at.
pub(super) fn decode(
    output: &PatternOutput,
    song: SongBars,
    asked: &Asked,
    decoding: Decoding,
    rules: impl FnOnce(&mut [Pattern]),
    rng: &mut ChaCha8Rng,
    progress: &dyn Progress,
) -> Result<Vec<Pattern>, DrummerError> {
    let SongBars { groups, limbs, grids, ssm, blocks } = song;
    let count = groups.iter().max().map_or(0, |most| most + 1);
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (bar, &group) in groups.iter().enumerate() {
        members[group].push(bar);
    }
    let mut evidence: BTreeMap<usize, GivenEvidence> = BTreeMap::new();
    for bar in 0..groups.len() {
        let Some(given) = asked.given.at(bar) else { continue };
        let same = |other: &usize| asked.given.kind(*other) == asked.given.kind(bar);
        if let Entry::Vacant(entry) = evidence.entry(asked.given.kind(bar).unwrap_or_default()) {
            let slots = limbs[bar].steps;
            let all: Vec<usize> = (0..groups.len())
                .filter(|&other| limbs[other].steps == slots && same(&other))
                .collect();
            let usual = Codes::pooled(output, &all, slots, 1.0).marginal();
            entry.insert(GivenEvidence::new(given, slots, &usual, ssm));
        }
    }
    let mut groups: Vec<Group> = members
        .into_iter()
        .map(|bars| {
            progress.go_on()?;
            let limbs = Limbs::fastest(bars.iter().map(|&bar| limbs[bar]));
            let style = asked.bars.at(bars[0]);
            let given = asked.given.kind(bars[0]).and_then(|kind| evidence.get(&kind));
            let material = match (given, style) {
                (Some(given), _) => Material::Given(given),
                (None, Some(style)) => Material::Style(style),
                (None, None) => Material::Song,
            };
            Ok(Group::new(output, bars, limbs, material, decoding.drafting, rng))
        })
        .collect::<Result<_, DrummerError>>()?;
    // Where a style was asked for, bars stay whole also where it has none.
    let styled = groups.iter_mut().filter(|group| !group.given);
    styled.filter(|_| !asked.bars.is_empty()).for_each(|group| group.whole = true);
    let wanted = asked.densities.copied().unwrap_or(output.densities);
    if decoding.reach > 0.0 {
        let mut objective = objective(&groups, blocks, wanted, decoding.weights);
        let chosen = choose_bars(&mut objective, &groups, progress)?;
        let offsets = offsets(&groups, &chosen, &wanted, decoding.reach);
        // Bars of people are not thinned or filled.
        let has_bars = |group: &Group| asked.bars.at(group.bars[0]).is_some();
        let eased = groups.iter_mut().filter(|group| !group.given && !has_bars(group));
        eased.for_each(|group| group.ease(offsets));
    }
    let mut objective = objective(&groups, blocks, wanted, decoding.weights);
    let chosen = choose_bars(&mut objective, &groups, progress)?;
    flip_cells(&mut objective, &groups, &chosen, progress)?;
    let onsets: Vec<&[bool]> = (groups.iter().zip(&chosen))
        .map(|(group, &index)| group.candidates[index].onsets.as_slice())
        .collect();
    let usage = decoding.usage;
    rhythms::settle(&mut objective, &groups, &onsets, grids, Scope::All, usage, progress)?;
    let mut patterns: Vec<Pattern> = (groups.iter().zip(chosen).enumerate())
        .map(|(number, (group, index))| {
            let chosen = &group.candidates[index];
            let logits =
                flipped(group, chosen.logits.clone(), chosen.cells, objective.pattern(number));
            Pattern { logits }
        })
        .collect();
    rules(&mut patterns);
    settle_kicks(&mut objective, &groups, &mut patterns, grids, usage, progress)?;
    Ok(patterns)
}

/// Chooses among rhythms of the kick beside what the patterns play now.
fn settle_kicks(
    objective: &mut Objective,
    groups: &[Group],
    patterns: &mut [Pattern],
    grids: &[StepGrid],
    usage: Usage,
    progress: &dyn Progress,
) -> Result<(), DrummerError> {
    let struck = |pattern: &Pattern| -> Vec<bool> {
        pattern.logits.iter().map(|&logit| logit > 0.0).collect()
    };
    let onsets: Vec<Vec<bool>> = patterns.iter().map(struck).collect();
    let onsets: Vec<&[bool]> = onsets.iter().map(Vec::as_slice).collect();
    let cells: Vec<ClassCells> = onsets.iter().map(|onsets| ClassCells::of(onsets)).collect();
    for (group, &cells) in cells.iter().enumerate() {
        objective.commit(objective.try_cells(group, cells));
    }
    rhythms::settle(objective, groups, &onsets, grids, Scope::Kicks, usage, progress)?;
    for (number, (group, pattern)) in groups.iter().zip(patterns).enumerate() {
        let (was, is) = (cells[number], objective.pattern(number));
        if was != is {
            let logits = std::mem::take(&mut pattern.logits);
            pattern.logits = flipped(group, logits, was, is);
        }
    }
    Ok(())
}

/// The measure of the choice, with the best candidate of each group.
fn objective<'a>(
    groups: &'a [Group],
    blocks: &'a BlockSsm,
    wanted: ClassDensities,
    weights: Weights,
) -> Objective<'a> {
    let evidence = |group: &'a Group| Evidence {
        bars: &group.bars,
        probability: &group.by_class,
        onset: &group.onset,
    };
    let first = groups.iter().map(|group| group.candidates[0].cells).collect();
    Objective::new(groups.iter().map(evidence).collect(), blocks, wanted, weights, first)
}

/// Coordinate ascent over groups: the number of the candidate that each plays.
fn choose_bars(
    objective: &mut Objective,
    groups: &[Group],
    progress: &dyn Progress,
) -> Result<Vec<usize>, DrummerError> {
    let bars: usize = groups.iter().map(|group| group.bars.len()).sum();
    let mut chosen = vec![0; groups.len()];
    for _ in 0..ROUNDS {
        let mut changed = false;
        for (number, group) in groups.iter().enumerate() {
            progress.go_on()?;
            let share = group.bars.len() as f32 / bars as f32;
            let noise = |index: usize| share * group.candidates[index].noise;
            let mut best = (objective.value() + noise(chosen[number]) + GAIN, None);
            for (index, candidate) in group.candidates.iter().enumerate() {
                let change = objective.try_cells(number, candidate.cells);
                let value = change.value + noise(index);
                if value > best.0 {
                    best = (value, Some((index, change)));
                }
            }
            if let Some((index, change)) = best.1 {
                objective.commit(change);
                chosen[number] = index;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    Ok(chosen)
}

/// Changes single cells in doubt, the best one of a group at a time, as long as the song gains and
/// the drummer can play it.
fn flip_cells(
    objective: &mut Objective,
    groups: &[Group],
    chosen: &[usize],
    progress: &dyn Progress,
) -> Result<(), DrummerError> {
    let mut left = vec![FLIPS; groups.len()];
    let mut limbs: Vec<Repeated> = groups
        .iter()
        .zip(chosen)
        .map(|(group, &index)| group.limbs.repeating(&group.candidates[index].onsets))
        .collect();
    for _ in 0..ROUNDS {
        let before = left.clone();
        for (number, (group, left)) in groups.iter().zip(&mut left).enumerate() {
            if group.whole {
                continue;
            }
            progress.go_on()?;
            while *left > 0 {
                let cells = objective.pattern(number);
                let mut best = (objective.value() + GAIN, None);
                for (cell, probability) in group.by_class.iter().enumerate() {
                    let is_sure = !(DOUBT..=1.0 - DOUBT).contains(probability);
                    if is_sure
                        || !cells.contains(cell) && !limbs[number].fits(group.lane_cell(cell))
                    {
                        continue;
                    }
                    let change = objective.try_cells(number, cells.toggled(cell));
                    if change.value > best.0 {
                        best = (change.value, Some((cell, change)));
                    }
                }
                let Some((cell, change)) = best.1 else { break };
                match cells.contains(cell) {
                    true => lanes_of(cell).for_each(|lane| limbs[number].set(lane, false)),
                    false => limbs[number].set(group.lane_cell(cell), true),
                }
                objective.commit(change);
                *left -= 1;
            }
        }
        if left == before {
            break;
        }
    }
    Ok(())
}

/// The logits of a chosen bar, of which some class cells are played otherwise.
fn flipped(group: &Group, mut logits: Vec<f32>, was: ClassCells, is: ClassCells) -> Vec<f32> {
    for cell in (0..CLASS_CELLS).filter(|&cell| was.contains(cell) != is.contains(cell)) {
        let odds = log_odds(group.by_class[cell]);
        if is.contains(cell) {
            logits[group.lane_cell(cell)] = odds.max(SURE);
        } else {
            lanes_of(cell).for_each(|lane| logits[lane] = logits[lane].min(odds.min(-SURE)));
        }
    }
    logits
}

/// For each lane what has to be added to its logits so that the song has the wanted amount of its
/// class, at most `reach` either way.
fn offsets(
    groups: &[Group],
    chosen: &[usize],
    wanted: &ClassDensities,
    reach: f32,
) -> [f32; LANES] {
    let bars: usize = groups.iter().map(|group| group.bars.len()).sum();
    let mut cells: [Vec<(f32, f32)>; DRUM_CLASSES] = Default::default();
    for (group, &index) in groups.iter().zip(chosen) {
        let rows = group.candidates[index].logits.chunks(SLOTS);
        for (lane, row) in Lane::ALL.into_iter().zip(rows) {
            let playable = row.iter().filter(|logit| logit.is_finite());
            cells[lane.drum_class().index()]
                .extend(playable.map(|&logit| (logit, group.bars.len() as f32 / bars as f32)));
        }
    }
    let mut by_class = [0.0; DRUM_CLASSES];
    for ((offset, cells), &wanted) in by_class.iter_mut().zip(&mut cells).zip(wanted) {
        cells.sort_by(|a, b| b.0.total_cmp(&a.0));
        // The first `kept` cells are struck; the threshold lies between them and the next.
        let (mut amount, mut kept) = (0.0, 0);
        while let Some((_, share)) = cells.get(kept)
            && (amount + share - wanted).abs() <= (amount - wanted).abs()
        {
            amount += share;
            kept += 1;
        }
        let above = kept.checked_sub(1).map_or(f32::INFINITY, |last| cells[last].0);
        let below = cells.get(kept).map_or(f32::NEG_INFINITY, |next| next.0);
        let threshold = match (above.is_finite(), below.is_finite()) {
            (true, true) => (above + below) / 2.0,
            (true, false) => above - reach,
            (false, true) => below + reach,
            (false, false) => 0.0,
        };
        *offset = (-threshold).clamp(-reach, reach);
    }
    Lane::ALL.map(|lane| by_class[lane.drum_class().index()])
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use rand::SeedableRng;

    use super::super::Stage;
    use super::super::cells::CELLS;
    use super::*;
    use crate::score::Metre;

    /// Cancels when it was asked so often.
    struct Until {
        asked: AtomicUsize,
        last: usize,
    }

    impl Progress for Until {
        fn stage(&self, _stage: Stage) {}

        fn is_cancelled(&self) -> bool {
            self.asked.fetch_add(1, Ordering::Relaxed) + 1 >= self.last
        }
    }

    /// Decides eight bars in four groups; how often that asked, and whether the rules were followed.
    fn decided(last: usize) -> (Result<Vec<Pattern>, DrummerError>, usize, bool) {
        let groups = [0, 1, 0, 2, 0, 1, 0, 3];
        let mut logits = vec![-4.0; CELLS];
        [0, 8].iter().for_each(|&slot| logits[Lane::Kick.index() * SLOTS + slot] = 2.0);
        [4, 12].iter().for_each(|&slot| logits[Lane::Snare.index() * SLOTS + slot] = 2.0);
        (0..16).step_by(2).for_each(|slot| logits[Lane::ClosedHat.index() * SLOTS + slot] = 0.5);
        let output = PatternOutput::alike(8, logits);
        let limbs = [Limbs { step: 0.125, steps: 16, double_pedal: false }; 8];
        let grids = [StepGrid::for_metre(Metre::COMMON, false); 8];
        let ssm = Ssm::from_pairs(8, |a, b| if groups[a] == groups[b] { 0.9 } else { 0.4 });
        let blocks = BlockSsm::new(&groups, &ssm);
        let song =
            SongBars { groups: &groups, limbs: &limbs, grids: &grids, ssm: &ssm, blocks: &blocks };
        let bars = &StyleBars::default();
        let densities = Some(&[2.0; DRUM_CLASSES]);
        let asked = Asked { densities, bars, given: &Given::nothing(8) };
        let decoding = Decoding {
            drafting: Drafting { pooling: 1.5, noise: 0.1 },
            weights: Weights { structure: 0.3, balance: 0.1, onset: 0.5, core: 0.3 },
            reach: 2.0,
            usage: Usage { usual: 0.005, corrected: true },
        };
        let progress = Until { asked: AtomicUsize::new(0), last };
        let mut followed = false;
        let rules = |_: &mut [Pattern]| followed = true;
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let patterns = decode(&output, song, &asked, decoding, rules, &mut rng, &progress);
        (patterns, progress.asked.into_inner(), followed)
    }

    #[test]
    fn another_cymbal_alone_is_no_alternative() {
        use super::super::bar_pattern::tests::pattern;
        let drums = [(Lane::Kick, 0), (Lane::Snare, 4), (Lane::Kick, 8), (Lane::Snare, 12)];
        let bar = |time: Lane, drums: &[(Lane, usize)]| {
            let time = (0..16).step_by(2).map(|slot| (time, slot));
            vec![pattern(&time.chain(drums.iter().copied()).collect::<Vec<_>>())]
        };
        let (hat, ride) = (bar(Lane::ClosedHat, &drums), bar(Lane::Ride, &drums));
        assert_eq!(similarity(&hat, &ride, &[4]), 1.0);
        let few = bar(Lane::Ride, &drums[..1]);
        assert!((similarity(&hat, &few, &[4]) - 18.0 / 21.0).abs() < 1e-6);
        assert_eq!(similarity(&hat, &few, &[0]), 1.0, "what nobody hears is alike");
    }

    #[test]
    fn a_choice_that_is_cancelled_ends_there() {
        let (patterns, asked, followed) = decided(usize::MAX);
        assert_eq!(patterns.unwrap().len(), 4);
        assert!(followed);
        // Evidence, two choices among bars, cells, rhythms, kicks: each asks at least once a group.
        assert!(asked >= 6 * 4, "{asked}");
        let mut before_rules = 0;
        for last in 1..=asked {
            let (patterns, asked, followed) = decided(last);
            assert!(matches!(patterns, Err(DrummerError::Cancelled)), "{last}");
            assert_eq!(asked, last, "it goes on when it is cancelled");
            before_rules += usize::from(!followed);
        }
        assert!(before_rules < asked, "kicks that are chosen once more are not cancelled");
    }
}
