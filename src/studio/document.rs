//! The document: everything a musician made here. Cheap to clone, as undo keeps many of them: what
//! is large is shared.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::drum_maps::{DrumMap, OwnMap};
use super::wire::Taps;
use super::{EditError, MapState, QuantizedSsm, Take, TakePiano};
use crate::drummer::{ClassDensities, Form, Settings};
use crate::score::{BarIndex, DrumPart, GmKey, Groove, GrooveSource, LANES, Lane, TakenGroove};

/// How many grooves are offered for one form.
pub const ALTERNATIVES: usize = 4;
/// The most takes that a document keeps; a further one takes the place of the oldest unused.
pub const MOST_TAKES: usize = 32;

/// What is undone and redone, saved and loaded.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// In the order in which they were captured.
    pub takes: Vec<Arc<Take>>,
    /// The take in view and heard, which the next Generate plays to; an index into `takes`.
    pub current_take: Option<usize>,
    /// What was generated for the current take; `None` until then.
    pub arrangement: Option<Arrangement>,
    /// What belongs to the other takes, by their index in `takes`; may be shorter.
    pub kept: Vec<Option<Arc<TakeState>>>,
    /// By [`Lane::index`].
    pub lanes: [LaneState; LANES],
    /// What was asked for. The part is as asked once [`Arrangement::played`] equals it.
    pub settings: Settings,
    /// From GM keys to those of the musician's kit.
    pub drum_map: DrumMap,
    /// The musician's own map as it was last, also while another is in use.
    pub own_map: Option<OwnMap>,
    /// Of the MIDI that the drums leave as.
    pub channel: Channel,
    /// What the musician has on the map of grooves.
    pub map: MapState,
    /// The piano that takes are heard as.
    pub piano: Option<Arc<TakePiano>>,
}

/// What belongs to a take that is not the current one.
#[derive(Clone, Debug, PartialEq)]
pub struct TakeState {
    /// `None` if no drums were generated for it.
    pub arrangement: Option<Arrangement>,
    /// What was asked for, for that take.
    pub settings: Settings,
}

/// A MIDI channel, 1 to 16 as musicians count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channel(u8);

impl Channel {
    /// General MIDI's channel for drums.
    pub const DRUMS: Channel = Channel(10);

    /// `None` outside 1 to 16.
    pub fn new(number: u8) -> Option<Channel> {
        (1..=16).contains(&number).then_some(Channel(number))
    }

    /// 1 to 16.
    pub fn number(self) -> u8 {
        self.0
    }

    /// 0 to 15, as MIDI messages say it.
    pub fn index(self) -> u8 {
        self.0 - 1
    }
}

/// What the musician does with a lane as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LaneState {
    /// It does not sound.
    pub mute: bool,
    /// While any lane is solo, only solo lanes sound.
    pub solo: bool,
    /// The drummer leaves it as it is. The musician's own edits are free.
    pub lock: bool,
}

/// A generated form with the grooves offered for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrangement {
    /// The take it was made for.
    pub take: Arc<Take>,
    /// Sections as musicians name them.
    pub form: Arc<Form>,
    /// How alike the take's bars are.
    pub melodic: Arc<QuantizedSsm>,
    /// How alike the drums of the bars should be.
    pub drums: Arc<QuantizedSsm>,
    /// With what the alternatives were played.
    pub played: Settings,
    /// At least one.
    pub alternatives: Vec<Alternative>,
    /// The alternative that is heard and edited; an index into `alternatives`.
    pub chosen: usize,
    /// Bars that the drummer leaves as they are.
    pub locked_bars: Arc<BTreeSet<BarIndex>>,
}

/// One groove with everything the musician did to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternative {
    /// As it is heard: as played, with grafts and edits, whatever is muted.
    pub part: Arc<DrumPart>,
    /// The bars that were played as fills.
    pub fills: Arc<[BarIndex]>,
    /// The hits a bar that it was asked for; `None` where the song alone decided.
    pub style: Option<ClassDensities>,
    /// Which of the drummer's ideas it is.
    pub variation: VariationId,
    /// Parts of other ideas that were put in, oldest first.
    pub overrides: Arc<[RegionOverride]>,
    /// What was edited by hand and stays when the drummer plays again.
    pub touched: Arc<BTreeSet<Cell>>,
}

/// With what the drummer can play the same again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VariationId {
    /// What chance begins with.
    pub seed: u64,
    /// Number of the groove among those that the seed gives, 0 to 7.
    pub number: usize,
}

/// A piece of another idea in place of an alternative's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionOverride {
    /// Which bars and lanes.
    pub region: Region,
    /// Whose hits stand there.
    pub variation: VariationId,
}

/// A place on the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// Of the take.
    pub bar: BarIndex,
    /// From 0; steps to the bar are the part's [`crate::score::StepGrid`] there.
    pub step: usize,
    /// Which voice.
    pub lane: Lane,
}

/// Whole bars of some lanes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// Bars of the take, from 0.
    pub bars: Range<usize>,
    /// Which voices.
    pub lanes: Lanes,
}

impl Region {
    /// Whether a bar of a lane is in it.
    pub fn contains(&self, bar: BarIndex, lane: Lane) -> bool {
        self.bars.contains(&bar.0) && self.lanes.contains(lane)
    }
}

/// A set of lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lanes(u16);

impl Lanes {
    /// No lane.
    pub const NONE: Lanes = Lanes(0);
    /// Every lane.
    pub const ALL: Lanes = Lanes((1 << LANES) - 1);

    /// From one bit a lane, [`Lane::index`] upwards; bits beyond are dropped.
    pub fn from_bits(bits: u16) -> Lanes {
        Lanes(bits & Self::ALL.0)
    }

    /// One bit a lane, [`Lane::index`] upwards.
    pub fn bits(self) -> u16 {
        self.0
    }

    /// One lane.
    pub fn only(lane: Lane) -> Lanes {
        Lanes(1 << lane.index())
    }

    /// Whether a lane is among them.
    pub fn contains(self, lane: Lane) -> bool {
        self.0 >> lane.index() & 1 == 1
    }

    /// These and one more.
    #[must_use]
    pub fn with(self, lane: Lane) -> Lanes {
        Lanes(self.0 | 1 << lane.index())
    }

    /// These but for some.
    #[must_use]
    pub fn without(self, other: Lanes) -> Lanes {
        Lanes(self.0 & !other.0)
    }

    /// Whether every lane of `other` is in here.
    pub fn covers(self, other: Lanes) -> bool {
        self.0 & other.0 == other.0
    }
}

impl Default for Document {
    fn default() -> Document {
        Document {
            takes: Vec::new(),
            current_take: None,
            arrangement: None,
            kept: Vec::new(),
            lanes: [LaneState::default(); LANES],
            settings: Settings { alternatives: ALTERNATIVES, ..Settings::default() },
            drum_map: DrumMap::default(),
            own_map: None,
            channel: Channel::DRUMS,
            map: MapState::default(),
            piano: None,
        }
    }
}

impl Document {
    /// What the musician does with a lane.
    pub fn lane(&self, lane: Lane) -> LaneState {
        self.lanes[lane.index()]
    }

    /// Whether a lane sounds, by mutes and solos.
    pub fn is_heard(&self, lane: Lane) -> bool {
        let state = self.lane(lane);
        !state.mute && (state.solo || self.lanes.iter().all(|other| !other.solo))
    }

    /// The lanes that sound.
    pub(super) fn sounding_lanes(&self) -> Lanes {
        let sounding = Lane::ALL.into_iter().filter(|&lane| self.is_heard(lane));
        sounding.fold(Lanes::NONE, Lanes::with)
    }

    /// The alternative that is heard and edited.
    pub fn alternative(&self) -> Option<&Alternative> {
        self.arrangement.as_ref().map(Arrangement::alternative)
    }

    /// The part that is heard and edited, whatever is muted.
    pub fn part(&self) -> Option<&Arc<DrumPart>> {
        self.alternative().map(|alternative| &alternative.part)
    }

    /// Bars of the part that is heard and edited, as a groove; of more than four, those in a row that
    /// come most often.
    ///
    /// # Errors
    /// If there is no part, or nothing is struck there.
    pub fn groove_of(&self, bars: Range<usize>) -> Result<TakenGroove, EditError> {
        let part = self.part().ok_or(EditError::NoPart)?;
        let first = self.take().map_or(0, |take| take.first_bar.0);
        let name = match bars.len() {
            1 => format!("Bar {}", first + bars.start + 1),
            _ => format!("Bars {} to {}", first + bars.start + 1, first + bars.end),
        };
        Ok(Groove::of_part(&name, GrooveSource::Part, part, bars)?)
    }

    /// What keys play while a groove is tapped: those of the musician's drum map, but for the melody that
    /// the host may play along.
    pub(super) fn taps(&self) -> Taps {
        // Keys that several drums share are the first's.
        let drum = |key| GmKey::all().find(|drum| self.drum_map.key(*drum) == key);
        let melody = self.take().into_iter().flat_map(|take| {
            let notes = take.song.melodic().flat_map(|track| &track.notes);
            notes.map(|note| (take.host_position(note.start), note.key))
        });
        Taps::new(drum, melody)
    }

    /// The lanes that the drummer leaves as they are.
    pub fn locked_lanes(&self) -> Lanes {
        Lane::ALL.into_iter().filter(|&lane| self.lane(lane).lock).fold(Lanes::NONE, Lanes::with)
    }

    /// The key with which a new hit of a lane sounds: the one that the lane plays most in the part.
    pub fn key_of(&self, lane: Lane) -> GmKey {
        let mut counts = [0_usize; 128];
        for hit in self.part().iter().flat_map(|part| &part.hits) {
            if hit.lane() == lane {
                counts[usize::from(hit.key.get())] += 1;
            }
        }
        (0..128_u8)
            .rev()
            .max_by_key(|&key| counts[usize::from(key)])
            .filter(|&key| counts[usize::from(key)] > 0)
            .and_then(GmKey::new)
            .unwrap_or(lane.default_key())
    }
}

impl Arrangement {
    /// The alternative that is heard and edited.
    pub fn alternative(&self) -> &Alternative {
        &self.alternatives[self.chosen]
    }

    /// The bars of the section that holds a bar; the bar alone where there is none.
    pub fn section_of(&self, BarIndex(bar): BarIndex) -> Range<usize> {
        self.form
            .section_at(bar)
            .map_or(bar..bar + 1, |index| self.form.sections[index].bars.clone())
    }

    /// The bars at the same place in the other sections of the same letter.
    pub fn repeats_of(&self, BarIndex(bar): BarIndex) -> Vec<BarIndex> {
        let sections = &self.form.sections;
        let Some(own) = self.form.section_at(bar) else { return Vec::new() };
        let place = bar - sections[own].bars.start;
        let others = sections.iter().enumerate().filter(|(index, other)| {
            *index != own && other.label == sections[own].label && place < other.bars.len()
        });
        others.map(|(_, other)| BarIndex(other.bars.start + place)).collect()
    }
}
