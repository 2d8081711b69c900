//! `drumlin devices`: what can run the networks.

use std::thread::available_parallelism;

use clap::Args;
use serde::Serialize;

use crate::network::Backend;

use super::Failure;
use super::console::{print, print_json};

/// List what the networks can run on, the one that is used first
#[derive(Debug, Args)]
pub struct Arguments {
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Device {
    name: &'static str,
    what: String,
    used: bool,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let devices: Vec<Device> = Backend::ALL.into_iter().map(device).collect();
    if arguments.json {
        return print_json(&devices);
    }
    let line = |device: &Device| {
        format!("{}  {}{}\n", device.name, device.what, if device.used { " (used)" } else { "" })
    };
    print(devices.iter().map(line).collect::<String>().as_bytes())
}

fn device(backend: Backend) -> Device {
    let used = backend == Backend::default();
    match backend {
        Backend::Cpu => {
            let threads = available_parallelism().map_or(1, usize::from);
            let plural = if threads == 1 { "" } else { "s" };
            let what = format!("this processor, {threads} thread{plural} at once, by tract");
            Device { name: backend.name(), what, used }
        }
    }
}
