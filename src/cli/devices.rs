//! `drumlin devices`: what can run the networks.

use std::path::PathBuf;
use std::thread::available_parallelism;

use clap::Args;
use serde::Serialize;

use crate::network::{self, Backend};

use super::console::{print, print_json};
use super::error::CliError;
use super::words::count;

/// List what the networks can run on, and why not on a GPU
#[derive(Debug, Args)]
pub struct Arguments {
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Device {
    name: &'static str,
    /// What it is, or why it is not there.
    what: String,
    usable: bool,
    /// Whether it is what is used unless something else is asked for.
    used: bool,
    /// Where its libraries were found.
    libraries: Vec<PathBuf>,
}

pub fn run(arguments: &Arguments) -> Result<(), CliError> {
    let cuda = cuda();
    let devices = [cpu(!cuda.usable), cuda];
    if arguments.json {
        return print_json(&devices);
    }
    let mut text = String::new();
    for device in &devices {
        let used = if device.used { " (used)" } else { "" };
        text += &format!("{:4}  {}{used}\n", device.name, device.what);
        for library in &device.libraries {
            text += &format!("      {}\n", library.display());
        }
    }
    print(text.as_bytes())
}

fn cpu(used: bool) -> Device {
    let threads = available_parallelism().map_or(1, usize::from);
    let what = format!("this processor, {} at once, by tract", count(threads, "thread"));
    Device { name: Backend::Cpu.name(), what, usable: true, used, libraries: Vec::new() }
}

fn cuda() -> Device {
    let name = Backend::Cuda.name();
    match network::gpu() {
        Ok(gpu) => {
            let gibibytes = gpu.memory as f64 / f64::from(1 << 30);
            let what = format!("{}, {gibibytes:.1} GiB, by cuDNN", gpu.name);
            Device { name, what, usable: true, used: true, libraries: gpu.libraries }
        }
        Err(why) => {
            let what = format!("not usable: {why}");
            Device { name, what, usable: false, used: false, libraries: Vec::new() }
        }
    }
}
