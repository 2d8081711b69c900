//! What the musician has on the map.

use std::sync::Arc;

use crate::patterns::{Pattern, Place};

/// The most favourites that a document keeps.
pub const MOST_FAVOURITES: usize = 64;

/// A groove and where it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MapGroove {
    /// What is played.
    pub pattern: Pattern,
    /// Where on the map.
    pub place: Place,
}

/// What the musician has on the map; part of the document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MapState {
    /// The groove in hand.
    pub current: Option<MapGroove>,
    /// A and B, between which one can go.
    pub pins: [Option<MapGroove>; 2],
    /// How far from A to B, 0 to 1.
    pub share: f32,
    /// Kept to come back to, oldest first.
    pub favourites: Arc<[MapGroove]>,
}
