//! `cargo xtask test`: formatting, lints, documentation and all tests; at the end what failed, and a sum.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use super::{cargo, run, shown};

/// Everything is compiled in the profile of what ships, so that other people's crates, which are most of
/// the work, are compiled once for both. Drumlin itself is tested with debug assertions and checks for
/// overflow, and its build with many units takes less time than that of one.
const TESTED: [&str; 9] = [
    "--release",
    "--config",
    "profile.release.package.drumlin.debug-assertions=true",
    "--config",
    "profile.release.package.drumlin.overflow-checks=true",
    "--config",
    "profile.release.package.drumlin.opt-level=2",
    "--config",
    "profile.release.package.drumlin.codegen-units=16",
];

pub fn run_all() -> Result<(), Box<dyn Error>> {
    run(cargo(&["fmt", "--all", "--check"]))?;
    let lints = ["clippy", "--release", "--workspace", "--all-targets", "--", "--deny", "warnings"];
    run(cargo(&lints))?;

    let mut docs = cargo(&["doc", "--release", "--workspace", "--no-deps"]);
    // A folder's door may point at the files behind it.
    docs.env("RUSTDOCFLAGS", "--deny warnings --allow rustdoc::private_intra_doc_links");
    run(docs)?;

    // One failure must not hide others, so that one run says all there is to mend.
    let mut command = cargo(&["test", "--workspace", "--no-fail-fast"]);
    command.args(TESTED);
    if std::env::var_os("CI").is_some() {
        // Each kind of file is damaged for so long.
        command.env("DRUMLIN_FUZZ_SECONDS", "25");
    }
    let shown = shown(&command);
    eprintln!("$ {shown}");
    let mut tests = command.stdout(Stdio::piped()).spawn()?;
    let mut report = Report::default();
    if let Some(output) = tests.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line?;
            report.add(&line);
            println!("{line}");
        }
    }
    let status = tests.wait()?;
    print!("{}", report.end(status.success()));
    if status.success() { Ok(()) } else { Err(format!("{shown} failed ({status})").into()) }
}

/// What the tests have said, line by line.
#[derive(Debug, Default)]
struct Report {
    sum: Sum,
    failures: Vec<Failure>,
    /// The failure whose words the lines are.
    open: Option<usize>,
}

/// A test that failed, and what it said.
#[derive(Debug, Default)]
struct Failure {
    name: String,
    said: Vec<String>,
}

/// Lines that the end of the log has of each failure at most, and those of them ahead of its panic.
const MOST_LINES: usize = 40;
const LINES_BEFORE: usize = 5;

impl Report {
    /// Adds a line of the tests' output: `test NAME ... FAILED`, `---- NAME stdout ----` and what is
    /// below it as far as the next such line or the end of the group, and the group's counts.
    fn add(&mut self, line: &str) {
        self.sum.add(line);
        let failed = line.strip_prefix("test ").and_then(|test| test.strip_suffix(" ... FAILED"));
        let section =
            line.strip_prefix("---- ").and_then(|section| section.strip_suffix(" stdout ----"));
        if let Some(name) = failed {
            let name = name.strip_suffix(" - should panic").unwrap_or(name).to_owned();
            self.failures.push(Failure { name, said: Vec::new() });
        } else if let Some(name) = section {
            self.open = Some(self.place(name));
        } else if line == "failures:" || line.starts_with("test result: ") {
            self.open = None;
        } else if let Some(open) = self.open {
            self.failures[open].said.push(line.to_owned());
        }
    }

    /// Where the words of a test belong. Two groups may have tests of one name.
    fn place(&mut self, name: &str) -> usize {
        let known = |failure: &Failure| failure.name == name && failure.said.is_empty();
        self.failures.iter().position(known).unwrap_or_else(|| {
            self.failures.push(Failure { name: name.to_owned(), said: Vec::new() });
            self.failures.len() - 1
        })
    }

    /// What stands at the end of the log.
    fn end(&self, success: bool) -> String {
        let mut end: String = self.failures.iter().map(Failure::text).collect();
        if !success && self.failures.is_empty() {
            end += "no test says that it failed: cargo's last lines say what did\n";
        }
        end + &self.sum.line() + "\n"
    }
}

impl Failure {
    /// Its name and what it said: of much, the lines about its panic, or the last ones.
    fn text(&self) -> String {
        let empty = |line: &&String| line.trim().is_empty();
        let first = self.said.iter().take_while(empty).count();
        let last = self.said.iter().rev().take_while(empty).count();
        let said = self.said.get(first..self.said.len() - last).unwrap_or_default();
        let latest = said.len().saturating_sub(MOST_LINES);
        let panic = said.iter().position(|line| line.contains("panicked at"));
        let from = panic.map_or(latest, |at| at.saturating_sub(LINES_BEFORE).min(latest));
        let to = (from + MOST_LINES).min(said.len());
        let mut text = format!("\n---- {} failed ----\n", self.name);
        for line in &said[from..to] {
            text += line;
            text.push('\n');
        }
        let left_out = said.len() - (to - from);
        if left_out > 0 {
            text += &format!("({left_out} more lines are above)\n");
        }
        text
    }
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

    fn report(lines: &[&str]) -> Report {
        let mut report = Report::default();
        lines.iter().for_each(|line| report.add(line));
        report
    }

    #[test]
    fn the_end_names_what_failed_and_what_it_said() {
        let report = report(&[
            "running 4 tests",
            "test kick ... ok",
            "test snare::is_late ... FAILED",
            "test hat ... FAILED",
            "test ride - should panic ... FAILED",
            "",
            "failures:",
            "",
            "---- snare::is_late stdout ----",
            "",
            "thread 'snare::is_late' panicked at src/snare.rs:3:5:",
            "it is late",
            "",
            "---- ride stdout ----",
            "note: test did not panic as expected",
            "",
            "failures:",
            "    hat",
            "    snare::is_late",
            "",
            "test result: FAILED. 1 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out",
        ]);
        assert_eq!(
            report.end(false),
            "\n---- snare::is_late failed ----\n\
             thread 'snare::is_late' panicked at src/snare.rs:3:5:\nit is late\n\
             \n---- hat failed ----\n\
             \n---- ride failed ----\nnote: test did not panic as expected\n\
             test result: FAILED. 1 passed; 3 failed; 0 ignored\n"
        );
    }

    #[test]
    fn of_much_the_panic_is_shown() {
        let mut report = report(&["test kick ... FAILED", "failures:", "---- kick stdout ----"]);
        (0..100).for_each(|line| report.add(&format!("before {line}")));
        report.add("thread 'kick' panicked at src/kick.rs:1:1:");
        (0..100).for_each(|line| report.add(&format!("behind {line}")));
        let end = report.end(false);
        let lines: Vec<&str> = end.lines().skip(2).collect();
        assert_eq!((lines[0], lines[4]), ("before 95", "before 99"));
        assert!(lines[5].contains("panicked"));
        assert_eq!((lines[39], lines[40]), ("behind 33", "(161 more lines are above)"));
    }

    #[test]
    fn one_name_in_two_groups_is_two_failures() {
        let group = ["test kick ... FAILED", "---- kick stdout ----", "said", "failures:"];
        let end = report(&[group, group].concat()).end(false);
        assert_eq!(end.matches("---- kick failed ----\nsaid\n").count(), 2);
    }

    #[test]
    fn a_run_that_breaks_off_says_so() {
        let told = |success| report(&[]).end(success).starts_with("no test says");
        assert_eq!((told(false), told(true)), (true, false));
    }
}
