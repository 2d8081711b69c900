//! Any bytes: a network, or an error.

#![no_main]

use drumlin::network::Backend;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = Backend::Cpu.load("fuzzed", bytes);
});
