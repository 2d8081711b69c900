//! The command line. One file (or folder) per subcommand; what they share stands beside them.
//!
//! Rules that hold for all: results go to standard output, everything else to standard error, and a
//! bar of progress only to a terminal; exit code 0, or one line on standard error and 1 (2 for
//! wrong usage, from clap or as `CliError` says); a file is written whole or not at all; nothing is
//! loaded before it is needed, so that help and errors come at once; a panic is a line like any error.

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
mod panics;
mod progress;
mod render;
mod song;
mod tab;
mod tracks;
mod transcribe;
mod words;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use error::CliError;

/// A drummer that has heard the whole song: structured drum parts for MIDI songs
#[derive(Debug, Parser)]
#[command(name = "drumlin", version, propagate_version = true, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

// What musicians use comes first. (No doc comment: clap would show it.)
#[derive(Debug, Subcommand)]
enum Command {
    Generate(Box<generate::Arguments>),
    Compose(Box<compose::Arguments>),
    Transcribe(Box<transcribe::Arguments>),
    Explore(Box<explore::Arguments>),
    Curate(curate::Arguments),
    Render(render::Arguments),
    Tracks(tracks::Arguments),
    Tab(tab::Arguments),
    Devices(devices::Arguments),
    Evaluate(evaluate::Arguments),
    Features(features::Arguments),
    Completions(completions::Arguments),
}

/// Runs the program with the process's arguments.
pub fn run() -> ExitCode {
    let mut matches = command().get_matches();
    let arguments = match Arguments::from_arg_matches_mut(&mut matches) {
        Ok(arguments) => arguments,
        Err(error) => error.format(&mut command()).exit(),
    };
    panics::silence();
    match panics::caught(|| execute(&arguments.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            console::print_error(&failure);
            failure.exit_code()
        }
    }
}

fn execute(command: &Command) -> Result<(), CliError> {
    match command {
        Command::Generate(arguments) => generate::run(arguments),
        Command::Compose(arguments) => compose::run(arguments),
        Command::Transcribe(arguments) => transcribe::run(arguments),
        Command::Explore(arguments) => explore::run(arguments),
        Command::Curate(arguments) => curate::run(arguments),
        Command::Render(arguments) => render::run(arguments),
        Command::Tracks(arguments) => tracks::run(arguments),
        Command::Tab(arguments) => tab::run(arguments),
        Command::Devices(arguments) => devices::run(arguments),
        Command::Evaluate(arguments) => evaluate::run(arguments),
        Command::Features(arguments) => features::run(arguments),
        Command::Completions(arguments) => completions::run(arguments, self::command()),
    }
}

/// The whole command line. Behind an option a number below zero is its value: what is wrong with it is
/// said in the option's own words, not that there is no option of that name.
fn command() -> clap::Command {
    fn with_numbers_below_zero(command: clap::Command) -> clap::Command {
        let taken = command.mut_args(|argument| {
            if argument.is_positional() || !argument.get_action().takes_values() {
                return argument;
            }
            argument.allow_negative_numbers(true)
        });
        taken.mut_subcommands(with_numbers_below_zero)
    }
    with_numbers_below_zero(Arguments::command())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_well_formed() {
        command().debug_assert();
    }

    #[test]
    fn a_number_below_zero_is_the_value_of_its_option() {
        for line in [
            "explore --sample 2 --seed -1",
            "explore --sample -2",
            "explore --sample 2 --tempo -100.5",
            "curate clips -o piece.wav --top -1",
            "curate clips -o piece.wav --seed -1",
            "transcribe loop.wav --tempo -3",
            "transcribe loop.wav --downbeat -3",
            "compose drums.mid -o melody.mid --seed -1",
        ] {
            let words = ["drumlin"].into_iter().chain(line.split(' '));
            let refused = command().try_get_matches_from(words).unwrap_err().to_string();
            assert!(refused.contains("invalid value '-"), "{line}: {refused}");
            assert!(!refused.contains("invalid digit"), "{line}: {refused}");
        }
    }

    #[test]
    fn standard_output_is_no_file_where_it_is_not_offered() {
        for line in [
            "explore --picture -",
            "curate clips -o -",
            "transcribe loop.wav --click -",
            "transcribe -",
            "compose drums.mid -o melody.mid --audio -",
            "render song.mid --like piano.wav --save -",
            "render song.mid --like -",
            "render song.mid --piano -",
            "render song.mid --like piano.wav --reference-midi -",
            "compose drums.mid -o melody.mid --rhythm-of -",
            "compose drums.mid -o melody.mid --pitches-of -",
            "compose drums.mid -o melody.mid --chords -",
            "explore --near -",
            "explore --between a.mid -",
            "generate song.mid -o drums.mid --groove -",
            "generate song.mid -o drums.mid --soundfont -",
        ] {
            let words = ["drumlin"].into_iter().chain(line.split(' '));
            let refused = command().try_get_matches_from(words).unwrap_err().to_string();
            assert!(refused.contains("a file is needed"), "{line}: {refused}");
        }
    }
}
