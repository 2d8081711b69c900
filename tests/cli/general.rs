//! Help, versions, wrong usage, completions, devices and closed pipes.

use std::process::{Command, Stdio};

use predicates::prelude::*;
use predicates::str::contains;

use super::drumlin;

const COMMANDS: [&str; 11] = [
    "generate",
    "compose",
    "transcribe",
    "explore",
    "curate",
    "render",
    "tracks",
    "devices",
    "evaluate",
    "features",
    "completions",
];

#[test]
fn help_names_every_command() {
    let mut help = drumlin().arg("--help").assert().success();
    for command in COMMANDS {
        help = help.stdout(contains(command));
        drumlin().args([command, "--help"]).assert().success().stdout(contains("Usage:"));
    }
    drumlin().arg("--version").assert().success().stdout(contains(env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_usage_is_2() {
    for arguments in [&[][..], &["frobnicate"], &["tracks"], &["tracks", "a", "b"], &["--nothing"]]
    {
        drumlin().args(arguments).assert().code(2).stdout("").stderr(contains("Usage"));
    }
    let unknown = drumlin().args(["completions", "cmd"]).assert().code(2).stdout("");
    unknown.stderr(contains("bash"));
}

#[test]
fn completions_for_every_shell_know_the_commands() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let mut script = drumlin().args(["completions", shell]).assert().success().stderr("");
        for command in COMMANDS {
            script = script.stdout(contains(command));
        }
    }
}

#[test]
fn the_processor_is_always_a_device() {
    // Where there is a GPU, it is not found.
    let without_gpu = || {
        let mut drumlin = drumlin();
        drumlin.env("DRUMLIN_CUDA_PATH", "nowhere").arg("devices");
        drumlin
    };
    without_gpu()
        .assert()
        .success()
        .stdout(contains("cpu").and(contains("(used)")).and(contains("cuda  not usable: ")))
        .stderr("");
    let json = without_gpu().arg("--json").output().unwrap().stdout;
    let devices: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(devices[0]["name"], "cpu");
    assert_eq!(devices[0]["used"], true);
    assert_eq!(devices[1]["usable"], false);
}

#[test]
fn a_closed_pipe_is_no_failure() {
    for arguments in [&["completions", "bash"][..], &["--help"], &["devices"]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_drumlin"))
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        assert!(output.status.success());
    }
}
