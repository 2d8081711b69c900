//! Which of the bars that people play are grooves, and of which style: what is filed under a style has fills,
//! solos and bars that were played beside the beat among it.

use std::collections::BTreeSet;

use super::features::SLOTS;
use super::lanes::STICKS;
use super::settings::Style;
use crate::score::{GridKind, Lane, StepGrid};

/// With fewer strokes on hat or ride a bar is a rest, a break or a solo: in .6 of the straight bars that
/// are filed under jazz both hands are on the snare or the toms.
const FEWEST: usize = 3;
/// In triplets a hand that strikes fewer beats of the bar plays the skips of another's time.
const BEATS: usize = 2;
/// A hat that is open more often in a bar was half closed when it was played.
const MOST_OPEN: usize = 8;
/// More strokes of the ride, of the kick (but in metal) and of congas and bells belong to another hand, foot or
/// player.
const MOST_RIDE: usize = 12;
const MOST_KICKS: usize = 7;
const MOST_PERCUSSION: usize = 3;
/// Most strokes of a snare in half time, ghost notes and all.
const HALF_TIME: usize = 3;

/// What is struck in a bar: `lane * SLOTS + step`.
pub(super) type Cells = BTreeSet<u16>;

/// What two bars have in common (F1 of their strokes), 0 to 1.
pub(super) fn likeness(a: &Cells, b: &Cells) -> f32 {
    2.0 * a.intersection(b).count() as f32 / (a.len() + b.len()).max(1) as f32
}

/// What is struck in a bar, by lane.
pub(super) struct Strokes<'a> {
    pub cells: &'a Cells,
    pub grid: &'a StepGrid,
}

impl Strokes<'_> {
    /// The steps on which some lanes are struck, lane by lane.
    fn of(&self, lanes: &[Lane]) -> Vec<usize> {
        let of = |lane: Lane| {
            let first = (lane.index() * SLOTS) as u16;
            self.cells
                .range(first..first + SLOTS as u16)
                .map(move |&cell| usize::from(cell - first))
        };
        lanes.iter().flat_map(|&lane| of(lane)).collect()
    }

    /// Whether some lanes are struck on all of these beats.
    fn on(&self, lanes: &[Lane], beats: &[usize]) -> bool {
        let steps = self.of(lanes);
        beats.iter().all(|beat| steps.contains(&(beat * self.grid.steps_per_beat)))
    }

    /// Whether a hand keeps the time on a cymbal as one can, and a hand or the kick strikes the first beat:
    /// else the bar was played so early that its first stroke lies in the one before. Kicks that are on
    /// sixteenths alone were played beside the beat too.
    pub fn keep_time(&self) -> bool {
        let begins = Lane::ALL.iter().any(|&lane| lane != Lane::PedalHat && self.on(&[lane], &[0]));
        let eighth = self.grid.steps_per_beat / 2;
        let kicks = self.of(&[Lane::Kick]);
        let beside = !kicks.is_empty() && kicks.iter().all(|step| step % eighth != 0);
        let time = self.of(&STICKS);
        let beats =
            time.iter().filter(|step| step.is_multiple_of(self.grid.steps_per_beat)).count();
        let is_time =
            time.len() >= FEWEST && (self.grid.kind == GridKind::Straight || beats >= BEATS);
        let feet = self.of(&[Lane::PedalHat]).iter().all(|step| step % eighth == 0);
        let hands = self.of(&[Lane::OpenHat]).len() <= MOST_OPEN
            && self.of(&[Lane::Ride]).len() <= MOST_RIDE;
        begins && !beside && is_time && feet && hands
    }

    /// Whether this is a groove of the style. Jazz has the ride, a foot on the second and fourth beat and no
    /// snare there; what comes from the Caribbean, South America and Africa a drum that answers the kick;
    /// marches a busy snare; the others a back beat: on two and four, in half time on three, or on all
    /// off-beats. In dance the kick is on all four; kick and snare of funk and hip-hop live in sixteenths.
    pub fn are_groove(&self, style: Style) -> bool {
        let snares = [Lane::Snare, Lane::SideStick, Lane::Clap];
        let toms = [Lane::LowTom, Lane::MidTom, Lane::HighTom];
        let others = self.of(&[Lane::HandDrum, Lane::Bell]).len();
        if others > MOST_PERCUSSION {
            return false;
        }
        match style {
            Style::Jazz => {
                let is_straight = self.grid.kind == GridKind::Straight;
                let rides = !is_straight || self.on(&[Lane::Ride], &[0, 1, 2, 3]);
                let foot = self.on(&[Lane::PedalHat, Lane::ClosedHat], &[1, 3]);
                let back_beat = [1, 3].iter().any(|&beat| self.on(&snares, &[beat]));
                let stamps = [0, 2].iter().any(|&beat| self.on(&[Lane::PedalHat], &[beat]));
                rides && foot && !stamps && !back_beat && self.of(&toms).is_empty()
            }
            Style::Latin | Style::Afro => {
                let answers = self.of(&snares).len() + self.of(&toms).len();
                answers > 0 && !self.of(&[Lane::Kick]).is_empty()
            }
            Style::March => self.of(&snares).len() >= 4,
            _ => {
                let eighth = self.grid.steps_per_beat / 2;
                let two_four = self.on(&snares, &[1, 3]);
                let half_time = self.on(&snares, &[2])
                    && self.of(&snares).len() <= HALF_TIME
                    && [0, 1, 3].iter().all(|&beat| !self.on(&snares, &[beat]));
                let strokes = self.of(&snares);
                let off_beats = (0..4).all(|beat| strokes.contains(&((2 * beat + 1) * eighth)));
                let back_beat = match style {
                    Style::Punk => off_beats,
                    Style::Metal => two_four || half_time || off_beats,
                    _ => two_four || half_time,
                };
                let begins = match style {
                    // Kick and back beat drop together; apart they are a rock beat.
                    Style::Reggae => !two_four || self.on(&[Lane::Kick], &[1, 3]),
                    Style::Dance => self.on(&[Lane::Kick], &[0, 1, 2, 3]),
                    _ => self.on(&[Lane::Kick], &[0]),
                };
                let beside = |step: &usize| !step.is_multiple_of(eighth);
                let sixteenths = self
                    .of(&[Lane::Kick, Lane::Snare, Lane::SideStick, Lane::Clap])
                    .into_iter()
                    .filter(beside)
                    .count();
                let least = match style {
                    Style::Funk => 2,
                    Style::HipHop => 1,
                    _ => 0,
                };
                if sixteenths < least {
                    return false;
                }
                let kicks = self.of(&[Lane::Kick]).len();
                let most = if style == Style::Metal { usize::MAX } else { MOST_KICKS };
                back_beat && begins && (1..=most).contains(&kicks) && self.of(&toms).is_empty()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Metre;

    fn cells(strokes: &[(Lane, usize)]) -> Cells {
        strokes.iter().map(|(lane, slot)| (lane.index() * SLOTS + slot) as u16).collect()
    }

    #[test]
    fn grooves_are_of_their_style() {
        let grid = StepGrid::for_metre(Metre::COMMON, false);
        let is = |style: Style, strokes: &[(Lane, usize)]| {
            Strokes { cells: &cells(strokes), grid: &grid }.are_groove(style)
        };
        let back_beat = [(Lane::Kick, 0), (Lane::Snare, 4), (Lane::Kick, 8), (Lane::Snare, 12)];
        let half_time = [(Lane::Kick, 0), (Lane::Snare, 8)];
        let double_time = [0, 4, 8, 12].map(|beat| [(Lane::Kick, beat), (Lane::Snare, beat + 2)]);
        let double_time = double_time.concat();
        assert!(is(Style::Rock, &back_beat) && is(Style::Rock, &half_time));
        assert!(!is(Style::Rock, &double_time) && is(Style::Punk, &double_time));
        assert!(!is(Style::Rock, &[&back_beat[..], &[(Lane::HighTom, 10)]].concat()));
        assert!(!is(Style::Dance, &back_beat), "the kick is not on four");
        let ghosts = [&back_beat[..], &[(Lane::Snare, 7), (Lane::Snare, 9)]].concat();
        assert!(!is(Style::Funk, &back_beat) && is(Style::Funk, &ghosts));
        let one_drop = [(Lane::Kick, 8), (Lane::SideStick, 8)];
        assert!(is(Style::Reggae, &one_drop) && !is(Style::Rock, &one_drop));
        let ride = [0, 4, 6, 8, 12, 14].map(|step| (Lane::Ride, step));
        let foot = [4, 12].map(|step| (Lane::PedalHat, step));
        assert!(is(Style::Jazz, &[&ride[..], &foot].concat()) && !is(Style::Jazz, &ride));
        assert!(!is(Style::March, &back_beat));
    }

    #[test]
    fn a_hand_keeps_the_time_on_beats() {
        let keeps = |lane: Lane, slots: &[usize], triplets| {
            let cells = slots.iter().map(|slot| (lane.index() * SLOTS + slot) as u16);
            let kick = (Lane::Kick.index() * SLOTS) as u16;
            let grid = StepGrid::for_metre(Metre::COMMON, triplets);
            Strokes { cells: &cells.chain([kick]).collect(), grid: &grid }.keep_time()
        };
        assert!(keeps(Lane::Ride, &[0, 6, 10, 12, 18, 22], true));
        assert!(!keeps(Lane::Ride, &[4, 10, 16, 22], true), "skips alone");
        assert!(keeps(Lane::OpenHat, &[2, 6, 10, 14], false), "off-beats of a disco hat");
        assert!(!keeps(Lane::ClosedHat, &[0, 8], false));
    }
}
