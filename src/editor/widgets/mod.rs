//! What views are made of: buttons, switches, knobs, drop-downs, icons, text in a box. They know the theme
//! and nothing of music.

mod button;
mod cached;
mod choice;
mod drag_chip;
mod icon;
mod knob;
mod stepper;
mod switch;
mod text;

pub use button::{Button, Look};
pub use cached::{Cached, PtrEq};
pub use choice::{Choice, ENTRY, entry, field, field_off, field_room, list};
pub use drag_chip::drag_chip;
pub use icon::Icon;
pub use knob::{Gesture, Knob, level};
pub use stepper::Stepper;
pub use switch::switch;
pub use text::{fitted, label, label_at, label_list, label_snug, label_wrapped, message};

use egui::{EventFilter, Id, Response, Ui};

/// While it has the focus, arrow keys are for the widget; otherwise they move the focus on.
pub fn keep_arrows(ui: &Ui, response: &Response) {
    if response.has_focus() {
        keep_arrows_of(ui, response.id);
    }
}

/// As [`keep_arrows`], for the widget that has the focus.
pub fn keep_arrows_of(ui: &Ui, focus: Id) {
    let filter =
        EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(focus, filter));
}
