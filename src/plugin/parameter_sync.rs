//! Tells the studio what was turned at the host, and answers the Generate trigger and the switch for tapping.
//!
//! What was brought back in the document without a window, such as the swing of a take, is turned at the
//! host; an open window does that itself.
//!
//! Neither the audio thread nor a host's callbacks may wait for the studio: a turned parameter sets a
//! bit, and the studio's worker asks for the bits on its own tick.

use std::sync::Arc;
use std::time::{Duration, Instant};

use nice_plug::params::Param;

use super::host_link::HostLink;
use super::shared_transport::SharedTransport;
use crate::drummer::Settings;
use crate::parameters::{Control, Parameters};
use crate::studio::{Channel, Edit, Gesture, Job, Span, StudioLink, TAPPED_BARS};

/// Turns of controls that follow each other faster than this are one step of the undo history.
const PAUSE: Duration = Duration::from_secs(1);

/// What was seen last.
pub struct ParameterSync {
    parameters: Arc<Parameters>,
    shared_transport: Arc<SharedTransport>,
    host: Arc<HostLink>,
    /// The last [`recalls`](crate::studio::Session::recalls) that the parameters have followed.
    recalls: u64,
    presses: u32,
    /// The switch for tapping was on.
    taps: bool,
    /// A groove was being tapped.
    is_tapping: bool,
    /// Notes that had been captured at the last press, or were tapped since.
    notes: u64,
    gesture: Option<(Gesture, Instant)>,
}

impl ParameterSync {
    /// What is turned from now on is told.
    pub fn new(
        parameters: Arc<Parameters>,
        shared_transport: Arc<SharedTransport>,
        host: Arc<HostLink>,
    ) -> ParameterSync {
        ParameterSync {
            recalls: 0,
            presses: parameters.presses(),
            taps: false,
            is_tapping: false,
            notes: 0,
            gesture: None,
            parameters,
            shared_transport,
            host,
        }
    }

    /// Tells the studio what was turned since the last call, and no more than that. What undo, a preset
    /// or a saved state has changed in the document is left alone until the parameters have been turned to
    /// it; that happens one by one, and those that are still to come must not undo it.
    pub fn poll(&mut self, studio: &StudioLink) {
        // Looked at first: what is turned for a project that is opened meanwhile is not turned in it.
        let view = studio.snapshot();
        // Modulation comes and goes and is no part of what is asked for.
        let position = |control| self.parameters.of(control).position();
        let turned: Vec<(Control, f32)> =
            self.parameters.take_turned().map(|control| (control, position(control))).collect();
        if !turned.is_empty() {
            if turned.iter().any(|&(control, _)| control == Control::Channel) {
                self.send_channel(studio, view.document.channel);
            }
            self.turn(studio, view.recalls, &view.document.settings, &turned);
        }
        // What is tapped is no melody that the trigger could take.
        let is_tapping = view.tapping.is_some();
        if std::mem::replace(&mut self.is_tapping, is_tapping) || is_tapping {
            self.notes = self.shared_transport.notes();
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
        self.follow(studio);
        self.host.tell_changes(&self.parameters, studio);
    }

    /// Without a window, turns the parameters to what was brought back in the document.
    fn follow(&mut self, studio: &StudioLink) {
        if studio.is_watched() {
            return;
        }
        let view = studio.snapshot();
        if std::mem::replace(&mut self.recalls, view.recalls) != view.recalls {
            self.host.follow(&self.parameters, &view.document);
        }
    }

    fn send_channel(&mut self, studio: &StudioLink, asked: Channel) {
        let channel = u8::try_from(self.parameters.channel.unmodulated_plain_value())
            .ok()
            .and_then(Channel::new);
        if let Some(channel) = channel.filter(|&channel| channel != asked) {
            let gesture = self.gesture(studio);
            report(studio, studio.drag(gesture, Edit::Channel(channel)));
        }
    }

    /// Turns controls of the settings as they are by then: others may have changed since they were seen.
    /// `recalls` is the session's count of when they were seen.
    fn turn(
        &mut self,
        studio: &StudioLink,
        recalls: u64,
        seen: &Settings,
        turned: &[(Control, f32)],
    ) {
        let turn = |settings: &mut Settings| {
            turned.iter().for_each(|&(control, position)| control.set(settings, position));
        };
        let mut wanted = seen.clone();
        turn(&mut wanted);
        if wanted != *seen {
            let gesture = self.gesture(studio);
            report(studio, studio.adjust(gesture, recalls, turn));
        }
    }

    fn gesture(&mut self, studio: &StudioLink) -> Gesture {
        let now = Instant::now();
        let gesture = match self.gesture {
            Some((gesture, last)) if now - last < PAUSE => gesture,
            _ => studio.gesture(),
        };
        self.gesture = Some((gesture, now));
        gesture
    }

    /// As a musician would: takes what has just played, if something new has, and asks for drums.
    fn generate(&mut self, studio: &StudioLink) {
        let notes = self.shared_transport.notes();
        if notes != self.notes {
            self.notes = notes;
            report(studio, studio.capture(Span::JustPlayed));
        }
        report(studio, studio.start(Job::Generate));
    }
}

fn report<E: std::fmt::Display>(studio: &StudioLink, outcome: Result<(), E>) {
    if let Err(error) = outcome {
        studio.report(&error.to_string());
    }
}

#[cfg(test)]
mod tests {
    #![allow(unsafe_code, reason = "the host sets parameters behind the plugin's back")]

    use super::*;
    use crate::studio::Studio;
    use nice_plug::params::InternalParamMut;

    fn sync() -> (ParameterSync, Arc<Studio>) {
        (ParameterSync::new(Arc::default(), Arc::default(), Arc::default()), Studio::new())
    }

    fn turns(sync: &ParameterSync) -> Vec<&'static str> {
        let mut turns = Vec::new();
        sync.host.take_turns(|id, _| turns.push(id));
        turns
    }

    #[test]
    fn without_a_window_knobs_follow_what_is_brought_back_and_the_host_is_told() {
        for watched in [false, true] {
            let (mut sync, studio) = sync();
            if watched {
                studio.on_change(Some(Arc::new(|| ())));
            }
            sync.poll(&studio);
            assert!(turns(&sync).is_empty());
            let swung = Settings { swing: 0.5, ..studio.snapshot().document.settings.clone() };
            studio.recall(swung).unwrap();
            sync.poll(&studio);
            // A window turns them in its next frame.
            let turned = if watched { &["edits"][..] } else { &["swing", "edits"][..] };
            assert_eq!(turns(&sync), turned);
            sync.poll(&studio);
            assert!(turns(&sync).is_empty(), "once");
        }
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
