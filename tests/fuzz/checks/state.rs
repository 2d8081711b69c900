//! A saved state, or an error; what is read can be written and read.

use drumlin::studio::Saved;

/// Whether a state was read. The bytes are those of a file, or what is behind its checksum, which keeps
/// most of what is damaged from the layout: the version in one byte, then the layout unpacked.
pub fn check(bytes: &[u8]) -> bool {
    let layout = || {
        let (&version, plain) = bytes.split_first()?;
        Saved::from_layout(version.into(), plain).ok()
    };
    let Some(saved) = Saved::from_bytes(bytes).ok().or_else(layout) else { return false };
    let again = Saved::from_bytes(&saved.to_bytes()).expect("what was written is a state");
    assert!(again == saved);
    true
}
