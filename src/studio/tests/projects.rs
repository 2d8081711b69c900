//! What is saved and opened, undone and shared, and studios that come and go.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::helpers::{done, generated, hits, with_take};
use crate::drummer::{Settings, Style, StyleChoice};
use crate::midi;
use crate::studio::*;

#[test]
fn a_saved_studio_goes_on_elsewhere() {
    let studio = generated();
    let bytes = studio.save();
    let other = Studio::new();
    assert!(other.load(b"nonsense").is_err());
    assert!(other.load(&bytes[..bytes.len() - 1]).is_err());
    other.load(&bytes).unwrap();
    let view = other.snapshot();
    assert_eq!((&view.document, view.undo), (&studio.snapshot().document, None));
    // What was heard is not saved: it is heard again, and all is as before.
    let style = StyleChoice::Preset(Style::Funk);
    for studio in [&studio, &other] {
        let settings = Settings { style: style.clone(), ..view.document.settings.clone() };
        studio.apply(Edit::Settings(settings)).unwrap();
        done(studio);
    }
    assert_eq!(hits(&other.snapshot()), hits(&studio.snapshot()));
}

#[test]
fn the_window_hears_of_changes() {
    let studio = Studio::new();
    let rung = Arc::new(AtomicUsize::new(0));
    let counter = rung.clone();
    studio.on_change(Some(Arc::new(move || {
        counter.fetch_add(1, Ordering::Relaxed);
    })));
    let (revision, view) = (studio.revision(), studio.snapshot());
    assert!(Arc::ptr_eq(&view, &studio.snapshot()));
    studio.report("the disk is full");
    assert!(studio.revision() > revision && rung.load(Ordering::Relaxed) == 1);
    assert_eq!(studio.snapshot().error.as_deref(), Some("the disk is full"));
    studio.on_change(None);
    assert_eq!(Arc::strong_count(&rung), 1);
}

#[test]
fn fifty_studios_come_and_go_and_leave_nothing_behind() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let bytes = midi::write(&fixtures::take(8).song);
    let mut alive: Vec<(Arc<Studio>, AudioEnd)> = Vec::new();
    let mut gone = Vec::new();
    let mut slowest = Duration::ZERO;
    for _ in 0..50 {
        let studio = Studio::new();
        let end = studio.connect();
        studio.drop_midi("a song", &bytes).unwrap();
        studio.start(Job::Generate).unwrap();
        gone.push(studio.watch());
        alive.push((studio, end));
        thread::sleep(Duration::from_millis(rng.random_range(0..20)));
        while alive.len() > 6 {
            let victim = rng.random_range(0..alive.len());
            let began = Instant::now();
            drop(alive.swap_remove(victim));
            slowest = slowest.max(began.elapsed());
        }
    }
    drop(alive);
    // The worker threads held the desks: they have ended, with all that they knew.
    assert!(gone.iter().all(|shared| shared.strong_count() == 0));
    assert!(slowest < Duration::from_secs(10), "{slowest:?}");
}

#[test]
fn the_same_state_again_leaves_what_there_is_to_undo() {
    let studio = with_take();
    let before = studio.snapshot();
    assert!(before.undo.is_some());
    studio.load(&studio.save()).unwrap();
    let view = studio.snapshot();
    assert_eq!(view.undo, before.undo);
    // Controls follow all the same.
    assert!(view.recalls > before.recalls);
}

#[test]
fn what_is_turned_before_settings_come_back_is_not_turned_after() {
    let studio = with_take();
    let before = studio.snapshot();
    studio.load(&studio.save()).unwrap();
    let gesture = studio.gesture();
    let turn = |settings: &mut Settings| settings.style = StyleChoice::Preset(Style::Funk);
    studio.adjust(gesture, before.recalls, turn).unwrap();
    assert_eq!(studio.snapshot().document.settings, before.document.settings);
    studio.adjust(gesture, studio.snapshot().recalls, turn).unwrap();
    assert_ne!(studio.snapshot().document.settings, before.document.settings);
}

#[test]
fn undo_leaves_pins_and_favourites() {
    let studio = with_take();
    studio.apply(Edit::Channel(Channel::new(3).unwrap())).unwrap();
    studio.change_map(|map| map.share = 0.7);
    studio.undo();
    let document = studio.snapshot().document.clone();
    assert_eq!((document.channel.number(), document.map.share), (10, 0.7));
    studio.redo();
    let document = studio.snapshot().document.clone();
    assert_eq!((document.channel.number(), document.map.share), (3, 0.7));
}

#[test]
fn where_there_is_nothing_to_take_back_what_runs_goes_on() {
    let studio = Studio::new();
    let saved = Saved { document: fixtures::document(8, 1), ..Saved::default() };
    studio.load(&saved.to_bytes()).unwrap();
    studio.start(Job::Generate).unwrap();
    studio.undo();
    studio.redo();
    assert!(studio.snapshot().job.as_ref().is_some_and(|job| job.job == Job::Generate));
}
