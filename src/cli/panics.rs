//! Errors inside the program.

use std::any::Any;
use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};

use super::error::CliError;

/// Keeps panics from being printed, unless somebody looks for one with `RUST_BACKTRACE`. The readers of
/// damaged files catch their own and say it in a sentence; [`caught`] says the others.
pub fn silence() {
    if env::var_os("RUST_BACKTRACE").is_none_or(|value| value == "0") {
        set_hook(Box::new(|_| {}));
    }
}

/// Runs a command to its end, also where that is a panic.
///
/// # Errors
/// The command's own, or [`CliError::Inside`].
pub fn caught(command: impl FnOnce() -> Result<(), CliError>) -> Result<(), CliError> {
    // Nothing of the command is used behind it.
    catch_unwind(AssertUnwindSafe(command))
        .unwrap_or_else(|panic| Err(CliError::Inside { what: message(&*panic) }))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_sentence() {
        let said = |number: u8| {
            let command = || -> Result<(), CliError> {
                if number == 0 { panic!("plain") } else { panic!("bar {number}") }
            };
            caught(command).unwrap_err().to_string()
        };
        assert!(said(0).starts_with("an error inside drumlin: plain; please report it"));
        assert!(said(7).starts_with("an error inside drumlin: bar 7; please report it"));
        assert!(caught(|| Ok(())).is_ok());
        let own = caught(|| Err(CliError::NothingNear)).unwrap_err();
        assert!(matches!(own, CliError::NothingNear));
    }
}
