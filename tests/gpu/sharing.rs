//! When the GPU is opened, who shares it, and what the studio says of it.
//!
//! Each test here runs again in a process of its own, with the fake GPU.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use drumlin::drummer::networks;
use drumlin::network::{Backend, Models};
use drumlin::studio::{Job, Studio, View};

use super::fakes::with_fakes;

/// Runs a test of this file with the fake GPU misbehaving as told; returns what the fakes noted, or
/// `None` in the process that was started for it.
fn apart(test: &str, fake: &str) -> Option<String> {
    if env::var_os("APART").is_some() {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let output = with_fakes(&mut Command::new(env::current_exe().unwrap()))
        .args(["--exact", &format!("sharing::{test}")])
        .env("APART", "1")
        .env("FAKE_CUDA", fake)
        .env("FAKE_CUDA_LOG", &log)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    Some(fs::read_to_string(log).unwrap_or_default())
}

/// Whether CUDA's libraries are in this process.
fn loaded() -> bool {
    fs::read_to_string("/proc/self/maps").unwrap().contains("/fake-cuda/")
}

fn song() -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/songs/jingle_bells.mid");
    fs::read(path).unwrap()
}

/// Has the studio make drums.
fn generated(studio: &Arc<Studio>) -> Arc<View> {
    studio.start(Job::Generate).unwrap();
    let begun = Instant::now();
    loop {
        let view = studio.snapshot();
        if view.job.is_none() {
            return view;
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "it takes too long");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn nothing_is_touched_before_the_first_job_and_kept_after_the_last() {
    if let Some(log) = apart("nothing_is_touched_before_the_first_job_and_kept_after_the_last", "")
    {
        // Opened once, given back once, with nothing left.
        let driver: Vec<&str> = log.lines().filter(|line| line.starts_with("driver")).collect();
        assert_eq!(driver.len(), 1, "{log}");
        assert!(log.lines().all(|line| line.split(' ').nth(1) == Some("0")), "{log}");
        return;
    }
    let studio = Studio::new();
    let models: Vec<Models> = Backend::ALL.map(|backend| Models::new(backend, None)).into();
    studio.drop_midi("song", &song()).unwrap();
    assert!(
        !loaded() && models.iter().all(|models| models.engine().is_none_or(|e| e.why.is_none()))
    );
    models[1].get(&networks::GROOVE).unwrap();
    assert!(!loaded(), "the processor needs none of it");
    for _ in 0..2 {
        models[0].get(&networks::GROOVE).unwrap();
        models[2].get(&networks::GROOVE).unwrap();
    }
    assert!(loaded());
    assert_eq!(models[0].engine().unwrap().device.as_deref(), Some("Fake GPU"));
}

#[test]
fn studios_share_the_gpu_and_say_what_they_ran_on() {
    if let Some(log) = apart("studios_share_the_gpu_and_say_what_they_ran_on", "") {
        assert_eq!(log.lines().filter(|line| line.starts_with("driver")).count(), 1, "{log}");
        return;
    }
    let studios = [Studio::new(), Studio::new()];
    for studio in &studios {
        studio.drop_midi("song", &song()).unwrap();
        let view = generated(studio);
        assert_eq!(view.error, None);
        let engine = view.engine.clone().unwrap();
        assert_eq!((engine.backend, engine.broke), (Backend::Cuda, false));
    }
    studios[0].set_backend(Backend::Cpu);
    assert_eq!(studios[0].snapshot().engine, None);
    assert_eq!(generated(&studios[0]).engine.as_ref().unwrap().backend, Backend::Cpu);
}

#[test]
fn a_studio_goes_on_without_a_gpu_that_breaks() {
    if apart("a_studio_goes_on_without_a_gpu_that_breaks", "lost=120").is_some() {
        return;
    }
    let studio = Studio::new();
    studio.set_backend(Backend::Cuda);
    studio.drop_midi("song", &song()).unwrap();
    let view = generated(&studio);
    assert!(view.document.arrangement.is_some());
    assert!(view.engine.as_ref().unwrap().broke);
    let error = view.error.as_deref().unwrap();
    assert!(error.ends_with("; the processor did the rest"), "{error}");
    // It is looked at again, is still broken, and that is an error where no other was asked for.
    let view = generated(&studio);
    let error = view.error.as_deref().unwrap();
    assert!(error.starts_with("the GPU cannot be used: "), "{error}");
}
