//! `cargo xtask bundle`: the release build of the plugin, laid out as hosts look for it.
//!
//! Linux and Windows want a plain library for CLAP, and for VST3 a folder with the library under the
//! name of its platform; macOS wants bundles with an `Info.plist`, and has a third one, the Audio
//! Units that Logic loads.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::system::System;
use super::{cargo, root, run};

/// Name and identifier of the bundles.
const NAME: &str = "Drumlin";
const IDENTIFIER: &str = "dev.drumlin.drumlin";
const FOLDER: &str = "target/bundled";

/// The plugins' Audio Units, in the order of the CLAP factory: type, subtype and name.
const AUDIO_UNITS: [[&str; 3]; 2] = [["aumu", "Drml", "Drumlin"], ["aumf", "DrFX", "Drumlin FX"]];
/// The Audio Units' manufacturer, in four letters and by name.
const MANUFACTURER: [&str; 2] = ["Drmn", "Drumlin"];

/// The bundles.
pub struct Bundles {
    pub clap: PathBuf,
    pub vst3: PathBuf,
    /// Audio Units, on macOS.
    pub component: Option<PathBuf>,
}

pub fn run_all() -> Result<(), Box<dyn Error>> {
    let Bundles { clap, vst3, component } = make()?;
    for bundle in [clap, vst3].into_iter().chain(component) {
        println!("{}", bundle.display());
    }
    Ok(())
}

/// Builds the library and lays out the bundles anew.
pub fn make() -> Result<Bundles, Box<dyn Error>> {
    run(release_build(&["--package", "drumlin", "--lib"]))?;
    lay_out()
}

/// The build of some targets as they ship.
pub fn release_build(targets: &[&str]) -> Command {
    cargo(&[&["build", "--release"], targets].concat())
}

/// Lays out the bundles anew, of the library as it was built last.
pub fn lay_out() -> Result<Bundles, Box<dyn Error>> {
    let library = target_folder().join("release").join(library_name());
    let folder = root().join(FOLDER);
    let [clap, vst3, component] =
        ["clap", "vst3", "component"].map(|ending| folder.join(format!("{NAME}.{ending}")));
    for old in [&clap, &vst3, &component] {
        remove(old)?;
    }
    let component = (System::HERE == System::Mac).then_some(component);
    if let Some(component) = &component {
        mac_bundle(&library, &clap, "")?;
        mac_bundle(&library, &vst3, "")?;
        mac_bundle(&library, component, &audio_components())?;
    } else {
        copy(&library, &clap)?;
        copy(&library, &vst3.join(vst3_library(System::HERE, std::env::consts::ARCH)))?;
    }
    Ok(Bundles { clap, vst3, component })
}

/// Where a VST3's bundle has the library for a system and a processor, as Rust names it.
fn vst3_library(system: System, processor: &str) -> PathBuf {
    let (platform, file) = match system {
        System::Linux => (format!("{processor}-linux"), format!("{NAME}.so")),
        System::Mac => ("MacOS".to_owned(), NAME.to_owned()),
        System::Windows => {
            let processor = if processor == "aarch64" { "arm64" } else { processor };
            (format!("{processor}-win"), format!("{NAME}.vst3"))
        }
    };
    Path::new("Contents").join(platform).join(file)
}

/// Where cargo builds, as it decides itself.
pub fn target_folder() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// A program of the optimised build.
pub fn program(name: &str) -> PathBuf {
    let folder = target_folder().join("release");
    folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

fn library_name() -> String {
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
    format!("{DLL_PREFIX}drumlin{DLL_SUFFIX}")
}

/// `more` are further entries of the `Info.plist`.
fn mac_bundle(library: &Path, bundle: &Path, more: &str) -> Result<(), Box<dyn Error>> {
    let contents = bundle.join("Contents");
    copy(library, &bundle.join(vst3_library(System::Mac, std::env::consts::ARCH)))?;
    write(&contents.join("Info.plist"), info_plist(more).as_bytes())?;
    write(&contents.join("PkgInfo"), b"BNDL????")
}

fn info_plist(more: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
  <dict>
    <key>CFBundleExecutable</key><string>{NAME}</string>
    <key>CFBundleIdentifier</key><string>{IDENTIFIER}</string>
    <key>CFBundleName</key><string>{NAME}</string>
    <key>CFBundlePackageType</key><string>BNDL</string>
    <key>CFBundleSignature</key><string>????</string>
    <key>CFBundleShortVersionString</key><string>{version}</string>
    <key>CFBundleVersion</key><string>{version}</string>
    <key>NSHighResolutionCapable</key><true/>
{more}  </dict>
</plist>
"#
    )
}

/// What macOS registers of the Audio Units; clap-wrapper numbers their factory functions.
fn audio_components() -> String {
    let [manufacturer, maker] = MANUFACTURER;
    // 16, 8 and 8 bits.
    let version = env!("CARGO_PKG_VERSION")
        .split('.')
        .fold(0, |version, part| version << 8 | part.parse::<u32>().unwrap_or(0));
    let units = AUDIO_UNITS.iter().enumerate().map(|(number, [kind, subtype, name])| {
        format!(
            r#"      <dict>
        <key>type</key><string>{kind}</string>
        <key>subtype</key><string>{subtype}</string>
        <key>manufacturer</key><string>{manufacturer}</string>
        <key>name</key><string>{maker}: {name}</string>
        <key>description</key><string>{name}</string>
        <key>version</key><integer>{version}</integer>
        <key>factoryFunction</key><string>GetPluginFactoryAUV2_{number}</string>
        <key>resourceUsage</key>
        <dict>
          <key>temporary-exception.files.all.read-write</key><true/>
        </dict>
      </dict>
"#
        )
    });
    let units: String = units.collect();
    format!("    <key>AudioComponents</key>\n    <array>\n{units}    </array>\n")
}

fn write(to: &Path, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    fs::write(to, bytes).map_err(|error| format!("{}: {error}", to.display()).into())
}

/// Copies a file, with the folders that lead to it.
fn copy(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    let told = |error| format!("{} to {}: {error}", from.display(), to.display());
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(told)?;
    }
    // Under another name first: a host may have the old library loaded, and must not see it change.
    let new = to.with_extension("new");
    fs::copy(from, &new).map_err(told)?;
    fs::rename(&new, to).map_err(told)?;
    Ok(())
}

/// Removes a file or folder, if it is there.
pub fn remove(path: &Path) -> Result<(), Box<dyn Error>> {
    let done = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match done {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("{}: {error}", path.display()).into())
        }
        _ => Ok(()),
    }
}

/// Copies a bundle, file or folder, to where hosts find it.
pub fn install(bundle: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    if !bundle.is_dir() {
        return copy(bundle, to);
    }
    for entry in fs::read_dir(bundle)? {
        let entry = entry?;
        install(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_list_closes_what_it_opens() {
        let list = info_plist(&audio_components());
        let mut open = Vec::new();
        let tags = list.split('<').skip(1).map(|tag| tag.split('>').next().unwrap());
        for tag in tags.filter(|tag| !tag.starts_with(['?', '!']) && !tag.ends_with('/')) {
            let name = tag.split(' ').next().unwrap();
            match name.strip_prefix('/') {
                Some(name) => assert_eq!(open.pop(), Some(name)),
                None => open.push(name),
            }
        }
        assert!(open.is_empty(), "{open:?}");
        assert_eq!(list.matches("GetPluginFactoryAUV2_").count(), AUDIO_UNITS.len());
    }

    #[test]
    fn libraries_lie_where_the_format_says() {
        for (system, processor, place) in [
            (System::Linux, "x86_64", "Contents/x86_64-linux/Drumlin.so"),
            (System::Linux, "aarch64", "Contents/aarch64-linux/Drumlin.so"),
            (System::Mac, "aarch64", "Contents/MacOS/Drumlin"),
            (System::Windows, "x86_64", "Contents/x86_64-win/Drumlin.vst3"),
            (System::Windows, "aarch64", "Contents/arm64-win/Drumlin.vst3"),
        ] {
            assert_eq!(vst3_library(system, processor), Path::new(place));
        }
    }

    #[test]
    fn audio_units_have_codes_of_four_letters() {
        let codes = AUDIO_UNITS.iter().flat_map(|[kind, subtype, _]| [kind, subtype]);
        assert!(codes.chain([&MANUFACTURER[0]]).all(|code| code.len() == 4));
        // Apple keeps codes without a capital for itself.
        assert!(MANUFACTURER[0].contains(char::is_uppercase));
    }
}
