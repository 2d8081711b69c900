//! Studios with something in them, and waiting for what they do.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::midi;
use crate::score::Hit;
use crate::studio::*;

const PATIENCE: Duration = Duration::from_secs(120);

/// Waits until the view is as wanted.
pub fn wait(studio: &Studio, wanted: impl Fn(&View) -> bool) -> Arc<View> {
    let began = Instant::now();
    loop {
        let view = studio.snapshot();
        if wanted(&view) {
            return view;
        }
        assert!(began.elapsed() < PATIENCE, "nothing came: {:?} {:?}", view.job, view.error);
        thread::sleep(Duration::from_millis(2));
    }
}

/// Waits until the job has ended, without an error.
pub fn done(studio: &Studio) -> Arc<View> {
    let view = wait(studio, |view| view.job.is_none());
    assert_eq!(view.error, None);
    view
}

/// A studio with a take of eight bars.
pub fn with_take() -> Arc<Studio> {
    let studio = Studio::new();
    let song = fixtures::take(8).song;
    studio.drop_midi("a song", &midi::write(&song)).unwrap();
    studio
}

/// The same with drums.
pub fn generated() -> Arc<Studio> {
    let studio = with_take();
    studio.start(Job::Generate).unwrap();
    done(&studio);
    studio
}

/// The strokes of the part.
pub fn hits(view: &View) -> Vec<Hit> {
    view.document.part().unwrap().hits.clone()
}
