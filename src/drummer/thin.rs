//! Less of a groove, for where the song is quiet or its drums wait.

use super::lanes::SNARES;
use crate::score::{DrumClass, GridKind, Lane, StepGrid};

/// How much of a groove is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Amount {
    /// What keeps the time.
    Time,
    /// What keeps the time, and the kick on the beats.
    Sparse,
    /// Beats and eighths, the snare by its rim.
    Light,
    All,
}

impl Amount {
    /// For a loudness in decibels below the song's loud bars.
    pub fn at(level: f32) -> Amount {
        if level < -10.0 { Amount::Light } else { Amount::All }
    }
}

/// Whether a stroke is a back beat: snare, rim or clap on a beat after the first.
pub(super) fn is_back_beat(lane: Lane, step: usize, grid: &StepGrid) -> bool {
    SNARES.contains(&lane) && step > 0 && step.is_multiple_of(grid.steps_per_beat)
}

/// The strokes (step, lane, weight) of a bar that are played of a groove.
pub(super) fn thinned(
    strokes: Vec<(usize, Lane, f32)>,
    amount: Amount,
    grid: &StepGrid,
) -> Vec<(usize, Lane, f32)> {
    // Eighths, or thirds of a ternary beat.
    let part = match grid.kind {
        GridKind::Straight => (grid.steps_per_beat / 2).max(1),
        GridKind::Ternary => (grid.steps_per_beat / 3).max(1),
    };
    let beat = |step: usize| step.is_multiple_of(grid.steps_per_beat);
    let cymbal = |lane| matches!(lane, Lane::ClosedHat | Lane::Ride | Lane::PedalHat);
    strokes
        .into_iter()
        .filter_map(|(step, lane, weight)| {
            let lane = match (amount, lane) {
                (Amount::All, lane) => lane,
                (_, Lane::OpenHat) => Lane::ClosedHat,
                (Amount::Light, Lane::Snare) => Lane::SideStick,
                (_, lane) => lane,
            };
            let played = match amount {
                Amount::All => true,
                Amount::Sparse | Amount::Light if lane == Lane::Kick => beat(step),
                Amount::Time | Amount::Sparse => {
                    cymbal(lane) || lane.drum_class() == DrumClass::Percussion
                }
                Amount::Light if lane == Lane::SideStick => is_back_beat(lane, step, grid),
                Amount::Light => {
                    let soft = cymbal(lane) || matches!(lane, Lane::Shaker | Lane::HandDrum);
                    soft && step.is_multiple_of(part)
                }
            };
            played.then_some((step, lane, weight))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Metre;

    #[test]
    fn less_is_played_of_the_same_groove() {
        let grid = StepGrid::for_metre(Metre::COMMON, false);
        let mut groove: Vec<(usize, Lane, f32)> =
            (0..16).map(|step| (step, Lane::ClosedHat, 1.0)).collect();
        groove.extend([0, 3, 8].map(|step| (step, Lane::Kick, 1.0)));
        groove.extend([4, 7, 12].map(|step| (step, Lane::Snare, 1.0)));
        groove.push((14, Lane::LowTom, 1.0));
        let of = |amount| thinned(groove.clone(), amount, &grid);
        let count = |strokes: &[(usize, Lane, f32)], lane| {
            strokes.iter().filter(|stroke| stroke.1 == lane).count()
        };
        assert_eq!(of(Amount::All), groove);
        let lanes = [Lane::ClosedHat, Lane::Kick, Lane::SideStick, Lane::Snare, Lane::LowTom];
        let counts = |amount| lanes.map(|lane| count(&of(amount), lane));
        assert_eq!(counts(Amount::Light), [8, 2, 2, 0, 0]);
        assert_eq!(counts(Amount::Sparse), [16, 2, 0, 0, 0]);
        assert_eq!(counts(Amount::Time), [16, 0, 0, 0, 0]);
    }

    #[test]
    fn quieter_is_less() {
        assert_eq!([0.0, -11.0].map(Amount::at), [Amount::All, Amount::Light]);
    }
}
