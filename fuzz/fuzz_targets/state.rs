//! Any bytes: a saved state, or an error; what is read can be written and read.

#![no_main]

use drumlin::studio::Saved;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(saved) = Saved::from_bytes(bytes) else { return };
    let again = Saved::from_bytes(&saved.to_bytes()).expect("what was written is a state");
    assert!(again == saved);
});
