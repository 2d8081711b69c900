//! What a newcomer sees: the next thing to do, where the drums will be.

use std::sync::Arc;

use egui::{Align2, CornerRadius, Rect, Stroke, Ui, Vec2, pos2};

use super::export;
use super::frame::Frame;
use super::theme::{CONTROL, Face, UNIT};
use super::widgets::{Button, Icon, label_at};

pub fn show(ui: &mut Ui, frame: &Frame<'_>) {
    if frame.part().is_some() {
        return;
    }
    if frame.take.is_some() {
        let (heading, line) = if frame.view.job.is_some() {
            ("Listening to the whole song…", "The drums appear here when they are ready.")
        } else {
            ("Ready to play", "Press Generate, or G, for drums to this take.")
        };
        lines(ui, frame, frame.layout.grid, heading, line);
        return;
    }
    let layout = &frame.layout;
    let field = layout.ruler_head.union(layout.grid).union(layout.overview);
    ui.painter().rect_filled(field, CornerRadius::ZERO, frame.theme.window);
    let (heading, line) = if frame.view.recording.notes > 0 {
        ("Drumlin has heard your song", "Press Capture to take it, then Generate.")
    } else {
        ("Play your song once", "Drumlin listens to the melody on its track, bar by bar.")
    };
    lines(ui, frame, field.translate(Vec2::new(0.0, -52.0)), heading, line);
    steps(ui, frame, field);
    let open = Button::new("open-midi", "Open a MIDI file…")
        .icon(Icon::Save)
        .tip("Plays to a file instead. Dropping one on the window does the same.");
    let size = Vec2::new(open.width(ui.painter()), CONTROL);
    let place = Rect::from_center_size(field.center() + Vec2::new(0.0, 92.0), size);
    if open.show(ui, place, &frame.theme) {
        export::open_midi(Arc::clone(frame.studio));
    }
}

fn lines(ui: &Ui, frame: &Frame<'_>, field: Rect, heading: &str, line: &str) {
    let (theme, painter, middle) = (&frame.theme, ui.painter(), field.center());
    let at = middle - Vec2::new(0.0, 16.0);
    label_at(painter, at, Align2::CENTER_CENTER, heading, Face::SemiBold.at(22.0), theme.text);
    let at = middle + Vec2::new(0.0, 14.0);
    label_at(painter, at, Align2::CENTER_CENTER, line, Face::Regular.at(13.0), theme.text_dim);
}

/// Three steps in a row; the one that comes next is lit.
fn steps(ui: &Ui, frame: &Frame<'_>, field: Rect) {
    let theme = &frame.theme;
    let next = usize::from(frame.view.recording.notes > 0);
    let width = 136.0;
    let names = ["Play", "Capture", "Generate"];
    let icons = [Icon::Play, Icon::Record, Icon::Sparkle];
    let left = field.center().x - width * 1.5;
    let y = field.center().y + 26.0;
    for (index, (name, icon)) in names.into_iter().zip(icons).enumerate() {
        let body = Rect::from_center_size(
            pos2(left + width * (index as f32 + 0.5), y),
            Vec2::new(width - 3.0 * UNIT, 40.0),
        );
        let (line, ink) = if index == next {
            (theme.accent, theme.accent)
        } else {
            (theme.line_strong, theme.text_dim)
        };
        let painter = ui.painter();
        let pen = Stroke::new(1.0, line);
        painter.rect(body, CornerRadius::same(8), theme.panel, pen, egui::StrokeKind::Inside);
        let mark =
            Rect::from_center_size(pos2(body.left() + 22.0, body.center().y), Vec2::splat(16.0));
        icon.paint(painter, mark, ink);
        let at = pos2(mark.right() + 2.0 * UNIT, body.center().y);
        let text = format!("{}  {name}", index + 1);
        label_at(painter, at, Align2::LEFT_CENTER, &text, Face::SemiBold.at(13.0), ink);
    }
}
