//! Where a MIDI clip can be joined: at its bars, which are written.

use super::beats::ClipBeats;
use crate::audio::DECODED_RATE;
use crate::score::{Bar, BarGrid, BarIndex, Metre, Song, Ticks};

/// A note that begins less than this part of a quarter note before a bar line is an early first beat.
const EARLY: u64 = 8;

impl ClipBeats {
    /// The bars of a song as it is rendered: from the first that has a note to the line behind the last. Of
    /// a first bar in which less than half is played, an upbeat, only its beats from the first note on. The
    /// period is a quarter note where that begins. Default without notes.
    pub fn of_song(song: &Song) -> ClipBeats {
        let quarter = song.ticks_per_quarter();
        let starts = || song.tracks.iter().flat_map(|track| &track.notes).map(|note| note.start);
        let (Some(first), Some(last)) = (starts().min(), starts().max()) else {
            return ClipBeats::default();
        };
        let first = first + Ticks(u64::from(quarter) / EARLY);
        let last = last.max(first);
        let bars = BarGrid::new(quarter, &song.metres, last + Ticks(1));
        let bar_at = |at: Ticks| bars.bar_at(at).map(|BarIndex(index)| bars.bars()[index]);
        let (Some(begins), Some(ends)) = (bar_at(first), bar_at(last)) else {
            return ClipBeats::default();
        };
        let entry = if begins == ends { begins.start } else { entry(begins, first, quarter) };
        let rate = f64::from(DECODED_RATE);
        let sample = |at: Ticks| song.tempo.seconds(at).0 * rate;
        ClipBeats {
            period: 60.0 / song.tempo.bpm(entry).0 * rate,
            bars: Some(sample(entry)..sample(ends.end())),
            ..ClipBeats::default()
        }
    }
}

/// Where a first bar is entered whose first note begins at `first`.
fn entry(bar: Bar, first: Ticks, quarter: u16) -> Ticks {
    let into = first - bar.start;
    let beat = beat(bar.metre, quarter).0;
    let is_upbeat = 2 * into.0 > bar.length.0;
    if is_upbeat { bar.start + Ticks(into.0 / beat * beat) } else { bar.start }
}

/// From beat to beat of a metre; dotted where it is compound. At least one tick.
fn beat(metre: Metre, quarter: u16) -> Ticks {
    let notes = if metre.is_compound() { 3 } else { 1 };
    Ticks((notes * 4 * u64::from(quarter) / u64::from(metre.denominator())).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Bpm, MetreChange, Note, TempoMap, Track, TrackKind, Velocity};

    /// From beat to beat in seconds, and where the first and the last bar line are. Notes are a sixteenth
    /// long; places in quarter notes, at 100 bpm (0.6 s).
    fn bars(metre: Metre, notes: &[f64]) -> (f64, f64, f64) {
        let note = |at: &f64| Note {
            start: Ticks((at * 96.0) as u64),
            length: Ticks(24),
            key: 38,
            velocity: Velocity::clamped(100),
        };
        let notes = notes.iter().map(note).collect();
        let track = Track { name: "drums".into(), kind: TrackKind::Drums, notes };
        let song = Song {
            tempo: TempoMap::constant(96, Bpm(100.0)),
            metres: vec![MetreChange { at: Ticks(0), metre }],
            tracks: vec![track],
        };
        let beats = ClipBeats::of_song(&song);
        let bars = beats.bars.unwrap();
        let quarters = |samples: f64| (samples / f64::from(DECODED_RATE) / 0.6 * 1e6).round() / 1e6;
        (quarters(beats.period), quarters(bars.start), quarters(bars.end))
    }

    #[test]
    fn bars_are_as_they_are_written() {
        let of = |notes: &[f64]| bars(Metre::COMMON, notes);
        // The last stroke is long before the last bar line.
        assert_eq!(of(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]), (1.0, 0.0, 8.0));
        // One bar of rest before, and the first stroke a little early.
        assert_eq!(of(&[3.95, 5.0, 7.75]), (1.0, 4.0, 8.0));
        assert_eq!(of(&[4.5, 5.0, 7.9]), (1.0, 4.0, 8.0));
        // An upbeat of a beat and a half.
        assert_eq!(of(&[2.5, 3.0, 4.0, 6.0]), (1.0, 2.0, 8.0));
        // A bar alone is whole.
        assert_eq!(of(&[3.0]), (1.0, 0.0, 4.0));
        let three = Metre::new(3, 4).unwrap();
        assert_eq!(bars(three, &[0.0, 1.0, 2.0, 3.0]), (1.0, 0.0, 6.0));
        let six = Metre::new(6, 8).unwrap();
        assert_eq!(bars(six, &[2.0, 3.0, 4.0]), (1.0, 1.5, 6.0));
    }

    #[test]
    fn a_song_without_notes_has_no_bars() {
        let song = Song { tempo: TempoMap::new(96, []), metres: Vec::new(), tracks: Vec::new() };
        assert_eq!(ClipBeats::of_song(&song), ClipBeats::default());
    }
}
