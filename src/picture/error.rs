//! Why there is no picture.

/// Why a canvas did not become a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the picture could not be encoded: {0}")]
pub struct EncodeError(pub String);
