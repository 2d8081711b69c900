//! Pedals, volume and expression of what the host played, by song position: what is played again takes the
//! place of what was there, and behind it they stand as an earlier pass left them.

use std::collections::BTreeMap;

use crate::midi::VolumeChange;
use crate::score::{Controller, Pedal, PedalChange, Ticks};

/// As many movements as are kept: three quarters of an hour of a foot that never rests.
const MOST: usize = 1 << 18;
/// The first of them, for ranges.
const FIRST: Controller = Controller::Pedal(Pedal::Sustain);

/// The value of each, by [`Controller::index`].
type Values = [u8; Controller::ALL.len()];

/// How the controllers were moved.
#[derive(Clone, Debug)]
pub(super) struct Controllers {
    /// The value of a controller from a tick on.
    changes: BTreeMap<(u64, Controller), u8>,
    /// Where the pass under way has them.
    now: Values,
    /// Where earlier passes had them here.
    before: Values,
}

impl Default for Controllers {
    fn default() -> Controllers {
        let (now, before) = (Controller::AT_REST, Controller::AT_REST);
        Controllers { changes: BTreeMap::new(), now, before }
    }
}

impl Controllers {
    /// A pass begins at a tick, with all of them at rest.
    pub fn start(&mut self, tick: u64) {
        self.before = self.held(tick);
        self.now = Controller::AT_REST;
        self.put(tick, self.before, self.now);
    }

    /// The pass under way ends at a tick.
    pub fn stop(&mut self, tick: u64) {
        self.put(tick, self.now, self.before);
        self.now = self.before;
    }

    /// The pass has gone from one tick to a later one: what earlier passes did behind the first goes.
    pub fn pass(&mut self, from: u64, to: u64) {
        let erased = (from + 1, FIRST)..(to + 1, FIRST);
        let places: Vec<(u64, Controller)> =
            self.changes.range(erased).map(|(at, _)| *at).collect();
        for place in places {
            if let Some(value) = self.changes.remove(&place) {
                self.before[place.1.index()] = value;
            }
        }
    }

    /// A controller is moved where the pass is now. Whether there is room for it.
    pub fn set(&mut self, tick: u64, controller: Controller, value: u8) -> bool {
        let fits = self.changes.len() < MOST || self.changes.contains_key(&(tick, controller));
        if fits {
            self.now[controller.index()] = value.min(127);
            self.changes.insert((tick, controller), value.min(127));
        }
        fits
    }

    /// Forgets what lies outside of a stretch that the pass under way has played.
    pub fn keep(&mut self, from: u64, to: u64) {
        self.changes.retain(|(at, _), _| (from..=to).contains(at));
        self.before = Controller::AT_REST;
    }

    /// Forgets all but where they are where the pass is, if one is under way.
    pub fn clear(&mut self, tick: Option<u64>) {
        *self = Controllers { now: self.now, ..Controllers::default() };
        if let Some(tick) = tick {
            self.put(tick, Controller::AT_REST, self.now);
        }
    }

    /// Those that are not at rest where the pass is.
    pub fn moved(&self) -> impl Iterator<Item = (Controller, u8)> {
        not_at_rest(self.now)
    }

    /// The pedals between two ticks, from the first one on; at the second all come up.
    pub fn pedals(&self, start: u64, stop: u64) -> Vec<PedalChange> {
        let moved = |at: u64, (controller, value)| match controller {
            Controller::Pedal(pedal) => Some(PedalChange { at: Ticks(at - start), pedal, value }),
            _ => None,
        };
        let first = not_at_rest(self.held(start)).filter_map(|held| moved(start, held));
        let later = self.later(start, stop).filter_map(|(at, change)| moved(at, change));
        let last = not_at_rest(self.held(stop - 1));
        let up = last.filter_map(|(controller, _)| moved(stop, (controller, 0)));
        first.chain(later).chain(up).collect()
    }

    /// How loud notes are between two ticks, from the first one on; nothing where that is as ever.
    pub fn volumes(&self, start: u64, stop: u64) -> Vec<VolumeChange> {
        let mut values = self.held(start);
        let mut gain = Controller::gain(&values);
        let mut changes = Vec::new();
        if gain != 1.0 {
            changes.push(VolumeChange { at: Ticks(0), gain });
        }
        for (at, (controller, value)) in self.later(start, stop) {
            values[controller.index()] = value;
            let now = Controller::gain(&values);
            if now != gain {
                let at = Ticks(at - start);
                // Both are moved at once now and then.
                changes.pop_if(|last| last.at == at);
                changes.push(VolumeChange { at, gain: now });
                gain = now;
            }
        }
        changes
    }

    /// What is moved behind one tick and before another.
    fn later(&self, start: u64, stop: u64) -> impl Iterator<Item = (u64, (Controller, u8))> {
        let between = self.changes.range((start + 1, FIRST)..(stop.max(start + 1), FIRST));
        between.map(|(&(at, controller), &value)| (at, (controller, value)))
    }

    /// Where they are from a tick on.
    fn held(&self, tick: u64) -> Values {
        Controller::ALL.map(|controller| {
            let mut before = self.changes.range(..(tick + 1, FIRST)).rev();
            let last = before.find(|((_, other), _)| *other == controller);
            last.map_or(Controller::AT_REST[controller.index()], |(_, &value)| value)
        })
    }

    /// Moves those that differ.
    fn put(&mut self, tick: u64, from: Values, to: Values) {
        for ((controller, from), to) in Controller::ALL.into_iter().zip(from).zip(to) {
            if from != to {
                self.changes.insert((tick, controller), to);
            }
        }
    }
}

fn not_at_rest(values: Values) -> impl Iterator<Item = (Controller, u8)> {
    let all = Controller::ALL.into_iter().zip(values).zip(Controller::AT_REST);
    all.filter(|((_, value), rest)| value != rest).map(|(moved, _)| moved)
}
