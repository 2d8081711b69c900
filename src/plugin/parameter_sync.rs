//! Looks after an instance where no window does: tells the studio when parameters have changed, and
//! answers the Generate trigger.
//!
//! A thread of its own that looks a few times a second, since neither the audio thread nor a host's
//! callbacks may wait for the studio. It ends before [`ParameterSync`] is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::shared_transport::SharedTransport;
use crate::drummer::Settings;
use crate::parameters::Parameters;
use crate::studio::{Channel, Edit, Gesture, Job, Span, Studio};

/// How often it looks.
const PERIOD: Duration = Duration::from_millis(30);
/// Turns of controls that follow each other faster than this are one step of the undo history.
const PAUSE: Duration = Duration::from_secs(1);

/// The thread; dropping it ends it.
pub struct ParameterSync {
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl ParameterSync {
    /// Starts to look after an instance. Where no thread can be had, controls act through the
    /// window only.
    pub fn start(
        parameters: Arc<Parameters>,
        studio: Arc<Studio>,
        shared_transport: Arc<SharedTransport>,
    ) -> ParameterSync {
        let ends = Arc::new(AtomicBool::new(false));
        let ending = Arc::clone(&ends);
        // What is turned before the thread runs is seen as turned, too.
        let mut sync = SyncState::new(parameters, studio, shared_transport);
        let look = move || {
            while !ending.load(Ordering::Acquire) {
                sync.poll();
                thread::park_timeout(PERIOD);
            }
        };
        let thread = thread::Builder::new().name("drumlin attendant".to_owned()).spawn(look).ok();
        ParameterSync { ends, thread }
    }
}

impl Drop for ParameterSync {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A panic has been reported by its own thread; there is nothing left to end.
            let _ = thread.join();
        }
    }
}

/// What was seen last.
struct SyncState {
    parameters: Arc<Parameters>,
    studio: Arc<Studio>,
    shared_transport: Arc<SharedTransport>,
    settings: Settings,
    channel: i32,
    presses: u32,
    /// Notes that had been captured at the last press.
    notes: u64,
    gesture: Option<(Gesture, Instant)>,
}

impl SyncState {
    fn new(
        parameters: Arc<Parameters>,
        studio: Arc<Studio>,
        shared_transport: Arc<SharedTransport>,
    ) -> SyncState {
        SyncState {
            settings: parameters.settings(Settings::default()),
            channel: parameters.channel.value(),
            presses: parameters.presses(),
            notes: 0,
            gesture: None,
            parameters,
            studio,
            shared_transport,
        }
    }

    fn poll(&mut self) {
        self.tell_settings();
        self.tell_channel();
        let presses = self.parameters.presses();
        if presses != self.presses {
            self.presses = presses;
            self.generate();
        }
    }

    /// Only what was turned since the last look. What undo, a preset or a saved state has changed in
    /// the document is left alone until the window has turned the parameters to it; that happens
    /// one by one, and those that are still to come must not undo it.
    fn tell_settings(&mut self) {
        let now = self.parameters.settings(Settings::default());
        let before = std::mem::replace(&mut self.settings, now);
        if now == before {
            return;
        }
        let asked = self.studio.snapshot().document.settings;
        let wanted = with_turned(asked, &before, &now);
        if wanted != asked {
            self.edit(Edit::Settings(wanted));
        }
    }

    fn tell_channel(&mut self) {
        let number = self.parameters.channel.value();
        if number == self.channel {
            return;
        }
        self.channel = number;
        let channel = u8::try_from(number).ok().and_then(Channel::new);
        if let Some(channel) = channel.filter(|&c| c != self.studio.snapshot().document.channel) {
            self.edit(Edit::Channel(channel));
        }
    }

    fn edit(&mut self, edit: Edit) {
        let now = Instant::now();
        let gesture = match self.gesture {
            Some((gesture, last)) if now - last < PAUSE => gesture,
            _ => self.studio.gesture(),
        };
        self.gesture = Some((gesture, now));
        if let Err(error) = self.studio.drag(gesture, edit) {
            self.studio.report(&error.to_string());
        }
    }

    /// As a musician would: takes what has just played, if something new has, and asks for drums.
    fn generate(&mut self) {
        let notes = self.shared_transport.notes();
        if notes != self.notes {
            self.notes = notes;
            if let Err(error) = self.studio.capture(Span::JustPlayed) {
                self.studio.report(&error.to_string());
            }
        }
        if let Err(error) = self.studio.start(Job::Generate) {
            self.studio.report(&error.to_string());
        }
    }
}

/// What was asked for, but for what differs between two looks at the controls.
fn with_turned(asked: Settings, before: &Settings, now: &Settings) -> Settings {
    fn newer<T: PartialEq>(asked: T, before: T, now: T) -> T {
        if now == before { asked } else { now }
    }
    Settings {
        style: newer(asked.style, before.style, now.style),
        complexity: newer(asked.complexity, before.complexity, now.complexity),
        intensity: newer(asked.intensity, before.intensity, now.intensity),
        fill_amount: newer(asked.fill_amount, before.fill_amount, now.fill_amount),
        fill_complexity: newer(asked.fill_complexity, before.fill_complexity, now.fill_complexity),
        swing: newer(asked.swing, before.swing, now.swing),
        humanise: newer(asked.humanise, before.humanise, now.humanise),
        ending: newer(asked.ending, before.ending, now.ending),
        count_in: newer(asked.count_in, before.count_in, now.count_in),
        // The host knows neither.
        seed: asked.seed,
        alternatives: asked.alternatives,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nice_plug::params::InternalParamMut;

    fn sync() -> SyncState {
        SyncState::new(Arc::default(), Studio::new(), Arc::default())
    }

    #[test]
    fn turned_controls_reach_the_document_as_one_step() {
        let mut sync = sync();
        for swing in [0.2, 0.4, 0.6] {
            // SAFETY: nobody else has these parameters.
            unsafe { sync.parameters.swing._internal_set_plain_value(swing) };
            sync.poll();
        }
        assert_eq!(sync.studio.snapshot().document.settings.swing, 0.6);
        sync.studio.undo();
        sync.poll();
        assert_eq!(sync.studio.snapshot().document.settings.swing, 0.0, "undone, it stays so");
    }

    #[test]
    fn what_undo_turns_back_one_by_one_stays_undone() {
        let mut sync = sync();
        let turn = |sync: &SyncState, swing: f32, humanise: f32| {
            // SAFETY: nobody else has these parameters.
            unsafe {
                sync.parameters.swing._internal_set_plain_value(swing);
                sync.parameters.humanise._internal_set_plain_value(humanise);
            }
        };
        turn(&sync, 0.6, 0.9);
        sync.poll();
        let recalls = sync.studio.snapshot().recalls;
        sync.studio.undo();
        assert_ne!(sync.studio.snapshot().recalls, recalls);
        // The window writes one parameter, then the other; the thread looks in between.
        for (swing, humanise) in [(0.0, 0.9), (0.0, 0.5)] {
            turn(&sync, swing, humanise);
            sync.poll();
        }
        let view = sync.studio.snapshot();
        assert_eq!((view.document.settings.swing, view.document.settings.humanise), (0.0, 0.5));
        assert_eq!((view.undo, view.redo), (None, Some("settings")));
        assert_eq!(view.recalls, recalls + 1, "turning back is no recall of its own");
    }

    #[test]
    fn the_channel_reaches_the_document() {
        let mut sync = sync();
        // SAFETY: as above.
        unsafe { sync.parameters.channel._internal_set_plain_value(2) };
        sync.poll();
        assert_eq!(sync.studio.snapshot().document.channel.number(), 2);
    }

    #[test]
    fn a_press_without_anything_heard_says_so() {
        let mut sync = sync();
        sync.poll();
        assert_eq!(sync.studio.snapshot().error, None);
        // SAFETY: as above.
        unsafe { sync.parameters.generate._internal_set_plain_value(true) };
        sync.poll();
        assert!(sync.studio.snapshot().error.is_some());
    }
}
