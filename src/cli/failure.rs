//! Why a command did not do what was asked.

use std::io;

use crate::midi::ReadError;

use super::song::SongError;

/// One sentence each, shown after the program's name.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Song(#[from] SongError),
    #[error("cannot write to standard output: {0}")]
    Console(io::Error),
}
