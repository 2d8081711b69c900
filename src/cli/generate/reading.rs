//! The song as it is read, heard and written.

use std::path::Path;

use super::arguments::Arguments;
use crate::cli::console::remark;
use crate::cli::error::CliError;
use crate::cli::song;
use crate::drummer::timing::{self, Timed};
use crate::drummer::{self, CountIn, GeneratedPart, Settings};
use crate::midi::{self, SongFile};
use crate::score::{Song, Ticks};

/// A file's song with the bars that it is played in.
pub struct Reading {
    pub file: SongFile,
    pub timed: Timed,
    /// What the drummer listens to.
    pub heard: Song,
    /// What the drums are written to: the file's song, a bar later where drums count it in.
    pub whole: Song,
    /// How much later that is.
    later: Ticks,
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
        let mut heard = song::select_tracks(path, &timed.song, &arguments.track)?;
        let swing = timing::swing(&timed.song);
        settings.swing = arguments.args.swing().unwrap_or(swing);
        heard = timing::straightened(&heard, swing);
        let (mut whole, mut later) = (file.song().clone(), Ticks(0));
        if settings.count_in != CountIn::None
            && !timed.is_followed()
            && let Some(moved) = drummer::with_bar_before(&heard)
        {
            heard = moved;
            whole = drummer::moved_by_bar(&timed.song);
            later = whole.end() - timed.song.end();
        }
        Ok(Reading { file, timed, heard, whole, later, settings })
    }

    /// The MIDI file of a part's drums, alone or in their song.
    pub fn part_file(&self, generated: &GeneratedPart, merge: bool) -> Vec<u8> {
        let notes = self.timed.notes(&generated.part);
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
        if let Some(finding) = &self.timed.finding {
            remark(&finding.to_string());
        }
    }
}
