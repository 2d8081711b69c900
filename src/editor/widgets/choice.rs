//! A drop-down: one of several names.

use egui::{
    Align2, CornerRadius, CursorIcon, Id, Popup, PopupCloseBehavior, Rect, Role, ScrollArea, Sense,
    Stroke, StrokeKind, Ui, Vec2, WidgetInfo,
};

use super::super::theme::{Face, RADIUS, Theme, UNIT};
use super::{Icon, label};

/// Shows the chosen name; answers with the index of another one when it is picked. Also turned with
/// the mouse wheel and the arrow keys.
pub fn choice(
    ui: &mut Ui,
    rect: Rect,
    theme: &Theme,
    name: &'static str,
    tip: &str,
    names: &[String],
    chosen: usize,
) -> Option<usize> {
    let response = ui.interact(rect, Id::unique(name), Sense::click());
    let text = names.get(chosen).map_or("", String::as_str);
    response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, text));
    let painter = ui.painter();
    let fill = if response.hovered() { theme.control_hover } else { theme.control };
    let line = if response.has_focus() { theme.accent } else { theme.line_strong };
    painter.rect(
        rect,
        CornerRadius::same(RADIUS),
        fill,
        Stroke::new(1.0, line),
        StrokeKind::Inside,
    );
    let inner = rect.shrink2(Vec2::new(2.5 * UNIT, 0.0));
    let arrow = Rect::from_min_max(egui::pos2(inner.right() - 12.0, inner.top()), inner.max);
    Icon::Down.paint(painter, arrow, theme.text_dim);
    let room = Rect::from_min_max(inner.min, egui::pos2(arrow.left() - UNIT, inner.bottom()));
    label(painter, room, Align2::LEFT_CENTER, text, Face::Regular.at(13.0), theme.text);

    let mut picked = None;
    super::keep_arrows(ui, &response);
    if response.has_focus() {
        let (up, down) = ui.input(|input| {
            (input.key_pressed(egui::Key::ArrowUp), input.key_pressed(egui::Key::ArrowDown))
        });
        if up && chosen > 0 {
            picked = Some(chosen - 1);
        }
        if down && chosen + 1 < names.len() {
            picked = Some(chosen + 1);
        }
    }
    let response = response.on_hover_cursor(CursorIcon::PointingHand);
    Popup::menu(&response)
        .width(rect.width())
        .close_behavior(PopupCloseBehavior::CloseOnClick)
        .show(|ui| {
            ScrollArea::vertical().max_height(360.0).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                for (index, text) in names.iter().enumerate() {
                    let size = Vec2::new(ui.available_width().max(120.0), 6.0 * UNIT);
                    let (row, line) = ui.allocate_exact_size(size, Sense::click());
                    if line.hovered() {
                        ui.painter().rect_filled(row, CornerRadius::same(4), theme.control_hover);
                    }
                    let on = index == chosen;
                    let face = if on { Face::SemiBold } else { Face::Regular };
                    let ink = if on { theme.accent } else { theme.text };
                    let room = row.shrink2(Vec2::new(2.0 * UNIT, 0.0));
                    label(ui.painter(), room, Align2::LEFT_CENTER, text, face.at(13.0), ink);
                    if line.clicked() {
                        picked = Some(index);
                    }
                }
            });
        });
    response.on_hover_text(tip);
    picked.filter(|&index| index != chosen)
}
