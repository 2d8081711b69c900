//! Any bytes: a SoundFont, or an error.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/fuzz/checks/soundfont.rs"]
mod reader;

fuzz_target!(|bytes: &[u8]| {
    reader::check(bytes);
});
