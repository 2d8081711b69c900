//! Where a groove of the musician's is: in a file, or typed.

use std::path::{Path, PathBuf};

use crate::cli::error::CliError;
use crate::drummer::{groove_of_file, groove_of_tab};
use crate::midi;
use crate::network::Models;
use crate::score::TakenGroove;

/// Where a groove is.
#[derive(Clone, Debug, PartialEq)]
pub enum GivenGroove {
    File(PathBuf),
    /// It was typed.
    Tab(String),
}

impl GivenGroove {
    /// What has the bar lines of a tab and is no file was typed.
    pub fn of(path: PathBuf) -> GivenGroove {
        match path.to_str().filter(|text| text.contains('|') && !path.exists()) {
            Some(text) => GivenGroove::Tab(text.to_owned()),
            None => GivenGroove::File(path),
        }
    }

    pub fn file(&self) -> Option<&Path> {
        match self {
            GivenGroove::File(path) => Some(path),
            GivenGroove::Tab(_) => None,
        }
    }

    /// What it is called in a remark.
    pub fn name(&self) -> String {
        self.file().map_or_else(|| "the tab".to_owned(), |path| path.display().to_string())
    }

    /// Reads it, or has it played by a drummer.
    ///
    /// # Errors
    /// If the file cannot be read, or what it says is no groove.
    pub fn read(&self, models: &Models) -> Result<TakenGroove, CliError> {
        match self {
            GivenGroove::Tab(text) => groove_of_tab("Tab", text, models).map_err(CliError::Tab),
            GivenGroove::File(path) => {
                let name = path.file_stem().unwrap_or_default().to_string_lossy();
                groove_of_file(&name, &midi::bytes_of(path)?, models)
                    .map_err(|source| CliError::Groove { path: path.into(), source })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Backend;

    #[test]
    fn a_tab_is_typed_or_in_a_file() {
        let models = Models::new(Backend::Cpu, None);
        let text = "HH x-x-x-x- | BD o---o---";
        let typed = GivenGroove::of(text.into());
        assert_eq!(typed.file(), None);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a | b.txt");
        std::fs::write(&path, text).unwrap();
        let written = GivenGroove::of(path.clone());
        assert_eq!(written.file(), Some(&*path));
        let [typed, written] = [typed, written].map(|given| given.read(&models).unwrap().groove);
        assert_eq!((typed.hits(), written.name()), (written.hits(), "a | b"));
        let wrong = GivenGroove::of("HH x-x- | Z9 x---".into()).read(&models).unwrap_err();
        assert!(wrong.to_string().contains("\"Z9\" is no drum"), "{wrong}");
    }
}
