//! The tempo map: ticks to seconds and back.

use super::{Bpm, Seconds, Ticks};

/// From `at` on, a quarter note lasts `micros_per_quarter` microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TempoChange {
    /// From the start of the song.
    pub at: Ticks,
    /// Microseconds of a quarter note from there on.
    pub micros_per_quarter: u32,
}

/// Piecewise constant tempo over a song, starting at tick 0.
#[derive(Clone, Debug, PartialEq)]
pub struct TempoMap {
    ticks_per_quarter: u16,
    /// Sorted by tick, the first at 0, no two at one tick; with the seconds at which each begins.
    changes: Vec<(TempoChange, f64)>,
}

impl TempoMap {
    /// MIDI's default of 120 bpm.
    pub const DEFAULT_MICROS: u32 = 500_000;

    /// Builds the map from changes in any order. Where several share a tick the last one given
    /// holds; tempo 0 (which no clock can play) is ignored; 120 bpm holds until the first change.
    ///
    /// # Panics
    /// If `ticks_per_quarter` is 0.
    pub fn new(ticks_per_quarter: u16, changes: impl IntoIterator<Item = TempoChange>) -> TempoMap {
        assert!(ticks_per_quarter > 0, "a quarter note needs at least one tick");
        let mut given: Vec<TempoChange> =
            changes.into_iter().filter(|change| change.micros_per_quarter > 0).collect();
        given.sort_by_key(|change| change.at);
        let start = TempoChange { at: Ticks(0), micros_per_quarter: Self::DEFAULT_MICROS };
        let mut map = TempoMap { ticks_per_quarter, changes: vec![(start, 0.0)] };
        for change in given {
            let seconds = map.seconds(change.at).0;
            match map.changes.last_mut() {
                Some((last, _)) if last.at == change.at => *last = change,
                _ => map.changes.push((change, seconds)),
            }
        }
        map
    }

    /// A map with one tempo throughout.
    pub fn constant(ticks_per_quarter: u16, bpm: Bpm) -> TempoMap {
        let micros_per_quarter = (60e6 / bpm.0).round().clamp(1.0, 16_777_215.0) as u32;
        TempoMap::new(ticks_per_quarter, [TempoChange { at: Ticks(0), micros_per_quarter }])
    }

    /// Ticks of a quarter note.
    pub fn ticks_per_quarter(&self) -> u16 {
        self.ticks_per_quarter
    }

    /// The changes in order; the first is at tick 0.
    pub fn changes(&self) -> impl Iterator<Item = TempoChange> + '_ {
        self.changes.iter().map(|(change, _)| *change)
    }

    fn seconds_per_tick(&self, change: TempoChange) -> f64 {
        f64::from(change.micros_per_quarter) * 1e-6 / f64::from(self.ticks_per_quarter)
    }

    fn segment(&self, at: Ticks) -> (TempoChange, f64) {
        // The first change is at 0, so the partition point is never 0.
        self.changes[self.changes.partition_point(|(change, _)| change.at <= at) - 1]
    }

    /// When the tick sounds.
    pub fn seconds(&self, at: Ticks) -> Seconds {
        let (change, start) = self.segment(at);
        Seconds(start + (at - change.at).0 as f64 * self.seconds_per_tick(change))
    }

    /// The tick nearest to a time; times before 0 give 0.
    pub fn ticks(&self, time: Seconds) -> Ticks {
        let index = self.changes.partition_point(|(_, start)| *start <= time.0).max(1) - 1;
        let (change, start) = self.changes[index];
        let ticks = ((time.0 - start) / self.seconds_per_tick(change)).round().max(0.0);
        change.at + Ticks(ticks as u64)
    }

    /// The tempo that holds at a tick.
    pub fn bpm(&self, at: Ticks) -> Bpm {
        Bpm(60e6 / f64::from(self.segment(at).0.micros_per_quarter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn change(at: u64, micros_per_quarter: u32) -> TempoChange {
        TempoChange { at: Ticks(at), micros_per_quarter }
    }

    #[test]
    fn tempo_changes_add_up() {
        let map = TempoMap::new(100, [change(200, 1_000_000), change(300, 250_000)]);
        assert_eq!(map.seconds(Ticks(200)), Seconds(1.0));
        assert_eq!(map.seconds(Ticks(300)), Seconds(2.0));
        assert_eq!(map.seconds(Ticks(400)), Seconds(2.25));
        assert_eq!(map.bpm(Ticks(250)), Bpm(60.0));
    }

    #[test]
    fn zero_tempo_is_ignored_and_the_last_of_a_tick_holds() {
        let map = TempoMap::new(96, [change(0, 0), change(0, 400_000), change(0, 600_000)]);
        assert_eq!(map.bpm(Ticks(0)), Bpm(100.0));
    }

    proptest! {
        #[test]
        fn ticks_and_seconds_invert(
            changes in prop::collection::vec((0u64..50_000, 50_000u32..2_000_000), 0..8),
            at in 0u64..100_000,
        ) {
            let map = TempoMap::new(480, changes.into_iter().map(|(at, m)| change(at, m)));
            prop_assert_eq!(map.ticks(map.seconds(Ticks(at))), Ticks(at));
        }
    }
}
