//! The window without a screen: synthetic mouse and keys in, edits out.

mod accessibility;
mod candidates;
#[cfg(target_os = "linux")]
pub mod display;
mod editing;
mod grooves;
mod melodies;
mod menus;
mod newcomer;
mod panel;
mod pianos;
mod recordings;
mod robot;
mod views;
