//! A switch: a small button that stays on or off.

use egui::{
    Align2, CornerRadius, CursorIcon, Id, Rect, Role, Sense, Stroke, StrokeKind, Ui, Vec2,
    WidgetInfo, pos2,
};

use super::super::theme::{Face, RADIUS, Theme, UNIT};
use super::label;

/// Shows a switch with a lamp; `true` when it is pressed. `name` is unique in the window.
pub fn switch(
    ui: &mut Ui,
    rect: Rect,
    theme: &Theme,
    name: &'static str,
    text: &str,
    tip: &str,
    on: bool,
) -> bool {
    let response = ui.interact(rect, Id::unique(name), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Switch, true, on, text));
    let painter = ui.painter();
    let fill = if response.hovered() { theme.control_hover } else { theme.control };
    let line = if response.has_focus() { theme.accent } else { theme.line_strong };
    let pen = Stroke::new(1.0, line);
    painter.rect(rect, CornerRadius::same(RADIUS), fill, pen, StrokeKind::Inside);
    let lamp = pos2(rect.left() + 3.0 * UNIT, rect.center().y);
    if on {
        painter.circle_filled(lamp, 4.0, theme.accent);
    } else {
        painter.circle_stroke(lamp, 3.5, Stroke::new(1.0, theme.text_off));
    }
    let room =
        Rect::from_min_max(pos2(lamp.x + 2.0 * UNIT, rect.top()), rect.max - Vec2::new(UNIT, 0.0));
    let ink = if on { theme.text } else { theme.text_dim };
    label(painter, room, Align2::LEFT_CENTER, text, Face::Regular.at(12.0), ink);
    response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(tip).clicked()
}
