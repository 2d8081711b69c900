//! Any bytes: a recording's samples, which are numbers, or an error.

#![no_main]

use std::sync::Once;

use drumlin::audio::decode;
use libfuzzer_sys::fuzz_target;

/// libFuzzer's hook ends the process at every panic; those of the library that decodes are caught and
/// become errors. What is not caught still ends it.
static QUIET: Once = Once::new();

fuzz_target!(|bytes: &[u8]| {
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    let file = tempfile::NamedTempFile::new().expect("a folder for temporary files");
    std::fs::write(file.path(), bytes).expect("room for a small file");
    let mut samples = 0;
    let _ = decode(file.path(), &mut |block| {
        assert!(block.iter().all(|sample| sample.is_finite()));
        samples += block.len();
        // A header can promise hours.
        samples < 44_100 * 60
    });
});
