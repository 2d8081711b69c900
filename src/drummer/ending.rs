//! How a song ends: whether it does, and on which stroke.

use super::settings::Ending;
use super::sounding::Sounding;
use crate::score::{BarGrid, BarIndex, Song, StepGrid, Ticks};

/// A song whose last note ends within this share of a quarter before the bar line fills its bar.
const FULL: f64 = 0.5;
/// A last note that is longer than most, by this factor than the middle one, comes to rest.
const LONG: f64 = 1.3;
const MOST: f64 = 0.85;
/// A last bar with fewer notes than this share of the usual number comes to rest.
const RESTS: f64 = 0.5;
/// A tempo that falls below this share of the usual one at the end slows down.
const SLOWS: f64 = 0.93;

/// The last stroke of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LastHit {
    pub bar: usize,
    pub step: usize,
    /// Whether a fill leads to it.
    pub fill: bool,
}

/// Whether a song goes round: it starts on its first beat and plays on until the last bar line, as
/// busily as ever and in time, over an even number of bars, without a long note at the end.
pub fn is_loop(song: &Song, bars: &BarGrid) -> bool {
    let notes = || song.melodic().flat_map(|track| &track.notes);
    let Some(first) = notes().map(|note| note.start).min() else { return false };
    let last = notes().map(|note| note.end()).max().unwrap_or_default();
    let Some(bar) = bars.bar_at(last - Ticks(1)) else { return false };
    let quarter = f64::from(bars.ticks_per_quarter());
    let final_bar = bars.bars()[bar.0];
    let near = |a: Ticks, b: Ticks| (b - a).0 as f64 <= FULL * quarter;
    let mut counts = vec![0usize; bars.len()];
    for note in notes() {
        if let Some(BarIndex(bar)) = bars.bar_at(note.start) {
            counts[bar] += 1;
        }
    }
    let mut usual: Vec<usize> = counts[..bar.0].iter().copied().filter(|&n| n > 0).collect();
    usual.sort_unstable();
    let usual = usual.get(usual.len() / 2).copied().unwrap_or(0) as f64;
    let mut lengths: Vec<u64> = notes().map(|note| note.length.0).collect();
    lengths.sort_unstable();
    let at = |share: f64| lengths[((lengths.len() - 1) as f64 * share) as usize] as f64;
    // Of the notes that end the song, the one that began last.
    let ending = notes().filter(|note| near(note.end(), last)).max_by_key(|note| note.start);
    let length = ending.map_or(0.0, |note| note.length.0 as f64);
    let rests = length > LONG * at(0.5) && length >= at(MOST);
    let half = Ticks(final_bar.start.0 + final_bar.length.0 / 2);
    let moves = notes().any(|note| note.start >= half && note.start < final_bar.end());
    let bpm = |at: Ticks| song.tempo.bpm(at).0;
    let middle = bpm(bars.bars()[bar.0 / 2].start);
    near(Ticks(0), first)
        && near(last, final_bar.end())
        && (bar.0 + 1).is_multiple_of(2)
        && moves
        && !rests
        && counts[bar.0] as f64 >= RESTS * usual
        && bpm(final_bar.end() - Ticks(1)) >= SLOWS * middle
}

/// Where the last stroke is, if the part ends with one: on the beat on which the song's last notes
/// begin. Where these come between the beats and ring over a bar line, on the bar line. A song that
/// goes round ([`is_loop`]) ends with a hit only if asked for.
pub(super) fn last_hit(
    grids: &[StepGrid],
    sounding: &Sounding,
    ending: Ending,
    loops: bool,
) -> Option<LastHit> {
    let fill = match ending {
        Ending::None => return None,
        Ending::FromSong if loops => return None,
        Ending::FromSong | Ending::Hit => false,
        Ending::FillAndHit => true,
    };
    let mut moments = (0..grids.len())
        .rev()
        .flat_map(|bar| (0..grids[bar].steps).rev().map(move |step| (bar, step)))
        .filter(|&(bar, step)| sounding.open(bar, step) && sounding.onsets(bar, step) > 0);
    let on_beat = |&(bar, step): &(usize, usize)| step % grids[bar].steps_per_beat == 0;
    let last = moments.next()?;
    let (bar, step) = if on_beat(&last) {
        last
    } else {
        let line = (last.0 + 1, 0);
        let rings = line.0 < grids.len() && sounding.open(line.0, 0);
        if rings { line } else { moments.find(on_beat)? }
    };
    Some(LastHit { bar, step, fill })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Metre, Note, TempoChange, TempoMap, Track, TrackKind, Velocity};

    /// A line of notes: start and length in sixteenths of 24 ticks.
    fn song(notes: &[(u64, u64)], tempos: &[(u64, u32)]) -> (Song, BarGrid) {
        let notes = notes.iter().map(|&(start, length)| Note {
            start: Ticks(start * 24),
            length: Ticks(length * 24),
            key: 60,
            velocity: Velocity::clamped(90),
        });
        let tempos = tempos.iter().map(|&(at, micros_per_quarter)| TempoChange {
            at: Ticks(at * 24),
            micros_per_quarter,
        });
        let kind = TrackKind::Melodic { program: 0 };
        let tracks = vec![Track { name: String::new(), kind, notes: notes.collect() }];
        let song = Song { tempo: TempoMap::new(96, tempos), metres: Vec::new(), tracks };
        let bars = song.bars();
        (song, bars)
    }

    fn hit(notes: &[(u64, u64)], ending: Ending) -> Option<(usize, usize)> {
        let (song, bars) = song(notes, &[]);
        let grids = vec![StepGrid::for_metre(Metre::COMMON, false); bars.len()];
        let sounding = Sounding::of(&song, &bars, &grids);
        last_hit(&grids, &sounding, ending, is_loop(&song, &bars)).map(|hit| (hit.bar, hit.step))
    }

    fn eighths(until: u64) -> Vec<(u64, u64)> {
        (0..until).step_by(2).map(|start| (start, 2)).collect()
    }

    #[test]
    fn what_runs_into_its_beginning_is_a_loop() {
        let is = |notes: &[(u64, u64)]| {
            let (song, bars) = song(notes, &[]);
            is_loop(&song, &bars)
        };
        assert!(is(&eighths(128)));
        assert!(!is(&eighths(120)), "ends in mid-bar");
        assert!(!is(&[eighths(112), vec![(112, 16)]].concat()), "comes to rest");
        assert!(!is(&eighths(112)), "an odd number of bars");
        let late: Vec<_> = eighths(128).into_iter().filter(|note| note.0 >= 8).collect();
        assert!(!is(&late), "begins later");
        let (slow, bars) = song(&eighths(128), &[(0, 500_000), (112, 700_000)]);
        assert!(!is_loop(&slow, &bars), "slows down");
    }

    #[test]
    fn the_last_stroke_is_with_the_last_notes() {
        let long = [eighths(112), vec![(112, 16)]].concat();
        assert_eq!(hit(&long, Ending::FromSong), Some((7, 0)));
        assert_eq!(hit(&long, Ending::None), None);
        assert_eq!(hit(&eighths(128), Ending::FromSong), None);
        assert_eq!(hit(&eighths(128), Ending::Hit), Some((7, 12)));
        // Pushed over the bar line.
        let pushed = [eighths(110), vec![(110, 18)]].concat();
        assert_eq!(hit(&pushed, Ending::Hit), Some((7, 0)));
    }
}
