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

use super::Document;
use super::wire::{Clip, ClipNote};
use crate::patterns::{DRUMS, LANES_OF_DRUMS, Pattern, PatternMap, Place};
use crate::score::{BarIndex, Beats, DrumPart, Lane, Velocity};

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

    /// A groove of two bars as the audio thread plays it, over and over from the start of the bar in which
    /// the take begins, at once. Muted lanes are heard: it is a groove that is looked for, no part of the
    /// song.
    pub(super) fn audition_clip(&self, part: &DrumPart) -> Clip {
        let quarter = f64::from(part.bars.ticks_per_quarter());
        let start = self.take().map_or(0.0, |take| take.start.0.rem_euclid(LOOP) - LOOP);
        let mut strokes: Vec<ClipNote> = Vec::with_capacity(part.hits.len() * TIMES);
        for time in 0..TIMES {
            strokes.extend(part.hits.iter().map(|hit| ClipNote {
                at: Beats(part.tick(hit).0 as f64 / quarter + LOOP * time as f64),
                length: Beats(STROKE),
                kit_key: hit.key.get(),
                key: self.drum_map.key(hit.key),
                velocity: hit.velocity,
            }));
        }
        strokes.sort_by(|a, b| a.at.0.total_cmp(&b.at.0).then(a.key.cmp(&b.key)));
        strokes.dedup_by(|next, kept| next.key == kept.key && next.at.0 - kept.at.0 < STROKE / 4.0);
        let length = LOOP * TIMES as f64;
        Clip {
            start: Beats(start),
            length: Beats(length),
            strokes: strokes.into(),
            bar_lines: (0..=2 * TIMES).map(|bar| Beats(LOOP / 2.0 * bar as f64)).collect(),
            at_once: true,
            taps: None,
        }
    }
}

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
