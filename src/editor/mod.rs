//! The window, in egui: one file for each view.
//!
//! Runs on the host's window thread. Once a frame [`Window::show`] gets the
//! [`Studio`](crate::studio::Studio) (what there is to show, and where edits go), the [`Controls`] (the
//! plugin's parameters) and the [`Transport`]; it paints and turns mouse and keys into edits, jobs and gestures. It never waits:
//! slow work is the studio's worker's, file dialogues have threads of their own, and drags take place
//! outside of frames.
//!
//! - [`theme`]: colours, type and spacing; [`layout`]: where everything is; [`timeline`]: the time
//!   axis that ruler, roll and grid share; [`widgets`]: buttons, knobs, drop-downs.
//! - Views, from top to bottom: [`top_bar`], [`ruler`], [`roll`], [`grid`], [`overview`],
//!   [`alternatives`], [`status_bar`]; at the right [`side_panel`] with [`presets`],
//!   [`matrices`] and [`grooves`]. A [`dialog`] lies over all of it: [`help`], [`drum_map`], [`chooser`].
//! - Each view owns what it remembers; [`window`] holds them and puts a frame together. [`frame`] is
//!   what every view gets, [`shared`] what they share from frame to frame: time axis, selection and
//!   clipboard, and a list of requests (a dialog, a file) that the window serves.
//! - [`parameter_widgets`]: parameters as knobs and switches; [`background`]: slow errands.

mod alternatives;
mod background;
mod bar_line;
mod bar_menu;
mod candidates;
mod chooser;
mod controls;
mod dialog;
mod drag_out;
mod drop_in;
mod drum_map;
mod empty;
mod engine;
mod export;
mod file_dialog;
mod frame;
mod grid;
mod grooves;
mod help;
mod host;
mod keys;
mod layout;
mod matrices;
mod melody_sheet;
mod overview;
mod parameter_widgets;
mod piano_keys;
mod piano_sheet;
mod placement;
mod presets;
mod progress;
mod recording_sheet;
mod roll;
mod ruler;
mod shared;
mod sheet;
mod side_panel;
mod status_bar;
mod take_watch;
#[cfg(test)]
mod tests;
mod theme;
mod timeline;
mod top_bar;
mod widgets;
mod window;
#[cfg(target_os = "linux")]
mod xdnd;

pub use controls::{Controls, value_in};
pub use frame::Transport;
pub use host::{HostEditor, TransportQuery};
pub use layout::SMALLEST;
pub use window::Window;
