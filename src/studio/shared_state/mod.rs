//! What the studio's handle and its worker thread share. Locks are held for moments only: never
//! while a job works.

mod auditions;
mod grooves;
mod results;
mod state;
mod wake_up;
mod worker_queue;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::{Mutex, MutexGuard};

use self::state::State;
use self::wake_up::WakeUp;
use super::audio_link::AudioLink;
use super::candidates::AuditionSource;
use super::history::History;
use super::wire::Clip;
use super::{Document, Edit, EditError, Gesture, JobView, Saved, View, WindowSettings};
use crate::drummer::Settings;
use crate::network::Backend;

/// Called after every change.
type Wake = Arc<dyn Fn() + Send + Sync>;

#[derive(Default)]
pub(super) struct SharedState {
    state: Mutex<State>,
    /// Taken after `state` where both are needed.
    audio_link: Mutex<AudioLink>,
    /// Wakes the worker.
    work: WakeUp,
    revision: AtomicU64,
    wake: Mutex<Option<Wake>>,
    gestures: AtomicU64,
    /// There is a thread to work on.
    works: AtomicBool,
    /// The window shows the map of grooves.
    grooves_in_view: AtomicBool,
}

impl SharedState {
    /// Makes a change under the lock, then tells of it: plays what is heard now, wakes the worker
    /// and the window.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock();
        let before = state.history.present().clone();
        let result = change(&mut state);
        state.catch_up();
        if !Arc::ptr_eq(&before, state.history.present()) {
            let present = state.history.present();
            let clip = present.clip();
            let mut link = self.audio_link.lock();
            // The part is auditioned as it now is.
            if state.session.audition_source == Some(AuditionSource::Part) {
                link.play_instead(Some(Clip { at_once: true, ..clip.clone() }));
            }
            // Mutes and solos are a mixer's: nobody waits for the next bar with them.
            let at_once = present.sounding_lanes() != before.sounding_lanes()
                && present.arrangement == before.arrangement;
            link.play(Clip { at_once, ..clip });
        }
        self.notify(state);
        self.work.call();
        result
    }

    /// Tells that there is something new to show. Takes the lock so that it is released before
    /// others hear of it.
    fn notify(&self, state: MutexGuard<State>) {
        self.revision.fetch_add(1, Ordering::Release);
        drop(state);
        self.ring();
    }

    fn ring(&self) {
        let wake = self.wake.lock().clone();
        if let Some(wake) = wake {
            wake();
        }
    }

    pub fn has_worker(&self, works: bool) {
        self.works.store(works, Ordering::Relaxed);
    }

    pub fn works(&self) -> bool {
        self.works.load(Ordering::Relaxed)
    }

    pub fn revision(&self) -> u64 {
        self.revision.load(Ordering::Acquire)
    }

    pub fn on_change(&self, wake: Option<Wake>) {
        *self.wake.lock() = wake;
    }

    pub fn is_watched(&self) -> bool {
        self.wake.lock().is_some()
    }

    pub fn gesture(&self) -> Gesture {
        Gesture(self.gestures.fetch_add(1, Ordering::Relaxed))
    }

    pub fn document(&self) -> Arc<Document> {
        self.state.lock().history.present().clone()
    }

    pub fn view(&self) -> Arc<View> {
        self.poll();
        let mut state = self.state.lock();
        let revision = self.revision();
        if let Some(view) = &state.view
            && view.revision == revision
        {
            return view.clone();
        }
        let waiting = || {
            let job = state.waiting.clone()?;
            Some(JobView { job, stage: None, fraction: 0.0 })
        };
        let running = state.running.as_ref().map(|running| JobView {
            job: running.job.clone(),
            stage: running.stage,
            fraction: running.fraction,
        });
        let (recording, tapping, listening) = {
            let audio_link = self.audio_link.lock();
            (audio_link.heard, audio_link.tapping(), audio_link.listening())
        };
        let view = Arc::new(View {
            revision,
            document: state.history.present().clone(),
            recording,
            tapping,
            listening,
            job: running.or_else(waiting),
            undo: state.history.undo_name(),
            redo: state.history.redo_name(),
            session: state.session.clone(),
        });
        state.view = Some(view.clone());
        view
    }

    /// Makes a step of the undo history, unless `edit` refuses; `recalls` says that settings may be
    /// brought back by it.
    pub fn step<E>(
        &self,
        name: &'static str,
        gesture: Option<Gesture>,
        recalls: bool,
        edit: impl FnOnce(&Document) -> Result<Document, E>,
    ) -> Result<(), E> {
        // Edits are made under the lock, so that none is lost between two threads.
        self.change(|state| {
            let document = edit(state.history.present())?;
            if recalls && document.settings != state.history.present().settings {
                state.session.recalls += 1;
            }
            state.history.step(document, name, gesture);
            state.session.error = None;
            Ok(())
        })
    }

    /// As [`SharedState::step`], unless settings were brought back since `recalls` was seen: what was meant
    /// for those before is dropped.
    pub fn step_since<E>(
        &self,
        recalls: u64,
        name: &'static str,
        gesture: Gesture,
        edit: impl FnOnce(&Document) -> Result<Document, E>,
    ) -> Result<(), E> {
        self.change(|state| {
            if state.session.recalls != recalls {
                return Ok(());
            }
            let document = edit(state.history.present())?;
            state.history.step(document, name, Some(gesture));
            state.session.error = None;
            Ok(())
        })
    }

    pub fn undo(&self) {
        self.travel(History::undo);
    }

    pub fn redo(&self) {
        self.travel(History::redo);
    }

    /// Goes a step back or forth in time.
    fn travel(&self, step: impl FnOnce(&mut History) -> bool) {
        self.change(|state| {
            let map = state.history.present().map.clone();
            if !step(&mut state.history) {
                return;
            }
            state.stop();
            // Pins and favourites are no steps.
            let document = Document { map, ..(**state.history.present()).clone() };
            state.history.amend(document);
            state.session.recalls += 1;
            state.refused = None;
        });
    }

    /// Puts settings in place as one step, for controls to follow.
    pub fn recall(&self, settings: Settings) -> Result<(), EditError> {
        self.change(|state| {
            let present = state.history.present();
            // What belongs to this song alone stays.
            let Settings { seed, alternatives, section_grooves, .. } = present.settings.clone();
            let settings = Settings { seed, alternatives, section_grooves, ..settings };
            let document = Edit::Settings(settings).apply(present)?;
            state.history.step(document, "preset", None);
            state.session.recalls += 1;
            state.session.error = None;
            Ok(())
        })
    }

    pub fn set_window_settings(&self, window_settings: WindowSettings) {
        self.change(|state| state.session.window_settings = window_settings.clamped());
    }

    /// What the networks of the next job shall run on. What could not be played is tried again.
    pub fn set_backend(&self, backend: Backend) {
        self.change(|state| {
            state.session.backend = backend;
            state.session.engine = None;
            state.refused = None;
        });
    }

    pub fn backend(&self) -> Backend {
        self.state.lock().session.backend
    }

    pub fn report(&self, sentence: &str) {
        self.change(|state| state.session.error = Some(sentence.into()));
    }

    pub fn saved(&self) -> Saved {
        let state = self.state.lock();
        Saved {
            document: (**state.history.present()).clone(),
            window_settings: state.session.window_settings,
            feedback: state.session.feedback.clone(),
        }
    }

    pub fn replace(&self, saved: Saved) {
        // A project is opened with the switch for tapping off.
        self.with_audio_link(|audio_link| {
            audio_link.end_tapping();
            ((), true)
        });
        // Hosts hand back what they have just saved: nothing goes then, but parameters may have moved.
        let is_same = self.change(|state| {
            let is_same = **state.history.present() == saved.document
                && state.session.feedback == saved.feedback;
            if is_same {
                state.session.window_settings = saved.window_settings;
                state.session.recalls += 1;
                state.session.error = None;
            }
            is_same
        });
        if is_same {
            return;
        }
        // What is auditioned or is listened to belongs to the document that goes.
        self.stop_audition();
        self.with_audio_link(|audio_link| {
            audio_link.stop_listening(false);
            ((), true)
        });
        self.change(|state| {
            state.stop();
            self.end_sound(state);
            state.history = History::new(saved.document);
            state.session.window_settings = saved.window_settings;
            state.session.feedback = saved.feedback;
            state.session.candidates = None;
            state.session.import = None;
            state.session.melodies = None;
            state.session.rendering = None;
            state.session.recalls += 1;
            state.session.error = None;
            state.refused = None;
        });
    }

    /// Runs `with` on the line; tells if there is something new to show.
    pub fn with_audio_link<T>(&self, with: impl FnOnce(&mut AudioLink) -> (T, bool)) -> T {
        let (result, new) = with(&mut self.audio_link.lock());
        if new {
            self.notify(self.state.lock());
        }
        result
    }

    pub fn connect(&self) -> super::AudioEnd {
        let end = self.audio_link.lock().connect();
        self.state.lock().connected = true;
        self.work.call();
        end
    }

    /// Looks after the line, unless another thread does just now.
    pub fn poll(&self) {
        let looked =
            self.audio_link.try_lock().map(|mut link| (link.poll(), link.settled(), link.sounds()));
        let Some((new, tapped, sounds)) = looked else { return };
        if !sounds {
            self.sound_ended();
        }
        if let Some((groove, gesture)) = tapped {
            self.use_tapped(groove, gesture);
        } else if new {
            self.notify(self.state.lock());
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::studio::wire::Clip;
    use crate::studio::{Edit, Saved, Studio, fixtures};

    #[test]
    fn mutes_and_solos_enter_at_once_and_edits_at_the_bar_line() {
        let studio = Studio::new();
        let saved = Saved { document: fixtures::document(8, 1), ..Saved::default() };
        studio.load(&saved.to_bytes()).unwrap();
        let lane = studio.snapshot().document.part().unwrap().hits[0].lane();
        let mut end = studio.connect();
        let mut edited = |edit: Option<Edit>| -> Clip {
            if let Some(edit) = edit {
                studio.apply(edit).unwrap();
            }
            let clip = end.clips.pop().unwrap();
            end.spent.push(clip.clone()).unwrap();
            *clip
        };
        assert!(!edited(None).at_once);
        assert!(edited(Some(Edit::Mute { lane, on: true })).at_once);
        assert!(edited(Some(Edit::Solo { lane, on: true })).at_once);
        assert!(edited(Some(Edit::Mute { lane, on: false })).at_once);
        studio.undo();
        assert!(edited(None).at_once);
        studio.load(&Saved::default().to_bytes()).unwrap();
        assert!(!edited(None).at_once, "another project");
    }
}
