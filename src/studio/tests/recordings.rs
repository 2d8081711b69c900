//! Recordings that are transcribed.

use super::helpers::{done, generated, wait};
use crate::drummer::{Settings, StyleChoice};
use crate::studio::*;

#[test]
fn a_recording_that_cannot_be_read_keeps_no_control_from_being_played() {
    let folder = tempfile::tempdir().unwrap();
    let studio = generated();
    let broken = folder.path().join("broken.wav");
    std::fs::write(&broken, b"RIFF and no more").unwrap();
    studio.start(Job::Transcribe(broken)).unwrap();
    let settings = Settings { complexity: 0.9, ..studio.snapshot().document.settings.clone() };
    studio.apply(Edit::Settings(settings.clone())).unwrap();
    wait(&studio, |view| {
        view.document.arrangement.as_ref().is_some_and(|drums| drums.played == settings)
    });
}

#[test]
fn a_recording_is_heard_or_a_sentence_says_why_not() {
    let folder = tempfile::tempdir().unwrap();
    let studio = Studio::new();
    let broken = folder.path().join("broken.wav");
    std::fs::write(&broken, b"RIFF and no more").unwrap();
    studio.start(Job::Transcribe(broken)).unwrap();
    let view = wait(&studio, |view| view.job.is_none());
    assert!(view.error.as_ref().unwrap().contains("no recording that can be read"), "{view:?}");
    assert_eq!(view.import, None);
    studio.start(Job::Transcribe(fixtures::loop_file(folder.path()))).unwrap();
    let view = done(&studio);
    let import = view.import.clone().unwrap();
    assert_eq!((import.name.as_str(), view.undo), ("a loop", None));
    let heard = import.transcription(&Default::default());
    let taken = import.groove(&heard, heard.metre()).unwrap();
    studio.use_groove(taken, None);
    let document = studio.snapshot().document.clone();
    assert!(matches!(&document.settings.style, StyleChoice::Groove(own) if own.name() == "a loop"));
    // What is saved is the groove, not the sound.
    let saved = studio.save();
    assert!(saved.len() < 10_000, "{}", saved.len());
    let other = Studio::new();
    other.load(&saved).unwrap();
    assert_eq!(other.snapshot().document.settings, document.settings);
}
