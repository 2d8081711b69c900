//! What the studio knows, behind one lock.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::super::history::History;
use super::super::{GrooveLibrary, Job, MapRequest, Session, View};
use crate::drummer::{Settings, Stage};

#[derive(Default)]
pub(super) struct State {
    pub history: History,
    pub session: Session,
    pub waiting: Option<Job>,
    pub running: Option<Running>,
    /// Settings that could not be played, so that they are not tried again and again.
    pub refused: Option<Settings>,
    pub view: Option<Arc<View>>,
    pub connected: bool,
    pub closed: bool,
    /// What the map is asked for; the worker takes it from the front.
    pub map_requests: VecDeque<MapRequest>,
    /// The next groove that the map takes in hand is to be heard although none is yet.
    pub awaits_groove: bool,
    pub library: Option<GrooveLibrary>,
}

pub(super) struct Running {
    pub job: Job,
    pub cancelled: Arc<AtomicBool>,
    pub stage: Option<Stage>,
    pub fraction: f32,
}

impl State {
    /// Ends what runs and waits. Its result, if it has one already, is not taken.
    pub fn stop(&mut self) {
        self.waiting = None;
        if let Some(running) = self.running.take() {
            running.cancelled.store(true, Ordering::Relaxed);
        }
    }

    /// Whether the job with this flag is still wanted.
    pub fn wants(&self, cancelled: &AtomicBool) -> bool {
        let running = self.running.as_ref();
        running.is_some_and(|running| std::ptr::eq(&*running.cancelled, cancelled))
    }

    /// Asks for the part to be played as the settings now say, if it is not.
    pub fn catch_up(&mut self) {
        let document = self.history.present();
        let stale = document.arrangement.as_ref().is_some_and(|arrangement| {
            let asked = Settings { seed: arrangement.played.seed, ..document.settings.clone() };
            asked != Settings { alternatives: asked.alternatives, ..arrangement.played.clone() }
        });
        if stale
            && self.running.is_none()
            && self.waiting.is_none()
            && self.refused.as_ref() != Some(&document.settings)
        {
            self.waiting = Some(Job::Reshape);
        }
    }
}
