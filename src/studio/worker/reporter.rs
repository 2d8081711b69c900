//! How far a job is, and what else the worker does while it runs one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

use super::super::Document;
use super::super::groove_map::server::MapServer;
use super::super::shared_state::SharedState;
use crate::drummer::{Progress, Stage};

/// Does what the map was asked for, unless that is being done.
pub fn serve_map(shared: &SharedState, map: &Mutex<MapServer>) {
    let Some(mut server) = map.try_lock() else { return };
    while let Some(request) = shared.next_map_request() {
        let served = catch_unwind(AssertUnwindSafe(|| server.serve(shared, request)));
        if served.is_err() {
            *server = MapServer::default();
            shared.report("The map of grooves has failed: this is a mistake in Drumlin.");
        }
    }
}

/// How much of a job's progress bar the present call of the drummer fills.
#[derive(Clone, Copy)]
pub struct ProgressRange {
    pub from: f32,
    pub to: f32,
    pub analyzes: bool,
}

impl ProgressRange {
    pub const WHOLE: ProgressRange = ProgressRange { from: 0.0, to: 1.0, analyzes: true };
}

pub struct Reporter<'a> {
    pub shared: &'a SharedState,
    pub tick: &'a (dyn Fn() + Sync),
    pub map: &'a Mutex<MapServer>,
    pub cancelled: &'a AtomicBool,
    pub range: Mutex<ProgressRange>,
}

/// A stage's share of a generation's time, measured for 96 bars.
fn weight(stage: Stage) -> f32 {
    match stage {
        Stage::Synthesis => 0.25,
        Stage::Cqt => 0.35,
        Stage::Features => 0.03,
        Stage::Structure => 0.1,
        Stage::Pattern => 0.16,
        Stage::Performance => 0.1,
    }
}

impl Progress for Reporter<'_> {
    fn stage(&self, stage: Stage) {
        let range = *self.range.lock();
        let counted = |stage: &Stage| range.analyzes || *stage >= Stage::Pattern;
        let all: f32 = Stage::ALL.into_iter().filter(counted).map(weight).sum();
        let done: f32 =
            Stage::ALL.into_iter().filter(counted).filter(|s| *s < stage).map(weight).sum();
        let fraction = range.from + (range.to - range.from) * done / all;
        self.shared.progress(self.cancelled, Some(stage), fraction);
    }

    fn is_cancelled(&self) -> bool {
        self.shared.poll();
        (self.tick)();
        serve_map(self.shared, self.map);
        self.cancelled.load(Ordering::Relaxed)
    }
}

impl Reporter<'_> {
    /// Tells how far a job without stages is, 0 to 1; whether it is to go on.
    pub fn goes_on(&self, share: f32) -> bool {
        self.shared.progress(self.cancelled, None, share);
        !self.is_cancelled()
    }

    /// Puts a part of the result into the document as it is now.
    pub fn amend(&self, change: impl FnOnce(&Document) -> Document) {
        self.shared.amend(self.cancelled, change);
    }
}
