//! Count-ins of songs that begin at once, ahead of them.
//!
//! Where a song leaves a bar for it, the arrangement counts in; nothing else changes in either case.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::fills::{self, Chooser, FillHit, FillLibrary, Site};
use super::settings::{CountIn, Settings};
use super::song_analysis::SongAnalysis;
use super::timing::Timed;
use crate::score::{
    BarGrid, BarIndex, DrumPart, GridKind, Hit, Lane, Metre, MetreChange, Note, Seconds, Song,
    StepGrid, TempoChange, TempoMap, Ticks, Track, Velocity,
};

/// How loud the sticks of a count-in click, as a share of full strength: all players have to hear them.
pub(super) const CLICK: f32 = 0.75;
/// The softest stroke of a fill that counts in, beside its loudest.
const SOFTEST: f32 = 0.4;
/// How strongly the form turns where that shall make fills neither longer nor shorter.
pub(super) const USUAL_TURN: f32 = 0.5;
/// Beats in thirds that last longer (seconds) are counted by their thirds in bars of fewer beats than
/// [`ENOUGH`]: two clicks so far apart say little of the tempo, and players of a slow 6/8 feel its eighths.
const SLOW_BEAT: f32 = 0.85;
const ENOUGH: usize = 4;
/// A song that is followed is counted in at the mean tempo of so many bars, behind the one in which it begins.
const PACE_BARS: usize = 2;

/// A song that is counted in.
#[derive(Clone, Debug)]
pub struct CountedIn {
    /// In the ticks and bars that are written, those of its count-in ahead of it.
    pub song: Song,
    /// How much later it begins for that; 0 where its file's silence is long enough.
    pub later: Ticks,
    /// What counts in, sorted by start, in ticks of [`CountedIn::song`].
    pub notes: Vec<Note>,
}

/// The song of a file with a count-in ahead of it: a whole bar in its metre and, before an upbeat, as much
/// of the next as the upbeat leaves; a fill takes only that much, if it is a beat. `None` where the settings
/// ask for none or the song leaves room for one, which its part has then.
///
/// Where the song is followed, its file keeps its bars and gets as many more as are needed; the count is at
/// the tempo of the first bars that are heard.
pub fn counted_in(
    file: &Song,
    timed: &Timed,
    analysis: &SongAnalysis,
    settings: &Settings,
) -> Option<CountedIn> {
    let count = Count::of(analysis, settings)?;
    if timed.is_followed() {
        return Some(count.ahead_of_playing(file, analysis));
    }
    let Count { metre, length, notes } = count;
    Some(CountedIn { song: moved(&timed.song, length, metre), later: length, notes })
}

/// What counts a song in, by the clock of its own tempo.
struct Count {
    metre: Metre,
    /// Until the song's first bar begins.
    length: Ticks,
    /// In ticks from the start of the count.
    notes: Vec<Note>,
}

impl Count {
    fn of(analysis: &SongAnalysis, settings: &Settings) -> Option<Count> {
        let (bars, sounding) = (&analysis.bars, &analysis.sounding);
        // The bar that says in which metre the song is, behind an upbeat's own.
        let main = usize::from(bars.has_pick_up());
        let metre = bars.bars().get(main)?.metre;
        let grid = StepGrid::for_metre(metre, analysis.grids[main].kind == GridKind::Ternary);
        let whole = metre.bar_ticks(bars.ticks_per_quarter());
        // What an upbeat leaves of its bar.
        let rest = if main > 0 { whole - bars.bars()[0].length } else { Ticks(0) };
        let (length, hits) = match settings.count_in {
            CountIn::None => return None,
            CountIn::Sticks if sounding.begins.0 > 0 => return None,
            CountIn::Fill if sounding.entry.0 > main => return None,
            CountIn::Sticks => (whole + rest, sticks(&grid, analysis.limbs(settings)[main].step)),
            CountIn::Fill => {
                let end = (rest.0 * grid.steps as u64 / whole.0) as usize;
                let is_enough = end >= grid.steps_per_beat;
                let (length, end) =
                    if is_enough { (rest, end) } else { (whole + rest, grid.steps) };
                (length, fill(analysis, settings, StepGrid { steps: end, ..grid }))
            }
        };
        // A fill leads to the first stroke, sticks to the bar.
        let later = match settings.count_in {
            CountIn::Fill => sounding.entry.1,
            _ => 0,
        };
        let step = Ticks(whole.0 * later as u64 / grid.steps as u64);
        let change = MetreChange { at: Ticks(0), metre };
        let bars = BarGrid::new(bars.ticks_per_quarter(), &[change], whole + whole);
        let part = DrumPart::new(bars, vec![grid; 2], hits);
        let notes = part.notes().into_iter().filter(|note| note.start < length);
        let notes = notes.map(|note| Note { start: note.start + step, ..note });
        Some(Count { metre, length, notes: notes.collect() })
    }

    /// Ahead of a song that is followed, in ticks of its file.
    fn ahead_of_playing(&self, file: &Song, analysis: &SongAnalysis) -> CountedIn {
        let ticks_per_quarter = file.ticks_per_quarter();
        let pace = pace(analysis);
        // When the song's first bar begins, by its first note.
        let (bar, step) = analysis.sounding.begins;
        let at = analysis.bars.tick_of_step(BarIndex(bar), step as f64, analysis.grids[bar].steps);
        let begin = analysis.tempo.seconds(analysis.sounding.first).0 - at.0 as f64 * pace;
        let first = file.metres_in_order().into_iter().find(|change| change.at == Ticks(0));
        let metre = first.map_or(Metre::COMMON, |change| change.metre);
        // In bars of the file, at the tempo of its start.
        let bar = metre.bar_ticks(ticks_per_quarter).0;
        let tick = 60.0 / file.tempo.bpm(Ticks(0)).0 / f64::from(ticks_per_quarter);
        let needed = (self.length.0 as f64 * pace - begin) / (tick * bar as f64);
        let later = Ticks(needed.ceil().max(0.0) as u64 * bar);
        let song = moved(file, later, metre);
        let begin = song.tempo.seconds(later).0 + begin;
        let placed = |note: &Note| {
            let before = (self.length - note.start).0 as f64 * pace;
            Note { start: song.tempo.ticks(Seconds(begin - before)), ..*note }
        };
        let notes = self.notes.iter().map(placed).collect();
        CountedIn { song, later, notes }
    }
}

/// How long a tick lasts in the first bars that are heard, in seconds.
fn pace(analysis: &SongAnalysis) -> f64 {
    let bars = analysis.bars.bars();
    let bars = &bars[usize::from(bars.len() > 1)..];
    let (from, to) = (bars[0].start, bars[PACE_BARS.min(bars.len()) - 1].end());
    (analysis.tempo.seconds(to).0 - analysis.tempo.seconds(from).0) / (to - from).0 as f64
}

/// Sticks through two bars of steps that last `seconds`.
fn sticks(grid: &StepGrid, seconds: f32) -> Vec<Hit> {
    let velocity = Velocity::from_unit(CLICK).get();
    let of_bar = |bar| clicks(grid, seconds, grid.steps).map(move |step| (bar, step));
    let stroke = |step| FillHit { step, lane: Lane::SideStick, velocity };
    (0..2).flat_map(of_bar).map(|(bar, step)| hit(bar, stroke(step))).collect()
}

/// The steps of a bar, before one, on which sticks click: its beats, or the eighths of a bar such as 7/8 or
/// of a slow 6/8. A step lasts `seconds`.
pub(super) fn clicks(
    grid: &StepGrid,
    seconds: f32,
    end: usize,
) -> impl Iterator<Item = usize> + use<> {
    let mut every = grid.steps_per_beat;
    let is_slow = seconds * every as f32 > SLOW_BEAT && grid.steps < ENOUGH * every;
    if grid.kind == GridKind::Ternary && is_slow {
        every = (every / 3).max(1);
    }
    while !grid.steps.is_multiple_of(every) {
        every = (every / 2).max(1);
    }
    (0..end).step_by(every)
}

fn hit(bar: usize, stroke: FillHit) -> Hit {
    Hit {
        bar: BarIndex(bar),
        step: stroke.step,
        key: stroke.lane.default_key(),
        velocity: Velocity::clamped(stroke.velocity),
        offset: 0.0,
    }
}

/// A fill in the first bar of a count, up to the end of a grid.
fn fill(analysis: &SongAnalysis, settings: &Settings, grid: StepGrid) -> Vec<Hit> {
    let limbs = analysis.limbs(settings)[0];
    let first = analysis.form.label_at(0).unwrap_or(0);
    let site = Site {
        grid,
        length: fills::length(&grid, settings.fill_complexity, USUAL_TURN),
        step: limbs.step,
        double_pedal: limbs.double_pedal,
        complexity: settings.fill_complexity,
        turn: (first, first),
        likely: None,
    };
    let mut rng = ChaCha8Rng::seed_from_u64(settings.seed ^ analysis.fingerprint);
    let mut chooser = Chooser::new(FillLibrary::embedded(), settings.style.preset(), [0.0; 3]);
    let mut strokes = chooser.choose(&site, &mut rng).unwrap_or_default();
    // People play fills as hard as the groove that they leave; here there is none yet.
    let loudest = strokes.iter().map(|stroke| stroke.velocity).max().unwrap_or(1);
    for stroke in &mut strokes {
        let share = f32::from(stroke.velocity) / f32::from(loudest);
        stroke.velocity = Velocity::from_unit(CLICK * share.max(SOFTEST)).get();
    }
    strokes.into_iter().map(|stroke| hit(0, stroke)).collect()
}

/// A song that begins later, with its first tempo and this metre from the start.
pub(super) fn moved(song: &Song, later: Ticks, metre: Metre) -> Song {
    let tempos = song.tempo.changes().map(|change| match change.at {
        Ticks(0) => change,
        at => TempoChange { at: at + later, ..change },
    });
    let first = MetreChange { at: Ticks(0), metre };
    let metres = song.metres_in_order().into_iter().filter(|change| change.at > Ticks(0));
    let metres = metres.map(|change| MetreChange { at: change.at + later, ..change });
    let track = |track: &Track| Track {
        notes: track.notes.iter().map(|note| Note { start: note.start + later, ..*note }).collect(),
        ..track.clone()
    };
    Song {
        tempo: TempoMap::new(song.ticks_per_quarter(), tempos),
        metres: std::iter::once(first).chain(metres).collect(),
        tracks: song.tracks.iter().map(track).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::TrackKind;

    fn song(first: u64) -> Song {
        let notes = (first..first + 16)
            .map(|beat| Note {
                start: Ticks(beat * 96),
                length: Ticks(96),
                key: 60,
                velocity: Velocity::clamped(80),
            })
            .collect();
        let tempo = |at, micros_per_quarter| TempoChange { at: Ticks(at), micros_per_quarter };
        Song {
            tempo: TempoMap::new(96, [tempo(0, 400_000), tempo(96 * 6, 500_000)]),
            metres: vec![MetreChange { at: Ticks(0), metre: Metre::new(3, 4).unwrap() }],
            tracks: vec![Track {
                name: String::new(),
                kind: TrackKind::Melodic { program: 0 },
                notes,
            }],
        }
    }

    #[test]
    fn a_song_moves_with_all_that_it_has() {
        let metre = Metre::new(3, 4).unwrap();
        let later = moved(&song(0), Ticks(288), metre);
        assert_eq!(later.tracks[0].notes[0].start, Ticks(288));
        assert_eq!(later.tempo.bpm(Ticks(0)).0, 150.0);
        assert_eq!(later.tempo.bpm(Ticks(96 * 9)).0, 120.0);
        assert_eq!(later.tempo.bpm(Ticks(96 * 9 - 1)).0, 150.0);
        assert_eq!(later.bars().bars()[0].length, Ticks(288));
        // An upbeat of a beat has a whole bar then.
        let mut upbeat = song(0);
        let at = |beats: u64, beats_of_bar| MetreChange {
            at: Ticks(beats * 96),
            metre: Metre::new(beats_of_bar, 4).unwrap(),
        };
        upbeat.metres = vec![at(0, 1), at(1, 3), at(7, 4)];
        let bars = moved(&upbeat, Ticks(5 * 96), metre).bars();
        let beats: Vec<u64> = bars.bars().iter().map(|bar| bar.length.0 / 96).collect();
        assert_eq!(beats, [3, 3, 3, 3, 4, 4, 4]);
    }

    #[test]
    fn sticks_click_on_beats_and_in_odd_bars_on_eighths() {
        assert_eq!(clicks_of(4, 4, 0.125), [0, 4, 8, 12]);
        assert_eq!(clicks_of(5, 4, 0.125), [0, 4, 8, 12, 16]);
        assert_eq!(clicks_of(6, 8, 0.125), [0, 6]);
        assert_eq!(clicks_of(7, 8, 0.125), [0, 2, 4, 6, 8, 10, 12]);
    }

    #[test]
    fn a_slow_six_is_counted_in_eighths() {
        // Dotted beats of 64 and of 80 a minute.
        assert_eq!(clicks_of(6, 8, 0.156), [0, 2, 4, 6, 8, 10]);
        assert_eq!(clicks_of(6, 8, 0.125), [0, 6]);
        // Four beats say how quick they are, and a slow 4/4 has no thirds.
        assert_eq!(clicks_of(12, 8, 0.2), [0, 6, 12, 18]);
        assert_eq!(clicks_of(3, 4, 0.3), [0, 4, 8]);
    }

    /// Where sticks click through a bar whose steps last so many seconds.
    fn clicks_of(numerator: u8, denominator: u8, seconds: f32) -> Vec<usize> {
        let grid = StepGrid::for_metre(Metre::new(numerator, denominator).unwrap(), false);
        clicks(&grid, seconds, grid.steps).collect()
    }
}
