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
use super::{Document, Take};
use crate::patterns::{DRUMS, LANES_OF_DRUMS, Pattern, PatternMap, Place, quarters_of_beat};
use crate::score::{BarIndex, Beats, Bpm, DrumPart, Lane, Metre, Ticks, Velocity};

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

    /// How grooves of the map go along with the host.
    pub(super) fn groove_time(&self) -> GrooveTime {
        let Some(take) = self.take() else { return GrooveTime::default() };
        // Beside a song that follows what was played freely the host counts on in the file's quarters.
        let metre = match take.file_time {
            Some(_) => Metre::COMMON,
            None => first_metre(take),
        };
        GrooveTime {
            quarters_of_beat: quarters_of_beat(metre),
            bar_line: take.host_position(take.upbeat()),
            metre,
            tempo: take.host_tempo(Ticks(0)),
        }
    }

    /// A groove of two bars as the audio thread plays it, over and over in phase with the song's bars, at
    /// once. Its beats are those that are felt in the song. Muted lanes are heard: it is a groove that is
    /// looked for, no part of the song.
    pub(super) fn audition_clip(&self, part: &DrumPart) -> Clip {
        let ticks_of_beat = f64::from(part.bars.ticks_per_quarter());
        let time = self.groove_time();
        let beats = |beats_of_groove: f64| Beats(beats_of_groove * time.quarters_of_beat);
        let round = beats(LOOP).0;
        let start = time.bar_line.0.rem_euclid(round) - round;
        let mut strokes: Vec<ClipNote> = Vec::with_capacity(part.hits.len() * TIMES);
        for turn in 0..TIMES {
            strokes.extend(part.hits.iter().map(|hit| ClipNote {
                at: beats(part.tick(hit).0 as f64 / ticks_of_beat + LOOP * turn as f64),
                length: Beats(STROKE),
                kit_key: hit.key.get(),
                key: self.drum_map.key(hit.key),
                velocity: hit.velocity,
            }));
        }
        strokes.sort_by(|a, b| a.at.0.total_cmp(&b.at.0).then(a.key.cmp(&b.key)));
        strokes.dedup_by(|next, kept| next.key == kept.key && next.at.0 - kept.at.0 < STROKE / 4.0);
        Clip {
            start: Beats(start),
            length: beats(LOOP * TIMES as f64),
            strokes: strokes.into(),
            // Of 4/4, and of 6/8 and 2/4, whose bars are half as long.
            bar_lines: (0..=4 * TIMES).map(|bar| beats(LOOP / 4.0 * bar as f64)).collect(),
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
    /// A bar line of the song, where the host has it.
    bar_line: Beats,
    /// The metre of the host.
    pub metre: Metre,
    /// Its tempo, in quarters.
    pub tempo: Bpm,
}

impl GrooveTime {
    /// Beats of a groove a minute.
    pub fn beats_a_minute(&self) -> f64 {
        self.tempo.0 / self.quarters_of_beat
    }
}

/// Where there is no song.
impl Default for GrooveTime {
    fn default() -> GrooveTime {
        let (bar_line, metre) = (Beats(0.0), Metre::COMMON);
        GrooveTime { quarters_of_beat: 1.0, bar_line, metre, tempo: USUAL_TEMPO }
    }
}

/// The metre of a take's first bar, but for an upbeat.
fn first_metre(take: &Take) -> Metre {
    let (bars, upbeat) = (take.bars(), take.upbeat());
    bars.bars().iter().find(|bar| bar.start >= upbeat).map_or(Metre::COMMON, |bar| bar.metre)
}

/// The tempo of grooves where nothing says another.
const USUAL_TEMPO: Bpm = Bpm(120.0);

/// Beats of a groove.
pub(super) const LOOP: f64 = 8.0;
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
