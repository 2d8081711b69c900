//! Cymbals that are meant to be heard: crashes, and hats that open.
//!
//! The groove network learned from pads, on which people hit many crashes and open hats softly, and
//! draws the velocity of each by itself. So a crash came in under the kick that it lands with.

use std::collections::BTreeMap;

use super::performance::GivenStrokes;
use crate::score::{BarIndex, DrumPart, Hit, Lane, Velocity};

/// An open hat has at least this share of the velocity that the closed hats of its bar have on average.
const OPEN: f32 = 0.7;

/// Makes crashes at least as loud as the kick on their step, and open hats nearly as loud as the closed
/// ones of their bar. Nothing becomes softer, and what was `given` is as loud as it was.
pub(super) fn lift_cymbals(part: &mut DrumPart, given: &GivenStrokes) {
    let mut kicks: BTreeMap<(BarIndex, usize), Velocity> = BTreeMap::new();
    // Closed hats of each bar: sum and number.
    let mut closed: BTreeMap<BarIndex, (f32, f32)> = BTreeMap::new();
    for hit in &part.hits {
        match hit.lane() {
            Lane::Kick => {
                let loudest = kicks.entry((hit.bar, hit.step)).or_insert(hit.velocity);
                *loudest = hit.velocity.max(*loudest);
            }
            Lane::ClosedHat => {
                let (sum, count) = closed.entry(hit.bar).or_default();
                (*sum, *count) = (*sum + hit.velocity.unit(), *count + 1.0);
            }
            _ => {}
        }
    }
    let is_given = |hit: &Hit| given.contains_key(&(hit.bar, hit.step, hit.key));
    for hit in part.hits.iter_mut().filter(|hit| !is_given(hit)) {
        let least = match hit.lane() {
            Lane::Crash => kicks.get(&(hit.bar, hit.step)).copied(),
            Lane::OpenHat => {
                let mean = closed.get(&hit.bar).map(|(sum, count)| sum / count);
                mean.map(|mean| Velocity::from_unit(OPEN * mean))
            }
            _ => None,
        };
        if let Some(least) = least {
            hit.velocity = hit.velocity.max(least);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{BarGrid, Metre, StepGrid, Ticks};

    /// How loud strokes (step, lane, velocity) of two bars of 4/4 are, in order; those at `given` steps
    /// were given.
    fn lifted(strokes: &[(usize, Lane, u8)], given: &[usize]) -> Vec<u8> {
        let hit = |&(step, lane, velocity): &(usize, Lane, u8)| Hit {
            bar: BarIndex(step / 16),
            step: step % 16,
            key: lane.default_key(),
            velocity: Velocity::clamped(velocity),
            offset: 0.0,
        };
        let bars = BarGrid::new(480, &[], Ticks(2 * 1920));
        let grids = vec![StepGrid::for_metre(Metre::COMMON, false); 2];
        let mut part = DrumPart::new(bars, grids, strokes.iter().map(hit).collect());
        let are_given = part.hits.iter().filter(|hit| given.contains(&(hit.bar.0 * 16 + hit.step)));
        let given: GivenStrokes =
            are_given.map(|hit| ((hit.bar, hit.step, hit.key), (hit.velocity, 0.0))).collect();
        lift_cymbals(&mut part, &given);
        part.hits.iter().map(|hit| hit.velocity.get()).collect()
    }

    #[test]
    fn a_crash_is_no_softer_than_its_kick() {
        let landing = |crash: u8| [(0, Lane::Kick, 90), (0, Lane::Crash, crash)];
        assert_eq!(lifted(&landing(40), &[]), [90, 90]);
        assert_eq!(lifted(&landing(110), &[]), [90, 110], "nothing becomes softer");
        assert_eq!(lifted(&landing(40), &[0]), [90, 40], "what was given stays");
        // The kick of another step says nothing.
        assert_eq!(lifted(&[(0, Lane::Kick, 90), (16, Lane::Crash, 40)], &[]), [90, 40]);
    }

    #[test]
    fn an_open_hat_is_heard_beside_closed_ones() {
        let bar = |open: u8| {
            [(0, Lane::ClosedHat, 80), (4, Lane::ClosedHat, 120), (14, Lane::OpenHat, open)]
        };
        assert_eq!(lifted(&bar(20), &[]), [80, 120, 70]);
        assert_eq!(lifted(&bar(90), &[]), [80, 120, 90]);
        assert_eq!(lifted(&bar(20), &[14]), [80, 120, 20], "what was given stays");
        // Where only open hats play nobody says how loud they are.
        assert_eq!(lifted(&[(14, Lane::OpenHat, 20)], &[]), [20]);
    }
}
