//! From a straight pattern to a triplet one, by way of both beside each other.

use std::ops::Range;

use super::drum::DRUMS;
use super::pattern::{Pattern, TWELFTHS, TWELFTHS_OF_BEAT, Times};

/// A drum, and when it is struck in twelfths of a beat.
type Stroke = (usize, usize);

/// What happens at once: a stroke goes, another comes, or both, as one that moves.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Change {
    goes: Option<Stroke>,
    comes: Option<Stroke>,
}

impl Change {
    fn moves(from: Stroke, to: Stroke) -> Change {
        Change { goes: Some(from), comes: Some(to) }
    }

    /// Strokes that differ by it.
    fn strokes(&self) -> usize {
        usize::from(self.goes.is_some()) + usize::from(self.comes.is_some())
    }

    fn apply(&self, times: &mut [Times; DRUMS]) {
        for (drum, time) in self.goes.into_iter().chain(self.comes) {
            times[drum] ^= 1 << time;
        }
    }
}

/// The way between patterns on two grids, the straighter first, as
/// [`interpolate`](super::interpolate) goes it: `steps + 1` patterns with exact ends.
pub(super) fn across(from: &Pattern, to: &Pattern, steps: usize) -> Vec<Pattern> {
    let most = (2 * from.distance(to) / steps).max(2);
    let paced = |is_round: bool| {
        let changes = changes(from, to, is_round);
        let strokes: Vec<usize> = changes.iter().map(Change::strokes).collect();
        Some((pace(&strokes, steps, most)?, changes))
    };
    // Without ways round as many strokes change as differ, in changes of one or two. Where two is the most,
    // steps that are filled have one and a half on average, else all but one each; both is enough.
    let (made, changes) =
        paced(true).or_else(|| paced(false)).expect("without ways round there is room for all");
    let mut times = from.times();
    let mut way = vec![*from];
    for step in made.windows(2) {
        changes[step[0]..step[1]].iter().for_each(|change| change.apply(&mut times));
        way.push(Pattern::of_times(&times));
    }
    // The grid of strokes on beats alone is the end's own.
    way[steps] = *to;
    way
}

/// All that changes from one pattern to the other, in an order in which no sixteenth is ever beside a third
/// of a beat.
///
/// First sixteenths become eighths, if `is_round` allows that way round and the other pattern has a third
/// nearby that they can go on to, or else go; where that would leave fewer strokes than either pattern has,
/// strokes on beats come for them. Then beat after beat becomes that of the other pattern.
fn changes(from: &Pattern, to: &Pattern, is_round: bool) -> Vec<Change> {
    let (own, others) = (from.times(), to.times());
    let mut goes: [Times; DRUMS] = std::array::from_fn(|drum| own[drum] & !others[drum]);
    let mut comes: [Times; DRUMS] = std::array::from_fn(|drum| others[drum] & !own[drum]);
    let (mut changes, mut moves) = (Vec::new(), Vec::new());
    for drum in 0..DRUMS {
        for beat in beats() {
            let is_free = (own[drum] | others[drum]) >> (beat.start + EIGHTH) & 1 == 0;
            let pair = [&mut goes[drum], &mut comes[drum]];
            let Some([start, end]) = moved(pair, beat.start, is_round && is_free) else { continue };
            let eighth = beat.start + EIGHTH;
            if start != eighth {
                changes.push(Change::moves((drum, start), (drum, eighth)));
            }
            moves.push(Change::moves((drum, eighth), (drum, end)));
        }
    }
    // So many sixteenths may go without others that come.
    let spare = from.strokes().saturating_sub(to.strokes());
    let gone = taken(&mut goes, usize::MAX, |inside| SIXTEENTHS.contains(&inside));
    let come = taken(&mut comes, gone.len().saturating_sub(spare), |inside| inside == 0);
    changes.extend(both(&gone, &come));
    changes.sort_by_key(|change| change.goes.map(|(drum, time)| (time, drum)));
    for beat in beats() {
        let inside = |change: &&Change| change.goes.is_some_and(|(_, time)| beat.contains(&time));
        changes.extend(moves.iter().filter(inside));
        changes.extend(both(&strokes(&goes, beat.clone()), &strokes(&comes, beat.clone())));
    }
    changes
}

/// The twelfths of each beat.
fn beats() -> impl Iterator<Item = Range<usize>> {
    (0..TWELFTHS).step_by(TWELFTHS_OF_BEAT).map(|start| start..start + TWELFTHS_OF_BEAT)
}

/// Takes a stroke of a drum's beat from what goes, and the third that it can move to from what comes:
/// both their times. Sixteenths move only if `is_round` says so.
fn moved([goes, comes]: [&mut Times; 2], beat: usize, is_round: bool) -> Option<[usize; 2]> {
    let fits = |&[start, end]: &[usize; 2]| {
        (start == EIGHTH || is_round)
            && *goes >> (beat + start) & 1 == 1
            && *comes >> (beat + end) & 1 == 1
    };
    let [start, end] = NEAR.into_iter().find(fits)?.map(|inside| beat + inside);
    *goes ^= 1 << start;
    *comes ^= 1 << end;
    Some([start, end])
}

/// Takes the first strokes, `most` of them, whose place in their beat is wanted.
fn taken(
    times: &mut [Times; DRUMS],
    most: usize,
    is_wanted: impl Fn(usize) -> bool,
) -> Vec<Stroke> {
    let mut taken = strokes(times, 0..TWELFTHS);
    taken.retain(|(_, time)| is_wanted(time % TWELFTHS_OF_BEAT));
    taken.truncate(most);
    taken.iter().for_each(|&(drum, time)| times[drum] ^= 1 << time);
    taken
}

/// Strokes that go for others that come, while there are any.
fn both(goes: &[Stroke], comes: &[Stroke]) -> Vec<Change> {
    let change = |at: usize| Change { goes: goes.get(at).copied(), comes: comes.get(at).copied() };
    (0..goes.len().max(comes.len())).map(change).collect()
}

/// The second eighth of a beat, in twelfths.
const EIGHTH: usize = 6;

/// The sixteenths that are no eighths.
const SIXTEENTHS: [usize; 2] = [3, 9];

/// From which place in a beat a stroke may go to which third, the first that can. Sixteenths go by way of
/// the eighth.
const NEAR: [[usize; 2]; 4] = [[EIGHTH, 8], [EIGHTH, 4], [9, 8], [3, 4]];

/// The strokes within some twelfths, in the order of time.
fn strokes(times: &[Times; DRUMS], within: Range<usize>) -> Vec<Stroke> {
    let all = within.flat_map(|time| (0..DRUMS).map(move |drum| (drum, time)));
    all.filter(|&(drum, time)| times[drum] >> time & 1 == 1).collect()
}

/// How many changes of so many strokes are made by each step, 0 to `steps`: as evenly as can be, and
/// never more than `most` strokes in a step. `None` if there are too many for that.
fn pace(strokes: &[usize], steps: usize, most: usize) -> Option<Vec<usize>> {
    // Strokes that have changed with so many changes.
    let mut done = vec![0];
    done.extend(strokes.iter().scan(0_usize, |sum, strokes| {
        *sum += strokes;
        Some(*sum)
    }));
    let all = done[strokes.len()];
    // The fewest changes by each step with which the others can still be made.
    let mut least = vec![strokes.len(); steps + 1];
    for step in (0..steps).rev() {
        let behind = done[least[step + 1]];
        least[step] = done.partition_point(|&by| by + most < behind);
    }
    if least[0] > 0 {
        return None;
    }
    let mut made = vec![0];
    for step in 1..=steps {
        let before = made[step - 1];
        let room = (step * all).div_ceil(steps).min(done[before] + most);
        let even = done.partition_point(|&by| by <= room) - 1;
        made.push(even.max(least[step]).max(before));
    }
    Some(made)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patterns::PatternGrid;

    #[test]
    fn changes_are_spread_evenly_and_never_too_many() {
        assert_eq!(pace(&[1; 8], 4, 4), Some(vec![0, 2, 4, 6, 8]));
        assert_eq!(pace(&[2; 3], 6, 2), Some(vec![0, 0, 1, 1, 2, 2, 3]));
        assert_eq!(pace(&[1, 2, 2, 1, 2], 5, 2), Some(vec![0, 1, 2, 3, 4, 5]));
        assert_eq!(pace(&[], 3, 2), Some(vec![0; 4]));
        assert_eq!(pace(&[2, 1, 2], 2, 2), None);
    }

    #[test]
    fn sixteenths_become_eighths_and_then_thirds() {
        let (mut funk, mut shuffle) =
            (Pattern::empty(PatternGrid::Straight), Pattern::empty(PatternGrid::Triplet));
        // The last sixteenth of the second beat, the first of the third; the last two of the fourth.
        [7, 9, 14, 15].into_iter().for_each(|step| funk.set(0, step, true));
        // The last thirds of these beats, and the middle one of the third.
        [5, 7, 11].into_iter().for_each(|step| shuffle.set(0, step, true));
        let moves = |beat: usize, from: usize, to: usize| {
            Change::moves((0, 12 * beat + from), (0, 12 * beat + to))
        };
        let expected = [
            moves(1, 9, 6),
            moves(2, 3, 6),
            Change { goes: Some((0, 36 + 9)), comes: None },
            moves(1, 6, 8),
            moves(2, 6, 4),
            moves(3, 6, 8),
        ];
        assert_eq!(changes(&funk, &shuffle, true), expected);
        assert!(across(&funk, &shuffle, 16).iter().all(|now| now.strokes() >= 3));
    }
}
