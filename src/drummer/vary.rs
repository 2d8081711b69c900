//! From chosen bars to played ones: cells that could as well be otherwise follow the form.
//!
//! Whole bars are a coarse choice: two of them are alike or not, while the predicted SSM asks for
//! grooves that share their back beat and differ in a kick or a cymbal. Drummers do just that. So,
//! after the choice, every group of bars may turn single cells that are in doubt, as long as the song
//! as a whole gets better by the measure of the choice itself.

use super::choice::{Blocks, Expected, Totals, common, cosine_of, imbalance};
use super::decode::{Group, Taste, class_of, classes};
use super::limbs::Repeated;
use super::settings::ClassDensities;
use crate::analysis::Ssm;

/// Cells that a group may play otherwise than the bar that was chosen for it.
const MOST: usize = 16;
/// The least likely cell that may be struck after all; its opposite, the most likely one that may be
/// left out.
const DOUBT: f32 = 0.1;
/// Rounds over all groups: what one turns changes what pays for the others.
const ROUNDS: usize = 3;
/// What a turn has to gain, lest rounding decides.
const GAIN: f32 = 1e-6;

/// Turns cells of the patterns (one a group: which cells are struck) in place.
pub(super) fn vary(
    patterns: &mut [Vec<bool>],
    groups: &[Group],
    ssm: &Ssm,
    wanted: &ClassDensities,
    taste: Taste,
) {
    let mut play = Play::new(patterns, groups, ssm, wanted, taste);
    let mut left = vec![MOST; groups.len()];
    for _round in 0..ROUNDS {
        let before = left.clone();
        for (group, left) in left.iter_mut().enumerate() {
            while *left > 0
                && let Some(turn) = play.best_turn(group)
            {
                play.turn(group, turn);
                *left -= 1;
            }
        }
        if left == before {
            break;
        }
    }
}

/// All groups' patterns with what the measure of the choice needs to know of them.
struct Play<'a> {
    patterns: &'a mut [Vec<bool>],
    /// The same for the drummer's limbs.
    bars: Vec<Repeated>,
    groups: &'a [Group],
    wanted: &'a ClassDensities,
    taste: Taste,
    predicted: Blocks,
    /// Cells struck, by group.
    strokes: Vec<u32>,
    /// Cells struck by both of two groups, and their cosine similarity, `[groups, groups]`.
    both: Vec<u32>,
    alike: Vec<f32>,
    state: State,
    expected: Vec<Expected>,
}

/// What is summed over the song.
#[derive(Clone, Copy)]
struct State {
    totals: Totals,
    /// Strokes a bar of each class.
    played: ClassDensities,
}

/// A cell to be turned, and the song's sums when it is.
struct Turn {
    cell: usize,
    state: State,
}

impl<'a> Play<'a> {
    fn new(
        patterns: &'a mut [Vec<bool>],
        groups: &'a [Group],
        ssm: &Ssm,
        wanted: &'a ClassDensities,
        taste: Taste,
    ) -> Play<'a> {
        let predicted = Blocks::new(groups, ssm);
        let count = |pattern: &Vec<bool>| pattern.iter().map(|&struck| u32::from(struck)).sum();
        let strokes: Vec<u32> = patterns.iter().map(count).collect();
        let (mut both, mut alike) = (Vec::new(), Vec::new());
        for (a, &first) in patterns.iter().zip(&strokes) {
            for (b, &second) in patterns.iter().zip(&strokes) {
                both.push(common(a, b));
                alike.push(cosine_of(common(a, b), first, second));
            }
        }
        let mut played = ClassDensities::default();
        for (pattern, group) in patterns.iter().zip(groups) {
            for (sum, strokes) in played.iter_mut().zip(classes(pattern)) {
                *sum += group.share * strokes;
            }
        }
        let state = State { totals: predicted.totals(&alike), played };
        let expected = patterns
            .iter()
            .zip(groups)
            .map(|(pattern, group)| Expected::new(pattern, &group.marginal))
            .collect();
        let bar = |(pattern, group): (&Vec<bool>, &Group)| {
            let mut bar = group.limbs.repeated();
            let cells = pattern.iter().enumerate().filter(|&(_, &struck)| struck);
            cells.for_each(|(cell, _)| bar.set(cell, true));
            bar
        };
        let bars = patterns.iter().zip(groups).map(bar).collect();
        Play {
            patterns,
            bars,
            groups,
            wanted,
            taste,
            predicted,
            strokes,
            both,
            alike,
            state,
            expected,
        }
    }

    /// The measure of the choice, as far as one group's turns change it.
    fn value(&self, group: usize, expected: Expected, state: &State) -> f32 {
        self.groups[group].share * expected.f1()
            + self.taste.structure * self.predicted.correlation_of(state.totals)
            - self.taste.balance * imbalance(&state.played, self.wanted)
    }

    /// The cell of a group whose turning gains most, if any does.
    fn best_turn(&self, group: usize) -> Option<Turn> {
        let now = self.value(group, self.expected[group], &self.state);
        let mut best = (now + GAIN, None);
        for (cell, &chance) in self.groups[group].marginal.iter().enumerate() {
            if !(DOUBT..=1.0 - DOUBT).contains(&chance) {
                continue;
            }
            let on = !self.patterns[group][cell];
            if on && !self.bars[group].fits(cell) {
                continue;
            }
            let mut state = self.state;
            for other in (0..self.groups.len()).filter(|&other| other != group) {
                let place = group * self.groups.len() + other;
                let alike = self.alike_after(group, other, cell);
                self.predicted.change(&mut state.totals, place, self.alike[place], alike);
            }
            let share = self.groups[group].share;
            state.played[class_of(cell)] += if on { share } else { -share };
            let value = self.value(group, self.expected[group].with(on, chance), &state);
            if value > best.0 {
                best = (value, Some(Turn { cell, state }));
            }
        }
        best.1
    }

    fn turn(&mut self, group: usize, turn: Turn) {
        let Turn { cell, state } = turn;
        let count = self.groups.len();
        for other in (0..count).filter(|&other| other != group) {
            let (place, mirrored) = (group * count + other, other * count + group);
            self.alike[place] = self.alike_after(group, other, cell);
            self.alike[mirrored] = self.alike[place];
            self.both[place] = self.both_after(group, other, cell);
            self.both[mirrored] = self.both[place];
        }
        let on = !self.patterns[group][cell];
        self.strokes[group] = moved(self.strokes[group], on, true);
        self.expected[group] = self.expected[group].with(on, self.groups[group].marginal[cell]);
        self.patterns[group][cell] = on;
        self.bars[group].set(cell, on);
        self.state = state;
    }

    /// What two groups both strike when one has turned a cell.
    fn both_after(&self, group: usize, other: usize, cell: usize) -> u32 {
        let shared = self.patterns[other][cell];
        moved(self.both[group * self.groups.len() + other], !self.patterns[group][cell], shared)
    }

    fn alike_after(&self, group: usize, other: usize, cell: usize) -> f32 {
        let own = moved(self.strokes[group], !self.patterns[group][cell], true);
        cosine_of(self.both_after(group, other, cell), own, self.strokes[other])
    }
}

/// A count when one cell more is struck (`on`), or one less, if the cell counts.
fn moved(count: u32, on: bool, counts: bool) -> u32 {
    let step = u32::from(counts);
    if on { count + step } else { count - step }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::drummer::features::SLOTS;
    use crate::drummer::limbs::Limbs;
    use crate::drummer::pattern::CELLS;
    use crate::score::SCORE_CLASSES;

    const LIMBS: Limbs = Limbs { step: 0.5, steps: SLOTS, double_pedal: false };
    const WANTED: ClassDensities = [2.0; SCORE_CLASSES];
    const TASTE: Taste =
        Taste { pooling: 1.0, structure: 0.8, balance: 0.05, reach: 0.0, whim: 0.0 };

    /// Twelve bars in four groups of three, with chances and similarities at random.
    fn song(rng: &mut ChaCha8Rng) -> (Vec<Group>, Vec<Vec<bool>>, Ssm) {
        let group = |first: usize| Group {
            bars: (first..first + 3).collect(),
            share: 0.25,
            limbs: LIMBS,
            marginal: (0..CELLS).map(|_| rng.random::<f32>().powi(4)).collect(),
            candidates: Vec::new(),
        };
        let groups: Vec<Group> = (0..12).step_by(3).map(group).collect();
        let likely = |group: &Group| group.marginal.iter().map(|&chance| chance > 0.5).collect();
        let patterns = groups.iter().map(likely).collect();
        let ssm = Ssm::from_pairs(12, |_, _| rng.random());
        (groups, patterns, ssm)
    }

    fn value(patterns: &mut [Vec<bool>], groups: &[Group], ssm: &Ssm) -> f32 {
        let play = Play::new(patterns, groups, ssm, &WANTED, TASTE);
        let structure = TASTE.structure * play.predicted.correlation_of(play.state.totals);
        let f1 = |(group, expected): (&Group, &Expected)| group.share * expected.f1();
        let f1: f32 = groups.iter().zip(&play.expected).map(f1).sum();
        f1 + structure - TASTE.balance * imbalance(&play.state.played, &WANTED)
    }

    #[test]
    fn songs_get_better_and_what_is_sure_stays() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        for _song in 0..10 {
            let (groups, mut patterns, ssm) = song(&mut rng);
            let chosen = patterns.clone();
            let before = value(&mut patterns, &groups, &ssm);
            vary(&mut patterns, &groups, &ssm, &WANTED, TASTE);
            let after = value(&mut patterns, &groups, &ssm);
            assert!(after > before + 0.01, "{before} {after}");
            for ((group, chosen), played) in groups.iter().zip(&chosen).zip(&patterns) {
                let turned: Vec<f32> = (0..CELLS)
                    .filter(|&cell| chosen[cell] != played[cell])
                    .map(|cell| group.marginal[cell])
                    .collect();
                assert!((1..=MOST).contains(&turned.len()));
                assert!(turned.iter().all(|chance| (DOUBT..=1.0 - DOUBT).contains(chance)));
            }
        }
    }

    /// What is kept from turn to turn is what counting anew gives.
    #[test]
    fn sums_follow_the_turns() {
        let mut rng = ChaCha8Rng::seed_from_u64(6);
        let (groups, mut patterns, ssm) = song(&mut rng);
        let mut play = Play::new(&mut patterns, &groups, &ssm, &WANTED, TASTE);
        for _turn in 0..5 {
            for group in 0..groups.len() {
                let turn = play.best_turn(group).unwrap();
                play.turn(group, turn);
            }
        }
        let (strokes, alike, state, expected) =
            (play.strokes, play.alike, play.state, play.expected);
        let anew = Play::new(&mut patterns, &groups, &ssm, &WANTED, TASTE);
        assert_eq!((strokes, alike), (anew.strokes, anew.alike));
        let close = |a: f32, b: f32| assert!((a - b).abs() < 1e-4, "{a} {b}");
        let correlation = |state: State| anew.predicted.correlation_of(state.totals);
        close(correlation(state), correlation(anew.state));
        state.played.iter().zip(anew.state.played).for_each(|(&a, b)| close(a, b));
        expected.iter().zip(anew.expected).for_each(|(a, b)| close(a.f1(), b.f1()));
    }

    #[test]
    fn a_song_of_one_groove_is_left_to_its_likeliest_cells() {
        let marginal: Vec<f32> =
            (0..CELLS).map(|cell| if cell % 8 == 0 { 0.9 } else { 0.02 }).collect();
        let chosen: Vec<bool> = marginal.iter().map(|&chance| chance > 0.5).collect();
        let bars = (0..4).collect();
        let groups = [Group { bars, share: 1.0, limbs: LIMBS, marginal, candidates: Vec::new() }];
        let mut patterns = vec![chosen.clone()];
        let ssm = Ssm::from_pairs(4, |_, _| 1.0);
        vary(&mut patterns, &groups, &ssm, &WANTED, Taste { balance: 0.0, ..TASTE });
        assert_eq!(patterns, [chosen]);
    }
}
