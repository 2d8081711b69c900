//! A take: a stretch of music to drum to, in bars of its own, with its place in the host's song.

use crate::drummer::timing;
use crate::midi::{self, MidiError};
use crate::score::{
    BarGrid, BarIndex, Beats, Groove, GrooveError, GrooveSource, Song, TakenGroove, Ticks,
};

/// The longest name that is kept, in characters.
const LONGEST_NAME: usize = 128;

/// What the drummer plays to.
#[derive(Clone, Debug, PartialEq)]
pub struct Take {
    /// As the musician sees it; at most 128 characters.
    pub name: String,
    /// The number of its first bar in the host's song.
    pub first_bar: BarIndex,
    /// Where its first bar begins in the host's song; not negative.
    pub start: Beats,
    /// From the take's own first bar; its drum tracks are not heard.
    pub song: Song,
    /// Where the take ends, counted from its start: a bar line, at or behind the last note.
    pub length: Ticks,
}

/// Why there is no take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what each is and what it names")]
pub enum TakeError {
    #[error("nothing was heard yet: play the song in the host, or drop a MIDI file here")]
    NothingHeard,
    #[error("no note was heard in bars {} to {}: play them in the host first", first + 1, end)]
    Silent {
        /// From 0.
        first: usize,
        /// The bar behind the last, from 0.
        end: usize,
    },
    #[error("the bar range is empty")]
    NoBars,
    #[error("cannot use \"{name}\": {source}")]
    Midi { name: String, source: MidiError },
    #[error("cannot use \"{name}\": it has no notes but drums")]
    OnlyDrums { name: String },
    #[error("cannot take a groove from \"{name}\": {source}")]
    Groove { name: String, source: GrooveError },
    #[error("cannot use \"{name}\": it has {bars} bars, where at most {most} are possible")]
    TooLong { name: String, bars: usize, most: usize },
}

impl Take {
    /// A take of a whole MIDI file, to stand at the start of the host's song. An upbeat that the file
    /// does not mark is found where its notes say surely that there is one.
    ///
    /// # Errors
    /// If the bytes are no MIDI file, hold no melodic notes, or more than
    /// [`super::MAX_BARS`] bars.
    pub fn from_midi(name: &str, bytes: &[u8]) -> Result<Take, TakeError> {
        let name = tidy_name(name);
        let song =
            midi::parse(bytes).map_err(|source| TakeError::Midi { name: name.clone(), source })?;
        if song.melodic().all(|track| track.notes.is_empty()) {
            return Err(TakeError::OnlyDrums { name });
        }
        let (bars, most) = (song.bars().len(), super::MAX_BARS);
        if bars > most {
            return Err(TakeError::TooLong { name, bars, most });
        }
        let song = match timing::unmarked_pickup(&song) {
            Some(upbeat) => timing::with_pickup(&song, upbeat),
            None => song,
        };
        let length = song.bars().bars().last().map_or(Ticks(0), |bar| bar.end());
        Ok(Take { name, first_bar: BarIndex(0), start: Beats(0.0), song, length })
    }

    /// The length of the upbeat with which its bars begin.
    pub fn upbeat(&self) -> Ticks {
        timing::marked_pickup(&self.song)
    }

    /// The same music in bars that begin behind an upbeat of this length, 0 for none. Rests at its end
    /// stay whole bars.
    #[must_use]
    pub fn with_upbeat(&self, length: Ticks) -> Take {
        let song = timing::with_other_pickup(&self.song, length);
        if timing::marked_pickup(&song) == self.upbeat() {
            return self.clone();
        }
        let end = self.song.end();
        let rests = self.bars().bars().iter().filter(|bar| bar.start >= end).count() as u64;
        let bars = song.bars();
        let last = bars.bars().last().copied();
        let length = last.map_or(self.length, |bar| {
            let whole = bar.metre.bar_ticks(song.ticks_per_quarter());
            bar.end() + Ticks(rests * whole.0)
        });
        Take { song, length, ..self.clone() }
    }

    /// How late the off-beats are played, 0 to 1; see [`timing::swing`].
    pub fn swing(&self) -> f32 {
        timing::swing(&self.song)
    }

    /// Whether it was cut from what the host played, as far as can be told from it.
    pub fn was_heard(&self) -> bool {
        let [track] = &self.song.tracks[..] else { return false };
        self.song.ticks_per_quarter() == super::recording::TICKS_PER_QUARTER
            && track.name == super::recording::TRACK
    }

    /// The bars of the take, rests at its end included.
    pub fn bars(&self) -> BarGrid {
        BarGrid::new(self.song.ticks_per_quarter(), &self.song.metres, self.length)
    }
}

/// The groove of a MIDI file's bytes.
///
/// # Errors
/// If the bytes are no MIDI file, or have no drums.
pub(super) fn groove_from_midi(name: &str, bytes: &[u8]) -> Result<TakenGroove, TakeError> {
    let name = tidy_name_or(name, "Groove");
    let song =
        midi::parse(bytes).map_err(|source| TakeError::Midi { name: name.clone(), source })?;
    Groove::of_song(&name, GrooveSource::File, &song)
        .map_err(|source| TakeError::Groove { name, source })
}

/// One line of at most 128 characters.
pub(super) fn tidy_name(name: &str) -> String {
    tidy_name_or(name, "Take")
}

/// One line of at most 128 characters; `unnamed` where there is nothing to read.
pub(super) fn tidy_name_or(name: &str, unnamed: &str) -> String {
    let line: String = name.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
    let line = line.trim();
    if line.is_empty() { unnamed.to_owned() } else { line.to_owned() }
}
