//! Everything that the host played, by song position.
//!
//! Where a bar turns out to have another metre than when it was played, the host's song has been laid
//! anew, and what earlier passes left no longer stands where it was: it goes, all of it.
//!
//! Positions become ticks of [`TICKS_PER_QUARTER`]. What plays again replaces what was there: as the
//! transport passes, notes of earlier passes that begin there go. So a loop keeps its last round, and
//! a bar that is now silent becomes silent.

mod controllers;
mod cut;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Range;

use self::controllers::Controllers;
use super::wire::Captured;
use crate::score::{Beats, Bpm, Metre, Velocity};

/// The most bars, from the start of the host's song, of which notes are kept.
pub const MAX_BARS: usize = 1024;

/// Fine enough that a note moves by no more than half a millisecond at 60 bpm.
pub(super) const TICKS_PER_QUARTER: u16 = 960;
/// What the track of a take is called.
pub(super) const TRACK: &str = "Melody";
/// As many notes as 1,024 bars of steady 64ths in four voices; more are not kept.
const MOST_NOTES: usize = 1 << 18;
/// As many tempo or metre changes as are kept; a ramp sends one every few milliseconds.
const MOST_CHANGES: usize = 1 << 16;
/// Positions beyond are no song's: more than a week at 120 bpm.
const FARTHEST: f64 = 1e6;
/// A note no more than a sixteenth ahead of a bar line may be meant on it.
const EARLY: u64 = TICKS_PER_QUARTER as u64 / 4;
/// A step back by no more than this many ticks is the host's rounding, not a jump.
const JITTER: u64 = 60;

/// What was heard so far. Feed it with what the audio thread sends, on any other thread.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// By start and key.
    notes: BTreeMap<(u64, u8), Recorded>,
    tempos: BTreeMap<u64, Bpm>,
    metres: BTreeMap<u64, Metre>,
    /// Where each key that sounds now began.
    sounding: BTreeMap<u8, u64>,
    /// How far ahead of the song's first beat each key was struck that stands on it, while it sounds.
    early: BTreeMap<u8, u64>,
    controllers: Controllers,
    /// Where the transport is, while it runs.
    cursor: Option<u64>,
    /// Number of the pass under way; each start or jump begins one.
    pass: u64,
    /// Where it began.
    pass_from: u64,
    /// What has played since the transport was last started, jumps to elsewhere aside.
    run: Option<Range<u64>>,
    /// The transport stood before the present pass.
    fresh: bool,
    incomplete: bool,
}

#[derive(Clone, Copy, Debug)]
struct Recorded {
    /// In ticks, at least one.
    length: u64,
    velocity: Velocity,
    pass: u64,
}

/// What a take is cut from.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "fields are called what the variants speak of")]
pub enum Span {
    /// From the first to the last bar with notes.
    All,
    /// The same, of what has played since the transport was last started. A jump to elsewhere
    /// counts as a start; going round in a loop does not.
    JustPlayed,
    /// From one position of the host's song to another, such as its loop; widened to bar lines.
    Between { from: Beats, to: Beats },
    /// Bars of the host's song from 0, the last excluded.
    Bars { first: usize, end: usize },
}

/// What there is to cut takes from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RecordingView {
    /// How many notes were heard.
    pub notes: usize,
    /// From the first to the last bar with notes, as [`Span::All`] takes.
    pub bars: Option<BarSpan>,
    /// As [`Span::JustPlayed`] takes.
    pub just_played: Option<BarSpan>,
    /// The transport runs.
    pub running: bool,
    /// Some notes are missing: more came at once than could be passed on, or too many altogether.
    pub incomplete: bool,
}

/// Bars of the host's song, from 0, the last excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BarSpan {
    /// The first bar.
    pub first: usize,
    /// The bar behind the last.
    pub end: usize,
}

impl Recording {
    /// Takes in one event. Positions that are no numbers or out of all reach are passed over; what
    /// lies before the start of the song (a count-in) is not kept, but for notes that anticipate its first
    /// beat: they stand on it.
    pub fn record(&mut self, event: Captured) {
        let at = match event {
            Captured::Started { at }
            | Captured::Stopped { at }
            | Captured::Tempo { at, .. }
            | Captured::Metre { at, .. }
            | Captured::NoteOn { at, .. }
            | Captured::NoteOff { at, .. }
            | Captured::Controller { at, .. }
            | Captured::Passed { at } => at.0,
            Captured::Lost => {
                // Ends of notes may be among what is missing.
                self.silence();
                self.incomplete = true;
                return;
            }
        };
        if !at.is_finite() || at.abs() > FARTHEST {
            return;
        }
        let tick = tick(at);
        match event {
            Captured::Started { .. } => self.start(tick),
            Captured::Stopped { .. } => {
                // Many hosts go back to where they started as they stop.
                if self.cursor.is_some_and(|cursor| tick > cursor) {
                    self.pass_to(tick);
                }
                self.silence();
                self.cursor = None;
                self.fresh = true;
            }
            Captured::Tempo { bpm, .. } => self.tempo(tick, bpm),
            Captured::Metre { metre, .. } => self.metre(at, metre),
            Captured::NoteOn { key, velocity, .. } => {
                self.pass_to(tick);
                // Upbeats before the song's first bar have no bar to be in.
                let ahead = self::tick(-at);
                if ahead <= EARLY {
                    self.note_on(key, velocity);
                    self.early.insert(key, ahead);
                }
            }
            Captured::NoteOff { key, .. } => {
                self.pass_to(tick);
                if let Some(cursor) = self.cursor {
                    self.end_note(key, cursor);
                }
            }
            Captured::Controller { controller, value, .. } => {
                self.pass_to(tick);
                if let Some(cursor) = self.cursor {
                    self.incomplete |= !self.controllers.set(cursor, controller, value);
                }
            }
            Captured::Passed { .. } => self.pass_to(tick),
            Captured::Lost => {}
        }
    }

    /// Hears nothing for a while: the transport stands for it. What another listener has to know to go
    /// on from here: where the transport is, with tempo, metre and controllers; nothing while it stands.
    pub(super) fn interrupt(&mut self) -> Vec<Captured> {
        let Some(cursor) = self.cursor else { return Vec::new() };
        let beats = |tick: u64| Beats(tick as f64 / f64::from(TICKS_PER_QUARTER));
        let at = beats(cursor);
        let tempo = self.tempos.range(..=cursor).next_back();
        let tempo = tempo.map(|(_, &bpm)| Captured::Tempo { at, bpm });
        let metre = self.metres.range(..=cursor).next_back();
        let metre = metre.map(|(&line, &metre)| Captured::Metre { at: beats(line), metre });
        let moved = |(controller, value)| Captured::Controller { at, controller, value };
        let controllers: Vec<Captured> = self.controllers.moved().map(moved).collect();
        self.record(Captured::Stopped { at });
        let started = std::iter::once(Captured::Started { at });
        started.chain(tempo).chain(metre).chain(controllers).collect()
    }

    /// Tempo and metre where the transport is, or was last, with a bar line of that metre; `None` before it
    /// has run.
    pub(super) fn time(&self) -> Option<(Bpm, Metre, Beats)> {
        let last = || self.run.as_ref().map(|run| run.end);
        let at = self.cursor.or_else(last)?;
        let (_, &tempo) = self.tempos.range(..=at).next_back()?;
        let (&line, &metre) = self.metres.range(..=at).next_back()?;
        Some((tempo, metre, Beats(line as f64 / f64::from(TICKS_PER_QUARTER))))
    }

    fn start(&mut self, tick: u64) {
        self.silence();
        self.pass += 1;
        self.pass_from = tick;
        self.cursor = Some(tick);
        self.controllers.start(tick);
        let goes_on = |run: &Range<u64>| (run.start..=run.end).contains(&tick);
        match &mut self.run {
            // Round the loop again, or on from where it is.
            Some(run) if !self.fresh && goes_on(run) => {}
            run => *run = Some(tick..tick),
        }
        self.fresh = false;
    }

    /// The transport has come to `tick`: what earlier passes left on the way goes.
    fn pass_to(&mut self, tick: u64) {
        let Some(cursor) = self.cursor else { return };
        if tick < cursor {
            if cursor - tick > JITTER {
                self.start(tick);
            }
            return;
        }
        let (pass, mut erased) = (self.pass, Vec::new());
        for (&place, note) in self.notes.range((cursor, 0)..(tick, 0)) {
            if note.pass != pass {
                erased.push(place);
            }
        }
        for place in erased {
            self.notes.remove(&place);
        }
        self.controllers.pass(cursor, tick);
        // A change at the cursor itself is this pass's own.
        drop_between(&mut self.tempos, cursor + 1, tick);
        drop_between(&mut self.metres, cursor + 1, tick);
        self.cursor = Some(tick);
        if let Some(run) = &mut self.run {
            run.end = run.end.max(tick);
        }
    }

    fn tempo(&mut self, tick: u64, bpm: Bpm) {
        self.pass_to(tick);
        if !(bpm.0.is_finite() && bpm.0 > 0.0) {
            return;
        }
        let held = self.tempos.range(..=tick).next_back().map(|(_, &bpm)| bpm);
        if held != Some(bpm) {
            if self.tempos.len() < MOST_CHANGES || self.tempos.contains_key(&tick) {
                self.tempos.insert(tick, bpm);
            } else {
                self.incomplete = true;
            }
        }
    }

    /// `at` is a bar line, at or before where the transport is.
    fn metre(&mut self, at: f64, metre: Metre) {
        let bar = metre.bar_ticks(TICKS_PER_QUARTER).0;
        // A bar line before the song's start stands for the first one behind it.
        let line = (at * f64::from(TICKS_PER_QUARTER)).round() as i64;
        let mut tick = if line < 0 { line.rem_euclid(bar as i64) as u64 } else { line as u64 };
        if self.cursor.is_some_and(|cursor| tick > cursor) {
            self.pass_to(tick);
        }
        if self.was_laid_otherwise(tick, metre) {
            self.drop_earlier_passes(tick);
        }
        let before = self.metres.range(..=tick).next_back().map(|(&from, &metre)| (from, metre));
        match before {
            // It holds already, on these bar lines.
            Some((from, held)) if held == metre && (tick - from) % bar == 0 => {
                // What earlier passes had between that line and here is over.
                drop_between(&mut self.metres, tick + 1, self.cursor.unwrap_or(tick));
                return;
            }
            // The first metre heard holds from the song's start, if its bar lines allow.
            None if tick % bar == 0 => tick = 0,
            _ => {}
        }
        if self.metres.len() < MOST_CHANGES || self.metres.contains_key(&tick) {
            self.metres.insert(tick, metre);
            drop_between(&mut self.metres, tick + 1, self.cursor.unwrap_or(tick));
        } else {
            self.incomplete = true;
        }
    }

    /// Whether notes of earlier passes were played under another metre from a bar line on.
    fn was_laid_otherwise(&self, line: u64, metre: Metre) -> bool {
        let held = self.metres.range(..=line).next_back().map(|(_, &metre)| metre);
        if held.is_none_or(|held| held == metre) {
            return false;
        }
        let next = self.metres.range(line + 1..).next().map_or(u64::MAX, |(&at, _)| at);
        let mut notes = self.notes.range((line, 0)..(next, 0));
        notes.any(|(_, note)| note.pass != self.pass)
    }

    /// Drops what earlier passes left, but for the metres that this one has come through before a
    /// bar line.
    fn drop_earlier_passes(&mut self, line: u64) {
        let pass = self.pass;
        self.notes.retain(|_, note| note.pass == pass);
        let from = self.pass_from;
        self.controllers.keep(from, self.cursor.unwrap_or(from));
        let held = self.metres.range(..=from).next_back().map(|(_, &metre)| metre);
        self.metres.retain(|&at, _| at > from && at < line);
        // A pass that begins here has come through nothing.
        if let Some(held) = held.filter(|_| from < line) {
            self.metres.insert(from, held);
        }
        self.run = self.cursor.map(|at| from.min(at)..at);
    }

    fn note_on(&mut self, key: u8, velocity: Velocity) {
        let Some(cursor) = self.cursor else { return };
        if key > 127 {
            return;
        }
        self.end_note(key, cursor);
        if cursor >= self.limit() || self.notes.len() >= MOST_NOTES {
            self.incomplete = true;
            return;
        }
        // A note of an earlier pass on this key ends where the new one begins.
        let earlier = self.notes.range_mut(..(cursor, 0)).rev().take(256);
        for (&(start, _), note) in earlier.filter(|((_, other), _)| *other == key).take(1) {
            note.length = note.length.min(cursor - start);
        }
        self.notes.insert((cursor, key), Recorded { length: 1, velocity, pass: self.pass });
        self.sounding.insert(key, cursor);
    }

    fn end_note(&mut self, key: u8, at: u64) {
        let Some(start) = self.sounding.remove(&key) else { return };
        if self.early.remove(&key).is_some_and(|ahead| at < ahead) {
            // It was an upbeat.
            self.notes.remove(&(start, key));
        } else if let Some(note) = self.notes.get_mut(&(start, key)) {
            note.length = at.saturating_sub(start).max(1);
        }
    }

    fn silence(&mut self) {
        let at = self.cursor.unwrap_or(0);
        if self.cursor.is_some() {
            self.controllers.stop(at);
        }
        for key in self.sounding.keys().copied().collect::<Vec<_>>() {
            self.end_note(key, at);
        }
    }

    /// Where bar [`MAX_BARS`] begins.
    fn limit(&self) -> u64 {
        let (mut bars, mut from, mut metre) = (MAX_BARS as u64, 0, Metre::COMMON);
        for (&at, &next) in &self.metres {
            let bar = metre.bar_ticks(TICKS_PER_QUARTER).0;
            let passed = (at - from).div_ceil(bar);
            if passed >= bars {
                break;
            }
            (bars, from, metre) = (bars - passed, at, next);
        }
        from + bars * metre.bar_ticks(TICKS_PER_QUARTER).0
    }

    /// Forgets everything but where the transport is.
    pub fn clear(&mut self) {
        let Recording { cursor, pass, pass_from, fresh, .. } = *self;
        let run = cursor.map(|at| at..at);
        // Tempo, metre and controllers are only sent again at the next start.
        let (tempos, metres) = (std::mem::take(&mut self.tempos), std::mem::take(&mut self.metres));
        let mut controllers = std::mem::take(&mut self.controllers);
        controllers.clear(cursor);
        *self = Recording {
            cursor,
            pass,
            pass_from,
            fresh,
            run,
            tempos,
            metres,
            controllers,
            ..Recording::default()
        };
    }
}

/// The nearest tick; before the song's start, its start.
fn tick(beats: f64) -> u64 {
    (beats * f64::from(TICKS_PER_QUARTER)).round().max(0.0) as u64
}

/// Drops what is at `from` or later and before or at `to`.
fn drop_between<T>(changes: &mut BTreeMap<u64, T>, from: u64, to: u64) {
    while from <= to
        && let Some((&at, _)) = changes.range(from..=to).next()
    {
        changes.remove(&at);
    }
}
