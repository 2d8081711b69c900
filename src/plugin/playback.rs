//! From a clip to strokes on samples.
//!
//! Runs on the audio thread. Whether a stroke is due is not decided by its position alone: positions
//! are rounded, repeated and turned round by hosts. [`Playback`] remembers the first stroke that has
//! not been played yet; while the transport runs on, every stroke is played once, in order, on the
//! sample nearest to its position, and only a start or a jump looks for the place anew.
//!
//! A note-off is due a fixed number of samples after its note-on, whatever the transport does
//! meanwhile, or at once when it stops, jumps, or another clip enters.

use super::transport::{Motion, Span};
use crate::score::{Beats, GmKey, Velocity};
use crate::studio::wire::{Clip, ClipNote};

/// A drummer leads into a bar a little early. Where playing begins on such a bar's line, strokes as
/// much ahead of it are played on it. In beats.
const PICKUP: f64 = 0.08;
/// Loops end on bar lines but for what hosts round their ends by. In beats.
const HAIR: f64 = 1e-6;
const KEYS: usize = 128;

/// What the drums do, on a sample counted from the start of the host's block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Drum {
    On { sample: u32, key: u8, kit_key: u8, velocity: Velocity },
    Off { sample: u32, key: u8, kit_key: u8, channel: Option<u8> },
}

/// A note that sounds.
#[derive(Clone, Copy, Debug)]
struct Held {
    /// Sample on which it ends, counted from the first that was ever played.
    due: u64,
    kit_key: u8,
    /// Where its note-on was sent.
    channel: Option<u8>,
}

/// The playing end.
pub struct Playback {
    arriving: rtrb::Consumer<Box<Clip>>,
    spent: rtrb::Producer<Box<Clip>>,
    clip: Option<Box<Clip>>,
    /// The newest clip, which enters at the next bar line.
    waiting: Option<Box<Clip>>,
    /// Left over while the queue of spent clips is full: nothing may be freed here.
    leaving: Option<Box<Clip>>,
    /// The first stroke not yet played.
    next: usize,
    /// Strokes before this one were ahead of where playing began.
    line: usize,
    held: [Option<Held>; KEYS],
    /// The earliest of the held notes' ends; `u64::MAX` when nothing is held.
    first_due: u64,
    /// When each key was last struck since the transport was started.
    last_onset: [Option<u64>; KEYS],
    /// Samples played before the host's current block.
    now: u64,
}

impl Playback {
    /// Clips arrive through one queue and leave to be freed through the other.
    pub fn new(arriving: rtrb::Consumer<Box<Clip>>, spent: rtrb::Producer<Box<Clip>>) -> Playback {
        Playback {
            arriving,
            spent,
            clip: None,
            waiting: None,
            leaving: None,
            next: 0,
            line: 0,
            held: [None; KEYS],
            first_due: u64::MAX,
            last_onset: [None; KEYS],
            now: 0,
        }
    }

    /// Begins a block: takes in what has arrived.
    pub fn begin_block(&mut self) {
        self.hand_back();
        while self.leaving.is_none() {
            let Ok(mut clip) = self.arriving.pop() else { break };
            // What was to enter at once is in the newer one, too.
            clip.at_once |= self.waiting.as_ref().is_some_and(|waiting| waiting.at_once);
            self.leaving = self.waiting.replace(clip);
            self.hand_back();
        }
    }

    /// The drum that a key of the musician's plays when it is struck on a sample of a span: none unless
    /// the newest clip says that a groove is tapped.
    pub fn tapped(&self, span: &Span, sample: u32, key: u8) -> Option<GmKey> {
        let taps = self.waiting.as_ref().or(self.clip.as_ref())?.taps.as_ref()?;
        let at = span.motion.is_rolling().then(|| span.position(sample));
        taps.drum(at, key)
    }

    /// Ends a block of `frames` samples.
    pub fn end_block(&mut self, frames: u32) {
        self.now += u64::from(frames);
    }

    fn hand_back(&mut self) {
        if let Some(clip) = self.leaving.take()
            && let Err(rtrb::PushError::Full(clip)) = self.spent.push(clip)
        {
            self.leaving = Some(clip);
        }
    }

    /// The sample of a span from which on a waiting clip plays: the next bar line while the
    /// transport runs, at once when it stands or comes from elsewhere, or when the clip asks for it.
    pub fn entry(&self, span: &Span) -> Option<u32> {
        let waiting = self.waiting.as_ref()?;
        // Without a place for the old clip the new one has to wait.
        if self.leaving.is_some() {
            return None;
        }
        if span.motion == Motion::Runs && !waiting.at_once { span.bar_line() } else { Some(0) }
    }

    /// Lets the waiting clip in at the start of a span.
    pub fn swap(&mut self, span: &Span) {
        if let Some(clip) = self.waiting.take() {
            let goes_on = clip.at_once && span.motion == Motion::Runs;
            let reached = self.reached();
            self.leaving = self.clip.replace(clip);
            self.hand_back();
            self.release(span.offset);
            self.seek(span);
            if goes_on {
                self.go_on(reached);
            }
        }
    }

    /// Where in the song the last stroke is that was passed, and the first that was not.
    fn reached(&self) -> [Option<f64>; 2] {
        let Some(clip) = &self.clip else { return [None; 2] };
        let at = |index: usize| clip.strokes.get(index).map(|stroke| clip.start.0 + stroke.at.0);
        [self.next.checked_sub(1).and_then(at), at(self.next)]
    }

    /// Behind [`Playback::seek`] to where the song is on its way: positions are rounded, but no stroke is
    /// played that the clip before had passed, and none is left out that it had still to play.
    fn go_on(&mut self, [passed, next]: [Option<f64>; 2]) {
        let Some(clip) = &self.clip else { return };
        let until =
            |at: f64| clip.strokes.partition_point(|stroke| clip.start.0 + stroke.at.0 < at);
        let behind =
            |at: f64| clip.strokes.partition_point(|stroke| clip.start.0 + stroke.at.0 <= at);
        self.next = self.line.min(next.map_or(usize::MAX, until)).max(passed.map_or(0, behind));
        self.line = self.next;
    }

    /// Begins a span; [`Playback::next`] then tells what happens in it.
    pub fn begin_span(&mut self, span: &Span) {
        match span.motion {
            Motion::Rests | Motion::Runs => {}
            Motion::Stops => self.release(span.offset),
            Motion::Starts | Motion::Jumps => {
                if span.motion == Motion::Starts {
                    self.last_onset = [None; KEYS];
                }
                self.release(span.offset);
                self.seek(span);
            }
        }
    }

    /// Ends whatever sounds on a sample of the current block.
    pub fn release(&mut self, sample: u32) {
        if self.first_due < u64::MAX {
            let due = self.now + u64::from(sample);
            self.held.iter_mut().flatten().for_each(|held| held.due = held.due.min(due));
            self.first_due = self.first_due.min(due);
        }
    }

    /// Finds the first stroke to be played from the span's start on.
    fn seek(&mut self, span: &Span) {
        let Some(clip) = &self.clip else { return };
        let origin = clip.start.0;
        let frame = |at: Beats| span.frame_of(Beats(origin + at.0));
        self.line = clip.strokes.partition_point(|stroke| frame(stroke.at) < 0.0);
        self.next = self.line;
        if clip.bar_lines.iter().any(|&line| frame(line) == 0.0) {
            let reach = span.start.0 - PICKUP;
            self.next =
                clip.strokes[..self.next].partition_point(|stroke| origin + stroke.at.0 < reach);
        }
    }

    /// What happens next in a span, up to and with sample `until` of the block. `silent` lets strokes
    /// pass unheard; `channel` is where strokes are sent, if they are.
    pub fn next(
        &mut self,
        span: &Span,
        until: u32,
        channel: Option<u8>,
        silent: bool,
    ) -> Option<Drum> {
        let last = until.min(span.offset + span.frames - 1);
        loop {
            let due = self.due(span, last);
            let end = due.map_or(last, |(sample, _)| sample);
            if self.first_due <= self.now + u64::from(end) {
                return self.end_first(span.offset);
            }
            let (sample, stroke) = due?;
            let now = self.now + u64::from(sample);
            let key = usize::from(stroke.key) % KEYS;
            // Ahead of where playing began: it stands for a stroke there, unless one was just heard.
            let again = self.next < self.line
                && self.last_onset[key]
                    .is_some_and(|onset| (now - onset) as f64 * span.beats_per_frame <= PICKUP);
            if silent || again || self.leads_out(span, &stroke) {
                self.next += 1;
                continue;
            }
            if let Some(held) = &mut self.held[key] {
                // Struck again while it sounds: its end comes first, on the same sample.
                held.due = now;
                self.first_due = now;
                continue;
            }
            self.next += 1;
            let frames = (stroke.length.0 / span.beats_per_frame).round().clamp(1.0, 1e12) as u64;
            self.held[key] = Some(Held { due: now + frames, kit_key: stroke.kit_key, channel });
            self.first_due = self.first_due.min(now + frames);
            self.last_onset[key] = Some(now);
            let ClipNote { kit_key, velocity, .. } = stroke;
            return Some(Drum::On { sample, key: key as u8, kit_key, velocity });
        }
    }

    /// Whether a stroke leads into a bar that is not played, since the loop turns round before it.
    fn leads_out(&self, span: &Span, stroke: &ClipNote) -> bool {
        let (Some(turn), Some(clip)) = (span.turn, &self.clip) else { return false };
        let ahead = turn.0 - (clip.start.0 + stroke.at.0);
        let is_line = |line: &Beats| (clip.start.0 + line.0 - turn.0).abs() < HAIR;
        (0.0..PICKUP).contains(&ahead) && clip.bar_lines.iter().any(is_line)
    }

    /// The next stroke, if it is due by sample `last`, with its sample.
    fn due(&self, span: &Span, last: u32) -> Option<(u32, ClipNote)> {
        let clip = self.clip.as_ref().filter(|_| span.motion.is_rolling())?;
        let stroke = clip.strokes.get(self.next)?;
        let frame = span.frame_of(Beats(clip.start.0 + stroke.at.0)).max(0.0);
        let sample = f64::from(span.offset) + frame;
        (sample <= f64::from(last)).then_some((sample as u32, *stroke))
    }

    /// Ends the note that is due first; it may have been due before `from`.
    fn end_first(&mut self, from: u32) -> Option<Drum> {
        let due = |held: &Option<Held>| held.map_or(u64::MAX, |held| held.due);
        let (key, held) = self.held.iter_mut().enumerate().min_by_key(|(_, held)| due(held))?;
        let Held { due: at, kit_key, channel } = held.take()?;
        self.first_due = self.held.iter().map(due).min().unwrap_or(u64::MAX);
        let sample = (at.saturating_sub(self.now) as u32).max(from);
        Some(Drum::Off { sample, key: key as u8, kit_key, channel })
    }

    /// Notes that a key is struck on a sample of the block from outside of the clip, for so many
    /// samples. The end of what has sounded on it until then, if anything has.
    pub fn strike(
        &mut self,
        sample: u32,
        key: u8,
        kit_key: u8,
        channel: Option<u8>,
        frames: u64,
    ) -> Option<Drum> {
        let place = &mut self.held[usize::from(key) % KEYS];
        let due = self.now + u64::from(sample) + frames.max(1);
        let before = place.replace(Held { due, kit_key, channel });
        self.first_due = self.held.iter().flatten().map(|held| held.due).min().unwrap_or(u64::MAX);
        before.map(|Held { kit_key, channel, .. }| Drum::Off { sample, key, kit_key, channel })
    }

    /// Keeps an end that could not be sent for the first sample after this block of `frames`.
    pub fn defer_note_off(&mut self, key: u8, kit_key: u8, channel: Option<u8>, frames: u32) {
        let due = self.now + u64::from(frames);
        self.held[usize::from(key) % KEYS] = Some(Held { due, kit_key, channel });
        self.first_due = self.first_due.min(due);
    }
}
