//! Patterns of MIDI files: a song's drums, two bars at a time.

use super::drum::{DRUMS, drum_of_key};
use super::pattern::{Pattern, PatternGrid};
use crate::score::{BarIndex, Groove, Metre, Note, Song, Ticks, plays_triplets};

/// Why a song gives no pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It has no drum stroke.
    #[error("no drum is struck")]
    NoStrokes,
    /// Every stroke is in bars that are not four beats long.
    #[error(
        "the drums are in {0}; a pattern is two bars of four beats (4/4, 2/2, 2/4, 6/8 or 12/8)"
    )]
    Metre(Metre),
    /// Every stroke is on a key that no drum of General MIDI has.
    #[error("no key that is struck is a drum of General MIDI (27 to 87)")]
    Keys,
}

/// Two bars of a song.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Where they begin.
    pub bar: BarIndex,
    /// The metre of its bars.
    pub metre: Metre,
    /// What is played there.
    pub pattern: Pattern,
}

impl Window {
    /// How many beats of the pattern go by in a minute at the tempo with which its song begins.
    pub fn beats_per_minute(&self, song: &Song) -> f64 {
        song.tempo.bpm(Ticks(0)).0 / quarters_of_beat(self.metre)
    }
}

/// How many quarters a beat of a pattern lasts in a metre: 1.5 where beats are dotted, so that the
/// pattern's triplets are the metre's eighths, else 1.
pub fn quarters_of_beat(metre: Metre) -> f64 {
    if metre.is_compound() { 1.5 } else { 1.0 }
}

/// One bar of four beats: a row of steps for each drum.
#[derive(Clone, Copy, PartialEq, Eq)]
struct FourBeats {
    bar: usize,
    /// Bars of the song that it takes: two of 2/4 and 6/8, one of all else.
    bars: usize,
    rows: [u32; DRUMS],
}

/// How many bars of a metre make four beats.
fn bars_of_four_beats(metre: Metre) -> Option<usize> {
    match (metre.numerator(), metre.denominator()) {
        (4, 4) | (2, 2) | (8, 8) | (12, 8) => Some(1),
        (2, 4) | (6, 8) => Some(2),
        _ => None,
    }
}

/// Every two bars of a song's drums, at each bar, that have a stroke. Compound metres and triplets are
/// on the triplet grid; bars of 2/4 and 6/8 count as halves.
///
/// # Errors
/// [`PatternError`] if there are none.
pub fn windows(song: &Song) -> Result<Vec<Window>, PatternError> {
    let notes: Vec<Note> = song.drum_notes().copied().collect();
    windows_of(song, &notes, false)
}

/// As [`windows`], of notes in the song's bars. Of a loop, bars at the end that only ring are none, and
/// a stroke just ahead of the end is on the first step of the first bar with strokes.
fn windows_of(song: &Song, notes: &[Note], is_loop: bool) -> Result<Vec<Window>, PatternError> {
    let all: Vec<(Ticks, u8)> = notes.iter().map(|note| (note.start, note.key)).collect();
    if all.is_empty() {
        return Err(PatternError::NoStrokes);
    }
    let roland = all.iter().any(|(_, key)| matches!(key, 22 | 26));
    let strokes: Vec<_> =
        all.iter().filter_map(|&(start, key)| Some((start, drum_of_key(key, roland)?))).collect();
    if strokes.is_empty() {
        return Err(PatternError::Keys);
    }
    let bars = song.bars();
    let starts: Vec<Ticks> = strokes.iter().map(|(start, _)| *start).collect();
    let compound = bars.bars().iter().any(|bar| bar.metre.is_compound());
    let triplets = compound || plays_triplets(&starts, song.ticks_per_quarter());
    let grid = if triplets { PatternGrid::Triplet } else { PatternGrid::Straight };

    let mut homes: Vec<FourBeats> = Vec::new();
    let mut home_of = vec![None; bars.len()];
    let mut bar = 0;
    while bar < bars.len() {
        let Some(count) = bars_of_four_beats(bars.bars()[bar].metre) else {
            bar += 1;
            continue;
        };
        let metre = bars.bars()[bar].metre;
        let count =
            (bar..bars.len()).take(count).take_while(|&b| bars.bars()[b].metre == metre).count();
        for (part, home) in home_of[bar..bar + count].iter_mut().enumerate() {
            let parts = bars_of_four_beats(metre).unwrap_or(1);
            *home = Some((homes.len(), part, parts));
        }
        homes.push(FourBeats { bar, bars: count, rows: [0; DRUMS] });
        bar += count;
    }
    // The bars in which the first and the last stroke begin.
    let bar_of = |start: Option<&Ticks>| start.and_then(|&start| bars.bar_at(start));
    let (first, last) = (bar_of(starts.iter().min()), bar_of(starts.iter().max()));
    let mut other_metre = None;
    for &(start, drum) in &strokes {
        let Some(BarIndex(bar)) = bars.bar_at(start) else { continue };
        let Some((_, _, parts)) = home_of[bar] else {
            other_metre = Some(bars.bars()[bar].metre);
            continue;
        };
        let steps = grid.bar_steps() / parts;
        let Some((BarIndex(bar), step, _)) = bars.nearest_step(start, steps) else { continue };
        // A stroke just ahead of a bar line is on the first step of the next bar, if there is one.
        let bar = match (first, last) {
            (Some(first), Some(last)) if is_loop && bar > last.0 => first.0,
            _ => bar,
        };
        let Some(&Some((home, part, parts))) = home_of.get(bar) else { continue };
        homes[home].rows[drum] |= 1 << (part * (grid.bar_steps() / parts) + step);
    }
    if is_loop {
        let sounds = |home: &FourBeats| home.rows.iter().any(|row| *row != 0);
        homes.truncate(homes.iter().rposition(sounds).map_or(0, |last| last + 1));
    }
    let shift = grid.bar_steps();
    let window = |bar: usize, rows| {
        let metre = bars.bars()[bar].metre;
        Window { bar: BarIndex(bar), metre, pattern: Pattern::from_rows(grid, rows) }
    };
    let mut found: Vec<Window> = homes
        .windows(2)
        .filter(|pair| pair[0].bar + pair[0].bars == pair[1].bar)
        .map(|pair| {
            let rows = std::array::from_fn(|d| pair[0].rows[d] | pair[1].rows[d] << shift);
            window(pair[0].bar, rows)
        })
        .filter(|window| window.pattern.strokes() > 0)
        .collect();
    if found.is_empty()
        && let Some(alone) = homes.iter().find(|home| home.rows.iter().any(|row| *row != 0))
    {
        // One bar alone is played twice.
        found.push(window(alone.bar, alone.rows.map(|row| row | row << shift)));
    }
    if found.is_empty() {
        return Err(other_metre.map_or(PatternError::NoStrokes, PatternError::Metre));
    }
    Ok(found)
}

/// The two bars of a song's drums that are most like all its others: their medoid, from which fewest
/// strokes differ in sum; of several the first. What is played in most bars is that, and of bars that
/// people played, no two of them the same, the most usual ones are. As for a [`Groove`], all tracks may be
/// drums where none says so.
///
/// # Errors
/// As [`windows`].
pub fn medoid(song: &Song) -> Result<Window, PatternError> {
    let notes = Groove::notes_of_song(song).map_or_else(|_| Vec::new(), |(notes, _)| notes);
    let windows = windows_of(song, &notes, true)?;
    // In how many windows a drum is struck on a step; all are on one grid.
    let mut struck = [[0_i64; PatternGrid::Straight.steps()]; DRUMS];
    for window in &windows {
        window.pattern.hits().for_each(|(drum, step)| struck[drum][step] += 1);
    }
    // Beside an empty pattern's sum: a stroke is one further from each window without it and one nearer to
    // each window with it.
    let all = windows.len() as i64;
    let sum = |window: &Window| -> i64 {
        window.pattern.hits().map(|(drum, step)| all - 2 * struck[drum][step]).sum()
    };
    windows.iter().min_by_key(|&window| sum(window)).copied().ok_or(PatternError::NoStrokes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{MetreChange, Note, TempoMap, Track, TrackKind, Velocity};

    fn song(metre: (u8, u8), strokes: &[(u64, u8)]) -> Song {
        let notes = strokes.iter().map(|&(start, key)| Note {
            start: Ticks(start),
            length: Ticks(10),
            key,
            velocity: Velocity::clamped(100),
        });
        let metre = Metre::new(metre.0, metre.1).unwrap();
        Song {
            tempo: TempoMap::new(480, []),
            metres: vec![MetreChange { at: Ticks(0), metre }],
            tracks: vec![Track {
                name: String::new(),
                kind: TrackKind::Drums,
                notes: notes.collect(),
            }],
        }
    }

    #[test]
    fn bars_are_read_two_at_a_time() {
        let strokes: Vec<(u64, u8)> =
            (0..3).flat_map(|bar| [(bar * 1920, 36), (bar * 1920 + 960, 38)]).collect();
        let found = windows(&song((4, 4), &strokes)).unwrap();
        assert_eq!(found.len(), 2);
        let hits: Vec<_> = found[0].pattern.hits().collect();
        assert_eq!(hits, [(0, 0), (0, 16), (1, 8), (1, 24)]);
        assert_eq!(medoid(&song((4, 4), &strokes)).unwrap().bar, BarIndex(0));
    }

    #[test]
    fn one_bar_is_played_twice_and_early_strokes_belong_to_the_next() {
        let one = windows(&song((4, 4), &[(0, 36), (490, 38)])).unwrap();
        assert_eq!(one[0].pattern.strokes(), 4);
        let early = windows(&song((4, 4), &[(0, 36), (1900, 36), (2400, 38)])).unwrap();
        assert!(early[0].pattern.has_onset(0, 16));
    }

    #[test]
    fn a_loop_has_no_bar_that_only_rings_and_its_early_end_is_its_start() {
        let mut ringing = song((4, 4), &[(0, 36), (1800, 38)]);
        ringing.tracks[0].notes[1].length = Ticks(400);
        assert_eq!(medoid(&ringing).unwrap().pattern.strokes(), 4);
        let early = medoid(&song((4, 4), &[(0, 36), (960, 38), (1910, 42)])).unwrap().pattern;
        assert_eq!(early.strokes(), 6);
        let hat = drum_of_key(42, false).unwrap();
        assert!(early.has_onset(hat, 0) && early.has_onset(hat, 16));
    }

    #[test]
    fn a_clip_on_another_channel_is_drums_but_not_for_training() {
        let mut clip = song((4, 4), &[(0, 36), (960, 38)]);
        clip.tracks[0].kind = TrackKind::Melodic { program: 0 };
        assert_eq!(medoid(&clip).unwrap().pattern.strokes(), 4);
        assert_eq!(windows(&clip), Err(PatternError::NoStrokes));
        let mut melody = song((4, 4), &[(0, 60), (480, 64)]);
        melody.tracks[0].kind = TrackKind::Melodic { program: 0 };
        assert_eq!(medoid(&melody), Err(PatternError::NoStrokes));
    }

    #[test]
    fn bars_of_six_eighths_count_as_halves() {
        let strokes: Vec<(u64, u8)> = (0..24).map(|eighth| (eighth * 240, 42)).collect();
        let found = windows(&song((6, 8), &strokes)).unwrap();
        assert_eq!(found[0].pattern.grid(), PatternGrid::Triplet);
        assert_eq!(found[0].pattern.strokes(), 24);
    }

    #[test]
    fn of_bars_that_differ_the_most_usual_are_taken() {
        // Two bars of an intro that come again note by note, then eight that never do, as people play.
        let bar = |bar: u64, strokes: &[(u64, u8)]| -> Vec<(u64, u8)> {
            strokes.iter().map(|&(at, key)| (1920 * bar + at, key)).collect()
        };
        let intro = [(0, 49), (240, 45), (720, 45), (1200, 45)];
        let groove = [(0, 36), (480, 38), (960, 36), (1440, 38), (0, 42), (480, 42), (960, 42)];
        let mut strokes: Vec<(u64, u8)> = (0..3).flat_map(|at| bar(at, &intro)).collect();
        for at in 3..11 {
            strokes.extend(bar(at, &groove));
            // A ghost note somewhere else in every bar but the middle one, and in that none.
            strokes.extend(bar(at, &[(120 * (2 * at - 5), 40)][usize::from(at == 7)..]));
        }
        let found = medoid(&song((4, 4), &strokes)).unwrap();
        assert!((5..=7).contains(&found.bar.0), "{found:?}");
        // What most bars play is the medoid.
        let often: Vec<(u64, u8)> =
            (0..7).flat_map(|at| bar(at, if at < 2 { &intro[..] } else { &groove[..] })).collect();
        assert_eq!(medoid(&song((4, 4), &often)).unwrap().bar, BarIndex(2));
    }

    #[test]
    fn a_beat_of_a_compound_metre_is_dotted() {
        let jig = song((6, 8), &[(0, 36), (720, 38), (1440, 36), (2160, 38)]);
        let found = medoid(&jig).unwrap();
        assert_eq!((found.metre, found.beats_per_minute(&jig)), (jig.metres[0].metre, 80.0));
        let rock = song((4, 4), &[(0, 36), (480, 38)]);
        assert_eq!(medoid(&rock).unwrap().beats_per_minute(&rock), 120.0);
    }

    #[test]
    fn what_has_no_pattern_is_said() {
        assert_eq!(windows(&song((4, 4), &[])), Err(PatternError::NoStrokes));
        assert_eq!(windows(&song((4, 4), &[(0, 3)])), Err(PatternError::Keys));
        let odd = windows(&song((7, 8), &[(0, 36)])).unwrap_err();
        assert!(odd.to_string().starts_with("the drums are in 7/8;"), "{odd}");
    }
}
