//! What the networks hear of a song beside its sound: per-bar symbolic features and the N x N
//! channels that compare every bar with every other.
//!
//! Computed once here, for running and for training alike (`drumlin features`).

mod bar;
mod content;
mod dataset;
mod export;
mod grid;
mod instruments;
mod lead;
mod pairs;

pub(super) use bar::{ACCENTS, BASS, LOW, MIDDLE};
pub use bar::{BAR_FEATURES, BarFeatures, RHYTHMS, bar_features};
pub use content::Contents;
pub use dataset::{DatasetError, View, example};
pub use export::{ExportOptions, export};
pub use grid::{SLOTS, feels_triplets, step_grids};
pub use instruments::{PROGRAMS, instruments};
pub use lead::lead;
pub use pairs::{PAIR_CHANNELS, PAIR_NAMES, PairChannels, pair_channels, pair_channels_of};
