//! The sound on the plugin's own track, on its way to the studio, over a stretch of the host's song.
//!
//! Runs on the audio thread: allocates and frees nothing. Both channels are heard as their mean, before
//! drums are added. Where the host comes to the stretch anew, the sound begins anew; it is whole where the
//! stretch ends or the host stops.

use super::transport::{Motion, Span};
use crate::score::{Beats, Bpm, Metre};
use crate::studio::wire::{Listening, SampleBlock, TrackMark, TrackSound};

/// So near to its end the stretch is heard if the host does not run on, in beats: hosts round positions.
const NEAR: f64 = 1.0 / 64.0;

/// The receiving end of what is wanted.
pub struct TrackListener {
    wanted: rtrb::Consumer<Box<Listening>>,
    done: rtrb::Producer<Box<Listening>>,
    listening: Option<Box<Listening>>,
    heard: Option<Heard>,
    /// What has not been sent yet.
    block: SampleBlock,
}

/// What was heard of the stretch.
#[derive(Clone, Copy)]
struct Heard {
    /// Up to here.
    to: TrackMark,
    /// Told last.
    tempo: Bpm,
    metre: Metre,
}

impl TrackListener {
    /// What is wanted arrives through one queue and leaves, heard, through the other, which has room for all
    /// that are out.
    pub fn new(
        wanted: rtrb::Consumer<Box<Listening>>,
        done: rtrb::Producer<Box<Listening>>,
    ) -> TrackListener {
        let block = SampleBlock::default();
        TrackListener { wanted, done, listening: None, heard: None, block }
    }

    /// Hears a span, of which `left` and `right` are the samples.
    pub fn hear(&mut self, span: &Span, left: &[f32], right: &[f32], samples_per_second: f64) {
        while let Ok(wanted) = self.wanted.pop() {
            self.end();
            self.listening = Some(wanted);
        }
        let Some(listening) = &self.listening else { return };
        let (from, to) = (listening.from, listening.to);
        let stops = !span.motion.is_rolling();
        let is_over = |heard: Heard| {
            let is_near = |to: Beats| {
                let leaves = span.motion != Motion::Runs || span.frame_of(to) <= 0.0;
                leaves && to.0 - heard.to.at.0 < NEAR
            };
            stops || to.is_some_and(is_near)
        };
        if listening.sound.is_abandoned() || listening.lost || self.heard.is_some_and(is_over) {
            self.end();
            return;
        }
        let frames = f64::from(span.frames);
        let first = span.frame_of(from).clamp(0.0, frames);
        let last = to.map_or(frames, |to| span.frame_of(to).clamp(0.0, frames));
        if stops || first >= last {
            return;
        }
        let mark = |frame: f64| TrackMark {
            at: Beats(span.start.0 + frame * span.beats_per_frame),
            metre: span.metre,
            bar_start: span.bar_start,
        };
        let runs = self.heard.filter(|_| span.motion == Motion::Runs);
        if runs.is_none() {
            self.block = SampleBlock::default();
            self.send(TrackSound::Begins(samples_per_second));
        }
        if runs.is_none_or(|heard| heard.tempo != span.tempo || heard.metre != span.metre) {
            self.flush();
            self.send(TrackSound::Mark(mark(first)));
        }
        let heard = first as usize..last as usize;
        let (Some(left), Some(right)) = (left.get(heard.clone()), right.get(heard)) else { return };
        for (left, right) in left.iter().zip(right) {
            self.block.push(0.5 * (left + right));
            if self.block.is_full() {
                self.flush();
            }
        }
        self.heard = Some(Heard { to: mark(last), tempo: span.tempo, metre: span.metre });
        if to.is_some_and(|to| span.frame_of(to) <= frames) {
            self.end();
        }
    }

    fn flush(&mut self) {
        if !self.block.samples().is_empty() {
            let block = std::mem::take(&mut self.block);
            self.send(TrackSound::Samples(block));
        }
    }

    fn send(&mut self, sound: TrackSound) {
        if let Some(listening) = &mut self.listening {
            listening.lost |= listening.sound.push(sound).is_err();
        }
    }

    /// Sends what is left, and gives back what was wanted.
    fn end(&mut self) {
        self.flush();
        if let Some(heard) = self.heard.take() {
            self.send(TrackSound::Mark(heard.to));
        }
        if let Some(listening) = self.listening.take()
            && let Err(rtrb::PushError::Full(listening)) = self.done.push(listening)
        {
            // There is always room, and this is no place to free it.
            self.listening = Some(listening);
        }
    }
}
