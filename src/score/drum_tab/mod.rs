//! Drum tablature: bars of drums in lines of text, as drummers write them to each other.

mod write;

use std::str::FromStr;

use thiserror::Error;

use super::{BarGrid, BarIndex, DrumPart, GROOVE_BARS, Hit, Lane, Metre, MetreChange, StepGrid};
use super::{Ticks, Velocity};
pub use write::drum_tab;

/// One to [`GROOVE_BARS`] bars of drum tablature.
///
/// ```text
/// My beat (lines like this one, and those that begin with #, are passed over)
/// HH | x-x-x-x-x-x-x-o- | x-x-x-x-x-x-x-x- |
/// SD | ----O--g-g--O--- | ----O--g-g--O-O- |
/// BD | o-------o-o----- | o-----o-o------- |
///      1 + 2 + 3 + 4 +
/// ```
///
/// A row is the sign of a drum and its bars, divided by `|`; rows stand below each other or behind each
/// other in one line. A sign that comes again begins further bars. A bar has as many places in all rows;
/// its beats may stand apart, of one, two or four places for straight steps, of three or six for ternary
/// ones (triplets, or eighths of dotted beats). Where they do not, the counted line below says how many
/// beats there are, or how long the bar is: 4, 8 and 16 places are four beats, 12 and 24 four in triplets, 6
/// is 6/8, 14 is 7/8.
///
/// `x` and `o` are strokes (`o` on the hat an open one), `X` and `O` accents, `g` is a ghost note; `-`, `.` and
/// `_` are rests. Of other signs of strokes `#` (choked), `f` (flam), `d` (drag) and `b` are single strokes, `@`
/// on the snare is the side stick. See <https://en.wikipedia.org/wiki/Drum_tablature>.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrumTab {
    /// Of all its bars.
    pub metre: Metre,
    /// Whether its beats are in triplets where the metre alone would not have them so.
    pub triplets: bool,
    /// 1 to [`GROOVE_BARS`].
    pub bars: usize,
    /// Sorted by bar, step and lane; no two share all three.
    pub strokes: Vec<TabStroke>,
}

/// A stroke of a drum tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TabStroke {
    /// From 0.
    pub bar: usize,
    /// Of [`DrumTab::grid`].
    pub step: usize,
    /// What is struck.
    pub lane: Lane,
    /// How.
    pub force: Force,
}

/// The velocity of strokes that nobody has played yet.
const PLAIN: u8 = 90;

/// How hard a stroke of a drum tab is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Force {
    /// A stroke of which nothing is said.
    Plain,
    /// A loud one.
    Accent,
    /// A hardly audible one.
    Ghost,
}

/// Why a text is no drum tablature.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DrumTabError {
    /// A row begins with none of the known signs.
    #[error(
        "\"{0}\" is no drum of a drum tab: BD, SD, SS, CP, HH, OH, HF, RD, CC, FT, MT, HT, SH, HD or BL"
    )]
    Drum(String),
    /// A bar has a place that is no stroke and no rest.
    #[error("'{0}' is no stroke of a drum tab: x, o, X, O, g or -")]
    Stroke(char),
    /// Beats have other places, or bars other beats, than those before.
    #[error("a bar of \"{0}\" has other beats than those before it")]
    Beats(String),
    /// How long the bars are cannot be told, or is more than a bar has.
    #[error(
        "a bar of {places} places: a drum tab has beats of 1, 2, 3, 4 or 6 places, {most} steps of a bar at \
         most; spaces between the beats say where they are",
        most = StepGrid::MAX_STEPS
    )]
    Length {
        /// How many places there are.
        places: usize,
    },
    /// Too many bars.
    #[error("a drum tab has one to four bars, not {0}")]
    Bars(usize),
    /// No row has any bar.
    #[error("a drum tab needs at least one bar")]
    Empty,
}

impl DrumTab {
    /// The steps of each of its bars.
    pub fn grid(&self) -> StepGrid {
        StepGrid::for_metre(self.metre, self.triplets)
    }

    /// The bars so many times in a row, as a drum part: all velocities are those of a plain stroke.
    pub fn part(&self, times: usize, ticks_per_quarter: u16) -> DrumPart {
        let bars = self.bars * times;
        let length = self.metre.bar_ticks(ticks_per_quarter).0 * bars as u64;
        let metre = MetreChange { at: Ticks(0), metre: self.metre };
        let hits = (0..times).flat_map(|time| {
            self.strokes.iter().map(move |stroke| Hit {
                bar: BarIndex(time * self.bars + stroke.bar),
                step: stroke.step,
                key: stroke.lane.default_key(),
                velocity: Velocity::clamped(PLAIN),
                offset: 0.0,
            })
        });
        let grids = vec![self.grid(); bars];
        DrumPart::new(
            BarGrid::new(ticks_per_quarter, &[metre], Ticks(length)),
            grids,
            hits.collect(),
        )
    }
}

/// The drum of a sign, which may be in any case.
fn lane(sign: &str) -> Option<Lane> {
    Some(match &*sign.to_ascii_uppercase() {
        "BD" | "B" | "K" | "KD" => Lane::Kick,
        "SD" | "S" | "SN" => Lane::Snare,
        "SS" | "RS" => Lane::SideStick,
        "CP" | "CL" => Lane::Clap,
        "HH" | "H" | "CH" => Lane::ClosedHat,
        "OH" => Lane::OpenHat,
        "HF" | "FH" | "PH" => Lane::PedalHat,
        "RD" | "R" | "RC" => Lane::Ride,
        "CC" | "C" | "CR" | "C1" | "C2" => Lane::Crash,
        "FT" | "F" | "LT" | "T3" => Lane::LowTom,
        "MT" | "T2" => Lane::MidTom,
        "HT" | "T" | "T1" => Lane::HighTom,
        "SH" | "TB" => Lane::Shaker,
        "HD" => Lane::HandDrum,
        "BL" | "CB" => Lane::Bell,
        _ => return None,
    })
}

/// What a place of a row can be.
const PLACES: &str = "-._xo@#fdb+XOg";

/// What a place of a row says: nothing, or a stroke.
fn stroke(place: char, lane: Lane) -> Result<Option<(Lane, Force)>, DrumTabError> {
    let force = match place {
        '-' | '.' | '_' => return Ok(None),
        'x' | 'o' | '@' | '#' | 'f' | 'd' | 'b' | '+' => Force::Plain,
        'X' | 'O' => Force::Accent,
        'g' => Force::Ghost,
        _ => return Err(DrumTabError::Stroke(place)),
    };
    let lane = match (place, lane) {
        ('o' | 'O', Lane::ClosedHat) => Lane::OpenHat,
        ('@', Lane::Snare) => Lane::SideStick,
        _ => lane,
    };
    Ok(Some((lane, force)))
}

/// A bar of a row as it is written.
struct Cell<'a> {
    sign: &'a str,
    lane: Lane,
    bar: usize,
    beats: Vec<&'a str>,
}

impl Cell<'_> {
    fn places(&self) -> usize {
        self.beats.iter().map(|beat| beat.chars().count()).sum()
    }
}

/// The rows of a text, and how many beats its counted line has.
#[derive(Default)]
struct Rows<'a> {
    cells: Vec<Cell<'a>>,
    counted: Option<usize>,
    /// The signs of these bars, and how many bars are before and with them.
    signs: Vec<&'a str>,
    before: usize,
    bars: usize,
}

impl<'a> Rows<'a> {
    fn read(text: &'a str) -> Result<Rows<'a>, DrumTabError> {
        let mut rows = Rows::default();
        let lines = text.lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        for line in lines.clone().filter(|line| !is_prose(line)) {
            rows.line(line)?;
        }
        match lines.flat_map(str::split_whitespace).next() {
            Some(word) if rows.cells.is_empty() && lane(word).is_none() => {
                Err(DrumTabError::Drum(word.to_owned()))
            }
            _ => Ok(rows),
        }
    }

    fn line(&mut self, line: &'a str) -> Result<(), DrumTabError> {
        let mut row: Option<(&str, Lane, usize)> = None;
        for segment in line.split('|').map(str::trim).filter(|segment| !segment.is_empty()) {
            let (first, behind) = split_sign(segment);
            let mut beats = segment;
            if let Some(lane) = lane(first) {
                if self.signs.contains(&first) {
                    (self.before, self.signs) = (self.bars, Vec::new());
                }
                self.signs.push(first);
                row = Some((first, lane, self.before));
                beats = behind;
            } else if !behind.is_empty() && !is_beat(first) {
                row = None;
            }
            if let (None, Some(counted)) = (row, counted(segment)) {
                self.counted.get_or_insert(counted);
                continue;
            }
            let Some((sign, lane, bar)) = &mut row else {
                return Err(DrumTabError::Drum(first.to_owned()));
            };
            let beats: Vec<&str> = beats.split_whitespace().collect();
            if !beats.is_empty() {
                self.cells.push(Cell { sign, lane: *lane, bar: *bar, beats });
                *bar += 1;
                self.bars = self.bars.max(*bar);
            }
        }
        Ok(())
    }
}

/// The first word of a text, where a sign would stand, and what is behind it.
fn split_sign(text: &str) -> (&str, &str) {
    let (first, behind) = text.split_once([' ', '\t', ':']).unwrap_or((text, ""));
    (first, behind.trim_start_matches([' ', '\t', ':']))
}

fn is_beat(word: &str) -> bool {
    word.chars().all(|place| PLACES.contains(place))
}

/// Whether a line is a title or a remark: without bar lines, and what is behind its first word are no beats.
fn is_prose(line: &str) -> bool {
    let (first, behind) = split_sign(line);
    let is_row = lane(first).is_some() || !behind.is_empty() && behind.split(' ').all(is_beat);
    !is_row && !line.contains('|') && counted(line).is_none()
}

/// The beats of a counted line, such as `1 e + a 2 e + a`: its highest number.
fn counted(line: &str) -> Option<usize> {
    let numbers = line.chars().filter_map(|c| c.to_digit(10));
    let is_count = line.chars().all(|c| c.is_ascii_digit() || " \te&+aand.-".contains(c));
    numbers.max().filter(|&most| is_count && most > 0).map(|most| most as usize)
}

/// How a bar is counted.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Shape {
    metre: Metre,
    triplets: bool,
    /// Steps from place to place.
    scale: usize,
}

impl Shape {
    /// Of so many beats of so many places.
    fn of_beats(beats: usize, places: usize) -> Option<Shape> {
        let (unit, triplets, scale) = match (beats, places) {
            (_, 1 | 2 | 4) => (4, false, 4 / places),
            (2, 3 | 6) => return Self::new(6, 8, false, 6 / places),
            (_, 3 | 6) => (4, true, 6 / places),
            _ => return None,
        };
        Self::new(beats, unit, triplets, scale)
    }

    /// Of so many places whose beats do not stand apart.
    fn of_places(places: usize) -> Option<Shape> {
        let beats = match places {
            14 => return Self::new(7, 8, false, 1),
            6 => 2,
            9 | 18 => 3,
            10 | 20 => 5,
            4 | 8 | 12 | 16 | 24 => 4,
            _ => return None,
        };
        Self::of_beats(beats, places / beats)
    }

    fn new(beats: usize, unit: u8, triplets: bool, scale: usize) -> Option<Shape> {
        let metre = Metre::new(u8::try_from(beats).ok()?, unit)?;
        let grid = StepGrid::for_metre(metre, triplets);
        // Longer bars are laid on coarser steps, on which these places are none.
        let steps = beats * if triplets { 6 } else { 16 / usize::from(unit) };
        (grid.steps == steps).then_some(Shape { metre, triplets, scale })
    }
}

impl FromStr for DrumTab {
    type Err = DrumTabError;

    fn from_str(text: &str) -> Result<DrumTab, DrumTabError> {
        let rows = Rows::read(text)?;
        let first = rows.cells.first().ok_or(DrumTabError::Empty)?;
        if rows.bars > GROOVE_BARS {
            return Err(DrumTabError::Bars(rows.bars));
        }
        let places = first.places();
        let mut apart: Option<&[&str]> = None;
        for cell in &rows.cells {
            let other = || DrumTabError::Beats(cell.sign.to_owned());
            if cell.places() != places {
                return Err(other());
            }
            let length = cell.beats[0].chars().count();
            let is_even = cell.beats.iter().all(|beat| beat.chars().count() == length);
            let known =
                cell.beats.len() == 1 || apart.get_or_insert(&cell.beats).len() == cell.beats.len();
            if !is_even || !known {
                return Err(other());
            }
        }
        let beats = apart.map(<[&str]>::len);
        let beats = beats.or(rows.counted.filter(|&beats| places.is_multiple_of(beats)));
        let shape = match beats {
            Some(beats) => Shape::of_beats(beats, places / beats),
            None => Shape::of_places(places),
        };
        let Shape { metre, triplets, scale } = shape.ok_or(DrumTabError::Length { places })?;
        let mut strokes = Vec::new();
        for cell in &rows.cells {
            for (place, sign) in cell.beats.iter().flat_map(|beat| beat.chars()).enumerate() {
                let Some((lane, force)) = stroke(sign, cell.lane)? else { continue };
                strokes.push(TabStroke { bar: cell.bar, step: place * scale, lane, force });
            }
        }
        strokes.sort_unstable();
        strokes.dedup_by_key(|stroke| (stroke.bar, stroke.step, stroke.lane));
        Ok(DrumTab { metre, triplets, bars: rows.bars, strokes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tab(text: &str) -> DrumTab {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn cells(tab: &DrumTab, bar: usize) -> Vec<(Lane, usize)> {
        let strokes = tab.strokes.iter().filter(|stroke| stroke.bar == bar);
        strokes.map(|stroke| (stroke.lane, stroke.step)).collect()
    }

    #[test]
    fn rows_in_one_line_are_read() {
        let two = tab("HH x-x- x-o- | SD ---- x---");
        assert_eq!((two.metre, two.bars), (Metre::new(2, 4).unwrap(), 1));
        let hats = [(Lane::ClosedHat, 0), (Lane::ClosedHat, 2), (Lane::Snare, 4)];
        let all = [&hats[..], &[(Lane::ClosedHat, 4), (Lane::OpenHat, 6)]].concat();
        let mut found = cells(&two, 0);
        found.sort_by_key(|cell| all.iter().position(|known| known == cell));
        assert_eq!(found, all);
        let six = tab("RD x-x xxx | BD x-- ---");
        assert_eq!(six.metre, Metre::new(6, 8).unwrap());
        assert_eq!(cells(&six, 0)[2], (Lane::Ride, 4), "eighths have two steps");
        assert_eq!(cells(&tab("BD x- -x"), 0), [(Lane::Kick, 0), (Lane::Kick, 6)]);
    }

    #[test]
    fn what_drummers_send_each_other_is_read() {
        let text = "Verse of my song\n# twice\n\
            HH|x-x-x-x-x-x-x-o-|x-x-x-x-x-x-x-x-|\n\
            sn:|----O--g-g--O---|----O--g-g--@-O-|\n\
            BD|o-------o-o-----|o-----o-o-------|\n  \
               |1 + 2 + 3 + 4 + |1 + 2 + 3 + 4 + |\n\
            \n\
            HH|x-x-x-x-x-x-x-x-|\n\
            CC|X---------------|\n";
        let verse = tab(text);
        assert_eq!((verse.metre, verse.triplets, verse.bars), (Metre::COMMON, false, 3));
        assert!(cells(&verse, 0).contains(&(Lane::OpenHat, 14)));
        assert!(cells(&verse, 1).contains(&(Lane::SideStick, 12)));
        assert_eq!(cells(&verse, 2).len(), 9);
        let force = |lane, step| {
            let at = |stroke: &&TabStroke| (stroke.lane, stroke.step) == (lane, step);
            verse.strokes.iter().find(at).unwrap().force
        };
        assert_eq!(force(Lane::Snare, 4), Force::Accent);
        assert_eq!(force(Lane::Snare, 7), Force::Ghost);
        assert_eq!(force(Lane::Kick, 0), Force::Plain);
    }

    #[test]
    fn a_bar_is_as_long_as_its_places_its_count_or_its_beats_say() {
        let shape = |text: &str| {
            let DrumTab { metre, triplets, .. } = tab(text);
            ((metre.numerator(), metre.denominator()), triplets)
        };
        assert_eq!(shape("BD x-------x-------"), ((4, 4), false));
        assert_eq!(shape("BD x---"), ((4, 4), false));
        assert_eq!(shape("BD x-----------"), ((4, 4), true));
        assert_eq!(shape("BD x-----------\n   1 + 2 + 3 +"), ((3, 4), false));
        assert_eq!(shape("BD x--- ---- ----"), ((3, 4), false));
        assert_eq!(shape("BD x-- --- ---"), ((3, 4), true));
        assert_eq!(shape("BD x--x--"), ((6, 8), false));
        assert_eq!(shape("BD x-------------"), ((7, 8), false));
        assert_eq!(shape("BD x---------"), ((5, 4), false));
        // A row whose beats stand apart says it for those whose do not.
        assert_eq!(shape("BD x-----------\nSD ---- x--- x---"), ((3, 4), false));
    }

    #[test]
    fn a_part_is_the_bars_over_and_over() {
        let part = tab("BD x--- ---- x--- ---- | SD ----x-------x---").part(3, 480);
        assert_eq!((part.bars.len(), part.hits.len()), (3, 12));
        assert_eq!(part.tick(&part.hits[5]), Ticks(1920 + 480));
    }

    #[test]
    fn what_is_no_tab_is_said() {
        let error = |text: &str| text.parse::<DrumTab>().unwrap_err();
        assert_eq!(error("XY x---\nBD x---"), DrumTabError::Drum("XY".to_owned()));
        assert_eq!(error("Dear drummer"), DrumTabError::Drum("Dear".to_owned()));
        assert_eq!(error("BD x--- | Z9 x---"), DrumTabError::Drum("Z9".to_owned()));
        assert_eq!(error(""), DrumTabError::Empty);
        assert_eq!(error("BD"), DrumTabError::Empty);
        assert_eq!(error("BD y---"), DrumTabError::Stroke('y'));
        assert_eq!(error("BD x--- | SD x--- x---"), DrumTabError::Beats("SD".to_owned()));
        assert_eq!(error("BD x--- x--"), DrumTabError::Beats("BD".to_owned()));
        assert_eq!(error("BD x----"), DrumTabError::Length { places: 5 });
        assert_eq!(error("BD x------- x-------"), DrumTabError::Length { places: 16 });
        assert_eq!(error(&format!("BD{}", " x---".repeat(9))), DrumTabError::Length { places: 36 });
        assert_eq!(error("BD|x---|x---|x---|x---|x---|"), DrumTabError::Bars(5));
    }
}
