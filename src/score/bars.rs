//! Metre and bars: where each bar begins and into how many steps a drummer divides it.

use super::{BarIndex, Beats, Ticks};

/// A time signature: `numerator` notes of a `1/denominator` in a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Metre {
    numerator: u8,
    denominator: u8,
}

impl Metre {
    /// 4/4.
    pub const COMMON: Metre = Metre { numerator: 4, denominator: 4 };

    /// `None` unless the numerator is at least 1 and the denominator a power of two from 1 to 64.
    pub fn new(numerator: u8, denominator: u8) -> Option<Metre> {
        (numerator > 0 && denominator.is_power_of_two() && denominator <= 64)
            .then_some(Metre { numerator, denominator })
    }

    /// How many notes a bar has, at least 1.
    pub fn numerator(self) -> u8 {
        self.numerator
    }

    /// Which notes they are: 4 for quarters, 8 for eighths; a power of two from 1 to 64.
    pub fn denominator(self) -> u8 {
        self.denominator
    }

    /// Length of a full bar; at least one tick.
    pub fn bar_ticks(self, ticks_per_quarter: u16) -> Ticks {
        let whole = u64::from(ticks_per_quarter) * 4;
        Ticks((whole * u64::from(self.numerator) / u64::from(self.denominator)).max(1))
    }

    /// Length of a full bar in quarters.
    pub fn bar_beats(self) -> Beats {
        Beats(f64::from(self.numerator) * 4.0 / f64::from(self.denominator))
    }

    /// Beats are dotted: 6/8, 9/8, 12/8 and their like.
    pub fn is_compound(self) -> bool {
        self.denominator >= 8 && self.numerator > 3 && self.numerator.is_multiple_of(3)
    }
}

/// As it is written: "6/8".
impl std::fmt::Display for Metre {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}

/// From `at` on, bars have this metre. A change inside a bar begins a new bar there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetreChange {
    /// From the start of the song.
    pub at: Ticks,
    /// Of the bars from there on.
    pub metre: Metre,
}

/// One bar of a song.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Of its first beat, from the start of the song.
    pub start: Ticks,
    /// Shorter than the metre says where a metre change cuts the bar off.
    pub length: Ticks,
    /// What the music has there, also in a bar that is cut off.
    pub metre: Metre,
}

impl Bar {
    /// The bar line behind it.
    pub fn end(&self) -> Ticks {
        self.start + self.length
    }
}

/// The bars of a song, without gaps, from tick 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BarGrid {
    bars: Vec<Bar>,
    ticks_per_quarter: u16,
}

impl BarGrid {
    /// Lays bars from tick 0 until `end` is covered (none if `end` is 0). Metre changes may come in
    /// any order; the last of a tick holds; 4/4 holds until the first.
    pub fn new(ticks_per_quarter: u16, metres: &[MetreChange], end: Ticks) -> BarGrid {
        let mut changes = metres.to_vec();
        changes.sort_by_key(|change| change.at);
        let mut upcoming = changes.into_iter().peekable();
        let (mut bars, mut start, mut metre) = (Vec::new(), Ticks(0), Metre::COMMON);
        while start < end {
            while let Some(change) = upcoming.next_if(|change| change.at <= start) {
                metre = change.metre;
            }
            let mut length = metre.bar_ticks(ticks_per_quarter);
            if let Some(change) = upcoming.peek() {
                length = length.min(change.at - start);
            }
            bars.push(Bar { start, length, metre });
            start += length;
        }
        BarGrid { bars, ticks_per_quarter }
    }

    /// How many bars [`BarGrid::new`] would lay, without laying them.
    pub fn count(ticks_per_quarter: u16, metres: &[MetreChange], end: Ticks) -> u64 {
        let mut changes = metres.to_vec();
        changes.sort_by_key(|change| change.at);
        changes.push(MetreChange { at: end, metre: Metre::COMMON });
        let (mut count, mut start, mut metre) = (0, Ticks(0), Metre::COMMON);
        for change in changes {
            let until = change.at.min(end);
            count += (until - start).0.div_ceil(metre.bar_ticks(ticks_per_quarter).0);
            (start, metre) = (until, change.metre);
        }
        count
    }

    /// All bars, in order.
    pub fn bars(&self) -> &[Bar] {
        &self.bars
    }

    /// How many bars there are.
    pub fn len(&self) -> usize {
        self.bars.len()
    }

    /// Whether there is no bar.
    pub fn is_empty(&self) -> bool {
        self.bars.is_empty()
    }

    /// Whether the first bar is an upbeat: shorter than the metre of the second asks for.
    pub fn has_pick_up(&self) -> bool {
        let [first, second, ..] = self.bars() else { return false };
        first.length < second.metre.bar_ticks(self.ticks_per_quarter())
    }

    /// Of the song.
    pub fn ticks_per_quarter(&self) -> u16 {
        self.ticks_per_quarter
    }

    /// The bar that holds a tick; `None` after the last bar.
    pub fn bar_at(&self, at: Ticks) -> Option<BarIndex> {
        let index = self.bars.partition_point(|bar| bar.start <= at).checked_sub(1)?;
        (at < self.bars[index].end()).then_some(BarIndex(index))
    }

    /// The grid of every bar: that of its metre, and of a bar that is cut off as many of its steps as it has room
    /// for, one at least. Beats of simple metres are divided in triplets or straight.
    pub fn step_grids(&self, triplets: bool) -> Vec<StepGrid> {
        let of = |bar: &Bar| {
            let grid = StepGrid::for_metre(bar.metre, triplets);
            let whole = bar.metre.bar_ticks(self.ticks_per_quarter());
            let share = (bar.length.0 as f64 / whole.0.max(1) as f64).min(1.0);
            StepGrid { steps: ((grid.steps as f64 * share).round() as usize).max(1), ..grid }
        };
        self.bars.iter().map(of).collect()
    }

    /// The bars that a note from `start` to `end` reaches, each with how much of the bar it sounds, 0 to 1.
    pub fn shares(&self, start: Ticks, end: Ticks) -> impl Iterator<Item = (BarIndex, f32)> {
        let home = self.bar_at(start).map_or(self.bars.len(), |BarIndex(home)| home);
        let bars = self.bars.iter().enumerate().skip(home);
        bars.take_while(move |(_, bar)| bar.start < end).map(move |(index, bar)| {
            let sounds = end.min(bar.end()) - start.max(bar.start);
            (BarIndex(index), sounds.0 as f32 / bar.length.0 as f32)
        })
    }

    /// The bar and the nearest step of a `steps`-to-the-bar grid for a tick, with the distance from
    /// that step as a share of a step in `[-0.5, 0.5)`. A tick nearest to the next bar line belongs
    /// to step 0 of that bar, also behind the last bar.
    pub fn nearest_step(&self, at: Ticks, steps: usize) -> Option<(BarIndex, usize, f32)> {
        let BarIndex(bar) = self.bar_at(at)?;
        let Bar { start, length, .. } = self.bars[bar];
        let position = (at - start).0 as f64 / length.0 as f64 * steps as f64;
        let step = (position + 0.5).floor();
        let offset = (position - step) as f32;
        let step = step as usize;
        Some(if step == steps {
            (BarIndex(bar + 1), 0, offset)
        } else {
            (BarIndex(bar), step, offset)
        })
    }

    /// The tick at a fractional step of a bar. Positions before the bar reach into the one before.
    pub fn tick_of_step(&self, BarIndex(bar): BarIndex, step: f64, steps: usize) -> Ticks {
        let Bar { start, length, .. } = self.bars[bar];
        Ticks((start.0 as f64 + step / steps as f64 * length.0 as f64).round().max(0.0) as u64)
    }
}

/// How a bar's steps fall into beats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GridKind {
    /// Sixteenth notes: four steps a quarter (4/4, 3/4, 5/4, 7/8, ...).
    Straight,
    /// Six steps a beat: sixteenths under a dotted beat (6/8, 12/8), or sixteenth triplets where a
    /// simple metre is played with a triplet feel.
    Ternary,
}

/// The steps of one bar: what a pattern is written on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StepGrid {
    /// How its beats are divided.
    pub kind: GridKind,
    /// Steps in the bar, 1 to [`StepGrid::MAX_STEPS`].
    pub steps: usize,
    /// Steps from one beat to the next.
    pub steps_per_beat: usize,
}

impl StepGrid {
    /// The longest grid: a bar longer than this many sixteenths is divided more coarsely.
    pub const MAX_STEPS: usize = 32;

    /// The grid for a metre. Compound metres have six sixteenths to the dotted beat. Simple ones
    /// have four steps to the quarter, or six to the beat with `triplets`.
    pub fn for_metre(metre: Metre, triplets: bool) -> StepGrid {
        if metre.is_compound() {
            let scale = if metre.denominator == 8 { 2 } else { 1 };
            let steps = usize::from(metre.numerator) * scale;
            return Self::fit(GridKind::Ternary, steps, 3 * scale);
        }
        let Beats(beats) = metre.bar_beats();
        if triplets && beats.fract() == 0.0 {
            return Self::fit(GridKind::Ternary, beats as usize * 6, 6);
        }
        Self::fit(GridKind::Straight, ((beats * 4.0).round() as usize).max(1), 4)
    }

    fn fit(kind: GridKind, mut steps: usize, mut steps_per_beat: usize) -> StepGrid {
        while steps > Self::MAX_STEPS {
            steps = steps.div_ceil(2);
            steps_per_beat = (steps_per_beat / 2).max(1);
        }
        StepGrid { kind, steps, steps_per_beat }
    }
}

/// Whether music moves in triplets inside simple beats, by when its notes start: more of them on the
/// thirds of a beat than on its quarters, and enough of them to be no accident.
pub fn feels_triplets(starts: impl IntoIterator<Item = Ticks>, ticks_per_quarter: u16) -> bool {
    let quarter = u64::from(ticks_per_quarter);
    // A twenty-fourth of a beat tells a third (8/24) from a quarter (6/24) with room on both sides.
    let near = |at: Ticks, twelfth: u64| {
        let inside = at.0 % quarter;
        (inside * 24).abs_diff(quarter * 2 * twelfth) <= quarter
    };
    let (mut thirds, mut quarters, mut all) = (0usize, 0usize, 0usize);
    for start in starts {
        all += 1;
        thirds += usize::from(near(start, 4) || near(start, 8));
        quarters += usize::from(near(start, 3) || near(start, 9));
    }
    2 * thirds > 3 * quarters && 10 * thirds > all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn metre(numerator: u8, denominator: u8) -> Metre {
        Metre::new(numerator, denominator).unwrap()
    }

    #[test]
    fn metres_get_the_steps_they_need() {
        let steps = |n, d, triplets| StepGrid::for_metre(metre(n, d), triplets).steps;
        assert_eq!(steps(4, 4, false), 16);
        assert_eq!(steps(3, 4, false), 12);
        assert_eq!(steps(6, 8, false), 12);
        assert_eq!(steps(12, 8, false), 24);
        assert_eq!(steps(5, 4, false), 20);
        assert_eq!(steps(7, 8, false), 14);
        assert_eq!(steps(4, 4, true), 24);
        assert_eq!(steps(2, 2, false), 16);
        assert_eq!(StepGrid::for_metre(metre(6, 8), false).steps_per_beat, 6);
    }

    #[test]
    fn impossible_metres_are_refused() {
        assert_eq!(Metre::new(0, 4), None);
        assert_eq!(Metre::new(4, 0), None);
        assert_eq!(Metre::new(4, 3), None);
    }

    #[test]
    fn a_metre_change_in_mid_bar_begins_a_bar() {
        let change = MetreChange { at: Ticks(600), metre: metre(3, 4) };
        let grid = BarGrid::new(100, &[change], Ticks(1000));
        let lengths: Vec<u64> = grid.bars().iter().map(|bar| bar.length.0).collect();
        assert_eq!(lengths, [400, 200, 300, 300]);
        // Its steps are as long as those of the others.
        let steps = |triplets| -> Vec<usize> {
            grid.step_grids(triplets).iter().map(|grid| grid.steps).collect()
        };
        assert_eq!((steps(false), steps(true)), (vec![16, 8, 12, 12], vec![24, 12, 18, 18]));
    }

    #[test]
    fn the_last_half_step_belongs_to_the_next_bar() {
        let grid = BarGrid::new(480, &[], Ticks(1920));
        assert_eq!(grid.nearest_step(Ticks(1900), 16), Some((BarIndex(1), 0, -20.0 / 120.0)));
        assert_eq!(grid.nearest_step(Ticks(1920), 16), None);
    }

    proptest! {
        #[test]
        fn bars_cover_the_song_without_gaps(
            changes in prop::collection::vec((0u64..20_000, 1u8..13, 0u32..5), 0..6),
            end in 0u64..30_000,
            numerator_steps in 1usize..32,
        ) {
            let metres: Vec<_> = changes
                .into_iter()
                .map(|(at, n, d)| MetreChange { at: Ticks(at), metre: metre(n, 1 << d) })
                .collect();
            let grid = BarGrid::new(96, &metres, Ticks(end));
            let mut expected = Ticks(0);
            for (index, bar) in grid.bars().iter().enumerate() {
                prop_assert_eq!(bar.start, expected);
                prop_assert!(bar.length.0 > 0);
                prop_assert_eq!(grid.bar_at(bar.start), Some(BarIndex(index)));
                expected = bar.end();
                let step = StepGrid::for_metre(bar.metre, numerator_steps % 2 == 0);
                prop_assert!((1..=StepGrid::MAX_STEPS).contains(&step.steps));
            }
            prop_assert!(expected.0 >= end);
            prop_assert_eq!(BarGrid::count(96, &metres, Ticks(end)), grid.len() as u64);
        }
    }
}
