//! Music that was played without regard to its file's bars, and a tempo map for it.

use super::beats::Onset;
use super::hypotheses::{Choice, agreement, lead, most_plausible};
use super::pickup::{first_metre, with_bar_lines};
use crate::score::{MetreChange, Seconds, Song, TempoChange, TempoMap, Ticks};

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
/// to. Of 353 sequenced songs ten are under it, all with a grid of their own.
const NO_GRID: f64 = 0.15;
/// A tempo near the file's, or in a simple ratio to it, agrees a little more by chance, but up to here,
/// and by less than such a share of how far pieces of [`PIECE`] quarters agree, each for itself: it
/// strays. Of the sequenced songs under the first one agrees by 0.74 of that, the others by 0.92 and more.
const LITTLE_GRID: f64 = 0.4;
const STRAYING: f64 = 0.7;
const PIECE: f64 = 8.0;
const FEWEST_OF_PIECE: usize = 6;
/// How far onsets agree with any even grid where a machine has placed them. The ten agree by 0.77 and
/// more, performances by 0.66 and less.
const EVEN_GRID: f64 = 0.7;
/// Divisions of a quarter that music is written in.
const DIVISIONS: [f64; 7] = [1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0];
/// Grids that are tried, in lines a second, over this much of the music at most.
const GRIDS: std::ops::Range<f64> = 2.0..32.0;
const EVEN_SECONDS: f64 = 120.0;
const EVEN_ONSETS: usize = 1000;
/// How probable bars are that are played to unasked.
const CERTAIN: f64 = 0.6;

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
    let most =
        |agreement: &dyn Fn(f64) -> f64| DIVISIONS.map(agreement).into_iter().fold(0.0, f64::max);
    let whole = most(&|lines| agreement(&quarters, lines));
    let strays = || whole < STRAYING * most(&|lines| agreement_of_pieces(&quarters, lines));
    if whole >= LITTLE_GRID || (whole >= NO_GRID && !strays()) {
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

/// How far the onsets of pieces of [`PIECE`] quarters agree with a grid, each piece for itself: the mean
/// over all onsets in pieces that have enough.
fn agreement_of_pieces(quarters: &[f64], lines: f64) -> f64 {
    let piece = |at: &f64| (at / PIECE).floor();
    let pieces = quarters.chunk_by(|a, b| piece(a) == piece(b));
    let (sum, count) = pieces
        .filter(|onsets| onsets.len() >= FEWEST_OF_PIECE)
        .map(|onsets| (onsets.len() as f64 * agreement(onsets, lines), onsets.len()))
        .fold((0.0, 0), |(sum, count), (much, onsets)| (sum + much, count + onsets));
    sum / count.max(1) as f64
}

/// Lays a tempo map over a song so that its beats are those that are played, with bars of four or three
/// quarters. `None` if no beats or bars can be found.
pub fn follow(song: &Song) -> Option<Followed> {
    let onsets = onsets(song);
    let choice = most_plausible(&onsets, first_metre(song))?;
    Some(Followed { song: laid_over(song, &choice), is_sure: choice.certainty >= CERTAIN })
}

/// The song with the beats and bars of a choice.
pub(super) fn laid_over(song: &Song, choice: &Choice) -> Song {
    let Choice { beats, metre, lines, .. } = choice;
    let mut followed = song.clone();
    followed.tempo = tempo_of(beats, song.ticks_per_quarter());
    for track in &mut followed.tracks {
        for note in &mut track.notes {
            *note = note.retimed(&song.tempo, &followed.tempo);
        }
        track.notes.sort_by_key(|note| (note.start, note.key));
    }
    followed.metres = vec![MetreChange { at: Ticks(0), metre: *metre }];
    with_bar_lines(&followed, lines)
}

/// What is struck in a song's melodic tracks, in order.
pub(super) fn onsets(song: &Song) -> Vec<Onset> {
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
    onsets
}

/// A tempo map with a quarter for every beat, of two at least, and [`lead`] quarters before the first.
fn tempo_of(beats: &[Seconds], ticks_per_quarter: u16) -> TempoMap {
    let lead = lead(beats);
    let quarter = u64::from(ticks_per_quarter);
    let change = |beat: u64, seconds: f64| TempoChange {
        at: Ticks(beat * quarter),
        micros_per_quarter: (seconds * 1e6).round().clamp(1.0, f64::from(u32::MAX)) as u32,
    };
    let before = (lead > 0).then(|| change(0, beats[0].0 / lead as f64));
    let within =
        (lead..).zip(beats.windows(2)).map(|(beat, pair)| change(beat, (pair[1] - pair[0]).0));
    TempoMap::new(ticks_per_quarter, before.into_iter().chain(within))
}
