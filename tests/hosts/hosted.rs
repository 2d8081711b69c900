//! What the tests know of a plugin in a host, whatever its format.

pub type Failure = Box<dyn std::error::Error>;

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
    /// On both sides of the sound that comes in, if the plugin takes any.
    pub sound: f32,
}

/// What comes out of a block.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    pub notes: Vec<Message>,
    pub left: Vec<f32>,
    pub right: Vec<f32>,
}

pub trait Hosted {
    fn process(&mut self, block: &Block) -> Result<Heard, Failure>;
    /// Sets a parameter with the next block, by its name; plain values.
    fn set(&mut self, parameter: &str, value: f64) -> Result<(), Failure>;
    fn save(&mut self) -> Result<Vec<u8>, Failure>;
    fn load(&mut self, state: &[u8]) -> Result<(), Failure>;
    /// Stops it and starts it again.
    fn restart(&mut self) -> Result<(), Failure>;
}
