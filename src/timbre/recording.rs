//! The beginning of a recording, from a file of any kind.

use std::path::Path;

use super::learn::LOOKED_THROUGH;
use crate::audio::{self, DECODED_RATE, DecodeError};

/// As many mono samples at [`DECODED_RATE`] as [`super::learn`] looks through.
///
/// # Errors
/// [`DecodeError`]; [`DecodeError::Cancelled`] once `go_on` says no.
pub fn beginning(path: &Path, go_on: &dyn Fn() -> bool) -> Result<Vec<f32>, DecodeError> {
    let mut samples = Vec::new();
    let most = (LOOKED_THROUGH * f64::from(DECODED_RATE)) as usize;
    let decoded = audio::decode(path, &mut |block| {
        samples.extend_from_slice(block);
        samples.len() < most && go_on()
    });
    match decoded {
        // Of long recordings the beginning is enough.
        Err(DecodeError::Cancelled) if samples.len() >= most => Ok(samples),
        decoded => decoded.map(|_| samples),
    }
}
