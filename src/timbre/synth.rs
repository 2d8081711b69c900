//! Performances in the sound of a [`Piano`].

use super::TimbreError;
use super::noise_bands::NoiseBands;
use super::note::PlayedNote;
use super::oscillators::BLOCK;
use super::pedals::{Part, Pedals, VolumeMove};
use super::piano::Piano;
use super::voice::Voice;
use crate::score::Pedal;

/// How long what was played may ring on, in seconds.
const TAIL: f64 = 3.0;

/// How long pedals hold what no key holds any more at the end of a performance, in seconds at most.
const HELD: f64 = 30.0;

/// The longest performance, in seconds.
pub const LONGEST: f64 = 3600.0;

/// Notes that sound at once; of more, those struck first end.
const VOICES: usize = 256;

/// A sustain pedal that is up for no longer than this, in seconds, was lifted by a program and not by a foot,
/// which would leave the dampers time: what it let go stays damped.
const SHORTEST_LIFT: f64 = 0.02;

/// What happens at the beginning of a block.
#[derive(Clone, Copy, Debug)]
enum Event {
    Release { key: u8 },
    Move { part: usize, pedal: Pedal, value: u8 },
    Volume { part: usize, gain: f32 },
    Strike { part: usize, key: u8, velocity: u8 },
}

impl Event {
    /// Its place among those of a block. A key that is let go as the pedal goes down is held by it; the
    /// sostenuto pedal catches what is struck as it goes down.
    fn order(self) -> u8 {
        match self {
            Event::Release { .. } => 0,
            Event::Move { pedal: Pedal::Sostenuto, .. } => 3,
            Event::Move { .. } | Event::Volume { .. } => 1,
            Event::Strike { .. } => 2,
        }
    }
}

/// Plays notes, block after block.
pub struct Synthesizer<'a> {
    piano: &'a Piano,
    rate: f32,
    bands: NoiseBands,
    voices: Vec<Voice>,
    struck: usize,
    /// Of each part.
    pedals: Vec<Pedals>,
    /// Linear gain of each part, at the end of the block before and of the next.
    volumes: Vec<[f32; 2]>,
    /// The block at which the sustain pedal of each part last came up.
    lifted: Vec<Option<usize>>,
    block: usize,
}

impl<'a> Synthesizer<'a> {
    /// `rate` is in hertz; so many parts have pedals of their own.
    pub fn new(piano: &'a Piano, rate: f32, parts: usize) -> Synthesizer<'a> {
        Synthesizer {
            piano,
            rate,
            bands: NoiseBands::new(rate),
            voices: Vec::new(),
            struck: 0,
            pedals: vec![Pedals::default(); parts],
            volumes: vec![[1.0; 2]; parts],
            lifted: vec![None; parts],
            block: 0,
        }
    }

    /// Strikes a key for a part, from 0. One that sounds is struck anew.
    ///
    /// # Panics
    /// If there is no such part.
    pub fn strike(&mut self, part: usize, key: u8, velocity: u8) {
        let mut caught = false;
        for voice in self.voices.iter_mut().filter(|voice| voice.key == key) {
            // The sostenuto pedal holds the damper, not what sounds.
            caught |= voice.caught;
            voice.cut(self.rate);
        }
        if self.voices.len() >= VOICES {
            self.voices.remove(0);
        }
        let at = self.struck.wrapping_mul(7_919) % 60_000;
        let velocity = self.pedals[part].softened(velocity);
        let mut voice = Voice::new(self.piano.key(key), key, velocity, self.rate, at);
        (voice.part, voice.caught) = (part, caught);
        self.voices.push(voice);
        self.struck += 1;
    }

    /// Lets a key go: its damper falls, unless a pedal holds it.
    pub fn release(&mut self, key: u8) {
        self.voices.iter_mut().filter(|voice| voice.key == key).for_each(|v| v.key_down = false);
    }

    /// Moves a pedal of a part, from 0, to 0 (up) to 127.
    ///
    /// # Panics
    /// If there is no such part.
    pub fn pedal(&mut self, part: usize, pedal: Pedal, value: u8) {
        let before = self.pedals[part];
        self.pedals[part].set(pedal, value);
        let now = self.pedals[part];
        let is_down = now.is_down(pedal);
        let own = self.voices.iter_mut().filter(|voice| voice.part == part);
        match pedal {
            Pedal::Sostenuto if is_down != before.is_down(pedal) => {
                own.for_each(|voice| voice.caught = is_down && voice.key_down);
            }
            Pedal::Sustain if is_down && !before.is_down(pedal) => {
                let blocks = (SHORTEST_LIFT * f64::from(self.rate)) as usize / BLOCK;
                if self.lifted[part].is_some_and(|lifted| self.block - lifted <= blocks) {
                    own.filter(|voice| !voice.is_held()).for_each(Voice::damp);
                }
            }
            Pedal::Sustain if now.is_up() && !before.is_up() => {
                self.lifted[part] = Some(self.block);
            }
            _ => {}
        }
    }

    /// Gives a part, from 0, a linear gain; what sounds of it comes to that over the next block.
    ///
    /// # Panics
    /// If there is no such part.
    pub fn volume(&mut self, part: usize, gain: f32) {
        let sounds = self.voices.iter().any(|voice| voice.part == part);
        let [from, to] = &mut self.volumes[part];
        *to = gain.max(0.0);
        if !sounds {
            *from = *to;
        }
    }

    /// Notes that sound.
    pub fn voices(&self) -> usize {
        self.voices.len()
    }

    /// The next block, added to both sides.
    pub fn add(&mut self, left: &mut [f32; BLOCK], right: &mut [f32; BLOCK]) {
        for voice in &mut self.voices {
            let damping = self.pedals[voice.part].damping();
            let [from, to] = self.volumes[voice.part];
            if [from, to] == [1.0; 2] {
                voice.add([left, right], &self.bands, damping);
                continue;
            }
            let mut own = [[0.0; BLOCK]; 2];
            voice.add(own.each_mut(), &self.bands, damping);
            for (side, own) in [&mut *left, &mut *right].into_iter().zip(&own) {
                for (at, (out, sample)) in side.iter_mut().zip(own).enumerate() {
                    let way = (at + 1) as f32 / BLOCK as f32;
                    *out += sample * (from + (to - from) * way);
                }
            }
        }
        self.volumes.iter_mut().for_each(|volume| volume[0] = volume[1]);
        self.voices.retain(|voice| !voice.is_silent());
        self.block += 1;
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Release { key } => self.release(key),
            Event::Move { part, pedal, value } => self.pedal(part, pedal, value),
            Event::Volume { part, gain } => self.volume(part, gain),
            Event::Strike { part, key, velocity } => self.strike(part, key, velocity),
        }
    }
}

/// The loudest sample of what is written.
const PEAK: f32 = 0.9;
/// Soft playing is made louder by this much at most, so that nothing becomes noise.
const MOST_GAIN: f32 = 10.0;

/// A performance without pedals, at one volume; as [`perform_parts`].
///
/// # Errors
/// As [`perform_parts`].
pub fn perform(
    piano: &Piano,
    notes: &[PlayedNote],
    rate: u32,
    cancelled: &dyn Fn() -> bool,
) -> Result<[Vec<f32>; 2], TimbreError> {
    let part = Part { notes: notes.to_vec(), ..Part::default() };
    perform_parts(piano, &[part], rate, cancelled)
}

/// A performance at a sample rate, as loud as the piano is: left and right. Strokes lie on blocks of 64
/// samples. Pedals that never come up do so with the last key.
///
/// # Errors
/// [`TimbreError::TooLong`] beyond an hour; [`TimbreError::Cancelled`] soon after `cancelled` says so.
pub fn perform_parts(
    piano: &Piano,
    parts: &[Part],
    rate: u32,
    cancelled: &dyn Fn() -> bool,
) -> Result<[Vec<f32>; 2], TimbreError> {
    let notes = parts.iter().flat_map(|part| &part.notes);
    let keys = notes.map(|note| note.end.max(note.start)).fold(0.0, f64::max);
    if !keys.is_finite() || keys > LONGEST {
        return Err(TimbreError::TooLong);
    }
    let moves = parts.iter().flat_map(|part| &part.pedals).map(|pedal| pedal.at);
    let end = moves.fold(keys, f64::max).min(keys + HELD);
    let block = |at: f64| (at.max(0.0) * f64::from(rate) / BLOCK as f64).round() as usize;
    let events = events(parts, end, &block);
    let mut events = events.into_iter().peekable();
    let (least, blocks) = (block(keys + TAIL) + 1, block(end + TAIL) + 1);
    let mut synthesizer = Synthesizer::new(piano, rate as f32, parts.len());
    let (mut left, mut right) = (Vec::with_capacity(blocks * BLOCK), Vec::new());
    right.reserve(blocks * BLOCK);
    for at in 0..blocks {
        if at % 512 == 0 && cancelled() {
            return Err(TimbreError::Cancelled);
        }
        while let Some((_, event)) = events.next_if(|(due, _)| *due <= at) {
            synthesizer.happens(event);
        }
        if at >= least && synthesizer.voices() == 0 {
            break;
        }
        let (mut a, mut b) = ([0.0; BLOCK], [0.0; BLOCK]);
        synthesizer.add(&mut a, &mut b);
        left.extend_from_slice(&a);
        right.extend_from_slice(&b);
    }
    Ok([left, right])
}

/// Brings the loudest sample of both sides to 0.9; what is very soft stays soft.
pub fn level(sides: &mut [Vec<f32>; 2]) {
    let peak = sides.iter().flatten().fold(0.0f32, |most, sample| most.max(sample.abs()));
    let gain = (PEAK / peak.max(1e-6)).min(MOST_GAIN);
    sides.iter_mut().flatten().for_each(|sample| *sample *= gain);
}

/// All that happens until a second at which the pedals come up, in its order, each with its block.
fn events(parts: &[Part], end: f64, block: &dyn Fn(f64) -> usize) -> Vec<(usize, Event)> {
    let mut events = Vec::new();
    for Stroke { start, end, key, velocity, part } in strokes(parts, block) {
        events.push((start, Event::Strike { part, key, velocity }));
        events.extend(end.map(|end| (end, Event::Release { key })));
    }
    for (part, Part { pedals, volumes, .. }) in parts.iter().enumerate() {
        let volumes = volumes.iter().filter(|moved| moved.at <= end);
        let gain = |moved: &VolumeMove| Event::Volume { part, gain: moved.gain };
        events.extend(volumes.map(|moved| (block(moved.at), gain(moved))));
        let moves = pedals.iter().filter(|pedal| pedal.at <= end);
        events.extend(moves.map(|moved| {
            let (pedal, value) = (moved.pedal, moved.value);
            (block(moved.at), Event::Move { part, pedal, value })
        }));
        let up = |pedal| (block(end), Event::Move { part, pedal, value: 0 });
        events.extend([Pedal::Sustain, Pedal::Sostenuto].map(up));
    }
    // Stable: of a part's pedals and volumes the last movement counts.
    events.sort_by_key(|(at, event)| (*at, event.order()));
    events
}

/// A key that is struck, in blocks.
#[derive(Clone, Copy, Debug)]
struct Stroke {
    start: usize,
    /// When it is let go; `None` if it is struck anew before.
    end: Option<usize>,
    key: u8,
    velocity: u8,
    part: usize,
}

/// All strokes. A key that is struck while it is down sounds anew until both notes are over: a chord in one
/// track is not damped by a stab in another. What begins together on a key is one stroke.
fn strokes(parts: &[Part], block: &dyn Fn(f64) -> usize) -> Vec<Stroke> {
    let mut all: Vec<Stroke> = Vec::new();
    for (part, Part { notes, .. }) in parts.iter().enumerate() {
        all.extend(notes.iter().map(|note| {
            let start = block(note.start);
            let end = Some(block(note.end).max(start + 1));
            Stroke { start, end, key: note.key, velocity: note.velocity, part }
        }));
    }
    all.sort_by_key(|stroke| (stroke.key, stroke.start));
    let mut strokes: Vec<Stroke> = Vec::with_capacity(all.len());
    for mut stroke in all {
        if let Some(last) = strokes.last_mut()
            && last.key == stroke.key
            && last.end > Some(stroke.start)
        {
            stroke.end = stroke.end.max(last.end);
            if last.start == stroke.start {
                stroke.velocity = stroke.velocity.max(last.velocity);
                *last = stroke;
                continue;
            }
            last.end = None;
        }
        strokes.push(stroke);
    }
    strokes.sort_by_key(|stroke| (stroke.start, stroke.key));
    strokes
}
