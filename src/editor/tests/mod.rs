//! The window without a screen: synthetic mouse and keys in, edits out.

mod editing;
mod panel;
mod robot;
mod views;
