//! A knob and a level: drag (finely with shift), wheel, arrow keys, double-click for the default,
//! click on the number to type one.

use std::f32::consts::PI;

use egui::text::CCursorRange;
use egui::text_edit::TextEditState;
use egui::{
    Align2, Color32, CornerRadius, CursorIcon, Id, Key, PointerButton, Rect, Response, Sense,
    Shape, Stroke, StrokeKind, TextEdit, Ui, Vec2, WidgetInfo, pos2,
};

use super::super::theme::{Face, Theme, UNIT};
use super::icon::arc;
use super::{label, label_at, label_snug};

/// Points of dragging from one end to the other.
const TRAVEL: f32 = 180.0;
/// How much finer with shift.
const FINE: f32 = 0.1;
/// A notch of the wheel or an arrow key.
const NOTCH: f32 = 0.02;
/// Where the scale begins and ends, clockwise from the right.
const FROM: f32 = 0.75 * PI;
const TO: f32 = 2.25 * PI;

/// What the musician did with a knob in this frame, in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gesture {
    pub began: bool,
    /// 0 to 1.
    pub value: Option<f32>,
    pub ended: bool,
}

impl Gesture {
    /// A change that is over at once.
    fn at_once(value: f32) -> Gesture {
        Gesture { began: true, value: Some(value.clamp(0.0, 1.0)), ended: true }
    }
}

pub struct Knob<'a> {
    /// Unique in the window.
    pub name: &'static str,
    pub title: &'a str,
    pub tip: &'a str,
    /// 0 to 1.
    pub value: f32,
    pub default: f32,
    /// The value as it is read and typed, such as "50 %".
    pub text: &'a str,
    /// What a typed text means.
    pub parse: &'a dyn Fn(&str) -> Option<f32>,
}

impl Knob<'_> {
    /// A knob with its title below and its number under that.
    pub fn show(&self, ui: &mut Ui, rect: Rect, theme: &Theme) -> Gesture {
        let number = Rect::from_min_max(pos2(rect.left(), rect.bottom() - 16.0), rect.max);
        let title = number.translate(Vec2::new(0.0, -16.0));
        let dial = Rect::from_min_max(rect.min, pos2(rect.right(), title.top()));
        let response = ui.interact(dial.union(title), self.id(), Sense::click_and_drag());
        let mut gesture = self.turn(ui, &response);
        self.paint_dial(ui, dial, theme, &response);
        let anchor = Align2::CENTER_CENTER;
        label_snug(ui.painter(), title, anchor, self.title, Face::Regular, 12.0, theme.text);
        self.number(ui, number, Align2::CENTER_CENTER, theme, &mut gesture);
        self.explain(response);
        gesture
    }

    fn id(&self) -> Id {
        Id::unique(self.name)
    }

    fn explain(&self, response: Response) {
        response.widget_info(|| WidgetInfo::slider(true, f64::from(self.value), self.title));
        response.on_hover_cursor(CursorIcon::ResizeVertical).on_hover_ui(|ui| {
            ui.label(self.tip);
            ui.weak("Drag; shift for fine steps; double-click for the default; click the number to type.");
        });
    }

    fn turn(&self, ui: &Ui, response: &Response) -> Gesture {
        // While it is dragged, the value runs free of what the parameter rounds it to.
        let free = self.id().with("free");
        let mut gesture = Gesture::default();
        if response.double_clicked() {
            return Gesture::at_once(self.default);
        }
        if response.drag_started_by(PointerButton::Primary) {
            gesture.began = true;
            ui.data_mut(|data| data.insert_temp(free, self.value));
        }
        if response.dragged_by(PointerButton::Primary) {
            let fine = if ui.input(|input| input.modifiers.shift) { FINE } else { 1.0 };
            let motion = response.drag_motion();
            let by = (motion.x - motion.y) / TRAVEL * fine;
            let from = ui.data(|data| data.get_temp(free)).unwrap_or(self.value);
            let value: f32 = (from + by).clamp(0.0, 1.0);
            ui.data_mut(|data| data.insert_temp(free, value));
            if by != 0.0 {
                gesture.value = Some(value);
            }
        }
        if response.drag_stopped_by(PointerButton::Primary) {
            gesture.ended = true;
        }
        super::keep_arrows(ui, response);
        if response.has_focus() {
            let by = ui.input(|input| {
                let pressed = |key| f32::from(u8::from(input.key_pressed(key)));
                pressed(Key::ArrowUp) - pressed(Key::ArrowDown)
            });
            if by != 0.0 {
                return Gesture::at_once(self.value + by * NOTCH);
            }
        }
        if response.hovered() && !response.dragged() {
            let wheel = ui.input(|input| input.smooth_scroll_delta.y);
            if wheel != 0.0 {
                return Gesture::at_once(self.value + wheel * NOTCH / 12.0);
            }
        }
        gesture
    }

    fn paint_dial(&self, ui: &Ui, dial: Rect, theme: &Theme, response: &Response) {
        let painter = ui.painter();
        let radius = (dial.width().min(dial.height()) / 2.0 - 3.0).min(30.0);
        let centre = pos2(dial.center().x, dial.center().y + 2.0);
        let at = FROM + (TO - FROM) * self.value;
        let busy = response.hovered() || response.dragged();
        let body = if busy { theme.control_hover } else { theme.control };
        painter.circle(centre, radius - 5.0, body, Stroke::new(1.0, theme.line_strong));
        let line = |from, to, width, colour: Color32| {
            painter.add(Shape::line(arc(centre, radius, from, to), Stroke::new(width, colour)));
        };
        line(FROM, TO, 3.0, theme.line_strong);
        if self.value > 0.004 {
            line(FROM, at, 3.0, theme.accent);
        }
        let (sin, cos) = at.sin_cos();
        let ray = Vec2::new(cos, sin);
        painter.line_segment(
            [centre + ray * (radius - 13.0).max(2.0), centre + ray * (radius - 6.5)],
            Stroke::new(2.0, theme.text),
        );
        if response.has_focus() {
            painter.circle_stroke(centre, radius + 3.0, Stroke::new(1.5, theme.accent));
        }
    }

    /// The number; a click on it opens a field to type into.
    fn number(
        &self,
        ui: &mut Ui,
        rect: Rect,
        anchor: Align2,
        theme: &Theme,
        gesture: &mut Gesture,
    ) {
        let id = self.id().with("number");
        let typed: Option<String> = ui.data(|data| data.get_temp(id));
        let Some(mut typed) = typed else {
            let response = ui.interact(rect, id.with("click"), Sense::click());
            let ink = if response.hovered() { theme.text } else { theme.text_dim };
            label(ui.painter(), rect, anchor, self.text, Face::Regular.at(11.0), ink);
            if response.on_hover_cursor(CursorIcon::Text).clicked() {
                ui.data_mut(|data| data.insert_temp(id, self.text.to_owned()));
                // What is typed takes the place of the number that was there.
                let mut state = TextEditState::default();
                state.cursor.set_char_range(Some(CCursorRange::select_all_str(self.text)));
                state.store(ui.ctx(), id.with("edit"));
                ui.memory_mut(|memory| memory.request_focus(id.with("edit")));
            }
            return;
        };
        let field = TextEdit::singleline(&mut typed)
            .id(id.with("edit"))
            .font(Face::Regular.at(11.0))
            .margin(egui::Margin::symmetric(2, 0))
            .align(egui::Align2::CENTER_CENTER)
            .desired_width(rect.width());
        let response = ui.put(rect, field);
        if response.lost_focus() {
            if !ui.input(|input| input.key_pressed(Key::Escape))
                && let Some(value) = (self.parse)(&typed)
            {
                *gesture = Gesture::at_once(value);
            }
            ui.data_mut(|data| data.remove::<String>(id));
        } else {
            ui.data_mut(|data| data.insert_temp(id, typed));
        }
    }
}

/// The same as a horizontal bar, title at its left and number at its right.
pub fn level(knob: &Knob<'_>, ui: &mut Ui, rect: Rect, theme: &Theme) -> Gesture {
    let text = Rect::from_min_max(rect.min, pos2(rect.right(), rect.center().y));
    let bar = Rect::from_min_max(
        pos2(rect.left(), rect.bottom() - 3.0 * UNIT),
        pos2(rect.right(), rect.bottom() - UNIT),
    );
    let hit = Rect::from_min_max(pos2(rect.left(), text.bottom()), rect.max);
    let response = ui.interact(hit, knob.id(), Sense::click_and_drag());
    let mut gesture = knob.turn(ui, &response);
    let painter = ui.painter();
    painter.rect_filled(bar, CornerRadius::same(3), theme.line_strong);
    let x = bar.left() + bar.width() * knob.value;
    let done = Rect::from_min_max(bar.min, pos2(x, bar.bottom()));
    painter.rect_filled(done, CornerRadius::same(3), theme.accent);
    let handle = Rect::from_center_size(pos2(x, bar.center().y), Vec2::new(8.0, 16.0));
    painter.rect(
        handle,
        CornerRadius::same(3),
        if response.hovered() { theme.control_hover } else { theme.control },
        Stroke::new(1.0, if response.has_focus() { theme.accent } else { theme.line_strong }),
        StrokeKind::Inside,
    );
    label_at(
        painter,
        text.left_center(),
        Align2::LEFT_CENTER,
        knob.title,
        Face::Regular.at(12.0),
        theme.text,
    );
    let number = Rect::from_min_max(pos2(text.right() - 64.0, text.top()), text.max);
    knob.number(ui, number, Align2::RIGHT_CENTER, theme, &mut gesture);
    knob.explain(response);
    gesture
}
