//! A file that leaves the window.

/// A file ready to be written or dragged: MIDI, or a WAV file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportFile {
    /// A file name with its ending, fit for any system.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
    /// How many notes are in it, or were played for it; maybe none.
    pub notes: usize,
}

/// A name for a file with this ending, fit for any system.
pub fn file_name(words: &str, ending: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || " -_'.,()".contains(c) { c } else { '_' };
    let name: String = words.chars().map(plain).collect();
    // A leading dot hides a file, and Windows takes no dot or blank at the end of a name.
    format!("{}.{ending}", name.trim_matches(['.', ' ']))
}
