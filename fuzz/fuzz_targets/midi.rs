//! Any bytes: a song within the limits, or an error; what is read can be written and read, and merged
//! with drums.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/fuzz/checks/midi.rs"]
mod reader;

fuzz_target!(|bytes: &[u8]| {
    reader::check(bytes);
});
