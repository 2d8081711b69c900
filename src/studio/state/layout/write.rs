//! A document is laid out.

use std::sync::Arc;

use super::homes::saved_homes;
use super::{
    Arranged, Asked, Map, OwnMap, SavedAlternative, SavedFileTime, SavedHit, SavedMap, SavedNote,
    SavedOverride, SavedPattern, SavedPedal, SavedPiano, SavedStyle, SavedTake, SavedTakeState,
    SavedVerdict, SavedVolume, TakeOf, Track, Turns, Version1, Version2, Version3, Version4,
    Version5, short,
};
use crate::drummer::timing::FileTime;
use crate::drummer::{self, Settings, StyleChoice};
use crate::midi::VolumeChange;
use crate::patterns::PatternGrid;
use crate::score::{self, GridKind, MetreChange, PedalChange, StepGrid, TempoMap, TrackKind};
use crate::studio::{
    self, Alternative, Arrangement, Cell, DrumMap, LaneState, RegionOverride, Theme,
};

impl From<&studio::Saved> for Version5 {
    fn from(saved: &studio::Saved) -> Version5 {
        let changed = (0..).zip(&saved.document.takes).filter(|(_, take)| !take.volumes.is_empty());
        let volumes = changed.map(|(index, take)| {
            (index, take.volumes.iter().map(|track| volumes(track)).collect())
        });
        Version5 {
            fourth: Version4::from(saved),
            volumes: volumes.collect(),
            homes: saved_homes(&saved.document),
        }
    }
}

/// Changes of volume, which are sorted.
fn volumes(changes: &[VolumeChange]) -> Vec<SavedVolume> {
    let mut last = 0;
    let saved = changes.iter().map(|change| {
        let wait = change.at.0.saturating_sub(last);
        last = change.at.0;
        SavedVolume { wait, gain: change.gain }
    });
    saved.collect()
}

impl From<&studio::Saved> for Version4 {
    fn from(saved: &studio::Saved) -> Version4 {
        let moved = (0..).zip(&saved.document.takes).filter(|(_, take)| !take.pedals.is_empty());
        let pedals = moved
            .map(|(index, take)| (index, take.pedals.iter().map(|track| pedals(track)).collect()));
        Version4 { third: Version3::from(saved), pedals: pedals.collect() }
    }
}

/// Movements of pedals, which are sorted.
fn pedals(changes: &[PedalChange]) -> Vec<SavedPedal> {
    let mut last = 0;
    let saved = changes.iter().map(|change| {
        let wait = change.at.0.saturating_sub(last);
        last = change.at.0;
        SavedPedal { wait, controller: change.pedal.controller(), value: change.value }
    });
    saved.collect()
}

impl From<&studio::Saved> for Version3 {
    fn from(saved: &studio::Saved) -> Version3 {
        let document = &saved.document;
        let turns = |settings: &Settings, made: Option<&Arrangement>| {
            [settings, made.map_or(settings, |made| &made.played)].map(Turns::from)
        };
        let kept = |(index, kept): (usize, &Option<Arc<studio::TakeState>>)| {
            let kept = kept.as_ref()?;
            let arrangement = kept.arrangement.as_ref();
            Some(SavedTakeState {
                arrangement: arrangement.map(|made| Arranged::new(made, Some(index))),
                settings: Asked::from(&kept.settings),
                turns: turns(&kept.settings, arrangement),
            })
        };
        Version3 {
            second: Version2::from(saved),
            turns: turns(&document.settings, document.arrangement.as_ref()),
            kept: document.kept.iter().enumerate().map(kept).collect(),
            map: SavedMap::from(&document.map),
            ratings: saved.feedback.ratings().iter().map(SavedVerdict::from).collect(),
            file_times: (0..)
                .zip(&document.takes)
                .filter_map(|(index, take)| {
                    Some((index, SavedFileTime::from(take.file_time.as_deref()?)))
                })
                .collect(),
            piano: document.piano.as_deref().map(|piano| SavedPiano {
                name: piano.name.clone(),
                table: piano.piano.to_bytes(),
                remarks: piano.remarks.clone(),
            }),
        }
    }
}

impl From<&FileTime> for SavedFileTime {
    fn from(time: &FileTime) -> SavedFileTime {
        SavedFileTime { tempos: tempos(&time.tempo), metres: metres(&time.metres) }
    }
}

/// Tick and microseconds a quarter.
fn tempos(tempo: &TempoMap) -> Vec<(u64, u32)> {
    tempo.changes().map(|change| (change.at.0, change.micros_per_quarter)).collect()
}

/// Tick, numerator and denominator.
fn metres(changes: &[MetreChange]) -> Vec<(u64, u8, u8)> {
    let metre =
        |change: &MetreChange| (change.at.0, change.metre.numerator(), change.metre.denominator());
    changes.iter().map(metre).collect()
}

impl From<&studio::Rating> for SavedVerdict {
    fn from(rating: &studio::Rating) -> SavedVerdict {
        let studio::Rating { song, variation, liked, profile } = *rating;
        let variation = (variation.seed, variation.number as u8);
        SavedVerdict { song, variation, liked, profile: profile.to_vec() }
    }
}

impl From<&studio::MapState> for SavedMap {
    fn from(map: &studio::MapState) -> SavedMap {
        SavedMap {
            current: map.current.as_ref().map(SavedPattern::from),
            pins: map.pins.each_ref().map(|pin| pin.as_ref().map(SavedPattern::from)),
            share: map.share,
            favourites: map.favourites.iter().map(SavedPattern::from).collect(),
        }
    }
}

impl From<&studio::MapGroove> for SavedPattern {
    fn from(groove: &studio::MapGroove) -> SavedPattern {
        let grid = groove.pattern.grid();
        let mut rows = groove.pattern.rows().to_vec();
        rows.extend((grid == PatternGrid::Mixed).then_some(0));
        SavedPattern {
            triplet: grid == PatternGrid::Triplet,
            rows,
            x: groove.place.x,
            y: groove.place.y,
        }
    }
}

impl From<&Settings> for Turns {
    fn from(settings: &Settings) -> Turns {
        let (ending, count_in) = (settings.ending.name(), settings.count_in.name());
        let groove = match &settings.style {
            StyleChoice::Groove(groove) => Some(groove.clone()),
            _ => None,
        };
        let sections = settings.section_grooves.iter();
        Turns {
            ending: ending.to_owned(),
            count_in: count_in.to_owned(),
            follow: settings.follow,
            groove,
            section_grooves: sections
                .map(|(label, groove)| (short(*label), groove.clone()))
                .collect(),
        }
    }
}

impl From<&studio::Saved> for Version2 {
    fn from(saved: &studio::Saved) -> Version2 {
        let own = saved.document.own_map.as_ref();
        let own_map = own.map(|own| OwnMap { name: own.name.to_string(), keys: own.keys().into() });
        Version2 { first: Version1::from(saved), own_map }
    }
}

impl From<&studio::Saved> for Version1 {
    fn from(studio::Saved { document, window_settings, .. }: &studio::Saved) -> Version1 {
        let bits = |lane: &LaneState| {
            u8::from(lane.mute) | u8::from(lane.solo) << 1 | u8::from(lane.lock) << 2
        };
        Version1 {
            takes: document.takes.iter().map(|take| SavedTake::from(&**take)).collect(),
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
            width: window_settings.width,
            height: window_settings.height,
            light: window_settings.theme == Theme::Light,
        }
    }
}

impl From<&studio::Take> for SavedTake {
    fn from(take: &studio::Take) -> SavedTake {
        let song = &take.song;
        SavedTake {
            name: take.name.clone(),
            first_bar: short(take.first_bar.0),
            start: take.start.0,
            length: take.length.0,
            ticks_per_quarter: song.ticks_per_quarter(),
            tempos: tempos(&song.tempo),
            metres: metres(&song.metres),
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
            SavedNote { wait, length: note.length.0, key: note.key, velocity: note.velocity.get() }
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
                None => TakeOf::Own(SavedTake::from(&*arrangement.take)),
            },
            sections: arrangement.form.sections.iter().map(section).collect(),
            melodic: arrangement.melodic.shades().to_vec(),
            drums: arrangement.drums.shades().to_vec(),
            played: Asked::from(&arrangement.played),
            grids: arrangement.alternative().part.grids.iter().map(grid).collect(),
            alternatives: arrangement.alternatives.iter().map(SavedAlternative::from).collect(),
            chosen: arrangement.chosen as u8,
            locked_bars: arrangement.locked_bars.iter().map(|bar| short(bar.0)).collect(),
        }
    }
}

impl From<&Alternative> for SavedAlternative {
    fn from(alternative: &Alternative) -> SavedAlternative {
        let hit = |hit: &score::Hit| SavedHit {
            bar: short(hit.bar.0),
            step: hit.step as u8,
            key: hit.key.get(),
            velocity: hit.velocity.get(),
            offset: hit.offset,
        };
        let region_override = |region_override: &RegionOverride| SavedOverride {
            first: short(region_override.region.bars.start),
            end: short(region_override.region.bars.end),
            lanes: region_override.region.lanes.bits(),
            variation: (region_override.variation.seed, region_override.variation.number as u8),
        };
        let cell = |cell: &Cell| (short(cell.bar.0), cell.step as u8, cell.lane.index() as u8);
        SavedAlternative {
            hits: alternative.part.hits.iter().map(hit).collect(),
            fills: alternative.fills.iter().map(|bar| short(bar.0)).collect(),
            style: alternative.style,
            variation: (alternative.variation.seed, alternative.variation.number as u8),
            overrides: alternative.overrides.iter().map(region_override).collect(),
            touched: alternative.touched.iter().map(cell).collect(),
        }
    }
}

impl From<&Settings> for Asked {
    fn from(settings: &Settings) -> Asked {
        Asked {
            style: match &settings.style {
                // A groove is kept beside it.
                StyleChoice::FromSong | StyleChoice::Groove(_) => SavedStyle::FromSong,
                StyleChoice::Preset(style) => SavedStyle::Preset(style.name().to_owned()),
                StyleChoice::Densities(densities) => SavedStyle::Densities(*densities),
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
