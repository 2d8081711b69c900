//! `cargo xtask install`: builds the plugins, puts them where the user's hosts look, and shows that
//! what was installed plays, and the command line too.

use std::error::Error;

use super::bundle::{self, Bundles};
use super::system::System;
use super::{cargo, demo, run};

/// "Workout" by Korp, see `tests/songs/README.md`.
const SONG: &str = "tests/songs/workout.mid";

pub fn run_all() -> Result<(), Box<dyn Error>> {
    let Bundles { clap, vst3, component } = bundle::make()?;
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
    let (clap, vst3) = (installed_clap.to_string_lossy(), installed_vst3.to_string_lossy());
    let played = ["--package", "drumlin", "--example", "play_in_host", "--"];
    run(cargo(&[&["run", "--release"], &played[..], &[&clap, &vst3, SONG]].concat()))?;
    demo::run_all()
}
