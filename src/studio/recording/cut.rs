//! What of a recording there is to take, and takes cut from it.

use std::ops::Range;

use super::{
    BarSpan, EARLY, FARTHEST, MAX_BARS, Recorded, Recording, RecordingView, Span,
    TICKS_PER_QUARTER, TRACK, tick,
};
use crate::score::{
    BarGrid, BarIndex, Beats, Bpm, Metre, MetreChange, Note, Song, TempoChange, TempoMap, Ticks,
    Track, TrackKind,
};
use crate::studio::take::tidy_controls;
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
        let (first, end) = (bars.bar_at(Ticks(first))?.0, bars.bar_at(Ticks(last))?.0 + 1);
        let bar = &bars.bars()[first];
        // The bar that it is meant for has to be one that is kept.
        let is_early =
            first + 1 < MAX_BARS && self.anticipation(bar.start.0, bar.end().0).is_some();
        let first = first + usize::from(is_early);
        Some(BarSpan { first, end: end.max(first + 1) })
    }

    /// Where the first note begins of those that anticipate a bar line, and are meant on it: all that
    /// begins in the bar before it, each a little ahead of the line, and sounding on behind it for at least
    /// as long. What is over by then is an upbeat.
    fn anticipation(&self, bar: u64, line: u64) -> Option<u64> {
        // In a bar of a beat or less even a sixteenth is no small thing.
        let early = EARLY.min((line - bar) / 8);
        let mut notes = self.notes.range((bar, 0)..(line, 0));
        let mut first = None;
        let all = notes.all(|(&(at, key), note)| {
            first = first.or(Some(at));
            let ahead = line - at;
            ahead <= early && at + self.length(at, key, note) >= line + ahead
        });
        first.filter(|_| all)
    }

    /// How long a note lasts; what sounds just now lasts until now.
    fn length(&self, at: u64, key: u8, note: &Recorded) -> u64 {
        if self.sounding.get(&key) == Some(&at) {
            self.cursor.unwrap_or(0).saturating_sub(at).max(1)
        } else {
            note.length
        }
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

    /// Cuts a take. Notes that begin before it are left out, but for those that anticipate its first
    /// beat, which stand on it; those that sound on at its end stop there.
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
        let before = first.checked_sub(1).and_then(|bar| bars.bars().get(bar));
        let early = before.and_then(|bar| self.anticipation(bar.start.0, start));
        let song = self.song(early.unwrap_or(start), start, stop);
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
            pedals: tidy_controls(vec![self.controllers.pedals(start, stop)]),
            volumes: tidy_controls(vec![self.controllers.volumes(start, stop)]),
            length: Ticks(stop - start),
        })
    }

    /// What is between two bar lines, from its own tick 0; what begins from `early` on stands on the first.
    fn song(&self, early: u64, start: u64, stop: u64) -> Song {
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
        let notes = self.notes.range((early, 0)..(stop, 0)).map(|(&(at, key), note)| {
            let from = at.max(start);
            let end = (at + self.length(at, key, note)).min(stop);
            Note {
                start: Ticks(from - start),
                length: Ticks(end - from),
                key,
                velocity: note.velocity,
            }
        });
        let mut notes: Vec<Note> = notes.collect();
        notes.sort_by_key(|note| (note.start, note.key));
        let track =
            Track { name: TRACK.to_owned(), kind: TrackKind::Melodic { program: 0 }, notes };
        Song { tempo, metres: std::iter::once(first).chain(later).collect(), tracks: vec![track] }
    }
}
