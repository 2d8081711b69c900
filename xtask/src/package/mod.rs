//! `cargo xtask package`: the archive that a musician downloads. Plugins, program, manual, notices and a
//! script that installs them without Rust.

mod licences;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::bundle::{self, Bundles};
use super::system::System;
use super::{root, run};

const VERSION: &str = env!("CARGO_PKG_VERSION");
const FOLDER: &str = "target/package";

/// What comes along of `docs`.
const PAGES: [&str; 2] = ["manual.md", "command-line.md"];

const INSTALL_UNIX: &str = include_str!("install.sh");
const INSTALL_WINDOWS: &str = include_str!("install.cmd");

pub fn run_all() -> Result<(), Box<dyn Error>> {
    run(bundle::release_build(&["--package", "drumlin", "--lib", "--bins"]))?;
    let Bundles { clap, vst3, component } = bundle::lay_out()?;
    let name = format!("drumlin-{VERSION}-{}-{}", System::HERE.name(), std::env::consts::ARCH);
    let folder = root().join(FOLDER).join(&name);
    bundle::remove(&folder)?;
    for plugin in [Some(clap), Some(vst3), component].into_iter().flatten() {
        let own = plugin.file_name().ok_or("a bundle has no name")?.to_owned();
        bundle::install(&plugin, &folder.join(own))?;
    }
    let program = bundle::program("drumlin");
    bundle::install(&program, &folder.join(program.file_name().ok_or("the program has no name")?))?;
    papers(&folder)?;
    let archive = pack(&folder, &name)?;
    println!("{}", archive.display());
    Ok(())
}

/// Everything that is read rather than run: pages with their pictures, licences, the script.
fn papers(folder: &Path) -> Result<(), Box<dyn Error>> {
    let docs = root().join("docs");
    for page in PAGES {
        let text = fs::read_to_string(docs.join(page))?;
        for picture in pictures(&text) {
            bundle::install(&docs.join(picture), &folder.join(picture))?;
        }
        let packed = folder.join(page);
        fs::write(&packed, without_links_out(&text))
            .map_err(|error| format!("{}: {error}", packed.display()))?;
    }
    for (from, to) in [
        ("LICENSE", "LICENSE"),
        ("assets/LICENSE-FluidR3.txt", "licences/FluidR3.txt"),
        ("assets/fonts/LICENSE-Inter.txt", "licences/Inter.txt"),
    ] {
        bundle::install(&root().join(from), &folder.join(to))?;
    }
    let notices = folder.join("licences/crates.txt");
    fs::write(&notices, licences::notices()?)
        .map_err(|error| format!("{}: {error}", notices.display()))?;
    let (name, script) = match System::HERE {
        System::Windows => ("install.cmd", INSTALL_WINDOWS.replace('\n', "\r\n")),
        System::Linux | System::Mac => ("install.sh", INSTALL_UNIX.to_owned()),
    };
    let script_file = folder.join(name);
    fs::write(&script_file, script)
        .map_err(|error| format!("{}: {error}", script_file.display()))?;
    make_runnable(&script_file)
}

/// The pictures that a page of Markdown shows.
fn pictures(page: &str) -> impl Iterator<Item = &str> {
    page.split("](").skip(1).filter_map(|rest| {
        let link = rest.split(')').next()?;
        link.ends_with(".png").then_some(link)
    })
}

/// A page without links to files that do not come along; their words stay.
fn without_links_out(page: &str) -> String {
    let (mut out, mut rest) = (String::new(), page);
    while let Some(middle) = rest.find("](") {
        let target = &rest[middle + 2..];
        let (Some(open), Some(length)) = (rest[..middle].rfind('['), target.find(')')) else {
            break;
        };
        let end = middle + 2 + length + 1;
        let file = target[..length].split('#').next().unwrap_or_default();
        let comes_along = file.is_empty() || file.ends_with(".png") || PAGES.contains(&file);
        if comes_along || file.contains("://") {
            out.push_str(&rest[..end]);
        } else {
            out.push_str(&rest[..open]);
            out.push_str(&rest[open + 1..middle]);
        }
        rest = &rest[end..];
    }
    out + rest
}

#[cfg(unix)]
fn make_runnable(file: &Path) -> Result<(), Box<dyn Error>> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::set_permissions(file, fs::Permissions::from_mode(0o755))?)
}

#[cfg(not(unix))]
fn make_runnable(_file: &Path) -> Result<(), Box<dyn Error>> {
    Ok(())
}

/// Packs the folder with the system's own `tar`, which Windows has too.
fn pack(folder: &Path, name: &str) -> Result<PathBuf, Box<dyn Error>> {
    let beside = folder.parent().ok_or("the package has no folder")?;
    let (archive, options) = match System::HERE {
        System::Windows => (beside.join(format!("{name}.zip")), "-acf"),
        System::Linux | System::Mac => (beside.join(format!("{name}.tar.gz")), "-czf"),
    };
    bundle::remove(&archive)?;
    let mut tar = Command::new("tar");
    tar.arg(options).arg(&archive).arg("-C").arg(beside).arg(name);
    run(tar)?;
    Ok(archive)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_pictures_are_there() {
        let docs = root().join("docs");
        let pages = PAGES.map(|page| fs::read_to_string(docs.join(page)).unwrap());
        let pictures: Vec<&str> = pages.iter().flat_map(|page| pictures(page)).collect();
        assert!(pictures.len() >= 6);
        for picture in pictures {
            assert!(docs.join(picture).is_file(), "{picture}");
        }
    }

    #[test]
    fn no_link_leads_out_of_the_archive() {
        let page = "See [the table](../README.md#reads), [keys](#keys), [the manual](manual.md#a) \
                    and ![it](window/a.png): [here](https://drumlin.example).";
        let packed = "See the table, [keys](#keys), [the manual](manual.md#a) and \
                      ![it](window/a.png): [here](https://drumlin.example).";
        assert_eq!(without_links_out(page), packed);
        for page in PAGES {
            let text = fs::read_to_string(root().join("docs").join(page)).unwrap();
            let kept = without_links_out(&text);
            assert_eq!(pictures(&kept).count(), pictures(&text).count());
            assert!(!kept.contains("](quality.md") && !kept.contains("](../"), "{page}");
            assert!(kept.len() <= text.len() && kept.lines().count() == text.lines().count());
        }
    }

    /// What the script does with an archive, in a home of its own.
    #[cfg(unix)]
    #[test]
    fn the_script_installs_and_removes_again() {
        let place = std::env::temp_dir().join(format!("drumlin-package-{}", std::process::id()));
        bundle::remove(&place).unwrap();
        let (archive, home) = (place.join("archive"), place.join("home"));
        for file in ["Drumlin.clap", "Drumlin.vst3/Contents/x86_64-linux/Drumlin.so", "drumlin"] {
            let file = archive.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "new").unwrap();
        }
        fs::create_dir_all(home.join(".clap")).unwrap();
        fs::write(home.join(".clap/Drumlin.clap"), "old").unwrap();
        fs::write(archive.join("install.sh"), INSTALL_UNIX).unwrap();
        let run = |arguments: &[&str]| {
            let mut script = Command::new("sh");
            script.arg(archive.join("install.sh")).args(arguments).env("HOME", &home);
            script.output().unwrap().status.success()
        };
        let (clap, vst3) =
            System::HERE.plugin_folders(|_| Some(home.clone().into_os_string())).unwrap();
        let installed = [
            clap.join("Drumlin.clap"),
            vst3.join("Drumlin.vst3/Contents/x86_64-linux/Drumlin.so"),
            home.join(".local/bin/drumlin"),
        ];
        for _ in 0..2 {
            assert!(run(&[]));
            assert!(installed.iter().all(|file| fs::read(file).unwrap() == b"new"));
        }
        assert!(!run(&["remove"]), "what it does not know it refuses");
        assert!(installed.iter().all(|file| file.exists()));
        assert!(run(&["--remove"]));
        assert!(installed.iter().all(|file| !file.exists()));
        bundle::remove(&place).unwrap();
    }
}
