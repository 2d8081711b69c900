//! A drum part: hits on the bar grid, as the drummer thinks of them.

use super::{BarGrid, BarIndex, GmKey, Lane, Note, StepGrid, Ticks, Velocity};

/// One stroke.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// In which bar of the part.
    pub bar: BarIndex,
    /// 0 to the bar's steps - 1.
    pub step: usize,
    /// Which drum.
    pub key: GmKey,
    /// How hard.
    pub velocity: Velocity,
    /// Micro-timing as a share of a step in `[-0.5, 0.5]`; negative is early.
    pub offset: f32,
}

impl Hit {
    /// The lane of its drum.
    pub fn lane(&self) -> Lane {
        Lane::of_key(self.key.get())
    }
}

/// What the drums play over a song.
#[derive(Clone, Debug, PartialEq)]
pub struct DrumPart {
    /// The bars of the song.
    pub bars: BarGrid,
    /// One per bar.
    pub grids: Vec<StepGrid>,
    /// Sorted by bar, step and key; no two share all three.
    pub hits: Vec<Hit>,
}

impl DrumPart {
    /// Sorts the hits and keeps the loudest where several share bar, step and key.
    ///
    /// # Panics
    /// If `grids` is not one per bar or a hit lies outside its bar's grid.
    pub fn new(bars: BarGrid, grids: Vec<StepGrid>, mut hits: Vec<Hit>) -> DrumPart {
        assert_eq!(bars.len(), grids.len(), "one grid a bar");
        assert!(hits.iter().all(|hit| hit.step < grids[hit.bar.0].steps), "hits inside their bars");
        hits.sort_by_key(|hit| (hit.bar, hit.step, hit.key, std::cmp::Reverse(hit.velocity)));
        hits.dedup_by_key(|hit| (hit.bar, hit.step, hit.key));
        DrumPart { bars, grids, hits }
    }

    /// Notes on their nearest steps, each with its distance from its step; the beats of simple metres are
    /// straight or in triplets. Notes nearest to the bar line behind the last bar begin the bar `behind`;
    /// without one they are left out, as are all later ones.
    pub fn of_notes(
        bars: BarGrid,
        triplets: bool,
        notes: &[(Note, GmKey)],
        behind: Option<BarIndex>,
    ) -> DrumPart {
        let grids = bars.step_grids(triplets);
        let hits = notes.iter().filter_map(|&(note, key)| {
            let steps = grids[bars.bar_at(note.start)?.0].steps;
            let (bar, step, offset) = bars.nearest_step(note.start, steps)?;
            // A bar that is cut short may have another grid than the one before it.
            let (bar, step) = match grids.get(bar.0) {
                Some(grid) => (bar, step.min(grid.steps - 1)),
                None => (behind?, 0),
            };
            Some(Hit { bar, step, key, velocity: note.velocity, offset })
        });
        let hits = hits.collect();
        DrumPart::new(bars, grids, hits)
    }

    /// When a hit sounds, micro-timing included.
    pub fn tick(&self, hit: &Hit) -> Ticks {
        let position = hit.step as f64 + f64::from(hit.offset);
        self.bars.tick_of_step(hit.bar, position, self.grids[hit.bar.0].steps)
    }

    /// The part as notes of a drum track, sorted by start. A stroke lasts a 32nd note, cut short by
    /// the next stroke on the same key.
    pub fn notes(&self) -> Vec<Note> {
        let full = (u64::from(self.bars.ticks_per_quarter()) / 8).max(1);
        let mut notes: Vec<Note> = self
            .hits
            .iter()
            .map(|hit| Note {
                start: self.tick(hit),
                length: Ticks(full),
                key: hit.key.get(),
                velocity: hit.velocity,
            })
            .collect();
        notes.sort_by_key(|note| (note.start, note.key));
        notes.dedup_by_key(|note| (note.start, note.key));
        let mut next_start = [u64::MAX; 128];
        for note in notes.iter_mut().rev() {
            let room = next_start[usize::from(note.key)] - note.start.0;
            note.length = Ticks(full.min(room).max(1));
            next_start[usize::from(note.key)] = note.start.0;
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Metre, StepGrid};

    fn hit(step: usize, velocity: u8, offset: f32) -> Hit {
        Hit {
            bar: BarIndex(0),
            step,
            key: Lane::Snare.default_key(),
            velocity: Velocity::clamped(velocity),
            offset,
        }
    }

    fn part(hits: Vec<Hit>) -> DrumPart {
        let bars = BarGrid::new(96, &[], Ticks(384));
        DrumPart::new(bars, vec![StepGrid::for_metre(Metre::COMMON, false)], hits)
    }

    #[test]
    fn the_loudest_of_equal_hits_stays() {
        let part = part(vec![hit(4, 20, 0.0), hit(4, 90, 0.0)]);
        assert_eq!(part.hits, [hit(4, 90, 0.0)]);
    }

    #[test]
    fn notes_never_overlap_on_a_key() {
        let notes = part(vec![hit(4, 90, 0.25), hit(5, 90, -0.5), hit(0, 90, -0.5)]).notes();
        assert_eq!(notes.iter().map(|n| n.start.0).collect::<Vec<_>>(), [0, 102, 108]);
        assert_eq!(notes.iter().map(|n| n.length.0).collect::<Vec<_>>(), [12, 6, 12]);
    }
}
