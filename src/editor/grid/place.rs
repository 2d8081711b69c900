//! Where cells and hits are on the screen, and what is under the pointer.

use egui::{Pos2, Rect, pos2};

use super::super::timeline::Timeline;
use crate::score::{BarIndex, DrumPart, Hit, LANES, Lane};
use crate::studio::{Cell, Shift};

/// The lanes from top to bottom: cymbals above, drums below, kick at the foot, then percussion.
pub const ORDER: [Lane; LANES] = [
    Lane::Crash,
    Lane::Ride,
    Lane::OpenHat,
    Lane::ClosedHat,
    Lane::PedalHat,
    Lane::HighTom,
    Lane::MidTom,
    Lane::LowTom,
    Lane::Snare,
    Lane::SideStick,
    Lane::Clap,
    Lane::Kick,
    Lane::Shaker,
    Lane::HandDrum,
    Lane::Bell,
];

/// Below this many points a step, single steps are no longer drawn or edited.
pub const LEAST_STEP: f32 = 5.0;

/// The grid as it stands on the screen.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    pub rect: Rect,
    pub timeline: Timeline,
    pub part: &'a DrumPart,
}

/// The place of a lane from the top.
pub fn row_of(lane: Lane) -> usize {
    ORDER.iter().position(|&other| other == lane).unwrap_or_default()
}

/// The stripe of a lane in a view as high as the grid; on whole points, so that lines are sharp.
pub fn row_rect(within: Rect, row: usize) -> Rect {
    let height = within.height() / LANES as f32;
    let top = (within.top() + height * row as f32).round();
    let bottom = (within.top() + height * (row + 1) as f32).round();
    Rect::from_min_max(pos2(within.left(), top), pos2(within.right(), bottom))
}

impl Place<'_> {
    pub fn row(&self, lane: Lane) -> Rect {
        row_rect(self.rect, row_of(lane))
    }

    pub fn lane_at(&self, y: f32) -> Option<Lane> {
        if !self.rect.y_range().contains(y) {
            return None;
        }
        ORDER.into_iter().find(|&lane| self.row(lane).y_range().contains(y))
    }

    /// Width of a step in points.
    pub fn step_width(&self, BarIndex(bar): BarIndex) -> f32 {
        let length = self.part.bars.bars()[bar].length.0 as f64;
        (length / self.part.grids[bar].steps as f64 * self.timeline.points_per_tick()) as f32
    }

    /// Whether single steps are wide enough to be edited there.
    pub fn is_editable(&self, bar: BarIndex) -> bool {
        self.step_width(bar) >= LEAST_STEP
    }

    /// Where a step begins; fractions are micro-timing.
    pub fn x(&self, BarIndex(bar): BarIndex, step: f32) -> f32 {
        let at = self.part.bars.bars()[bar];
        let share = f64::from(step) / self.part.grids[bar].steps as f64;
        self.timeline.x(at.start.0 as f64 + share * at.length.0 as f64)
    }

    /// The cell under a point.
    pub fn cell_at(&self, at: Pos2) -> Option<Cell> {
        let lane = self.lane_at(at.y)?;
        let bar = self.timeline.bar_at(&self.part.bars, at.x)?;
        let from = self.part.bars.bars()[bar.0].start.0 as f64;
        let share =
            (self.timeline.ticks(at.x) - from) / self.part.bars.bars()[bar.0].length.0 as f64;
        let steps = self.part.grids[bar.0].steps;
        let step = ((share * steps as f64).max(0.0) as usize).min(steps - 1);
        Some(Cell { bar, step, lane })
    }

    /// What is drawn of a hit: as high as it is loud, where it sounds.
    pub fn hit_rect(&self, hit: &Hit) -> Rect {
        let row = self.row(hit.lane()).shrink2(egui::vec2(0.0, 1.5));
        let left = self.x(hit.bar, hit.step as f32 + hit.offset);
        let width = (self.step_width(hit.bar) * 0.82).clamp(2.0, 22.0);
        let height = row.height() * (0.3 + 0.7 * hit.velocity.unit());
        Rect::from_min_max(pos2(left, row.bottom() - height), pos2(left + width, row.bottom()))
    }

    /// The hits of some bars.
    pub fn hits_of(&self, bars: std::ops::Range<usize>) -> &[Hit] {
        let hits = &self.part.hits;
        let from = hits.partition_point(|hit| hit.bar.0 < bars.start);
        let to = hits.partition_point(|hit| hit.bar.0 < bars.end);
        &hits[from..to.max(from)]
    }

    /// The hit under a point: what is drawn there, else what its cell holds.
    pub fn hit_at(&self, at: Pos2) -> Option<&Hit> {
        let cell = self.cell_at(at)?;
        let near = self.hits_of(cell.bar.0.saturating_sub(1)..cell.bar.0 + 2);
        let mut lane = near.iter().filter(|hit| hit.lane() == cell.lane);
        lane.clone()
            .find(|hit| {
                let drawn = self.hit_rect(hit);
                (drawn.left() - 1.0..=drawn.right() + 1.0).contains(&at.x)
            })
            .or_else(|| lane.find(|hit| cell_of(hit) == cell))
    }

    /// The cell so many steps later, over bar lines, and lanes further; `None` off the grid.
    pub fn shifted(&self, cell: Cell, by: Shift) -> Option<Cell> {
        let lane = *Lane::ALL.get(cell.lane.index().checked_add_signed(by.lanes)?)?;
        let (mut bar, mut step) = (cell.bar.0, cell.step as isize + by.steps);
        while step < 0 {
            bar = bar.checked_sub(1)?;
            step += self.part.grids[bar].steps as isize;
        }
        while step >= self.part.grids.get(bar)?.steps as isize {
            step -= self.part.grids[bar].steps as isize;
            bar += 1;
        }
        Some(Cell { bar: BarIndex(bar), step: step as usize, lane })
    }

    /// The cells between two points that share the lane of the first.
    pub fn cells_between(&self, from: Cell, to: Cell) -> Vec<Cell> {
        let (first, last) =
            if (from.bar, from.step) <= (to.bar, to.step) { (from, to) } else { (to, from) };
        let mut cells = Vec::new();
        let mut next = Some(Cell { lane: from.lane, ..first });
        while let Some(cell) = next.filter(|cell| (cell.bar, cell.step) <= (last.bar, last.step)) {
            cells.push(cell);
            next = self.shifted(cell, Shift { steps: 1, lanes: 0 });
        }
        cells
    }
}

pub fn cell_of(hit: &Hit) -> Cell {
    Cell { bar: hit.bar, step: hit.step, lane: hit.lane() }
}
