//! What the plugin and its window ask of a studio: takes, edits, jobs and states. None of it waits for
//! a job.

mod auditions;
mod grooves;

use std::sync::Arc;

use super::edit::SETTINGS;
use super::shared_state::SharedState;
use super::{
    AudioEnd, Edit, EditError, Gesture, Job, Lanes, Rating, RelevanceFeedback, Saved, Span,
    StateError, Take, TakeError, TrackStretch, VariationId, View, WindowSettings,
};
use crate::drummer::timing::Finding;
use crate::drummer::{Settings, is_text};
use crate::network::Backend;
use crate::score::TakenGroove;

/// The way to a studio: for its owner, and for what its own worker calls (see
/// [`on_tick`](super::Studio::on_tick)).
pub struct StudioLink {
    pub(super) shared: Arc<SharedState>,
}

/// Why a job was not started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what each is and what it names")]
pub enum JobError {
    #[error("there is nothing to play to: capture a take or drop a MIDI file here")]
    NoTake,
    #[error("there is no drum part yet: generate one first")]
    NoPart,
    #[error("there is no piano yet: give the recording of one")]
    NoPiano,
    #[error("everything there is locked")]
    Locked,
    #[error("nothing can be heard yet: the host does not run the plugin")]
    NoHost,
    #[error("the system gives drumlin no thread to work on")]
    NoWorker,
}

impl StudioLink {
    /// New queues for the audio thread. The ends handed out before are dead from here on. The
    /// current clip is sent at once.
    pub fn connect(&self) -> AudioEnd {
        self.shared.connect()
    }

    /// What there is to show; cheap enough for every frame.
    pub fn snapshot(&self) -> Arc<View> {
        self.shared.view()
    }

    /// Grows when [`StudioLink::snapshot`] has something new.
    pub fn revision(&self) -> u64 {
        self.shared.revision()
    }

    /// Calls `wake` after every change, on the thread that made it, such as to ask for a repaint.
    /// It must return soon and call nothing here. `None` takes it away.
    pub fn on_change(&self, wake: Option<Arc<dyn Fn() + Send + Sync>>) {
        self.shared.on_change(wake);
    }

    /// Whether somebody is called after every change: a window is open.
    pub fn is_watched(&self) -> bool {
        self.shared.is_watched()
    }

    /// Makes an edit, one step of the undo history.
    ///
    /// # Errors
    /// If it cannot be made; nothing has changed then.
    pub fn apply(&self, edit: Edit) -> Result<(), EditError> {
        self.shared.step(edit.name(), None, edit.recalls(), |document| edit.apply(document))
    }

    /// A new gesture, for a drag that begins.
    pub fn gesture(&self) -> Gesture {
        self.shared.gesture()
    }

    /// Makes an edit as part of a drag; see [`Gesture`].
    ///
    /// # Errors
    /// As [`StudioLink::apply`].
    pub fn drag(&self, gesture: Gesture, edit: Edit) -> Result<(), EditError> {
        self.shared
            .step(edit.name(), Some(gesture), edit.recalls(), |document| edit.apply(document))
    }

    /// Changes the settings as part of a drag, as they are by then; see [`Gesture`]. Nothing changes if
    /// others have been brought back since `recalls` was seen (see
    /// [`recalls`](crate::studio::Session::recalls)).
    ///
    /// # Errors
    /// As [`StudioLink::apply`].
    pub fn adjust(
        &self,
        gesture: Gesture,
        recalls: u64,
        change: impl FnOnce(&mut Settings),
    ) -> Result<(), EditError> {
        self.shared.step_since(recalls, SETTINGS, gesture, |document| {
            let mut settings = document.settings.clone();
            change(&mut settings);
            Edit::Settings(settings).apply(document)
        })
    }

    /// Asks the drummer for settings that were kept, such as a preset's; controls follow (see
    /// [`recalls`](crate::studio::Session::recalls)). One step of the undo history. Seed and
    /// alternatives stay as they are.
    ///
    /// # Errors
    /// As [`StudioLink::apply`].
    pub fn recall(&self, settings: Settings) -> Result<(), EditError> {
        self.shared.recall(settings)
    }

    /// Cuts a take from what was heard and makes it the current one.
    ///
    /// # Errors
    /// If nothing was heard there.
    pub fn capture(&self, span: Span) -> Result<(), TakeError> {
        let take = self.shared.with_audio_link(|audio_link| {
            let new = audio_link.poll();
            (audio_link.recording.cut(span), new)
        })?;
        self.add(take);
        Ok(())
    }

    /// Makes a take of a MIDI file's bytes and makes it the current one; what was found out about its bars
    /// is reported, and which of its own drums would be a groove ([`Take::own_drums`]). A file of nothing but
    /// drums, or of drum tablature, is a groove to drum the song with. `name` is the file's, without its ending.
    ///
    /// # Errors
    /// If the bytes are neither a song to play to nor a groove.
    pub fn drop_midi(&self, name: &str, bytes: &[u8]) -> Result<(), TakeError> {
        if is_text(bytes) {
            return self.drop_groove(name, bytes, None);
        }
        match Take::from_midi(name, bytes) {
            Err(TakeError::OnlyDrums { .. }) => self.drop_groove(name, bytes, None),
            imported => {
                let (take, findings) = imported?;
                let drums = take.own_drums().map(|drums| words_for_drums(&take.name, &drums));
                self.add(take);
                let said: Vec<String> = findings.into_iter().map(words_for).chain(drums).collect();
                if !said.is_empty() {
                    self.report(&said.join(" "));
                }
                Ok(())
            }
        }
    }

    /// Listens to the sound that comes into the plugin, over a stretch of the host's song, in place of what
    /// it listened to before. Once it is whole, [`Job::TranscribeTrack`] hears its drums.
    ///
    /// # Errors
    /// If no host plays the plugin.
    pub fn listen(&self, stretch: TrackStretch) -> Result<(), JobError> {
        if !self.shared.works() {
            return Err(JobError::NoWorker);
        }
        let listens = self.shared.with_audio_link(|audio_link| (audio_link.listen(stretch), true));
        listens.then_some(()).ok_or(JobError::NoHost)
    }

    /// Ends what [`StudioLink::listen`] began: with what was heard so far, or with nothing.
    pub fn stop_listening(&self, keeps: bool) {
        self.shared.with_audio_link(|audio_link| (audio_link.stop_listening(keeps), true));
    }

    /// Forgets the recording that was heard last: what is known of an hour takes much memory.
    pub fn forget_import(&self) {
        self.shared.forget_import();
    }

    /// Tells whether anything of the studio is left.
    #[cfg(test)]
    pub(super) fn watch(&self) -> std::sync::Weak<SharedState> {
        Arc::downgrade(&self.shared)
    }

    fn add(&self, take: Take) {
        let edit = Edit::AddTake(Arc::new(take));
        let added = self.apply(edit);
        debug_assert!(added.is_ok(), "there is always room for a take");
    }

    /// Forgets what was heard. Takes stay.
    pub fn forget_recording(&self) {
        self.shared.with_audio_link(|audio_link| {
            audio_link.poll();
            audio_link.recording.clear();
            audio_link.refresh();
            ((), true)
        });
    }

    /// Stars (`Some(true)`) or discards a candidate, or takes that back. Moves later rankings of the
    /// project; no step of the undo history.
    pub fn judge_candidate(&self, variation: VariationId, liked: Option<bool>) {
        self.shared.change_feedback(|feedback, set| {
            let (song, own) = (RelevanceFeedback::song(&set.take), set.get(variation)?);
            Some(match liked {
                Some(liked) => {
                    feedback.with(Rating { song, variation, liked, profile: own.profile })
                }
                None => feedback.without(song, variation),
            })
        });
    }

    /// Puts other stars and discards in the place of all that there are: none forget them, what was there
    /// before brings them back.
    pub fn set_feedback(&self, feedback: RelevanceFeedback) {
        self.shared.set_feedback(feedback);
    }

    /// What was heard so far, as a take of all of it; `None` if no note was.
    pub fn recorded_take(&self) -> Option<Take> {
        self.shared.with_audio_link(|audio_link| (audio_link.recording.cut(Span::All).ok(), false))
    }

    /// Starts a job. One that runs is cancelled.
    ///
    /// # Errors
    /// If there is nothing for it to work on.
    pub fn start(&self, job: Job) -> Result<(), JobError> {
        if !self.shared.works() {
            return Err(JobError::NoWorker);
        }
        self.shared.start(job.clone(), |document| match &job {
            Job::Generate | Job::Candidates => document.take().map(|_| ()).ok_or(JobError::NoTake),
            // It needs nothing of the document.
            Job::Transcribe(_)
            | Job::TranscribeTrack(_)
            | Job::Preview(_)
            | Job::LearnPiano(_)
            | Job::AddGrooves(_) => Ok(()),
            Job::RenderPiano if document.piano.is_none() => Err(JobError::NoPiano),
            Job::RenderPiano => document.take().map(|_| ()).ok_or(JobError::NoTake),
            Job::New | Job::Variation | Job::Reshape | Job::Compose(_) => {
                document.arrangement.as_ref().map(|_| ()).ok_or(JobError::NoPart)
            }
            Job::Regenerate(region) => {
                let arrangement = document.arrangement.as_ref().ok_or(JobError::NoPart)?;
                let lanes = region.lanes.without(document.locked_lanes());
                let all = arrangement.alternative().part.bars.len();
                let mut bars = region.bars.start..region.bars.end.min(all);
                let free =
                    bars.any(|bar| !arrangement.locked_bars.contains(&crate::score::BarIndex(bar)));
                if lanes == Lanes::NONE || !free { Err(JobError::Locked) } else { Ok(()) }
            }
        })
    }

    /// Ends the job that runs, if any; the document stays as it is.
    pub fn cancel(&self) {
        self.shared.cancel();
    }

    /// Takes the last step back; what runs is cancelled. Nothing happens if there is none.
    pub fn undo(&self) {
        self.shared.undo();
    }

    /// Does again what was taken back.
    pub fn redo(&self) {
        self.shared.redo();
    }

    /// Remembers size and theme of the window.
    pub fn set_window_settings(&self, window_settings: WindowSettings) {
        self.shared.set_window_settings(window_settings);
    }

    /// What the networks run on from the next job on; no matter for undo, and no part of
    /// [`StudioLink::save`].
    pub fn set_backend(&self, backend: Backend) {
        self.shared.set_backend(backend);
    }

    /// What the networks run on.
    pub fn backend(&self) -> Backend {
        self.shared.backend()
    }

    /// Shows a sentence where errors are shown, such as that a file could not be written.
    pub fn report(&self, sentence: &str) {
        self.shared.report(sentence);
    }

    /// Everything but the undo history and the recording, for the host's project.
    pub fn save(&self) -> Vec<u8> {
        self.shared.saved().to_bytes()
    }

    /// Takes a saved state in place of what there is; what runs is cancelled and the undo history
    /// begins anew.
    ///
    /// # Errors
    /// If the bytes are no state; nothing has changed then.
    pub fn load(&self, bytes: &[u8]) -> Result<(), StateError> {
        self.shared.replace(Saved::from_bytes(bytes)?);
        Ok(())
    }
}

/// That a file has drums, and where the window offers them.
fn words_for_drums(name: &str, drums: &TakenGroove) -> String {
    let bars = drums.bars_in_words();
    format!(
        "It has drums of its own: \"Drums of {name}\" in the list of styles plays its {bars} as a groove."
    )
}

/// What was found out about the bars of a file, and what can be done about it in the window.
fn words_for(finding: Finding) -> String {
    match finding {
        Finding::Pickup { beats } => format!(
            "Bar 1 begins after an upbeat of {beats} beat{}, which the file does not mark; drag its \
             bar line if that is wrong.",
            if beats == 1.0 { "" } else { "s" }
        ),
        Finding::OneBeat { metre } => format!(
            "Its file has bars of a single beat: the drums play bars of {metre}. Drag the bar line of \
             bar 1 if it begins elsewhere."
        ),
        Finding::LongBars { metre } => {
            format!("Its bars of {metre} are too long for the drums to keep to their beats.")
        }
        Finding::OffGrid { .. } => {
            "Its notes lie beside the file's beats throughout: the drums are with the notes. \
                                    The take's menu goes back to the file's bars."
                .to_owned()
        }
        Finding::Followed => {
            "This was not played to the file's bars: the drums follow the playing. \
                              The take's menu goes back to the file's bars."
                .to_owned()
        }
        Finding::PlayedFreely => {
            "This was not played to the file's bars, and its beats are uncertain. \
                                  The take's menu follows the playing as well as can be."
                .to_owned()
        }
    }
}
