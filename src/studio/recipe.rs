//! How an alternative comes about: which of the drummer's ideas are played where, and what of the
//! musician's stays when they are played again.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Alternative, Cell, Graft, Idea, Lanes, Region};
use crate::drummer::Take as Played;
use crate::score::{BarIndex, DrumPart, Hit};

/// More grafts than this and the oldest becomes the musician's own: each needs playing again
/// whenever settings change.
const MOST_GRAFTS: usize = 16;

/// What the drummer played of each idea, all for one form.
pub(super) type Ideas = BTreeMap<Idea, Played>;

/// Grafts with one more. Those that it hides are dropped.
pub(super) fn with_graft(grafts: &[Graft], graft: Graft) -> Vec<Graft> {
    let hidden = |old: &Graft| {
        let (old, new) = (&old.region, &graft.region);
        old.bars.start >= new.bars.start
            && old.bars.end <= new.bars.end
            && new.lanes.covers(old.lanes)
    };
    let mut grafts: Vec<Graft> = grafts.iter().filter(|old| !hidden(old)).cloned().collect();
    grafts.push(graft);
    grafts
}

impl Alternative {
    /// An alternative as it was played.
    pub(super) fn fresh(idea: Idea, played: &Played) -> Alternative {
        Alternative {
            part: Arc::new(played.part.clone()),
            fills: played.fills.as_slice().into(),
            style: played.style,
            idea,
            grafts: Arc::default(),
            touched: Arc::default(),
        }
    }

    /// The ideas that it is made of.
    pub(super) fn ideas(&self) -> impl Iterator<Item = Idea> {
        std::iter::once(self.idea).chain(self.grafts.iter().map(|graft| graft.idea))
    }

    /// The alternative with its ideas as they are played now. Touched cells, lanes of `lanes` and
    /// bars of `bars` stay as they are. Ideas that are missing are left as they are as well.
    pub(super) fn replayed(
        &self,
        ideas: &Ideas,
        lanes: Lanes,
        bars: &BTreeSet<BarIndex>,
    ) -> Alternative {
        let source = |bar: BarIndex, hit: &Hit| {
            let grafts = self.grafts.iter().rev();
            let graft = grafts.into_iter().find(|graft| graft.region.contains(bar, hit.lane()));
            graft.map_or(self.idea, |graft| graft.idea)
        };
        let stays = |hit: &Hit| {
            lanes.contains(hit.lane())
                || bars.contains(&hit.bar)
                || self.touched.contains(&Cell::of(hit))
                || !ideas.contains_key(&source(hit.bar, hit))
        };
        let old = self.part.hits.iter().filter(|hit| stays(hit));
        let new = ideas.iter().flat_map(|(idea, played)| {
            let hits = played.part.hits.iter();
            hits.filter(|hit| source(hit.bar, hit) == *idea && !stays(hit))
        });
        let hits = old.chain(new).copied().collect();
        let part = &self.part;
        let own = ideas.get(&self.idea);
        Alternative {
            part: Arc::new(DrumPart::new(part.bars.clone(), part.grids.clone(), hits)),
            fills: own.map_or(self.fills.clone(), |own| own.fills.as_slice().into()),
            style: own.map_or(self.style, |own| own.style),
            ..self.clone()
        }
    }

    /// The alternative with another idea in a region. What was touched there is given up; lanes of
    /// `lanes` and bars of `bars` stay.
    pub(super) fn grafted(
        &self,
        region: &Region,
        idea: Idea,
        ideas: &Ideas,
        lanes: Lanes,
        bars: &BTreeSet<BarIndex>,
    ) -> Alternative {
        let end = region.bars.end.min(self.part.bars.len());
        let free = Region { bars: region.bars.start..end, lanes: region.lanes.without(lanes) };
        let given_up =
            |cell: &Cell| free.contains(cell.bar, cell.lane) && !bars.contains(&cell.bar);
        let touched = self.touched.iter().copied().filter(|cell| !given_up(cell)).collect();
        let mut grafted = Alternative {
            touched: Arc::new(touched),
            grafts: with_graft(&self.grafts, Graft { region: free, idea }).into(),
            ..self.clone()
        };
        grafted.bound_grafts();
        grafted.replayed(ideas, lanes, bars)
    }

    /// Makes the oldest grafts the musician's own while there are too many.
    fn bound_grafts(&mut self) {
        while self.grafts.len() > MOST_GRAFTS {
            let region = self.grafts[0].region.clone();
            let touched = Arc::make_mut(&mut self.touched);
            for bar in region.bars.clone() {
                let Some(grid) = self.part.grids.get(bar) else { break };
                for lane in crate::score::Lane::ALL {
                    let bar = BarIndex(bar);
                    let newer =
                        self.grafts[1..].iter().any(|graft| graft.region.contains(bar, lane));
                    if region.lanes.contains(lane) && !newer {
                        touched.extend((0..grid.steps).map(|step| Cell { bar, step, lane }));
                    }
                }
            }
            self.grafts = self.grafts[1..].into();
        }
    }
}
