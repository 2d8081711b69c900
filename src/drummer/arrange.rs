//! From decoded patterns to the strokes of every bar: groups repeat, fills and crashes go where the
//! form turns, and two hands can play it.

use rand_chacha::ChaCha8Rng;

use super::decode::{Pattern, playable};
use super::features::SLOTS;
use super::fills;
use super::pattern::{Answer, CELLS, known_grid, source_step};
use crate::score::{
    BarGrid, BarIndex, DrumPart, GmKey, Hit, LANES, Lane, PAPER_KEYS, StepGrid, Velocity,
};

/// What stands fixed for all bars of a song.
pub(super) struct Arrangement<'a> {
    pub bars: &'a BarGrid,
    pub grids: &'a [StepGrid],
    /// Group of each bar.
    pub groups: &'a [usize],
    pub patterns: &'a [Pattern],
    /// Bars with a fill, in order.
    pub fills: &'a [usize],
    /// First bars of sections.
    pub starts: &'a [usize],
    /// 0 to 1 each.
    pub complexity: f32,
    pub fill_complexity: f32,
}

/// The range over which complexity moves the threshold of a stroke, in logits either way.
const COMPLEXITY_REACH: f32 = 1.4;
/// A crash opens a section where the song makes one this likely, or this likely after a fill.
const CRASH: f32 = 0.5;
const CRASH_AFTER_FILL: f32 = 0.1;

impl Arrangement<'_> {
    /// The part with even velocities and no micro-timing. `filling` is the network's answer for
    /// fills; none is asked for where there are no fills.
    pub fn part(
        &self,
        answer: &Answer,
        filling: Option<&Answer>,
        rng: &mut ChaCha8Rng,
    ) -> DrumPart {
        let keys = keys(&answer.keys);
        // Squared, so that the middle of the range keeps to the groove.
        let simpler = 1.0 - 2.0 * self.complexity;
        let threshold = COMPLEXITY_REACH * simpler * simpler.abs();
        let mut hits = Vec::new();
        for bar in 0..self.bars.len() {
            let grid = self.grids[bar];
            let known = known_grid(&grid).steps;
            let mut logits = self.patterns[self.groups[bar]].logits.clone();
            let filled = |bar: usize| self.fills.binary_search(&bar).is_ok();
            if let (true, Some(filling)) = (filled(bar), filling) {
                let complexity = self.fill_complexity;
                logits = fills::fill(filling, bar, &logits, known, complexity, rng);
            }
            if self.starts.contains(&bar) {
                let after_fill = bar > 0 && filled(bar - 1);
                let needed = if after_fill { CRASH_AFTER_FILL } else { CRASH };
                if crash_chance(answer, bar) > needed {
                    crash(&mut logits);
                }
            }
            let struck = playable(&logits, threshold);
            for lane in Lane::ALL {
                for step in 0..grid.steps {
                    if struck[lane.index() * SLOTS + source_step(step, known)] {
                        hits.push(Hit {
                            bar: BarIndex(bar),
                            step,
                            key: keys[lane.index()],
                            velocity: Velocity::clamped(90),
                            offset: 0.0,
                        });
                    }
                }
            }
        }
        DrumPart::new(self.bars.clone(), self.grids.to_vec(), hits)
    }
}

/// How likely a crash on the downbeat is by the bar's own evidence, not its group's.
fn crash_chance(answer: &Answer, bar: usize) -> f32 {
    let cell = Lane::Crash.index() * SLOTS;
    (0..answer.codes())
        .map(|code| {
            let logit = answer.logits(bar, code).nth(cell).unwrap_or(f32::NEG_INFINITY);
            answer.prior(bar)[code].exp() / (1.0 + (-logit).exp())
        })
        .sum()
}

/// Puts a crash with the kick under it on the downbeat, in the place of hat and ride.
fn crash(logits: &mut [f32]) {
    debug_assert_eq!(logits.len(), CELLS);
    for lane in [Lane::ClosedHat, Lane::OpenHat, Lane::Ride] {
        logits[lane.index() * SLOTS] = f32::NEG_INFINITY;
    }
    for lane in [Lane::Crash, Lane::Kick] {
        logits[lane.index() * SLOTS] = 8.0;
    }
}

/// The key that each lane plays: the lane's likeliest of the song.
fn keys(logits: &[f32; PAPER_KEYS.len()]) -> [GmKey; LANES] {
    Lane::ALL.map(|lane| {
        // Kick and snare keep their usual key: which of two is a matter of the kit, not the song.
        if matches!(lane, Lane::Kick | Lane::Snare) {
            return lane.default_key();
        }
        PAPER_KEYS
            .iter()
            .zip(logits)
            .filter(|&(&key, _)| Lane::of_key(key) == lane)
            .max_by(|a, b| a.1.total_cmp(b.1))
            .and_then(|(&key, _)| GmKey::new(key))
            .unwrap_or(lane.default_key())
    })
}
