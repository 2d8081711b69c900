//! `cargo xtask demo`: drums for a real song, from nothing but a checkout.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::{bundle, root, run};

/// "Workout" by Korp, see `tests/songs/README.md`: 72 bars with a form, without drums.
const SONG: &str = "tests/songs/workout.mid";
const FOLDER: &str = "target/demo";

/// What comes out, with what it is.
const MADE: [(&str, &str); 4] = [
    ("drums.mid", "the drum part"),
    ("song.mid", "the song with its drums"),
    ("preview.wav", "the same, to listen to"),
    ("form.png", "the song's form"),
];

pub fn run_all() -> Result<(), Box<dyn Error>> {
    run(bundle::release_build(&["--package", "drumlin", "--bin", "drumlin"]))?;
    make()
}

/// Makes it with the program as it was built last.
pub fn make() -> Result<(), Box<dyn Error>> {
    let folder = root().join(FOLDER);
    fs::create_dir_all(&folder).map_err(|error| format!("{FOLDER}: {error}"))?;
    let [drums, song, preview, form] = MADE.map(|(name, _)| format!("{FOLDER}/{name}"));
    let generate = |more: &[&str]| {
        let mut program = Command::new(bundle::program("drumlin"));
        program.args(["generate", SONG]).args(more).current_dir(root());
        run(program)
    };
    generate(&["--output", &drums, "--audio", &preview, "--picture", &form])?;
    generate(&["--output", &song, "--merge", "--quiet"])?;
    println!("From {SONG}:");
    for (name, what) in MADE {
        println!("  {FOLDER}/{name:11}  {what} ({} bytes)", size(&folder.join(name))?);
    }
    Ok(())
}

fn size(path: &Path) -> Result<u64, Box<dyn Error>> {
    match fs::metadata(path) {
        Ok(found) if found.len() > 0 => Ok(found.len()),
        _ => Err(format!("{} was not made", path.display()).into()),
    }
}
