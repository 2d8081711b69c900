//! Lanes that belong together.

use crate::score::Lane;

/// What a back beat is struck on.
pub(super) const SNARES: [Lane; 3] = [Lane::Snare, Lane::SideStick, Lane::Clap];
/// From the low one up.
pub(super) const TOMS: [Lane; 3] = [Lane::LowTom, Lane::MidTom, Lane::HighTom];
/// Drums that hands strike.
pub(super) const DRUMS: [Lane; 6] =
    [Lane::Snare, Lane::SideStick, Lane::Clap, Lane::LowTom, Lane::MidTom, Lane::HighTom];
/// What a stick keeps the time on.
pub(super) const STICKS: [Lane; 3] = [Lane::ClosedHat, Lane::OpenHat, Lane::Ride];
/// What a stick or the foot keeps the time on.
pub(super) const CYMBALS: [Lane; 4] = [Lane::ClosedHat, Lane::OpenHat, Lane::Ride, Lane::PedalHat];
pub(super) const ALL_CYMBALS: [Lane; 5] =
    [Lane::ClosedHat, Lane::OpenHat, Lane::Ride, Lane::PedalHat, Lane::Crash];
pub(super) const PERCUSSION: [Lane; 3] = [Lane::Shaker, Lane::HandDrum, Lane::Bell];
