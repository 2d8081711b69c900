//! The bars of a song's own drums that say most about them: what a musician would give as a groove.

use std::collections::HashMap;

use crate::score::{
    BarIndex, DRUM_CLASSES, GROOVE_BARS, Groove, GrooveSource, Hit, Note, Song, StepGrid, quantised,
};

/// Whether a class is struck, by step and class.
type Cells = Vec<bool>;

/// A groove of `bars` bars (1 to [`GROOVE_BARS`]) of the song's own drums: the one that, looped, has
/// most in common with all of them (F1 of steps and classes); then, one after the other, those that
/// together with the ones before have most in common with them, each bar of the song being played by
/// the nearest. They are at [home](Groove::homes) where they are first played. `None` without drums.
/// Songs with fewer different bars give fewer.
pub fn own_groove(song: &Song, bars: usize) -> Option<Groove> {
    let notes: Vec<Note> = song.drum_notes().copied().collect();
    let part = quantised(song.ticks_per_quarter(), &song.metres, &notes).ok()?;
    let mut hits: Vec<Vec<Hit>> = vec![Vec::new(); part.bars.len()];
    part.hits.iter().for_each(|hit| hits[hit.bar.0].push(*hit));
    let kind = |bar: usize| (part.bars.bars()[bar].metre, part.grids[bar]);
    let mut counts = HashMap::new();
    for bar in (0..hits.len()).filter(|&bar| !hits[bar].is_empty()) {
        *counts.entry(kind(bar)).or_insert(0usize) += 1;
    }
    // The first of equals.
    let usual = (0..hits.len())
        .rev()
        .map(kind)
        .max_by_key(|kind| counts.get(kind).copied().unwrap_or_default())?;
    let first = hits.iter().position(|hits| !hits.is_empty())?;
    let played: Vec<usize> = (first..hits.len()).filter(|&bar| kind(bar) == usual).collect();
    let cells: Vec<Cells> = played.iter().map(|&bar| cells(&hits[bar], usual.1.steps)).collect();
    let chosen = chosen(&cells, bars.min(GROOVE_BARS));
    let groove = chosen.iter().enumerate().flat_map(|(place, &bar)| {
        hits[played[bar]].iter().map(move |hit| Hit { bar: BarIndex(place), ..*hit })
    });
    let triplets = usual.1 != StepGrid::for_metre(usual.0, false);
    let homes = chosen.iter().map(|&bar| BarIndex(played[bar])).collect();
    let (source, bars) = (GrooveSource::Part, chosen.len());
    let own = Groove::new("own", source, usual.0, triplets, bars, groove.collect()).ok()?;
    Some(own.at_home(homes))
}

fn cells(hits: &[Hit], steps: usize) -> Cells {
    let mut cells = vec![false; steps * DRUM_CLASSES];
    for hit in hits {
        cells[hit.step * DRUM_CLASSES + hit.lane().drum_class().index()] = true;
    }
    cells
}

/// Struck cells of both, and the sum of those of either.
fn common(a: &Cells, b: &Cells) -> (usize, usize) {
    let both = a.iter().zip(b).filter(|(a, b)| **a && **b).count();
    let count = |cells: &Cells| cells.iter().filter(|cell| **cell).count();
    (both, count(a) + count(b))
}

fn f1(a: &Cells, b: &Cells) -> f32 {
    let (both, sum) = common(a, b);
    2.0 * both as f32 / sum.max(1) as f32
}

/// The bars that together have most in common with all, found one after the other.
fn chosen(bars: &[Cells], count: usize) -> Vec<usize> {
    let different: Vec<usize> = (0..bars.len())
        .filter(|&bar| {
            bars[bar].contains(&true) && bars[..bar].iter().all(|other| *other != bars[bar])
        })
        .collect();
    let mut chosen: Vec<usize> = Vec::new();
    let mut nearest: Vec<Option<usize>> = vec![None; bars.len()];
    while chosen.len() < count {
        let with = |new: usize| -> Vec<Option<usize>> {
            let nearer = |(bar, old): (usize, &Option<usize>)| match old {
                Some(old) if f1(&bars[bar], &bars[*old]) >= f1(&bars[bar], &bars[new]) => {
                    Some(*old)
                }
                _ => Some(new),
            };
            nearest.iter().enumerate().map(nearer).collect()
        };
        let value = |nearest: &[Option<usize>]| {
            let pairs = nearest.iter().enumerate().filter_map(|(bar, own)| Some((bar, (*own)?)));
            let (both, sum) = pairs.fold((0, 0), |(both, sum), (bar, own)| {
                let (b, s) = common(&bars[bar], &bars[own]);
                (both + b, sum + s)
            });
            2.0 * both as f32 / sum.max(1) as f32
        };
        let left = different.iter().copied().filter(|bar| !chosen.contains(bar));
        let best =
            left.map(|bar| (bar, value(&with(bar)))).rev().max_by(|a, b| a.1.total_cmp(&b.1));
        let Some((best, _)) = best else { break };
        nearest = with(best);
        chosen.push(best);
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Lane, TempoMap, Ticks, Track, TrackKind, Velocity};

    /// A song of bars of 4/4, each of strokes on sixteenths.
    fn song(bars: &[&[(Lane, u64)]]) -> Song {
        let notes = bars.iter().enumerate().flat_map(|(bar, strokes)| {
            strokes.iter().map(move |&(lane, step)| Note {
                start: Ticks(bar as u64 * 1920 + step * 120 + 10),
                length: Ticks(60),
                key: lane.default_key().get(),
                velocity: Velocity::clamped(77),
            })
        });
        let mut notes: Vec<Note> = notes.collect();
        notes.sort_by_key(|note| (note.start, note.key));
        let tracks = vec![Track { name: String::new(), kind: TrackKind::Drums, notes }];
        Song { tempo: TempoMap::new(480, []), metres: Vec::new(), tracks }
    }

    const VERSE: &[(Lane, u64)] = &[(Lane::Kick, 0), (Lane::Snare, 4), (Lane::ClosedHat, 8)];
    const CHORUS: &[(Lane, u64)] = &[(Lane::Ride, 2), (Lane::Kick, 6), (Lane::Kick, 10)];

    #[test]
    fn the_bars_that_say_most_are_given() {
        let odd: &[(Lane, u64)] = &[(Lane::Kick, 0), (Lane::Snare, 4)];
        let song = song(&[odd, VERSE, CHORUS, VERSE, CHORUS, VERSE, VERSE]);
        let one = own_groove(&song, 1).unwrap();
        assert_eq!((one.bars(), one.hits().len()), (1, 3));
        assert_eq!(one.hits()[1].lane(), Lane::Snare);
        assert!((one.hits()[1].offset - 10.0 / 120.0).abs() < 1e-6);
        let two = own_groove(&song, 2).unwrap();
        assert_eq!(two.bars(), 2);
        assert_eq!(two.bar(0).iter().filter(|hit| hit.lane() == Lane::Snare).count(), 1);
        assert_eq!(two.homes(), [BarIndex(1), BarIndex(2)]);
        assert_eq!(own_groove(&song, 9).unwrap().bars(), 3);
    }

    #[test]
    fn without_drums_there_is_no_groove() {
        assert_eq!(own_groove(&song(&[]), 1), None);
    }
}
