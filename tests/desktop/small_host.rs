//! The example `show_in_host`, which shows the CLAP's window.

use std::path::PathBuf;

use drumlin::studio::Document;

use crate::program::Program;
use crate::screen::{Place, Screen};
use crate::source;
use hosts::{BoxError, built, library, saved};

pub struct SmallHost {
    program: Program,
    folder: tempfile::TempDir,
    /// Its window, as wide and high as the plugin's.
    pub window: u32,
    width: i32,
}

impl SmallHost {
    pub fn new(screen: &Screen) -> Result<SmallHost, BoxError> {
        let song = source("tests/songs/workout.mid");
        let mut program = screen.start(built("examples/show_in_host"), &[library(), song])?;
        let opened = program.line(|line| line.starts_with("window "))?;
        let mut numbers = opened.split(' ').skip(1);
        let mut number = || numbers.next().and_then(|number| number.parse().ok());
        let (window, width) = number().zip(number()).ok_or("no window")?;
        // The window has to be drawn once before it hears of the mouse.
        std::thread::sleep(std::time::Duration::from_secs(1));
        let folder = tempfile::tempdir()?;
        Ok(SmallHost { program, folder, window, width: width as i32 })
    }

    /// Gives a command and waits for its answer.
    pub fn ask(&mut self, command: &str, answer: &str) -> Result<(), BoxError> {
        self.program.write(command)?;
        self.program.line(|line| line == answer)?;
        Ok(())
    }

    /// Opens what [`SmallHost::document`] had saved last.
    pub fn load(&mut self) -> Result<(), BoxError> {
        let file = self.file();
        self.ask(&format!("load {}", file.display()), "loaded")
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// What the plugin would save now.
    pub fn document(&mut self) -> Result<Document, BoxError> {
        let file = self.file();
        self.ask(&format!("save {}", file.display()), "saved")?;
        saved::document(&std::fs::read(&file)?)
    }

    pub fn capture(&self) -> Place {
        CAPTURE
    }

    pub fn generate(&self) -> Place {
        GENERATE
    }

    /// What else there is to capture.
    pub fn capture_menu(&self) -> Place {
        (CAPTURE.0 + 58, CAPTURE.1)
    }

    /// "Hear the drums on this track", in that menu.
    pub fn hear_track(&self) -> Place {
        (CAPTURE.0 + 112, CAPTURE.1 + 229)
    }

    /// "Use as groove for the song", in the sheet of a recording.
    pub fn use_recording(&self) -> Place {
        (134, 602)
    }

    pub fn chip(&self) -> Place {
        chip(self.width)
    }
}

/// Places in the plugin's window, 1100 points wide as hosts open it.
pub const CAPTURE: Place = (300, 26);
pub const GENERATE: Place = (427, 26);

/// "Drag MIDI" keeps its distance from the right.
pub fn chip(width: i32) -> Place {
    (width - 160, 26)
}
