//! Performances in the sound of a [`Piano`].

use std::collections::BTreeMap;

use super::TimbreError;
use super::noise_bands::NoiseBands;
use super::note::PlayedNote;
use super::oscillators::BLOCK;
use super::piano::Piano;
use super::voice::Voice;

/// How long what was played may ring on, in seconds.
const TAIL: f64 = 3.0;

/// The longest performance, in seconds.
pub const LONGEST: f64 = 3600.0;

/// Notes that sound at once; of more, those struck first end.
const VOICES: usize = 256;

/// What happens at the beginning of a block.
#[derive(Default)]
struct Events {
    /// Keys.
    released: Vec<u8>,
    /// Keys and velocities, behind the releases.
    struck: Vec<(u8, u8)>,
}

/// Plays notes, block after block.
pub struct Synthesizer<'a> {
    piano: &'a Piano,
    rate: f32,
    bands: NoiseBands,
    voices: Vec<Voice>,
    struck: usize,
}

impl<'a> Synthesizer<'a> {
    /// `rate` is in hertz.
    pub fn new(piano: &'a Piano, rate: f32) -> Synthesizer<'a> {
        let bands = NoiseBands::new(rate);
        Synthesizer { piano, rate, bands, voices: Vec::new(), struck: 0 }
    }

    /// Strikes a key. One that sounds is struck anew.
    pub fn strike(&mut self, key: u8, velocity: u8) {
        self.voices.iter_mut().filter(|voice| voice.key == key).for_each(|v| v.cut(self.rate));
        if self.voices.len() >= VOICES {
            self.voices.remove(0);
        }
        let at = self.struck.wrapping_mul(7_919) % 60_000;
        self.voices.push(Voice::new(self.piano.key(key), key, velocity, self.rate, at));
        self.struck += 1;
    }

    /// Lets the damper fall on a key.
    pub fn release(&mut self, key: u8) {
        self.voices.iter_mut().filter(|voice| voice.key == key).for_each(Voice::release);
    }

    /// Notes that sound.
    pub fn voices(&self) -> usize {
        self.voices.len()
    }

    /// The next block, added to both sides.
    pub fn add(&mut self, left: &mut [f32; BLOCK], right: &mut [f32; BLOCK]) {
        for voice in &mut self.voices {
            voice.add([left, right], &self.bands);
        }
        self.voices.retain(|voice| !voice.is_silent());
    }
}

/// The loudest sample of what is written.
const PEAK: f32 = 0.9;
/// Soft playing is made louder by this much at most, so that nothing becomes noise.
const MOST_GAIN: f32 = 10.0;

/// A performance at a sample rate, as loud as the piano is: left and right. Strokes lie on blocks of 64
/// samples.
///
/// # Errors
/// [`TimbreError::TooLong`] beyond an hour; [`TimbreError::Cancelled`] soon after `cancelled` says so.
pub fn perform(
    piano: &Piano,
    notes: &[PlayedNote],
    rate: u32,
    cancelled: &dyn Fn() -> bool,
) -> Result<[Vec<f32>; 2], TimbreError> {
    let end = notes.iter().map(|note| note.end.max(note.start)).fold(0.0, f64::max) + TAIL;
    if !end.is_finite() || end > LONGEST + TAIL {
        return Err(TimbreError::TooLong);
    }
    let notes = one_at_a_time(notes);
    let block = |at: f64| (at.max(0.0) * f64::from(rate) / BLOCK as f64).round() as usize;
    let blocks = block(end) + 1;
    let mut events: BTreeMap<usize, Events> = BTreeMap::new();
    for note in &notes {
        events.entry(block(note.start)).or_default().struck.push((note.key, note.velocity));
        let released = block(note.end).max(block(note.start) + 1);
        events.entry(released).or_default().released.push(note.key);
    }
    let mut synthesizer = Synthesizer::new(piano, rate as f32);
    let (mut left, mut right) = (Vec::with_capacity(blocks * BLOCK), Vec::new());
    right.reserve(blocks * BLOCK);
    for at in 0..blocks {
        if at % 512 == 0 && cancelled() {
            return Err(TimbreError::Cancelled);
        }
        if let Some(events) = events.get(&at) {
            events.released.iter().for_each(|key| synthesizer.release(*key));
            events.struck.iter().for_each(|(key, velocity)| synthesizer.strike(*key, *velocity));
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

/// A key that is struck while it sounds ends there and sounds anew until both notes are over: a chord in
/// one track is not damped by a stab in another.
fn one_at_a_time(notes: &[PlayedNote]) -> Vec<PlayedNote> {
    let mut notes = notes.to_vec();
    notes.sort_by(|a, b| a.key.cmp(&b.key).then(a.start.total_cmp(&b.start)));
    for at in 1..notes.len() {
        if notes[at - 1].key == notes[at].key {
            notes[at].end = notes[at].end.max(notes[at - 1].end);
            notes[at - 1].end = notes[at - 1].end.min(notes[at].start);
        }
    }
    notes.sort_by(|a, b| a.start.total_cmp(&b.start).then(a.key.cmp(&b.key)));
    notes
}
