//! A piece of a drum part, copied to be pasted elsewhere.

use super::{Document, Lanes, Region};
use crate::score::{Hit, StepGrid};

/// Hits of some bars and lanes.
#[derive(Clone, Debug, PartialEq)]
pub struct Clipboard {
    /// One per copied bar.
    pub grids: Vec<StepGrid>,
    /// Which lanes were copied.
    pub lanes: Lanes,
    /// Bars count from the first copied one.
    pub hits: Vec<Hit>,
}

impl Document {
    /// Copies a region of the part; `None` if there is no part or no bar of it in the region.
    pub fn copy(&self, region: &Region) -> Option<Clipboard> {
        let part = self.part()?;
        let bars = region.bars.start..region.bars.end.min(part.bars.len());
        let grids = part.grids.get(bars.clone()).filter(|grids| !grids.is_empty())?.to_vec();
        let hits = part
            .hits
            .iter()
            .filter(|hit| bars.contains(&hit.bar.0) && region.lanes.contains(hit.lane()))
            .map(|hit| Hit { bar: crate::score::BarIndex(hit.bar.0 - bars.start), ..*hit })
            .collect();
        Some(Clipboard { grids, lanes: region.lanes, hits })
    }
}
