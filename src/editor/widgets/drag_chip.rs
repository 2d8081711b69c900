//! A chip that is dragged out of the window.

use egui::{Align2, CornerRadius, CursorIcon, Id, Rect, Sense, Stroke, StrokeKind, Ui, Vec2, pos2};

use super::super::theme::{Face, Theme, UNIT};
use super::{Icon, label};

/// Shows a chip with a grip; `true` when a drag of it begins, which it cannot where `why_not` says why.
/// `name` is unique in the window.
pub fn drag_chip(
    ui: &Ui,
    place: Rect,
    theme: &Theme,
    name: &'static str,
    text: &str,
    tip: &str,
    why_not: Option<&str>,
) -> bool {
    let response = ui.interact(place, Id::unique(name), Sense::drag());
    let enabled = why_not.is_none();
    let painter = ui.painter();
    let ink = if enabled { theme.accent } else { theme.text_off };
    let line = if enabled { theme.accent } else { theme.line };
    let fill = if enabled && response.hovered() { theme.control_hover } else { theme.window };
    painter.rect(place, CornerRadius::same(14), fill, Stroke::new(1.0, line), StrokeKind::Inside);
    let grip =
        Rect::from_center_size(pos2(place.left() + 16.0, place.center().y), Vec2::splat(14.0));
    Icon::Grip.paint(painter, grip, ink);
    let room = place.with_min_x(grip.right() + UNIT).with_max_x(place.right() - 2.0 * UNIT);
    label(painter, room, Align2::LEFT_CENTER, text, Face::SemiBold.at(12.0), ink);
    let begins = enabled && response.drag_started();
    let response = if enabled { response.on_hover_cursor(CursorIcon::Grab) } else { response };
    response.on_hover_ui(|ui| {
        ui.label(tip);
        if let Some(why_not) = why_not {
            ui.colored_label(theme.accent, why_not);
        }
    });
    begins
}
