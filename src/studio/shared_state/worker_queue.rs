//! Jobs on their way to the worker, how far they are, and what comes of them.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::super::jobs::{GONE, Outcome};
use super::super::{Document, Job};
use super::SharedState;
use super::state::Running;
use crate::drummer::Stage;
use crate::network::Engine;

impl SharedState {
    /// Asks for a job in place of what runs and waits, unless `ready` refuses.
    pub fn start<E>(
        &self,
        job: Job,
        ready: impl FnOnce(&Document) -> Result<(), E>,
    ) -> Result<(), E> {
        self.change(|state| {
            ready(state.history.present())?;
            state.stop();
            state.waiting = Some(job);
            state.session.error = None;
            state.refused = None;
            Ok(())
        })
    }

    pub fn cancel(&self) {
        self.change(|state| {
            let reshape = |job: &Job| *job == Job::Reshape;
            let running = state.running.as_ref().is_some_and(|running| reshape(&running.job));
            if running || state.waiting.as_ref().is_some_and(reshape) {
                state.refused = Some(state.history.present().settings.clone());
            }
            state.stop();
        });
    }

    pub fn close(&self) {
        let mut state = self.state.lock();
        state.stop();
        state.closed = true;
        drop(state);
        self.work.call();
    }

    /// For the worker: waits for a job, at most `patience` while the audio thread is connected.
    /// `Some(None)` if there is none by then, `None` once it is closed.
    pub fn next_task(&self, patience: Duration) -> Option<Option<(Job, Arc<AtomicBool>)>> {
        let mut waited = false;
        loop {
            let mut state = self.state.lock();
            if state.closed {
                return None;
            }
            if let Some(job) = state.waiting.take() {
                let cancelled = Arc::new(AtomicBool::new(false));
                state.running = Some(Running {
                    job: job.clone(),
                    cancelled: cancelled.clone(),
                    stage: None,
                    fraction: 0.0,
                });
                self.notify(state);
                return Some(Some((job, cancelled)));
            }
            if !state.map_requests.is_empty() {
                return Some(None);
            }
            if waited && state.connected {
                return Some(None);
            }
            let patience = state.connected.then_some(patience);
            drop(state);
            self.work.wait(patience);
            waited = true;
        }
    }

    /// For the worker: how far its job is.
    pub fn progress(&self, cancelled: &AtomicBool, stage: Option<Stage>, fraction: f32) {
        let mut state = self.state.lock();
        if !state.wants(cancelled) {
            return;
        }
        if let Some(running) = &mut state.running {
            // Told often: only what can be seen is worth a frame.
            if stage.is_none() && fraction < running.fraction + 0.005 {
                return;
            }
            running.stage = stage;
            running.fraction = running.fraction.max(fraction);
        }
        self.notify(state);
    }

    /// For the worker: a part of the result, which belongs to the step before.
    pub fn amend(&self, cancelled: &AtomicBool, change: impl FnOnce(&Document) -> Document) {
        self.change(|state| {
            if state.wants(cancelled) {
                let document = change(state.history.present());
                state.history.amend(document);
            }
        });
    }

    /// For the worker: its job has ended, with a result, with a sentence that says why not, or with
    /// nothing to say. `engine` is what its networks ran on.
    pub fn finish(
        &self,
        cancelled: &AtomicBool,
        outcome: Result<Outcome, Option<String>>,
        engine: Option<Engine>,
    ) {
        self.change(|state| {
            if !state.wants(cancelled) {
                return;
            }
            let broke = engine.as_ref().filter(|engine| engine.broke);
            let note = broke.and_then(|engine| engine.why.as_deref());
            let note = note.map(|why| format!("{why}; the processor did the rest").into());
            let ran = state.running.take().map(|running| running.job);
            match outcome {
                Ok(Outcome { change, step, candidates, import, melodies, rendering, sound }) => {
                    if let Some((request, sound)) = sound {
                        self.send_sound(state, request, sound);
                    }
                    if melodies.is_some() {
                        state.session.melodies = melodies;
                    }
                    if rendering.is_some() {
                        state.session.rendering = rendering;
                    }
                    if import.is_some() {
                        state.session.import = import;
                    }
                    if let Some(set) = candidates {
                        state.session.candidates = Some(set);
                    }
                    state.refused = None;
                    state.session.error = note;
                    match (change(state.history.present()), step) {
                        (Some(document), Some(name)) => state.history.step(document, name, None),
                        (Some(document), None) => state.history.amend(document),
                        (None, _) => state.session.error = Some(GONE.into()),
                    }
                }
                Err(sentence) => {
                    // Other jobs say nothing of whether these can be played.
                    if ran == Some(Job::Reshape) {
                        state.refused = Some(state.history.present().settings.clone());
                    }
                    state.session.error = sentence.map(Into::into);
                }
            }
            state.session.engine = engine;
        });
    }
}
