//! How an alternative comes about: which of the drummer's ideas are played where, and what of the
//! musician's stays when they are played again.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use super::{Alternative, Arrangement, Cell, Lanes, Region, RegionOverride, VariationId};
use crate::drummer::GeneratedPart;
use crate::score::{BarIndex, DrumPart, Hit};

/// More grafts than this and the oldest becomes the musician's own: each needs playing again
/// whenever settings change.
const MOST_OVERRIDES: usize = 16;

/// What the drummer played of each idea, all for one form.
pub(super) type Variations = BTreeMap<VariationId, GeneratedPart>;

/// Grafts with one more. Those that it hides are dropped.
pub(super) fn with_override(
    overrides: &[RegionOverride],
    region_override: RegionOverride,
) -> Vec<RegionOverride> {
    let hidden = |old: &RegionOverride| {
        let (old, new) = (&old.region, &region_override.region);
        old.bars.start >= new.bars.start
            && old.bars.end <= new.bars.end
            && new.lanes.covers(old.lanes)
    };
    let mut overrides: Vec<RegionOverride> =
        overrides.iter().filter(|old| !hidden(old)).cloned().collect();
    overrides.push(region_override);
    overrides
}

impl Alternative {
    /// An alternative as it was played.
    pub(super) fn fresh(variation: VariationId, played: &GeneratedPart) -> Alternative {
        Alternative {
            part: Arc::new(played.part.clone()),
            fills: played.fills.as_slice().into(),
            style: played.style,
            variation,
            overrides: Arc::default(),
            touched: Arc::default(),
        }
    }

    /// The ideas that it is made of.
    pub(super) fn variations(&self) -> impl Iterator<Item = VariationId> {
        std::iter::once(self.variation)
            .chain(self.overrides.iter().map(|region_override| region_override.variation))
    }

    /// The alternative with its ideas as they are played now. Touched cells, lanes of `lanes` and
    /// bars of `bars` stay as they are. Ideas that are missing are left as they are as well.
    pub(super) fn replayed(
        &self,
        variations: &Variations,
        lanes: Lanes,
        bars: &BTreeSet<BarIndex>,
    ) -> Alternative {
        let source = |bar: BarIndex, hit: &Hit| {
            let overrides = self.overrides.iter().rev();
            let region_override = overrides
                .into_iter()
                .find(|region_override| region_override.region.contains(bar, hit.lane()));
            region_override.map_or(self.variation, |region_override| region_override.variation)
        };
        let stays = |hit: &Hit| {
            lanes.contains(hit.lane())
                || bars.contains(&hit.bar)
                || self.touched.contains(&Cell::of(hit))
                || !variations.contains_key(&source(hit.bar, hit))
        };
        let old = self.part.hits.iter().filter(|hit| stays(hit));
        let new = variations.iter().flat_map(|(variation, played)| {
            let hits = played.part.hits.iter();
            hits.filter(|hit| source(hit.bar, hit) == *variation && !stays(hit))
        });
        let hits = old.chain(new).copied().collect();
        let part = &self.part;
        let own = variations.get(&self.variation);
        Alternative {
            part: Arc::new(DrumPart::new(part.bars.clone(), part.grids.clone(), hits)),
            fills: own.map_or(self.fills.clone(), |own| own.fills.as_slice().into()),
            style: own.map_or(self.style, |own| own.style),
            ..self.clone()
        }
    }

    /// The alternative with another idea in a region. What was touched there is given up; lanes of
    /// `lanes` and bars of `bars` stay.
    pub(super) fn overridden(
        &self,
        region: &Region,
        variation: VariationId,
        variations: &Variations,
        lanes: Lanes,
        bars: &BTreeSet<BarIndex>,
    ) -> Alternative {
        let end = region.bars.end.min(self.part.bars.len());
        let free = Region { bars: region.bars.start..end, lanes: region.lanes.without(lanes) };
        let given_up =
            |cell: &Cell| free.contains(cell.bar, cell.lane) && !bars.contains(&cell.bar);
        let touched = self.touched.iter().copied().filter(|cell| !given_up(cell)).collect();
        let mut overridden = Alternative {
            touched: Arc::new(touched),
            overrides: with_override(&self.overrides, RegionOverride { region: free, variation })
                .into(),
            ..self.clone()
        };
        overridden.bound_grafts();
        overridden.replayed(variations, lanes, bars)
    }

    /// Makes the oldest grafts the musician's own while there are too many.
    fn bound_grafts(&mut self) {
        while self.overrides.len() > MOST_OVERRIDES {
            let region = self.overrides[0].region.clone();
            let touched = Arc::make_mut(&mut self.touched);
            for bar in region.bars.clone() {
                let Some(grid) = self.part.grids.get(bar) else { break };
                for lane in crate::score::Lane::ALL {
                    let bar = BarIndex(bar);
                    let newer = self.overrides[1..]
                        .iter()
                        .any(|region_override| region_override.region.contains(bar, lane));
                    if region.lanes.contains(lane) && !newer {
                        touched.extend((0..grid.steps).map(|step| Cell { bar, step, lane }));
                    }
                }
            }
            self.overrides = self.overrides[1..].into();
        }
    }
}

impl Arrangement {
    /// Takes bars over into the chosen alternative from another one, with its edits.
    pub(super) fn mix(&mut self, bars: &Range<usize>, source: &Alternative) {
        let chosen = &mut self.alternatives[self.chosen];
        let region = Region { bars: bars.clone(), lanes: Lanes::ALL };
        let outside = |hit: &&Hit| !bars.contains(&hit.bar.0);
        let inside = source.part.hits.iter().filter(|hit| bars.contains(&hit.bar.0));
        let hits = chosen.part.hits.iter().filter(outside).chain(inside).copied().collect();
        let part = &chosen.part;
        chosen.part = Arc::new(DrumPart::new(part.bars.clone(), part.grids.clone(), hits));
        let fills = chosen.fills.iter().filter(|bar| !bars.contains(&bar.0));
        let new_fills = source.fills.iter().filter(|bar| bars.contains(&bar.0));
        let mut fills: Vec<BarIndex> = fills.chain(new_fills).copied().collect();
        fills.sort_unstable();
        chosen.fills = fills.into();
        let touched = chosen.touched.iter().filter(|cell| !bars.contains(&cell.bar.0));
        let new_touched = source.touched.iter().filter(|cell| bars.contains(&cell.bar.0));
        chosen.touched = Arc::new(touched.chain(new_touched).copied().collect());
        let mut overrides = with_override(
            &chosen.overrides,
            RegionOverride { region, variation: source.variation },
        );
        for region_override in source.overrides.iter() {
            let start = region_override.region.bars.start.max(bars.start);
            let end = region_override.region.bars.end.min(bars.end);
            if start < end {
                let region = Region { bars: start..end, lanes: region_override.region.lanes };
                overrides = with_override(
                    &overrides,
                    RegionOverride { region, variation: region_override.variation },
                );
            }
        }
        chosen.overrides = overrides.into();
    }
}
