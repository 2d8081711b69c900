//! What a host's scan costs: `cargo bench --bench scan`. Linux only.
//!
//! The library is loaded, asked for its plugins, and the process ends; beside it, in the same run, a
//! large library that many programs load (LLVM, Qt or GTK, whichever the system has). Each time in a
//! process of its own, since a library that was loaded once is there. Both are in the system's cache.

#[cfg(target_os = "linux")]
fn main() -> Result<(), hosts::BoxError> {
    linux::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
mod linux {
    use std::env;
    use std::path::Path;
    use std::process::Command;
    use std::time::{Duration, Instant};

    use hosts::{BoxError, clap, library};

    /// Names that the system's loader knows, the largest library first.
    const REFERENCES: [&str; 5] = [
        "libLLVM-15.so.1",
        "libLLVM-14.so.1",
        "libQt5Widgets.so.5",
        "libgtk-3.so.0",
        "libX11.so.6",
    ];
    const ROUNDS: usize = 30;

    pub fn main() -> Result<(), BoxError> {
        let arguments: Vec<String> = env::args().skip(1).collect();
        match &arguments[..] {
            [verb, file] if verb == "scan" => {
                let began = Instant::now();
                assert_eq!(clap::names(Path::new(file))?.len(), 2);
                println!("{}", began.elapsed().as_nanos());
                return Ok(());
            }
            [verb, file] if verb == "load" => {
                let began = Instant::now();
                // SAFETY: programs load it all the time.
                let loaded = unsafe { libloading::Library::new(file) }?;
                println!("{}", began.elapsed().as_nanos());
                std::mem::forget(loaded);
                return Ok(());
            }
            // Cargo asks all benches to run as tests; there is nothing to test here.
            _ if arguments.iter().any(|argument| argument == "--test") => return Ok(()),
            _ => {}
        }
        let reference = REFERENCES
            .into_iter()
            .find(|name| time("load", name).is_ok())
            .ok_or("no library to compare with")?;
        let ours = library().to_string_lossy().into_owned();
        let (mut scans, mut loads) = (Vec::new(), Vec::new());
        // In turns, so that whatever else the machine does meets both.
        for _ in 0..ROUNDS {
            scans.push(time("scan", &ours)?);
            loads.push(time("load", reference)?);
        }
        let (scan, load) = (median(scans), median(loads));
        println!("scan: {:.2} ms", scan.as_secs_f64() * 1e3);
        println!("{reference}: {:.2} ms", load.as_secs_f64() * 1e3);
        println!("ratio: {:.2}", scan.as_secs_f64() / load.as_secs_f64());
        Ok(())
    }

    /// Has a process of its own load a file, and gives what that took.
    fn time(verb: &str, file: &str) -> Result<Duration, BoxError> {
        let output = Command::new(env::current_exe()?).args([verb, file]).output()?;
        let text = String::from_utf8(output.stdout)?;
        Ok(Duration::from_nanos(text.lines().last().ok_or("it did not load")?.parse()?))
    }

    fn median(mut times: Vec<Duration>) -> Duration {
        times.sort_unstable();
        times[times.len() / 2]
    }
}
