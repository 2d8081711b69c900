//! Tells the studio what was turned at the host, and answers the Generate trigger and the switch for tapping.
//!
//! Neither the audio thread nor a host's callbacks may wait for the studio: a turned parameter sets a
//! bit, and the studio's worker asks for the bits on its own tick.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::shared_transport::SharedTransport;
use crate::parameters::{Control, Parameters};
use crate::studio::{Channel, Edit, Gesture, Job, Span, StudioLink, TAPPED_BARS};

/// Turns of controls that follow each other faster than this are one step of the undo history.
const PAUSE: Duration = Duration::from_secs(1);

/// What was seen last.
pub struct ParameterSync {
    parameters: Arc<Parameters>,
    shared_transport: Arc<SharedTransport>,
    presses: u32,
    /// The switch for tapping was on.
    taps: bool,
    /// Notes that had been captured at the last press.
    notes: u64,
    gesture: Option<(Gesture, Instant)>,
}

impl ParameterSync {
    /// What is turned from now on is told.
    pub fn new(
        parameters: Arc<Parameters>,
        shared_transport: Arc<SharedTransport>,
    ) -> ParameterSync {
        ParameterSync {
            presses: parameters.presses(),
            taps: false,
            notes: 0,
            gesture: None,
            parameters,
            shared_transport,
        }
    }

    /// Tells the studio what was turned since the last call, and no more than that. What undo, a preset
    /// or a saved state has changed in the document is left alone until the window has turned the
    /// parameters to it; that happens one by one, and those that are still to come must not undo it.
    pub fn poll(&mut self, studio: &StudioLink) {
        let mut turned = self.parameters.take_turned().peekable();
        if turned.peek().is_some() {
            let asked = studio.snapshot();
            let mut wanted = asked.document.settings.clone();
            for control in turned {
                control.set(&mut wanted, self.parameters.of(control).modulated_position());
                if control == Control::Channel {
                    self.send_channel(studio, asked.document.channel);
                }
            }
            if wanted != asked.document.settings {
                self.edit(studio, Edit::Settings(wanted));
            }
        }
        let presses = self.parameters.presses();
        if presses != self.presses {
            self.presses = presses;
            self.generate(studio);
        }
        let taps = self.parameters.tap.value();
        if std::mem::replace(&mut self.taps, taps) != taps {
            if taps {
                studio.tap(TAPPED_BARS);
            } else {
                studio.end_tapping();
            }
        }
    }

    fn send_channel(&mut self, studio: &StudioLink, asked: Channel) {
        let channel = u8::try_from(self.parameters.channel.value()).ok().and_then(Channel::new);
        if let Some(channel) = channel.filter(|&channel| channel != asked) {
            self.edit(studio, Edit::Channel(channel));
        }
    }

    fn edit(&mut self, studio: &StudioLink, edit: Edit) {
        let now = Instant::now();
        let gesture = match self.gesture {
            Some((gesture, last)) if now - last < PAUSE => gesture,
            _ => studio.gesture(),
        };
        self.gesture = Some((gesture, now));
        if let Err(error) = studio.drag(gesture, edit) {
            studio.report(&error.to_string());
        }
    }

    /// As a musician would: takes what has just played, if something new has, and asks for drums.
    fn generate(&mut self, studio: &StudioLink) {
        let notes = self.shared_transport.notes();
        if notes != self.notes {
            self.notes = notes;
            if let Err(error) = studio.capture(Span::JustPlayed) {
                studio.report(&error.to_string());
            }
        }
        if let Err(error) = studio.start(Job::Generate) {
            studio.report(&error.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(unsafe_code, reason = "the host sets parameters behind the plugin's back")]

    use super::*;
    use crate::studio::Studio;
    use nice_plug::params::InternalParamMut;

    fn sync() -> (ParameterSync, Arc<Studio>) {
        (ParameterSync::new(Arc::default(), Arc::default()), Studio::new())
    }

    #[test]
    fn turned_controls_reach_the_document_as_one_step() {
        let (mut sync, studio) = sync();
        for swing in [0.2, 0.4, 0.6] {
            // SAFETY: nobody else has these parameters.
            unsafe { sync.parameters.swing._internal_set_plain_value(swing) };
            sync.poll(&studio);
        }
        assert_eq!(studio.snapshot().document.settings.swing, 0.6);
        studio.undo();
        sync.poll(&studio);
        assert_eq!(studio.snapshot().document.settings.swing, 0.0, "undone, it stays so");
    }

    #[test]
    fn what_undo_turns_back_one_by_one_stays_undone() {
        let (mut sync, studio) = sync();
        let turn = |sync: &ParameterSync, swing: f32, humanise: f32| {
            // SAFETY: nobody else has these parameters.
            unsafe {
                sync.parameters.swing._internal_set_plain_value(swing);
                sync.parameters.humanise._internal_set_plain_value(humanise);
            }
        };
        turn(&sync, 0.6, 0.9);
        sync.poll(&studio);
        let recalls = studio.snapshot().recalls;
        studio.undo();
        assert_ne!(studio.snapshot().recalls, recalls);
        // The window writes one parameter, then the other; the thread looks in between.
        for (swing, humanise) in [(0.0, 0.9), (0.0, 0.5)] {
            turn(&sync, swing, humanise);
            sync.poll(&studio);
        }
        let view = studio.snapshot();
        assert_eq!((view.document.settings.swing, view.document.settings.humanise), (0.0, 0.5));
        assert_eq!((view.undo, view.redo), (None, Some("settings")));
        assert_eq!(view.recalls, recalls + 1, "turning back is no recall of its own");
    }

    #[test]
    fn the_channel_reaches_the_document() {
        let (mut sync, studio) = sync();
        // SAFETY: as above.
        unsafe { sync.parameters.channel._internal_set_plain_value(2) };
        sync.poll(&studio);
        assert_eq!(studio.snapshot().document.channel.number(), 2);
    }

    #[test]
    fn a_press_without_anything_heard_says_so() {
        let (mut sync, studio) = sync();
        sync.poll(&studio);
        assert_eq!(studio.snapshot().error, None);
        // SAFETY: as above.
        unsafe { sync.parameters.generate._internal_set_plain_value(true) };
        sync.poll(&studio);
        assert!(studio.snapshot().error.is_some());
    }
}
