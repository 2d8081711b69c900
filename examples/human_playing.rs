//! Makes `assets/human_playing.json` from the Groove MIDI Dataset:
//!
//!     cargo run --example human_playing -- GROOVE_FOLDER > assets/human_playing.json

use std::path::{Path, PathBuf};
use std::{env, error, fs, io};

use drumlin::drummer::evaluation::Playing;
use drumlin::midi;

const SOURCE: &str = "Groove MIDI Dataset 1.0.0 (Gillick, Roberts, Engel, Eck, Bamman: Learning to \
    Groove with Inverse Sequence Transformations, ICML 2019), CC-BY 4.0, training and validation \
    splits, all whole two-bar windows in 4/4; made by examples/human_playing.rs";

fn midi_files(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            midi_files(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "mid") {
            files.push(path);
        }
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn error::Error>> {
    let folder = env::args_os().nth(1).ok_or("usage: human_playing GROOVE_FOLDER")?;
    let mut files = Vec::new();
    midi_files(Path::new(&folder), &mut files)?;
    files.sort();
    let songs = files.iter().map(|file| midi::read(file)).collect::<Result<Vec<_>, _>>()?;
    println!("{}", serde_json::to_string(&Playing::of(SOURCE, &songs).condensed())?);
    Ok(())
}
