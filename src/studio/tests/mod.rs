//! The studio as the plugin and the window use it, with the real drummer.

mod candidates;
mod drums;
mod grooves;
mod helpers;
mod projects;
mod recordings;
