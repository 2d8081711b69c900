//! Any bytes: a preset with settings in their range, or none.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/fuzz/checks/preset.rs"]
mod reader;

fuzz_target!(|bytes: &[u8]| {
    reader::check(bytes);
});
