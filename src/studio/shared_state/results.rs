//! What jobs have brought beside the document: ratings of candidates, and the recording that was heard.

use std::sync::Arc;

use super::super::Job;
use super::super::candidates::{CandidateSet, RelevanceFeedback};
use super::SharedState;

impl SharedState {
    /// What the musician thinks of candidates.
    pub fn feedback(&self) -> RelevanceFeedback {
        self.state.lock().session.feedback.clone()
    }

    /// Changes it; no step of the undo history.
    pub fn change_feedback(
        &self,
        change: impl FnOnce(&RelevanceFeedback, &CandidateSet) -> Option<RelevanceFeedback>,
    ) {
        self.change(|state| {
            let set = state.session.candidates.clone();
            let feedback = set.and_then(|set| change(&state.session.feedback, &set));
            if let Some(feedback) = feedback {
                state.session.feedback = feedback;
            }
        });
    }

    /// Forgets the recording that was heard last, with what was heard of it.
    pub fn forget_import(&self) {
        self.change(|state| state.session.import = None);
    }

    /// For the worker while it has nothing else to do: has the drums heard of what sounded on the track,
    /// once it is whole.
    pub fn transcribe_track(&self) {
        let Some(heard) = self.with_audio_link(|audio_link| (audio_link.take_track(), false))
        else {
            return;
        };
        match heard {
            Ok(track) => {
                let _ = self.start(Job::TranscribeTrack(Arc::new(track)), |_| Ok::<(), ()>(()));
            }
            Err(error) => self.report(&error.to_string()),
        }
    }

    /// Forgets all ratings; no step of the undo history.
    pub fn clear_feedback(&self) {
        self.change(|state| state.session.feedback = RelevanceFeedback::default());
    }
}
