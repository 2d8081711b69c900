//! A melody of which the rhythm or the pitches are kept.

use super::ComposeError;
use super::drums::DrumBars;
use super::key::Range;
use super::lead::melody_track;
use super::line::{MelodyLine, State};
use crate::score::{Bar, BarGrid, Note, Song, Ticks};

/// Notes that begin closer than this part of a quarter are a chord, of which the highest counts.
const TOGETHER: u64 = 16;

/// A rhythm that is kept: to the tick, and on the slots of the drums for the networks.
pub struct GivenRhythm {
    /// In ticks of the drums, one at a time, in order. Their keys are those of the melody they are from.
    notes: Vec<Note>,
    /// The notes on the slots; some may share one.
    pub line: MelodyLine,
    /// From its lowest note to its highest; `None` if that is too narrow to sing in.
    pub range: Option<Range>,
}

impl GivenRhythm {
    /// That of [`given_notes`].
    ///
    /// # Errors
    /// [`ComposeError::NoMelody`].
    pub fn of(notes: Vec<Note>, drums: &DrumBars) -> Result<GivenRhythm, ComposeError> {
        let line = MelodyLine::of(&notes, drums);
        if !line.states.contains(&State::Onset) {
            return Err(ComposeError::NoMelody { what: "rhythm is" });
        }
        let keys = || notes.iter().map(|note| note.key);
        let range = keys().min().zip(keys().max()).and_then(|(a, b)| Range::new(a, b).ok());
        Ok(GivenRhythm { notes, line, range })
    }

    /// Its notes with the pitches that a line of the same rhythm has, each with its slot.
    pub fn sung(&self, line: &MelodyLine, drums: &DrumBars) -> Vec<(usize, Note)> {
        let sung = |note: &Note| {
            // A note just ahead of the end is nearest to a bar that is not there.
            let near = drums.slot(note.start).unwrap_or(drums.slots().saturating_sub(1));
            let begun = (0..=near).rev().find(|&slot| line.states[slot] == State::Onset);
            let slot = begun.unwrap_or(near);
            (slot, Note { key: line.keys[slot], ..*note })
        };
        self.notes.iter().map(sung).collect()
    }
}

/// The melody of a song.
fn melody<'a>(song: &'a Song, what: &'static str) -> Result<&'a [Note], ComposeError> {
    let track = melody_track(song).ok_or(ComposeError::NoMelody { what })?;
    Ok(song.tracks[track].notes.as_slice())
}

/// The notes of a song's melody when they are played, in ticks of the drums, one at a time: from the
/// start again if the drums go on when the song's bars are over, and cut off where the drums' bars end.
///
/// # Errors
/// [`ComposeError::NoMelody`].
pub fn given_notes(song: &Song, drums: &Song) -> Result<Vec<Note>, ComposeError> {
    let notes = one_at_a_time(melody(song, "rhythm is")?, song.ticks_per_quarter());
    let [from, to] = [song, drums].map(|song| u64::from(song.ticks_per_quarter()));
    let scaled = move |at: Ticks| Ticks((at.0 * to + from / 2) / from);
    let end = |bars: &BarGrid| bars.bars().last().map_or(Ticks(0), Bar::end);
    let (length, end) = (end(&song.bars()), end(&drums.bars()));
    let times = end.0.div_ceil(scaled(length).0.max(1));
    let all = (0..times).flat_map(|time| {
        let before = Ticks(time * length.0);
        notes.iter().map(move |note| {
            let (start, until) =
                (scaled(before + note.start), scaled(before + note.end()).min(end));
            Note { start, length: Ticks((until - start).0.max(1)), ..*note }
        })
    });
    let mut within: Vec<Note> = all.filter(|note| note.start < end).collect();
    // In coarser ticks two may begin together.
    within.dedup_by_key(|note| note.start);
    Ok(within)
}

/// The highest of notes that begin together, each until the next begins.
fn one_at_a_time(notes: &[Note], ticks_per_quarter: u16) -> Vec<Note> {
    let together = Ticks((u64::from(ticks_per_quarter) / TOGETHER).max(1));
    let mut line: Vec<Note> = Vec::new();
    for note in notes {
        match line.last_mut() {
            Some(last) if note.start - last.start < together => {
                if note.key > last.key {
                    *last = *note;
                }
                continue;
            }
            Some(last) => last.length = last.length.min(note.start - last.start),
            None => {}
        }
        line.push(*note);
    }
    line
}

/// The pitches of a song's melody in order, the highest where several begin together; moved by octaves
/// into a range, if one is asked for.
///
/// # Errors
/// [`ComposeError::NoMelody`]; [`ComposeError::Outside`] if no octave of one lies within the range.
pub fn given_pitches(song: &Song, range: Option<Range>) -> Result<Vec<u8>, ComposeError> {
    let notes = melody(song, "pitches are")?;
    let together = notes.chunk_by(|a, b| a.start == b.start);
    let keys = together.filter_map(|notes| notes.iter().map(|note| note.key).max());
    keys.map(|key| range.map_or(Ok(key), |range| range.fold(key))).collect()
}
