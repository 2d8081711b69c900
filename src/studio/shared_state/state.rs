//! What the studio knows, behind one lock.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::super::audio_import::AudioImport;
use super::super::candidates::{AuditionSource, CandidateSet, RelevanceFeedback};
use super::super::history::History;
use super::super::melodies::MelodySet;
use super::super::sound_preview::PreviewView;
use super::super::take_piano::PianoRendering;
use super::super::{GrooveLibrary, Job, MapRequest, MapView, View, WindowSettings};
use crate::drummer::{Settings, Stage};
use crate::network::{Backend, Engine};
use crate::patterns::Pattern;

#[derive(Default)]
pub(super) struct State {
    pub history: History,
    pub window_settings: WindowSettings,
    pub backend: Backend,
    pub engine: Option<Engine>,
    pub waiting: Option<Job>,
    pub running: Option<Running>,
    pub error: Option<Arc<str>>,
    /// Settings that could not be played, so that they are not tried again and again.
    pub refused: Option<Settings>,
    pub view: Option<Arc<View>>,
    /// See [`View::recalls`].
    pub recalls: u64,
    pub connected: bool,
    pub closed: bool,
    /// What the map is asked for; the worker takes it from the front.
    pub map_requests: VecDeque<MapRequest>,
    pub map: Option<Arc<MapView>>,
    pub auditioned: Option<Pattern>,
    pub library: Option<GrooveLibrary>,
    /// What there is to choose from.
    pub candidates: Option<Arc<CandidateSet>>,
    pub feedback: RelevanceFeedback,
    /// What is heard while candidates are compared.
    pub audition_source: Option<AuditionSource>,
    /// The recording that was heard last.
    pub import: Option<Arc<AudioImport>>,
    /// The melodies that were written last.
    pub melodies: Option<Arc<MelodySet>>,
    /// The take that was played with a piano last.
    pub rendering: Option<Arc<PianoRendering>>,
    /// The sound that is heard.
    pub preview: Option<PreviewView>,
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
