//! What of a recording there is to take, and takes cut from it.

use std::ops::Range;

use super::{
    BarSpan, FARTHEST, MAX_BARS, Recording, RecordingView, Span, TICKS_PER_QUARTER, TRACK, tick,
};
use crate::score::{
    BarGrid, BarIndex, Beats, Bpm, Metre, MetreChange, Note, Song, TempoChange, TempoMap, Ticks,
    Track, TrackKind,
};
use crate::studio::{Take, TakeError};

impl Recording {
    fn metre_changes(&self) -> Vec<MetreChange> {
        self.metres.iter().map(|(&at, &metre)| MetreChange { at: Ticks(at), metre }).collect()
    }

    /// The bars of the host's song up to `end`, at most [`MAX_BARS`].
    fn bars_until(&self, end: u64) -> BarGrid {
        BarGrid::new(TICKS_PER_QUARTER, &self.metre_changes(), Ticks(end.min(self.limit())))
    }

    /// Where the last note that begins in `within` starts, and the first.
    fn first_and_last(&self, within: Range<u64>) -> Option<(u64, u64)> {
        if within.is_empty() {
            return None;
        }
        let mut notes =
            self.notes.range((within.start, 0)..(within.end, 0)).map(|(place, _)| place.0);
        let first = notes.next()?;
        Some((first, notes.next_back().unwrap_or(first)))
    }

    fn bars_with_notes(&self, within: Range<u64>) -> Option<BarSpan> {
        let (first, last) = self.first_and_last(within)?;
        let bars = self.bars_until(last + 1);
        Some(BarSpan { first: bars.bar_at(Ticks(first))?.0, end: bars.bar_at(Ticks(last))?.0 + 1 })
    }

    fn just_played(&self) -> Range<u64> {
        self.run.clone().map_or(0..0, |run| run.start..run.end + 1)
    }

    /// What can be cut at the moment.
    pub fn view(&self) -> RecordingView {
        RecordingView {
            notes: self.notes.len(),
            bars: self.bars_with_notes(0..u64::MAX),
            just_played: self.bars_with_notes(self.just_played()),
            running: self.cursor.is_some(),
            incomplete: self.incomplete,
        }
    }

    /// Cuts a take. Notes that begin before it are left out; those that sound on at its end stop
    /// there.
    ///
    /// # Errors
    /// If nothing was heard there.
    pub fn cut(&self, span: Span) -> Result<Take, TakeError> {
        let nothing = TakeError::NothingHeard;
        let BarSpan { first, end } = match span {
            Span::All => self.bars_with_notes(0..u64::MAX).ok_or(nothing)?,
            Span::JustPlayed => self.bars_with_notes(self.just_played()).ok_or(nothing)?,
            Span::Between { from, to } => {
                if !(from.0.is_finite() && to.0.is_finite()) || to.0 <= from.0 {
                    return Err(TakeError::NoBars);
                }
                let (from, to) = (tick(from.0.min(FARTHEST)), tick(to.0.min(FARTHEST)));
                let bars = self.bars_until(to);
                let bar = |at| bars.bar_at(Ticks(at)).map_or(bars.len(), |bar| bar.0);
                BarSpan { first: bar(from), end: bar(to.saturating_sub(1)) + 1 }
            }
            Span::Bars { first, end } => BarSpan { first, end: end.min(MAX_BARS) },
        };
        if first >= end {
            return Err(TakeError::NoBars);
        }
        let bars = self.bars_until(self.limit());
        let Some(chosen) = bars.bars().get(first..end.min(bars.len())).filter(|b| !b.is_empty())
        else {
            return Err(TakeError::NoBars);
        };
        let (start, stop) = (chosen[0].start.0, chosen[chosen.len() - 1].end().0);
        let song = self.song(start, stop);
        if song.tracks.iter().all(|track| track.notes.is_empty()) {
            return Err(TakeError::Silent { first, end });
        }
        let name = if end == first + 1 {
            format!("Bar {end}")
        } else {
            format!("Bars {} to {end}", first + 1)
        };
        Ok(Take {
            file_time: None,
            name,
            first_bar: BarIndex(first),
            start: Beats(start as f64 / f64::from(TICKS_PER_QUARTER)),
            song,
            length: Ticks(stop - start),
        })
    }

    /// What is between two bar lines, from its own tick 0.
    fn song(&self, start: u64, stop: u64) -> Song {
        let tempo = |at: u64, bpm: Bpm| TempoChange {
            at: Ticks(at.saturating_sub(start)),
            micros_per_quarter: (60e6 / bpm.0).round().clamp(1.0, 16_777_215.0) as u32,
        };
        // The first tempo heard holds before it, too.
        let held = self.tempos.range(..=start).next_back().or(self.tempos.first_key_value());
        let tempos = held
            .map(|(_, &bpm)| tempo(start, bpm))
            .into_iter()
            .chain(self.tempos.range(start + 1..stop).map(|(&at, &bpm)| tempo(at, bpm)));
        let tempo = TempoMap::new(TICKS_PER_QUARTER, tempos.collect::<Vec<_>>());
        let held = self.metres.range(..=start).next_back().map(|(_, &metre)| metre);
        let first = MetreChange { at: Ticks(0), metre: held.unwrap_or(Metre::COMMON) };
        // A change where the take ends may cut its last bar short.
        let later = self.metres.range(start + 1..=stop);
        let later = later.map(|(&at, &metre)| MetreChange { at: Ticks(at - start), metre });
        let now = self.cursor.unwrap_or(0);
        let notes = self.notes.range((start, 0)..(stop, 0)).map(|(&(at, key), note)| {
            // What sounds just now lasts until now.
            let sounds = self.sounding.get(&key) == Some(&at);
            let length = if sounds { now.saturating_sub(at).max(1) } else { note.length };
            Note {
                start: Ticks(at - start),
                length: Ticks(length.min(stop - at)),
                key,
                velocity: note.velocity,
            }
        });
        let track = Track {
            name: TRACK.to_owned(),
            kind: TrackKind::Melodic { program: 0 },
            notes: notes.collect(),
        };
        Song { tempo, metres: std::iter::once(first).chain(later).collect(), tracks: vec![track] }
    }
}
