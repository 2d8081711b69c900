//! What the studio's handle and its worker thread share. Locks are held for moments only: never
//! while a job works.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crossbeam::channel::{Receiver, Sender, bounded};
use parking_lot::{Mutex, MutexGuard};

use super::audio_import::AudioImport;
use super::audio_link::AudioLink;
use super::candidates::{CandidateSet, Heard, Taste};
use super::groove_map::plainly;
use super::history::History;
use super::jobs::Outcome;
use super::melodies::MelodySet;
use super::wire::{Audition, Clip};
use super::{
    Document, Edit, EditError, Gesture, GrooveLibrary, Job, JobView, MapRequest, MapState, MapView,
    Saved, View, WindowSettings,
};
use crate::drummer::{Settings, Stage};
use crate::network::{Backend, Engine};
use crate::patterns::Pattern;
use crate::score::{Beats, Bpm, DrumPart, Groove, Metre};

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

/// What the worker waits for: calls that come while it works are one call when it waits again, so that
/// none is lost and none piles up.
struct WakeUp {
    call: Sender<()>,
    called: Receiver<()>,
}

impl Default for WakeUp {
    fn default() -> WakeUp {
        let (call, called) = bounded(1);
        WakeUp { call, called }
    }
}

impl WakeUp {
    fn call(&self) {
        // Full: it has been called already.
        let _ = self.call.try_send(());
    }

    /// Waits for a call, at most `patience` if there is one.
    fn wait(&self, patience: Option<Duration>) {
        let _ = match patience {
            Some(patience) => self.called.recv_timeout(patience).is_ok(),
            None => self.called.recv().is_ok(),
        };
    }
}

#[derive(Default)]
struct State {
    history: History,
    window_settings: WindowSettings,
    backend: Backend,
    engine: Option<Engine>,
    waiting: Option<Job>,
    running: Option<Running>,
    error: Option<Arc<str>>,
    /// Settings that could not be played, so that they are not tried again and again.
    refused: Option<Settings>,
    view: Option<Arc<View>>,
    /// See [`View::recalls`].
    recalls: u64,
    connected: bool,
    closed: bool,
    /// What the map is asked for; the worker takes it from the front.
    map_requests: VecDeque<MapRequest>,
    map: Option<Arc<MapView>>,
    auditioned: Option<Pattern>,
    library: Option<GrooveLibrary>,
    /// What there is to choose from.
    candidates: Option<Arc<CandidateSet>>,
    taste: Taste,
    /// What is heard while candidates are compared.
    heard: Option<Heard>,
    /// The recording that was heard last.
    import: Option<Arc<AudioImport>>,
    /// The melodies that were written last.
    melodies: Option<Arc<MelodySet>>,
}

struct Running {
    job: Job,
    cancelled: Arc<AtomicBool>,
    stage: Option<Stage>,
    fraction: f32,
}

impl State {
    /// Ends what runs and waits. Its result, if it has one already, is not taken.
    fn stop(&mut self) {
        self.waiting = None;
        if let Some(running) = self.running.take() {
            running.cancelled.store(true, Ordering::Relaxed);
        }
    }

    /// Whether the job with this flag is still wanted.
    fn wants(&self, cancelled: &AtomicBool) -> bool {
        let running = self.running.as_ref();
        running.is_some_and(|running| std::ptr::eq(&*running.cancelled, cancelled))
    }

    /// Asks for the part to be played as the settings now say, if it is not.
    fn catch_up(&mut self) {
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

impl SharedState {
    /// Makes a change under the lock, then tells of it: plays what is heard now, wakes the worker
    /// and the window.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock();
        let before = state.history.present().clone();
        let result = change(&mut state);
        state.catch_up();
        if !Arc::ptr_eq(&before, state.history.present()) {
            self.audio_link.lock().play(state.history.present().clip());
        }
        self.told(state);
        self.work.call();
        result
    }

    /// Tells that there is something new to show. Takes the lock so that it is released before
    /// others hear of it.
    fn told(&self, state: MutexGuard<State>) {
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
        let (recording, tapping) = {
            let audio_link = self.audio_link.lock();
            (audio_link.heard, audio_link.tapping())
        };
        let view = Arc::new(View {
            revision,
            document: state.history.present().clone(),
            window_settings: state.window_settings,
            backend: state.backend,
            engine: state.engine.clone(),
            recording,
            tapping,
            job: running.or_else(waiting),
            map: state.map.clone(),
            auditioned: state.auditioned,
            candidates: state.candidates.clone(),
            taste: state.taste.clone(),
            heard: state.heard,
            import: state.import.clone(),
            melodies: state.melodies.clone(),
            undo: state.history.undo_name(),
            redo: state.history.redo_name(),
            recalls: state.recalls,
            error: state.error.clone(),
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
                state.recalls += 1;
            }
            state.history.step(document, name, gesture);
            state.error = None;
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
            state.stop();
            if step(&mut state.history) {
                state.recalls += 1;
            }
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
            state.recalls += 1;
            state.error = None;
            Ok(())
        })
    }

    pub fn set_window_settings(&self, window_settings: WindowSettings) {
        self.change(|state| state.window_settings = window_settings.clamped());
    }

    /// What the networks of the next job shall run on. What could not be played is tried again.
    pub fn set_backend(&self, backend: Backend) {
        self.change(|state| {
            state.backend = backend;
            state.engine = None;
            state.refused = None;
        });
    }

    pub fn backend(&self) -> Backend {
        self.state.lock().backend
    }

    pub fn report(&self, sentence: &str) {
        self.change(|state| state.error = Some(sentence.into()));
    }

    pub fn saved(&self) -> Saved {
        let state = self.state.lock();
        Saved {
            document: (**state.history.present()).clone(),
            window_settings: state.window_settings,
            taste: state.taste.clone(),
        }
    }

    pub fn replace(&self, saved: Saved) {
        self.change(|state| {
            state.stop();
            state.history = History::new(saved.document);
            state.window_settings = saved.window_settings;
            state.taste = saved.taste;
            state.candidates = None;
            state.import = None;
            state.melodies = None;
            state.recalls += 1;
            state.error = None;
            state.refused = None;
        });
    }

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
            state.error = None;
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

    /// Runs `with` on the line; tells if there is something new to show.
    pub fn with_audio_link<T>(&self, with: impl FnOnce(&mut AudioLink) -> (T, bool)) -> T {
        let (result, new) = with(&mut self.audio_link.lock());
        if new {
            self.told(self.state.lock());
        }
        result
    }

    /// Asks something of the map. Of requests that move the groove in hand only the last counts, and of
    /// those that only want to hear one; what is heard never takes the place of a move.
    pub fn ask_map(&self, request: MapRequest) {
        let mut state = self.state.lock();
        let moves =
            |request: &MapRequest| matches!(request, MapRequest::Go(_) | MapRequest::Morph(_));
        let listens = |request: &MapRequest| matches!(request, MapRequest::Listen(_));
        if moves(&request) {
            state.map_requests.retain(|waiting| !moves(waiting) && !listens(waiting));
        } else if listens(&request) {
            state.map_requests.retain(|waiting| !listens(waiting));
        }
        state.map_requests.push_back(request);
        drop(state);
        self.work.call();
    }

    /// For the worker.
    pub fn next_map_request(&self) -> Option<MapRequest> {
        self.state.lock().map_requests.pop_front()
    }

    /// For the worker: what there is to show of the map.
    pub fn show_map(&self, view: MapView) {
        self.change(|state| state.map = Some(Arc::new(view)));
    }

    pub fn set_grooves_in_view(&self, shown: bool) {
        self.grooves_in_view.store(shown, Ordering::Relaxed);
    }

    pub fn grooves_in_view(&self) -> bool {
        self.grooves_in_view.load(Ordering::Relaxed)
    }

    pub fn library(&self) -> Option<GrooveLibrary> {
        self.state.lock().library.clone()
    }

    pub fn set_library(&self, library: Option<GrooveLibrary>) {
        self.state.lock().library = library;
    }

    /// Changes what the musician has on the map; no step of the undo history.
    pub fn change_map(&self, change: impl FnOnce(&mut MapState)) {
        self.change(|state| {
            let mut document = (**state.history.present()).clone();
            change(&mut document.map);
            state.history.amend(document);
        });
    }

    /// Has a groove heard at once in the place of the part, over and over, whether the host plays or not.
    /// `played` replaces the same groove only while that is still wanted.
    pub fn audition(&self, pattern: &Pattern, part: &DrumPart, tempo: Bpm, played: bool) {
        let mut state = self.state.lock();
        if played && state.auditioned.is_none() {
            return;
        }
        let running = state.auditioned.replace(*pattern).is_some();
        state.heard = None;
        let clip = state.history.present().audition_clip(part);
        let (from, to) = (clip.start, Beats(clip.start.0 + clip.length.0));
        let mut link = self.audio_link.lock();
        link.play_instead(Some(clip));
        if !running {
            link.audition(Audition::Play { from, to, tempo, metre: Metre::COMMON });
        }
        drop(link);
        self.told(state);
    }

    /// As [`SharedState::audition`], with plain accents: for what must be heard in the next block.
    pub fn audition_plainly(&self, pattern: &Pattern, tempo: Bpm) {
        self.audition(pattern, &plainly(pattern), tempo, false);
    }

    /// Lets the part be heard again.
    pub fn stop_audition(&self) {
        let mut state = self.state.lock();
        state.map_requests.retain(|request| !matches!(request, MapRequest::Listen(_)));
        if state.auditioned.take().is_some() | state.heard.take().is_some() {
            let mut link = self.audio_link.lock();
            link.play_instead(None);
            link.audition(Audition::Stop);
            drop(link);
            self.told(state);
        }
    }

    /// What the musician thinks of candidates.
    pub fn taste(&self) -> Taste {
        self.state.lock().taste.clone()
    }

    /// Changes it; no step of the undo history.
    pub fn change_taste(&self, change: impl FnOnce(&Taste, &CandidateSet) -> Option<Taste>) {
        self.change(|state| {
            let set = state.candidates.clone();
            let taste = set.and_then(|set| change(&state.taste, &set));
            if let Some(taste) = taste {
                state.taste = taste;
            }
        });
    }

    pub fn forget_import(&self) {
        self.change(|state| state.import = None);
    }

    pub fn forget_taste(&self) {
        self.change(|state| state.taste = Taste::default());
    }

    /// Has a candidate, or the part beside it, heard at once in its place of the song; with `rehearsal`
    /// also while the host stands.
    pub fn hear(&self, heard: Heard, rehearsal: impl FnOnce(&Document) -> Option<Audition>) {
        let mut state = self.state.lock();
        let document = state.history.present().clone();
        let clip = match heard {
            Heard::Part => document.clip(),
            Heard::Candidate(variation) => {
                let set = state.candidates.as_ref();
                let Some((set, own)) = set.and_then(|set| Some((set, set.get(variation)?))) else {
                    return;
                };
                let take = document.take().filter(|take| take.song == set.take.song);
                document.clip_of(take.unwrap_or(&set.take), &own.alternative.part)
            }
        };
        state.heard = Some(heard);
        state.auditioned = None;
        let mut link = self.audio_link.lock();
        link.play_instead(Some(Clip { at_once: true, ..clip }));
        if let Some(rehearsal) = rehearsal(&document) {
            link.audition(rehearsal);
        }
        drop(link);
        self.told(state);
    }

    pub fn connect(&self) -> super::AudioEnd {
        let end = self.audio_link.lock().connect();
        self.state.lock().connected = true;
        self.work.call();
        end
    }

    /// Looks after the line, unless another thread does just now.
    pub fn poll(&self) {
        let looked = self.audio_link.try_lock().map(|mut link| (link.poll(), link.settled()));
        let Some((new, tapped)) = looked else { return };
        if let Some((groove, gesture)) = tapped {
            self.use_tapped(groove, gesture);
        } else if new {
            self.told(self.state.lock());
        }
    }

    /// Drums the song with what was tapped.
    pub fn use_tapped(&self, groove: Groove, gesture: Gesture) {
        let edit = Edit::UseGroove { section: None, groove: Some(groove) };
        let used = self.step("tap a groove", Some(gesture), true, |present| edit.apply(present));
        debug_assert!(used.is_ok(), "a groove can always be used");
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
                self.told(state);
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
        self.told(state);
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
            state.running = None;
            match outcome {
                Ok(Outcome { change, step, candidates, import, melodies }) => {
                    if melodies.is_some() {
                        state.melodies = melodies;
                    }
                    if import.is_some() {
                        state.import = import;
                    }
                    if let Some(set) = candidates {
                        state.candidates = Some(set);
                    }
                    let document = change(state.history.present());
                    match step {
                        Some(name) => state.history.step(document, name, None),
                        None => state.history.amend(document),
                    }
                    state.error = note;
                    state.refused = None;
                }
                Err(sentence) => {
                    state.refused = Some(state.history.present().settings.clone());
                    state.error = sentence.map(Into::into);
                }
            }
            state.engine = engine;
        });
    }
}
