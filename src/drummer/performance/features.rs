//! What the groove network sees: one row of numbers for each step of a part, bar after bar.
//!
//! Nothing in a row is tied to a metre: a step knows where it stands in its beat and in its bar,
//! how long it lasts, and which drums it strikes. Training data and play use this same encoder.

use std::f32::consts::TAU;

use super::groove_style::{GROOVE_STYLES, GrooveStyle};
use super::stats::{PerformanceStats, STATS, step_seconds};
use crate::score::{BarIndex, Bpm, DrumPart, GridKind, LANES, Lane, TempoMap};

/// Where each group of channels begins in a [`Row`].
mod at {
    use super::{GROOVE_STYLES, LANES, STATS};

    pub const HITS: usize = 0;
    pub const INSIDE: usize = HITS + LANES;
    pub const PLACE: usize = INSIDE + 1;
    pub const TIME: usize = PLACE + 10;
    pub const FILL: usize = TIME + 4;
    pub const GROOVE_STYLE: usize = FILL + 1;
    pub const STATS_AT: usize = GROOVE_STYLE + GROOVE_STYLES;
    pub const STATS_KNOWN: usize = STATS_AT + STATS;
    pub const END: usize = STATS_KNOWN + 1;
}

/// Numbers in a row.
pub const CHANNELS: usize = at::END;

/// One step as the network sees it; all values within about ±3.
pub type Row = [f32; CHANNELS];

/// The channels' names in order, as the training script finds them.
pub fn channel_names() -> Vec<String> {
    let place = [
        "beat_sin",
        "beat_cos",
        "beat_sin2",
        "beat_cos2",
        "on_beat",
        "on_bar",
        "bar_sin",
        "bar_cos",
        "odd_beat",
        "beat_number",
    ];
    let stats =
        ["level", "dynamics", "push", "looseness", "eighth_swing", "sixteenth_swing", "known"];
    let mut names: Vec<String> =
        Lane::ALL.iter().map(|lane| format!("hit/{}", lane.name())).collect();
    names.push("inside".into());
    names.extend(place.map(|name| format!("place/{name}")));
    names.extend(["ternary", "steps_per_beat", "tempo", "step"].map(|n| format!("time/{n}")));
    names.push("fill".into());
    names.extend(GrooveStyle::ALL.map(|groove_style| format!("touch/{groove_style:?}")));
    names.extend(stats.map(|name| format!("manner/{name}")));
    names
}

/// What is known about a part besides its hits.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// Of the song.
    pub tempo: &'a TempoMap,
    /// `None` where the style is not known.
    pub groove_style: Option<GrooveStyle>,
    /// `None` where the player is not known.
    pub stats: Option<PerformanceStats>,
    /// The bars that are fills, in any order.
    pub fills: &'a [BarIndex],
}

/// One row for each step of each bar, in order. Velocities and offsets of the hits are not read.
pub fn encode(part: &DrumPart, setting: &Setting) -> Vec<Row> {
    let starts = bar_starts(part);
    let mut rows = vec![[0.0; CHANNELS]; starts[part.bars.len()]];
    let stats = setting.stats.map(|stats| stats.normalised());
    let mut fill = vec![false; part.bars.len()];
    for &BarIndex(bar) in setting.fills {
        if let Some(flag) = fill.get_mut(bar) {
            *flag = true;
        }
    }
    for (bar, grid) in part.grids.iter().enumerate() {
        let bounds = &part.bars.bars()[bar];
        let seconds = step_seconds(bounds, grid.steps, setting.tempo).0 as f32;
        let time = [
            f32::from(u8::from(grid.kind == GridKind::Ternary)),
            grid.steps_per_beat as f32 / 6.0,
            octaves(setting.tempo.bpm(bounds.start)),
            (seconds / 0.125).log2().clamp(-3.0, 3.0),
        ];
        for (step, row) in rows[starts[bar]..starts[bar + 1]].iter_mut().enumerate() {
            row[at::INSIDE] = 1.0;
            row[at::PLACE..at::TIME].copy_from_slice(&place(step, grid.steps, grid.steps_per_beat));
            row[at::TIME..at::FILL].copy_from_slice(&time);
            row[at::FILL] = f32::from(u8::from(fill[bar]));
            if let Some(groove_style) = setting.groove_style {
                row[at::GROOVE_STYLE + groove_style.index()] = 1.0;
            }
            if let Some(values) = stats {
                row[at::STATS_AT..at::STATS_KNOWN].copy_from_slice(&values);
                row[at::STATS_KNOWN] = 1.0;
            }
        }
    }
    for hit in &part.hits {
        rows[starts[hit.bar.0] + hit.step][at::HITS + hit.lane().index()] = 1.0;
    }
    rows
}

/// The row at which each bar begins, and, last, the number of rows.
pub fn bar_starts(part: &DrumPart) -> Vec<usize> {
    let mut starts = vec![0];
    let mut total = 0;
    for grid in &part.grids {
        total += grid.steps;
        starts.push(total);
    }
    starts
}

/// Octaves above 120 bpm, cut to ±2.
fn octaves(Bpm(bpm): Bpm) -> f32 {
    ((bpm / 120.0).log2() as f32).clamp(-2.0, 2.0)
}

/// Where a step stands: phase in the beat (and its double, which tells half-beats apart), on the
/// beat, on the bar line, phase in the bar, odd beat (the back beats of even metres), beat number.
fn place(step: usize, steps: usize, steps_per_beat: usize) -> [f32; 10] {
    let (beat, inside) = (step / steps_per_beat, step % steps_per_beat);
    let phase = TAU * inside as f32 / steps_per_beat as f32;
    let bar = TAU * step as f32 / steps as f32;
    [
        phase.sin(),
        phase.cos(),
        (2.0 * phase).sin(),
        (2.0 * phase).cos(),
        f32::from(u8::from(inside == 0)),
        f32::from(u8::from(step == 0)),
        bar.sin(),
        bar.cos(),
        f32::from(u8::from(beat % 2 == 1)),
        (beat as f32 / 8.0).min(3.0),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{BarGrid, Hit, Metre, MetreChange, Ticks, Velocity};

    fn part() -> DrumPart {
        let changes = [
            MetreChange { at: Ticks(0), metre: Metre::COMMON },
            MetreChange { at: Ticks(384), metre: Metre::new(6, 8).unwrap() },
        ];
        let bars = BarGrid::new(96, &changes, Ticks(384 + 288));
        let grids = bars.step_grids(false);
        let hit = |bar, step, lane: Lane| Hit {
            bar: BarIndex(bar),
            step,
            key: lane.default_key(),
            velocity: Velocity::clamped(1),
            offset: 0.0,
        };
        DrumPart::new(bars, grids, vec![hit(0, 4, Lane::Snare), hit(1, 6, Lane::Kick)])
    }

    #[test]
    fn rows_follow_the_bars() {
        let tempo = TempoMap::constant(96, Bpm(120.0));
        let setting = Setting {
            tempo: &tempo,
            groove_style: Some(GrooveStyle::Funk),
            stats: Some(PerformanceStats::TYPICAL),
            fills: &[BarIndex(1), BarIndex(9)],
        };
        let rows = encode(&part(), &setting);
        assert_eq!(rows.len(), 16 + 12);
        let names = channel_names();
        assert_eq!(names.len(), CHANNELS);
        let value = |row: usize, name: &str| {
            rows[row][names.iter().position(|channel| channel == name).unwrap()]
        };
        assert_eq!(value(4, "hit/Snare"), 1.0);
        assert_eq!(value(4, "place/odd_beat"), 1.0);
        assert_eq!(value(16, "place/on_bar"), 1.0);
        assert_eq!(value(22, "hit/Kick"), 1.0);
        assert_eq!(value(22, "place/on_beat"), 1.0);
        assert_eq!(value(22, "time/ternary"), 1.0);
        assert_eq!(value(0, "time/step"), 0.0);
        assert_eq!((value(15, "fill"), value(16, "fill")), (0.0, 1.0));
        assert_eq!((value(0, "touch/Funk"), value(0, "touch/Rock")), (1.0, 0.0));
        assert_eq!((value(0, "manner/level"), value(0, "manner/known")), (0.0, 1.0));
    }
}
