//! Other programs: whether they are there, and running them so that they end.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use crate::PYTHON;
use hosts::BoxError;

/// How long a program may take to say what is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// How much of a failed program's output is told, in bytes.
const TOLD: usize = 2000;

/// Whether something is missing that a test needs: programs, and what Python has to import. Says
/// so; where nothing may be skipped, panics.
pub fn lacks(test: &str, programs: &[&str], imports: &[&str]) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let is_there =
        |program: &&str| std::env::split_paths(&paths).any(|folder| folder.join(program).exists());
    let can_import = |script: &&str| {
        Command::new(PYTHON)
            .args(["-c", script])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    let programs = programs.iter().filter(|program| !is_there(program));
    let imports = imports.iter().filter(|script| !can_import(script));
    let missing: Vec<&str> = programs.chain(imports).copied().collect();
    if missing.is_empty() {
        return false;
    }
    let message = format!("skipped: {test}; missing: {}", missing.join(", "));
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{message}");
    println!("{message}");
    true
}

/// A program that runs, with all that it starts. Ends with this.
pub struct Program {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    name: String,
}

impl Program {
    /// Starts a program. Its lines can be read with [`Program::line`].
    pub fn start(mut command: Command) -> Result<Program, BoxError> {
        let name = command.get_program().to_string_lossy().into_owned();
        // A group of its own: programs that are scripts are not left over.
        let started = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        let mut child = started.map_err(|error| format!("{name}: {error}"))?;
        let (send, lines) = mpsc::channel();
        if let Some(output) = child.stdout.take() {
            std::thread::spawn(move || {
                for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                    // The programs' own lines are of interest only while somebody waits for one.
                    if send.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                        break;
                    }
                }
            });
        }
        Ok(Program { input: child.stdin.take(), child, lines, name })
    }

    /// Runs a program to its end; what it wrote.
    pub fn output(command: Command, patience: Duration) -> Result<String, BoxError> {
        let mut program = Program::start(command)?;
        let began = Instant::now();
        let mut output = String::new();
        while let Ok(line) = program.lines.recv_timeout(patience.saturating_sub(began.elapsed())) {
            output += &line;
            output.push('\n');
        }
        if began.elapsed() >= patience {
            return Err(format!("{} did not end in {patience:?}", program.name).into());
        }
        let status = program.child.wait()?;
        if status.success() {
            Ok(output)
        } else {
            let from = output.len().saturating_sub(TOLD);
            let tail = String::from_utf8_lossy(&output.as_bytes()[from..]);
            Err(format!("{} failed ({status}):\n{tail}", program.name).into())
        }
    }

    /// The next line of its output that is as wanted.
    pub fn line(&mut self, wanted: impl Fn(&str) -> bool) -> Result<String, BoxError> {
        let began = Instant::now();
        let mut said = String::new();
        loop {
            let left = PATIENCE.saturating_sub(began.elapsed());
            match self.lines.recv_timeout(left) {
                Ok(line) if wanted(&line) => return Ok(line),
                Ok(line) => said += &line,
                Err(_) => {
                    return Err(format!("{} did not say what it should: {said}", self.name).into());
                }
            }
        }
    }

    pub fn write(&mut self, line: &str) -> Result<(), BoxError> {
        let input = self.input.as_mut().ok_or("nothing to write to")?;
        Ok(writeln!(input, "{line}")?)
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> Result<bool, BoxError> {
        Ok(self.child.try_wait()?.is_some())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.child.wait();
    }
}

/// A command with arguments of any kind.
pub fn command<S: AsRef<OsStr>>(program: impl AsRef<OsStr>, arguments: &[S]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}
