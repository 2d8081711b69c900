//! The bar at the foot: what is selected and what can be done with it; what the mouse would do; what
//! went wrong.

use egui::{
    Align2, CornerRadius, CursorIcon, Id, Rect, Sense, Stroke, Ui, Vec2, ViewportCommand, pos2,
};

use super::bar_menu::{BarAction, locking};
use super::engine;
use super::frame::Frame;
use super::layout::SMALLEST;
use super::presets;
use super::shared::Shared;
use super::theme::{Face, UNIT};
use super::widgets::{Button, Look, label_at, message};

/// From this width on, in points, there is room for a sentence beside what can be done with the selection.
const WIDE: f32 = 1100.0;

/// `news` is what went well lately.
pub fn show(ui: &mut Ui, frame: &Frame<'_>, shared: &mut Shared, news: Option<String>) {
    let (theme, rect) = (&frame.theme, frame.layout.status_bar);
    ui.painter().rect_filled(rect, CornerRadius::ZERO, theme.panel);
    ui.painter().hline(rect.x_range(), rect.top() + 0.5, Stroke::new(1.0, theme.line_strong));
    let mut room = rect.shrink2(Vec2::new(2.5 * UNIT, 2.0));
    grip(ui, frame, shared, pos2(room.right(), room.bottom()));
    room.max.x -= 4.0 * UNIT;
    let backend = Rect::from_min_max(pos2(room.right() - engine::WIDTH, room.top()), room.max);
    engine::show(ui, frame, backend);
    room.max.x = backend.left() - UNIT;
    if let Some(text) = selection_name(frame, shared) {
        let at = room.left_center();
        let drawn = label_at(
            ui.painter(),
            at,
            Align2::LEFT_CENTER,
            &text,
            Face::SemiBold.at(12.0),
            theme.text,
        );
        room.min.x = drawn.right() + 2.0 * UNIT;
        // In a narrow window what went wrong needs the room; a right click has the same.
        let has_room = frame.view.error.is_none() || rect.width() >= WIDE;
        let actions = [BarAction::Regenerate, BarAction::CopyToRepeats, locking(frame, shared)];
        for action in actions.into_iter().filter(|_| has_room) {
            let name = action.name();
            let button = Button::new(("deed", name.as_str()), &name)
                .look(Look::Bare)
                .tip(action.tip())
                .unless(action.why_not(frame, shared));
            let width = button.width(ui.painter());
            let place = Rect::from_min_max(room.min, pos2(room.left() + width, room.bottom()));
            room.min.x = place.right() + 2.0;
            if button.show(ui, place, theme) {
                action.run(frame, shared);
            }
        }
        room.min.x += 2.0 * UNIT;
    }
    let outdated = frame.outdated.as_ref().map(|difference| {
        let ink = if difference.is_grave() { theme.alarm } else { theme.text_dim };
        (difference.sentence(), ink)
    });
    let standing = match &frame.view.tapping {
        Some(tapping) => Some((format!("{}; Done keeps it", presets::tapped(tapping)), theme.text)),
        None => outdated,
    };
    let (text, ink) = match (&frame.view.error, news, &shared.hint) {
        (_, Some(news), _) => (news, theme.running),
        (Some(error), None, _) => (error.to_string(), theme.alarm),
        (None, None, Some(hint)) if frame.view.tapping.is_none() => (hint.clone(), theme.text_dim),
        (None, None, _) => standing.unwrap_or_else(|| (resting(frame).to_owned(), theme.text_dim)),
    };
    message(ui, room, "status", &text, Face::Regular.at(12.0), ink);
}

/// A corner to pull the window by. Some hosts let a plugin's window grow by their own border, but never
/// shrink.
fn grip(ui: &mut Ui, frame: &Frame<'_>, shared: &mut Shared, corner: egui::Pos2) {
    // Whoever presses in the very corner means it, too.
    let end = frame.layout.window().right_bottom();
    let place = Rect::from_min_max(corner - Vec2::splat(16.0), end);
    let response = ui.interact(place, Id::unique("window-size"), Sense::drag());
    let ink = if response.hovered() || response.dragged() {
        frame.theme.text
    } else {
        frame.theme.text_off
    };
    for step in [4.0, 8.0, 12.0] {
        let line = [corner - Vec2::new(step, 2.0), corner - Vec2::new(2.0, step)];
        ui.painter().line_segment(line, Stroke::new(1.5, ink));
    }
    let size = Id::unique("window-size-before");
    if response.drag_started() {
        ui.data_mut(|data| data.insert_temp(size, frame.layout.window().size()));
    }
    if let Some(by) = response.total_drag_delta().filter(|_| response.dragged())
        && let Some(before) = ui.data(|data| data.get_temp::<Vec2>(size))
    {
        let wanted = (before + by).max(SMALLEST).round();
        shared.wanted_size = Some(wanted);
        ui.send_viewport_cmd(ViewportCommand::InnerSize(wanted));
    }
    response
        .on_hover_cursor(CursorIcon::ResizeNwSe)
        .on_hover_text("Pull to make the window larger or smaller.");
}

fn selection_name(frame: &Frame<'_>, shared: &Shared) -> Option<String> {
    let count = shared.selection.cells.len();
    if count > 0 {
        return Some(if count == 1 { "1 hit".to_owned() } else { format!("{count} hits") });
    }
    let bars = shared.selection.bars.as_ref()?;
    let name = frame.bars_name(bars);
    let form = frame.arrangement.map(|arrangement| &arrangement.form.sections);
    let section = form.and_then(|sections| sections.iter().find(|section| section.bars == *bars));
    Some(match section {
        Some(section) => format!("Section {}, {name}", section.letter()),
        None => name,
    })
}

/// What to know when the mouse is nowhere in particular.
fn resting(frame: &Frame<'_>) -> &'static str {
    let recording = &frame.view.recording;
    match (frame.take, frame.arrangement) {
        _ if recording.incomplete => {
            "Some notes were not heard: more came at once than could be kept"
        }
        (_, Some(_)) if frame.transport.rehearsing => "Playing without the host; P stops it",
        _ if frame.live && recording.running => "Listening; Capture takes what was heard so far",
        _ if frame.live => "Press Capture to take what was heard",
        (None, _) if recording.running => "Listening: no note was heard yet",
        (None, _) => "Play the song in the host",
        (Some(_), None) if frame.view.job.is_some() => "Everything stays usable meanwhile",
        (Some(_), None) => "Press Generate for drums",
        (Some(_), Some(_)) => "1 to 4 choose; ? lists all keys",
    }
}
