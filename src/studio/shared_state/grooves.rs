//! What is asked of the map of grooves, and what was tapped.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::super::{Edit, Gesture, GrooveLibrary, Job, MapRequest, MapState, MapView};
use super::SharedState;
use crate::score::Groove;

impl SharedState {
    /// Asks something of the map. Of requests that move the groove in hand only the last counts, and of
    /// those that only want to hear one; what is heard never takes the place of a move. What is taken in
    /// hand is heard, also if nothing is heard yet.
    pub fn request_map(&self, request: MapRequest) {
        let mut state = self.state.lock();
        let moves =
            |request: &MapRequest| matches!(request, MapRequest::Go(_) | MapRequest::Morph(_));
        let listens = |request: &MapRequest| matches!(request, MapRequest::Listen(_));
        if state.session.auditioned.is_none() {
            state.awaits_groove |= moves(&request) || matches!(request, MapRequest::Dice(_));
        }
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
        self.change(|state| state.session.map = Some(Arc::new(view)));
    }

    /// Asks for files to be added to the library, with those that were to be added before.
    pub fn add_grooves(&self, paths: Vec<PathBuf>) {
        self.change(|state| {
            let running = state.running.as_ref().map(|running| &running.job);
            let mut all = Vec::new();
            for job in running.into_iter().chain(&state.waiting) {
                if let Job::AddGrooves(earlier) = job {
                    all.extend(earlier.iter().cloned());
                }
            }
            all.extend(paths);
            state.stop();
            state.waiting = Some(Job::AddGrooves(all));
            state.session.error = None;
            state.refused = None;
        });
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

    /// Drums the song with what was tapped.
    pub fn use_tapped(&self, groove: Groove, gesture: Gesture) {
        let edit = Edit::UseGroove { section: None, groove: Some(groove) };
        let used = self.step("tap a groove", Some(gesture), true, |present| edit.apply(present));
        debug_assert!(used.is_ok(), "a groove can always be used");
    }
}
