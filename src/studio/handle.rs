//! The handle that the plugin and its window share: it owns the worker thread.

use std::ops::Deref;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use parking_lot::Mutex;

use super::shared_state::SharedState;
use super::{StudioLink, worker};

/// The document, recording and jobs of one plugin; see the module for what may be called where.
///
/// Dropping it cancels what runs and ends the worker thread. What can be done with it is
/// [`StudioLink`]'s.
pub struct Studio {
    link: StudioLink,
    /// What the worker does on each of its ticks.
    tick: Arc<Mutex<Option<Tick>>>,
    worker: Option<JoinHandle<()>>,
}

impl Deref for Studio {
    type Target = StudioLink;

    fn deref(&self) -> &StudioLink {
        &self.link
    }
}

/// What the worker does on each of its ticks.
pub type Tick = Box<dyn FnMut(&StudioLink) + Send>;

impl Studio {
    /// An empty studio with a worker thread of its own. Networks are loaded at the first job.
    pub fn new() -> Arc<Studio> {
        let shared = Arc::new(SharedState::default());
        let tick: Arc<Mutex<Option<Tick>>> = Arc::default();
        let (own, ticking) = (StudioLink { shared: shared.clone() }, tick.clone());
        let on_tick = move |link: &StudioLink| {
            // Taken out, so that what it does may take every lock.
            let Some(mut tick) = ticking.lock().take() else { return };
            tick(link);
            ticking.lock().get_or_insert(tick);
        };
        // Without a thread the plugin still plays what it has.
        let worker = thread::Builder::new()
            .name("drumlin worker".to_owned())
            .spawn(move || worker::run(&own.shared, &|| on_tick(&own)))
            .ok();
        shared.has_worker(worker.is_some());
        Arc::new(Studio { link: StudioLink { shared }, tick, worker })
    }

    /// Has something done by the worker thread on each of its ticks: some 40 times a second while
    /// nothing else runs and the audio thread is connected, and between the steps of a job. It must
    /// return soon and not hold the studio itself.
    pub fn on_tick(&self, tick: Tick) {
        *self.tick.lock() = Some(tick);
    }
}

impl Drop for Studio {
    fn drop(&mut self) {
        self.shared.close();
        if let Some(worker) = self.worker.take() {
            // A panic of the worker is over with it.
            let _ = worker.join();
        }
    }
}
