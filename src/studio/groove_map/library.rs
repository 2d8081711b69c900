//! The musician's own grooves: MIDI files in the settings folder.

use std::fs;
use std::path::{Path, PathBuf};

use crate::files::{OutputError, write_beside};
use crate::midi;
use crate::patterns::{MapPoint, MapStyle, Pattern, PatternMap, commonest};
use crate::score::Ticks;
use crate::studio::presets::config_folder;

/// The most files that are taken from dropped folders at once, and read from the library.
const MOST_FILES: usize = 20_000;
/// Folders inside of folders are looked into so deep.
const DEEPEST: usize = 8;

/// A folder with the musician's grooves. It is made when the first is added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrooveLibrary(PathBuf);

/// What became of files that were added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Added {
    pub grooves: usize,
    /// Why the last one that was left out was.
    pub refused: Option<String>,
    pub left_out: usize,
}

impl GrooveLibrary {
    /// The library in this folder.
    pub fn new(folder: PathBuf) -> GrooveLibrary {
        GrooveLibrary(folder)
    }

    /// Where the system keeps the settings of programs; `None` if it names no such place.
    pub fn usual() -> Option<GrooveLibrary> {
        Some(GrooveLibrary(config_folder()?.join("Drumlin").join("grooves")))
    }

    /// All grooves in it, by name: the two bars that each file plays most often, with the tempo.
    pub(super) fn read(&self) -> Vec<(String, Pattern, u16)> {
        let mut files = midi_files(&self.0);
        files.sort();
        files.iter().filter_map(|path| groove(path).ok()).collect()
    }

    /// Copies the grooves among files and folders into the library.
    pub(super) fn add(&self, paths: &[PathBuf]) -> Result<Added, OutputError> {
        let mut added = Added::default();
        for path in paths.iter().flat_map(|path| midi_files(path)) {
            match groove(&path) {
                Ok((name, ..)) => {
                    let on_disk = |source| OutputError::Io { path: self.0.clone(), source };
                    fs::create_dir_all(&self.0).map_err(on_disk)?;
                    let bytes = fs::read(&path)
                        .map_err(|source| OutputError::Io { path: path.clone(), source })?;
                    let file = self.0.join(format!("{name}.mid"));
                    // What is there already is not kept twice.
                    if fs::read(&file).is_ok_and(|there| there == bytes) {
                        continue;
                    }
                    write_beside(&self.0, &format!("{name}.mid"), &bytes)?;
                    added.grooves += 1;
                }
                Err(reason) => {
                    added.left_out += 1;
                    added.refused = Some(reason);
                }
            }
        }
        Ok(added)
    }
}

/// Grooves placed on the map.
pub(super) fn placed(grooves: &[(String, Pattern, u16)], map: &PatternMap) -> Vec<MapPoint> {
    let points = grooves.iter().map(|(name, pattern, tempo)| MapPoint {
        pattern: *pattern,
        place: map.place(pattern),
        style: MapStyle::OTHER,
        tempo: Some(*tempo),
        name: name.as_str().into(),
    });
    points.collect()
}

fn groove(path: &Path) -> Result<(String, Pattern, u16), String> {
    let song = midi::read(path).map_err(|error| error.to_string())?;
    let found = commonest(&song)
        .map_err(|error| format!("cannot use {} as a groove: {error}", path.display()))?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let tempo = song.tempo.bpm(Ticks(0)).0.round().clamp(20.0, 400.0) as u16;
    Ok((name, found.pattern, tempo))
}

/// A file, or the MIDI files of a folder and of those in it. Links to folders are not followed.
fn midi_files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let (mut found, mut folders) = (Vec::new(), vec![(path.to_owned(), 0)]);
    while let Some((folder, depth)) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && depth < DEEPEST => folders.push((path, depth + 1)),
                Ok(_) if ending == "mid" || ending == "midi" => found.push(path),
                _ => {}
            }
            if found.len() >= MOST_FILES {
                return found;
            }
        }
    }
    found
}
