//! `drumlin features`: what networks are trained on, written by the code that plays.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::composer;
use crate::curator;
use crate::drummer::features::{ExportOptions, export};
use crate::drummer::performance;
use crate::midi;
use crate::patterns;

use super::console::remark;
use super::error::CliError;
use super::progress::counted;

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
        value_parser = clap::value_parser!(u8).range(1..),
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

/// Of recordings of drums: where each of nine bands rises, as one file
#[derive(Debug, Args)]
struct Clips {
    /// The folder with the recordings
    #[arg(long, value_name = "FOLDER")]
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
            remark(&format!("{performances} performances, {steps} steps, {hits} hits"));
            Ok(())
        }
        Of::Patterns(Patterns { data, out }) => {
            let patterns::Exported { patterns, files, left_out } = patterns::export(data, out)?;
            remark(&format!("{patterns} patterns of {files} files, {left_out} files left out"));
            Ok(())
        }
        Of::Clips(Clips { data, out }) => {
            remark(&format!("{} clips", curator::export(data, out)?));
            Ok(())
        }
    }
}

impl Collection {
    /// The songs that are meant: those of a list, or all of a folder.
    fn songs(&self) -> Result<Vec<PathBuf>, CliError> {
        if let Some(list) = &self.list {
            return listed(list);
        }
        let mut found = Vec::new();
        midi_files(&self.data, Path::new(""), &mut found)?;
        found.sort();
        Ok(found)
    }
}

fn of_melodies(arguments: &Melodies) -> Result<(), CliError> {
    let songs = arguments.collection.songs()?;
    let failed = |source| CliError::Folder { folder: arguments.collection.out.clone(), source };
    fs::create_dir_all(&arguments.collection.out).map_err(failed)?;
    let bar = counted(songs.len(), arguments.quiet);
    for path in songs {
        bar.inc(1);
        let stem = path.with_extension("").display().to_string().replace(['/', '\\'], "--");
        let to = arguments.collection.out.join(format!("{stem}.safetensors"));
        if to.exists() {
            continue;
        }
        let left_out = match midi::read(&arguments.collection.data.join(&path)) {
            Err(error) => error.to_string(),
            Ok(song) => match composer::example(&song) {
                Err(error) => error.to_string(),
                Ok(None) => "it has no melody".to_owned(),
                Ok(Some(bytes)) => {
                    fs::write(to, bytes).map_err(failed)?;
                    continue;
                }
            },
        };
        if !arguments.quiet {
            bar.suspend(|| remark(&format!("left out: {}: {left_out}", path.display())));
        }
    }
    bar.finish_and_clear();
    Ok(())
}

fn of_songs(arguments: &Songs) -> Result<(), CliError> {
    let songs = arguments.collection.songs()?;
    let options = ExportOptions { views: usize::from(arguments.views), sound: !arguments.symbolic };
    let bar = counted(songs.len(), arguments.quiet);
    let told = |song: &Path, refused: Option<&str>| {
        if let Some(reason) = refused.filter(|_| !arguments.quiet) {
            bar.suspend(|| remark(&format!("left out: {}: {reason}", song.display())));
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

/// All MIDI files below `data/inside`, as paths below `data`.
fn midi_files(data: &Path, inside: &Path, found: &mut Vec<PathBuf>) -> Result<(), CliError> {
    let folder = data.join(inside);
    let unreadable = |source| CliError::Folder { folder: folder.clone(), source };
    for entry in fs::read_dir(&folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = inside.join(entry.file_name());
        if entry.path().is_dir() {
            midi_files(data, &path, found)?;
        } else if is_midi(&path) {
            found.push(path);
        }
    }
    Ok(())
}

/// By its name.
pub fn is_midi(path: &Path) -> bool {
    path.extension()
        .and_then(OsStr::to_str)
        .is_some_and(|extension| ["mid", "midi"].contains(&extension.to_lowercase().as_str()))
}
