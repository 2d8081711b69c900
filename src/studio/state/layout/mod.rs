//! The layouts of the saved state: plain numbers and lists.

mod homes;
mod read;
mod read_controls;
mod write;

use serde::{Deserialize, Serialize};

use crate::drummer::ClassDensities;
use crate::score::Groove;

/// Bars, steps and indices are far below what 32 bits hold: documents have at most 1,024 bars.
fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// What is written now: version 4, how loud tracks are, and where in the song grooves are from.
#[derive(Serialize, Deserialize)]
pub struct Version5 {
    fourth: Version4,
    /// Of takes whose tracks become louder or softer, by their places: for each of their tracks.
    volumes: Vec<(u32, Vec<Vec<SavedVolume>>)>,
    /// Of every groove, in the order of `homes`, the bars of the song that its bars are from.
    homes: Vec<Vec<u32>>,
}

/// A track becomes louder or softer.
#[derive(Serialize, Deserialize)]
struct SavedVolume {
    /// Since the change before.
    wait: u64,
    /// Linear.
    gain: f32,
}

/// Version 3, and how pedals are moved.
#[derive(Serialize, Deserialize)]
pub struct Version4 {
    third: Version3,
    /// Of takes whose pedals are moved, by their places: for each of their tracks.
    pedals: Vec<(u32, Vec<Vec<SavedPedal>>)>,
}

/// A pedal is moved.
#[derive(Serialize, Deserialize)]
struct SavedPedal {
    /// Since the movement before.
    wait: u64,
    /// Its MIDI controller.
    controller: u8,
    value: u8,
}

/// Version 2, how drums begin and end, and drums and settings of the takes that are not the current one.
#[derive(Serialize, Deserialize)]
pub struct Version3 {
    second: Version2,
    /// Of what is asked for, and of what the arrangement was played with.
    turns: [Turns; 2],
    /// By the takes' places.
    kept: Vec<Option<SavedTakeState>>,
    map: SavedMap,
    /// Oldest first.
    ratings: Vec<SavedVerdict>,
    /// Of takes that follow what was played freely, by their places.
    file_times: Vec<(u32, SavedFileTime)>,
    piano: Option<SavedPiano>,
}

/// The piano that takes are heard as.
#[derive(Serialize, Deserialize)]
struct SavedPiano {
    name: String,
    /// A table as in a `.drumlin-piano` file.
    table: Vec<u8>,
    remarks: Vec<String>,
}

/// The time of a take's file.
#[derive(Serialize, Deserialize)]
struct SavedFileTime {
    /// Tick and microseconds a quarter.
    tempos: Vec<(u64, u32)>,
    /// Tick, numerator and denominator.
    metres: Vec<(u64, u8, u8)>,
}

/// What was thought of a candidate.
#[derive(Serialize, Deserialize)]
struct SavedVerdict {
    song: u32,
    variation: (u64, u8),
    liked: bool,
    /// As many as there are classes of drums.
    profile: Vec<f32>,
}

/// What is on the map of grooves.
#[derive(Serialize, Deserialize)]
struct SavedMap {
    current: Option<SavedPattern>,
    pins: [Option<SavedPattern>; 2],
    share: f32,
    favourites: Vec<SavedPattern>,
}

#[derive(Serialize, Deserialize)]
struct SavedPattern {
    triplet: bool,
    /// A row of bits for each drum; one more, which is empty, of a mixed pattern.
    rows: Vec<u32>,
    x: f32,
    y: f32,
}

#[derive(Serialize, Deserialize)]
struct SavedTakeState {
    arrangement: Option<Arranged>,
    settings: Asked,
    turns: [Turns; 2],
}

/// By name, so that more may be added.
#[derive(Serialize, Deserialize)]
struct Turns {
    ending: String,
    count_in: String,
    follow: f32,
    /// In the place of the style.
    groove: Option<Groove>,
    /// By the sections' labels.
    section_grooves: Vec<(u32, Groove)>,
}

/// Version 1, and the musician's own drum map also while another is in use. What was arranged may be
/// for any take, or for none that is left.
#[derive(Serialize, Deserialize)]
pub struct Version2 {
    first: Version1,
    own_map: Option<OwnMap>,
}

#[derive(Serialize, Deserialize)]
struct OwnMap {
    name: String,
    keys: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
pub struct Version1 {
    takes: Vec<SavedTake>,
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
struct SavedTake {
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
    notes: Vec<SavedNote>,
}

#[derive(Serialize, Deserialize)]
struct SavedNote {
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
    Own(SavedTake),
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
    alternatives: Vec<SavedAlternative>,
    chosen: u8,
    locked_bars: Vec<u32>,
}

#[derive(Serialize, Deserialize)]
struct SavedAlternative {
    hits: Vec<SavedHit>,
    fills: Vec<u32>,
    style: Option<ClassDensities>,
    variation: (u64, u8),
    overrides: Vec<SavedOverride>,
    /// Bar, step and lane.
    touched: Vec<(u32, u8, u8)>,
}

#[derive(Serialize, Deserialize)]
struct SavedHit {
    bar: u32,
    step: u8,
    key: u8,
    velocity: u8,
    offset: f32,
}

#[derive(Serialize, Deserialize)]
struct SavedOverride {
    first: u32,
    end: u32,
    lanes: u16,
    variation: (u64, u8),
}

#[derive(Serialize, Deserialize)]
struct Asked {
    style: SavedStyle,
    complexity: f32,
    intensity: f32,
    fill_amount: f32,
    fill_complexity: f32,
    swing: f32,
    humanise: f32,
    seed: u64,
}

#[derive(Serialize, Deserialize)]
enum SavedStyle {
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
