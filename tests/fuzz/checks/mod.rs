//! What each reader promises for any bytes, one file each: the targets of libFuzzer in
//! `fuzz/fuzz_targets` are made of the same files.

pub mod midi;
pub mod model;
pub mod preset;
pub mod recording;
pub mod soundfont;
pub mod state;
