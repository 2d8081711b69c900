//! What views are made of: buttons, knobs, drop-downs, icons, text in a box. They know the theme
//! and nothing of music.

mod button;
mod choice;
mod icon;
mod knob;
mod text;

pub use button::{Button, Look};
pub use choice::choice;
pub use icon::Icon;
pub use knob::{Gesture, Knob, level};
pub use text::{fitted, label, label_at};
