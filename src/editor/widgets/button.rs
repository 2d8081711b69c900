//! A button: label, icon, what it does, its key, and why it cannot be pressed.

use egui::{
    Align2, CornerRadius, CursorIcon, Id, Painter, Rect, Response, Role, Sense, Stroke, StrokeKind,
    Ui, Vec2, WidgetInfo,
};

use super::super::theme::{Face, RADIUS, Theme, UNIT};
use super::{Icon, label};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    /// A body with an outline.
    #[default]
    Plain,
    /// The next thing to do.
    Primary,
    /// No body until the pointer is over it.
    Bare,
    /// Switched on.
    On,
    /// Switched on, and nothing to look at.
    Lit,
}

pub struct Button<'a> {
    id: Id,
    text: &'a str,
    icon: Option<Icon>,
    look: Look,
    tip: &'a str,
    key: &'a str,
    why_not: Option<&'a str>,
}

impl<'a> Button<'a> {
    /// `name` is unique in the window.
    pub fn new(name: impl std::hash::Hash + std::fmt::Debug, text: &'a str) -> Button<'a> {
        Button {
            id: Id::unique(name),
            text,
            icon: None,
            look: Look::Plain,
            tip: "",
            key: "",
            why_not: None,
        }
    }

    pub fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    pub fn look(mut self, look: Look) -> Self {
        self.look = look;
        self
    }

    /// What it does, as a sentence.
    pub fn tip(mut self, tip: &'a str) -> Self {
        self.tip = tip;
        self
    }

    /// The key that does the same.
    pub fn key(mut self, key: &'a str) -> Self {
        self.key = key;
        self
    }

    /// The reason why it cannot be pressed now, if there is one.
    pub fn unless(mut self, why_not: Option<&'a str>) -> Self {
        self.why_not = why_not;
        self
    }

    /// How wide the button wants to be.
    pub fn width(&self, painter: &Painter) -> f32 {
        let text = if self.text.is_empty() {
            0.0
        } else {
            let font = Face::Regular.at(13.0);
            painter.layout_no_wrap(self.text.to_owned(), font, egui::Color32::WHITE).size().x
        };
        let icon = if self.icon.is_some() { 16.0 } else { 0.0 };
        let gap = if text > 0.0 && icon > 0.0 { 1.5 * UNIT } else { 0.0 };
        (text + icon + gap + 2.0 * if text > 0.0 { 3.0 * UNIT } else { 1.5 * UNIT }).ceil()
    }

    pub fn show(self, ui: &mut Ui, rect: Rect, theme: &Theme) -> bool {
        self.respond(ui, rect, theme).clicked()
    }

    /// As [`Button::show`], for what wants to know more than the click.
    pub fn respond(self, ui: &mut Ui, rect: Rect, theme: &Theme) -> Response {
        let enabled = self.why_not.is_none();
        let sense = if enabled { Sense::click() } else { Sense::hover() };
        let response = ui.interact(rect, self.id, sense);
        // Signs such as "?" say nothing to those who listen.
        let speaks = self.text.contains(char::is_alphabetic);
        let name = if speaks || self.tip.is_empty() { self.text } else { self.tip };
        response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, name));
        let painter = ui.painter();
        let hovered = enabled && response.hovered();
        let (fill, line, ink) = match self.look {
            _ if !enabled && self.look == Look::Bare => (None, None, theme.text_off),
            _ if !enabled => (Some(theme.panel), Some(theme.line), theme.text_off),
            Look::Primary if hovered => {
                (Some(theme.accent.lerp_to_gamma(theme.text, 0.15)), None, theme.on_accent)
            }
            Look::Primary | Look::On => (Some(theme.accent), None, theme.on_accent),
            Look::Plain if hovered => {
                (Some(theme.control_hover), Some(theme.line_strong), theme.text)
            }
            Look::Plain => (Some(theme.control), Some(theme.line_strong), theme.text),
            Look::Lit => (Some(theme.control), None, theme.accent),
            Look::Bare if hovered => (Some(theme.control_hover), None, theme.text),
            Look::Bare => (None, None, theme.text_dim),
        };
        let pressed = enabled && response.is_pointer_button_down_on();
        let body = if pressed { rect.shrink(0.5) } else { rect };
        let radius = CornerRadius::same(RADIUS);
        if let Some(fill) = fill {
            painter.rect_filled(body, radius, fill);
        }
        if let Some(line) = line {
            painter.rect_stroke(body, radius, Stroke::new(1.0, line), StrokeKind::Inside);
        }
        if response.has_focus() {
            painter.rect_stroke(
                body.expand(2.0),
                CornerRadius::same(RADIUS + 2),
                Stroke::new(1.5, theme.accent),
                StrokeKind::Outside,
            );
        }
        self.content(painter, body, ink, theme);
        let response =
            if enabled { response.on_hover_cursor(CursorIcon::PointingHand) } else { response };
        if self.tip.is_empty() && self.why_not.is_none() {
            return response;
        }
        response.on_hover_ui(|ui| {
            if !self.tip.is_empty() {
                ui.horizontal(|ui| {
                    ui.label(self.tip);
                    keycap(ui, self.key, theme);
                });
            }
            if let Some(why_not) = self.why_not {
                ui.colored_label(theme.accent, why_not);
            }
        })
    }

    fn content(&self, painter: &Painter, body: Rect, ink: egui::Color32, theme: &Theme) {
        let face = if matches!(self.look, Look::Primary) { Face::SemiBold } else { Face::Regular };
        let Some(icon) = self.icon else {
            label(
                painter,
                body.shrink2(Vec2::new(UNIT, 0.0)),
                Align2::CENTER_CENTER,
                self.text,
                face.at(13.0),
                ink,
            );
            return;
        };
        if self.text.is_empty() {
            let side = (body.height() - 2.0 * UNIT).clamp(10.0, 16.0).min(body.width() - 2.0);
            icon.paint(painter, Rect::from_center_size(body.center(), Vec2::splat(side)), ink);
            return;
        }
        let text =
            super::fitted(painter, self.text, face.at(13.0), ink, body.width() - 16.0 - 4.0 * UNIT);
        let width = 16.0 + 1.5 * UNIT + text.size().x;
        let left = body.center().x - width / 2.0;
        let middle = body.center().y;
        let place = Rect::from_center_size(egui::pos2(left + 8.0, middle), Vec2::splat(16.0));
        icon.paint(painter, place.shrink(1.0), ink);
        painter.galley(
            egui::pos2(left + 16.0 + 1.5 * UNIT, middle - text.size().y / 2.0),
            text,
            theme.text,
        );
    }
}

/// A key as it is drawn on a keyboard; nothing for an empty name.
pub fn keycap(ui: &mut Ui, key: &str, theme: &Theme) {
    if key.is_empty() {
        return;
    }
    let galley =
        ui.painter().layout_no_wrap(key.to_owned(), Face::SemiBold.at(11.0), theme.text_dim);
    let size = galley.size() + Vec2::new(3.0 * UNIT, UNIT);
    let (rect, _) = ui.allocate_exact_size(size.max(Vec2::splat(20.0)), Sense::hover());
    ui.painter().rect(
        rect,
        CornerRadius::same(4),
        theme.control,
        Stroke::new(1.0, theme.line_strong),
        StrokeKind::Inside,
    );
    let at = rect.center() - galley.size() / 2.0;
    ui.painter().galley(at, galley, theme.text_dim);
}
