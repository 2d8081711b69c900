//! The window without a screen: synthetic mouse and keys in, edits out.

mod editing;
mod robot;
mod views;
