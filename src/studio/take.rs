//! A take: a stretch of music to drum to, in bars of its own, with its place in the host's song.

use std::sync::Arc;

use crate::drummer::timing::{self, Bars, FileTime, Finding, Timed};
use crate::drummer::{GrooveFileError, groove_of_file};
use crate::midi::{MAX_BARS, MidiError, SongFile, VolumeChange};
use crate::network::{Backend, Models};
use crate::score::{
    BarGrid, BarIndex, Beats, Bpm, Groove, GrooveSource, PedalChange, Song, TakenGroove, TempoMap,
    Ticks, Track,
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
    /// The time of the file that the song is from, where it was not played to its bars: the song has the
    /// beats that are heard then, and the host, whose tempo is the file's, has the file's.
    pub file_time: Option<Arc<FileTime>>,
    /// How the pedals of each track are moved, sorted by time; nothing at all where none is. Ticks are
    /// those of the host from the take's start, whatever bars the song is laid in.
    pub pedals: Vec<Vec<PedalChange>>,
    /// How loud each track's channel is, likewise.
    pub volumes: Vec<Vec<VolumeChange>>,
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
    Groove { name: String, source: GrooveFileError },
    #[error(
        "cannot use \"{name}\": it has {bars} bars, and a take {most} at most; `drumlin generate` on the \
         command line plays songs of up to {MAX_BARS} bars"
    )]
    TooLong { name: String, bars: usize, most: usize },
}

impl Take {
    /// A take of a whole MIDI file, to stand at the start of the host's song, in the bars that it is
    /// played in, and what was found out about those: an upbeat that the file does not mark, or playing
    /// without regard to the file's bars.
    ///
    /// # Errors
    /// If the bytes are no MIDI file, hold no melodic notes, or more than
    /// [`super::MAX_BARS`] bars.
    pub fn from_midi(name: &str, bytes: &[u8]) -> Result<(Take, Vec<Finding>), TakeError> {
        let name = tidy_name(name);
        let file = SongFile::parse(bytes.to_vec())
            .map_err(|source| TakeError::Midi { name: name.clone(), source })?;
        let song = file.song();
        if song.melodic().all(|track| track.notes.is_empty()) {
            return Err(TakeError::OnlyDrums { name });
        }
        let timed = Timed::of(song, Bars::Detect);
        let (bars, most) = (timed.song.bars().len(), super::MAX_BARS);
        if bars > most {
            return Err(TakeError::TooLong { name, bars, most });
        }
        let take = Take {
            name,
            first_bar: BarIndex(0),
            start: Beats(0.0),
            song: song.clone(),
            file_time: None,
            pedals: controls(&file, SongFile::pedals, |change: &mut PedalChange| &mut change.at),
            volumes: controls(&file, SongFile::volumes, |change: &mut VolumeChange| &mut change.at),
            length: Ticks(0),
        };
        Ok((take.timed(timed.song, timed.file_time), timed.findings))
    }

    /// The same music in other time.
    fn timed(&self, song: Song, file_time: Option<FileTime>) -> Take {
        let length = song.bars().bars().last().map_or(Ticks(0), |bar| bar.end());
        Take { song, file_time: file_time.map(Arc::new), length, ..self.clone() }
    }

    /// The same music in bars of the beats that are heard, or in the bars of its file. `None` if it has
    /// them already, or no beats can be found.
    #[must_use]
    pub fn following(&self, follow: bool) -> Option<Take> {
        match (&self.file_time, follow) {
            (None, true) => {
                let timed = Timed::of(&self.song, Bars::Follow);
                timed.is_followed().then(|| self.timed(timed.song, timed.file_time))
            }
            (Some(file), false) => Some(self.timed(file.restored(&self.song), None)),
            _ => None,
        }
    }

    /// How far from the take's start a place of it is in the host's song. `ticks` may lie between ticks
    /// and ahead of the first.
    pub fn beats_at(&self, ticks: f64) -> Beats {
        let file = self.file_time.as_ref().filter(|_| ticks > 0.0);
        let at =
            file.map_or(ticks, |file| between(ticks, |at| file.file_tick(&self.song.tempo, at)));
        Beats(at / f64::from(self.song.ticks_per_quarter()))
    }

    /// The place of the take, in its ticks, that is so far from its start in the host's song; also ahead
    /// of it.
    pub fn ticks_at(&self, beats: Beats) -> f64 {
        let ticks = beats.0 * f64::from(self.song.ticks_per_quarter());
        let file = self.file_time.as_ref().filter(|_| ticks > 0.0);
        file.map_or(ticks, |file| between(ticks, |at| file.song_tick(&self.song.tempo, at)))
    }

    /// The tempo that the host has throughout the take, if it has that of the take's file.
    pub fn host_tempos(&self) -> &TempoMap {
        self.file_time.as_ref().map_or(&self.song.tempo, |file| &file.tempo)
    }

    /// Where a place of the take is in the host's song.
    pub fn host_position(&self, at: Ticks) -> Beats {
        Beats(self.start.0 + self.beats_at(at.0 as f64).0)
    }

    /// The tempo that the host has at a place of the take, if it has that of the take's file.
    pub fn host_tempo(&self, at: Ticks) -> Bpm {
        match &self.file_time {
            Some(file) => file.tempo.bpm(file.file_tick(&self.song.tempo, at)),
            None => self.song.tempo.bpm(at),
        }
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

    /// The groove of the drums that its file has beside the melody; `None` where there are none.
    pub fn own_drums(&self) -> Option<TakenGroove> {
        self.song.drum_notes().next()?;
        Groove::of_song(&self.name, GrooveSource::File, &self.song).ok()
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

/// What is done to a file's melodic tracks until its last bar ends, each at its tick.
fn controls<T>(
    file: &SongFile,
    of: impl Fn(&SongFile, usize) -> Vec<T>,
    at: impl Fn(&mut T) -> &mut Ticks,
) -> Vec<Vec<T>> {
    let bars = file.song().bars();
    let end = bars.bars().last().map_or(Ticks(0), |bar| bar.end());
    let of_track = |(index, track): (usize, &Track)| {
        let mut changes = if track.is_drums() { Vec::new() } else { of(file, index) };
        for change in &mut changes {
            let at = at(change);
            *at = (*at).min(end);
        }
        changes
    };
    tidy_controls(file.song().tracks.iter().enumerate().map(of_track).collect())
}

/// What is done to a take's tracks, by track; nothing where nothing is done to any.
pub(super) fn tidy_controls<T>(tracks: Vec<Vec<T>>) -> Vec<Vec<T>> {
    if tracks.iter().all(Vec::is_empty) { Vec::new() } else { tracks }
}

/// What a map of whole ticks says of a place between two, above 0.
fn between(ticks: f64, map: impl Fn(Ticks) -> Ticks) -> f64 {
    let low = ticks.floor();
    let [from, to] = [low, low + 1.0].map(|at| map(Ticks(at as u64)).0 as f64);
    from + (ticks - low) * (to - from)
}

/// The groove of a file's bytes: MIDI or drum tablature.
///
/// # Errors
/// If the bytes are neither, or have no drums.
pub(super) fn groove_from_file(name: &str, bytes: &[u8]) -> Result<TakenGroove, TakeError> {
    let name = tidy_name_or(name, "Groove");
    // A groove is small: a GPU would be waited for longer than the processor takes.
    let models = Models::new(Backend::Cpu, None);
    groove_of_file(&name, bytes, &models).map_err(|source| TakeError::Groove { name, source })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drummer::timing::tests::performance;
    use crate::midi;
    use crate::score::Pedal;

    #[test]
    fn a_file_keeps_its_pedals_until_its_last_bar_ends() {
        // A whole note of four quarters at 96 ticks, the pedal down in its midst and up a bar after its end.
        let events = [
            0u8, 0x90, 60, 80, 96, 0xB0, 64, 127, 0x82, 0x20, 0x80, 60, 0, 0x83, 0, 0xB0, 64, 0, 0,
            0xFF, 0x2F, 0,
        ];
        let head = *b"MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk\0\0\0";
        let bytes = [&head[..], &[events.len() as u8], &events].concat();
        let (take, _) = Take::from_midi("pedal", &bytes).unwrap();
        let change = |at, value| PedalChange { at: Ticks(at), pedal: Pedal::Sustain, value };
        assert_eq!(take.pedals, [[change(96, 127), change(384, 0)]]);
        assert_eq!(take.length, Ticks(384));
        assert!(take.volumes.is_empty());
        // A song without any has no lists of nothing.
        let song = crate::studio::fixtures::take(2).song;
        assert!(Take::from_midi("plain", &midi::write(&song)).unwrap().0.pedals.is_empty());
    }

    #[test]
    fn a_song_with_too_many_bars_is_sent_to_the_command_line() {
        let (mut song, _) = performance(84.0, 2);
        for note in &mut song.tracks[0].notes {
            note.start += Ticks(1024 * 4 * u64::from(song.tempo.ticks_per_quarter()));
        }
        let said = Take::from_midi("long", &midi::write(&song)).unwrap_err().to_string();
        assert!(said.contains("a take 1024 at most"), "{said}");
        assert!(said.ends_with("on the command line plays songs of up to 10000 bars"), "{said}");
    }

    #[test]
    fn a_file_that_was_played_freely_gets_the_bars_that_are_heard() {
        let (song, beats) = performance(84.0, 2);
        let (take, findings) = Take::from_midi("played", &midi::write(&song)).unwrap();
        assert_eq!(findings, [Finding::Followed]);
        // The host has the file's tempo: a bar is where its downbeat is played.
        let bars = take.bars();
        let downbeats: Vec<f64> = beats.iter().step_by(4).take(32).map(|at| at * 2.0).collect();
        let lines: Vec<f64> =
            bars.bars().iter().map(|bar| take.beats_at(bar.start.0 as f64).0).collect();
        let is_met = |at: &&f64| lines.iter().any(|line| (line - **at).abs() <= 0.14);
        let met = downbeats.iter().filter(is_met).count();
        assert!(met >= 24, "{met} of 32 downbeats");
        // There and back.
        for tick in [-100.0, 0.0, 480.5, 5000.25, 30_000.0] {
            let back = take.ticks_at(take.beats_at(tick));
            assert!((back - tick).abs() < 1.5, "{tick} became {back}");
        }
        assert!((take.host_tempo(Ticks(5000)).0 - 120.0).abs() < 1e-9);
        // The musician has the last word.
        let kept = take.following(false).unwrap();
        assert_eq!((&kept.file_time, kept.following(false)), (&None, None));
        assert_eq!(kept.bars().bars()[0].length, Ticks(1920));
        let sorted = |track: &crate::score::Track| {
            let mut notes: Vec<(u8, u64)> =
                track.notes.iter().map(|note| (note.key, note.start.0)).collect();
            notes.sort_unstable();
            notes
        };
        for (kept, own) in kept.song.tracks.iter().zip(&song.tracks) {
            for (kept, own) in sorted(kept).into_iter().zip(sorted(own)) {
                assert!(kept.0 == own.0 && kept.1.abs_diff(own.1) <= 1);
            }
        }
        assert_eq!(kept.following(true).unwrap().bars().len(), bars.len());
    }
}
