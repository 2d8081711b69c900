//! Any bytes: a recording's samples, which are numbers, or an error.

#![no_main]

use std::sync::Once;

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/fuzz/checks/recording.rs"]
mod reader;

/// libFuzzer's hook ends the process at every panic; those of the library that decodes are caught and
/// become errors. What is not caught still ends it.
static QUIET: Once = Once::new();

fuzz_target!(|bytes: &[u8]| {
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    reader::check(bytes);
});
