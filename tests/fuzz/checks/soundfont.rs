//! A SoundFont, or an error.

use drumlin::audio::SoundFont;

/// Whether a font was read.
pub fn check(bytes: &[u8]) -> bool {
    SoundFont::parse(bytes).is_ok()
}
