//! Any bytes: a SoundFont, or an error.

#![no_main]

use drumlin::audio::SoundFont;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = SoundFont::parse(bytes);
});
