//! A recording's samples, which are numbers, or an error.

use drumlin::audio::decode;

/// Whether anything was decoded: compressed recordings may be cut short.
pub fn check(bytes: &[u8]) -> bool {
    let file = tempfile::NamedTempFile::new().expect("a folder for temporary files");
    std::fs::write(file.path(), bytes).expect("room for a small file");
    let mut samples = 0;
    let read = decode(file.path(), &mut |block| {
        assert!(block.iter().all(|sample| sample.is_finite()), "samples are numbers");
        samples += block.len();
        // A header can promise hours.
        samples < 44_100 * 60
    });
    read.is_ok() || samples > 0
}
