//! The map of grooves beside the document: what the musician has there, what the window asks of it, and
//! how a groove is heard.

mod library;
pub(super) mod server;
mod state;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use library::GrooveLibrary;
pub(super) use library::LibraryError;
pub use state::{MOST_FAVOURITES, MapGroove, MapState};

use super::wire::{Clip, ClipNote};
use super::{Document, Recording, Take};
use crate::drummer::beats_of_four;
use crate::patterns::{DRUMS, LANES_OF_DRUMS, Pattern, PatternMap, Place, quarters_of_beat};
use crate::score::{BarIndex, Beats, Bpm, DrumPart, GridKind, Hit, Lane, Metre, Ticks, Velocity};

/// Steps of the way between the pins.
pub const MORPH_STEPS: usize = 32;
/// What the window asks of the map. The worker answers through [`MapView`] and the document.
#[derive(Clone, Debug, PartialEq)]
pub enum MapRequest {
    /// Reads map and library, if that was not done, and places the song's own bars.
    Open,
    /// Takes the groove of a point in hand, and has it heard.
    Pick(MapGroove),
    /// Takes what is at a place in hand, and has it heard.
    Go(Place),
    /// Goes to a share of the way from A to B, and has it heard.
    Morph(f32),
    /// Draws a new groove near that in hand, and has it heard.
    Dice(u64),
    /// Drums the song with the groove in hand; with a label only the sections that have it.
    Use(Option<usize>),
    /// Only has a groove heard.
    Listen(Pattern),
}

/// What there is to show of the map.
#[derive(Clone, Debug, PartialEq)]
pub struct MapView {
    /// Drumlin's points, then those of the musician's library.
    pub map: Arc<PatternMap>,
    /// How many of them are Drumlin's.
    pub built_in: usize,
    /// The song's own drums, every second bar, in order.
    pub song: Arc<[(BarIndex, MapGroove)]>,
}

impl Document {
    /// A groove with the strokes of locked lanes as they are in the groove in hand, also where those are on
    /// the other grid.
    pub fn with_locked_rows(&self, pattern: &Pattern) -> Pattern {
        let Some(current) = &self.map.current else { return *pattern };
        let locked = self.locked_drums();
        pattern.with_rows_of(&current.pattern, |drum| locked[drum])
    }

    /// The drums of patterns whose lanes are locked.
    pub(super) fn locked_drums(&self) -> [bool; DRUMS] {
        let locked = self.locked_lanes();
        LANES_OF_DRUMS.map(|lane| {
            locked.contains(lane) || lane == Lane::HandDrum && locked.contains(Lane::Bell)
        })
    }

    /// The tempo of the song where it begins, in beats of grooves of the map a minute: those that are
    /// felt, dotted ones in compound metres.
    pub fn groove_tempo(&self) -> Bpm {
        self.take().map_or(USUAL_TEMPO, |take| {
            Bpm(take.song.tempo.bpm(Ticks(0)).0 / quarters_of_beat(first_metre(take)))
        })
    }

    /// How grooves of the map go along with the host: with the song, or, where there is none yet, as the host
    /// was heard to run.
    pub(super) fn groove_time(&self, heard: &Recording) -> GrooveTime {
        let Some(take) = self.take() else {
            let (tempo, metre, bar_line) =
                heard.time().unwrap_or((USUAL_TEMPO, Metre::COMMON, Beats(0.0)));
            return GrooveTime::new(tempo, metre, bar_line);
        };
        // Beside a song that follows what was played freely the host counts on in the file's quarters.
        let metre = match take.file_time {
            Some(_) => Metre::COMMON,
            None => first_metre(take),
        };
        let bar_line = take.host_position(take.upbeat());
        GrooveTime::new(take.host_tempo(Ticks(0)), metre, bar_line)
    }

    /// A groove of two bars as the audio thread plays it, over and over in phase with the song's bars, at
    /// once. Its beats are those that are felt in the song, and of its bars it plays what bars of the song
    /// have room for, as the song would be drummed with it. Muted lanes are heard: it is a groove that is
    /// looked for, no part of the song.
    pub(super) fn audition_clip(&self, part: &DrumPart, time: &GrooveTime) -> Clip {
        let beats = |beats_of_groove: f64| Beats(beats_of_groove * time.quarters_of_beat);
        let beats_of_bar = time.beats.len();
        let round = 2.0 * beats_of_bar as f64;
        let start = time.bar_line.0.rem_euclid(beats(round).0) - beats(round).0;
        let mut strokes: Vec<ClipNote> = Vec::with_capacity(part.hits.len() * TIMES);
        for turn in 0..TIMES {
            let stroke = |(hit, at): (&Hit, f64)| ClipNote {
                at: beats(at + round * turn as f64),
                length: Beats(STROKE),
                kit_key: hit.key.get(),
                key: self.drum_map.key(hit.key),
                velocity: hit.velocity,
            };
            let places =
                part.hits.iter().flat_map(|hit| time.places(part, hit).map(move |at| (hit, at)));
            strokes.extend(places.map(stroke));
        }
        strokes.sort_by(|a, b| a.at.0.total_cmp(&b.at.0).then(a.key.cmp(&b.key)));
        strokes.dedup_by(|next, kept| next.key == kept.key && next.at.0 - kept.at.0 < STROKE / 4.0);
        // Bars of 6/8 and 2/4 are half as long as the groove's.
        let line = if beats_of_bar == BEATS { BEATS / 2 } else { beats_of_bar };
        let lines = (0..=2 * beats_of_bar * TIMES).step_by(line);
        Clip {
            start: Beats(start),
            length: beats(round * TIMES as f64),
            strokes: strokes.into(),
            bar_lines: lines.map(|beat| beats(beat as f64)).collect(),
            at_once: true,
            taps: None,
        }
    }
}

/// How grooves of the map go along with the host.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct GrooveTime {
    /// Quarters of the host that a beat of a groove lasts.
    quarters_of_beat: f64,
    /// The beats of a groove's bar, from 0, that a bar takes; half a bar takes half of them.
    beats: &'static [usize],
    /// A bar line of the song, where the host has it.
    bar_line: Beats,
    /// The metre of the host.
    pub metre: Metre,
    /// Its tempo, in quarters.
    pub tempo: Bpm,
}

impl GrooveTime {
    /// At a tempo in quarters of the host, in bars of a metre one of which begins at a line.
    fn new(tempo: Bpm, metre: Metre, bar_line: Beats) -> GrooveTime {
        let beats = beats_of_bar(metre);
        GrooveTime { quarters_of_beat: quarters_of_beat(metre), beats, bar_line, metre, tempo }
    }

    /// Beats of a groove a minute.
    pub fn beats_a_minute(&self) -> f64 {
        self.tempo.0 / self.quarters_of_beat
    }

    /// Where in two bars a stroke of a groove is heard, in beats and with its micro-timing. Where beats are
    /// dotted, what divides them in two divides them in three, with the off-beat on the third.
    fn places(&self, part: &DrumPart, hit: &Hit) -> impl Iterator<Item = f64> {
        let grid = part.grids[hit.bar.0];
        let (beat, step) = (hit.step / grid.steps_per_beat, hit.step % grid.steps_per_beat);
        let at = part.tick(hit).0 as f64 / f64::from(part.bars.ticks_per_quarter());
        let mut within = at - (BEATS * hit.bar.0 + beat) as f64;
        if self.metre.is_compound() && (grid.kind, grid.steps_per_beat) == (GridKind::Straight, 4) {
            within += [0.0, 2.0, 4.0, 5.0][step] / 6.0 - step as f64 / 4.0;
        }
        let first = hit.bar.0 * self.beats.len();
        let places = self.beats.iter().enumerate().filter(move |&(_, &own)| own == beat);
        places.map(move |(place, _)| (first + place) as f64 + within)
    }
}

/// The beats of a groove's bar that a bar of a metre takes, or that two bars take of half the length. In
/// metres whose beats are uneven the groove goes on as in 4/4: only the drummer knows how they fall.
fn beats_of_bar(metre: Metre) -> &'static [usize] {
    let Beats(quarters) = metre.bar_beats();
    let beats = quarters / quarters_of_beat(metre);
    let whole = [3, 5, 6, 7].into_iter().find(|&whole| whole as f64 == beats);
    beats_of_four(whole.unwrap_or(BEATS))
}

/// The metre of a take's first bar, but for an upbeat.
fn first_metre(take: &Take) -> Metre {
    let (bars, upbeat) = (take.bars(), take.upbeat());
    bars.bars().iter().find(|bar| bar.start >= upbeat).map_or(Metre::COMMON, |bar| bar.metre)
}

/// The tempo of grooves where nothing says another.
const USUAL_TEMPO: Bpm = Bpm(120.0);

/// Beats of a groove's bar.
const BEATS: usize = 4;
/// How often it is laid in a row: half an hour at 120 beats a minute.
const TIMES: usize = 450;
/// A stroke lasts a 32nd note.
const STROKE: f64 = 1.0 / 8.0;

/// A pattern with plain accents, for what has to be heard before a network has played it.
pub(super) fn plainly(pattern: &Pattern) -> DrumPart {
    let mut part = pattern.part(1);
    for hit in &mut part.hits {
        let beat = part.grids[hit.bar.0].steps_per_beat;
        let on_beat = hit.step.is_multiple_of(beat);
        let velocity = match hit.lane() {
            Lane::Kick | Lane::Snare | Lane::Crash if on_beat => 104,
            Lane::Kick | Lane::Snare | Lane::Crash => 84,
            _ if on_beat => 92,
            _ => 66,
        };
        hit.velocity = Velocity::clamped(velocity);
    }
    part
}
