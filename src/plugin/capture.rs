//! What the audio thread hears, on its way to the studio.
//!
//! Runs on the audio thread. The queue is bounded: when it is full, what happens is lost, and the
//! studio is told so as soon as there is room again.

use super::transport::{Motion, Span};
use crate::score::{Beats, Bpm, Controller, Metre, Velocity};
use crate::studio::wire::Captured;

/// How far the transport runs in silence before the studio is told, in beats.
const PASSING: f64 = 1.0;
/// A key struck so close ahead of a start, in seconds, is meant on it: nobody plays to the sample.
const EARLY: f64 = 0.1;

/// The listening end.
pub struct Capture {
    queue: rtrb::Producer<Captured>,
    /// Something did not fit into the queue since it was last told.
    lost: bool,
    /// The studio knows that the transport runs.
    running: bool,
    /// What was last sent, to send changes only. `None` before a start.
    tempo: Option<Bpm>,
    metre: Option<Metre>,
    /// Notes so far.
    notes: u64,
    /// Keys that the musician holds, a bit for each.
    sounding: u128,
    /// Keys that were struck while the transport stands and are still held, a bit for each.
    early: u128,
    /// When, in samples, on which channel and how hard each of them was struck.
    struck: [(u64, u8, Velocity); 128],
    /// Samples so far.
    frames: u64,
    /// Pedals and loudness of each channel, whether the transport runs or not.
    controllers: [[u8; Controller::ALL.len()]; 16],
    /// Where the studio has them.
    told_controllers: [u8; Controller::ALL.len()],
    /// The channel of the latest note, whose loudness counts.
    channel: usize,
    /// The latest position since the start: hosts that round may say a hair less afterwards.
    latest: Beats,
    /// The position that was sent last.
    told: Beats,
}

impl Capture {
    /// What is captured goes into `queue`.
    pub fn new(queue: rtrb::Producer<Captured>) -> Capture {
        Capture {
            queue,
            lost: false,
            running: false,
            tempo: None,
            metre: None,
            notes: 0,
            sounding: 0,
            early: 0,
            struck: [(0, 0, Velocity::clamped(1)); 128],
            frames: 0,
            controllers: [Controller::AT_REST; 16],
            told_controllers: Controller::AT_REST,
            channel: 0,
            latest: Beats::default(),
            told: Beats::default(),
        }
    }

    /// Tells the studio how the transport moves, as long as it is to listen.
    pub fn follow(&mut self, span: &Span, listens: bool) {
        let early = if span.motion.is_rolling() { std::mem::take(&mut self.early) } else { 0 };
        if !listens || !span.motion.is_rolling() {
            if self.running && self.send(Captured::Stopped { at: span.start }) {
                (self.running, self.sounding) = (false, 0);
            }
            return;
        }
        if !self.running || span.motion != Motion::Runs {
            if self.running {
                self.send(Captured::Passed { at: self.latest });
            }
            (self.latest, self.told) = (span.start, span.start);
            (self.sounding, self.tempo, self.metre) = (0, None, None);
            self.told_controllers = Controller::AT_REST;
            self.running = self.send(Captured::Started { at: span.start });
        }
        let (at, bpm, metre) = (self.forward(span.start), span.tempo, span.metre);
        if self.tempo != Some(bpm) && self.send(Captured::Tempo { at, bpm }) {
            self.tempo = Some(bpm);
        }
        if self.metre != Some(metre) && self.send(Captured::Metre { at: span.bar_start, metre }) {
            self.metre = Some(metre);
        }
        self.tell_controllers(at);
        if span.motion == Motion::Starts {
            self.begin_early(span, early);
        }
        if at.0 - self.told.0 >= PASSING && self.send(Captured::Passed { at }) {
            self.told = at;
        }
    }

    /// Begins the notes of keys that were struck just ahead of a start with it.
    fn begin_early(&mut self, span: &Span, keys: u128) {
        let seconds_per_frame = 60.0 * span.beats_per_frame / span.tempo.0;
        for key in (0..128).filter(|&key| keys & bit(key) != 0) {
            let (frame, channel, velocity) = self.struck[usize::from(key)];
            let ahead = self.frames.saturating_sub(frame) as f64 * seconds_per_frame;
            if ahead <= EARLY {
                self.note_on(span, span.offset, channel, key, velocity);
            }
        }
    }

    /// Ends a span.
    pub fn end(&mut self, span: &Span) {
        self.frames += u64::from(span.frames);
        if self.running {
            self.forward(span.position(span.offset + span.frames));
        }
    }

    /// A note of the musician's begins on a sample of the span, on a channel from 0 to 15.
    pub fn note_on(&mut self, span: &Span, sample: u32, channel: u8, key: u8, velocity: Velocity) {
        if !span.motion.is_rolling() {
            let frame = self.frames + u64::from(sample.saturating_sub(span.offset));
            self.struck[usize::from(key & 127)] = (frame, channel, velocity);
            self.early |= bit(key);
        } else if self.running {
            let at = self.forward(span.position(sample));
            self.channel = usize::from(channel & 15);
            self.tell_controllers(at);
            self.sounding |= bit(key);
            self.told = at;
            self.notes += 1;
            self.send(Captured::NoteOn { at, key, velocity });
        }
    }

    /// A note of the musician's ends on a sample of the span; `None` ends all.
    pub fn note_off(&mut self, span: &Span, sample: u32, key: Option<u8>) {
        let keys = key.map_or(u128::MAX, bit);
        self.early &= !keys;
        let ending = self.sounding & keys;
        if ending == 0 {
            return;
        }
        self.sounding &= !ending;
        let at = self.forward(span.position(sample));
        self.told = at;
        for key in (0..128).filter(|&key| ending & bit(key) != 0) {
            self.send(Captured::NoteOff { at, key });
        }
    }

    /// A controller of a channel, 0 to 15, comes to a value, 0 to 127, on a sample of the span.
    pub fn controller(&mut self, span: &Span, sample: u32, channel: u8, cc: u8, value: u8) {
        let values = &mut self.controllers[usize::from(channel & 15)];
        let before = *values;
        for (controller, value) in Controller::moved(cc, value) {
            values[controller.index()] = value;
        }
        if self.running && *values != before {
            let at = self.forward(span.position(sample));
            self.tell_controllers(at);
        }
    }

    /// Notes are captured of all channels as of one: so a pedal is down where it is on any, and all is as
    /// loud as the channel that plays.
    fn tell_controllers(&mut self, at: Beats) {
        for controller in Controller::ALL {
            let index = controller.index();
            let value = match controller {
                Controller::Pedal(_) => {
                    self.controllers.iter().map(|values| values[index]).max().unwrap_or(0)
                }
                _ => self.controllers[self.channel][index],
            };
            if self.running
                && value != self.told_controllers[index]
                && self.send(Captured::Controller { at, controller, value })
            {
                (self.told_controllers[index], self.told) = (value, at);
            }
        }
    }

    /// How many notes the studio has been told of.
    pub fn notes(&self) -> u64 {
        self.notes
    }

    fn forward(&mut self, at: Beats) -> Beats {
        if at > self.latest {
            self.latest = at;
        }
        self.latest
    }

    /// Whether it went.
    fn send(&mut self, captured: Captured) -> bool {
        if self.lost {
            // Two places: a loss is of use only with what comes after it.
            if self.queue.slots() < 2 {
                return false;
            }
            self.lost = self.queue.push(Captured::Lost).is_err();
        }
        let sent = self.queue.push(captured).is_ok();
        if !sent {
            // The studio no longer knows where we are: the next span says it all again.
            (self.lost, self.running) = (true, false);
        }
        sent
    }
}

fn bit(key: u8) -> u128 {
    1 << (key & 127)
}
