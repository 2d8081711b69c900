//! The systems that the plugins run on, as far as plugins lie in different places there.

use std::ffi::OsString;
use std::path::PathBuf;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    Linux,
    Mac,
    Windows,
}

impl System {
    /// What these chores were built for.
    pub const HERE: System = if cfg!(target_os = "macos") {
        System::Mac
    } else if cfg!(target_os = "windows") {
        System::Windows
    } else {
        System::Linux
    };

    /// As archives are named after it.
    pub const fn name(self) -> &'static str {
        match self {
            System::Linux => "linux",
            System::Mac => "macos",
            System::Windows => "windows",
        }
    }

    /// The user's folders for CLAP and VST3, as the formats prescribe. Asks for variables of the
    /// environment; an error says which is missing.
    pub fn plugin_folders(
        self,
        ask: impl Fn(&str) -> Option<OsString>,
    ) -> Result<(PathBuf, PathBuf), String> {
        let folder = |name: &str| ask(name).map(PathBuf::from).ok_or(format!("{name} is not set"));
        Ok(match self {
            System::Linux => {
                let home = folder("HOME")?;
                (home.join(".clap"), home.join(".vst3"))
            }
            System::Mac => {
                let plugins = folder("HOME")?.join("Library/Audio/Plug-Ins");
                (plugins.join("CLAP"), plugins.join("VST3"))
            }
            System::Windows => {
                let common = folder("LOCALAPPDATA")?.join("Programs").join("Common");
                (common.join("CLAP"), common.join("VST3"))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plugins_lie_where_hosts_look() {
        for (system, variable, clap, vst3) in [
            (System::Linux, "HOME", "at/.clap", "at/.vst3"),
            (
                System::Mac,
                "HOME",
                "at/Library/Audio/Plug-Ins/CLAP",
                "at/Library/Audio/Plug-Ins/VST3",
            ),
            (System::Windows, "LOCALAPPDATA", "at/Programs/Common/CLAP", "at/Programs/Common/VST3"),
        ] {
            let ask = |name: &str| (name == variable).then(|| "at".into());
            assert_eq!(system.plugin_folders(ask), Ok((clap.into(), vst3.into())));
            assert_eq!(system.plugin_folders(|_| None), Err(format!("{variable} is not set")));
        }
    }
}
