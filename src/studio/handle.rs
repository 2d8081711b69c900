//! The handle that the plugin and its window share.

use std::sync::Arc;

use super::wire::{Captured, Clip};
use super::{Edit, EditError, Job, Looks, Span, StateError, TakeError, View};

/// The desk of one plugin; see the folder's door for what may be called where.
///
/// Dropping it cancels what runs and ends the worker thread.
pub struct Studio {}

/// The audio thread's ends of the queues.
pub struct AudioEnd {
    pub captured: rtrb::Producer<Captured>,
    /// The newest is the one to play; all others are spent.
    pub clips: rtrb::Consumer<Box<Clip>>,
    /// For clips that are no longer played: the audio thread must not free them. Never full.
    pub spent: rtrb::Producer<Box<Clip>>,
}

/// Ties the edits of one drag together: those of one gesture that follow each other are one step of
/// the undo history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gesture(u64);

/// Why a job was not started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    #[error("there is nothing to play to: capture a take or drop a MIDI file here")]
    NoTake,
    #[error("there is no drum part yet: generate one first")]
    NoPart,
    #[error("everything there is locked")]
    Locked,
}

impl Studio {
    /// An empty studio with a worker thread of its own. Networks are loaded at the first job.
    pub fn new() -> Arc<Studio> {
        todo!()
    }

    /// New queues for the audio thread. The ends handed out before are dead from here on. The
    /// current clip is sent at once.
    pub fn connect(&self) -> AudioEnd {
        todo!()
    }

    /// What there is to show; cheap enough for every frame.
    pub fn snapshot(&self) -> Arc<View> {
        todo!()
    }

    /// Grows when [`Studio::snapshot`] has something new.
    pub fn revision(&self) -> u64 {
        todo!()
    }

    /// Calls `wake` after every change, on the thread that made it, such as to ask for a repaint.
    /// It must return soon and call nothing here. `None` takes it away.
    pub fn on_change(&self, _wake: Option<Box<dyn Fn() + Send + Sync>>) {
        todo!()
    }

    /// Makes an edit, one step of the undo history.
    ///
    /// # Errors
    /// If it cannot be made; nothing has changed then.
    pub fn apply(&self, _edit: Edit) -> Result<(), EditError> {
        todo!()
    }

    /// A new gesture, for a drag that begins.
    pub fn gesture(&self) -> Gesture {
        todo!()
    }

    /// Makes an edit as part of a drag; see [`Gesture`].
    ///
    /// # Errors
    /// As [`Studio::apply`].
    pub fn drag(&self, _gesture: Gesture, _edit: Edit) -> Result<(), EditError> {
        todo!()
    }

    /// Cuts a take from what was heard and makes it the current one.
    ///
    /// # Errors
    /// If nothing was heard there.
    pub fn capture(&self, _span: Span) -> Result<(), TakeError> {
        todo!()
    }

    /// Makes a take of a MIDI file's bytes and makes it the current one. `name` is the file's,
    /// without its ending.
    ///
    /// # Errors
    /// If the bytes are no song to play to.
    pub fn drop_midi(&self, _name: &str, _bytes: &[u8]) -> Result<(), TakeError> {
        todo!()
    }

    /// Forgets what was heard. Takes stay.
    pub fn forget_recording(&self) {
        todo!()
    }

    /// Starts a job. One that runs is cancelled.
    ///
    /// # Errors
    /// If there is nothing for it to work on.
    pub fn start(&self, _job: Job) -> Result<(), JobError> {
        todo!()
    }

    /// Ends the job that runs, if any; the document stays as it is.
    pub fn cancel(&self) {
        todo!()
    }

    /// Takes the last step back; what runs is cancelled. Nothing happens if there is none.
    pub fn undo(&self) {
        todo!()
    }

    /// Does again what was taken back.
    pub fn redo(&self) {
        todo!()
    }

    /// Remembers size and theme of the window.
    pub fn set_looks(&self, _looks: Looks) {
        todo!()
    }

    /// Shows a sentence where errors are shown, such as that a file could not be written.
    pub fn report(&self, _sentence: &str) {
        todo!()
    }

    /// Everything but the undo history and the recording, for the host's project.
    pub fn save(&self) -> Vec<u8> {
        todo!()
    }

    /// Takes a saved state in place of what there is; what runs is cancelled and the undo history
    /// begins anew.
    ///
    /// # Errors
    /// If the bytes are no state; nothing has changed then.
    pub fn load(&self, _bytes: &[u8]) -> Result<(), StateError> {
        todo!()
    }
}
