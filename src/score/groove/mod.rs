//! A groove: one to four bars of drums as somebody played them.

mod quantise;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{BarGrid, BarIndex, DrumPart, GmKey, Hit, Metre, MetreChange, StepGrid, Ticks};
use super::{Lane, Velocity};
pub use quantise::{plays_triplets, quantised};

/// The most bars that a groove has.
pub const GROOVE_BARS: usize = 4;
/// Names are cut to so many characters.
const NAME: usize = 60;

/// Where a groove comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GrooveSource {
    /// Bars of a drum part.
    Part,
    /// A MIDI file or clip.
    File,
    /// Played on drum keys.
    Tapped,
    /// A point in the space of patterns.
    Map,
    /// A drum recording.
    Recording,
    /// Drum tablature.
    Written,
}

/// One to four bars of drums in one metre, with velocity and timing. Cheap to clone.
///
/// In files it is [`Stored`]; what cannot be is refused when it is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Groove {
    name: Arc<str>,
    source: GrooveSource,
    metre: Metre,
    triplets: bool,
    bars: usize,
    /// Sorted by bar, step and key; never empty.
    hits: Arc<[Hit]>,
    /// Of each bar, the bar of the song that it was played in; empty where that is not known. Files do
    /// not keep it, as they go with any song.
    homes: Arc<[BarIndex]>,
}

/// Why something is no groove.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum GrooveError {
    /// Nothing is struck.
    #[error("a groove needs at least one stroke, and there is none")]
    Empty,
    /// All notes are on keys that are no drums.
    #[error("none of the {notes} notes is on a key that General MIDI has a drum on (27 to 87)")]
    NoDrum {
        /// How many notes there are.
        notes: usize,
    },
    /// A melody, or a song of several parts of which none is drums.
    #[error("it has no drums: no track is on channel 10, or called and played like drums")]
    NoDrumTrack,
    /// There are too many bars, or none.
    #[error("a groove has one to four bars, not {0}")]
    Bars(usize),
    /// A stroke lies outside the groove's bars or steps.
    #[error("a stroke lies outside the groove's bars")]
    Outside,
    /// Laying its bars would take more memory than a groove is worth.
    #[error("{0} bars are too many to look for a groove in")]
    TooLong(u64),
}

/// What was left out or decided when a groove was taken from something longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrooveRemark {
    /// There were more bars than a groove has: the four that come most often were taken.
    Cut {
        /// How many there were.
        of: usize,
        /// Those that were taken, of what they were taken from; from 0.
        taken: Range<usize>,
    },
    /// Bars in another metre than most, or cut short, were left out.
    OtherMetre {
        /// How many.
        bars: usize,
    },
    /// Notes on keys that are no drums were left out.
    OtherKeys {
        /// How many.
        notes: usize,
    },
    /// No track is for drums: the notes of all tracks were taken for drum keys.
    AllTracks,
}

impl fmt::Display for GrooveRemark {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        match self {
            GrooveRemark::Cut { of, taken } => write!(
                f,
                "of {of} bars the four that come most often were taken: bars {} to {}",
                taken.start + 1,
                taken.end
            ),
            GrooveRemark::OtherMetre { bars } => {
                write!(f, "{bars} bar{} in another metre left out", plural(*bars))
            }
            GrooveRemark::OtherKeys { notes } => {
                write!(f, "{notes} note{} on keys that are no drums left out", plural(*notes))
            }
            GrooveRemark::AllTracks => {
                f.write_str("no track is for drums: all notes were taken for drum keys")
            }
        }
    }
}

/// A groove with what was left out to make it.
#[derive(Clone, Debug, PartialEq)]
pub struct TakenGroove {
    /// The groove.
    pub groove: Groove,
    /// From its first bar to its last in what it was taken from, from 0.
    pub bars: Range<usize>,
    /// What a musician should be told; often nothing.
    pub remarks: Vec<GrooveRemark>,
}

impl TakenGroove {
    /// Which bars it was taken from, such as "bars 9 to 12".
    pub fn bars_in_words(&self) -> String {
        match self.bars.len() {
            1 => format!("bar {}", self.bars.end),
            _ => format!("bars {} to {}", self.bars.start + 1, self.bars.end),
        }
    }
}

impl Groove {
    /// A groove of `bars` bars. Hits are in bars 0 to `bars` - 1, on the steps of
    /// [`StepGrid::for_metre`]`(metre, triplets)`; several on one bar, step and key are the loudest of
    /// them; offsets are clamped to `[-0.5, 0.5]`.
    ///
    /// # Errors
    /// If there are no hits, no bars or more than [`GROOVE_BARS`], or a hit lies outside.
    pub fn new(
        name: &str,
        source: GrooveSource,
        metre: Metre,
        triplets: bool,
        bars: usize,
        mut hits: Vec<Hit>,
    ) -> Result<Groove, GrooveError> {
        let grid = StepGrid::for_metre(metre, triplets);
        if !(1..=GROOVE_BARS).contains(&bars) {
            return Err(GrooveError::Bars(bars));
        }
        if hits.is_empty() {
            return Err(GrooveError::Empty);
        }
        if hits.iter().any(|hit| hit.bar.0 >= bars || hit.step >= grid.steps) {
            return Err(GrooveError::Outside);
        }
        for hit in &mut hits {
            hit.offset = if hit.offset.is_nan() { 0.0 } else { hit.offset.clamp(-0.5, 0.5) };
        }
        hits.sort_by_key(|hit| (hit.bar, hit.step, hit.key, std::cmp::Reverse(hit.velocity)));
        hits.dedup_by_key(|hit| (hit.bar, hit.step, hit.key));
        let name = tidy(name);
        Ok(Groove { name, source, metre, triplets, bars, hits: hits.into(), homes: Arc::default() })
    }

    /// Some bars of a drum part, which may reach beyond its end. Empty bars at either end are left
    /// out; of more than [`GROOVE_BARS`] those in a row are taken that come most often. They are at
    /// [home](Groove::homes) where [`GrooveSource::Part`] says that the part is the song's.
    ///
    /// # Errors
    /// [`GrooveError::Empty`] if nothing is struck there.
    pub fn of_part(
        name: &str,
        source: GrooveSource,
        part: &DrumPart,
        bars: Range<usize>,
    ) -> Result<TakenGroove, GrooveError> {
        let inside = |hit: &&Hit| bars.contains(&hit.bar.0);
        let (mut first, mut last) = (usize::MAX, 0);
        for hit in part.hits.iter().filter(inside) {
            (first, last) = (first.min(hit.bar.0), last.max(hit.bar.0));
        }
        if first > last {
            return Err(GrooveError::Empty);
        }
        let mut remarks = Vec::new();
        let (all, alike) = same_grid(part, first..last + 1);
        if alike.len() < all {
            remarks.push(GrooveRemark::OtherMetre { bars: all - alike.len() });
        }
        let from = commonest(part, &alike);
        let taken = &alike[from..alike.len().min(from + GROOVE_BARS)];
        let bars = taken[0]..taken[taken.len() - 1] + 1;
        if alike.len() > taken.len() {
            remarks.push(GrooveRemark::Cut { of: alike.len(), taken: bars.clone() });
        }
        let bar = part.bars.bars()[taken[0]];
        let triplets = part.grids[taken[0]] == StepGrid::for_metre(bar.metre, true)
            && part.grids[taken[0]] != StepGrid::for_metre(bar.metre, false);
        let hits = part.hits.iter().filter_map(|hit| {
            let place = taken.iter().position(|&bar| bar == hit.bar.0)?;
            Some(Hit { bar: BarIndex(place), ..*hit })
        });
        let groove = Groove::new(name, source, bar.metre, triplets, taken.len(), hits.collect())?;
        let homes = taken.iter().map(|&bar| BarIndex(bar)).filter(|_| source == GrooveSource::Part);
        let groove = groove.at_home(homes.collect());
        Ok(TakenGroove { groove, bars, remarks })
    }

    /// As a musician reads it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same groove under another name.
    #[must_use]
    pub fn renamed(&self, name: &str) -> Groove {
        Groove { name: tidy(name), ..self.clone() }
    }

    /// The same groove, of whose bars each is from a bar of the song that it is for; from nowhere
    /// unless there is one for each.
    #[must_use]
    pub fn at_home(&self, homes: Vec<BarIndex>) -> Groove {
        let homes = if homes.len() == self.bars { homes } else { Vec::new() };
        Groove { homes: homes.into(), ..self.clone() }
    }

    /// Of each bar, the bar of the song that it was played in; empty where that is not known. Bars that
    /// do not follow each other there begin with the main one.
    pub fn homes(&self) -> &[BarIndex] {
        &self.homes
    }

    /// Where it comes from.
    pub fn source(&self) -> GrooveSource {
        self.source
    }

    /// Of all its bars.
    pub fn metre(&self) -> Metre {
        self.metre
    }

    /// Whether its beats are in triplets where the metre alone would not have them so.
    pub fn triplets(&self) -> bool {
        self.triplets
    }

    /// The steps of each of its bars.
    pub fn grid(&self) -> StepGrid {
        StepGrid::for_metre(self.metre, self.triplets)
    }

    /// How many bars it has: 1 to [`GROOVE_BARS`].
    pub fn bars(&self) -> usize {
        self.bars
    }

    /// Its strokes, sorted by bar, step and key; never none.
    pub fn hits(&self) -> &[Hit] {
        &self.hits
    }

    /// The strokes of one of its bars.
    pub fn bar(&self, bar: usize) -> &[Hit] {
        let from = self.hits.partition_point(|hit| hit.bar.0 < bar);
        let to = self.hits.partition_point(|hit| hit.bar.0 <= bar);
        &self.hits[from..to]
    }

    /// The groove alone, as a drum part.
    pub fn part(&self, ticks_per_quarter: u16) -> DrumPart {
        let length = self.metre.bar_ticks(ticks_per_quarter).0 * self.bars as u64;
        let metre = MetreChange { at: Ticks(0), metre: self.metre };
        let bars = BarGrid::new(ticks_per_quarter, &[metre], Ticks(length));
        let grids = vec![self.grid(); bars.len()];
        DrumPart::new(bars, grids, self.hits.to_vec())
    }
}

/// The number of bars in a range that a part has, and those of the metre and grid that most of them
/// have, which are not cut short.
fn same_grid(part: &DrumPart, range: Range<usize>) -> (usize, Vec<usize>) {
    let ticks = part.bars.ticks_per_quarter();
    let bars = part.bars.bars();
    let range = range.start..range.end.min(bars.len());
    let kind = |bar: usize| (bars[bar].metre, part.grids[bar]);
    let is_whole = |bar: &usize| bars[*bar].length == bars[*bar].metre.bar_ticks(ticks);
    let whole: Vec<usize> = range.clone().filter(is_whole).collect();
    // A part of nothing but bars that are cut short is taken as it is.
    let whole = if whole.is_empty() { range.clone().collect() } else { whole };
    let count = counts(whole.iter().map(|&bar| kind(bar)));
    // The first of equals.
    let usual = whole.iter().rev().map(|&bar| kind(bar)).max_by_key(|kind| count[kind]);
    let alike = whole.iter().copied().filter(|&bar| Some(kind(bar)) == usual).collect();
    (range.len(), alike)
}

/// Where in a list of bars those in a row begin that come most often; 0 if there are no more than a
/// groove has.
fn commonest(part: &DrumPart, bars: &[usize]) -> usize {
    if bars.len() <= GROOVE_BARS {
        return 0;
    }
    let mut cells: Vec<Vec<(usize, Lane)>> = vec![Vec::new(); part.grids.len()];
    for hit in &part.hits {
        cells[hit.bar.0].push((hit.step, hit.lane()));
    }
    cells.iter_mut().for_each(|bar| bar.sort_unstable());
    let count = counts(bars.iter().map(|&bar| &cells[bar]));
    let often = |&bar: &usize| if cells[bar].is_empty() { 0 } else { count[&cells[bar]] };
    let often: Vec<usize> = bars.iter().map(often).collect();
    let windows = often.windows(GROOVE_BARS).map(|window| window.iter().sum::<usize>());
    // The first of equals.
    windows.enumerate().rev().max_by_key(|&(_, often)| often).map_or(0, |(at, _)| at)
}

/// How often each is there.
fn counts<T: Eq + Hash>(all: impl Iterator<Item = T>) -> HashMap<T, usize> {
    let mut counts = HashMap::new();
    all.for_each(|one| *counts.entry(one).or_default() += 1);
    counts
}

/// A name in one line, without blanks around it; never empty.
fn tidy(name: &str) -> Arc<str> {
    let letters = name.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    let name: String = letters.collect::<String>().trim().chars().take(NAME).collect();
    if name.is_empty() { "Groove".into() } else { name.trim_end().into() }
}

/// A groove as it is in files, and in version 3 of the saved state: what is here stays as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stored {
    name: String,
    source: GrooveSource,
    /// Numerator and denominator.
    metre: (u8, u8),
    triplets: bool,
    bars: u8,
    /// Bar, step, key, velocity and offset in steps.
    strokes: Vec<(u8, u8, u8, u8, f32)>,
}

impl From<Groove> for Stored {
    fn from(groove: Groove) -> Stored {
        // At most four bars of 32 steps.
        let stroke = |hit: &Hit| {
            (hit.bar.0 as u8, hit.step as u8, hit.key.get(), hit.velocity.get(), hit.offset)
        };
        Stored {
            name: groove.name.to_string(),
            source: groove.source,
            metre: (groove.metre.numerator(), groove.metre.denominator()),
            triplets: groove.triplets,
            bars: groove.bars as u8,
            strokes: groove.hits.iter().map(stroke).collect(),
        }
    }
}

impl TryFrom<Stored> for Groove {
    type Error = GrooveError;

    fn try_from(stored: Stored) -> Result<Groove, GrooveError> {
        let (numerator, denominator) = stored.metre;
        let metre = Metre::new(numerator, denominator).ok_or(GrooveError::Outside)?;
        let hit = |&(bar, step, key, velocity, offset): &(u8, u8, u8, u8, f32)| {
            Some(Hit {
                bar: BarIndex(usize::from(bar)),
                step: usize::from(step),
                key: GmKey::new(key)?,
                velocity: Velocity::clamped(velocity),
                offset,
            })
        };
        let hits: Option<Vec<Hit>> = stored.strokes.iter().map(hit).collect();
        let hits = hits.ok_or(GrooveError::NoDrum { notes: stored.strokes.len() })?;
        let bars = usize::from(stored.bars);
        Groove::new(&stored.name, stored.source, metre, stored.triplets, bars, hits)
    }
}
