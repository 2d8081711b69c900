//! Standard output and standard error.

use std::error::Error;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use serde::Serialize;

use super::error::CliError;
use super::song::STANDARD;
use crate::files::{self, Output};

/// Writes to standard output. A reader that has heard enough (`drumlin tracks … | head -1`) is no
/// failure.
pub fn print(text: &[u8]) -> Result<(), CliError> {
    let mut output = io::stdout().lock();
    match output.write_all(text).and_then(|()| output.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => done.map_err(CliError::Console),
    }
}

/// Writes a value to standard output as JSON.
pub fn print_json(value: &impl Serialize) -> Result<(), CliError> {
    let mut text =
        serde_json::to_vec_pretty(value).map_err(|error| CliError::Console(error.into()))?;
    text.push(b'\n');
    print(&text)
}

/// Writes all files; what is called `-` goes to standard output, last, once all else is safe.
pub fn write(outputs: Vec<Output>) -> Result<(), CliError> {
    let (standard, files): (Vec<Output>, Vec<Output>) =
        outputs.into_iter().partition(|output| output.path == Path::new(STANDARD));
    files::write(files)?;
    standard.iter().try_for_each(|output| print(&output.bytes))
}

/// A remark for people, on standard error.
pub fn remark(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Why nothing came of it and what was the cause of that, as one line on standard error. If even
/// that is closed there is nobody to tell.
pub fn print_error(failure: &dyn Error) {
    let mut text = failure.to_string();
    let mut cause = failure.source();
    while let Some(error) = cause {
        // Most messages name their cause themselves.
        let reason = error.to_string();
        if !text.contains(&reason) {
            text = format!("{text}: {reason}");
        }
        cause = error.source();
    }
    let line = text.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    let _ = writeln!(io::stderr().lock(), "drumlin: {line}");
}
