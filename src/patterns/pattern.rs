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
}

impl PatternGrid {
    /// Steps of the two bars, 32 or 24.
    pub const fn steps(self) -> usize {
        match self {
            PatternGrid::Straight => 32,
            PatternGrid::Triplet => 24,
        }
    }

    /// Steps of one bar.
    pub const fn bar_steps(self) -> usize {
        self.steps() / 2
    }

    /// Steps of one beat.
    const fn beat_steps(self) -> usize {
        self.steps() / BEATS
    }

    /// The bits of a row that are on beats: these steps alone are on both grids.
    const fn beats(self) -> u32 {
        match self {
            PatternGrid::Straight => 0x1111_1111,
            PatternGrid::Triplet => 0o1111_1111,
        }
    }
}

/// Beats of the two bars.
const BEATS: usize = 8;

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

    /// Hamming distance: strokes that one has and the other has not. Patterns on different grids have
    /// strokes on beats in common at most.
    pub fn distance(&self, other: &Pattern) -> usize {
        if self.grid != other.grid {
            let common = |drum| (self.beats_of(drum) & other.beats_of(drum)).count_ones() as usize;
            return self.strokes() + other.strokes() - 2 * (0..DRUMS).map(common).sum::<usize>();
        }
        // Two rows at a time: places are found by tens of thousands of these.
        let differ = |at: usize| u64::from(self.rows[at] ^ other.rows[at]);
        (0..DRUMS / 2)
            .map(|at| (differ(2 * at) | differ(2 * at + 1) << 32).count_ones())
            .sum::<u32>() as usize
    }

    /// Bit `b`: the drum is struck on beat `b`.
    fn beats_of(&self, drum: usize) -> u32 {
        let (row, steps) = (self.rows[drum], self.grid.beat_steps());
        (0..BEATS).fold(0, |beats, beat| beats | (row >> (beat * steps) & 1) << beat)
    }

    /// Its strokes on beats alone, which are on the other grid as well.
    pub(super) fn on_beats(&self) -> Pattern {
        Pattern { grid: self.grid, rows: self.rows.map(|row| row & self.grid.beats()) }
    }

    /// The pattern on a grid, each stroke on the nearest step. Of two it is the later, so that the second
    /// of two eighths becomes the last of three, as it does in swing.
    pub fn on(&self, grid: PatternGrid) -> Pattern {
        if grid == self.grid {
            return *self;
        }
        let mut moved = Pattern::empty(grid);
        let (from, to) = (self.grid.steps(), grid.steps());
        for (drum, step) in self.hits() {
            moved.set(drum, (2 * step * to + from) / (2 * from), true);
        }
        moved
    }

    /// With the rows of `other` where `keep` says so, each of their strokes at its time. It stays on this
    /// grid unless one of them is struck between beats on the other: then all is put on that.
    pub fn with_rows_of(&self, other: &Pattern, keep: impl Fn(usize) -> bool) -> Pattern {
        let divides = |drum: usize| other.rows[drum] & !other.grid.beats() != 0;
        let is_held = (0..DRUMS).any(|drum| keep(drum) && divides(drum));
        let grid = if is_held { other.grid } else { self.grid };
        let (mut mixed, other) = (self.on(grid), other.on(grid));
        for drum in (0..DRUMS).filter(|&drum| keep(drum)) {
            mixed.rows[drum] = other.rows[drum];
        }
        mixed
    }

    /// Cells as a network sees them, 0 or 1: `[DRUMS x 32]` straight, then `[DRUMS x 24]` triplet, of
    /// which those of the other grid are 0.
    pub fn cells(&self) -> Vec<f32> {
        let mut cells = vec![0.0; CELLS];
        for (drum, step) in self.hits() {
            cells[self.cell(drum, step)] = 1.0;
        }
        cells
    }

    /// Where a stroke is in [`Pattern::cells`].
    pub fn cell(&self, drum: usize, step: usize) -> usize {
        let before = match self.grid {
            PatternGrid::Straight => 0,
            PatternGrid::Triplet => DRUMS * PatternGrid::Straight.steps(),
        };
        before + drum * self.grid.steps() + step
    }

    /// A drum part of `repeats` times two bars of 4/4 from tick 0, 480 ticks a quarter, every stroke on
    /// its step and equally loud: for a performance network to play.
    pub fn part(&self, repeats: usize) -> DrumPart {
        let bars = BarGrid::new(PPQ, &[], Ticks(2 * repeats as u64 * 4 * u64::from(PPQ)));
        let triplet = self.grid == PatternGrid::Triplet;
        let grid = StepGrid::for_metre(Metre::COMMON, triplet);
        let fine = grid.steps / self.grid.bar_steps();
        let hits = (0..repeats).flat_map(|time| {
            self.hits().map(move |(drum, step)| Hit {
                bar: BarIndex(2 * time + step / self.grid.bar_steps()),
                step: step % self.grid.bar_steps() * fine,
                key: LANES_OF_DRUMS[drum].default_key(),
                velocity: Velocity::clamped(90),
                offset: 0.0,
            })
        });
        DrumPart::new(bars.clone(), vec![grid; bars.len()], hits.collect())
    }

    /// The tempo map that goes with [`Pattern::part`].
    pub fn tempo(bpm: f64) -> TempoMap {
        TempoMap::constant(PPQ, crate::score::Bpm(bpm))
    }
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
        assert_eq!(straight.on_beats().strokes(), 8);
        assert_eq!(straight.on_beats().on(PatternGrid::Triplet), triplet.on_beats());
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
