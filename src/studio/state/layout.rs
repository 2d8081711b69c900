//! Version 1 of the saved state: plain numbers and lists. Reading checks all that other code relies
//! on: what comes out is a document that the studio could have made.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::drummer::{self, ClassDensities, Form, Settings, Style, StyleChoice};
use crate::score::{
    self, BarGrid, BarIndex, Beats, DrumPart, GmKey, GridKind, Lane, Metre, MetreChange, StepGrid,
    TempoChange, TempoMap, Ticks, TrackKind, Velocity,
};
use crate::studio::edit::tidy_settings;
use crate::studio::take::tidy_name;
use crate::studio::{
    self, Alternative, Arrangement, Cell, Channel, Document, DrumMap, GM_KEYS, Graft, Idea,
    LaneState, Lanes, Likeness, Looks, MOST_TAKES, OwnMap, Region, Theme,
};

/// Beyond any song, and far from where sums of ticks overflow.
const LAST_TICK: u64 = 1 << 40;
/// As many alternatives as one seed has ideas.
const MOST_ALTERNATIVES: usize = 8;

#[derive(Serialize, Deserialize)]
pub struct Saved {
    takes: Vec<Take>,
    current_take: Option<u32>,
    arrangement: Option<Arranged>,
    /// Mute, solo and lock, one bit each.
    lanes: Vec<u8>,
    settings: Asked,
    drum_map: Map,
    channel: u8,
    width: u16,
    height: u16,
    light: bool,
}

#[derive(Serialize, Deserialize)]
struct Take {
    name: String,
    first_bar: u32,
    start: f64,
    length: u64,
    ticks_per_quarter: u16,
    /// Tick and microseconds a quarter.
    tempos: Vec<(u64, u32)>,
    /// Tick, numerator and denominator.
    metres: Vec<(u64, u8, u8)>,
    tracks: Vec<Track>,
}

#[derive(Serialize, Deserialize)]
struct Track {
    name: String,
    /// `None` for drums.
    program: Option<u8>,
    notes: Vec<Note>,
}

#[derive(Serialize, Deserialize)]
struct Note {
    /// Since the start of the note before.
    wait: u64,
    length: u64,
    key: u8,
    velocity: u8,
}

#[derive(Serialize, Deserialize)]
enum TakeOf {
    /// One of the takes.
    Kept(u32),
    /// One that was removed since.
    Own(Take),
}

#[derive(Serialize, Deserialize)]
struct Arranged {
    take: TakeOf,
    /// Label, first bar, and the bar behind the last.
    sections: Vec<(u32, u32, u32)>,
    melodic: Vec<u8>,
    drums: Vec<u8>,
    played: Asked,
    /// One a bar: ternary, steps, steps a beat.
    grids: Vec<(bool, u8, u8)>,
    alternatives: Vec<Groove>,
    chosen: u8,
    locked_bars: Vec<u32>,
}

#[derive(Serialize, Deserialize)]
struct Groove {
    hits: Vec<Hit>,
    fills: Vec<u32>,
    style: Option<ClassDensities>,
    idea: (u64, u8),
    grafts: Vec<Grafted>,
    /// Bar, step and lane.
    touched: Vec<(u32, u8, u8)>,
}

#[derive(Serialize, Deserialize)]
struct Hit {
    bar: u32,
    step: u8,
    key: u8,
    velocity: u8,
    offset: f32,
}

#[derive(Serialize, Deserialize)]
struct Grafted {
    first: u32,
    end: u32,
    lanes: u16,
    idea: (u64, u8),
}

#[derive(Serialize, Deserialize)]
struct Asked {
    style: Wish,
    complexity: f32,
    intensity: f32,
    fill_amount: f32,
    fill_complexity: f32,
    swing: f32,
    humanise: f32,
    seed: u64,
}

#[derive(Serialize, Deserialize)]
enum Wish {
    FromSong,
    /// By name, so that styles may be added and sorted anew.
    Preset(String),
    Densities(ClassDensities),
}

#[derive(Serialize, Deserialize)]
enum Map {
    Gm,
    Toontrack,
    AddictiveDrums,
    MtPower,
    Avl,
    Own { name: String, keys: Vec<u8> },
}

// ---- writing -----------------------------------------------------------------------------------

/// Bars, steps and indices are far below what 32 bits hold: documents have at most 1,024 bars.
fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl From<&studio::Saved> for Saved {
    fn from(studio::Saved { document, looks }: &studio::Saved) -> Saved {
        let bits = |lane: &LaneState| {
            u8::from(lane.mute) | u8::from(lane.solo) << 1 | u8::from(lane.lock) << 2
        };
        Saved {
            takes: document.takes.iter().map(|take| Take::from(&**take)).collect(),
            current_take: document.current_take.map(short),
            arrangement: document.arrangement.as_ref().map(|arrangement| {
                let kept =
                    document.takes.iter().position(|take| Arc::ptr_eq(take, &arrangement.take));
                Arranged::new(arrangement, kept)
            }),
            lanes: document.lanes.iter().map(bits).collect(),
            settings: Asked::from(&document.settings),
            drum_map: Map::from(&document.drum_map),
            channel: document.channel.number(),
            width: looks.width,
            height: looks.height,
            light: looks.theme == Theme::Light,
        }
    }
}

impl From<&studio::Take> for Take {
    fn from(take: &studio::Take) -> Take {
        let song = &take.song;
        let tempos = song.tempo.changes().map(|change| (change.at.0, change.micros_per_quarter));
        let metre = |change: &MetreChange| {
            (change.at.0, change.metre.numerator(), change.metre.denominator())
        };
        Take {
            name: take.name.clone(),
            first_bar: short(take.first_bar.0),
            start: take.start.0,
            length: take.length.0,
            ticks_per_quarter: song.ticks_per_quarter(),
            tempos: tempos.collect(),
            metres: song.metres.iter().map(metre).collect(),
            tracks: song.tracks.iter().map(Track::from).collect(),
        }
    }
}

impl From<&score::Track> for Track {
    fn from(track: &score::Track) -> Track {
        let mut last = 0;
        let notes = track.notes.iter().map(|note| {
            // Notes of a track are sorted.
            let wait = note.start.0.saturating_sub(last);
            last = note.start.0;
            Note { wait, length: note.length.0, key: note.key, velocity: note.velocity.get() }
        });
        Track {
            name: track.name.clone(),
            program: match track.kind {
                TrackKind::Melodic { program } => Some(program),
                TrackKind::Drums => None,
            },
            notes: notes.collect(),
        }
    }
}

impl Arranged {
    fn new(arrangement: &Arrangement, kept: Option<usize>) -> Arranged {
        let grid = |grid: &StepGrid| {
            // At most 32 steps.
            (grid.kind == GridKind::Ternary, grid.steps as u8, grid.steps_per_beat as u8)
        };
        let section = |section: &drummer::Section| {
            (short(section.label), short(section.bars.start), short(section.bars.end))
        };
        Arranged {
            take: match kept {
                Some(index) => TakeOf::Kept(short(index)),
                None => TakeOf::Own(Take::from(&*arrangement.take)),
            },
            sections: arrangement.form.sections.iter().map(section).collect(),
            melodic: arrangement.melodic.shades().to_vec(),
            drums: arrangement.drums.shades().to_vec(),
            played: Asked::from(&arrangement.played),
            grids: arrangement.alternative().part.grids.iter().map(grid).collect(),
            alternatives: arrangement.alternatives.iter().map(Groove::from).collect(),
            chosen: arrangement.chosen as u8,
            locked_bars: arrangement.locked_bars.iter().map(|bar| short(bar.0)).collect(),
        }
    }
}

impl From<&Alternative> for Groove {
    fn from(alternative: &Alternative) -> Groove {
        let hit = |hit: &score::Hit| Hit {
            bar: short(hit.bar.0),
            step: hit.step as u8,
            key: hit.key.get(),
            velocity: hit.velocity.get(),
            offset: hit.offset,
        };
        let graft = |graft: &Graft| Grafted {
            first: short(graft.region.bars.start),
            end: short(graft.region.bars.end),
            lanes: graft.region.lanes.bits(),
            idea: (graft.idea.seed, graft.idea.number as u8),
        };
        let cell = |cell: &Cell| (short(cell.bar.0), cell.step as u8, cell.lane.index() as u8);
        Groove {
            hits: alternative.part.hits.iter().map(hit).collect(),
            fills: alternative.fills.iter().map(|bar| short(bar.0)).collect(),
            style: alternative.style,
            idea: (alternative.idea.seed, alternative.idea.number as u8),
            grafts: alternative.grafts.iter().map(graft).collect(),
            touched: alternative.touched.iter().map(cell).collect(),
        }
    }
}

impl From<&Settings> for Asked {
    fn from(settings: &Settings) -> Asked {
        Asked {
            style: match settings.style {
                StyleChoice::FromSong => Wish::FromSong,
                StyleChoice::Preset(style) => Wish::Preset(style.name().to_owned()),
                StyleChoice::Densities(densities) => Wish::Densities(densities),
            },
            complexity: settings.complexity,
            intensity: settings.intensity,
            fill_amount: settings.fill_amount,
            fill_complexity: settings.fill_complexity,
            swing: settings.swing,
            humanise: settings.humanise,
            seed: settings.seed,
        }
    }
}

impl From<&DrumMap> for Map {
    fn from(map: &DrumMap) -> Map {
        match map {
            DrumMap::Gm => Map::Gm,
            DrumMap::Toontrack => Map::Toontrack,
            DrumMap::AddictiveDrums => Map::AddictiveDrums,
            DrumMap::MtPower => Map::MtPower,
            DrumMap::Avl => Map::Avl,
            DrumMap::Own(own) => Map::Own { name: own.name.to_string(), keys: own.keys().to_vec() },
        }
    }
}

// ---- reading -----------------------------------------------------------------------------------

impl Saved {
    /// `None` if it says what cannot be.
    pub fn into_saved(self) -> Option<studio::Saved> {
        if self.takes.len() > MOST_TAKES {
            return None;
        }
        let takes: Vec<Arc<studio::Take>> =
            self.takes.into_iter().map(|take| take.read().map(Arc::new)).collect::<Option<_>>()?;
        let current_take = self.current_take.map(|index| index as usize);
        if current_take.is_some_and(|index| index >= takes.len()) {
            return None;
        }
        let mut document = Document::default();
        if self.lanes.len() != document.lanes.len() {
            return None;
        }
        for (lane, bits) in document.lanes.iter_mut().zip(&self.lanes) {
            *lane = LaneState { mute: bits & 1 > 0, solo: bits & 2 > 0, lock: bits & 4 > 0 };
        }
        document.arrangement = match self.arrangement {
            Some(arranged) => Some(arranged.read(&takes, &document)?),
            None => None,
        };
        document.settings = self.settings.read(&document)?;
        (document.takes, document.current_take) = (takes, current_take);
        document.drum_map = self.drum_map.read()?;
        document.channel = Channel::new(self.channel)?;
        let theme = if self.light { Theme::Light } else { Theme::Dark };
        let looks = Looks { width: self.width, height: self.height, theme }.clamped();
        Some(studio::Saved { document, looks })
    }
}

fn tick(at: u64) -> Option<Ticks> {
    (at <= LAST_TICK).then_some(Ticks(at))
}

fn velocity(value: u8) -> Option<Velocity> {
    (1..=127).contains(&value).then(|| Velocity::clamped(value))
}

fn lane(index: u8) -> Option<Lane> {
    Lane::ALL.get(usize::from(index)).copied()
}

impl Take {
    fn read(self) -> Option<studio::Take> {
        if self.ticks_per_quarter == 0 {
            return None;
        }
        let tempo = |&(at, micros_per_quarter): &(u64, u32)| {
            Some(TempoChange { at: tick(at)?, micros_per_quarter })
        };
        let tempos: Vec<TempoChange> = self.tempos.iter().map(tempo).collect::<Option<_>>()?;
        let metre = |&(at, numerator, denominator): &(u64, u8, u8)| {
            Some(MetreChange { at: tick(at)?, metre: Metre::new(numerator, denominator)? })
        };
        let metres: Vec<MetreChange> = self.metres.iter().map(metre).collect::<Option<_>>()?;
        let length = tick(self.length)?;
        // Counted before any bar is laid.
        let bars = BarGrid::count(self.ticks_per_quarter, &metres, length);
        if bars > drummer::MAX_BARS as u64 {
            return None;
        }
        let tracks = self.tracks.into_iter().map(Track::read).collect::<Option<_>>()?;
        let tempo = TempoMap::new(self.ticks_per_quarter, tempos);
        let song = score::Song { tempo, metres, tracks };
        let fits = self.start.is_finite() && self.start >= 0.0 && song.end() <= length;
        fits.then(|| studio::Take {
            name: tidy_name(&self.name),
            first_bar: BarIndex(self.first_bar as usize),
            start: Beats(self.start),
            song,
            length,
        })
    }
}

impl Track {
    fn read(self) -> Option<score::Track> {
        let mut now = 0_u64;
        let notes = self.notes.iter().map(|note| {
            now = now.checked_add(note.wait)?;
            let (start, length) = (tick(now)?, tick(note.length)?);
            let fits = length.0 > 0 && note.key < 128;
            let velocity = velocity(note.velocity)?;
            fits.then_some(score::Note { start, length, key: note.key, velocity })
        });
        let notes = notes.collect::<Option<_>>()?;
        let kind = match self.program {
            Some(program) if program > 127 => return None,
            Some(program) => TrackKind::Melodic { program },
            None => TrackKind::Drums,
        };
        Some(score::Track { name: self.name, kind, notes })
    }
}

impl Arranged {
    fn read(self, takes: &[Arc<studio::Take>], defaults: &Document) -> Option<Arrangement> {
        let take = match self.take {
            TakeOf::Kept(index) => takes.get(index as usize)?.clone(),
            TakeOf::Own(take) => Arc::new(take.read()?),
        };
        let bars = take.bars();
        let grids = self.grids.iter().map(|&(ternary, steps, steps_per_beat)| {
            let kind = if ternary { GridKind::Ternary } else { GridKind::Straight };
            let (steps, steps_per_beat) = (usize::from(steps), usize::from(steps_per_beat));
            let fits = (1..=StepGrid::MAX_STEPS).contains(&steps) && steps_per_beat > 0;
            fits.then_some(StepGrid { kind, steps, steps_per_beat })
        });
        let grids: Vec<StepGrid> = grids.collect::<Option<_>>()?;
        let chosen = usize::from(self.chosen);
        let count = self.alternatives.len();
        if grids.len() != bars.len() || chosen >= count || count > MOST_ALTERNATIVES {
            return None;
        }
        let mut covered = 0;
        let sections = self.sections.iter().map(|&(label, first, end)| {
            let range = first as usize..end as usize;
            let fits = range.start == covered && range.end > covered && range.end <= bars.len();
            covered = range.end;
            fits.then_some(drummer::Section { label: label as usize, bars: range })
        });
        let sections = sections.collect::<Option<_>>()?;
        let read = |groove: Groove| groove.read(&bars, &grids);
        let locked = self
            .locked_bars
            .iter()
            .map(|&bar| ((bar as usize) < bars.len()).then_some(BarIndex(bar as usize)));
        Some(Arrangement {
            form: Arc::new(Form { sections }),
            melodic: Arc::new(Likeness::from_shades(bars.len(), self.melodic)?),
            drums: Arc::new(Likeness::from_shades(bars.len(), self.drums)?),
            played: self.played.read(defaults)?,
            alternatives: self.alternatives.into_iter().map(read).collect::<Option<_>>()?,
            chosen,
            locked_bars: Arc::new(locked.collect::<Option<_>>()?),
            take,
        })
    }
}

fn idea((seed, number): (u64, u8)) -> Option<Idea> {
    let number = usize::from(number);
    (number < MOST_ALTERNATIVES).then_some(Idea { seed, number })
}

impl Groove {
    fn read(self, bars: &BarGrid, grids: &[StepGrid]) -> Option<Alternative> {
        let fits = |bar: usize, step: u8| {
            grids.get(bar).is_some_and(|grid| usize::from(step) < grid.steps)
        };
        let hits = self.hits.iter().map(|hit| {
            let bar = hit.bar as usize;
            let found = fits(bar, hit.step) && (-0.5..=0.5).contains(&hit.offset);
            Some(score::Hit {
                bar: found.then_some(BarIndex(bar))?,
                step: usize::from(hit.step),
                key: GmKey::new(hit.key)?,
                velocity: velocity(hit.velocity)?,
                offset: hit.offset,
            })
        });
        let hits = hits.collect::<Option<_>>()?;
        let grafts = self.grafts.iter().map(|graft| {
            let bars = graft.first as usize..graft.end as usize;
            let region = Region { bars, lanes: Lanes::from_bits(graft.lanes) };
            Some(Graft { region, idea: idea(graft.idea)? })
        });
        let touched = self.touched.iter().map(|&(bar, step, index)| {
            let found = fits(bar as usize, step);
            let bar = found.then_some(BarIndex(bar as usize))?;
            Some(Cell { bar, step: usize::from(step), lane: lane(index)? })
        });
        let fills = self.fills.iter().map(|&bar| {
            let bar = bar as usize;
            (bar < grids.len()).then_some(BarIndex(bar))
        });
        if self.style.iter().flatten().any(|hits| !hits.is_finite()) {
            return None;
        }
        Some(Alternative {
            part: Arc::new(DrumPart::new(bars.clone(), grids.to_vec(), hits)),
            fills: fills.collect::<Option<_>>()?,
            style: self.style,
            idea: idea(self.idea)?,
            grafts: grafts.collect::<Option<_>>()?,
            touched: Arc::new(touched.collect::<Option<BTreeSet<_>>>()?),
        })
    }
}

impl Asked {
    fn read(self, defaults: &Document) -> Option<Settings> {
        let style = match self.style {
            Wish::FromSong => StyleChoice::FromSong,
            Wish::Preset(name) => {
                StyleChoice::Preset(Style::ALL.into_iter().find(|style| style.name() == name)?)
            }
            Wish::Densities(densities) => StyleChoice::Densities(densities),
        };
        let settings = Settings {
            style,
            complexity: self.complexity,
            intensity: self.intensity,
            fill_amount: self.fill_amount,
            fill_complexity: self.fill_complexity,
            swing: self.swing,
            humanise: self.humanise,
            seed: self.seed,
            ..defaults.settings
        };
        Some(tidy_settings(&settings, defaults))
    }
}

impl Map {
    fn read(self) -> Option<DrumMap> {
        Some(match self {
            Map::Gm => DrumMap::Gm,
            Map::Toontrack => DrumMap::Toontrack,
            Map::AddictiveDrums => DrumMap::AddictiveDrums,
            Map::MtPower => DrumMap::MtPower,
            Map::Avl => DrumMap::Avl,
            Map::Own { name, keys } => {
                let keys: [u8; GM_KEYS] = keys.try_into().ok()?;
                DrumMap::Own(OwnMap::from_keys(&name, keys))
            }
        })
    }
}
