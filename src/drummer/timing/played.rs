//! Music that was played without regard to its file's bars, and a tempo map for it.

use std::f64::consts::TAU;

use super::downbeats::{StepNote, Weights};
use super::{Onset, first_metre, track_beats, with_pickup};
use crate::score::{Metre, MetreChange, Note, Seconds, Song, TempoChange, TempoMap, Ticks};

/// A song with a tempo map of the beats that are played.
#[derive(Clone, Debug)]
pub struct Followed {
    /// Its notes sound when the source's do, at other ticks.
    pub song: Song,
    /// The bars are certain enough to play to them unasked.
    pub is_sure: bool,
}

/// Fewer different onsets, or fewer quarters of the file, tell nothing about its bars.
const FEWEST_ONSETS: usize = 48;
const SHORTEST_QUARTERS: f64 = 16.0;
/// How far onsets agree with a division of the file's quarters, 0 to 1, where the file was not played
/// to. Of 352 sequenced songs ten are under it, all with a grid of their own.
const NO_GRID: f64 = 0.15;
/// How far onsets agree with any even grid where a machine has placed them. The ten agree by 0.77 and
/// more, the performances of the tests by 0.40 and less.
const EVEN_GRID: f64 = 0.55;
/// Divisions of a quarter that music is written in.
const DIVISIONS: [f64; 7] = [1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0];
/// Grids that are tried, in lines a second, over this much of the music at most.
const GRIDS: std::ops::Range<f64> = 2.0..32.0;
const EVEN_SECONDS: f64 = 120.0;
const EVEN_ONSETS: usize = 1000;
/// How far the heaviest place of the bar is ahead of the next where the bars are certain.
const CERTAIN: f64 = 1.0;

/// How far times agree with a grid of so many lines to the unit: the length of the mean of unit
/// vectors, 1 where all are on it, near 0 where they lie anywhere.
fn agreement(times: &[f64], lines: f64) -> f64 {
    let (sin, cos) = times.iter().fold((0.0, 0.0), |(sin, cos), at| {
        let (s, c) = (TAU * lines * at).sin_cos();
        (sin + s, cos + c)
    });
    (sin * sin + cos * cos).sqrt() / times.len() as f64
}

/// Whether a song was played freely: its onsets are nowhere near divisions of the file's beats, nor
/// on any other even grid. `false` where there are too few to tell.
pub fn is_played_freely(song: &Song) -> bool {
    let quarter = f64::from(song.ticks_per_quarter());
    let mut starts: Vec<Ticks> =
        song.melodic().flat_map(|track| &track.notes).map(|note| note.start).collect();
    starts.sort_unstable();
    starts.dedup();
    let quarters: Vec<f64> = starts.iter().map(|at| at.0 as f64 / quarter).collect();
    let (Some(first), Some(last)) = (quarters.first(), quarters.last()) else { return false };
    if quarters.len() < FEWEST_ONSETS || last - first < SHORTEST_QUARTERS {
        return false;
    }
    if DIVISIONS.iter().any(|&lines| agreement(&quarters, lines) >= NO_GRID) {
        return false;
    }
    let begin = song.tempo.seconds(starts[0]).0;
    let seconds: Vec<f64> = starts
        .iter()
        .map(|&at| song.tempo.seconds(at).0 - begin)
        .take_while(|&at| at < EVEN_SECONDS)
        .take(EVEN_ONSETS)
        .collect();
    let length = seconds.last().copied().unwrap_or(0.0).max(1.0);
    let step = 1.0 / (6.0 * length);
    let count = ((GRIDS.end - GRIDS.start) / step) as usize;
    (0..count).all(|grid| agreement(&seconds, GRIDS.start + grid as f64 * step) < EVEN_GRID)
}

/// Lays a tempo map over a song so that its beats are those that are played. `None` if no beats can be
/// found. The metre is the song's first if that has quarters, else 4/4.
pub fn follow(song: &Song) -> Option<Followed> {
    let mut onsets: Vec<Onset> = song
        .melodic()
        .flat_map(|track| &track.notes)
        .map(|note| {
            let at = song.tempo.seconds(note.start);
            let length = song.tempo.seconds(note.end()) - at;
            Onset { at, length, key: note.key, velocity: note.velocity.get() }
        })
        .collect();
    onsets.sort_by(|a, b| a.at.0.total_cmp(&b.at.0));
    let beats = track_beats(&onsets);
    let mut followed = song.clone();
    followed.tempo = tempo_of(&beats, song.ticks_per_quarter())?;
    for track in &mut followed.tracks {
        for note in &mut track.notes {
            *note = moved(*note, &song.tempo, &followed.tempo);
        }
        track.notes.sort_by_key(|note| (note.start, note.key));
    }

    let metre = first_metre(song);
    let metre = if metre.denominator() == 4 { metre } else { Metre::COMMON };
    followed.metres = vec![MetreChange { at: Ticks(0), metre }];
    let half = f64::from(song.ticks_per_quarter()) / 2.0;
    let notes: Vec<StepNote> = followed
        .melodic()
        .flat_map(|track| &track.notes)
        .map(|note| StepNote {
            start: note.start.0 as f64 / half,
            length: note.length.0 as f64 / half,
            key: note.key,
            velocity: note.velocity.get(),
        })
        .collect();
    let places = 2 * usize::from(metre.numerator());
    let weights = Weights::of(&notes, places, 2)?;
    let (place, ahead) = weights.heaviest(|_| true);
    let song = with_pickup(&followed, Ticks((place as f64 * half) as u64));
    Some(Followed { song, is_sure: ahead >= CERTAIN })
}

/// A note where it sounds at the same time under another tempo map.
fn moved(note: Note, from: &TempoMap, to: &TempoMap) -> Note {
    let tick = |at: Ticks| to.ticks(from.seconds(at));
    let start = tick(note.start);
    Note { start, length: Ticks((tick(note.end()) - start).0.max(1)), ..note }
}

/// A tempo map with a quarter for every beat, and one for what is before the first. `None` for less
/// than two beats.
fn tempo_of(beats: &[Seconds], ticks_per_quarter: u16) -> Option<TempoMap> {
    let &[first, second, ..] = beats else { return None };
    // What comes before the first beat: as many quarters as fit best, one at least.
    let lead = ((first.0 / (second - first).0).round() as u64).max(u64::from(first.0 > 0.0));
    let quarter = u64::from(ticks_per_quarter);
    let change = |beat: u64, seconds: f64| TempoChange {
        at: Ticks(beat * quarter),
        micros_per_quarter: (seconds * 1e6).round().clamp(1.0, f64::from(u32::MAX)) as u32,
    };
    let before = (lead > 0).then(|| change(0, first.0 / lead as f64));
    let within =
        (lead..).zip(beats.windows(2)).map(|(beat, pair)| change(beat, (pair[1] - pair[0]).0));
    Some(TempoMap::new(ticks_per_quarter, before.into_iter().chain(within)))
}
