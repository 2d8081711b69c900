//! A melody of which the rhythm or the pitches are kept.

use super::ComposeError;
use super::drums::DrumBars;
use super::key::Range;
use super::lead::lead;
use super::line::{MelodyLine, State};
use crate::score::{Note, Song, Ticks};

/// A rhythm that is kept, on the slots of the drums.
pub struct GivenRhythm {
    pub line: MelodyLine,
    /// From its lowest note to its highest; `None` if that is too narrow to sing in.
    pub range: Option<Range>,
}

/// The melody of a song: its lead, or else the track with most notes.
fn melody<'a>(song: &'a Song, what: &'static str) -> Result<&'a [Note], ComposeError> {
    let most = || {
        let melodic = (0..song.tracks.len()).filter(|&track| !song.tracks[track].is_drums());
        melodic.max_by_key(|&track| song.tracks[track].notes.len())
    };
    let track = lead(song).or_else(most);
    track
        .map(|track| song.tracks[track].notes.as_slice())
        .filter(|notes| !notes.is_empty())
        .ok_or(ComposeError::NoMelody { what })
}

/// The rhythm of a song's melody, bar by bar and from the start again if the drums go on.
///
/// # Errors
/// [`ComposeError::NoMelody`].
pub fn given_rhythm(song: &Song, drums: &DrumBars) -> Result<GivenRhythm, ComposeError> {
    let notes = melody(song, "rhythm")?;
    // Its bars are its own; what is in their steps is carried over by the share of the bar.
    let own = DrumBars::of(song, Ticks(0));
    let line = MelodyLine::of(notes, &own);
    let keys = || line.keys.iter().copied().filter(|&key| key > 0);
    let range = keys().min().zip(keys().max()).and_then(|(a, b)| Range::new(a, b).ok());
    let mut kept =
        MelodyLine { states: vec![State::Rest; drums.slots()], keys: vec![0; drums.slots()] };
    for bar in 0..drums.len() {
        let (to, from) = (drums.of_bar(bar), own.of_bar(bar % own.len()));
        for (step, slot) in from.clone().enumerate() {
            let at = to.start + (step * to.len() / from.len()).min(to.len() - 1);
            if line.states[slot] as u8 > kept.states[at] as u8 {
                kept.states[at] = line.states[slot];
            }
        }
        // Steps that a coarser grid does not have are what the one before is.
        for slot in to.start + 1..to.end {
            let coarse = from.len() < to.len() && (slot - to.start) * from.len() % to.len() != 0;
            if coarse && kept.states[slot] == State::Rest && kept.states[slot - 1] != State::Rest {
                kept.states[slot] = State::Hold;
            }
        }
        super::draft::repair(&mut kept.states, to.start);
    }
    if kept.states.contains(&State::Onset) {
        Ok(GivenRhythm { line: kept, range })
    } else {
        Err(ComposeError::NoMelody { what: "rhythm" })
    }
}

/// The pitches of a song's melody in order, the highest where several begin together.
///
/// # Errors
/// [`ComposeError::NoMelody`].
pub fn given_pitches(song: &Song) -> Result<Vec<u8>, ComposeError> {
    let notes = melody(song, "pitches")?;
    let together = notes.chunk_by(|a, b| a.start == b.start);
    Ok(together.filter_map(|notes| notes.iter().map(|note| note.key).max()).collect())
}
