//! A drop-down: one of several names.

use egui::style::ScrollStyle;
use egui::{
    Align2, Color32, CornerRadius, CursorIcon, Id, Popup, PopupCloseBehavior, Rect, Response, Role,
    ScrollArea, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2,
};

use super::super::theme::{Face, RADIUS, Theme, UNIT};
use super::{Icon, label};

/// The highest that a list grows before it scrolls, in points.
const TALLEST: f32 = 360.0;
/// The narrowest that a list is, in points: all that Drumlin writes into one fits.
const NARROWEST: f32 = 240.0;
/// The width of the arrow in a closed drop-down.
const ARROW: f32 = 12.0;
/// The height of a line of a list, in points.
pub const ENTRY: f32 = 6.0 * UNIT;

/// One of several names, to be turned with the arrow keys too.
pub struct Choice<'a> {
    name: &'static str,
    names: &'a [String],
    chosen: usize,
    shown: &'a str,
    marks: &'a [Option<Color32>],
    tip: &'a str,
}

impl<'a> Choice<'a> {
    /// `name` is unique in the window; `chosen` is an index into `names`.
    pub fn new(name: &'static str, names: &'a [String], chosen: usize) -> Choice<'a> {
        let shown = names.get(chosen).map_or("", String::as_str);
        Choice { name, names, chosen, shown, marks: &[], tip: "" }
    }

    /// What is chosen here, as a sentence.
    pub fn tip(mut self, tip: &'a str) -> Self {
        self.tip = tip;
        self
    }

    /// Something shorter than its name for the chosen one.
    pub fn shown_as(mut self, shown: &'a str) -> Self {
        self.shown = shown;
        self
    }

    /// A dot of a colour behind those names that have one, by their index.
    pub fn marks(mut self, marks: &'a [Option<Color32>]) -> Self {
        self.marks = marks;
        self
    }

    /// Shows the chosen name; answers with the index of another one when it is picked.
    pub fn show(self, ui: &mut Ui, rect: Rect, theme: &Theme) -> Option<usize> {
        let Choice { name, names, chosen, shown, marks, tip } = self;
        let response = field(ui, rect, theme, name, shown);
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
        list(&response, PopupCloseBehavior::CloseOnClick, |ui| {
            for (index, text) in names.iter().enumerate() {
                let line = entry(ui, theme, (name, index), text, index == chosen);
                if let Some(mark) = marks.get(index).copied().flatten() {
                    let at = line.rect.right_center() - Vec2::new(3.0 * UNIT, 0.0);
                    ui.painter().circle_filled(at, 4.0, mark);
                }
                if line.clicked() {
                    picked = Some(index);
                }
            }
        });
        response.on_hover_text(tip);
        picked.filter(|&index| index != chosen)
    }
}

/// The closed drop-down, with what is chosen.
pub fn field(ui: &Ui, rect: Rect, theme: &Theme, name: &'static str, text: &str) -> Response {
    let response = ui.interact(rect, Id::unique(name), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, text));
    let painter = ui.painter();
    let fill = if response.hovered() { theme.control_hover } else { theme.control };
    let line = if response.has_focus() { theme.accent } else { theme.line_strong };
    let pen = Stroke::new(1.0, line);
    painter.rect(rect, CornerRadius::same(RADIUS), fill, pen, StrokeKind::Inside);
    let inner = rect.shrink2(Vec2::new(1.5 * UNIT, 0.0));
    let arrow = Rect::from_min_max(pos2(inner.right() - ARROW, inner.top()), inner.max);
    Icon::Down.paint(painter, arrow, theme.text_dim);
    let room = Rect::from_min_max(inner.min, pos2(arrow.left() - UNIT, inner.bottom()));
    label(painter, room, Align2::LEFT_CENTER, text, Face::Regular.at(13.0), theme.text);
    response.on_hover_cursor(CursorIcon::PointingHand)
}

/// How wide a text may be that a drop-down of this size shows whole.
pub fn field_room(rect: Rect) -> f32 {
    rect.width() - 2.0 * 1.5 * UNIT - ARROW - UNIT
}

/// A drop-down that has no say now, with what stands instead and why.
pub fn field_off(ui: &Ui, rect: Rect, theme: &Theme, name: &'static str, text: &str, why: &str) {
    let response = ui.interact(rect, Id::unique(name), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, false, text));
    let pen = Stroke::new(1.0, theme.line);
    ui.painter().rect(rect, CornerRadius::same(RADIUS), theme.panel, pen, StrokeKind::Inside);
    let room = rect.shrink2(Vec2::new(1.5 * UNIT, 0.0));
    let font = Face::Regular.at(13.0);
    label(ui.painter(), room, Align2::LEFT_CENTER, text, font, theme.text_off);
    response.on_hover_text(why);
}

/// The list that opens under a drop-down; `content` shows its lines.
pub fn list(field: &Response, closes: PopupCloseBehavior, content: impl FnOnce(&mut Ui)) {
    let window = field.ctx.content_rect();
    // Above or below, wherever there is more room.
    let room = (window.bottom() - field.rect.bottom()).max(field.rect.top() - window.top());
    let tallest = TALLEST.min(room - 6.0 * UNIT);
    Popup::menu(field).width(field.rect.width().max(NARROWEST)).close_behavior(closes).show(|ui| {
        // What does not fit is known by a bar that is always there.
        ui.spacing_mut().scroll = ScrollStyle::solid();
        ScrollArea::vertical().max_height(tallest).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            content(ui);
        });
    });
}

/// A line of the list. `id` is unique in the window.
pub fn entry(
    ui: &mut Ui,
    theme: &Theme,
    id: impl std::hash::Hash + std::fmt::Debug,
    text: &str,
    on: bool,
) -> Response {
    let size = Vec2::new(ui.available_width().max(120.0), ENTRY);
    let (row, _) = ui.allocate_exact_size(size, Sense::hover());
    let response = ui.interact(row, Id::unique(id), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::MenuItem, true, on, text));
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(row, CornerRadius::same(4), theme.control_hover);
    }
    let face = if on { Face::SemiBold } else { Face::Regular };
    let ink = if on { theme.accent } else { theme.text };
    let room = row.shrink2(Vec2::new(2.0 * UNIT, 0.0));
    label(ui.painter(), room, Align2::LEFT_CENTER, text, face.at(13.0), ink);
    response
}
