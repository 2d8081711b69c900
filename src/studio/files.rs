//! Files are written whole or not at all.

use std::io::{self, Write};
use std::path::Path;

/// Writes a file so that whoever looks sees the old one or the new one, never a part of it.
///
/// # Errors
/// As the system says; the old file is still there then.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}
