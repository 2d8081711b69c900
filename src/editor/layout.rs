//! Where everything is, for any size of the window: rectangles from a size, nothing else.

use egui::{Pos2, Rect, Vec2, pos2};

use super::theme::UNIT;

/// With the map of grooves in view bars have at least so much room.
const LEAST_GRID: f32 = 300.0;
/// With the map in view the panel takes at most this share of the window.
const MAP_SHARE: f32 = 0.45;
/// What stands above and below the map in the panel: tabs, fields, buttons; and in a tall window the
/// groove in hand in small.
const AROUND_MAP: f32 = 208.0;
const IN_SMALL: f32 = 72.0;

/// The smallest window that everything fits into, in points.
pub const SMALLEST: Vec2 = Vec2::new(800.0, 500.0);

/// Height of the bar numbers.
const RULER: f32 = 20.0;
/// Height of the section bars.
const SECTIONS: f32 = 22.0;
/// Height of the picture of the whole song that scrolls it.
const OVERVIEW: f32 = 20.0;

/// The window's rectangles. They cover it without overlap but for the gaps between them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layout {
    pub top_bar: Rect,
    pub status_bar: Rect,
    /// Controls, form, and what is to come.
    pub side_panel: Rect,
    pub alternatives: Rect,
    pub overview: Rect,
    /// Left of the time axis: names beside roll and grid.
    pub ruler_head: Rect,
    pub roll_head: Rect,
    pub grid_head: Rect,
    /// On the time axis: the same left and right edge for all four.
    pub ruler: Rect,
    pub sections: Rect,
    pub roll: Rect,
    pub grid: Rect,
}

impl Layout {
    /// Lays out a window whose top left corner is `corner`. Sizes below [`SMALLEST`] are laid out
    /// as if they were as large; the rest is cut off. With the map of grooves in view (`map`) the panel
    /// of a wide window is as wide as the map can be high.
    pub fn new(corner: Pos2, size: Vec2, map: bool) -> Layout {
        let size = size.max(SMALLEST);
        let (wide, tall) = (size.x >= 1100.0, size.y >= 640.0);
        let top = if tall { 52.0 } else { 44.0 };
        let status = 6.0 * UNIT;
        let side = (size.x * 0.2).clamp(208.0, 520.0).round();
        let head = if wide { 172.0 } else { 136.0 };
        let around = AROUND_MAP + if tall { IN_SMALL } else { 0.0 };
        let high = size.y - top - status - around + 6.0 * UNIT;
        let most = (size.x - head - LEAST_GRID).min(size.x * MAP_SHARE);
        // In a narrow window the alternatives would lose their names.
        let side = if map && wide { high.min(most).max(side).round() } else { side };
        let cards = (size.y * 0.115).clamp(60.0, 132.0).round();

        let middle = Rect::from_min_max(
            corner + Vec2::new(0.0, top),
            pos2(corner.x + size.x - side, corner.y + size.y - status),
        );
        let above = |height: f32, from: f32| {
            (
                Rect::from_min_max(
                    pos2(middle.left(), from),
                    pos2(middle.left() + head, from + height),
                ),
                Rect::from_min_max(
                    pos2(middle.left() + head, from),
                    pos2(middle.right(), from + height),
                ),
            )
        };
        let cards_top = middle.bottom() - cards;
        let overview_top = cards_top - OVERVIEW;
        let roll_top = middle.top() + RULER + SECTIONS;
        let free = overview_top - roll_top;
        let roll_height = (free * 0.26).clamp(56.0, 320.0).round();
        let (ruler_head, ruler) = above(RULER, middle.top());
        let (_, sections) = above(SECTIONS, middle.top() + RULER);
        let (roll_head, roll) = above(roll_height, roll_top);
        let (grid_head, grid) = above(free - roll_height, roll_top + roll_height);
        Layout {
            top_bar: Rect::from_min_size(corner, Vec2::new(size.x, top)),
            status_bar: Rect::from_min_max(
                pos2(corner.x, corner.y + size.y - status),
                corner + size,
            ),
            side_panel: Rect::from_min_max(
                pos2(middle.right(), middle.top()),
                pos2(corner.x + size.x, middle.bottom()),
            ),
            alternatives: Rect::from_min_max(pos2(middle.left(), cards_top), middle.max),
            overview: Rect::from_min_max(
                pos2(middle.left(), overview_top),
                pos2(middle.right(), cards_top),
            ),
            ruler_head: Rect::from_min_max(
                ruler_head.min,
                pos2(ruler_head.right(), sections.bottom()),
            ),
            roll_head,
            grid_head,
            ruler,
            sections,
            roll,
            grid,
        }
    }

    fn all(&self) -> [Rect; 12] {
        [
            self.top_bar,
            self.status_bar,
            self.side_panel,
            self.alternatives,
            self.overview,
            self.ruler_head,
            self.roll_head,
            self.grid_head,
            self.ruler,
            self.sections,
            self.roll,
            self.grid,
        ]
    }

    /// The whole window.
    pub fn window(&self) -> Rect {
        self.all().into_iter().fold(Rect::NOTHING, Rect::union)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [Vec2; 5] = [
        SMALLEST,
        Vec2::new(1280.0, 800.0),
        Vec2::new(2560.0, 1440.0),
        Vec2::new(3840.0, 2160.0),
        Vec2::new(900.0, 2000.0),
    ];

    #[test]
    fn rectangles_tile_the_window() {
        for (size, map) in SIZES.into_iter().flat_map(|size| [(size, false), (size, true)]) {
            let layout = Layout::new(Pos2::ZERO, size, map);
            assert_eq!(layout.window(), Rect::from_min_size(Pos2::ZERO, size), "{size}");
            let all = layout.all();
            for (index, a) in all.iter().enumerate() {
                assert!(a.width() > 0.0 && a.height() > 0.0, "{size}: {index}");
                for b in &all[index + 1..] {
                    let shared = a.intersect(*b);
                    assert!(shared.width() <= 0.0 || shared.height() <= 0.0, "{size}: {a} {b}");
                }
            }
            let area: f32 = all.iter().map(|rect| rect.area()).sum();
            assert!((area / (size.x * size.y) - 1.0).abs() < 1e-3, "{size}: {area}");
        }
    }

    #[test]
    fn the_map_has_room() {
        for size in SIZES {
            let [without, with] = [false, true].map(|map| Layout::new(Pos2::ZERO, size, map));
            assert!(with.side_panel.width() >= without.side_panel.width());
            assert!(with.grid.width() >= LEAST_GRID, "{size}: {}", with.grid);
        }
        // As Ardour opens it the map is more than twice as wide.
        let width = |map| Layout::new(Pos2::ZERO, SIZES[1], map).side_panel.width();
        assert!(width(true) - 24.0 > 1.8 * (width(false) - 24.0), "{}", width(true));
    }

    #[test]
    fn time_has_one_axis_and_lanes_have_room() {
        for size in SIZES {
            let layout = Layout::new(Pos2::ZERO, size, false);
            for view in [layout.ruler, layout.sections, layout.roll] {
                assert_eq!(view.x_range(), layout.grid.x_range());
            }
            // Fifteen lanes, each high enough to be hit with the mouse.
            assert!(layout.grid.height() >= 15.0 * 14.0, "{size}: {}", layout.grid);
            assert!(layout.grid.width() >= 400.0);
        }
    }
}
