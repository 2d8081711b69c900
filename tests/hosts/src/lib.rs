//! Hosts in this process for tests and examples, and what a musician does in them.
//!
//! | module | what it is |
//! |---|---|
//! | `bare` | a CLAP host that has no extension at all |
//! | `clap`, `vst3` | a running plugin of either format, as [`Hosted`] |
//! | `clap_events` | transports and notes as CLAP has them |
//! | `session` | a project: a melody on a track, a transport, a plugin |
//! | `scenarios` | what a musician does, in any host |
//! | `storm` | all that hosts may do, at random |
//! | `saved` | the document in what a plugin has saved |
//!
//! A plugin's own audio code runs under `assert_no_alloc`: in a test that has its allocator and the
//! plugin in its own process, an allocation there aborts.

#![allow(missing_docs, reason = "the tests alone use it")]

pub mod bare;
pub mod clap;
pub mod clap_events;
pub mod saved;
pub mod scenarios;
pub mod session;
pub mod storm;
pub mod vst3;

use std::path::PathBuf;

pub type BoxError = Box<dyn std::error::Error>;

/// A note message with its sample in the block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Message {
    pub at: u32,
    pub channel: u8,
    pub key: u8,
    /// 1 to 127; `None` for a note's end.
    pub velocity: Option<u8>,
}

/// Where the host is at the start of a block.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    pub playing: bool,
    /// In quarter notes.
    pub position: f64,
    pub tempo: f64,
    pub metre: (u16, u16),
    pub looping: Option<(f64, f64)>,
    pub rate: f64,
}

/// What goes into a block.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    pub now: Now,
    pub frames: u32,
    pub notes: &'a [Message],
    /// On both sides of the sound that comes in, as many samples as frames; `None` where the host leaves the
    /// input out.
    pub sound: Option<&'a [f32]>,
}

/// What comes out of a block.
#[derive(Clone, Debug, Default)]
pub struct BlockOutput {
    pub notes: Vec<Message>,
    pub left: Vec<f32>,
    pub right: Vec<f32>,
}

pub trait Hosted {
    fn process(&mut self, block: &Block) -> Result<BlockOutput, BoxError>;
    /// Sets a parameter with the next block, by its name; plain values.
    fn set(&mut self, parameter: &str, value: f64) -> Result<(), BoxError>;
    fn save(&mut self) -> Result<Vec<u8>, BoxError>;
    fn load(&mut self, state: &[u8]) -> Result<(), BoxError>;
    /// Stops it and starts it again.
    fn restart(&mut self) -> Result<(), BoxError>;
}

/// What cargo has built beside the program that runs, by its name there.
///
/// # Panics
///
/// If cargo has not.
pub fn built(name: &str) -> PathBuf {
    let program = std::env::current_exe().expect("the program that runs has a path");
    let found = program.ancestors().skip(1).map(|folder| folder.join(name)).find(|at| at.exists());
    found.unwrap_or_else(|| panic!("cargo builds {name} first"))
}

/// The library that has the plugins. Panics as [`built`] does.
pub fn library() -> PathBuf {
    built(&format!("{}drumlin{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX))
}
