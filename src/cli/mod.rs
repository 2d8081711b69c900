//! The command line. One file (or folder) per subcommand; what they share stands beside them.
//!
//! Rules that hold for all: results go to standard output, everything else to standard error, and a
//! bar of progress only to a terminal; exit code 0, or one line on standard error and 1 (2 for
//! wrong usage, from clap or as `CliError::Usage`); a file is written whole or not at all; nothing is loaded before it is
//! needed, so that help and errors come at once.

#![forbid(unsafe_code)]

mod candidates;
mod common;
mod completions;
mod compose;
mod console;
mod curate;
mod curation;
mod devices;
mod error;
mod evaluate;
mod evaluate_melodies;
mod explore;
mod features;
mod folders;
mod generate;
mod output_names;
mod progress;
mod render;
mod song;
mod tracks;
mod transcribe;
mod words;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// A drummer that has heard the whole song: structured drum parts for MIDI songs
#[derive(Debug, Parser)]
#[command(name = "drumlin", version, propagate_version = true, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Generate(Box<generate::Arguments>),
    Evaluate(evaluate::Arguments),
    Explore(Box<explore::Arguments>),
    Features(features::Arguments),
    Tracks(tracks::Arguments),
    Transcribe(Box<transcribe::Arguments>),
    Compose(Box<compose::Arguments>),
    Curate(curate::Arguments),
    Render(render::Arguments),
    Devices(devices::Arguments),
    Completions(completions::Arguments),
}

/// Runs the program with the process's arguments.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match &arguments.command {
        Command::Generate(arguments) => generate::run(arguments),
        Command::Evaluate(arguments) => evaluate::run(arguments),
        Command::Explore(arguments) => explore::run(arguments),
        Command::Features(arguments) => features::run(arguments),
        Command::Tracks(arguments) => tracks::run(arguments),
        Command::Transcribe(arguments) => transcribe::run(arguments),
        Command::Compose(arguments) => compose::run(arguments),
        Command::Curate(arguments) => curate::run(arguments),
        Command::Render(arguments) => render::run(arguments),
        Command::Devices(arguments) => devices::run(arguments),
        Command::Completions(arguments) => completions::run(arguments, Arguments::command()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            console::print_error(&failure);
            failure.exit_code()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_well_formed() {
        Arguments::command().debug_assert();
    }
}
