//! When the window looks again at what cannot tell it that it has changed: the transport.
//!
//! Everything else wakes it: the studio and its worker, the host's automation, mouse and keys.

use std::time::{Duration, Instant};

use crate::editor::frame::Transport;
use crate::studio::View;

/// The pause between two looks while something moves.
const MOVING: Duration = Duration::from_millis(50);
/// While nothing does. So late at most it is seen that the host has started.
const RESTING: Duration = Duration::from_millis(250);
/// Timers of some systems are early by so much.
const EARLY: Duration = Duration::from_millis(20);

/// Remembers which look was asked for.
#[derive(Debug, Default)]
pub struct Polling {
    due: Option<Instant>,
}

impl Polling {
    /// In how long a frame is to be drawn, to be asked of the window at `now`. `None` while one that was
    /// asked for before is still to come: each would have a timer of its own, ask for the next, and
    /// after a movement of the mouse there would be many of them for ever.
    pub fn pause(&mut self, now: Instant, transport: &Transport, view: &View) -> Option<Duration> {
        let pause = if moves(transport, view) { MOVING } else { RESTING };
        let is_coming = |due: &Instant| now + EARLY < *due && *due <= now + pause;
        if self.due.as_ref().is_some_and(is_coming) {
            return None;
        }
        self.due = Some(now + pause);
        Some(pause)
    }
}

/// Whether something moves in the window by itself.
fn moves(transport: &Transport, view: &View) -> bool {
    transport.playing
        || transport.rehearsing
        || view.recording.running
        || view.tapping.is_some()
        || view.listening.is_some()
        || view.job.is_some()
        || view.auditioned.is_some()
        || view.audition_source.is_some()
        || view.preview.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patterns::{Pattern, PatternGrid};
    use crate::studio::{Job, JobView, Studio};

    #[test]
    fn an_idle_window_looks_seldom_and_one_that_moves_often() {
        let (now, mut view) = (Instant::now(), View::clone(&Studio::new().snapshot()));
        let pause =
            |transport: &Transport, view: &View| Polling::default().pause(now, transport, view);
        let still = Transport::default();
        assert_eq!(pause(&still, &view), Some(RESTING));
        let playing = Transport { playing: true, ..still };
        let rehearsing = Transport { rehearsing: true, ..still };
        assert_eq!(pause(&playing, &view), Some(MOVING));
        assert_eq!(pause(&rehearsing, &view), Some(MOVING));
        view.job = Some(JobView { job: Job::Generate, stage: None, fraction: 0.0 });
        assert_eq!(pause(&still, &view), Some(MOVING));
        view.job = None;
        view.session.auditioned = Some(Pattern::empty(PatternGrid::Straight));
        assert_eq!(pause(&still, &view), Some(MOVING));
    }

    #[test]
    fn however_many_frames_there_are_one_look_is_under_way() {
        let (began, view) = (Instant::now(), Studio::new().snapshot());
        let after = |millis| began + Duration::from_millis(millis);
        let (mut polling, still) = (Polling::default(), Transport::default());
        let asked = (0..1000_u64)
            .filter(|millis| polling.pause(after(*millis), &still, &view).is_some())
            .count();
        assert!((4..=5).contains(&asked), "{asked} in a second");
        // What begins to move is not waited for.
        let playing = Transport { playing: true, ..still };
        assert_eq!(polling.pause(after(1001), &playing, &view), Some(MOVING));
        assert_eq!(polling.pause(after(1002), &still, &view), None, "it comes sooner than asked");
        assert_eq!(polling.pause(after(1051), &still, &view), Some(RESTING));
    }
}
