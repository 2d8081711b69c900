//! What settings ask of a part as a whole.

use super::given;
use super::objective::Weights;
use super::settings::{ClassDensities, Settings, Style, StyleChoice};

/// See [`Weights::structure`].
const STRUCTURE: f32 = 0.3;
/// See [`Weights::balance`]: where the song alone decides what is wanted, and where the musician asked
/// or an alternative is to be another style.
const BALANCE: [f32; 2] = [0.1, 0.2];
/// See [`Weights::onset`] and [`Weights::core`].
const ONSET: f32 = 0.5;
const CORE: f32 = 0.3;

impl Settings {
    /// The class densities that are asked for, if any.
    pub(super) fn densities(&self) -> Option<ClassDensities> {
        match &self.style {
            StyleChoice::FromSong => None,
            StyleChoice::Preset(style) => Some(style.densities()),
            StyleChoice::Densities(densities) => Some(*densities),
            StyleChoice::Groove(groove) => Some(given::densities(groove)),
        }
    }

    /// Whether the musician gave a groove, which says by itself how much there is of everything.
    pub(super) fn has_own_groove(&self) -> bool {
        matches!(self.style, StyleChoice::Groove(_))
    }

    /// Whether there is a pedal of the kick for each foot.
    pub(super) fn has_double_pedal(&self) -> bool {
        self.style.preset().is_some_and(Style::has_double_pedal)
    }
}

/// How parts are measured, with densities that were asked for or with those that the song suggests.
pub(super) fn weights(is_asked: bool) -> Weights {
    let balance = BALANCE[usize::from(is_asked)];
    Weights { structure: STRUCTURE, balance, onset: ONSET, core: CORE }
}
