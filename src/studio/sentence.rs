//! Error messages as they are shown.

use crate::drummer::capitalised;

/// An error message with a capital at the front and a full stop.
pub fn sentence(message: &str) -> String {
    let message = message.trim_end_matches('.');
    if message.is_empty() { String::new() } else { format!("{}.", capitalised(message)) }
}
