//! The sheet that lists keys and mouse.

use egui::{Align2, Rect, Ui, Vec2, pos2};

use super::frame::Frame;
use super::placement;
use super::shared::{Request, Shared};
use super::theme::{CONTROL, Face, UNIT};
use super::widgets::{Button, label_at};

/// What the help lists: heading, then keys and what they do.
pub const HELP: [(&str, &[(&str, &str)]); 4] = [
    (
        "Drummer",
        &[
            ("C", "Capture everything heard"),
            ("G", "Generate"),
            ("N", "New idea"),
            ("V", "Variation"),
            ("W", "Write 32 candidates"),
            ("1 – 4", "Choose an alternative"),
            ("T", "This take and the one before"),
            ("P", "Play bars while the host stands"),
            ("Shift+1 – 4", "Take it for the selected bars"),
            ("Esc", "Close, cancel, select nothing"),
        ],
    ),
    (
        "Editing",
        &[
            ("Ctrl+Z", "Undo"),
            ("Ctrl+Shift+Z", "Redo"),
            ("Ctrl+C / X / V", "Copy, cut, paste"),
            ("Ctrl+A", "Select all hits"),
            ("Delete", "Erase"),
            ("R", "Regenerate the selection"),
            ("L", "Lock or unlock bars"),
            ("← →", "Move hits by a step"),
            ("↑ ↓", "Louder, softer"),
        ],
    ),
    (
        "Mouse on the grid",
        &[
            ("Click", "Set a hit, or select one"),
            ("… far out", "Select a bar; twice: zoom in"),
            ("Drag", "Paint; on a hit: velocity, move"),
            ("Alt+drag", "Timing"),
            ("Shift+drag", "Select; finer, while dragging"),
            ("Right click", "Erase; on bars: menu"),
        ],
    ),
    (
        "View",
        &[
            ("Wheel", "Scroll"),
            ("Ctrl+wheel", "Zoom"),
            ("+ –", "Zoom"),
            ("0", "Whole song"),
            ("F", "Follow the playhead"),
            ("?", "This help"),
        ],
    ),
];

const LINE: f32 = 24.0;

pub fn show(ui: &mut Ui, frame: &Frame<'_>, shared: &mut Shared, inner: Rect) {
    let theme = &frame.theme;
    let manual = Button::new("manual", "Manual").tip("The manual, task by task.");
    let size = Vec2::new(manual.width(ui.painter()), CONTROL);
    if manual.show(ui, Rect::from_min_size(inner.max - size, size), theme) {
        shared.request(Request::OpenManual);
    }
    let hosts = Button::new("placement", "Where it goes").tip(placement::TIP);
    let right = inner.max - Vec2::new(size.x + 2.0 * UNIT, 0.0);
    let size = Vec2::new(hosts.width(ui.painter()), CONTROL);
    if hosts.show(ui, Rect::from_min_size(right - size, size), theme) {
        shared.request(Request::Placement);
    }
    let painter = ui.painter();
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
}
