//! What is heard under the options of the moment, worked out beside the window: an hour takes longer than
//! a frame.

use std::sync::Arc;

use egui::Context;
use parking_lot::Mutex;

use super::super::background::spawn_background;
use crate::studio::{AudioImport, Studio};
use crate::transcriber::{Options, Transcription};

/// The newest transcription that there is.
#[derive(Clone, Default)]
pub struct Preview(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    made: Option<(Options, Arc<Transcription>)>,
    /// One is being made.
    busy: bool,
}

impl Preview {
    /// What was made last, and whether that is for these options; has it made for them if not.
    pub fn get(
        &self,
        ctx: &Context,
        studio: &Arc<Studio>,
        import: &Arc<AudioImport>,
        options: &Options,
    ) -> Option<(Arc<Transcription>, bool)> {
        let mut state = self.0.lock();
        let fresh = state.made.as_ref().is_some_and(|(known, _)| known == options);
        if !fresh && !state.busy {
            state.busy = true;
            let (cell, ctx) = (Arc::clone(&self.0), ctx.clone());
            let (import, options) = (Arc::clone(import), options.clone());
            spawn_background(Arc::clone(studio), move |_| {
                let made = Arc::new(import.transcription(&options));
                *cell.lock() = State { made: Some((options, made)), busy: false };
                ctx.request_repaint();
                Ok(())
            });
        }
        state.made.as_ref().map(|(_, made)| (Arc::clone(made), fresh))
    }
}
