use std::process::ExitCode;

fn main() -> ExitCode {
    drumlin::cli::run()
}
