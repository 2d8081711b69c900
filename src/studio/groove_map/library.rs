//! The musician's own grooves: MIDI files in the settings folder.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::files::{OutputError, write_beside};
use crate::midi;
use crate::patterns::{MapPoint, MapStyle, Pattern, PatternMap, medoid};
use crate::studio::presets::config_folder;

/// Is told what share is done, 0 to 1; answers whether to go on.
pub(super) type Progress<'a> = &'a dyn Fn(f32) -> bool;

/// The most files that are taken from dropped folders at once, and read from the library.
const MOST_FILES: usize = 20_000;
/// Folders inside of folders are looked into so deep.
const DEEPEST: usize = 8;
/// The most bytes of a groove's name in the name of its file: with a number and an ending systems take 255.
const LONGEST_NAME: usize = 200;

/// Why grooves were not added, or not all of them.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    #[error("adding grooves was stopped")]
    Cancelled,
    #[error("the system names no folder for settings, so that there is no library of grooves")]
    NoLibrary,
    #[error(transparent)]
    Output(#[from] OutputError),
    #[error("{0}")]
    Refused(String),
}

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

    /// All grooves in it, by name: of each file the two bars that are most like all its others, with the
    /// tempo in beats a minute (dotted ones in compound metres).
    pub(super) fn read(
        &self,
        progress: Progress<'_>,
    ) -> Result<Vec<(String, Pattern, u16)>, LibraryError> {
        let mut files = midi_files(&self.0);
        files.sort();
        let mut grooves = Vec::new();
        for (done, path) in files.iter().enumerate() {
            go_on(progress, done, files.len())?;
            grooves.extend(groove(path).ok());
        }
        Ok(grooves)
    }

    /// Copies the grooves among files and folders into the library, but for those whose bytes are there
    /// already under whatever name. What is copied by the time that it is stopped stays.
    pub(super) fn add(
        &self,
        paths: &[PathBuf],
        progress: Progress<'_>,
    ) -> Result<Added, LibraryError> {
        let (mut added, mut kept) = (Added::default(), Kept::of(midi_files(&self.0)));
        let files: Vec<PathBuf> = paths.iter().flat_map(|path| midi_files(path)).collect();
        for (done, path) in files.iter().enumerate() {
            go_on(progress, done, files.len())?;
            match groove(path) {
                Ok((name, ..)) => {
                    let bytes = fs::read(path)
                        .map_err(|source| OutputError::Io { path: path.clone(), source })?;
                    if kept.has(&bytes) {
                        continue;
                    }
                    let on_disk = |source| OutputError::Io { path: self.0.clone(), source };
                    fs::create_dir_all(&self.0).map_err(on_disk)?;
                    let name = name[..name.floor_char_boundary(LONGEST_NAME)].trim_end();
                    let copy = write_beside(&self.0, &format!("{name}.mid"), &bytes)?;
                    kept.add(bytes.len() as u64, copy);
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

/// The files of a library by their length, so that few have to be read to find one's bytes.
#[derive(Default)]
struct Kept(HashMap<u64, Vec<PathBuf>>);

impl Kept {
    fn of(files: Vec<PathBuf>) -> Kept {
        let mut kept = Kept::default();
        for file in files {
            if let Ok(found) = fs::metadata(&file) {
                kept.add(found.len(), file);
            }
        }
        kept
    }

    fn add(&mut self, length: u64, file: PathBuf) {
        self.0.entry(length).or_default().push(file);
    }

    /// Whether a file has these bytes.
    fn has(&self, bytes: &[u8]) -> bool {
        let alike = self.0.get(&(bytes.len() as u64));
        let is_same = |file: &PathBuf| fs::read(file).is_ok_and(|there| there == bytes);
        alike.is_some_and(|files| files.iter().any(is_same))
    }
}

fn go_on(progress: Progress<'_>, done: usize, all: usize) -> Result<(), LibraryError> {
    if progress(done as f32 / all as f32) { Ok(()) } else { Err(LibraryError::Cancelled) }
}

/// Grooves placed on the map.
pub(super) fn placed(
    grooves: &[(String, Pattern, u16)],
    map: &PatternMap,
    progress: Progress<'_>,
) -> Result<Vec<MapPoint>, LibraryError> {
    let points = grooves.iter().enumerate().map(|(done, (name, pattern, tempo))| {
        go_on(progress, done, grooves.len())?;
        Ok(MapPoint {
            pattern: *pattern,
            place: map.place(pattern),
            style: MapStyle::OTHER,
            tempo: Some(*tempo),
            name: name.as_str().into(),
        })
    });
    points.collect()
}

fn groove(path: &Path) -> Result<(String, Pattern, u16), String> {
    let song = midi::read(path).map_err(|error| error.to_string())?;
    let found = medoid(&song)
        .map_err(|error| format!("cannot use {} as a groove: {error}", path.display()))?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let tempo = found.beats_per_minute(&song).round().clamp(20.0, 400.0) as u16;
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
