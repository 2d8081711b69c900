//! Drumlin: a drummer that has heard the whole song.
//!
//! The modules are in layers; each imports only from layers below its own (see
//! `docs/architecture.md`).

// Modules that need unsafe code say so and why; every block of it says why it is sound.
#![deny(unsafe_code)]

pub mod analysis;
pub mod audio;
pub mod cli;
pub mod composer;
pub mod curator;
pub mod drummer;
pub mod editor;
pub mod files;
pub mod midi;
pub mod network;
pub mod parameters;
pub mod patterns;
pub mod picture;
pub mod plugin;
pub mod score;
pub mod studio;
pub mod timbre;
pub mod transcriber;

/// The README's example, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
