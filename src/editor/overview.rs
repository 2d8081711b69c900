//! The whole song in one strip under the grid: shows what is in view, and scrolls.

use egui::{CornerRadius, CursorIcon, Id, Rect, Sense, Stroke, StrokeKind, Ui, Vec2, pos2};

use super::frame::Frame;
use super::shared::Shared;
use super::theme::UNIT;
use super::widgets::{Button, Look};

pub fn show(ui: &mut Ui, frame: &Frame<'_>, shared: &mut Shared) {
    let (theme, rect) = (&frame.theme, frame.layout.overview);
    ui.painter().rect_filled(rect, CornerRadius::ZERO, theme.panel);
    ui.painter().hline(rect.x_range(), rect.top() + 0.5, Stroke::new(1.0, theme.line_strong));
    let Some(bars) = frame.bars().filter(|bars| !bars.is_empty()) else { return };
    buttons(ui, frame, shared);
    let strip = Rect::from_min_max(
        pos2(frame.layout.grid.left(), rect.top()),
        pos2(rect.right() - UNIT, rect.bottom()),
    )
    .shrink2(Vec2::new(0.0, 5.0));
    let song = shared.timeline.song_ticks().max(1.0);
    let x = |ticks: f64| strip.left() + (ticks / song) as f32 * strip.width();
    let painter = ui.painter();
    painter.rect_filled(strip, CornerRadius::same(3), theme.control);
    if let Some(arrangement) = frame.arrangement {
        for section in &arrangement.form.sections {
            let all = bars.bars();
            let (Some(first), Some(last)) =
                (all.get(section.bars.start), all.get(section.bars.end.saturating_sub(1)))
            else {
                continue;
            };
            let body = Rect::from_min_max(
                pos2(x(first.start.0 as f64), strip.top()),
                pos2((x(last.end().0 as f64) - 1.0).max(x(first.start.0 as f64)), strip.bottom()),
            );
            painter.rect_filled(
                body,
                CornerRadius::ZERO,
                theme.section(section.label).gamma_multiply(0.75),
            );
        }
    }
    if let Some(playhead) = frame.playhead().filter(|at| (0.0..=song).contains(at)) {
        painter.vline(x(playhead), rect.y_range(), Stroke::new(1.5, theme.playhead));
    }
    let seen = shared.timeline.visible();
    let handle = Rect::from_min_max(
        pos2(x(seen.start), strip.top() - 3.0),
        pos2(x(seen.end.min(song)).max(x(seen.start) + 6.0), strip.bottom() + 3.0),
    );
    let response = ui.interact(
        Rect::from_min_max(pos2(strip.left(), rect.top()), pos2(strip.right(), rect.bottom())),
        Id::unique("overview"),
        Sense::click_and_drag(),
    );
    let pen = Stroke::new(if response.hovered() { 2.0 } else { 1.5 }, theme.text);
    painter.rect_stroke(handle, CornerRadius::same(3), pen, StrokeKind::Inside);
    let response = response.on_hover_cursor(CursorIcon::Grab);
    if let Some(pointer) = response.interact_pointer_pos()
        && response.is_pointer_button_down_on()
    {
        shared.timeline.centre(f64::from((pointer.x - strip.left()) / strip.width()) * song);
        shared.follow = false;
    }
    if response.hovered() {
        shared.hint = Some("The whole song: drag to scroll".to_owned());
    }
}

/// Zoom, and whether pages turn by themselves.
fn buttons(ui: &mut Ui, frame: &Frame<'_>, shared: &mut Shared) {
    let head = Rect::from_min_max(
        frame.layout.overview.min,
        pos2(frame.layout.grid_head.right(), frame.layout.overview.bottom()),
    )
    .shrink2(Vec2::new(UNIT, 1.5));
    let mut left = head.left();
    let mut slot = |width: f32| {
        let slot = Rect::from_min_max(pos2(left, head.top()), pos2(left + width, head.bottom()));
        left += width + 2.0;
        slot
    };
    let none = frame.take.is_none().then_some("There is no take yet.");
    let button = |name, text, tip, key| {
        Button::new(name, text).look(Look::Bare).tip(tip).key(key).unless(none)
    };
    if button("zoom-out", "–", "Zoom out", "–").show(ui, slot(20.0), &frame.theme) {
        shared.timeline.zoom_middle(0.7);
    }
    if button("zoom-in", "+", "Zoom in", "+").show(ui, slot(20.0), &frame.theme) {
        shared.timeline.zoom_middle(1.0 / 0.7);
    }
    if button("zoom-all", "All", "Show the whole song", "0").show(ui, slot(30.0), &frame.theme) {
        shared.timeline.show_all();
    }
    let tip = "Turn pages with the playhead";
    let follow = button("follow", "Follow", tip, "F");
    let follow = if shared.follow { follow.look(Look::Lit) } else { follow };
    if follow.show(ui, slot(50.0), &frame.theme) {
        shared.follow = !shared.follow;
    }
}
