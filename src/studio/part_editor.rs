//! The grid while it is edited: the hits of a part by cell, and which cells were touched.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Alternative, Cell, Clipboard, Region};
use crate::score::{BarIndex, DrumPart, GmKey, Hit, LANES, Lane, StepGrid, Velocity};

/// How far hits move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shift {
    /// Later if positive; runs on over bar lines.
    pub steps: isize,
    /// Towards higher [`Lane::index`] if positive.
    pub lanes: isize,
}

/// A working copy of an alternative's part. Cells outside the grid are passed over by all methods.
pub(super) struct PartEditor {
    part: Arc<DrumPart>,
    /// Usually one hit a cell; a lane may play two of its keys at once.
    hits: BTreeMap<Cell, Vec<Hit>>,
    touched: BTreeSet<Cell>,
}

impl PartEditor {
    pub fn new(alternative: &Alternative) -> PartEditor {
        let part = alternative.part.clone();
        let mut hits: BTreeMap<Cell, Vec<Hit>> = BTreeMap::new();
        for hit in &part.hits {
            hits.entry(Cell::of(hit)).or_default().push(*hit);
        }
        PartEditor { part, hits, touched: (*alternative.touched).clone() }
    }

    pub fn put_into(self, alternative: &mut Alternative) {
        let hits = self.hits.into_values().flatten().collect();
        let part = &self.part;
        alternative.part = Arc::new(DrumPart::new(part.bars.clone(), part.grids.clone(), hits));
        alternative.touched = Arc::new(self.touched);
    }

    fn has(&self, cell: &Cell) -> bool {
        self.part.grids.get(cell.bar.0).is_some_and(|grid| cell.step < grid.steps)
    }

    fn put(&mut self, cell: Cell, hits: Vec<Hit>) {
        self.touched.insert(cell);
        if hits.is_empty() {
            self.hits.remove(&cell);
        } else {
            self.hits.insert(cell, hits);
        }
    }

    pub fn set(&mut self, hit: Hit) {
        let cell = Cell::of(&hit);
        if self.has(&cell) {
            self.put(cell, vec![Hit { offset: tidy_offset(hit.offset), ..hit }]);
        }
    }

    pub fn erase(&mut self, cells: &[Cell]) {
        for &cell in cells {
            if self.hits.contains_key(&cell) {
                self.put(cell, Vec::new());
            }
        }
    }

    pub fn paint(&mut self, cells: &[Cell], velocity: Velocity, keys: &[GmKey; LANES]) {
        for &cell in cells {
            if self.has(&cell) && !self.hits.contains_key(&cell) {
                let Cell { bar, step, lane } = cell;
                let key = keys[lane.index()];
                self.put(cell, vec![Hit { bar, step, key, velocity, offset: 0.0 }]);
            }
        }
    }

    pub fn change(&mut self, cells: &[Cell], change: impl Fn(&mut Hit)) {
        for cell in cells {
            if let Some(hits) = self.hits.get_mut(cell) {
                hits.iter_mut().for_each(&change);
                self.touched.insert(*cell);
            }
        }
    }

    pub fn clear(&mut self, region: &Region) {
        let cells: Vec<Cell> = self.hits.keys().copied().collect();
        for cell in cells {
            if region.contains(cell.bar, cell.lane) {
                self.put(cell, Vec::new());
            }
        }
    }

    /// Moves hits; `false`, and nothing happens, if one would leave the grid.
    pub fn shift(&mut self, cells: &[Cell], by: Shift, keys: &[GmKey; LANES]) -> bool {
        let from: BTreeSet<Cell> =
            cells.iter().copied().filter(|cell| self.hits.contains_key(cell)).collect();
        let mut moved = Vec::new();
        for cell in &from {
            let Some(to) = self.shifted(*cell, by) else { return false };
            let hits = self.hits[cell].iter().map(|hit| {
                let key = if to.lane == cell.lane { hit.key } else { keys[to.lane.index()] };
                Hit { bar: to.bar, step: to.step, key, ..*hit }
            });
            moved.push((to, hits.collect()));
        }
        for cell in from {
            self.put(cell, Vec::new());
        }
        for (cell, hits) in moved {
            self.put(cell, hits);
        }
        true
    }

    fn shifted(&self, cell: Cell, by: Shift) -> Option<Cell> {
        let lane = Lane::ALL.get(cell.lane.index().checked_add_signed(by.lanes)?)?;
        let grids = &self.part.grids;
        let (mut bar, mut step) = (cell.bar.0, isize::try_from(cell.step).ok()?);
        step = step.checked_add(by.steps)?;
        while step < 0 {
            bar = bar.checked_sub(1)?;
            step += grids[bar].steps as isize;
        }
        while step >= grids.get(bar)?.steps as isize {
            step -= grids[bar].steps as isize;
            bar += 1;
        }
        Some(Cell { bar: BarIndex(bar), step: step as usize, lane: *lane })
    }

    /// Puts a copied piece in place of what is there. Where a bar's grid differs, hits go to the
    /// nearest step.
    pub fn paste(&mut self, clipboard: &Clipboard, at: BarIndex) {
        for (index, source) in clipboard.grids.iter().enumerate() {
            let Some(bar) = at.0.checked_add(index) else { return };
            let Some(&grid) = self.part.grids.get(bar) else { return };
            let bar = BarIndex(bar);
            let mut cells: BTreeMap<Cell, Vec<Hit>> = BTreeMap::new();
            for hit in clipboard.hits.iter().filter(|hit| hit.bar.0 == index) {
                let Some(step) = step_on(hit.step, *source, grid) else { continue };
                let hit = Hit { bar, step, ..*hit };
                cells.entry(Cell::of(&hit)).or_default().push(hit);
            }
            for lane in Lane::ALL.into_iter().filter(|&lane| clipboard.lanes.contains(lane)) {
                for step in 0..grid.steps {
                    let cell = Cell { bar, step, lane };
                    let hits = cells.remove(&cell).unwrap_or_default();
                    self.put(cell, hits);
                }
            }
        }
    }
}

/// The step of another grid at the same time after the bar line; `None` behind its end.
fn step_on(step: usize, from: StepGrid, to: StepGrid) -> Option<usize> {
    let beats = step as f64 / from.steps_per_beat as f64;
    let step = (beats * to.steps_per_beat as f64).round() as usize;
    (step < to.steps).then_some(step)
}

impl Cell {
    pub(super) fn of(hit: &Hit) -> Cell {
        Cell { bar: hit.bar, step: hit.step, lane: hit.lane() }
    }
}

/// In `[-0.5, 0.5]`; what is no number is on the grid.
pub(super) fn tidy_offset(offset: f32) -> f32 {
    if offset.is_nan() { 0.0 } else { offset.clamp(-0.5, 0.5) }
}
