//! The drum grid: lanes down, time across.
//!
//! [`place`] knows where cells and hits are, [`draw`] paints them, [`lanes`] are the names with
//! their switches, [`mouse`] turns the pointer into edits.

mod draw;
mod lanes;
mod mouse;
mod place;

pub use mouse::Drag;
pub use place::{ORDER, Place};

use egui::{Align2, CornerRadius, Rect, Ui, Vec2};

use super::frame::{Frame, State};
use super::theme::Face;
use super::widgets::label_at;

pub fn show(ui: &mut Ui, frame: &Frame<'_>, state: &mut State) {
    let (theme, rect) = (&frame.theme, frame.layout.grid);
    ui.painter().rect_filled(rect, CornerRadius::ZERO, theme.window);
    lanes::show(ui, frame, state);
    let Some(part) = frame.part() else {
        empty(ui, frame, rect);
        return;
    };
    let before = Place { rect, timeline: state.timeline, part };
    draw::show(ui, frame, state, &before);
    mouse::handle(ui, frame, state, &before);
    draw::overlay(ui, frame, state, &before);
}

/// What to do as long as there are no drums.
fn empty(ui: &Ui, frame: &Frame<'_>, rect: Rect) {
    let theme = &frame.theme;
    let (heading, line) = match (&frame.view.job, frame.take) {
        (Some(_), _) => {
            ("Listening to the whole song…", "The drums appear here when they are ready.")
        }
        (None, Some(_)) => ("Ready to play", "Press Generate, or G, for drums to this take."),
        (None, None) if frame.view.recording.notes > 0 => {
            ("Drumlin has heard your song", "Press Capture to take it, then Generate.")
        }
        (None, None) => (
            "Play your song once",
            "Start the host's transport over a melody, then press Capture; or open a MIDI file.",
        ),
    };
    let painter = ui.painter_at(rect);
    let middle = rect.center();
    label_at(
        &painter,
        middle - Vec2::new(0.0, 14.0),
        Align2::CENTER_CENTER,
        heading,
        Face::SemiBold.at(20.0),
        theme.text,
    );
    label_at(
        &painter,
        middle + Vec2::new(0.0, 14.0),
        Align2::CENTER_CENTER,
        line,
        Face::Regular.at(13.0),
        theme.text_dim,
    );
}
