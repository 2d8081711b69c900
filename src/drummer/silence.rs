//! Bars in which nothing sounds: the drums are silent there, too.

use crate::score::{BarGrid, Song};

/// A note that only ends in a bar makes it sound if it lasts for this share of it.
const TAIL: f64 = 0.25;

/// For every bar whether no melodic note of the song begins or goes on in it.
pub fn silent_bars(song: &Song, bars: &BarGrid) -> Vec<bool> {
    let mut silent = vec![true; bars.len()];
    let notes = song.melodic().flat_map(|track| &track.notes);
    for note in notes {
        let Some(first) = bars.bar_at(note.start) else { continue };
        for (bar, silent) in bars.bars().iter().zip(&mut silent).skip(first.0) {
            if bar.start >= note.end() {
                break;
            }
            let begins = note.start >= bar.start;
            let sounds = (note.end().min(bar.end()) - bar.start).0 as f64;
            if begins || sounds >= TAIL * bar.length.0 as f64 {
                *silent = false;
            }
        }
    }
    silent
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Note, TempoMap, Ticks, Track, TrackKind, Velocity};

    #[test]
    fn rests_are_found_and_tails_are_none() {
        let note = |start, length| Note {
            start: Ticks(start),
            length: Ticks(length),
            key: 60,
            velocity: Velocity::clamped(90),
        };
        // Bars of 400 ticks: a note in bar 1 that ends just behind its end, one that is held over
        // bars 4 and 5, one in bar 7.
        let notes = vec![note(0, 430), note(1250, 700), note(2700, 10)];
        let melody = Track { name: String::new(), kind: TrackKind::Melodic { program: 0 }, notes };
        let drums = Track {
            name: String::new(),
            kind: TrackKind::Drums,
            notes: vec![note(850, 10)],
        };
        let song =
            Song { tempo: TempoMap::new(100, []), metres: vec![], tracks: vec![melody, drums] };
        let bars = BarGrid::new(100, &[], Ticks(3200));
        assert_eq!(
            silent_bars(&song, &bars),
            [false, true, true, false, false, true, false, true]
        );
    }
}
