//! `cargo xtask bundle`: the release build of the plugin, laid out as hosts look for it.
//!
//! Linux and Windows want a plain library for CLAP, and for VST3 a folder with the library under the
//! name of its platform; macOS wants bundles with an `Info.plist`.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use super::{cargo, root, run};

/// Name and identifier of the bundles.
const NAME: &str = "Drumlin";
const IDENTIFIER: &str = "dev.drumlin.drumlin";
const FOLDER: &str = "target/bundled";

/// Both bundles.
pub struct Bundles {
    pub clap: PathBuf,
    pub vst3: PathBuf,
}

pub fn run_all() -> Result<(), Box<dyn Error>> {
    let Bundles { clap, vst3 } = make()?;
    println!("{}\n{}", clap.display(), vst3.display());
    Ok(())
}

/// Builds the library and lays out both bundles anew.
pub fn make() -> Result<Bundles, Box<dyn Error>> {
    run(cargo(&["build", "--release", "--package", "drumlin", "--lib"]))?;
    let library = target_folder().join("release").join(library_name());
    let folder = root().join(FOLDER);
    let (clap, vst3) = (folder.join(format!("{NAME}.clap")), folder.join(format!("{NAME}.vst3")));
    for old in [&clap, &vst3] {
        remove(old)?;
    }
    if cfg!(target_os = "macos") {
        mac_bundle(&library, &clap)?;
        mac_bundle(&library, &vst3)?;
    } else {
        copy(&library, &clap)?;
        let (platform, ending) = if cfg!(target_os = "windows") {
            (
                if cfg!(target_arch = "aarch64") { "arm64-win" } else { "x86_64-win" }.to_owned(),
                "vst3",
            )
        } else {
            (format!("{}-linux", std::env::consts::ARCH), "so")
        };
        copy(&library, &vst3.join("Contents").join(platform).join(format!("{NAME}.{ending}")))?;
    }
    Ok(Bundles { clap, vst3 })
}

/// Where cargo builds, as it decides itself.
fn target_folder() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

fn library_name() -> String {
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
    format!("{DLL_PREFIX}drumlin{DLL_SUFFIX}")
}

fn mac_bundle(library: &Path, bundle: &Path) -> Result<(), Box<dyn Error>> {
    let contents = bundle.join("Contents");
    copy(library, &contents.join("MacOS").join(NAME))?;
    let version = env!("CARGO_PKG_VERSION");
    let plist = format!(
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
  </dict>
</plist>
"#
    );
    write(&contents.join("Info.plist"), plist.as_bytes())?;
    write(&contents.join("PkgInfo"), b"BNDL????")
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
