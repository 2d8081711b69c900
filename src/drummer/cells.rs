//! The cells of a bar that patterns are made of.

use super::features::SLOTS;
use crate::score::LANES;

/// Cells of a bar: lanes x slots.
pub(super) const CELLS: usize = LANES * SLOTS;

/// The logit of a stroke that is taken away: below every threshold that complexity sets, lest the busiest
/// groove bring it back.
pub(super) const SILENT: f32 = -8.0;

/// The log-odds of a probability, at most some nine either way.
pub(super) fn log_odds(probability: f32) -> f32 {
    let probability = probability.clamp(1e-4, 1.0 - 1e-4);
    (probability / (1.0 - probability)).ln()
}
