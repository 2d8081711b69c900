//! A document is made of its layout. All that other code relies on is checked: what comes out is a
//! document that the studio could have made.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{
    Arranged, Asked, Map, OwnMap, SavedAlternative, SavedFileTime, SavedMap, SavedPattern,
    SavedPiano, SavedStyle, SavedTake, SavedTakeState, SavedVerdict, TakeOf, Track, Turns,
    Version1, Version2, Version3,
};
use crate::drummer::timing::FileTime;
use crate::drummer::{self, CountIn, Ending, Form, Settings, Style, StyleChoice};
use crate::patterns::{DRUMS, Pattern, PatternGrid, Place};
use crate::score::{
    self, BarGrid, BarIndex, Beats, DrumPart, GmKey, GridKind, Lane, Metre, MetreChange, StepGrid,
    TempoChange, TempoMap, Ticks, TrackKind, Velocity,
};
use crate::studio::edit::tidy_settings;
use crate::studio::take::tidy_name;
use crate::studio::{
    self, Alternative, Arrangement, Cell, Channel, Document, DrumMap, GM_KEYS, LaneState, Lanes,
    MOST_TAKES, QuantizedSsm, Region, RegionOverride, RelevanceFeedback, TakePiano, Theme,
    VariationId, WindowSettings,
};
use crate::timbre::Piano;

/// Beyond any song, and far from where sums of ticks overflow.
const LAST_TICK: u64 = 1 << 40;
/// As many alternatives as one seed has ideas.
const MOST_ALTERNATIVES: usize = 8;
/// Sections that may have grooves of their own: as many as a song has letters at most.
const MOST_GROOVES: usize = studio::MAX_BARS;

impl Version3 {
    /// `None` if it says what cannot be.
    pub fn into_saved(self) -> Option<studio::Saved> {
        let mut saved = self.second.read()?;
        let document = &mut saved.document;
        if self.kept.len() > document.takes.len() {
            return None;
        }
        if let Some(arrangement) = &document.arrangement
            && document.take() != Some(&arrangement.take)
        {
            return None;
        }
        if let Some(SavedPiano { name, table, remarks }) = self.piano {
            let piano = Piano::from_bytes(&table).ok()?;
            document.piano = Some(Arc::new(TakePiano { name: tidy_name(&name), piano, remarks }));
        }
        for (index, time) in self.file_times {
            let index = index as usize;
            let take = studio::Take::clone(document.takes.get(index)?);
            let file_time = Some(Arc::new(time.read(take.song.ticks_per_quarter())?));
            document.replace_take(index, studio::Take { file_time, ..take });
        }
        let [asked, played] = self.turns;
        asked.read(&mut document.settings)?;
        if let Some(arrangement) = &mut document.arrangement {
            played.read(&mut arrangement.played)?;
        }
        let read = |kept: Option<SavedTakeState>, index: usize| match kept {
            // That of the current take is not put away.
            Some(_) if document.current_take == Some(index) => None,
            Some(kept) => Some(Some(Arc::new(kept.read(index, document)?))),
            None => Some(None),
        };
        let kept = self.kept.into_iter().zip(0..).map(|(kept, index)| read(kept, index));
        document.kept = kept.collect::<Option<_>>()?;
        document.map = self.map.read()?;
        if self.ratings.len() > studio::MOST_RATINGS {
            return None;
        }
        let ratings = self.ratings.into_iter().map(SavedVerdict::read);
        saved.feedback = RelevanceFeedback::new(ratings.collect::<Option<Vec<_>>>()?);
        Some(saved)
    }
}

impl SavedFileTime {
    fn read(self, ticks_per_quarter: u16) -> Option<FileTime> {
        let tempo = TempoMap::new(ticks_per_quarter, tempos(&self.tempos)?);
        Some(FileTime { tempo, metres: metres(&self.metres)? })
    }
}

fn tempos(saved: &[(u64, u32)]) -> Option<Vec<TempoChange>> {
    let tempo = |&(at, micros_per_quarter): &(u64, u32)| {
        Some(TempoChange { at: tick(at)?, micros_per_quarter })
    };
    saved.iter().map(tempo).collect()
}

fn metres(saved: &[(u64, u8, u8)]) -> Option<Vec<MetreChange>> {
    let metre = |&(at, numerator, denominator): &(u64, u8, u8)| {
        Some(MetreChange { at: tick(at)?, metre: Metre::new(numerator, denominator)? })
    };
    saved.iter().map(metre).collect()
}

impl SavedVerdict {
    fn read(self) -> Option<studio::Rating> {
        let profile: studio::Profile = self.profile.try_into().ok()?;
        let fits = profile.iter().all(|octaves| octaves.abs() < 32.0);
        let (song, liked) = (self.song, self.liked);
        let variation = variation(self.variation)?;
        fits.then_some(studio::Rating { song, variation, liked, profile })
    }
}

impl SavedMap {
    fn read(self) -> Option<studio::MapState> {
        let read = |pattern: Option<SavedPattern>| match pattern {
            Some(pattern) => Some(Some(pattern.read()?)),
            None => Some(None),
        };
        let [a, b] = self.pins;
        let fits =
            self.favourites.len() <= studio::MOST_FAVOURITES && (0.0..=1.0).contains(&self.share);
        let favourites = self.favourites.into_iter().map(SavedPattern::read);
        fits.then_some(studio::MapState {
            current: read(self.current)?,
            pins: [read(a)?, read(b)?],
            share: self.share,
            favourites: favourites.collect::<Option<_>>()?,
        })
    }
}

impl SavedPattern {
    fn read(self) -> Option<studio::MapGroove> {
        let (&rows, more) = self.rows.split_first_chunk::<DRUMS>()?;
        let grid = match (self.triplet, more) {
            (false, []) => PatternGrid::Straight,
            (true, []) => PatternGrid::Triplet,
            (false, [0]) => PatternGrid::Mixed,
            _ => return None,
        };
        let pattern = Pattern::from_rows(grid, rows);
        let fits = *pattern.rows() == rows && self.x.is_finite() && self.y.is_finite();
        let place = Place { x: self.x, y: self.y };
        fits.then_some(studio::MapGroove { pattern, place })
    }
}

impl Turns {
    fn read(self, settings: &mut Settings) -> Option<()> {
        settings.ending = Ending::named(&self.ending)?;
        settings.count_in = CountIn::named(&self.count_in)?;
        if !(0.0..=1.0).contains(&self.follow) || self.section_grooves.len() > MOST_GROOVES {
            return None;
        }
        settings.follow = self.follow;
        if let Some(groove) = self.groove {
            settings.style = StyleChoice::Groove(groove);
        }
        let sections = self.section_grooves.into_iter();
        settings.section_grooves =
            sections.map(|(label, groove)| (label as usize, groove)).collect();
        Some(())
    }
}

impl SavedTakeState {
    fn read(self, index: usize, document: &Document) -> Option<studio::TakeState> {
        let [asked, played] = self.turns;
        let arrangement = match self.arrangement {
            Some(arranged) => {
                let mut made = arranged.read(&document.takes, document)?;
                played.read(&mut made.played)?;
                Some(made)
            }
            None => None,
        };
        let fits = arrangement.as_ref().is_none_or(|made| made.take == document.takes[index]);
        let mut settings = self.settings.read(document)?;
        asked.read(&mut settings)?;
        fits.then_some(studio::TakeState { arrangement, settings })
    }
}

impl Version2 {
    /// `None` if it says what cannot be.
    pub fn into_saved(self) -> Option<studio::Saved> {
        let mut saved = self.read()?;
        saved.document.sort_takes();
        Some(saved)
    }

    fn read(self) -> Option<studio::Saved> {
        let mut saved = self.first.read()?;
        saved.document.own_map = match self.own_map {
            Some(own) => Some(own.read()?),
            None => None,
        };
        Some(saved)
    }
}

impl Version1 {
    /// `None` if it says what cannot be.
    pub fn into_saved(self) -> Option<studio::Saved> {
        let mut saved = self.read()?;
        saved.document.sort_takes();
        Some(saved)
    }

    fn read(self) -> Option<studio::Saved> {
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
        if let DrumMap::Own(own) = &document.drum_map {
            document.own_map = Some(own.clone());
        }
        document.channel = Channel::new(self.channel)?;
        let theme = if self.light { Theme::Light } else { Theme::Dark };
        let window_settings =
            WindowSettings { width: self.width, height: self.height, theme }.clamped();
        Some(studio::Saved { document, window_settings, feedback: RelevanceFeedback::default() })
    }
}

pub(super) fn tick(at: u64) -> Option<Ticks> {
    (at <= LAST_TICK).then_some(Ticks(at))
}

fn velocity(value: u8) -> Option<Velocity> {
    (1..=127).contains(&value).then(|| Velocity::clamped(value))
}

fn lane(index: u8) -> Option<Lane> {
    Lane::ALL.get(usize::from(index)).copied()
}

impl SavedTake {
    fn read(self) -> Option<studio::Take> {
        if self.ticks_per_quarter == 0 {
            return None;
        }
        let (tempos, metres) = (tempos(&self.tempos)?, metres(&self.metres)?);
        let length = tick(self.length)?;
        // Counted before any bar is laid.
        let bars = BarGrid::count(self.ticks_per_quarter, &metres, length);
        if bars > studio::MAX_BARS as u64 {
            return None;
        }
        let tracks = self.tracks.into_iter().map(Track::read).collect::<Option<_>>()?;
        let tempo = TempoMap::new(self.ticks_per_quarter, tempos);
        let song = score::Song { tempo, metres, tracks };
        let fits = self.start.is_finite() && self.start >= 0.0 && song.end() <= length;
        fits.then(|| studio::Take {
            file_time: None,
            name: tidy_name(&self.name),
            first_bar: BarIndex(self.first_bar as usize),
            start: Beats(self.start),
            song,
            pedals: Vec::new(),
            volumes: Vec::new(),
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
        let read = |alternative: SavedAlternative| alternative.read(&bars, &grids);
        let locked = self
            .locked_bars
            .iter()
            .map(|&bar| ((bar as usize) < bars.len()).then_some(BarIndex(bar as usize)));
        Some(Arrangement {
            form: Arc::new(Form { sections }),
            melodic: Arc::new(QuantizedSsm::from_shades(bars.len(), self.melodic)?),
            drums: Arc::new(QuantizedSsm::from_shades(bars.len(), self.drums)?),
            played: self.played.read(defaults)?,
            alternatives: self.alternatives.into_iter().map(read).collect::<Option<_>>()?,
            chosen,
            locked_bars: Arc::new(locked.collect::<Option<_>>()?),
            take,
        })
    }
}

fn variation((seed, number): (u64, u8)) -> Option<VariationId> {
    let number = usize::from(number);
    (number < MOST_ALTERNATIVES).then_some(VariationId { seed, number })
}

impl SavedAlternative {
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
        let overrides = self.overrides.iter().map(|region_override| {
            let bars = region_override.first as usize..region_override.end as usize;
            let region = Region { bars, lanes: Lanes::from_bits(region_override.lanes) };
            Some(RegionOverride { region, variation: variation(region_override.variation)? })
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
            variation: variation(self.variation)?,
            overrides: overrides.collect::<Option<_>>()?,
            touched: Arc::new(touched.collect::<Option<BTreeSet<_>>>()?),
        })
    }
}

impl Asked {
    fn read(self, defaults: &Document) -> Option<Settings> {
        let style = match self.style {
            SavedStyle::FromSong => StyleChoice::FromSong,
            SavedStyle::Preset(name) => StyleChoice::Preset(Style::named(&name)?),
            SavedStyle::Densities(densities) => StyleChoice::Densities(densities),
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
            ..defaults.settings.clone()
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
            Map::Own { name, keys } => DrumMap::Own(OwnMap { name, keys }.read()?),
        })
    }
}

impl OwnMap {
    fn read(self) -> Option<studio::OwnMap> {
        let keys: [u8; GM_KEYS] = self.keys.try_into().ok()?;
        Some(studio::OwnMap::from_keys(&self.name, keys))
    }
}
