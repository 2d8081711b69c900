//! A drummer's manner over a whole performance: how loud, how wide, how early, how loose.
//!
//! Drummers differ in these more than a drummer differs from bar to bar. A network that is told
//! them predicts what the pattern asks for; left to guess, it would spread every stroke over all
//! drummers at once, and a sampled part would sound as if each stroke had another player.

use crate::score::{Bar, DrumPart, GridKind, Seconds, TempoMap};

/// Number of [`PerformanceStats`] values.
pub const STATS: usize = 6;

/// Six facts about a performance. Velocities are shares of full strength; offsets are positive when
/// late.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PerformanceStats {
    /// Mean velocity, 0 to 1.
    pub level: f32,
    /// Standard deviation of the velocity.
    pub dynamics: f32,
    /// Mean distance from the grid in seconds: negative plays ahead.
    pub push: f32,
    /// Standard deviation of that distance in seconds.
    pub looseness: f32,
    /// How much later than the beats the half-beats come, in shares of a step (straight grids).
    pub eighth_swing: f32,
    /// How much later than the steps around them the odd sixteenths come, in shares of a step
    /// (straight grids).
    pub sixteenth_swing: f32,
}

impl PerformanceStats {
    /// The middle of the Groove MIDI Dataset, playing straight.
    pub const TYPICAL: PerformanceStats = PerformanceStats {
        level: 0.58,
        dynamics: 0.25,
        push: -0.009,
        looseness: 0.023,
        eighth_swing: 0.0,
        sixteenth_swing: 0.0,
    };

    /// Fewer strokes than this say nothing about their player; a fill of a bar has about 25.
    pub const MIN_HITS: usize = 16;

    /// Measures a performance; `None` under [`PerformanceStats::MIN_HITS`] hits.
    pub fn measure(part: &DrumPart, tempo: &TempoMap) -> Option<PerformanceStats> {
        if part.hits.len() < Self::MIN_HITS {
            return None;
        }
        let mut velocity = Moments::default();
        let mut lateness = Moments::default();
        let [mut beats, mut halves, mut even, mut odd] = [Moments::default(); 4];
        for hit in &part.hits {
            let grid = part.grids[hit.bar.0];
            velocity.add(hit.velocity.unit());
            let step = step_seconds(&part.bars.bars()[hit.bar.0], grid.steps, tempo);
            lateness.add(hit.offset * step.0 as f32);
            if grid.kind == GridKind::Straight && grid.steps_per_beat == 4 {
                match hit.step % 4 {
                    0 => beats.add(hit.offset),
                    2 => halves.add(hit.offset),
                    _ => odd.add(hit.offset),
                }
                if hit.step % 2 == 0 {
                    even.add(hit.offset);
                }
            }
        }
        Some(PerformanceStats {
            level: velocity.mean(),
            dynamics: velocity.deviation(),
            push: lateness.mean(),
            looseness: lateness.deviation(),
            eighth_swing: halves.later_than(&beats),
            sixteenth_swing: odd.later_than(&even),
        })
    }

    /// About zero mean and unit variance over the dataset, cut to ±3, in the order of the fields.
    pub(super) fn normalised(&self) -> [f32; STATS] {
        [
            (self.level - 0.58) / 0.12,
            (self.dynamics - 0.25) / 0.05,
            (self.push + 0.009) / 0.01,
            (self.looseness - 0.023) / 0.005,
            self.eighth_swing / 0.12,
            self.sixteenth_swing / 0.12,
        ]
        .map(|value| value.clamp(-3.0, 3.0))
    }
}

/// How long a step of a bar lasts at the tempo of the bar's beginning.
pub(super) fn step_seconds(bar: &Bar, steps: usize, tempo: &TempoMap) -> Seconds {
    let quarters = bar.length.0 as f64 / f64::from(tempo.ticks_per_quarter());
    Seconds(quarters * 60.0 / tempo.bpm(bar.start).0 / steps as f64)
}

#[derive(Clone, Copy, Default)]
struct Moments {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f32) {
        self.count += 1.0;
        self.sum += f64::from(value);
        self.squares += f64::from(value).powi(2);
    }

    fn mean(&self) -> f32 {
        (self.sum / self.count.max(1.0)) as f32
    }

    fn deviation(&self) -> f32 {
        let mean = self.sum / self.count.max(1.0);
        (self.squares / self.count.max(1.0) - mean * mean).max(0.0).sqrt() as f32
    }

    /// 0 unless both have a few strokes to compare.
    fn later_than(&self, other: &Moments) -> f32 {
        if self.count.min(other.count) < 8.0 { 0.0 } else { self.mean() - other.mean() }
    }
}
