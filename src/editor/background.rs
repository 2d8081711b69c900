//! Slow errands of the window: each has a thread of its own.

use std::sync::{Arc, Weak};
use std::thread;

use super::frame::sentence;
use crate::studio::Studio;

/// Runs something slow on a thread of its own; what goes wrong is reported. A studio that is closed
/// meanwhile is not kept by it.
pub fn spawn_background(
    studio: Arc<Studio>,
    work: impl FnOnce(&Weak<Studio>) -> Result<(), String> + Send + 'static,
) {
    let begun = thread::Builder::new().name("drumlin-file".to_owned()).spawn({
        let studio = Arc::downgrade(&studio);
        move || {
            if let Err(message) = work(&studio)
                && let Some(studio) = studio.upgrade()
            {
                studio.report(&sentence(&message));
            }
        }
    });
    if begun.is_err() {
        studio.report("The system has no thread left for this.");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn a_slow_errand_keeps_no_studio() {
        let studio = Studio::new();
        let ((go_on, wait), (tell, told)) = (channel::<()>(), channel());
        spawn_background(Arc::clone(&studio), move |studio| {
            wait.recv().unwrap();
            tell.send(studio.upgrade().is_none()).unwrap();
            Ok(())
        });
        drop(studio);
        go_on.send(()).unwrap();
        assert!(told.recv().unwrap());
    }
}
