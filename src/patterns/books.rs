//! Two books of drum machine patterns, as <https://github.com/stephenhandley/DrumMachinePatterns> has them.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::pattern::PatternGrid;
use crate::score::Lane;

/// The files, in the order of their patterns.
const BOOKS: [&str; 2] = ["DrumMachinePatterns200.json", "DrumMachinePatterns260.json"];

/// Why a book could not be read.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// Its file.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is not in the form of these books.
    #[error("cannot understand {}: {source}", path.display())]
    Form {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
}

/// A bar of 4/4 or 12/8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Measure {
    /// As the book calls it: `Rock1MeasureA`.
    pub title: String,
    /// The same without its number and what it is for, in lower case: `rock`.
    pub style: String,
    /// Straight or in triplets.
    pub grid: PatternGrid,
    /// What is struck on which step of the grid.
    pub strokes: BTreeSet<(Lane, usize)>,
}

/// As it is stored.
#[derive(Deserialize)]
struct Stored {
    title: String,
    signature: String,
    length: usize,
    tracks: HashMap<String, Vec<String>>,
}

/// The bars of the books in a folder, of those that are there; bars in three are left out.
///
/// # Errors
/// If a book cannot be read or understood.
pub(super) fn measures(folder: &Path) -> Result<Vec<Measure>, BookError> {
    let mut found = Vec::new();
    for path in BOOKS.map(|book| folder.join(book)).into_iter().filter(|path| path.exists()) {
        let text = fs::read_to_string(&path)
            .map_err(|source| BookError::Read { path: path.clone(), source })?;
        let stored: Vec<Stored> =
            serde_json::from_str(&text).map_err(|source| BookError::Form { path, source })?;
        found.extend(stored.into_iter().filter_map(measure));
    }
    Ok(found)
}

fn measure(stored: Stored) -> Option<Measure> {
    let grid = match (stored.length, stored.signature.as_str()) {
        (16, "4/4") => PatternGrid::Straight,
        (12, "4/4" | "12/8") => PatternGrid::Triplet,
        _ => return None,
    };
    let name = stored.title.split(char::is_numeric).next().unwrap_or_default();
    let style = ["MeasureA", "MeasureB", "Break"]
        .iter()
        .fold(name, |style, end| style.trim_end_matches(end))
        .to_lowercase();
    let strokes = stored.tracks.iter().flat_map(|(track, steps)| {
        let struck = steps.iter().take(stored.length).enumerate();
        struck.filter(|(_, what)| *what != "Rest").map(|(step, _)| (lane(track), step))
    });
    let strokes = strokes.collect();
    Some(Measure { title: stored.title, style, grid, strokes })
}

fn lane(track: &str) -> Lane {
    match track {
        "BassDrum" => Lane::Kick,
        "SnareDrum" => Lane::Snare,
        "RimShot" => Lane::SideStick,
        "Clap" => Lane::Clap,
        "ClosedHiHat" => Lane::ClosedHat,
        "OpenHiHat" => Lane::OpenHat,
        "LowTom" => Lane::LowTom,
        "MediumTom" => Lane::MidTom,
        "HighTom" => Lane::HighTom,
        "Cymbal" => Lane::Crash,
        "Tambourine" => Lane::Shaker,
        "Cowbell" => Lane::Bell,
        _ => Lane::HandDrum,
    }
}
