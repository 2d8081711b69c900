//! What jobs have brought beside the document: ratings of candidates, and the recording that was heard.

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

    /// Forgets all ratings; no step of the undo history.
    pub fn clear_feedback(&self) {
        self.change(|state| state.session.feedback = RelevanceFeedback::default());
    }
}
