//! Any bytes: a recording's samples, which are numbers, or an error.

#![no_main]

use drumlin::audio::decode;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
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
