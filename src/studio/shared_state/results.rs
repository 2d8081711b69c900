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
    /// once it is whole. What was asked for meanwhile goes first.
    pub fn transcribe_track(&self) {
        // Looked and decided under one lock: a job that is started in between would go.
        let mut state = self.state.lock();
        if state.waiting.is_some() || state.closed {
            return;
        }
        let Some(heard) = self.audio_link.lock().take_track() else { return };
        match heard {
            Ok(track) => {
                state.waiting = Some(Job::TranscribeTrack(Arc::new(track)));
                state.session.error = None;
            }
            Err(error) => state.session.error = Some(error.to_string().into()),
        }
        self.notify(state);
        self.work.call();
    }

    /// Puts other ratings in the place of all that there are; no step of the undo history.
    pub fn set_feedback(&self, feedback: RelevanceFeedback) {
        self.change(|state| state.session.feedback = feedback);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::score::Beats;
    use crate::studio::TrackStretch;
    use crate::studio::wire::{SampleBlock, TrackSound};

    /// A studio that has listened to a little of its track.
    fn listened() -> SharedState {
        let shared = SharedState::default();
        let mut end = shared.connect();
        let mut block = SampleBlock::default();
        block.push(0.5);
        shared.with_audio_link(|link| {
            let name = "Track".to_owned();
            link.listen(TrackStretch { name, from: Beats(0.0), to: None });
            let mut listening = end.listenings.pop().unwrap();
            listening.sound.push(TrackSound::Begins(1000.0)).unwrap();
            listening.sound.push(TrackSound::Samples(block)).unwrap();
            link.stop_listening(true);
            ((), true)
        });
        shared
    }

    #[test]
    fn a_job_that_was_asked_for_is_not_lost_to_what_sounded_on_the_track() {
        let shared = listened();
        shared.start(Job::Generate, |_| Ok::<(), ()>(())).unwrap();
        shared.transcribe_track();
        let next = || shared.next_task(Duration::ZERO).flatten().map(|(job, _)| job);
        assert_eq!(next(), Some(Job::Generate));
        // Its turn comes, and once.
        shared.cancel();
        shared.transcribe_track();
        shared.transcribe_track();
        assert!(matches!(next(), Some(Job::TranscribeTrack(_))));
        shared.cancel();
        shared.transcribe_track();
        assert_eq!(next(), None);
    }
}
