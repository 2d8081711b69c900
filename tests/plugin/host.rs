//! A host with all the habits that hosts have, and a record of what came out of it.

use assert_no_alloc::assert_no_alloc;
use drumlin::plugin::{Capture, Clock, Controls, DrumSampler, Engine, HostTime, NoteIo, Playback};
use drumlin::score::{Beats, Bpm, Metre, Velocity};
use drumlin::studio::wire::{Captured, Clip, ClipNote};
use nice_plug::midi::{Channel, Key, NoteEvent, VoiceID};

/// The drums' channel in all tests.
pub const DRUMS: u8 = 9;

pub const CONTROLS: Controls =
    Controls { bypassed: false, listens: true, through: true, channel: Some(DRUMS), level: 0.0 };

/// How a host tells where it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Habits {
    /// Positions are multiples of this many beats.
    pub quantum: f64,
    /// Blocks are cut into parts of at most this length, all with the position of the whole.
    pub parts: Option<u32>,
    /// Turns round at the loop's end within a block, rather than between two.
    pub turns_inside: bool,
}

pub const EXACT: Habits = Habits { quantum: 0.0, parts: None, turns_inside: false };

/// Samples over which the song truly ran evenly.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    /// Samples since the test began.
    pub from: u64,
    pub frames: u32,
    pub start: f64,
    pub beats_per_frame: f64,
    /// Begins a new run: by a start, a jump or a turn.
    pub fresh: bool,
}

/// A note event on the drums' channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Note {
    pub at: u64,
    pub key: u8,
    /// `None` for a note's end.
    pub velocity: Option<u8>,
}

/// Preallocated note ports.
pub struct Wires {
    pub input: std::collections::VecDeque<NoteEvent<()>>,
    pub output: Vec<NoteEvent<()>>,
    pub accepts: bool,
}

impl NoteIo for Wires {
    fn receive(&mut self) -> Option<NoteEvent<()>> {
        self.input.pop_front()
    }

    fn send(&mut self, event: NoteEvent<()>) -> bool {
        assert!(
            self.output.len() < self.output.capacity(),
            "more events than the test reckons with"
        );
        if self.accepts {
            self.output.push(event);
        }
        self.accepts
    }
}

pub struct Host {
    pub rate: f64,
    pub habits: Habits,
    pub engine: Engine,
    pub controls: Controls,
    pub wires: Wires,
    pub captured: rtrb::Consumer<Captured>,
    pub clips: rtrb::Producer<Box<Clip>>,
    pub spent: rtrb::Consumer<Box<Clip>>,
    pub playing: bool,
    pub position: f64,
    pub tempo: f64,
    pub metre: Metre,
    pub looping: Option<(f64, f64)>,
    /// Samples so far.
    pub now: u64,
    pub truth: Vec<Stretch>,
    pub drums: Vec<Note>,
    /// Everything that came out on other channels, with the sample.
    pub others: Vec<(u64, NoteEvent<()>)>,
    pub sound: [Vec<f32>; 2],
    /// What sounds on the track, by sample since the test began.
    pub track: Box<dyn Fn(u64) -> f32>,
    fresh: bool,
}

impl Host {
    pub fn new(rate: f64, longest: u32, habits: Habits) -> Host {
        Host::with_queues(rate, longest, habits, 1 << 14, 8)
    }

    pub fn with_queues(
        rate: f64,
        longest: u32,
        habits: Habits,
        events: usize,
        spent: usize,
    ) -> Host {
        let (captured, heard) = rtrb::RingBuffer::new(events);
        let (clips, arriving) = rtrb::RingBuffer::new(8);
        let (leaving, spent) = rtrb::RingBuffer::new(spent);
        let mut engine = Engine::new(
            Clock::new(rate, longest),
            Capture::new(captured),
            Playback::new(arriving, leaving),
        );
        engine.activate(rate, longest, None);
        let wires = Wires {
            input: std::collections::VecDeque::with_capacity(1 << 12),
            output: Vec::with_capacity(1 << 14),
            accepts: true,
        };
        Host {
            rate,
            habits,
            engine,
            controls: CONTROLS,
            wires,
            captured: heard,
            clips,
            spent,
            playing: false,
            position: 0.0,
            tempo: 120.0,
            metre: Metre::COMMON,
            looping: None,
            now: 0,
            truth: Vec::new(),
            drums: Vec::new(),
            others: Vec::new(),
            sound: [Vec::new(), Vec::new()],
            track: Box::new(|_| 0.0),
            fresh: true,
        }
    }

    pub fn send(&mut self, clip: Clip) {
        self.clips.push(Box::new(clip)).unwrap();
    }

    pub fn play(&mut self) {
        if !self.playing {
            (self.playing, self.fresh) = (true, true);
        }
    }

    pub fn stop(&mut self) {
        self.playing = false;
    }

    pub fn jump(&mut self, to: f64) {
        (self.position, self.fresh) = (to, true);
    }

    pub fn beats_per_frame(&self) -> f64 {
        self.tempo / 60.0 / self.rate
    }

    pub fn time(&self, position: f64) -> HostTime {
        let quantum = self.habits.quantum;
        let said = if quantum > 0.0 { (position / quantum).floor() * quantum } else { position };
        let bar = f64::from(self.metre.numerator()) * 4.0 / f64::from(self.metre.denominator());
        HostTime {
            playing: self.playing,
            position: Some(Beats(said)),
            tempo: Some(Bpm(self.tempo)),
            metre: Some(self.metre),
            bar_start: Some(Beats((said / bar).floor() * bar)),
            looping: self.looping.map(|(start, end)| (Beats(start), Beats(end))),
        }
    }

    /// Plays about as many samples in blocks of these lengths, again and again.
    pub fn run(&mut self, mut frames: u64, blocks: &[u32]) {
        for &block in blocks.iter().cycle() {
            if frames == 0 {
                return;
            }
            let block = block.min(frames.min(1 << 20) as u32);
            self.block(block);
            frames -= u64::from(block);
        }
    }

    pub fn seconds(&mut self, seconds: f64, blocks: &[u32]) {
        self.run((seconds * self.rate) as u64, blocks);
    }

    /// One block.
    pub fn block(&mut self, frames: u32) {
        if let Some(turn) = self.turn().filter(|&turn| turn < frames && !self.habits.turns_inside) {
            self.whole(turn);
            return self.block(frames - turn);
        }
        self.whole(frames);
    }

    /// Samples until the loop turns round.
    fn turn(&self) -> Option<u32> {
        // Sequencers also turn round a loop that they came to from before it.
        let (_, end) = self.looping.filter(|_| self.playing)?;
        (self.position < end)
            .then(|| ((end - self.position) / self.beats_per_frame()).round().max(1.0) as u32)
    }

    fn whole(&mut self, frames: u32) {
        let time = self.time(self.position);
        let mut left = frames;
        while left > 0 && self.playing {
            let turn = self.turn().filter(|&turn| turn <= left);
            let part = turn.unwrap_or(left);
            self.truth.push(Stretch {
                from: self.now + u64::from(frames - left),
                frames: part,
                start: self.position,
                beats_per_frame: self.beats_per_frame(),
                fresh: std::mem::take(&mut self.fresh),
            });
            self.position += f64::from(part) * self.beats_per_frame();
            if let (Some(_), Some((start, end))) = (turn, self.looping) {
                self.position += start - end;
                self.fresh = true;
            }
            left -= part;
        }
        let part = self.habits.parts.unwrap_or(frames).max(1);
        let mut left = frames;
        while left > 0 {
            let part = part.min(left);
            self.process(&time, part);
            left -= part;
        }
    }

    /// One call of the engine.
    pub fn process(&mut self, time: &HostTime, frames: u32) {
        let mut left: Vec<f32> =
            (self.now..self.now + u64::from(frames)).map(&self.track).collect();
        let mut right = left.clone();
        let (engine, controls, wires) = (&mut self.engine, &self.controls, &mut self.wires);
        assert_no_alloc(|| engine.process(time, controls, wires, &mut left, &mut right));
        let mut last = 0;
        for event in self.wires.output.drain(..) {
            assert!(event.timing() >= last, "events go out in the order of time");
            assert!(event.timing() < frames, "events lie in their block");
            last = event.timing();
            let at = self.now + u64::from(event.timing());
            match event {
                NoteEvent::NoteOn {
                    channel: Channel::Number(DRUMS),
                    key: Key::Number(key),
                    velocity,
                    ..
                } => {
                    let velocity = Some(Velocity::from_unit(velocity).get());
                    self.drums.push(Note { at, key, velocity });
                }
                NoteEvent::NoteOff {
                    channel: Channel::Number(DRUMS),
                    key: Key::Number(key),
                    ..
                } => self.drums.push(Note { at, key, velocity: None }),
                other => self.others.push((at, other)),
            }
        }
        self.sound[0].extend(left);
        self.sound[1].extend(right);
        self.now += u64::from(frames);
    }

    /// The musician's playing, `timing` samples into the next block.
    pub fn note(&mut self, timing: u32, key: u8, on: bool) {
        let (voice_id, channel, key) = (VoiceID::Wildcard, Channel::Number(0), Key::Number(key));
        self.wires.input.push_back(if on {
            NoteEvent::NoteOn { timing, voice_id, channel, key, velocity: 0.8 }
        } else {
            NoteEvent::NoteOff { timing, voice_id, channel, key, velocity: 0.0 }
        });
    }

    pub fn heard(&mut self) -> Vec<Captured> {
        std::iter::from_fn(|| self.captured.pop().ok()).collect()
    }

    pub fn sound_with_kit(&mut self, level: f32) {
        let font = drumlin::audio::SoundFont::embedded();
        let kit = DrumSampler::new(font, self.rate).unwrap();
        self.engine.activate(self.rate, 1 << 14, Some(kit));
        self.controls.level = level;
    }

    /// Checks that every note ended, once, before its key was struck again; returns how many keys
    /// sound at the end.
    pub fn sounding(&self) -> usize {
        let mut held = [false; 128];
        for note in &self.drums {
            let held = &mut held[usize::from(note.key)];
            match note.velocity {
                Some(_) => assert!(!std::mem::replace(held, true), "struck while held: {note:?}"),
                None => assert!(std::mem::replace(held, false), "ended unheld: {note:?}"),
            }
        }
        held.iter().filter(|held| **held).count()
    }
}

/// A clip of strokes at these beats of it, each with a key and velocity of its own: stroke `n` has
/// key `n % 100` and velocity `1 + n / 100`. Bars are of four quarter notes.
pub fn clip(start: f64, bars: u32, at: &[f64]) -> Clip {
    let mut at = at.to_vec();
    at.sort_by(f64::total_cmp);
    let strokes = at.iter().enumerate().map(|(number, &at)| ClipNote {
        at: Beats(at),
        length: Beats(0.125),
        kit_key: 36,
        key: (number % 100) as u8,
        velocity: Velocity::clamped((1 + number / 100) as u8),
    });
    Clip {
        start: Beats(start),
        length: Beats(f64::from(bars) * 4.0),
        strokes: strokes.collect(),
        bar_lines: (0..=bars).map(|bar| Beats(f64::from(bar) * 4.0)).collect(),
        at_once: false,
        taps: None,
    }
}

/// The number of a stroke of [`clip`], from what was sent for it.
pub fn number(note: &Note) -> Option<usize> {
    Some(usize::from(note.key) + 100 * usize::from(note.velocity? - 1))
}
