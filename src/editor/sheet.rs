//! What the large sheets have in common: a title above, a foot below, and a job that can be ended.

use egui::{Align2, Painter, Rect, Ui, pos2};

use super::frame::Frame;
use super::progress::progress_bar;
use super::theme::{Face, Theme, UNIT};
use super::widgets::{Button, Icon, label};
use crate::studio::{Job, PreviewRequest};

/// The rows of a sheet from top to bottom, each as wide as its card.
pub struct Rows {
    pub head: Rect,
    pub body: Rect,
    pub foot: Rect,
}

impl Rows {
    /// Of a sheet within its card, with the heights of head and foot.
    pub fn new(inner: Rect, head: f32, foot: f32) -> Rows {
        let head = inner.with_max_y(inner.top() + head);
        let foot = inner.with_min_y(inner.bottom() - foot);
        let body = Rect::from_min_max(
            pos2(inner.left(), head.bottom() + 2.0 * UNIT),
            pos2(inner.right(), foot.top() - 3.0 * UNIT),
        );
        Rows { head, body, foot }
    }

    /// Takes a row of a height from the top of the body.
    pub fn take(&mut self, height: f32) -> Rect {
        let row = self.body.with_max_y(self.body.top() + height);
        self.body = self.body.with_min_y(row.bottom() + 2.0 * UNIT);
        row
    }
}

/// A sheet's title; answers with the room at its right.
pub fn title(painter: &Painter, theme: &Theme, head: Rect, text: &str) -> Rect {
    let font = Face::SemiBold.at(16.0);
    let title = label(painter, head, Align2::LEFT_CENTER, text, font, theme.text);
    head.with_min_x(title.right() + 3.0 * UNIT)
}

/// A button that has a sound heard while the host stands, or ends the one that `is_heard`.
pub fn listen(
    ui: &mut Ui,
    frame: &Frame<'_>,
    place: Rect,
    id: impl std::hash::Hash + std::fmt::Debug,
    is_heard: bool,
    request: impl FnOnce() -> PreviewRequest,
) {
    let button = if is_heard {
        Button::new(id, "Stop").icon(Icon::Stop).tip("Stop.")
    } else {
        let why_not = frame.transport.playing.then_some("It is heard while the host stands.");
        Button::new(id, "Listen").icon(Icon::Play).tip("Hear it.").unless(why_not)
    };
    if button.show(ui, place, &frame.theme) {
        match is_heard {
            true => frame.studio.stop_preview(),
            false => frame.start(Job::Preview(request())),
        }
    }
}

/// How far the job is that runs, `width` wide at most, and the button `cancel` that ends it, at the
/// right of `room`. Nothing if there is none.
pub fn running_job(
    ui: &mut Ui,
    frame: &Frame<'_>,
    room: Rect,
    cancel: &'static str,
    width: f32,
) -> bool {
    let Some(job) = &frame.view.job else { return false };
    let cancel = Button::new(cancel, "Cancel").icon(Icon::Cross).tip("Stop; what there is stays.");
    let place = room.with_min_x(room.right() - cancel.width(ui.painter()));
    if cancel.show(ui, place, &frame.theme) {
        frame.studio.cancel();
    }
    let right = place.left() - 2.0 * UNIT;
    let bar = room.with_max_x(right).with_min_x((right - width).max(room.left()));
    progress_bar(ui, &frame.theme, job, bar);
    true
}
