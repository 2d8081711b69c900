//! The program as its users run it: arguments in, files, output and exit codes out.

mod bad_input;
mod compose;
mod count_in;
mod curate;
mod evaluate;
mod explore;
mod features;
mod files;
mod general;
mod generate;
mod long;
mod reading;
mod render;
mod tab;
mod tracks;
mod transcribe;

use assert_cmd::Command;

/// The program, in a folder of its own if a test needs one.
fn drumlin() -> Command {
    Command::new(env!("CARGO_BIN_EXE_drumlin"))
}

/// What every failure looks like: exit code 1, one line on standard error that begins with the
/// program's name, nothing on standard output. Returns the line.
fn failure(command: &mut Command) -> String {
    refused(command, 1)
}

/// The same of arguments that do not go together, which the program finds itself: exit code 2.
fn wrong_usage(command: &mut Command) -> String {
    refused(command, 2)
}

fn refused(command: &mut Command, code: i32) -> String {
    let output = command.output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{error}");
    assert!(output.stdout.is_empty());
    let line = error.strip_suffix('\n').expect("a whole line");
    assert!(!line.contains('\n'), "one line: {error}");
    let text = line.strip_prefix("drumlin: ").expect("the program's name first");
    assert!(!text.contains("panicked") && !text.is_empty(), "{text}");
    text.to_owned()
}
