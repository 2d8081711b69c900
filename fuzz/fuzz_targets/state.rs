//! Any bytes: a saved state, or an error; what is read can be written and read.

#![no_main]

use drumlin::studio::Saved;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // A checksum keeps most of what is tried from the layout, so that is tried by itself too.
    let layout = || {
        let (&version, plain) = bytes.split_first()?;
        Saved::from_layout(version.into(), plain).ok()
    };
    let Some(saved) = Saved::from_bytes(bytes).ok().or_else(layout) else { return };
    let again = Saved::from_bytes(&saved.to_bytes()).expect("what was written is a state");
    assert!(again == saved);
});
