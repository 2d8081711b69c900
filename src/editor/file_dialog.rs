//! The system's file dialogues, where there are any.
//!
//! On Linux a dialogue is a service of the desktop: the portal, or a program such as zenity or
//! kdialog. Plain window managers have none of them, and the window draws a chooser of its own
//! ([`super::chooser`]). Slow: called on threads that may wait for the musician.

use std::path::PathBuf;

use crate::audio::RECORDING_ENDINGS;

/// What the musician answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    Path(PathBuf),
    /// They changed their mind.
    Nothing,
    /// There is nobody to ask; why, as a sentence.
    NoDialogue(&'static str),
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
enum DialogKind<'a> {
    Song,
    Groove,
    Piano,
    Save(&'a str),
}

/// Asks for a MIDI file to open.
pub fn open() -> Chosen {
    run_dialog(DialogKind::Song)
}

/// Asks for a groove: drums as MIDI, as a recording or in tablature.
pub fn open_groove() -> Chosen {
    run_dialog(DialogKind::Groove)
}

/// Asks for the recording of a piano.
pub fn open_piano() -> Chosen {
    run_dialog(DialogKind::Piano)
}

/// Asks where to save a MIDI file.
pub fn save(name: &str) -> Chosen {
    run_dialog(DialogKind::Save(name))
}

impl DialogKind<'_> {
    const fn title(self) -> &'static str {
        match self {
            DialogKind::Song => "Open a MIDI file",
            DialogKind::Groove => "Open a groove",
            DialogKind::Piano => "Open the recording of a piano",
            DialogKind::Save(_) => "Save the drums",
        }
    }

    fn endings(self) -> Vec<&'static str> {
        match self {
            DialogKind::Song => [&SONGS[..], &RECORDING_ENDINGS].concat(),
            DialogKind::Groove => [&SONGS[..], &TABS, &RECORDING_ENDINGS].concat(),
            DialogKind::Piano => RECORDING_ENDINGS.to_vec(),
            DialogKind::Save(_) => SONGS.to_vec(),
        }
    }
}

/// Endings of songs and grooves.
pub const SONGS: [&str; 2] = ["mid", "midi"];
/// Endings of drum tablature.
pub const TABS: [&str; 2] = ["txt", "tab"];

fn run_dialog(kind: DialogKind) -> Chosen {
    #[cfg(target_os = "linux")]
    match linux::means() {
        linux::Means::Desktop { sure } => {
            let began = std::time::Instant::now();
            let answer = desktop(kind);
            // A portal without a file chooser answers at once; nobody closes a window as fast.
            if answer == Chosen::Nothing && !sure && began.elapsed() < linux::AT_ONCE {
                return Chosen::NoDialogue(linux::NO_ANSWER);
            }
            answer
        }
        linux::Means::Kdialog(program) => linux::kdialog(&program, kind),
        linux::Means::None => Chosen::NoDialogue(linux::NOBODY),
    }
    #[cfg(not(target_os = "linux"))]
    desktop(kind)
}

fn desktop(kind: DialogKind) -> Chosen {
    let dialogue = rfd::FileDialog::new().set_title(kind.title());
    let endings = kind.endings();
    let path = match kind {
        DialogKind::Song => dialogue.add_filter("MIDI file or recording", &endings).pick_file(),
        DialogKind::Groove => {
            dialogue.add_filter("MIDI file, drum tab or recording", &endings).pick_file()
        }
        DialogKind::Piano => dialogue.add_filter("Recording", &endings).pick_file(),
        DialogKind::Save(name) => {
            dialogue.set_file_name(name).add_filter("MIDI file", &["mid"]).save_file()
        }
    };
    path.map_or(Chosen::Nothing, Chosen::Path)
}

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::OsStr;
    use std::path::{Path, PathBuf};
    use std::process::Command;
    use std::time::Duration;

    use super::{Chosen, DialogKind};

    /// Faster than anybody closes a dialogue.
    pub const AT_ONCE: Duration = Duration::from_millis(400);
    pub const NOBODY: &str =
        "This desktop has no file dialogue (a portal, zenity or kdialog), so choose here.";
    pub const NO_ANSWER: &str =
        "The desktop's portal opened no file dialogue, and there is no zenity; choose here.";

    /// With what dialogues are shown.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum Means {
        /// The portal, or zenity where the portal does not answer, which rfd knows. `sure` if zenity
        /// is there.
        Desktop {
            sure: bool,
        },
        Kdialog(PathBuf),
        None,
    }

    pub fn means() -> Means {
        let variable = |name| std::env::var_os(name).unwrap_or_default();
        let bus = !variable("DBUS_SESSION_BUS_ADDRESS").is_empty()
            || Path::new(&variable("XDG_RUNTIME_DIR")).join("bus").exists();
        let data = match variable("XDG_DATA_DIRS") {
            named if named.is_empty() => "/usr/local/share:/usr/share".into(),
            named => named,
        };
        means_of(bus, &data, &variable("PATH"))
    }

    /// What there is, if `bus` says whether the session has a message bus, from the folders of data
    /// and programs.
    pub fn means_of(bus: bool, data: &OsStr, path: &OsStr) -> Means {
        const SERVICE: &str = "dbus-1/services/org.freedesktop.portal.Desktop.service";
        let find = |folders: &OsStr, file: &str| {
            std::env::split_paths(folders).map(|folder| folder.join(file)).find(|at| at.is_file())
        };
        let zenity = find(path, "zenity").is_some();
        if zenity || bus && find(data, SERVICE).is_some() {
            return Means::Desktop { sure: zenity };
        }
        find(path, "kdialog").map_or(Means::None, Means::Kdialog)
    }

    pub fn kdialog(program: &Path, kind: DialogKind) -> Chosen {
        let mut command = Command::new(program);
        let home = std::env::home_dir().unwrap_or_default();
        command.args(["--title", kind.title()]);
        match kind {
            DialogKind::Save(name) => command.arg("--getsavefilename").arg(home.join(name)),
            _ => command.arg("--getopenfilename").arg(home),
        };
        let endings: Vec<String> =
            kind.endings().iter().map(|ending| format!("*.{ending}")).collect();
        command.arg(endings.join(" "));
        let Ok(output) = command.output() else { return Chosen::NoDialogue(NOBODY) };
        let path = String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned();
        if path.is_empty() { Chosen::Nothing } else { Chosen::Path(path.into()) }
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use std::fs;

        #[test]
        fn what_a_desktop_has_is_found() {
            let folder = tempfile::tempdir().unwrap();
            let (data, bin) = (folder.path().join("share"), folder.path().join("bin"));
            fs::create_dir_all(data.join("dbus-1/services")).unwrap();
            fs::create_dir_all(&bin).unwrap();
            let find = |bus| means_of(bus, data.as_os_str(), bin.as_os_str());
            assert_eq!(find(true), Means::None);
            fs::write(bin.join("kdialog"), "#!/bin/sh\necho /songs/one.mid\n").unwrap();
            assert_eq!(find(true), Means::Kdialog(bin.join("kdialog")));
            let service = "dbus-1/services/org.freedesktop.portal.Desktop.service";
            fs::write(data.join(service), "").unwrap();
            assert_eq!(find(true), Means::Desktop { sure: false });
            // Without a bus nobody reaches the portal.
            assert_eq!(find(false), Means::Kdialog(bin.join("kdialog")));
            fs::write(bin.join("zenity"), "").unwrap();
            assert_eq!(find(false), Means::Desktop { sure: true });
        }

        #[test]
        fn kdialog_answers_with_a_path_or_with_nothing() {
            use std::os::unix::fs::PermissionsExt;
            let folder = tempfile::tempdir().unwrap();
            let program = |name: &str, text: &str| {
                let path = folder.path().join(name);
                fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
                fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
                path
            };
            let says = program("says", "echo \"/songs/$2.mid\"");
            let wanted = Chosen::Path("/songs/Open a MIDI file.mid".into());
            assert_eq!(kdialog(&says, DialogKind::Song), wanted);
            assert_eq!(
                kdialog(&program("nothing", "exit 1"), DialogKind::Save("x.mid")),
                Chosen::Nothing
            );
            let gone = kdialog(&folder.path().join("gone"), DialogKind::Piano);
            assert_eq!(gone, Chosen::NoDialogue(NOBODY));
        }
    }
}
