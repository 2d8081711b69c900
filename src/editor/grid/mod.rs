//! The drum grid: lanes down, time across.
//!
//! [`place`] knows where cells and hits are, [`draw`] paints them, [`lanes`] are the names with
//! their switches, [`mouse`] turns the pointer into edits.

mod draw;
mod lanes;
mod mouse;
mod place;

pub use draw::Key;
pub use mouse::Drag;
pub use place::{ORDER, Place};

use egui::{CornerRadius, Ui};

use super::frame::{Frame, State};

pub fn show(ui: &mut Ui, frame: &Frame<'_>, state: &mut State) {
    let (theme, rect) = (&frame.theme, frame.layout.grid);
    if frame.take.is_none() || frame.live {
        return;
    }
    ui.painter().rect_filled(rect, CornerRadius::ZERO, theme.window);
    lanes::show(ui, frame, state);
    let Some(part) = frame.part() else {
        return;
    };
    let before = Place { rect, timeline: state.timeline, part };
    draw::show(ui, frame, state, &before);
    mouse::handle(ui, frame, state, &before);
    draw::overlay(ui, frame, state, &before);
}
