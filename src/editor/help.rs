//! The overlay that lists keys and mouse.

use egui::{Align2, Color32, CornerRadius, Id, Rect, Sense, Stroke, StrokeKind, Ui, Vec2, pos2};

use super::frame::{Frame, State};
use super::keys::HELP;
use super::theme::{Face, UNIT};
use super::widgets::label_at;

const LINE: f32 = 24.0;

pub fn show(ui: &mut Ui, frame: &Frame<'_>, state: &mut State) {
    if !state.help {
        return;
    }
    let theme = &frame.theme;
    let window = frame.layout.window();
    // Takes the pointer from everything below.
    let behind = ui.interact(window, Id::unique("help-behind"), Sense::click());
    let painter = ui.painter();
    painter.rect_filled(window, CornerRadius::ZERO, Color32::from_black_alpha(150));
    let size = Vec2::new(720.0, 460.0).min(window.size() - Vec2::splat(6.0 * UNIT));
    let card = Rect::from_center_size(window.center(), size);
    let pen = Stroke::new(1.0, theme.line_strong);
    painter.rect(card, CornerRadius::same(10), theme.panel, pen, StrokeKind::Inside);
    let inner = card.shrink(6.0 * UNIT);
    let columns = [&HELP[..2], &HELP[2..]];
    let width = inner.width() / 2.0;
    for (index, groups) in columns.into_iter().enumerate() {
        let left = inner.left() + index as f32 * width;
        let mut y = inner.top();
        for (heading, lines) in groups {
            let at = pos2(left, y + LINE / 2.0);
            label_at(
                painter,
                at,
                Align2::LEFT_CENTER,
                heading,
                Face::SemiBold.at(13.0),
                theme.accent,
            );
            y += LINE;
            for (keys, what) in *lines {
                let at = pos2(left, y + LINE * 0.4);
                label_at(
                    painter,
                    at,
                    Align2::LEFT_CENTER,
                    keys,
                    Face::SemiBold.at(12.0),
                    theme.text,
                );
                let at = pos2(left + 112.0, y + LINE * 0.4);
                label_at(
                    painter,
                    at,
                    Align2::LEFT_CENTER,
                    what,
                    Face::Regular.at(12.0),
                    theme.text_dim,
                );
                y += LINE - 4.0;
            }
            y += 2.0 * UNIT;
        }
    }
    if behind.clicked() {
        state.help = false;
    }
}
