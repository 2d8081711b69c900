//! `drumlin completions`: what a shell needs to complete our arguments.

use clap::{Args, Command};
use clap_complete::Shell;

use super::console::print;
use super::error::CliError;

/// Print completions for a shell
///
/// For example: drumlin completions bash > ~/.local/share/bash-completion/completions/drumlin
#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(value_enum)]
    shell: Shell,
}

pub fn run(arguments: &Arguments, mut command: Command) -> Result<(), CliError> {
    // Through memory: clap_complete panics where its output is a closed pipe.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "drumlin", &mut script);
    print(&script)
}
