//! Presets: what is asked of the drummer, under a name.
//!
//! Drumlin's own are made of its styles ([`Preset::factory`]). The musician's are small JSON files in
//! a folder ([`PresetFolder`]), one each, written whole or not at all; they can be copied to another
//! machine and read by eye. What is in the folder and is no preset is passed over. Files are slow:
//! call it on a thread that may wait.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Document;
use super::edit::tidy_settings;
use super::take::tidy_name_or;
use crate::drummer::{Settings, Style, StyleChoice};
use crate::files::{OutputError, write_whole};

/// Of the files' layout.
const VERSION: u32 = 1;
const ENDING: &str = ".drumlin-preset.json";
/// No preset is as large, in bytes.
const LARGEST: u64 = 1 << 16;
/// Letters of a name, so that its file has a name that every system takes.
const LONGEST_NAME: usize = 40;

/// Settings under a name. Seed and alternatives are the document's and no part of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Preset {
    /// One line of at most 40 characters.
    pub name: String,
    /// What is asked of the drummer.
    pub settings: Settings,
}

/// Why a preset was not kept or removed.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what each is and what it names")]
pub enum PresetError {
    #[error("cannot write the preset \"{name}\": {source}")]
    Write { name: String, source: OutputError },
    #[error("cannot remove the preset \"{name}\": {source}")]
    Remove { name: String, source: io::Error },
}

impl Preset {
    /// Tidies the name; seed and alternatives of the settings are left out.
    pub fn new(name: &str, settings: Settings) -> Preset {
        let short: String = name.trim().chars().take(LONGEST_NAME).collect();
        // Sections are those of one song.
        let settings = Settings { section_grooves: BTreeMap::new(), ..settings };
        Preset { name: tidy_name_or(&short, "Preset"), settings }
    }

    /// A preset from the bytes of its file; `None` if they are none, or a newer version's. Numbers beyond
    /// their range are brought back into it.
    pub fn from_json(text: &[u8]) -> Option<Preset> {
        serde_json::from_slice::<File>(text).ok()?.read()
    }

    /// The bytes of the preset's file.
    ///
    /// # Errors
    /// If a setting is no number that JSON has.
    pub fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec_pretty(&File::from(self))
    }

    /// Drumlin's own: what the song suggests, and how a drummer of each style usually plays.
    pub fn factory() -> Vec<Preset> {
        let mut presets = vec![Preset::new("From the song", Settings::default())];
        presets.extend(Style::ALL.into_iter().map(|style| {
            let settings = Settings { style: StyleChoice::Preset(style), ..Settings::default() };
            let [complexity, intensity, fill_amount, fill_complexity, swing, humanise] =
                habits(style);
            let settings = Settings {
                complexity,
                intensity,
                fill_amount,
                fill_complexity,
                swing,
                humanise,
                ..settings
            };
            Preset::new(&style.title(), settings)
        }));
        presets
    }

    /// Whether these settings are the preset's, but for what hosts round.
    pub fn is_asked(&self, settings: &Settings) -> bool {
        let own = &self.settings;
        let mut shares = own.shares().into_iter().zip(settings.shares());
        shares.all(|(a, b)| (a - b).abs() < 5e-4)
            && own.style == settings.style
            && (own.ending, own.count_in) == (settings.ending, settings.count_in)
    }
}

/// Complexity, intensity, fill amount, fill complexity, swing and humanise, 0 to 1 each: what the
/// styles are known for, by judgement; nothing here is measured.
const fn habits(style: Style) -> [f32; 6] {
    match style {
        Style::Rock => [0.5, 0.65, 0.5, 0.5, 0.0, 0.4],
        Style::Pop => [0.4, 0.5, 0.4, 0.35, 0.0, 0.35],
        Style::Funk => [0.65, 0.55, 0.4, 0.5, 0.1, 0.55],
        Style::Soul => [0.5, 0.5, 0.4, 0.4, 0.15, 0.6],
        // Jazz rides swing by themselves.
        Style::Jazz => [0.55, 0.35, 0.35, 0.5, 0.3, 0.7],
        Style::Latin => [0.6, 0.5, 0.4, 0.5, 0.0, 0.5],
        Style::Afro => [0.65, 0.5, 0.4, 0.55, 0.1, 0.55],
        Style::HipHop => [0.4, 0.5, 0.25, 0.3, 0.3, 0.4],
        Style::Dance => [0.35, 0.6, 0.3, 0.3, 0.0, 0.1],
        Style::Punk => [0.55, 0.85, 0.5, 0.4, 0.0, 0.4],
        Style::Metal => [0.75, 0.9, 0.6, 0.75, 0.0, 0.25],
        Style::Country => [0.45, 0.5, 0.4, 0.35, 0.1, 0.5],
        Style::Blues => [0.45, 0.45, 0.4, 0.4, 0.8, 0.6],
        Style::Reggae => [0.4, 0.4, 0.35, 0.4, 0.3, 0.55],
        Style::Ballad => [0.25, 0.3, 0.3, 0.25, 0.0, 0.5],
        Style::March => [0.5, 0.5, 0.35, 0.45, 0.0, 0.35],
    }
}

/// A folder with the musician's presets. It is made when the first one is saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresetFolder(PathBuf);

impl PresetFolder {
    /// The folder need not be there yet.
    pub fn new(path: impl Into<PathBuf>) -> PresetFolder {
        PresetFolder(path.into())
    }

    /// Where the system keeps the settings of programs; `None` if it names no such place.
    pub fn usual() -> Option<PresetFolder> {
        Some(PresetFolder(config_folder()?.join("Drumlin").join("presets")))
    }

    /// All that can be read there, by name; none where there is no folder.
    pub fn list(&self) -> Vec<Preset> {
        let entries = fs::read_dir(&self.0).into_iter().flatten().flatten();
        let mut presets: Vec<Preset> = entries.filter_map(|entry| read(&entry.path())).collect();
        presets.sort_by_key(|preset| (preset.name.to_lowercase(), preset.name.clone()));
        presets
    }

    /// Keeps a preset, in place of one of that name.
    ///
    /// # Errors
    /// If the file cannot be written; an old one is still there then.
    pub fn save(&self, preset: &Preset) -> Result<(), PresetError> {
        let path = self.path_of(&preset.name);
        let failed = |source| PresetError::Write { name: preset.name.clone(), source };
        let on_disk = |source| failed(OutputError::Io { path: path.clone(), source });
        let text = preset.to_json().map_err(|error| on_disk(error.into()))?;
        fs::create_dir_all(&self.0).map_err(on_disk)?;
        write_whole(&path, &text).map_err(failed)
    }

    /// Removes the preset of a name; nothing happens if there is none.
    ///
    /// # Errors
    /// If the file cannot be removed.
    pub fn remove(&self, name: &str) -> Result<(), PresetError> {
        match fs::remove_file(self.path_of(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(PresetError::Remove { name: name.to_owned(), source: error })
            }
            _ => Ok(()),
        }
    }

    /// Names that differ only in case are one: some systems hold their files for one.
    fn path_of(&self, name: &str) -> PathBuf {
        let mut file = String::new();
        for letter in name.chars().flat_map(char::to_lowercase) {
            if letter.is_alphanumeric() || " -_()".contains(letter) {
                file.push(letter);
            } else {
                file.push_str(&format!("%{:x}", u32::from(letter)));
            }
        }
        self.0.join(file + ENDING)
    }
}

/// Where files stay that are taken out of the window: projects may play them from there. `None` if the
/// system names no place for settings.
pub fn dragged_folder() -> Option<PathBuf> {
    Some(config_folder()?.join("Drumlin").join("dragged"))
}

/// `%APPDATA%` on Windows, `~/Library/Application Support` on macOS, elsewhere what the XDG base
/// directory specification says.
pub(super) fn config_folder() -> Option<PathBuf> {
    let named = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if cfg!(windows) {
        named("APPDATA")
    } else if cfg!(target_os = "macos") {
        Some(std::env::home_dir()?.join("Library/Application Support"))
    } else {
        named("XDG_CONFIG_HOME").or_else(|| Some(std::env::home_dir()?.join(".config")))
    }
}

fn read(path: &Path) -> Option<Preset> {
    if !path.file_name()?.to_str()?.ends_with(ENDING) {
        return None;
    }
    let mut text = Vec::new();
    fs::File::open(path).ok()?.take(LARGEST + 1).read_to_end(&mut text).ok()?;
    if text.len() as u64 > LARGEST {
        return None;
    }
    Preset::from_json(&text)
}

/// A preset as it is written.
#[derive(Serialize, Deserialize)]
struct File {
    version: u32,
    name: String,
    #[serde(flatten)]
    settings: Settings,
}

impl From<&Preset> for File {
    fn from(Preset { name, settings }: &Preset) -> File {
        File { version: VERSION, name: name.clone(), settings: settings.clone() }
    }
}

impl File {
    /// `None` if it is from a newer version.
    fn read(self) -> Option<Preset> {
        let settings = tidy_settings(&self.settings, &Document::default());
        let settings = Settings { alternatives: 1, ..settings };
        (self.version == VERSION).then(|| Preset::new(&self.name, settings))
    }
}
