//! The names of alternatives.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// `drums.mid`, `drums-2.mid`, `drums-3.mid`: as many paths as there are alternatives.
pub fn numbered(first: &Path, alternatives: usize) -> Vec<PathBuf> {
    let number = |number: usize| {
        if number == 1 {
            return first.to_owned();
        }
        let mut name = OsString::from(first.file_stem().unwrap_or_default());
        name.push(format!("-{number}"));
        if let Some(extension) = first.extension() {
            name.push(".");
            name.push(extension);
        }
        first.with_file_name(name)
    };
    (1..=alternatives).map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternatives_are_numbered_from_the_second_on() {
        let names = |first: &str| -> Vec<String> {
            let paths = numbered(Path::new(first), 3);
            paths.into_iter().map(|path| path.to_str().unwrap().replace('\\', "/")).collect()
        };
        assert_eq!(names("out/drums.mid"), ["out/drums.mid", "out/drums-2.mid", "out/drums-3.mid"]);
        assert_eq!(names("my.song.mid"), ["my.song.mid", "my.song-2.mid", "my.song-3.mid"]);
        assert_eq!(names("drums"), ["drums", "drums-2", "drums-3"]);
    }
}
