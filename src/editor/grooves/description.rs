//! The groove under the pointer, or in hand, in words and in small.

use egui::{Align2, CornerRadius, Rect, Stroke, Ui, pos2, vec2};

use super::super::frame::Frame;
use super::super::theme::{Face, UNIT};
use super::super::widgets::label;
use super::picture::style_colour;
use crate::patterns::{DRUMS, MapPoint, MapStyle, Pattern, PatternGrid, TWELFTHS};

/// What is under the pointer, else what is in hand; `listens` if grooves under the pointer are heard.
pub fn describe(ui: &Ui, frame: &Frame<'_>, shown: Option<&MapPoint>, listens: bool, rect: Rect) {
    let theme = &frame.theme;
    let (dot, text) = match shown {
        Some(point) => {
            let style = if point.style == MapStyle::OTHER { "" } else { point.style.name() };
            let name = if point.name.contains(style) || style.is_empty() { "" } else { style };
            let tempo = point.tempo.map_or(String::new(), |tempo| format!("{tempo} bpm"));
            let words = [&*point.name, name, tempo.as_str()];
            let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
            (Some(style_colour(point.style)), words.join(" · "))
        }
        None => match frame.view.document.map.current {
            Some(current) => {
                (None, format!("In hand: {} strokes in two bars", current.pattern.strokes()))
            }
            None if listens => (None, "Point at a groove to hear it".to_owned()),
            None => (None, "Click a groove to hear it".to_owned()),
        },
    };
    let mut room = rect;
    if let Some(colour) = dot {
        ui.painter().circle_filled(rect.left_center() + vec2(4.0, 0.0), 4.0, colour);
        room = rect.with_min_x(rect.left() + 3.0 * UNIT);
    }
    label(ui.painter(), room, Align2::LEFT_CENTER, &text, Face::Regular.at(12.0), theme.text_dim);
}

/// The pattern in small: drums from below, two bars.
pub fn small_grid(ui: &Ui, frame: &Frame<'_>, pattern: &Pattern, rect: Rect) {
    let (theme, painter) = (&frame.theme, ui.painter());
    let grid = pattern.grid();
    // As narrow as the smallest step: eighths beside triplets are sixths of a beat apart.
    let steps = if grid == PatternGrid::Mixed { TWELFTHS / 2 } else { grid.steps() };
    let cell = vec2(rect.width() / steps as f32, rect.height() / DRUMS as f32);
    painter.rect_filled(rect, CornerRadius::same(2), theme.window);
    for beat in 1..8 {
        let x = rect.left() + rect.width() * beat as f32 / 8.0;
        let line = if beat == 4 { theme.line_strong } else { theme.line };
        painter.vline(x, rect.y_range(), Stroke::new(1.0, line));
    }
    for (drum, step) in pattern.hits() {
        let x = rect.left() + rect.width() * grid.twelfth(step) as f32 / TWELFTHS as f32;
        let corner = pos2(x, rect.bottom() - (drum + 1) as f32 * cell.y);
        let stroke = Rect::from_min_size(corner, cell).shrink(0.5);
        painter.rect_filled(stroke, CornerRadius::same(1), theme.hit(0.8));
    }
}
