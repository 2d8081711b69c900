//! Any bytes: a saved state, or an error; what is read can be written and read.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/fuzz/checks/state.rs"]
mod reader;

fuzz_target!(|bytes: &[u8]| {
    reader::check(bytes);
});
