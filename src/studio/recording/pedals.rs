//! The pedals of what the host played, by song position: what is played again takes the place of what was
//! there, and behind it the pedals stand as an earlier pass left them.

use std::collections::BTreeMap;

use crate::score::{Pedal, PedalChange, Ticks};

/// As many movements as are kept: three quarters of an hour of a foot that never rests.
const MOST: usize = 1 << 18;

/// How far each is down, by [`Pedal::index`].
type Values = [u8; Pedal::ALL.len()];

/// How the pedals were moved.
#[derive(Clone, Debug, Default)]
pub(super) struct Pedals {
    /// How far a pedal is down from a tick on.
    changes: BTreeMap<(u64, Pedal), u8>,
    /// Where the pass under way has them.
    now: Values,
    /// Where earlier passes had them here.
    before: Values,
}

impl Pedals {
    /// A pass begins at a tick, with all of them up.
    pub fn start(&mut self, tick: u64) {
        self.before = self.held(tick);
        self.now = Values::default();
        self.put(tick, self.before, self.now);
    }

    /// The pass under way ends at a tick.
    pub fn stop(&mut self, tick: u64) {
        self.put(tick, self.now, self.before);
        self.now = self.before;
    }

    /// The pass has gone from one tick to a later one: what earlier passes did behind the first goes.
    pub fn pass(&mut self, from: u64, to: u64) {
        let erased = (from + 1, Pedal::Sustain)..(to + 1, Pedal::Sustain);
        let places: Vec<(u64, Pedal)> = self.changes.range(erased).map(|(at, _)| *at).collect();
        for place in places {
            if let Some(value) = self.changes.remove(&place) {
                self.before[place.1.index()] = value;
            }
        }
    }

    /// A pedal is moved where the pass is now. Whether there is room for it.
    pub fn set(&mut self, tick: u64, pedal: Pedal, value: u8) -> bool {
        let fits = self.changes.len() < MOST || self.changes.contains_key(&(tick, pedal));
        if fits {
            self.now[pedal.index()] = value.min(127);
            self.changes.insert((tick, pedal), value.min(127));
        }
        fits
    }

    /// Forgets what lies outside of a stretch that the pass under way has played.
    pub fn keep(&mut self, from: u64, to: u64) {
        self.changes.retain(|(at, _), _| (from..=to).contains(at));
        self.before = Values::default();
    }

    /// Forgets all but how far they are down where the pass is, if one is under way.
    pub fn clear(&mut self, tick: Option<u64>) {
        *self = Pedals { now: self.now, ..Pedals::default() };
        if let Some(tick) = tick {
            self.put(tick, Values::default(), self.now);
        }
    }

    /// Those that are down where the pass is.
    pub fn down(&self) -> impl Iterator<Item = (Pedal, u8)> {
        Pedal::ALL.into_iter().zip(self.now).filter(|(_, value)| *value > 0)
    }

    /// Between two ticks, from the first one on; at the second all come up.
    pub fn between(&self, start: u64, stop: u64) -> Vec<PedalChange> {
        let change = |at: u64, (pedal, value): (Pedal, u8)| {
            let at = Ticks(at - start);
            PedalChange { at, pedal, value }
        };
        let down = |tick: u64| Pedal::ALL.into_iter().zip(self.held(tick)).filter(|(_, v)| *v > 0);
        let later = self.changes.range((start + 1, Pedal::Sustain)..(stop, Pedal::Sustain));
        let later = later.map(|(&(at, pedal), &value)| change(at, (pedal, value)));
        let first = down(start).map(|held| change(start, held));
        let up = down(stop - 1).map(|(pedal, _)| change(stop, (pedal, 0)));
        first.chain(later).chain(up).collect()
    }

    /// Where they are from a tick on.
    fn held(&self, tick: u64) -> Values {
        Pedal::ALL.map(|pedal| {
            let mut before = self.changes.range(..(tick + 1, Pedal::Sustain)).rev();
            before.find(|((_, other), _)| *other == pedal).map_or(0, |(_, &value)| value)
        })
    }

    /// Moves those that differ.
    fn put(&mut self, tick: u64, from: Values, to: Values) {
        for ((pedal, from), to) in Pedal::ALL.into_iter().zip(from).zip(to) {
            if from != to {
                self.changes.insert((tick, pedal), to);
            }
        }
    }
}
