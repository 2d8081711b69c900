//! Everything that a host may do to a running plugin, in a random order.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use clack_host::events::event_types::TransportEvent;
use clack_host::utils::ClapId;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::clap::{Audio, Clap};
use crate::clap_events::transport;
use crate::{Block, BlockOutput, BoxError, Hosted, Message, Now};

/// A parameter: id, least and greatest value.
pub type Range = (ClapId, f64, f64);

/// Parameters that the audio thread turns at most until the main thread has had its turn. nice-plug
/// keeps 4096 tasks for that thread, and its log gets a line for each that it drops; a test of its own
/// says what is lost then.
const MOST_TURNS: u32 = 4000;

/// What the two threads of a host that has gone mad know of each other.
#[derive(Default)]
pub struct Threads {
    ends: AtomicBool,
    /// Parameters that were turned and that the main thread may not have heard of.
    turned: AtomicU32,
}

impl Threads {
    /// Ends the audio thread.
    pub fn end(&self) {
        self.ends.store(true, Ordering::Release);
    }

    /// Gives the main thread its turn.
    pub fn idle(&self, plugin: &mut Clap) {
        let heard = self.turned.load(Ordering::Acquire);
        plugin.idle();
        self.turned.fetch_sub(heard, Ordering::AcqRel);
    }

    /// Counts parameters that are about to be turned, if there is room for them.
    fn turn(&self, count: usize) -> bool {
        let room = self.turned.load(Ordering::Acquire) < MOST_TURNS;
        if room {
            self.turned.fetch_add(count as u32, Ordering::AcqRel);
        }
        room
    }
}

/// The audio thread of a host that has gone mad: random blocks, longer than `longest` too, random
/// transports and none at all, random notes, parameters turned at random. Goes on until it is told
/// to end; gives the number of blocks.
pub fn rage(
    audio: &mut Audio,
    parameters: &[Range],
    longest: u32,
    seed: u64,
    threads: &Threads,
) -> Result<u64, BoxError> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut now = calm();
    let mut blocks = 0;
    while !threads.ends.load(Ordering::Acquire) {
        let frames = if rng.random_bool(0.02) {
            longest + rng.random_range(1..=longest)
        } else {
            rng.random_range(1..=longest)
        };
        if rng.random_bool(0.1) {
            move_about(&mut now, &mut rng);
        }
        let mut notes: Vec<Message> =
            (0..rng.random_range(0..4)).map(|_| note(frames, &mut rng)).collect();
        notes.sort_by_key(|note| note.at);
        let mut changes: Vec<(ClapId, f64)> = (0..rng.random_range(0..3))
            .map(|_| {
                let (id, least, greatest) = parameters[rng.random_range(0..parameters.len())];
                (id, rng.random_range(least..=greatest))
            })
            .collect();
        if !threads.turn(changes.len()) {
            changes.clear();
        }
        let told: Option<TransportEvent> = rng.random_bool(0.9).then(|| transport(&now));
        let sound = vec![0.1; frames as usize];
        let block = Block { now, frames, notes: &notes, sound: Some(&sound) };
        let heard = audio.process(&block, changes, told.as_ref())?;
        check(&heard, frames)?;
        go_on(&mut now, frames);
        blocks += 1;
    }
    Ok(blocks)
}

/// What holds for every block.
fn check(output: &BlockOutput, frames: u32) -> Result<(), BoxError> {
    if output.notes.iter().any(|note| note.at >= frames) {
        return Err("a note outside of its block".into());
    }
    if !output.left.iter().chain(&output.right).all(|sample| sample.is_finite()) {
        return Err("sound that is no number".into());
    }
    Ok(())
}

/// The song goes on by a block, if it plays.
fn go_on(now: &mut Now, frames: u32) {
    if now.playing {
        now.position += f64::from(frames) * now.tempo / 60.0 / now.rate;
    }
}

fn calm() -> Now {
    Now { playing: true, position: 0.0, tempo: 120.0, metre: (4, 4), looping: None, rate: 48_000.0 }
}

/// Also to places and tempos where no song has ever been.
fn move_about(now: &mut Now, rng: &mut ChaCha8Rng) {
    const STRANGE: [f64; 8] = [0.0, -1.0, -1e9, 1e9, 1e300, f64::NAN, f64::INFINITY, 1e-300];
    let strange = |rng: &mut ChaCha8Rng| STRANGE[rng.random_range(0..STRANGE.len())];
    match rng.random_range(0..7) {
        0 => now.playing = !now.playing,
        1 => now.position = rng.random_range(-8.0..64.0),
        2 => now.tempo = rng.random_range(20.0..400.0),
        3 => now.metre = (rng.random_range(0..20), 1 << rng.random_range(0..6)),
        4 => {
            let start = rng.random_range(0.0..32.0);
            now.looping = rng.random_bool(0.5).then(|| (start, start + rng.random_range(0.0..8.0)));
        }
        5 => (now.position, now.tempo) = (strange(rng), strange(rng)),
        _ => *now = calm(),
    }
}

fn note(frames: u32, rng: &mut ChaCha8Rng) -> Message {
    Message {
        at: rng.random_range(0..frames),
        channel: rng.random_range(0..16),
        key: rng.random_range(0..128),
        velocity: rng.random_bool(0.5).then(|| rng.random_range(1..128)),
    }
}

/// The same in one thread, as VST3 has it, and no madder than the host lets through: neither
/// transports without end nor blocks longer than announced. Between blocks states are saved, and spoilt ones
/// loaded.
pub fn gust<P: Hosted>(
    plugin: &mut P,
    state: &[u8],
    longest: u32,
    blocks: u32,
    seed: u64,
) -> Result<(), BoxError> {
    const TURNED: [&str; 6] =
        ["Style", "Complexity", "Fill amount", "MIDI channel", "Generate", "Bypass"];
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut now = calm();
    for _ in 0..blocks {
        if rng.random_bool(0.1) {
            move_about(&mut now, &mut rng);
            let (beats, unit) = now.metre;
            now.metre = (beats.max(1), unit.min(16));
            if !(now.position.abs() < 1e10 && (1.0..1e4).contains(&now.tempo)) {
                (now.position, now.tempo) = (-0.5, 1.0);
            }
        }
        if rng.random_bool(0.2) {
            plugin.set(TURNED[rng.random_range(0..TURNED.len())], rng.random())?;
        }
        if rng.random_bool(0.05) {
            plugin.save()?;
            let _ = plugin.load(&spoilt(state, &mut rng));
        }
        let frames = rng.random_range(1..=longest);
        let mut notes: Vec<Message> =
            (0..rng.random_range(0..4)).map(|_| note(frames, &mut rng)).collect();
        notes.sort_by_key(|note| note.at);
        let sound = vec![0.1; frames as usize];
        let heard = plugin.process(&Block { now, frames, notes: &notes, sound: Some(&sound) })?;
        check(&heard, frames)?;
        go_on(&mut now, frames);
    }
    Ok(())
}

/// Bytes that may once have been a state: some changed, some missing, some too many.
pub fn spoilt(state: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = state.to_vec();
    for _ in 0..rng.random_range(0..6) {
        if !bytes.is_empty() {
            let at = rng.random_range(0..bytes.len());
            bytes[at] = rng.random();
        }
    }
    match rng.random_range(0..4) {
        0 => bytes.truncate(rng.random_range(0..=bytes.len())),
        1 => bytes.extend((0..rng.random_range(1..64)).map(|_| rng.random::<u8>())),
        2 => bytes = (0..rng.random_range(0..400)).map(|_| rng.random::<u8>()).collect(),
        _ => {}
    }
    bytes
}
