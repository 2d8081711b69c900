//! `cargo xtask install`: builds the plugins, puts them where the user's hosts look, and shows that
//! what was installed plays, and the command line too.
//!
//! Everything is compiled in one go: the plugins' library, the program and the small host that plays
//! what was installed. Tests and their crates are not built.

use std::error::Error;
use std::process::Command;

use super::bundle::{self, Bundles};
use super::system::System;
use super::{demo, root, run};

/// "Workout" by Korp, see `tests/songs/README.md`.
const SONG: &str = "tests/songs/workout.mid";

pub fn run_all() -> Result<(), Box<dyn Error>> {
    let packages = ["--package", "drumlin", "--package", "hosts"];
    run(bundle::release_build(&[&packages[..], &["--lib", "--bins"]].concat()))?;
    let Bundles { clap, vst3, component } = bundle::lay_out()?;
    let (clap_folder, vst3_folder) =
        System::HERE.plugin_folders(|variable| std::env::var_os(variable))?;
    let (installed_clap, installed_vst3) =
        (clap_folder.join("Drumlin.clap"), vst3_folder.join("Drumlin.vst3"));
    for (from, to) in [(&clap, &installed_clap), (&vst3, &installed_vst3)] {
        bundle::install(from, to)?;
        println!("Installed {}", to.display());
    }
    // Audio Units lie beside the VST3s; a host in this process could not load them.
    if let Some(component) = component {
        let to = vst3_folder.with_file_name("Components").join("Drumlin.component");
        bundle::install(&component, &to)?;
        println!("Installed {}", to.display());
    }
    let mut host = Command::new(bundle::program("play_in_host"));
    host.args([installed_clap.as_os_str(), installed_vst3.as_os_str(), SONG.as_ref()]);
    host.current_dir(root());
    run(host)?;
    demo::make()
}
