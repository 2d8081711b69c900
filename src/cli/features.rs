//! `drumlin features`: what networks are trained on, written by the code that plays.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::composer;
use crate::curator;
use crate::drummer::features::{ExportOptions, export};
use crate::drummer::performance;
use crate::files::write_whole;
use crate::midi;
use crate::patterns;

use super::common::whole;
use super::console::remark;
use super::error::CliError;
use super::folders::{is_hidden, is_midi};
use super::progress::counted;
use super::words::count;

/// Write the features that networks are trained on
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    of: Of,
}

#[derive(Debug, Subcommand)]
enum Of {
    Songs(Songs),
    Melodies(Melodies),
    Groove(Groove),
    Patterns(Patterns),
    Strokes(Strokes),
    Clips(Clips),
}

/// Songs, and where what is made of them goes.
#[derive(Debug, Args)]
struct Collection {
    /// The folder with the songs (MIDI)
    #[arg(long, value_name = "FOLDER")]
    data: PathBuf,

    /// The folder to write to
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,

    /// The songs, a line each, as paths inside the data folder; - is standard input. Without, all
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
}

/// Of songs, beside their real drums: a file for each song and view
///
/// Files that exist are kept, so an interrupted run goes on where it was.
#[derive(Debug, Args)]
struct Songs {
    #[command(flatten)]
    collection: Collection,

    /// Views of each song: 1 the full arrangement, 2 also the lead alone, more also random parts
    #[arg(
        long,
        value_name = "NUMBER",
        default_value = "1",
        value_parser = whole(1..=u8::MAX),
        allow_hyphen_values = true,
    )]
    views: u8,

    /// Leave the rendered sound out, which takes the longest
    #[arg(long)]
    symbolic: bool,

    /// Say nothing but errors
    #[arg(short, long)]
    quiet: bool,
}

/// Of the leads of songs, for the composer: a file for each song that has one
///
/// Files that exist are kept.
#[derive(Debug, Args)]
struct Melodies {
    #[command(flatten)]
    collection: Collection,

    /// Say nothing but errors
    #[arg(short, long)]
    quiet: bool,
}

/// Of human performances: the Groove MIDI Dataset as one file
#[derive(Debug, Args)]
struct Groove {
    /// The dataset's folder, with its info.csv
    #[arg(long, value_name = "FOLDER")]
    data: PathBuf,

    /// The file to write (safetensors)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Of all data sets: every two bars of drums, each pattern once, as one file
#[derive(Debug, Args)]
struct Patterns {
    /// The folder with the data sets (gmd, patterns, paired, mma_synth)
    #[arg(long, value_name = "FOLDER")]
    data: PathBuf,

    /// The file to write (safetensors)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Of recordings of strokes: the power in nine bands, as one file
#[derive(Debug, Args)]
struct Strokes {
    /// The folder with the recordings
    #[arg(long, value_name = "FOLDER")]
    data: PathBuf,

    /// The file to write (safetensors)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Of clips mixed of such strokes: how much each of the nine bands rises, as one file
#[derive(Debug, Args)]
struct Clips {
    /// The file with the power of the clips in nine bands (safetensors)
    #[arg(long, value_name = "FILE")]
    data: PathBuf,

    /// The file to write (safetensors)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub fn run(arguments: &Arguments) -> Result<(), CliError> {
    match &arguments.of {
        Of::Songs(songs) => of_songs(songs),
        Of::Melodies(melodies) => of_melodies(melodies),
        Of::Groove(Groove { data, out }) => {
            let written = performance::export(data, out)?;
            let performance::Exported { performances, steps, hits } = written;
            let performances = count(performances, "performance");
            let (steps, hits) = (count(steps, "step"), count(hits, "hit"));
            remark(&format!("{performances}, {steps}, {hits}"));
            Ok(())
        }
        Of::Patterns(Patterns { data, out }) => {
            let patterns::Exported { patterns, files, left_out } = patterns::export(data, out)?;
            let (patterns, files) = (count(patterns, "pattern"), count(files, "file"));
            remark(&format!("{patterns} of {files}, {} left out", count(left_out, "file")));
            Ok(())
        }
        Of::Strokes(Strokes { data, out }) => {
            remark(&count(curator::export_power(data, out)?, "recording"));
            Ok(())
        }
        Of::Clips(Clips { data, out }) => {
            remark(&count(curator::export_onsets(data, out)?, "clip"));
            Ok(())
        }
    }
}

impl Collection {
    /// The songs that are meant: those of a list, or all of a folder. Of songs that would be written
    /// under one name only the first is.
    fn songs(&self, quiet: bool) -> Result<Vec<PathBuf>, CliError> {
        let songs = match &self.list {
            Some(list) => listed(list)?,
            None => {
                let mut found = Vec::new();
                midi_files(&self.data, Path::new(""), &mut found)?;
                if found.is_empty() {
                    return Err(CliError::NoSongs { folder: self.data.clone() });
                }
                found.sort();
                found
            }
        };
        let (songs, doubles) = with_names_of_their_own(songs);
        if !quiet {
            for Double { song, first } in doubles {
                let (song, first) = (song.display(), first.display());
                remark(&format!("left out: {song}: {first} is written under the same name"));
            }
        }
        Ok(songs)
    }
}

/// A song that would be written under the name of another one.
#[derive(Debug, PartialEq, Eq)]
struct Double {
    song: PathBuf,
    first: PathBuf,
}

/// The songs, each name once, and those that are left out for that. What is there twice is there once
/// then.
fn with_names_of_their_own(songs: Vec<PathBuf>) -> (Vec<PathBuf>, Vec<Double>) {
    let mut firsts: HashMap<String, PathBuf> = HashMap::new();
    let mut doubles = Vec::new();
    let mut own = Vec::new();
    for song in songs {
        match firsts.get(&stem(&song)) {
            Some(first) if *first == song => {}
            Some(first) => doubles.push(Double { song, first: first.clone() }),
            None => {
                firsts.insert(stem(&song), song.clone());
                own.push(song);
            }
        }
    }
    (own, doubles)
}

/// What a song's file of features is called, without an ending: the song's path below the data.
fn stem(song: &Path) -> String {
    song.with_extension("").display().to_string().replace(['/', '\\'], "--")
}

/// A line about a song that is left out. Many reasons name it themselves.
fn left_out(song: &Path, reason: &str) -> String {
    let name = song.display().to_string();
    let named = if reason.contains(&name) { String::new() } else { format!("{name}: ") };
    format!("left out: {named}{reason}")
}

fn of_melodies(arguments: &Melodies) -> Result<(), CliError> {
    let songs = arguments.collection.songs(arguments.quiet)?;
    let failed = |source| CliError::Folder { folder: arguments.collection.out.clone(), source };
    fs::create_dir_all(&arguments.collection.out).map_err(failed)?;
    let bar = counted(songs.len(), arguments.quiet);
    for path in songs {
        bar.inc(1);
        let to = arguments.collection.out.join(format!("{}.safetensors", stem(&path)));
        if to.exists() {
            continue;
        }
        let reason = match midi::read(&arguments.collection.data.join(&path)) {
            Err(error) => error.to_string(),
            Ok(song) => match composer::example(&song) {
                Err(error) => error.to_string(),
                Ok(None) => "it has no melody".to_owned(),
                Ok(Some(bytes)) => {
                    write_whole(&to, &bytes)?;
                    continue;
                }
            },
        };
        if !arguments.quiet {
            bar.suspend(|| remark(&left_out(&path, &reason)));
        }
    }
    bar.finish_and_clear();
    Ok(())
}

fn of_songs(arguments: &Songs) -> Result<(), CliError> {
    let songs = arguments.collection.songs(arguments.quiet)?;
    let options = ExportOptions { views: usize::from(arguments.views), sound: !arguments.symbolic };
    let bar = counted(songs.len(), arguments.quiet);
    let told = |song: &Path, refused: Option<&str>| {
        if let Some(reason) = refused.filter(|_| !arguments.quiet) {
            bar.suspend(|| remark(&left_out(song, reason)));
        }
        bar.inc(1);
    };
    let written =
        export(&arguments.collection.data, &songs, &arguments.collection.out, options, &told);
    bar.finish_and_clear();
    written.map_err(|source| CliError::Folder { folder: arguments.collection.out.clone(), source })
}

/// The lines of a file or of standard input.
fn listed(list: &Path) -> Result<Vec<PathBuf>, CliError> {
    let text = if list == "-" {
        let mut text = String::new();
        io::stdin().lock().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(list)
    };
    let text = text.map_err(|source| CliError::List { list: list.into(), source })?;
    Ok(text.lines().filter(|line| !line.trim().is_empty()).map(PathBuf::from).collect())
}

/// All MIDI files below `data/inside`, as paths below `data`, without what is hidden.
fn midi_files(data: &Path, inside: &Path, found: &mut Vec<PathBuf>) -> Result<(), CliError> {
    // Joined with nothing, it would end in a separator where it is named.
    let folder = if inside == Path::new("") { data.to_owned() } else { data.join(inside) };
    let unreadable = |source| CliError::Folder { folder: folder.clone(), source };
    for entry in fs::read_dir(&folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = inside.join(entry.file_name());
        if is_hidden(&path) {
            continue;
        }
        if entry.path().is_dir() {
            midi_files(data, &path, found)?;
        } else if is_midi(&path) {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn songs_of_one_name_are_written_once() {
        let paths = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
        let all = paths(&["a/b.mid", "a--b.mid", "c.mid", "c.mid", "c.midi", "d.mid"]);
        let (own, doubles) = with_names_of_their_own(all);
        assert_eq!(own, paths(&["a/b.mid", "c.mid", "d.mid"]));
        let double = |song: &str, first: &str| Double { song: song.into(), first: first.into() };
        assert_eq!(doubles, [double("a--b.mid", "a/b.mid"), double("c.midi", "c.mid")]);
    }

    #[test]
    fn a_reason_names_the_song_once() {
        let song = Path::new("a/song.mid");
        assert_eq!(left_out(song, "it has no melody"), "left out: a/song.mid: it has no melody");
        assert_eq!(
            left_out(song, "cannot read data/a/song.mid"),
            "left out: cannot read data/a/song.mid"
        );
    }
}
