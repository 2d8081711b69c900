//! What is known of single strokes of a part before it is played, by their places.

use std::collections::BTreeMap;

use crate::score::{BarIndex, GmKey, Velocity};

/// Strokes of a part whose feel was given: velocity, and offset in steps.
pub type GivenStrokes = BTreeMap<Place, (Velocity, f32)>;

/// Strokes of a part that are fills', each as hard as somebody struck it.
pub type FillStrokes = BTreeMap<Place, Velocity>;

/// A stroke of a part: bar, step and key.
pub type Place = (BarIndex, usize, GmKey);

/// The strokes of a pattern that are written on another step when they are played: swing brought them
/// nearer to it. By their place in the pattern.
pub type Moved = BTreeMap<Place, usize>;
