//! Where the beats and bars of a song are, as far as its notes tell better than its file.
//!
//! [`Timed::of`] takes a song as it was read and gives it with the bars that are played: as the file
//! has them; with an upbeat that the file does not mark ([`unmarked_pickup`]); a little later or
//! earlier, where all notes lie behind or ahead of the file's beats; or, where the song was played
//! without regard to the file's bars ([`is_played_freely`]), with a tempo map of the
//! beats that are heard ([`follow`]). [`Timed::notes`] brings a drum part back to where the file's own
//! notes are. [`swing`] measures how late off-beats are played, and [`straightened`] undoes it: networks know
//! straight bars best, and drums that are played to them swing afterwards.
//!
//! Symbolic only: notes in, numbers out; takes milliseconds, for music played freely a few tens for a
//! minute. For any thread but the audio thread.

mod beats;
mod downbeats;
mod hypotheses;
#[cfg(test)]
mod lone_melodies;
mod lone_melody;
mod off_grid;
mod one_beat;
#[cfg(test)]
mod performances;
mod pickup;
mod played;
mod swing;
#[cfg(test)]
pub(crate) mod tests;

use off_grid::{lag, on_grid};
use one_beat::in_bars;
use pickup::beat_ticks;
pub use pickup::{marked_pickup, unmarked_pickup, with_other_pickup, with_pickup};
pub use played::{Followed, follow, is_played_freely};
pub use swing::{straightened, swing};

use crate::score::{DrumPart, Metre, MetreChange, Note, Song, StepGrid, TempoMap, Ticks};

/// What bars to play in.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Bars {
    /// The file's, unless its notes say surely that the bars are elsewhere.
    #[default]
    Detect,
    /// The file's.
    Keep,
    /// The file's, behind an upbeat of so many beats: notes of the metre's denominator, 0 and more. Where all
    /// notes lie behind or ahead of the file's beats, so do the bars.
    Pickup(f32),
    /// Those that are played, whatever the file says.
    Follow,
}

/// What was found out about a song's bars, for people.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Finding {
    /// An upbeat of so many beats that the file does not mark.
    #[expect(missing_docs, reason = "fields are called what the variants speak of")]
    Pickup { beats: f32 },
    /// The song lies so many quarters behind its file's beats all the way through, ahead of them below 0.
    #[expect(missing_docs, reason = "fields are called what the variants speak of")]
    OffGrid { quarters: f32 },
    /// The file has bars of one beat; bars of this metre were found.
    #[expect(missing_docs, reason = "fields are called what the variants speak of")]
    OneBeat { metre: Metre },
    /// The song has bars of this metre, whose beats are more than a bar has steps.
    #[expect(missing_docs, reason = "fields are called what the variants speak of")]
    LongBars { metre: Metre },
    /// The song was played freely, and its beats were found.
    Followed,
    /// The song was played freely, but its beats are too uncertain; the file's bars are kept.
    PlayedFreely,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Finding::Pickup { beats } => write!(
                f,
                "bar 1 begins after an upbeat of {beats} beat{}, which the file does not say \
                 (--pickup {beats}; --keep-bars if that is wrong)",
                if *beats == 1.0 { "" } else { "s" }
            ),
            Finding::OffGrid { quarters } => write!(
                f,
                "the notes lie {:.2} quarters {} the file's beats throughout; the drums are with the \
                 notes (--keep-bars if that is wrong)",
                quarters.abs(),
                if *quarters < 0.0 { "ahead of" } else { "behind" }
            ),
            Finding::OneBeat { metre } => write!(
                f,
                "the file has bars of a single beat; the drums play bars of {metre} \
                 (--keep-bars if that is wrong)"
            ),
            Finding::LongBars { metre } => write!(
                f,
                "bars of {metre} are too long for the drums to keep to their beats ({}/{} at most)",
                StepGrid::MAX_STEPS,
                metre.denominator()
            ),
            Finding::Followed => write!(
                f,
                "this was not played to the file's bars; the drums follow the playing \
                 (--keep-bars if that is wrong)"
            ),
            Finding::PlayedFreely => write!(
                f,
                "this was not played to the file's bars, and its beats are uncertain: \
                 --follow-playing follows them as well as can be, --keep-bars keeps the file's bars"
            ),
        }
    }
}

/// A song with the bars that it is played in.
#[derive(Clone, Debug)]
pub struct Timed {
    /// With the bars that it is played in.
    pub song: Song,
    /// Empty where the file is right, or the musician has said what to do, but for bars that are too long.
    pub findings: Vec<Finding>,
    /// The file's own time, where the song's is another.
    pub file_time: Option<FileTime>,
}

/// The tempo map and the metres of a file whose song is played in others; both begin together.
#[derive(Clone, Debug, PartialEq)]
pub struct FileTime {
    /// The file's.
    pub tempo: TempoMap,
    /// The file's.
    pub metres: Vec<MetreChange>,
}

impl FileTime {
    fn of(song: &Song) -> FileTime {
        FileTime { tempo: song.tempo.clone(), metres: song.metres.clone() }
    }

    /// A song of this time without any tracks.
    pub fn song(&self) -> Song {
        Song { tempo: self.tempo.clone(), metres: self.metres.clone(), tracks: Vec::new() }
    }

    /// The tick of the file at which sounds what is at a tick of the song, which has this tempo map.
    pub fn file_tick(&self, song: &TempoMap, at: Ticks) -> Ticks {
        self.tempo.ticks(song.seconds(at))
    }

    /// The other way.
    pub fn song_tick(&self, song: &TempoMap, at: Ticks) -> Ticks {
        song.ticks(self.tempo.seconds(at))
    }

    /// A note of the song where the file has it.
    pub fn file_note(&self, song: &TempoMap, note: Note) -> Note {
        note.retimed(song, &self.tempo)
    }

    /// The song as the file has it, to a tick.
    #[must_use]
    pub fn restored(&self, song: &Song) -> Song {
        let mut restored = Song { tracks: song.tracks.clone(), ..self.song() };
        for track in &mut restored.tracks {
            for note in &mut track.notes {
                *note = self.file_note(&song.tempo, *note);
            }
            track.notes.sort_by_key(|note| (note.start, note.key));
        }
        restored
    }
}

impl Timed {
    /// A song in the bars that are asked for.
    pub fn of(song: &Song, bars: Bars) -> Timed {
        let kept = |findings| Timed { song: song.clone(), findings, file_time: None };
        let followed = |followed: Followed, findings| Timed {
            song: followed.song,
            findings,
            file_time: Some(FileTime::of(song)),
        };
        match bars {
            Bars::Keep => kept(Vec::new()),
            Bars::Pickup(beats) => Timed::on_beats(song).with_beats(beats),
            Bars::Follow => match follow(song) {
                Some(found) => followed(found, Vec::new()),
                None => kept(vec![Finding::PlayedFreely]),
            },
            Bars::Detect if is_played_freely(song) => match follow(song) {
                Some(found) if found.is_sure => followed(found, vec![Finding::Followed]),
                _ => kept(vec![Finding::PlayedFreely]),
            },
            Bars::Detect => Timed::on_beats(song).in_bars(),
        }
        .with_long_bars()
    }

    /// With what is to be said of bars that have more beats than steps.
    fn with_long_bars(mut self) -> Timed {
        let bars = self.song.bars();
        let is_long = |metre: &Metre| usize::from(metre.numerator()) > StepGrid::MAX_STEPS;
        let long = bars.bars().iter().map(|bar| bar.metre).find(is_long);
        self.findings.extend(long.map(|metre| Finding::LongBars { metre }));
        self
    }

    /// A song with the file's beats, or where its notes lie behind or ahead of them throughout, with the
    /// notes'.
    fn on_beats(song: &Song) -> Timed {
        match lag(song) {
            Some(quarters) => Timed {
                song: on_grid(song, quarters),
                findings: vec![Finding::OffGrid { quarters: quarters as f32 }],
                file_time: Some(FileTime::of(song)),
            },
            None => Timed { song: song.clone(), findings: Vec::new(), file_time: None },
        }
    }

    /// With bars in the place of single beats, or the upbeat that the file does not mark, if the song has
    /// such.
    fn in_bars(mut self) -> Timed {
        if let Some((song, metre)) = in_bars(&self.song) {
            self.song = song;
            self.findings.push(Finding::OneBeat { metre });
        } else if let Some(ticks) = unmarked_pickup(&self.song) {
            let beats = ticks.0 as f32 / beat_ticks(&self.song) as f32;
            self.song = with_pickup(&self.song, ticks);
            self.findings.push(Finding::Pickup { beats });
        }
        self
    }

    /// Behind an upbeat of so many beats.
    fn with_beats(mut self, beats: f32) -> Timed {
        let ticks = (f64::from(beats) * beat_ticks(&self.song) as f64).round().max(0.0) as u64;
        self.song = with_pickup(&self.song, Ticks(ticks));
        self
    }

    /// Whether the song has a tempo map of its own.
    pub fn is_followed(&self) -> bool {
        self.file_time.is_some()
    }

    /// The notes of a part that was made for the song, in ticks of the file that it is from.
    pub fn notes(&self, part: &DrumPart) -> Vec<Note> {
        let mut notes = part.notes();
        if let Some(file) = &self.file_time {
            for note in &mut notes {
                *note = file.file_note(&self.song.tempo, *note);
            }
        }
        notes
    }
}
