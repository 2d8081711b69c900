//! Slow errands of the window: each has a thread of its own.

use std::sync::Arc;
use std::thread;

use super::frame::sentence;
use crate::studio::Studio;

/// Runs something slow on a thread of its own; what goes wrong is reported.
pub fn spawn_background(
    studio: Arc<Studio>,
    work: impl FnOnce(&Studio) -> Result<(), String> + Send + 'static,
) {
    let begun = thread::Builder::new().name("drumlin-file".to_owned()).spawn({
        let studio = Arc::clone(&studio);
        move || {
            if let Err(message) = work(&studio) {
                studio.report(&sentence(&message));
            }
        }
    });
    if begun.is_err() {
        studio.report("The system has no thread left for this.");
    }
}
