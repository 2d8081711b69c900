//! Names of files: those of alternatives, and what their endings say.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::cli::error::CliError;

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

/// What is written into a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    Midi,
    Sound,
    Picture,
}

impl Content {
    const ALL: [Content; 3] = [Content::Midi, Content::Sound, Content::Picture];

    /// The endings that say so, the usual one first.
    const fn endings(self) -> &'static [&'static str] {
        match self {
            Content::Midi => &["mid", "midi", "smf", "kar"],
            Content::Sound => &["wav", "wave"],
            Content::Picture => &["png"],
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Content::Midi => "a MIDI file",
            Content::Sound => "a WAV file",
            Content::Picture => "a PNG picture",
        }
    }

    /// Refuses a path whose ending says that something else is in the file. What says nothing is taken.
    pub fn check(self, path: &Path) -> Result<(), CliError> {
        /// Of files that are never written here.
        const OTHERS: &[&str] = &[
            "aif", "aiff", "csv", "flac", "gif", "html", "jpeg", "jpg", "json", "m4a", "mp3",
            "ogg", "onnx", "opus", "pdf", "sf2", "svg", "txt", "xml",
        ];
        let Some(ending) = path.extension() else { return Ok(()) };
        let ending = ending.to_string_lossy().to_lowercase();
        let says = |content: Content| content.endings().contains(&ending.as_str());
        let other = Content::ALL.into_iter().any(|content| content != self && says(content));
        if other || OTHERS.contains(&ending.as_str()) {
            let (wanted, ending) = (self.name(), self.endings()[0]);
            return Err(CliError::Ending { path: path.into(), wanted, ending });
        }
        Ok(())
    }
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

    #[test]
    fn endings_that_mean_something_else_are_refused() {
        let takes = |content: Content, path: &str| content.check(Path::new(path)).is_ok();
        for path in ["d.mid", "d.MIDI", "d", "my.song", "-", "a.b.mid"] {
            assert!(takes(Content::Midi, path), "{path}");
        }
        for path in ["d.wav", "d.PNG", "d.json", "d.mp3", "d.mid.txt"] {
            assert!(!takes(Content::Midi, path), "{path}");
        }
        assert!(takes(Content::Sound, "p.wav") && !takes(Content::Sound, "p.mid"));
        assert!(takes(Content::Picture, "f.png") && !takes(Content::Picture, "f.jpg"));
        let line = Content::Midi.check(Path::new("d.wav")).unwrap_err().to_string();
        assert_eq!(line, "d.wav is to be a MIDI file: call it something that ends in .mid");
    }
}
