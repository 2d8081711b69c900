//! A number between two buttons: click, drag up and down, or arrow keys.

use egui::{
    Align2, CornerRadius, CursorIcon, Id, Key, Rect, Role, Sense, Stroke, StrokeKind, Ui, Vec2,
    WidgetInfo, pos2,
};

use super::super::theme::{Face, RADIUS, Theme};
use super::{label, label_at};

/// Points of dragging for one step.
const TRAVEL: f32 = 4.0;

pub struct Stepper<'a> {
    /// Unique in the window.
    pub id: Id,
    pub title: &'a str,
    pub value: u8,
    /// The highest value; the lowest is 0.
    pub most: u8,
    /// The value as it is read.
    pub text: &'a str,
}

impl Stepper<'_> {
    /// Answers with another value when it is changed.
    pub fn show(&self, ui: &mut Ui, rect: Rect, theme: &Theme) -> Option<u8> {
        let side = rect.height();
        let down = Rect::from_min_size(rect.min, Vec2::splat(side));
        let up = Rect::from_min_size(pos2(rect.right() - side, rect.top()), Vec2::splat(side));
        let middle =
            Rect::from_min_max(pos2(down.right(), rect.top()), pos2(up.left(), rect.bottom()));
        let mut steps = self.turned(ui, middle, theme);
        for (place, name, text, by) in [(down, "less", "–", -1), (up, "more", "+", 1)] {
            let response = ui.interact(place, self.id.with(name), Sense::click());
            response.widget_info(|| {
                WidgetInfo::labeled(Role::Button, true, format!("{}: {name}", self.title))
            });
            let painter = ui.painter();
            if response.hovered() || response.has_focus() {
                painter.rect_filled(place, CornerRadius::same(RADIUS), theme.control_hover);
            }
            let font = Face::SemiBold.at(13.0);
            label_at(painter, place.center(), Align2::CENTER_CENTER, text, font, theme.text_dim);
            if response.on_hover_cursor(CursorIcon::PointingHand).clicked() {
                steps += by;
            }
        }
        let value = (i32::from(self.value) + steps).clamp(0, i32::from(self.most)) as u8;
        (value != self.value).then_some(value)
    }

    /// The number in the middle; how many steps it was turned.
    fn turned(&self, ui: &mut Ui, rect: Rect, theme: &Theme) -> i32 {
        let response = ui.interact(rect, self.id, Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::slider(true, f64::from(self.value), self.title));
        let painter = ui.painter();
        let busy = response.hovered() || response.dragged();
        let fill = if busy { theme.control_hover } else { theme.control };
        let line = if response.has_focus() { theme.accent } else { theme.line_strong };
        let pen = Stroke::new(1.0, line);
        painter.rect(rect, CornerRadius::same(RADIUS), fill, pen, StrokeKind::Inside);
        let font = Face::Regular.at(12.0);
        label(painter, rect, Align2::CENTER_CENTER, self.text, font, theme.text);

        let mut steps = 0;
        // How far it was turned since the button went down.
        let turned = self.id.with("turned");
        if response.drag_started() {
            ui.data_mut(|data| data.insert_temp(turned, 0));
        }
        if let Some(dragged) = response.total_drag_delta() {
            let so_far: i32 = ui.data(|data| data.get_temp(turned)).unwrap_or(0);
            let now = (-dragged.y / TRAVEL) as i32;
            steps = now - so_far;
            ui.data_mut(|data| data.insert_temp(turned, now));
        }
        if response.clicked() {
            response.request_focus();
        }
        super::keep_arrows(ui, &response);
        if response.has_focus() {
            steps += ui.input(|input| {
                let pressed = |key| i32::from(input.key_pressed(key));
                pressed(Key::ArrowUp) - pressed(Key::ArrowDown)
            });
        }
        response.on_hover_cursor(CursorIcon::ResizeVertical);
        steps
    }
}
