//! What `drumlin generate` is asked for, and what follows from it alone.

use std::path::{Path, PathBuf};

use clap::Args;

use super::args::GenerateArgs;
use crate::audio::{self, SoundFont};
use crate::cli::candidates;
use crate::cli::common::{NetworkArguments, PrintArguments, named_file, whole};
use crate::cli::console::remark;
use crate::cli::error::CliError;
use crate::cli::song::{BarArguments, KindArguments};
use crate::drummer::{Drummer, Settings};
use crate::network;

const EXAMPLES: &str = "\
Examples:
  drumlin generate song.mid -o drums.mid
  drumlin generate song.mid -o drums.mid --style funk --alternatives 4 --picture form.png
  drumlin generate songs/*.mid --output-folder drums";

/// Play drums to a song
///
/// Writes a General MIDI drum part with the song's tempo and metre.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[command(mut_arg("json", |json| json.help("Print a report on standard output (JSON): form, timings, memory, notes").help_heading("What to write")))]
#[command(mut_arg("quiet", |quiet| quiet.help_heading("What to write")))]
pub struct Arguments {
    /// The song: a MIDI file, or - for standard input. Drums in it are not listened to. With
    /// --output-folder, several, or folders of them
    #[arg(required = true, value_name = "SONG")]
    pub songs: Vec<PathBuf>,

    /// The drum part to write (MIDI), or - for standard output. Further alternatives get a number:
    /// drums-2.mid
    #[arg(short, long, value_name = "FILE", required_unless_present = "output_folder")]
    pub output: Option<PathBuf>,

    /// A folder for the drum parts of all songs, each under its song's name; it is made if need be
    #[arg(
        long,
        value_name = "FOLDER",
        conflicts_with_all = ["output", "audio", "drums_audio", "picture", "json"],
    )]
    pub output_folder: Option<PathBuf>,

    /// Listen to this track only: its name, part of it, or its number, see `drumlin tracks`. May
    /// be given several times
    #[arg(long, value_name = "NAME|NUMBER")]
    pub track: Vec<String>,

    #[command(flatten)]
    pub kinds: KindArguments,

    #[command(flatten)]
    pub bars: BarArguments,

    #[command(flatten)]
    pub args: GenerateArgs,

    /// Write so many candidates, 2 to 64, and keep the best that differ (--keep), the best first
    #[arg(
        long,
        value_name = "NUMBER",
        value_parser = whole(2_u8..=64),
        allow_hyphen_values = true,
        conflicts_with_all = ["alternatives", "output_folder"],
        help_heading = "What to play",
    )]
    pub candidates: Option<u8>,

    /// How many of the candidates to keep, 1 to 16 [default: 4]
    #[arg(
        long,
        value_name = "NUMBER",
        value_parser = whole(1_u8..=16),
        allow_hyphen_values = true,
        help_heading = "What to play",
    )]
    pub keep: Option<u8>,

    /// Write the whole song with the new drums, not the drums alone: the file as it is but for them
    #[arg(long, help_heading = "What to write")]
    pub merge: bool,

    /// Draw the song's form as a picture (PNG), or - for standard output
    #[arg(long, value_name = "FILE", help_heading = "What to write")]
    pub picture: Option<PathBuf>,

    /// Render the song with its drums (WAV), or - for standard output; one file for each alternative
    #[arg(long, value_name = "FILE", help_heading = "What to write")]
    pub audio: Option<PathBuf>,

    /// Render the drums alone (WAV), or - for standard output; one file for each alternative
    #[arg(long, value_name = "FILE", help_heading = "What to write")]
    pub drums_audio: Option<PathBuf>,

    #[command(flatten)]
    pub printing: PrintArguments,

    /// Sounds to listen and render with (.sf2), instead of the ones built in
    #[arg(long, value_name = "FILE", value_parser = named_file(), help_heading = "What to use")]
    pub soundfont: Option<PathBuf>,

    #[command(flatten)]
    pub networks: NetworkArguments,
}

impl Arguments {
    /// What is asked of the drummer, but for grooves, and how many parts of those are written.
    ///
    /// # Errors
    /// If what is asked for contradicts itself or would have no effect.
    pub fn settings(&self) -> Result<(Settings, usize), CliError> {
        self.args.check()?;
        let mut settings = self.args.settings();
        let mut kept = settings.alternatives;
        if let Some(asked) = candidates::asked(self.candidates, self.keep)? {
            (settings.alternatives, kept) = asked;
        }
        Ok((settings, kept))
    }
}

/// Says that the GPU broke while it was used, if it did.
pub fn remark_on(drummer: &Drummer) {
    if let Some(network::Engine { broke: true, why: Some(why), .. }) = drummer.engine() {
        remark(&format!("{why}; the processor did the rest"));
    }
}

/// The sounds to listen and render with.
pub fn font(path: Option<&Path>) -> Result<SoundFont, CliError> {
    let Some(path) = path else { return Ok(SoundFont::embedded().clone()) };
    SoundFont::read(path).map_err(|source| match source {
        audio::AudioError::Unreadable { .. } => CliError::Audio(source),
        source => CliError::SoundFont { path: path.into(), source },
    })
}
