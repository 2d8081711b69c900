//! Two bars of drums: which drum is struck on which step.

use super::drum::{DRUMS, LANES_OF_DRUMS};
use crate::score::{BarGrid, BarIndex, DrumPart, Hit, Metre, StepGrid, TempoMap, Ticks, Velocity};

// [`Pattern::distance`] takes two rows at a time.
const _: () = assert!(DRUMS.is_multiple_of(2));

/// How the beats of a pattern are divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PatternGrid {
    /// Sixteenths: 16 steps a bar.
    Straight,
    /// Eighth triplets, or the eighths of 12/8: 12 steps a bar.
    Triplet,
    /// Eighths and eighth triplets beside each other: 16 steps a bar, which lie none, two, three and four
    /// sixths of a beat behind each beat. Only patterns on the way from a straight to a triplet one are
    /// on it; no network and no point of the map knows it.
    Mixed,
}

impl PatternGrid {
    /// Steps of the two bars, 32 or 24.
    pub const fn steps(self) -> usize {
        match self {
            PatternGrid::Straight | PatternGrid::Mixed => 32,
            PatternGrid::Triplet => 24,
        }
    }

    /// Steps of one bar.
    pub const fn bar_steps(self) -> usize {
        self.steps() / 2
    }

    /// When a step is, in twelfths of a beat from the start of the two bars, of which there are
    /// [`TWELFTHS`].
    pub fn twelfth(self, step: usize) -> usize {
        let inside: &[usize] = match self {
            PatternGrid::Straight => &[0, 3, 6, 9],
            PatternGrid::Triplet => &[0, 4, 8],
            PatternGrid::Mixed => &[0, 4, 6, 8],
        };
        TWELFTHS_OF_BEAT * (step / inside.len()) + inside[step % inside.len()]
    }

    /// Bit `t`: a step is at twelfth `t`.
    fn times(self) -> Times {
        (0..self.steps()).fold(0, |times, step| times | 1 << self.twelfth(step))
    }

    /// The step nearest to a twelfth; of two the later, so that the second of two eighths becomes the
    /// last of three, as it does in swing.
    fn nearest(self, twelfth: usize) -> usize {
        let steps = (0..self.steps()).rev();
        steps.min_by_key(|&step| self.twelfth(step).abs_diff(twelfth)).unwrap_or(0)
    }
}

/// Twelfths of a beat: all grids have their steps there.
pub(super) const TWELFTHS_OF_BEAT: usize = 12;

/// Twelfths of the two bars of eight beats.
pub const TWELFTHS: usize = 8 * TWELFTHS_OF_BEAT;

/// When a drum is struck: bit `t` for twelfth `t`.
pub(super) type Times = u128;

/// Cells of both grids, straight first: a network's view of a pattern.
pub const CELLS: usize = DRUMS * (PatternGrid::Straight.steps() + PatternGrid::Triplet.steps());

/// Two bars of four beats, 14 drums, no velocities.
///
/// The shape of Tikhonov and Yamshchikov ("Artificial Neural Networks Jamming on the Beat", 2021), 14
/// drums by 32 sixteenths, and a triplet grid beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern {
    grid: PatternGrid,
    /// Bit `s` of a row: its drum is struck on step `s`.
    rows: [u32; DRUMS],
}

impl Pattern {
    /// A pattern without a stroke.
    pub const fn empty(grid: PatternGrid) -> Pattern {
        Pattern { grid, rows: [0; DRUMS] }
    }

    /// From rows of bits; those beyond the grid are dropped.
    pub fn from_rows(grid: PatternGrid, rows: [u32; DRUMS]) -> Pattern {
        let inside = u32::MAX >> (32 - grid.steps());
        Pattern { grid, rows: rows.map(|row| row & inside) }
    }

    /// Its grid.
    pub fn grid(&self) -> PatternGrid {
        self.grid
    }

    /// A row of bits for each drum, the first step lowest.
    pub fn rows(&self) -> &[u32; DRUMS] {
        &self.rows
    }

    /// Whether the drum is struck on the step; `false` outside the grid.
    pub fn has_onset(&self, drum: usize, step: usize) -> bool {
        step < self.grid.steps() && drum < DRUMS && self.rows[drum] >> step & 1 == 1
    }

    /// Strikes the drum on the step, or not; nothing happens outside the grid.
    pub fn set(&mut self, drum: usize, step: usize, onset: bool) {
        if step < self.grid.steps() && drum < DRUMS {
            self.rows[drum] = self.rows[drum] & !(1 << step) | u32::from(onset) << step;
        }
    }

    /// How many strokes it has.
    pub fn strokes(&self) -> usize {
        self.rows.iter().map(|row| row.count_ones() as usize).sum()
    }

    /// Drum and step of each stroke.
    pub fn hits(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        (0..DRUMS).flat_map(move |drum| {
            (0..self.grid.steps())
                .filter(move |&step| self.has_onset(drum, step))
                .map(move |step| (drum, step))
        })
    }

    /// Hamming distance: strokes that one has and the other has not at the same time. A straight and a
    /// triplet pattern have strokes on beats in common at most.
    pub fn distance(&self, other: &Pattern) -> usize {
        if self.grid != other.grid {
            let own_and_others = self.times().into_iter().zip(other.times());
            return own_and_others.map(|(own, others)| (own ^ others).count_ones() as usize).sum();
        }
        // Two rows at a time: places are found by tens of thousands of these.
        let differ = |at: usize| u64::from(self.rows[at] ^ other.rows[at]);
        (0..DRUMS / 2)
            .map(|at| (differ(2 * at) | differ(2 * at + 1) << 32).count_ones())
            .sum::<u32>() as usize
    }

    /// When each drum is struck.
    pub(super) fn times(&self) -> [Times; DRUMS] {
        self.rows.map(|mut row| {
            let mut times: Times = 0;
            while row != 0 {
                times |= 1 << self.grid.twelfth(row.trailing_zeros() as usize);
                row &= row - 1;
            }
            times
        })
    }

    /// The pattern of these strokes on the first grid that has all of them; those that none has are
    /// dropped.
    pub(super) fn of_times(times: &[Times; DRUMS]) -> Pattern {
        let all: Times = times.iter().fold(0, |all, times| all | times);
        let has_all = |grid: &PatternGrid| all & !grid.times() == 0;
        let whole = [PatternGrid::Straight, PatternGrid::Triplet].into_iter().find(has_all);
        let grid = whole.unwrap_or(PatternGrid::Mixed);
        let mut pattern = Pattern::empty(grid);
        for (row, times) in pattern.rows.iter_mut().zip(times) {
            let bits = (0..grid.steps()).map(|step| (times >> grid.twelfth(step) & 1) << step);
            *row = bits.sum::<Times>() as u32;
        }
        pattern
    }

    /// The pattern on a grid, each stroke on the nearest step. Of two it is the later, so that the second
    /// of two eighths becomes the last of three, as it does in swing.
    pub fn on(&self, grid: PatternGrid) -> Pattern {
        if grid == self.grid {
            return *self;
        }
        let mut moved = Pattern::empty(grid);
        for (drum, step) in self.hits() {
            moved.set(drum, grid.nearest(self.grid.twelfth(step)), true);
        }
        moved
    }

    /// On a grid that the networks and the map know: as it is, or a mixed one on that of the two on which
    /// fewer strokes move.
    pub fn unmixed(&self) -> Pattern {
        match self.grid {
            PatternGrid::Straight | PatternGrid::Triplet => *self,
            PatternGrid::Mixed => {
                let straight = self.on(PatternGrid::Straight);
                let triplet = self.on(PatternGrid::Triplet);
                let is_straight = self.distance(&straight) < self.distance(&triplet);
                if is_straight { straight } else { triplet }
            }
        }
    }

    /// With the rows of `other` where `keep` says so, each of their strokes at its time. It stays on this
    /// grid unless one of them is struck where this has no step: then all is put on the other's.
    pub fn with_rows_of(&self, other: &Pattern, keep: impl Fn(usize) -> bool) -> Pattern {
        let is_held = self.grid != other.grid && {
            let (own, others) = (self.grid.times(), other.times());
            (0..DRUMS).any(|drum| keep(drum) && others[drum] & !own != 0)
        };
        let grid = if is_held { other.grid } else { self.grid };
        let (mut mixed, other) = (self.on(grid), other.on(grid));
        for drum in (0..DRUMS).filter(|&drum| keep(drum)) {
            mixed.rows[drum] = other.rows[drum];
        }
        mixed
    }

    /// Cells as a network sees them, 0 or 1: `[DRUMS x 32]` straight, then `[DRUMS x 24]` triplet, of
    /// which those of the other grid are 0. A mixed pattern is seen as [`Pattern::unmixed`].
    pub fn cells(&self) -> Vec<f32> {
        let mut cells = vec![0.0; CELLS];
        let seen = self.unmixed();
        for (drum, step) in seen.hits() {
            cells[cell(seen.grid, drum, step)] = 1.0;
        }
        cells
    }

    /// A drum part of `repeats` times two bars of 4/4 from tick 0, 480 ticks a quarter, every stroke on
    /// its step and equally loud: for a performance network to play.
    pub fn part(&self, repeats: usize) -> DrumPart {
        let bars = BarGrid::new(PPQ, &[], Ticks(2 * repeats as u64 * 4 * u64::from(PPQ)));
        // The steps of triplets are sixths of a beat, which has the eighths as well.
        let grid = StepGrid::for_metre(Metre::COMMON, self.grid != PatternGrid::Straight);
        let hits = (0..repeats).flat_map(|time| {
            self.hits().map(move |(drum, step)| {
                let step = self.grid.twelfth(step) * grid.steps_per_beat / TWELFTHS_OF_BEAT;
                Hit {
                    bar: BarIndex(2 * time + step / grid.steps),
                    step: step % grid.steps,
                    key: LANES_OF_DRUMS[drum].default_key(),
                    velocity: Velocity::clamped(90),
                    offset: 0.0,
                }
            })
        });
        DrumPart::new(bars.clone(), vec![grid; bars.len()], hits.collect())
    }

    /// The tempo map that goes with [`Pattern::part`].
    pub fn tempo(bpm: f64) -> TempoMap {
        TempoMap::constant(PPQ, crate::score::Bpm(bpm))
    }
}

/// Where a stroke is in [`Pattern::cells`], of a pattern that is not mixed.
pub(super) fn cell(grid: PatternGrid, drum: usize, step: usize) -> usize {
    let before = match grid {
        PatternGrid::Straight => 0,
        PatternGrid::Triplet | PatternGrid::Mixed => DRUMS * PatternGrid::Straight.steps(),
    };
    before + drum * grid.steps() + step
}

/// Ticks of a quarter in parts made of patterns.
const PPQ: u16 = 480;

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Any pattern, also an empty one.
    pub fn any_pattern() -> impl Strategy<Value = Pattern> {
        (any::<bool>(), any::<[u32; DRUMS]>(), any::<[u32; DRUMS]>()).prop_map(
            |(triplet, rows, thin)| {
                let grid = if triplet { PatternGrid::Triplet } else { PatternGrid::Straight };
                Pattern::from_rows(grid, std::array::from_fn(|drum| rows[drum] & thin[drum]))
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn parts_have_every_stroke(pattern in any_pattern()) {
            let part = pattern.part(2);
            prop_assert_eq!(part.hits.len(), 2 * pattern.strokes());
            prop_assert_eq!(pattern.cells().iter().sum::<f32>() as usize, pattern.strokes());
        }

        #[test]
        fn distance_is_a_metric_on_a_grid(a in any_pattern(), b in any_pattern()) {
            let b = b.on(a.grid());
            prop_assert_eq!(a.distance(&b), b.distance(&a));
            prop_assert_eq!(a.distance(&b) == 0, a == b);
        }
    }

    #[test]
    fn strokes_move_to_the_nearest_step_of_the_other_grid() {
        let mut straight = Pattern::empty(PatternGrid::Straight);
        for step in [0, 2, 3, 4, 16, 31, 99] {
            straight.set(0, step, true);
        }
        let triplet: Vec<usize> =
            straight.on(PatternGrid::Triplet).hits().map(|(_, step)| step).collect();
        assert_eq!(triplet, [0, 2, 3, 12, 23]);
    }

    #[test]
    fn patterns_on_different_grids_have_strokes_on_beats_in_common() {
        let (mut straight, mut triplet) =
            (Pattern::empty(PatternGrid::Straight), Pattern::empty(PatternGrid::Triplet));
        for beat in 0..8 {
            straight.set(4, 4 * beat, true);
            triplet.set(4, 3 * beat, true);
        }
        assert_eq!((straight.distance(&triplet), triplet.distance(&straight)), (0, 0));
        straight.set(4, 2, true);
        triplet.set(4, 2, true);
        assert_eq!((straight.distance(&triplet), triplet.distance(&straight)), (2, 2));
    }

    #[test]
    fn eighths_and_triplets_beside_each_other_are_at_their_times() {
        let mut mixed = Pattern::empty(PatternGrid::Mixed);
        // The first beat is straight, the second in triplets.
        for step in [0, 2, 4, 5, 7, 16] {
            mixed.set(4, step, true);
        }
        assert_eq!(Pattern::of_times(&mixed.times()), mixed);
        let part = mixed.part(1);
        let ticks: Vec<u64> = part.hits.iter().map(|hit| part.tick(hit).0).collect();
        assert_eq!(ticks, [0, 240, 480, 640, 800, 1920]);
        // Networks see it with as few strokes moved as can be: here the eighth alone.
        assert_eq!(mixed.unmixed(), mixed.on(PatternGrid::Triplet));
        let triplet: Vec<usize> = mixed.unmixed().hits().map(|(_, step)| step).collect();
        assert_eq!(triplet, [0, 2, 3, 4, 5, 12]);
        assert_eq!(mixed.distance(&mixed.unmixed()), 2);
        assert_eq!(mixed.cells(), mixed.unmixed().cells());
        // What has no third in it is on the simplest grid.
        mixed.set(4, 5, false);
        mixed.set(4, 7, false);
        assert_eq!(Pattern::of_times(&mixed.times()).grid(), PatternGrid::Straight);
        assert_eq!(Pattern::of_times(&mixed.times()).strokes(), 4);
    }

    #[test]
    fn rows_that_are_kept_keep_their_times() {
        let mut hats = Pattern::empty(PatternGrid::Straight);
        for step in [0, 3, 4, 8] {
            hats.set(4, step, true);
        }
        hats.set(0, 4, true);
        let mut shuffle = Pattern::empty(PatternGrid::Triplet);
        for step in [0, 2, 3] {
            shuffle.set(11, step, true);
        }
        // The hats are between beats, the kick is not.
        let held = shuffle.with_rows_of(&hats, |drum| drum == 4);
        assert_eq!((held.grid(), held.rows()[4]), (PatternGrid::Straight, hats.rows()[4]));
        assert_eq!(held.rows()[11], 0b11001);
        let free = shuffle.with_rows_of(&hats, |drum| drum == 0);
        assert_eq!((free.grid(), free.rows()[11]), (PatternGrid::Triplet, shuffle.rows()[11]));
        assert_eq!(free.rows()[0], 1 << 3);
    }

    #[test]
    fn bits_beyond_the_grid_are_dropped() {
        let full = Pattern::from_rows(PatternGrid::Triplet, [u32::MAX; DRUMS]);
        assert_eq!(full.strokes(), DRUMS * 24);
    }
}
