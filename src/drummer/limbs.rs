//! Two hands, two feet: what one drummer can play at a tempo.
//!
//! Every stroke that no foot plays needs a hand, percussion and claps included. A hand needs a while
//! before it can strike again; with two of them, of any three strokes in a row the last comes at least
//! that while after the first, or two in quick succession stand alone. One foot has the kick, the other
//! the pedal of the hat; a kick can be doubled, but quick ones do not go on unless there is a double
//! pedal. A hat is open, closed or trodden on, one at a time, and who rides has no hand on the hat.
//!
//! Where more is wanted than can be played, strokes are admitted one by one, the most wanted first. An
//! [`OnsetTimeline`] is the time in which they are: the steps of a bar that is repeated, or of a
//! whole song.

use super::features::SLOTS;
use crate::score::Lane;

/// A hand strikes at most about seven times a second, two in turn twice as often. Seconds.
pub(super) const HAND: f32 = 0.14;
/// Once it does so more quickly, as for the skip and the beat of a shuffle: two strokes this far apart, with a
/// rest before and behind them. Seconds.
const DOUBLE: f32 = 0.1;
const REST: f32 = 0.17;
/// A foot doubles the kick about as quickly.
pub(super) const FOOT: f32 = 0.132;
/// Three kicks in a row that follow each other more quickly than this are a run.
const RUN: f32 = 0.17;
/// Two feet on a double pedal.
const DOUBLE_PEDAL: f32 = 0.075;
/// The foot on the hat's pedal.
const PEDAL: f32 = 0.22;
/// Strokes on either side that can be in a stroke's way.
const NEAR: usize = 3;
/// How far around a stroke others can be in its way.
const REACH: f32 = 0.45;
/// Rounding of times.
pub(super) const SLACK: f32 = 1e-3;
/// Parts of a second to which the steps of repeated bars are rounded, finer than [`SLACK`].
const STEP_RESOLUTION: f32 = 65536.0;

const KICK: u16 = bit(Lane::Kick);
const PEDAL_HAT: u16 = bit(Lane::PedalHat);
const FEET: u16 = KICK | PEDAL_HAT;
const STICK_HATS: u16 = bit(Lane::ClosedHat) | bit(Lane::OpenHat);
const HATS: u16 = STICK_HATS | PEDAL_HAT;
const RIDE: u16 = bit(Lane::Ride);

const fn bit(lane: Lane) -> u16 {
    1 << lane as u16
}

/// Lanes that are never struck together with a lane.
const fn excluded(lane: Lane) -> u16 {
    match lane {
        Lane::ClosedHat | Lane::OpenHat => HATS | RIDE,
        Lane::PedalHat => HATS,
        Lane::Ride => STICK_HATS | RIDE,
        _ => bit(lane),
    }
}

/// The drummer's limbs at the tempo of a bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Limbs {
    /// Seconds from one step to the next.
    pub step: f32,
    /// Steps in the bar.
    pub steps: usize,
    /// Whether there is a pedal of the kick for each foot.
    pub double_pedal: bool,
}

/// Moments in time, in order, each with the lanes that are struck.
#[derive(Clone, Debug)]
pub(super) struct OnsetTimeline {
    times: Vec<f32>,
    /// One bit a lane.
    onsets: Vec<u16>,
    double_pedal: bool,
}

impl OnsetTimeline {
    /// Nothing struck. `times` in seconds, rising.
    pub fn new(times: Vec<f32>, double_pedal: bool) -> OnsetTimeline {
        debug_assert!(times.is_sorted());
        OnsetTimeline { onsets: vec![0; times.len()], times, double_pedal }
    }

    pub fn strikes(&self, moment: usize, lane: Lane) -> bool {
        self.onsets[moment] & bit(lane) != 0
    }

    pub fn strike(&mut self, moment: usize, lane: Lane) {
        self.onsets[moment] |= bit(lane);
    }

    /// Whether a lane can be struck at a moment, along with what is.
    pub fn fits(&self, moment: usize, lane: Lane) -> bool {
        if self.onsets[moment] & excluded(lane) != 0 {
            return false;
        }
        let now = self.times[moment];
        let [before, after] = self.around(moment, if is_foot(lane) { bit(lane) } else { !FEET });
        match lane {
            Lane::Kick if self.double_pedal => apart(before[0], now, after[0], DOUBLE_PEDAL),
            Lane::Kick => {
                apart(before[0], now, after[0], FOOT)
                    && [
                        [before[1], before[0], now],
                        [before[0], now, after[0]],
                        [now, after[0], after[1]],
                    ]
                    .into_iter()
                    .all(|[a, b, c]| b - a > RUN - SLACK || c - b > RUN - SLACK)
            }
            Lane::PedalHat => apart(before[0], now, after[0], PEDAL),
            _ => [
                [f32::NEG_INFINITY, before[2], before[0], now],
                [before[2], before[1], now, after[0]],
                [before[1], before[0], after[0], after[1]],
                [before[0], now, after[1], after[2]],
                [now, after[0], after[2], f32::INFINITY],
            ]
            .into_iter()
            .all(|[earlier, first, third, later]| {
                let is_double = !close(earlier, first, REST) && !close(third, later, REST);
                !close(first, third, if is_double { DOUBLE } else { HAND })
            }),
        }
    }

    /// When the strokes of some lanes next to a moment are, on either side from near to far;
    /// those at the moment itself count as before it. Infinitely far away where there are none.
    fn around(&self, moment: usize, lanes: u16) -> [[f32; NEAR]; 2] {
        let now = self.times[moment];
        let find = |moments: &mut dyn Iterator<Item = usize>, none: f32| {
            let (mut found, mut count) = ([none; NEAR], 0);
            for at in moments {
                if (self.times[at] - now).abs() > REACH {
                    break;
                }
                for _stroke in 0..(self.onsets[at] & lanes).count_ones() {
                    found[count] = self.times[at];
                    count += 1;
                    if count == NEAR {
                        return found;
                    }
                }
            }
            found
        };
        [
            find(&mut (0..=moment).rev(), f32::NEG_INFINITY),
            find(&mut (moment + 1..self.times.len()), f32::INFINITY),
        ]
    }

    /// Strikes a lane if it can be; a closed hat under a ride goes to the foot if that is free.
    /// Says which lane was struck.
    pub fn admit(&mut self, moment: usize, lane: Lane) -> Option<Lane> {
        let ridden = lane == Lane::ClosedHat && self.strikes(moment, Lane::Ride);
        let lane = if ridden { Lane::PedalHat } else { lane };
        self.fits(moment, lane).then(|| {
            self.strike(moment, lane);
            lane
        })
    }
}

fn is_foot(lane: Lane) -> bool {
    FEET & bit(lane) != 0
}

/// Whether a stroke follows another too soon; never where both are infinitely far away.
fn close(before: f32, after: f32, least: f32) -> bool {
    after - before <= least - SLACK
}

fn apart(before: f32, now: f32, after: f32, least: f32) -> bool {
    now - before > least - SLACK && after - now > least - SLACK
}

/// A bar of cells (`[lanes x slots]`) that is repeated: it has its end before it and its beginning
/// after it.
#[derive(Clone, Debug)]
pub(super) struct Repeated {
    /// The bar three times.
    line: OnsetTimeline,
    steps: usize,
}

impl Limbs {
    /// The limbs of several bars of equal steps: those with least time.
    pub fn fastest(bars: impl Iterator<Item = Limbs>) -> Limbs {
        let none = Limbs { step: f32::INFINITY, steps: 0, double_pedal: false };
        bars.fold(none, |fastest, bar| if bar.step < fastest.step { bar } else { fastest })
    }

    /// A bar in which nothing is struck yet.
    pub fn repeated(&self) -> Repeated {
        // Few binary digits, so that multiples of the step and their differences are exact: what is
        // as far apart as a limb needs is so in each copy of the bar.
        let step = (self.step * STEP_RESOLUTION).round() / STEP_RESOLUTION;
        let times = (0..3 * self.steps).map(|moment| moment as f32 * step).collect();
        Repeated { line: OnsetTimeline::new(times, self.double_pedal), steps: self.steps }
    }

    /// A bar in which some cells are struck, whatever the limbs say.
    pub fn repeating(&self, onsets: &[bool]) -> Repeated {
        let mut bar = self.repeated();
        let onsets = onsets.iter().enumerate().filter(|&(_, &onset)| onset);
        onsets.for_each(|(cell, _)| bar.set(cell, true));
        bar
    }

    /// The strokes of a bar that can be played again and again: of the cells whose logit is above
    /// `threshold`, the likeliest first. Closed hats under a ride go to the foot.
    pub fn playable(&self, logits: &[f32], threshold: f32) -> Vec<bool> {
        let mut order: Vec<usize> =
            (0..logits.len()).filter(|&cell| logits[cell] > threshold).collect();
        order.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]).then(a.cmp(&b)));
        let mut bar = self.repeated();
        order.into_iter().for_each(|cell| {
            bar.admit(cell);
        });
        bar.cells(logits.len())
    }
}

impl Repeated {
    /// Whether a cell can be struck, along with what is.
    pub fn fits(&self, cell: usize) -> bool {
        let (lane, slot) = place(cell);
        slot < self.steps && self.line.fits(self.steps + slot, lane)
    }

    /// Strikes a cell if it can be, a closed hat under a ride with the foot. Says which was struck.
    pub fn admit(&mut self, cell: usize) -> Option<usize> {
        let (lane, slot) = place(cell);
        if slot >= self.steps {
            return None;
        }
        let lane = self.line.admit(self.steps + slot, lane)?;
        for bar in [0, 2] {
            self.line.strike(bar * self.steps + slot, lane);
        }
        Some(lane.index() * SLOTS + slot)
    }

    /// Strikes a cell, whatever the limbs say, or leaves it.
    pub fn set(&mut self, cell: usize, onset: bool) {
        let (lane, slot) = place(cell);
        for bar in 0..3 {
            let lanes = &mut self.line.onsets[bar * self.steps + slot];
            *lanes = if onset { *lanes | bit(lane) } else { *lanes & !bit(lane) };
        }
    }

    /// The first `cells` cells: which are struck.
    pub fn cells(&self, cells: usize) -> Vec<bool> {
        let onsets = |cell| {
            let (lane, slot) = place(cell);
            slot < self.steps && self.line.strikes(self.steps + slot, lane)
        };
        (0..cells).map(onsets).collect()
    }
}

fn place(cell: usize) -> (Lane, usize) {
    (Lane::ALL[cell / SLOTS], cell % SLOTS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::score::LANES;

    #[test]
    fn a_hand_doubles_where_it_rests() {
        // A shuffle at 172: the skip, then the beat with the back beat under it.
        let limbs = Limbs { step: 60.0 / 172.0 / 6.0, steps: 24, double_pedal: false };
        let mut shuffle = limbs.repeated();
        for beat in [0, 6, 12, 18] {
            assert!(shuffle.admit(cell(Lane::ClosedHat, beat)).is_some());
            assert!(shuffle.admit(cell(Lane::ClosedHat, beat + 4)).is_some());
        }
        for back_beat in [6, 18] {
            assert!(shuffle.admit(cell(Lane::Snare, back_beat)).is_some(), "{back_beat}");
        }
        // No time to rest between the skip and what comes before it.
        assert_eq!(shuffle.admit(cell(Lane::Snare, 2)), None);
        let mut middles = limbs.repeated();
        for step in [0, 2, 4, 6] {
            assert!(middles.admit(cell(Lane::ClosedHat, step)).is_some());
        }
        assert_eq!(middles.admit(cell(Lane::Snare, 6)), None);
    }

    fn cell(lane: Lane, slot: usize) -> usize {
        lane.index() * SLOTS + slot
    }

    /// Logits of a bar in which cells are wanted, the first most.
    fn wanted(cells: &[usize]) -> Vec<f32> {
        let mut logits = vec![-1.0; LANES * SLOTS];
        for (rank, &cell) in cells.iter().enumerate() {
            logits[cell] = 9.0 - rank as f32 / 100.0;
        }
        logits
    }

    fn played(limbs: Limbs, cells: &[usize]) -> Vec<usize> {
        let onsets = limbs.playable(&wanted(cells), 0.0);
        (0..onsets.len()).filter(|&cell| onsets[cell]).collect()
    }

    /// Sixteenths of 4/4 at a tempo.
    fn sixteenths(bpm: f32) -> Limbs {
        Limbs { step: 15.0 / bpm, steps: 16, double_pedal: false }
    }

    #[test]
    fn a_third_hand_is_not_there_and_feet_are() {
        let lanes = [Lane::Snare, Lane::Crash, Lane::HighTom, Lane::Shaker, Lane::Clap, Lane::Kick];
        let cells = lanes.map(|lane| cell(lane, 0));
        assert_eq!(played(sixteenths(100.0), &cells), [cells[5], cells[0], cells[1]]);
    }

    #[test]
    fn a_hat_is_open_or_closed_and_the_foot_has_it_under_a_ride() {
        let cells = [Lane::OpenHat, Lane::ClosedHat, Lane::PedalHat].map(|lane| cell(lane, 4));
        assert_eq!(played(sixteenths(100.0), &cells), [cells[0]]);
        let cells = [Lane::Ride, Lane::ClosedHat].map(|lane| cell(lane, 4));
        let expected = [cell(Lane::PedalHat, 4), cell(Lane::Ride, 4)];
        assert_eq!(played(sixteenths(100.0), &cells), expected);
    }

    #[test]
    fn sixteenths_of_the_hat_leave_a_hand_for_the_snare() {
        let mut cells = vec![cell(Lane::Snare, 4), cell(Lane::Snare, 12)];
        cells.extend((0..16).map(|slot| cell(Lane::ClosedHat, slot)));
        // One hand can play them slowly; when two are needed, the hat waits for the snare.
        assert_eq!(played(sixteenths(90.0), &cells).len(), 18);
        let fast = played(sixteenths(120.0), &cells);
        assert_eq!(fast.len(), 16);
        assert!(!fast.contains(&cell(Lane::ClosedHat, 4)));
        // No two hands play sixteenths at 260.
        assert!(played(sixteenths(260.0), &cells).len() < 15);
    }

    #[test]
    fn one_foot_doubles_and_does_not_run() {
        let cells: Vec<usize> = (0..16).map(|slot| cell(Lane::Kick, slot)).collect();
        let double = [cell(Lane::Kick, 0), cell(Lane::Kick, 1)];
        assert_eq!(played(sixteenths(100.0), &double).len(), 2);
        assert_eq!(played(sixteenths(120.0), &double).len(), 1);
        let run = played(sixteenths(100.0), &cells);
        assert!(run.windows(3).all(|three| three[2] - three[0] > 2), "{run:?}");
        let limbs = Limbs { double_pedal: true, ..sixteenths(180.0) };
        assert_eq!(played(limbs, &cells).len(), 16);
    }

    #[test]
    fn the_bar_line_is_no_rest() {
        let cells = [cell(Lane::Kick, 0), cell(Lane::Kick, 15)];
        assert_eq!(played(sixteenths(120.0), &cells), [cells[0]]);
    }

    proptest! {
        /// Whatever is wanted at any tempo, it can be played, and nothing more could be.
        #[test]
        fn what_is_left_is_playable(
            logits in prop::collection::vec(-2.0f32..2.0, LANES * SLOTS),
            bpm in 40.0f32..320.0,
            steps in prop::sample::select(vec![12usize, 14, 16, 20, 24]),
            double_pedal: bool,
        ) {
            let limbs = Limbs { step: 15.0 / bpm, steps, double_pedal };
            let onsets = limbs.playable(&logits, 0.0);
            let mut bar = limbs.repeated();
            onsets.iter().enumerate().for_each(|(cell, &onset)| {
                if onset { bar.set(cell, true); }
            });
            let mut hands = Vec::new();
            let mut kicks = Vec::new();
            for (cell, &onset) in onsets.iter().enumerate() {
                let (lane, slot) = place(cell);
                let at = slot as f32 * limbs.step;
                if onset {
                    prop_assert!(slot < steps);
                    bar.set(cell, false);
                    prop_assert!(bar.fits(cell));
                    bar.set(cell, true);
                    if !is_foot(lane) { hands.push(at); }
                    if lane == Lane::Kick { kicks.push(at); }
                } else if logits[cell] > 0.0 && lane != Lane::ClosedHat {
                    prop_assert!(!bar.fits(cell));
                }
            }
            hands.sort_by(f32::total_cmp);
            // As the bar comes again.
            let bar = limbs.step * steps as f32;
            let hands: Vec<f32> = (0..3u8)
                .flat_map(|again| hands.iter().map(move |at| at + f32::from(again) * bar))
                .collect();
            for three in (1..hands.len().saturating_sub(3)).map(|first| &hands[first - 1..first + 4]) {
                let rests = three[1] - three[0] > REST - 2.0 * SLACK
                    && three[4] - three[3] > REST - 2.0 * SLACK;
                let least = if rests { DOUBLE } else { HAND };
                prop_assert!(three[3] - three[1] > least - 2.0 * SLACK);
            }
            let least = if double_pedal { DOUBLE_PEDAL } else { FOOT };
            prop_assert!(kicks.windows(2).all(|two| two[1] - two[0] > least - 2.0 * SLACK));
        }
    }
}
