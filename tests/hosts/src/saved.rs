//! What is in a saved state, whatever a host has put around it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use drumlin::studio::{Document, Saved};

use crate::BoxError;

/// The document in the bytes that a plugin has saved.
pub fn document(state: &[u8]) -> Result<Document, BoxError> {
    let mark: &[u8] = br#""document":"\""#;
    let from = state
        .windows(mark.len())
        .position(|window| window == mark)
        .ok_or("no document in the state")?
        + mark.len();
    let text: Vec<u8> = state[from..].iter().copied().take_while(|&b| b != b'\\').collect();
    Ok(Saved::from_bytes(&STANDARD.decode(text)?)?.document)
}
