//! From what a host says of its transport to song positions for every sample.
//!
//! Hosts differ. Some have no transport, some no bars, no metre or no tempo. Some round positions to
//! a tick or a fixed point. Some split a block at MIDI events and repeat the position of its start;
//! some turn round at the end of a loop in the middle of a block. [`Clock`] makes of all that a row
//! of [`Span`]s over which position runs evenly, and says whether each continues the one before.
//!
//! Runs on the audio thread.

use crate::score::{Beats, Bpm, Metre};
use nice_plug::prelude::Transport;

/// Tempo until a host names one.
const DEFAULT_TEMPO: Bpm = Bpm(120.0);
/// Hosts name tempos outside of this only by mistake.
const TEMPOS: std::ops::RangeInclusive<f64> = 1.0..=2000.0;
/// Positions beyond are a mistake too: no sample could be told from the next.
const FARTHEST: f64 = 1e7;
/// The coarsest tick to which hosts round positions in music that is not jumped about in, in beats.
const TICK: f64 = 1.0 / 960.0;
/// Hosts round positions, to ticks at the coarsest; nobody jumps by as little as this. In beats.
const ROUNDING: f64 = 1.0 / 64.0;

/// What a host says of a block, as far as it makes sense.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HostTime {
    /// Whether the transport runs.
    pub playing: bool,
    /// Of the block's first sample.
    pub position: Option<Beats>,
    /// Quarter notes a minute.
    pub tempo: Option<Bpm>,
    /// At the block's first sample.
    pub metre: Option<Metre>,
    /// Of the bar in which the block begins.
    pub bar_start: Option<Beats>,
    /// Start and end of the loop, if the host is looping.
    pub looping: Option<(Beats, Beats)>,
}

fn beats(position: f64) -> Option<Beats> {
    (position.abs() < FARTHEST).then_some(Beats(position))
}

impl From<&Transport> for HostTime {
    fn from(transport: &Transport) -> HostTime {
        // Some hosts know the time but no tempo.
        let seconds = transport.pos_seconds();
        let default_beats = |seconds: f64| seconds * DEFAULT_TEMPO.0 / 60.0;
        let byte = |number: Option<i32>| number.and_then(|number| u8::try_from(number).ok());
        let metre = byte(transport.time_sig_numerator).zip(byte(transport.time_sig_denominator));
        // Where one tempo has held since the beginning both times say the same. That in seconds is
        // the finer one then: some hosts round beats to ticks, and a stroke would fall into the
        // block before its own.
        let exact = seconds.zip(transport.tempo).map(|(seconds, tempo)| seconds * tempo / 60.0);
        let position = match (transport.pos_beats(), exact) {
            (Some(said), Some(exact)) if (said - exact).abs() < TICK => Some(exact),
            (Some(said), _) => Some(said),
            (None, _) => seconds.map(default_beats),
        };
        HostTime {
            playing: transport.playing,
            position: position.and_then(beats),
            tempo: transport.tempo.filter(|tempo| TEMPOS.contains(tempo)).map(Bpm),
            metre: metre.and_then(|(numerator, denominator)| Metre::new(numerator, denominator)),
            bar_start: transport.bar_start_pos_beats.and_then(beats),
            looping: transport.loop_range_beats().and_then(|(start, end)| {
                let (start, end) = (beats(start)?, beats(end)?);
                (start < end).then_some((start, end))
            }),
        }
    }
}

/// How a span follows what came before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// The transport stands.
    Rests,
    /// The transport stands, and ran before.
    Stops,
    /// The transport was started here.
    Starts,
    /// The transport came here from elsewhere.
    Jumps,
    /// The transport runs on.
    Runs,
}

impl Motion {
    /// Whether the song goes on during the span.
    pub fn is_rolling(self) -> bool {
        matches!(self, Motion::Starts | Motion::Jumps | Motion::Runs)
    }
}

/// Samples over which song position runs evenly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    pub motion: Motion,
    /// First sample, from the start of the host's block.
    pub offset: u32,
    /// At least 1.
    pub frames: u32,
    /// Position of the first sample.
    pub start: Beats,
    /// Above 0.
    pub beats_per_frame: f64,
    pub tempo: Bpm,
    pub metre: Metre,
    /// The bar line at or before `start`.
    pub bar_start: Beats,
    /// Where the loop turns round that the song is in, or comes to.
    pub turn: Option<Beats>,
}

impl Span {
    /// The sample from the span's start on which a position sounds: negative before the span.
    pub fn frame_of(&self, at: Beats) -> f64 {
        ((at.0 - self.start.0) / self.beats_per_frame).round()
    }

    /// Position of a sample of the host's block.
    pub fn position(&self, sample: u32) -> Beats {
        if !self.motion.is_rolling() {
            return self.start;
        }
        let frames = f64::from(sample) - f64::from(self.offset);
        Beats(self.start.0 + frames * self.beats_per_frame)
    }

    /// The sample of this span on which a bar begins, if one does.
    pub fn bar_line(&self) -> Option<u32> {
        let Beats(bar) = self.metre.bar_beats();
        let first = self.frame_of(self.bar_start);
        let frame = if first >= 0.0 { first } else { self.frame_of(Beats(self.bar_start.0 + bar)) };
        (self.motion.is_rolling() && frame >= 0.0 && frame < f64::from(self.frames))
            .then_some(frame as u32)
    }

    /// The span up to a sample of it and the span from there; `None` where one would be empty.
    pub fn split(self, frame: u32) -> (Option<Span>, Option<Span>) {
        if frame == 0 {
            return (None, Some(self));
        }
        if frame >= self.frames {
            return (Some(self), None);
        }
        let second = Span {
            motion: match self.motion {
                Motion::Starts | Motion::Jumps => Motion::Runs,
                Motion::Stops => Motion::Rests,
                other => other,
            },
            offset: self.offset + frame,
            frames: self.frames - frame,
            start: self.position(self.offset + frame),
            ..self
        };
        (Some(Span { frames: frame, ..self }), Some(second))
    }
}

/// Follows the host's transport from block to block.
#[derive(Clone, Debug)]
pub struct Clock {
    samples_per_second: f64,
    /// The longest block that the host announced.
    longest: u32,
    tempo: Bpm,
    metre: Metre,
    /// `None` while the transport stands.
    running: Option<Running>,
    block: Block,
}

/// Where the transport was when it was last seen.
#[derive(Clone, Copy, Debug)]
struct Running {
    /// Position that the next sample should have.
    expected: Beats,
    /// What the host said last, and the samples since it first said so.
    said: Option<Beats>,
    since: u32,
    /// Length of the last block.
    frames: u32,
    /// Whether the last block ended where the loop turns round.
    turned: bool,
}

/// What is left to tell of the current block.
#[derive(Clone, Copy, Debug, Default)]
struct Block {
    host: HostTime,
    offset: u32,
    left: u32,
    motion: Option<Motion>,
    at: Beats,
}

impl Clock {
    /// A clock at this sample rate, for blocks of at most `longest` samples.
    pub fn new(samples_per_second: f64, longest: u32) -> Clock {
        Clock {
            samples_per_second,
            longest,
            tempo: DEFAULT_TEMPO,
            metre: Metre::COMMON,
            running: None,
            block: Block::default(),
        }
    }

    /// Forgets where the transport was: if it runs, its next block is a start.
    pub fn reset(&mut self) {
        self.running = None;
    }

    /// The position that the next block should begin with; `None` while the transport stands.
    pub fn position(&self) -> Option<Beats> {
        self.running.map(|running| running.expected)
    }

    fn beats_per_frame(&self) -> f64 {
        self.tempo.0 / 60.0 / self.samples_per_second
    }

    /// Begins a block of `frames` samples, at least 1; [`Clock::next_span`] then tells its spans.
    pub fn begin(&mut self, host: &HostTime, frames: u32) {
        let before = self.beats_per_frame();
        self.tempo = host.tempo.unwrap_or(self.tempo);
        self.metre = host.metre.unwrap_or(self.metre);
        // A host that says nothing at all has no transport: the song runs freely.
        let free = host.position.is_none() && host.tempo.is_none();
        let (motion, at) = if host.playing || free {
            self.roll(host, frames, before)
        } else {
            let motion = if self.running.is_some() { Motion::Stops } else { Motion::Rests };
            let at = self.running.map(|running| running.expected);
            (motion, host.position.or(at).unwrap_or_default())
        };
        if !motion.is_rolling() {
            self.running = None;
        }
        self.block = Block { host: *host, offset: 0, left: frames, motion: Some(motion), at };
    }

    /// Whether the block continues the one before, and where it begins. `before` is how fast that
    /// one ran.
    fn roll(&mut self, host: &HostTime, frames: u32, before: f64) -> (Motion, Beats) {
        let Some(running) = &mut self.running else {
            let at = host.position.unwrap_or_default();
            self.running = Some(Running {
                expected: at,
                said: host.position,
                since: frames,
                frames,
                turned: false,
            });
            return (Motion::Starts, at);
        };
        let expected = running.expected;
        let last = std::mem::replace(&mut running.frames, frames);
        let onwards = if running.turned { Motion::Jumps } else { Motion::Runs };
        let Some(said) = host.position else {
            return (onwards, expected);
        };
        // A tempo that changed within the last block has moved the position by at most this.
        let change = (self.tempo.0 / 60.0 / self.samples_per_second - before) * f64::from(last);
        let (least, most) = (change.min(0.0) - ROUNDING, change.max(0.0) + ROUNDING);
        let reaches = |from: f64| (least..=most).contains(&(said.0 - from));
        let away = |from: f64| (said.0 - from).abs();
        // Where the loop would have taken the song by now, had it passed the end in the last block.
        let turned = host.looping.and_then(|(start, end)| {
            let beyond = expected.0 - end.0;
            let passed = beyond + most >= 0.0 && beyond < before * f64::from(last);
            passed.then_some(start.0 + beyond).filter(|&at| reaches(at))
        });
        let together = running.since.saturating_add(frames);
        // A rounded position may stand still for a while on its own.
        let longest =
            f64::from(self.longest) + ROUNDING / self.tempo.0 * 60.0 * self.samples_per_second;
        if running.said == Some(said) && f64::from(together) <= longest && turned.is_none() {
            // A part of a block whose start the host repeats.
            running.since = together;
            return (onwards, expected);
        }
        (running.said, running.since) = (Some(said), frames);
        let runs = reaches(expected.0) && turned.is_none_or(|at| away(expected.0) <= away(at));
        (if runs { onwards } else { Motion::Jumps }, said)
    }

    /// The next part of the block, if any of it is left.
    pub fn next_span(&mut self) -> Option<Span> {
        let Block { host, offset, left, motion, at } = self.block;
        if left == 0 {
            return None;
        }
        let beats_per_frame = self.beats_per_frame();
        let motion = motion.unwrap_or(Motion::Runs);
        let mut frames = left;
        let mut next = (None, Beats(at.0 + f64::from(frames) * beats_per_frame));
        if motion.is_rolling()
            && let Some((start, end)) = host.looping
            && at < end
        {
            let turn = ((end.0 - at.0) / beats_per_frame).round().max(1.0);
            if turn <= f64::from(left) {
                frames = turn as u32;
                let beyond = at.0 + turn * beats_per_frame - end.0;
                next = (Some(Motion::Jumps), Beats(start.0 + beyond));
            }
        }
        let span = Span {
            motion,
            offset,
            frames,
            start: at,
            beats_per_frame,
            tempo: self.tempo,
            metre: self.metre,
            bar_start: bar_start(&host, self.metre, at),
            turn: host.looping.map(|(_, end)| end).filter(|&end| at < end),
        };
        let (motion, at) = next;
        self.block = Block { host, offset: offset + frames, left: left - frames, motion, at };
        if let Some(running) = &mut self.running {
            (running.expected, running.turned) = (at, motion.is_some());
        }
        Some(span)
    }
}

/// The bar line at or before a position: the host's if it can be one (CLAP hosts without bars say
/// 0), otherwise as if the metre had always held.
fn bar_start(host: &HostTime, metre: Metre, at: Beats) -> Beats {
    let Beats(bar) = metre.bar_beats();
    // Rounded positions may lie a hair before the line that they mean.
    const HAIR: f64 = 1e-6;
    let from = host.bar_start.filter(|said| {
        host.position.is_some_and(|now| said.0 <= now.0 + HAIR && now.0 < said.0 + bar + HAIR)
    });
    let from = from.unwrap_or_default();
    Beats(from.0 + ((at.0 - from.0 + HAIR) / bar).floor() * bar)
}
