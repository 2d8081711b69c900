//! `drumlin tracks`: what is in a song.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::drummer::picture::facts;
use crate::midi::SongFile;
use crate::score::{Song, Track, TrackKind, program_name};

use super::console::{print, print_json, remark};
use super::error::CliError;
use super::song::{self, KindArguments};

/// List a song's tracks: their numbers and names are what --track, --drums and --melodic take
#[derive(Debug, Args)]
pub struct Arguments {
    /// The song: a MIDI file, or - for standard input
    song: PathBuf,

    #[command(flatten)]
    kinds: KindArguments,

    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// One line of the list.
#[derive(Serialize)]
struct Row {
    /// From 1.
    track: usize,
    name: String,
    /// The sound's name; `drums` of a drum track.
    sound: &'static str,
    /// General MIDI program, 0 to 127; none of a drum track.
    program: Option<u8>,
    /// Why it is drums, or a melody on the drum channel; none of others.
    because: Option<&'static str>,
    notes: usize,
    /// The first and last bar with a note in it, from 1.
    bars: Option<(usize, usize)>,
}

pub fn run(arguments: &Arguments) -> Result<(), CliError> {
    let file = song::read(&arguments.song, &arguments.kinds)?;
    if let Some(mended) = song::mended(&arguments.song, &file) {
        remark(&mended);
    }
    let rows = rows(&file);
    if arguments.json { print_json(&rows) } else { print(table(file.song(), &rows).as_bytes()) }
}

fn rows(file: &SongFile) -> Vec<Row> {
    let song = file.song();
    let grid = song.bars();
    let row = |(index, track): (usize, &Track)| {
        let bar = |note: Option<&crate::score::Note>| Some(grid.bar_at(note?.start)?.0 + 1);
        let (program, sound) = match track.kind {
            TrackKind::Melodic { program } => (Some(program), program_name(program)),
            TrackKind::Drums => (None, "drums"),
        };
        Row {
            track: index + 1,
            name: track.name.clone(),
            sound,
            program,
            because: file.because(index).map(|because| because.words()),
            notes: track.notes.len(),
            bars: bar(track.notes.first()).zip(bar(track.notes.last())),
        }
    };
    song.tracks.iter().enumerate().map(row).collect()
}

fn table(song: &Song, rows: &[Row]) -> String {
    let mut lines = vec![["track", "name", "sound", "notes", "bars"].map(str::to_owned)];
    lines.extend(rows.iter().map(|row| {
        let bars = row.bars.map(|(first, last)| match first == last {
            true => first.to_string(),
            false => format!("{first}–{last}"),
        });
        [
            row.track.to_string(),
            row.name.clone(),
            row.because.map_or(row.sound.to_owned(), |why| format!("{} ({why})", row.sound)),
            row.notes.to_string(),
            bars.unwrap_or_default(),
        ]
    }));
    let width = |column: usize| {
        lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default()
    };
    let widths = [0, 1, 2, 3].map(width);
    let mut text = format!("{}\n\n", facts(song));
    for [track, name, sound, notes, bars] in &lines {
        let [first, second, third, fourth] = widths;
        text +=
            &format!("{track:>first$}  {name:second$}  {sound:third$}  {notes:>fourth$}  {bars}\n");
    }
    text
}
