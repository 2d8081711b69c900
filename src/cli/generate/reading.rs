//! The song as it is read, heard and written.

use std::path::Path;

use super::arguments::Arguments;
use crate::cli::console::remark;
use crate::cli::error::CliError;
use crate::cli::song;
use crate::drummer::timing::{self, Timed};
use crate::drummer::{self, CountedIn, GeneratedPart, Settings, SongAnalysis};
use crate::midi::{self, SongFile};
use crate::score::{Note, Song, Ticks};

/// A file's song with the bars that it is played in.
pub struct Reading {
    pub file: SongFile,
    pub timed: Timed,
    /// What the drummer listens to.
    pub heard: Song,
    /// What the drums are written to: the file's song, later where drums count it in.
    pub whole: Song,
    /// How much later that is.
    later: Ticks,
    /// What counts in ahead of it, in ticks of what is written.
    count_in: Vec<Note>,
    pub settings: Settings,
}

impl Reading {
    pub fn of(
        arguments: &Arguments,
        mut settings: Settings,
        path: &Path,
    ) -> Result<Reading, CliError> {
        let file = song::read(path, &arguments.kinds)?;
        // What a song without melodic tracks is answered does not wait for its bars.
        song::select_tracks(path, file.song(), &arguments.track)?;
        let timed = Timed::of(file.song(), arguments.bars.bars(path, file.song())?);
        let heard = song::select_tracks(path, &timed.song, &arguments.track)?;
        let playing = |song: &Song| song.melodic().filter(|track| !track.notes.is_empty()).count();
        settings.others_play |= playing(&heard) < playing(&timed.song);
        let swing = timing::swing(&timed.song);
        settings.swing = arguments.args.swing().unwrap_or(swing);
        let heard = timing::straightened(&heard, swing);
        let whole = file.song().clone();
        let (later, count_in) = (Ticks(0), Vec::new());
        Ok(Reading { file, timed, heard, whole, later, count_in, settings })
    }

    /// Makes room for a count-in in what is written, if one is asked for and the song leaves none; what is
    /// heard and what is played to it stay as they are.
    pub fn count_in(&mut self, analysis: &SongAnalysis) {
        let file = self.file.song();
        if let Some(counted) = drummer::counted_in(file, &self.timed, analysis, &self.settings) {
            let CountedIn { song, later, notes } = counted;
            (self.whole, self.later, self.count_in) = (song, later, notes);
        }
    }

    /// The notes of a part in the song that is written, the count-in among them.
    pub fn notes(&self, generated: &GeneratedPart) -> Vec<Note> {
        let notes = self.timed.notes(&generated.part).into_iter();
        let later = notes.map(|note| Note { start: note.start + self.later, ..note });
        self.count_in.iter().copied().chain(later).collect()
    }

    /// The notes of a part as its file has them, in ticks of that.
    pub fn file_notes(&self, generated: &GeneratedPart, merge: bool) -> Vec<Note> {
        let notes = self.notes(generated);
        if merge { self.file.file_notes(&notes) } else { notes }
    }

    /// The MIDI file of a part's drums, alone or in their song.
    pub fn part_file(&self, generated: &GeneratedPart, merge: bool) -> Vec<u8> {
        let notes = self.notes(generated);
        if merge {
            self.file.with_drums(&notes, self.later)
        } else {
            midi::write(&midi::drum_song_of(&self.whole, notes))
        }
    }

    /// What was mended and what was found out about the bars, a line each.
    pub fn remark(&self, path: &Path) {
        if let Some(mended) = song::mended(path, &self.file) {
            remark(&mended);
        }
        self.findings().for_each(|line| remark(&line));
    }

    /// What was found out about the bars, a line each.
    pub fn findings(&self) -> impl Iterator<Item = String> {
        self.timed.findings.iter().map(ToString::to_string)
    }
}
