//! The rows of controls around the map.

use egui::Rect;

use super::super::theme::UNIT;

/// From this width on there is room for three fields or four buttons in a row.
const ROOMY: f32 = 320.0;

pub fn is_roomy(width: f32) -> bool {
    width >= ROOMY
}

/// The halves of a row.
pub fn halves(row: Rect) -> [Rect; 2] {
    let half = (row.width() - UNIT) / 2.0;
    [row.with_max_x(row.left() + half), row.with_min_x(row.right() - half)]
}
