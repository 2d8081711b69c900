//! The cells of a bar that patterns are made of.

use super::features::SLOTS;
use crate::score::LANES;

/// Cells of a bar: lanes x slots.
pub(super) const CELLS: usize = LANES * SLOTS;
