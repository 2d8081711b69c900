//! The drum grid: lanes down, time across.
//!
//! [`place`] knows where cells and hits are, [`draw`] paints them, [`lanes`] are the names with
//! their switches, [`mouse`] turns the pointer into edits.

mod draw;
mod lanes;
mod mouse;
mod place;

pub use place::{ORDER, Place};

use egui::{CornerRadius, Mesh, Ui};

use std::sync::Arc;

use super::frame::Frame;
use super::shared::Shared;
use super::widgets::Cached;
use crate::studio::Studio;
use mouse::Mouse;

/// What the grid remembers.
#[derive(Default)]
pub struct Grid {
    mouse: Mouse,
    /// The picture of many hits.
    hits: Cached<draw::Key, Arc<Mesh>>,
}

impl Grid {
    /// Whether something is being drawn or moved.
    pub fn is_dragging(&self) -> bool {
        self.mouse.drag.is_some()
    }

    /// Forgets what was being drawn or moved.
    pub fn let_go(&mut self) {
        self.mouse.drag = None;
    }

    /// Ends what is being drawn or moved, and takes back what it has changed so far.
    pub fn cancel(&mut self, studio: &Studio) {
        if self.mouse.drag.take().is_some_and(|drag| drag.has_edited()) {
            studio.undo();
        }
    }
}

pub fn show(ui: &mut Ui, frame: &Frame<'_>, shared: &mut Shared, grid: &mut Grid) {
    let (theme, rect) = (&frame.theme, frame.layout.grid);
    if frame.take.is_none() || frame.live {
        return;
    }
    ui.painter().rect_filled(rect, CornerRadius::ZERO, theme.window);
    lanes::show(ui, frame, shared, grid.mouse.brush);
    let Some(part) = frame.part() else {
        return;
    };
    let before = Place { rect, timeline: shared.timeline, part };
    draw::show(ui, frame, shared, &mut grid.hits, &before);
    mouse::handle(ui, frame, shared, &mut grid.mouse, &before);
    draw::overlay(ui, frame, shared, grid.mouse.drag.as_ref(), &before);
}
