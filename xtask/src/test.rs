//! `cargo xtask test`: formatting, lints, documentation and all tests with a sum at the end.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use super::{cargo, run, shown};

pub fn run_all() -> Result<(), Box<dyn Error>> {
    run(cargo(&["fmt", "--all", "--check"]))?;
    run(cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]))?;

    let mut docs = cargo(&["doc", "--workspace", "--no-deps"]);
    // A folder's door may point at the files behind it.
    docs.env("RUSTDOCFLAGS", "--deny warnings --allow rustdoc::private_intra_doc_links");
    run(docs)?;

    // One failure must not hide others, so that one run says all there is to mend.
    let mut command = cargo(&["test", "--workspace", "--no-fail-fast"]);
    if std::env::var_os("CI").is_some() {
        // Each kind of file is damaged for a minute.
        command.env("DRUMLIN_FUZZ_SECONDS", "60");
    }
    let shown = shown(&command);
    eprintln!("$ {shown}");
    let mut tests = command.stdout(Stdio::piped()).spawn()?;
    let mut sum = Sum::default();
    if let Some(output) = tests.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line?;
            sum.add(&line);
            println!("{line}");
        }
    }
    let status = tests.wait()?;
    println!("{}", sum.line());
    if status.success() { Ok(()) } else { Err(format!("{shown} failed ({status})").into()) }
}

/// The counts in cargo's lines, one for each group of tests, added up.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sum {
    passed: usize,
    failed: usize,
    ignored: usize,
}

impl Sum {
    /// Adds `test result: ok. 3 passed; 0 failed; 1 ignored; …`; other lines count nothing.
    fn add(&mut self, line: &str) {
        let Some((_, counts)) =
            line.strip_prefix("test result: ").and_then(|result| result.split_once(". "))
        else {
            return;
        };
        for part in counts.split("; ") {
            let Some((count, what)) = part.split_once(' ') else { continue };
            let Ok(count) = count.parse::<usize>() else { continue };
            match what {
                "passed" => self.passed += count,
                "failed" => self.failed += count,
                "ignored" => self.ignored += count,
                _ => {}
            }
        }
    }

    fn line(&self) -> String {
        let Sum { passed, failed, ignored } = self;
        let result = if *failed == 0 { "ok" } else { "FAILED" };
        format!("test result: {result}. {passed} passed; {failed} failed; {ignored} ignored")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up() {
        let mut sum = Sum::default();
        for line in [
            "running 3 tests",
            "test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 4 filtered out; finished \
             in 0.00s",
            "test result: FAILED. 4 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; \
             finished in 0.18s",
        ] {
            sum.add(line);
        }
        assert_eq!(sum, Sum { passed: 6, failed: 1, ignored: 1 });
        assert_eq!(sum.line(), "test result: FAILED. 6 passed; 1 failed; 1 ignored");
    }
}
