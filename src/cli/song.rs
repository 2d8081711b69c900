//! The song that a command works on.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::drummer::timing::Bars;
use crate::midi::{ReadError, SongFile};
use crate::score::{Metre, Song, TrackError};

use super::error::{CliError, SongError};

/// What stands for standard input, and for standard output.
pub const STANDARD: &str = "-";

const STANDARD_INPUT: &str = "standard input";

/// The most that is read from standard input, in bytes; songs have less than a mebibyte.
const MOST: u64 = 32 << 20;

/// Which tracks are drums where the file and Drumlin do not say it right.
#[derive(Debug, Args)]
pub struct KindArguments {
    /// Take a track for drums: its name or number, see `drumlin tracks`. May be given several times
    #[arg(long, value_name = "TRACK", help_heading = "How to read the song")]
    drums: Vec<String>,

    /// Take a track for a melody: its name or number. May be given several times
    #[arg(long, value_name = "TRACK", help_heading = "How to read the song")]
    melodic: Vec<String>,
}

/// Where the bars are, if not where Drumlin finds them.
#[derive(Debug, Args)]
pub struct BarArguments {
    /// The upbeat's length in beats, in notes of the metre's denominator: bar 1 begins behind it
    #[arg(
        long,
        value_name = "BEATS",
        value_parser = beats,
        allow_hyphen_values = true,
        help_heading = "How to read the song",
        conflicts_with_all = ["keep_bars", "follow_playing"],
    )]
    pickup: Option<f32>,

    /// Keep the file's bars, even if its notes say that they are elsewhere
    #[arg(long, help_heading = "How to read the song", conflicts_with = "follow_playing")]
    keep_bars: bool,

    /// Find the beats of a song that was played without a click, and play to those
    #[arg(long, help_heading = "How to read the song")]
    follow_playing: bool,
}

/// As many beats as a bar can have.
const MOST_BEATS: f32 = 255.0;

fn beats(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(beats) if (0.0..=MOST_BEATS).contains(&beats) => Ok(beats),
        _ => Err(format!("a number of beats from 0 to {MOST_BEATS} is needed, such as 1 or 0.5")),
    }
}

impl BarArguments {
    /// What is asked for a song.
    ///
    /// # Errors
    /// If the upbeat is longer than the song's first bar.
    pub fn bars(&self, path: &Path, song: &Song) -> Result<Bars, CliError> {
        Ok(match self {
            BarArguments { pickup: Some(beats), .. } => {
                let bars = song.bars();
                let first = bars.bars().first().map_or(Metre::COMMON, |bar| bar.metre);
                if *beats > f32::from(first.numerator()) {
                    let (beats, metre) = (*beats, first);
                    return Err(CliError::Pickup { path: path.into(), beats, metre });
                }
                Bars::Pickup(*beats)
            }
            BarArguments { keep_bars: true, .. } => Bars::Keep,
            BarArguments { follow_playing: true, .. } => Bars::Follow,
            _ => Bars::Detect,
        })
    }
}

/// What an input is called in messages.
pub fn input_name(path: &Path) -> &Path {
    if path == Path::new(STANDARD) { Path::new(STANDARD_INPUT) } else { path }
}

/// What an output is called in messages.
pub fn output_name(path: &Path) -> &Path {
    if path == Path::new(STANDARD) { Path::new("standard output") } else { path }
}

/// Reads a song, from standard input if it is called `-`, and makes sure that there is something in it.
pub fn read(path: &Path, kinds: &KindArguments) -> Result<SongFile, CliError> {
    let mut file =
        if path == Path::new(STANDARD) { read_standard()? } else { crate::midi::open(path)? };
    let wrong = |reason| SongError { path: input_name(path).into(), reason };
    if file.song().tracks.iter().all(|track| track.notes.is_empty()) {
        return Err(wrong(TrackError::Empty).into());
    }
    // All are found before any is changed: a label may depend on what the track is.
    let mut asked = Vec::new();
    for (tracks, drums) in [(&kinds.drums, true), (&kinds.melodic, false)] {
        for wanted in tracks {
            let found = file.song().find_any_tracks(wanted).map_err(wrong)?;
            asked.extend(found.into_iter().map(|track| (track, drums)));
        }
    }
    let both = asked.iter().find(|&&(track, drums)| asked.contains(&(track, !drums)));
    if let Some(&(track, _)) = both {
        return Err(CliError::BothKinds { track: track + 1 });
    }
    for (track, drums) in asked {
        file.take_for(track, drums);
    }
    Ok(file)
}

/// What was mended in reading as one line, if anything was.
pub fn mended(path: &Path, file: &SongFile) -> Option<String> {
    let repairs: Vec<String> = file.repairs().iter().map(ToString::to_string).collect();
    let name = input_name(path).display();
    (!repairs.is_empty()).then(|| format!("{name} is damaged: {}", repairs.join("; ")))
}

fn read_standard() -> Result<SongFile, ReadError> {
    let path = || PathBuf::from(STANDARD_INPUT);
    let mut bytes = Vec::new();
    let read = io::stdin().lock().take(MOST + 1).read_to_end(&mut bytes);
    read.map_err(|source| ReadError::Io { path: path(), source })?;
    if bytes.len() as u64 > MOST {
        return Err(ReadError::TooBig { path: path(), most_mib: MOST >> 20 });
    }
    SongFile::parse(bytes).map_err(|source| ReadError::Midi { path: path(), source })
}

/// What the drummer listens to: the tracks asked for, or all but the drums.
pub fn select_tracks(path: &Path, song: &Song, tracks: &[String]) -> Result<Song, CliError> {
    let chosen = song.with_only_tracks(tracks);
    Ok(chosen.map_err(|reason| SongError { path: input_name(path).into(), reason })?)
}

/// What the song is called: its file's name.
pub fn title(path: &Path) -> String {
    if path == Path::new(STANDARD) {
        return "song".to_owned();
    }
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
