//! The project's chores: `cargo xtask <chore>`.

mod bundle;
mod demo;
mod install;
mod package;
mod soundfont;
mod system;
mod test;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

const USAGE: &str = "usage: cargo xtask <chore>

  bundle              the plugins as hosts want them, in target/bundled
  demo                drums for a song of tests/songs, into target/demo
  install             the plugins into your plugin folders, a song played through them, the demo
  package             the archive that a musician downloads, in target/package
  soundfont [SOURCE]  cut assets/drumlin.sf2 out of FluidR3 GM
  test                what has to pass before anything is merged: formatting, lints, all tests";

fn main() {
    let mut arguments = std::env::args_os().skip(1);
    let done = match arguments.next().as_deref().and_then(|chore| chore.to_str()) {
        Some("bundle") => bundle::run_all(),
        Some("demo") => demo::run_all(),
        Some("install") => install::run_all(),
        Some("package") => package::run_all(),
        Some("soundfont") => soundfont::run(arguments.next().as_deref().map(Path::new)),
        Some("test") => test::run_all(),
        _ => Err(USAGE.into()),
    };
    if let Err(error) = done {
        eprintln!("xtask: {error}");
        std::process::exit(1);
    }
}

/// The folder that holds the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The cargo that runs us, in the workspace's folder.
fn cargo(arguments: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(arguments).current_dir(root());
    command
}

/// Runs a command to its end and shows it before.
fn run(mut command: Command) -> Result<(), Box<dyn Error>> {
    let shown = shown(&command);
    eprintln!("$ {shown}");
    let status = command.status().map_err(|error| format!("{shown}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{shown} failed ({status})").into()) }
}

/// The command as one would type it.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_stem().unwrap_or_default();
    std::iter::once(program)
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}
