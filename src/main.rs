//! The command line; see [`drumlin::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    drumlin::cli::run()
}
