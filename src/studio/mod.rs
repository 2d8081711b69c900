//! The desk: what a musician works on, without a host and without a window.
//!
//! [`wire`] is the seam to the audio thread: plain values that cross bounded queues.

pub mod wire;
