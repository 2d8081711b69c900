//! Why a command did not do what was asked.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::audio::AudioError;
use crate::composer::ComposeError;
use crate::curator::{self, MixError, Reason};
use crate::drummer::evaluation::EvaluationError;
use crate::drummer::features::DatasetError;
use crate::drummer::performance;
use crate::drummer::picture::PictureError;
use crate::drummer::{DrummerError, GrooveFileError};
use crate::files::OutputError;
use crate::midi::ReadError;
use crate::network::NetworkError;
use crate::patterns::{self, PatternError};
use crate::picture::EncodeError;
use crate::score::{GrooveError, Metre, TrackError};
use crate::timbre::TimbreError;
use crate::transcriber::TranscribeError;

use super::words::count;

/// Why a file's song cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot use {}: {reason}", path.display())]
pub struct SongError {
    pub path: PathBuf,
    pub reason: TrackError,
}

/// One sentence each, shown after the program's name.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// Arguments that do not go together, in words of their own.
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Song(#[from] SongError),
    #[error(
        "an upbeat of {beats} beats is longer than a bar of {}/{}, in which {} begins",
        metre.numerator(),
        metre.denominator(),
        path.display()
    )]
    Pickup { path: PathBuf, beats: f32, metre: Metre },
    #[error(
        "no bar begins at {downbeat} s: {} is over after {seconds:.1} s",
        recording.display()
    )]
    Downbeat { recording: PathBuf, downbeat: f64, seconds: f64 },
    #[error(transparent)]
    Drummer(#[from] DrummerError),
    #[error(transparent)]
    Audio(#[from] AudioError),
    #[error("cannot use {}: {source}", path.display())]
    SoundFont { path: PathBuf, source: AudioError },
    #[error("cannot take a groove from {}: {source}", path.display())]
    Groove { path: PathBuf, source: GrooveFileError },
    #[error("cannot play this groove: {0}")]
    Tab(GrooveFileError),
    #[error("cannot write the drums of {} as a tab: {source}", path.display())]
    NoTab { path: PathBuf, source: GrooveError },
    #[error("there is no network in {}: the files looked for are {names}", folder.display())]
    NoModels { folder: PathBuf, names: String },
    #[error(transparent)]
    Picture(#[from] PictureError),
    #[error(transparent)]
    Evaluation(#[from] EvaluationError),
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    #[error(transparent)]
    Performance(#[from] performance::ExportError),
    #[error(transparent)]
    Patterns(#[from] patterns::ExportError),
    #[error(transparent)]
    ClipOnsets(#[from] curator::ExportError),
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error("cannot read the list {}: {source}", list.display())]
    List { list: PathBuf, source: io::Error },
    #[error("cannot use the folder {}: {source}", folder.display())]
    Folder { folder: PathBuf, source: io::Error },
    #[error("there is no MIDI file in {}", folder.display())]
    NoSongs { folder: PathBuf },
    #[error("track {track} cannot be drums and a melody: both --drums and --melodic name it")]
    BothKinds { track: usize },
    #[error("no song in {} has drums in two bars or more to compare with", folder.display())]
    NoDrums { folder: PathBuf },
    #[error("no song in {} has drums and a melody of four bars or more", folder.display())]
    NoMelodies { folder: PathBuf },
    #[error(transparent)]
    Output(#[from] OutputError),
    #[error("{} is to be {wanted}: call it something that ends in .{ending}", path.display())]
    Ending { path: PathBuf, wanted: &'static str, ending: &'static str },
    #[error(
        "{} is a folder, and -o names a file: --output-folder writes into a folder",
        path.display()
    )]
    FolderAsFile { path: PathBuf },
    #[error("{} is a file, and a folder is needed", path.display())]
    FileAsFolder { path: PathBuf },
    #[error("standard output can take one thing only: {what}")]
    OneThing { what: &'static str },
    #[error("several files need a folder to write to: --output-folder")]
    NoFolder,
    #[error(transparent)]
    Transcribe(#[from] TranscribeError),
    #[error("no melody for {}: {source}", drums.display())]
    Compose { drums: PathBuf, source: ComposeError },
    #[error(transparent)]
    Decode(#[from] crate::audio::DecodeError),
    #[error("cannot use {}: {reason}", path.display())]
    Timbre { path: PathBuf, reason: TimbreError },
    #[error("cannot read the piano {}: {source}", path.display())]
    Piano { path: PathBuf, source: io::Error },
    #[error("no drum was heard in {}", recording.display())]
    NoStrokes { recording: PathBuf },
    #[error("there is no recording in {}", folder.display())]
    NoRecordings { folder: PathBuf },
    #[error("{what} is for one recording")]
    OneRecording { what: &'static str },
    #[error("there is no clip to be heard in {}", folder.display())]
    NoClips { folder: PathBuf },
    #[error("cannot use {}: it {reason}", path.display())]
    Clip { path: PathBuf, reason: Reason },
    /// In the decoder's sentence, which names the file.
    #[error("{0}")]
    BrokenClip(String),
    #[error(transparent)]
    Mix(#[from] MixError),
    #[error(transparent)]
    Encode(#[from] EncodeError),
    #[error("{failed} of {all} recordings were not written down")]
    Recordings { failed: usize, all: usize },
    #[error("{failed} of {} got no drums", count(*all, "song"))]
    Songs { failed: usize, all: usize },
    #[error("cannot use {} as a groove: {reason}", path.display())]
    Pattern { path: PathBuf, reason: PatternError },
    #[error("no groove in {} can be used", folder.display())]
    NoGrooves { folder: PathBuf },
    #[error("the map has no groove of that style")]
    NothingNear,
    #[error("cannot write to standard output: {0}")]
    Console(io::Error),
    /// A panic.
    #[error(
        "an error inside drumlin: {what}; please report it, with the file if you may and with what is \
         printed where RUST_BACKTRACE is 1"
    )]
    Inside { what: String },
}

impl CliError {
    /// What the process ends with: 2 for wrong usage, as clap does, else 1.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            CliError::Usage(_)
            | CliError::OneThing { .. }
            | CliError::OneRecording { .. }
            | CliError::NoFolder => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }
}
