//! The document as bytes, for the host's project file.

use super::{Document, Looks};

/// Why bytes are not a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    #[error("this is not a saved state of drumlin")]
    Foreign,
    #[error("the state was saved by a newer drumlin (version {0}): update drumlin to open it")]
    Newer(u16),
    #[error("the saved state is damaged")]
    Damaged,
}

/// All that is saved.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Saved {
    pub document: Document,
    pub looks: Looks,
}

impl Saved {
    pub fn to_bytes(&self) -> Vec<u8> {
        Vec::new()
    }

    /// # Errors
    /// If the bytes are foreign, from a newer version, or damaged.
    pub fn from_bytes(_bytes: &[u8]) -> Result<Saved, StateError> {
        Err(StateError::Foreign)
    }
}
