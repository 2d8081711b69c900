//! Strokes that stay the same from bar to bar: the back beat above all.
//!
//! The network sees each stroke in its surroundings and says for a back beat beside ghost notes that
//! it may be either; drawn one by one, a back beat would be an accent here and a ghost note there.
//! A stroke of snare, side stick, clap, kick or open hat that comes again at the same place in the bars
//! around is one thing to a drummer. So what the network says of all its returns is averaged, and little
//! is left to chance. On the beat, snare and kick are meant to be heard; others stay what the network
//! takes them for, ghost notes or accents. The back beats of a bar are one thing, too: a fourth beat amid a
//! busy kick is as loud as the second.

use std::collections::HashMap;
use std::ops::Range;

use super::super::lanes::SNARES;
use super::places::FillStrokes;
use crate::score::{BarIndex, DrumPart, Hit, Lane, StepGrid};

/// Bars on either side in which a stroke has to return.
const AROUND: usize = 4;
/// The share of those bars in which it has to.
const RETURNS: f32 = 0.6;

/// Which strokes of a part return, and when.
pub(super) struct Steady {
    /// By the number of the hit: its returns, itself among them; empty where it has none.
    returns: Vec<Vec<usize>>,
}

impl Steady {
    /// Fills take no part, from their first stroke on; what is played before them in their bars (`fills`)
    /// does. Bars of another length neither help nor hinder.
    pub fn of(part: &DrumPart, fills: &[BarIndex], strokes: Option<&FillStrokes>) -> Steady {
        let mut places: HashMap<(Lane, usize, usize), Vec<usize>> = HashMap::new();
        let mut begins: HashMap<BarIndex, usize> =
            fills.iter().map(|&bar| (bar, usize::MAX)).collect();
        for &(bar, step, _) in strokes.into_iter().flat_map(FillStrokes::keys) {
            begins.entry(bar).and_modify(|first| *first = step.min(*first));
        }
        let is_fill =
            |bar: BarIndex, step: usize| begins.get(&bar).is_some_and(|&first| step >= first);
        for (number, hit) in part.hits.iter().enumerate() {
            if is_of_groove(hit) && !is_fill(hit.bar, hit.step) {
                let place = (hit.lane(), hit.step, part.grids[hit.bar.0].steps);
                places.entry(place).or_default().push(number);
            }
        }
        let mut returns = vec![Vec::new(); part.hits.len()];
        for ((_, step, steps), numbers) in places {
            for &number in &numbers {
                let around = around(part.hits[number].bar, part.grids.len());
                // Hits are in order of bars.
                let before =
                    |bar: usize| numbers.partition_point(|&other| part.hits[other].bar.0 < bar);
                let here = numbers[before(around.start)..before(around.end)].to_vec();
                let bars = around
                    .filter(|&bar| part.grids[bar].steps == steps && !is_fill(BarIndex(bar), step))
                    .count();
                // Once is no return.
                if here.len() > 1 && here.len() as f32 >= RETURNS * bars as f32 {
                    returns[number] = here;
                }
            }
        }
        for backs in back_beats(part, &returns) {
            let all: Vec<usize> = backs.iter().flat_map(|&back| returns[back].clone()).collect();
            backs.into_iter().for_each(|back| returns[back].clone_from(&all));
        }
        Steady { returns }
    }

    /// The strokes that are one with that of this number, itself among them; empty for one that stands alone.
    pub fn returns(&self, number: usize) -> &[usize] {
        &self.returns[number]
    }
}

/// The strokes of the snare that return on the second and fourth beat of a bar, and so on: of each bar those of a
/// lane.
fn back_beats(part: &DrumPart, returns: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut backs: HashMap<(BarIndex, Lane), Vec<usize>> = HashMap::new();
    for (number, hit) in part.hits.iter().enumerate() {
        let is_snare = !matches!(hit.lane(), Lane::Kick | Lane::OpenHat);
        if is_snare && is_back_beat(&part.grids, hit) && !returns[number].is_empty() {
            backs.entry((hit.bar, hit.lane())).or_default().push(number);
        }
    }
    backs.into_values().collect()
}

/// Whether a stroke is on the second or fourth beat of its bar, and so on.
pub(super) fn is_back_beat(grids: &[StepGrid], hit: &Hit) -> bool {
    let beat = grids[hit.bar.0].steps_per_beat;
    hit.step % (2 * beat) == beat
}

fn around(BarIndex(bar): BarIndex, bars: usize) -> Range<usize> {
    bar.saturating_sub(AROUND)..bars.min(bar + AROUND + 1)
}

/// Whether a stroke is of the voices that make the groove: kick, open hat and, but for the downbeat,
/// snare.
fn is_of_groove(hit: &Hit) -> bool {
    match hit.lane() {
        Lane::Kick | Lane::OpenHat => true,
        lane => SNARES.contains(&lane) && hit.step > 0,
    }
}

/// Whether a stroke is one that dancers hear the time by: the kick, and the snare on a beat.
pub(super) fn is_leading(part: &DrumPart, hit: &Hit) -> bool {
    match hit.lane() {
        Lane::Kick => true,
        Lane::OpenHat => false,
        _ => hit.step.is_multiple_of(part.grids[hit.bar.0].steps_per_beat),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{BarGrid, Metre, StepGrid, Ticks, Velocity};

    #[test]
    fn kick_and_snare_return_and_what_comes_once_does_not() {
        let bars = BarGrid::new(96, &[], Ticks(384 * 12));
        let grids = vec![StepGrid::for_metre(Metre::COMMON, false); 12];
        let mut hits = Vec::new();
        let mut fill = FillStrokes::new();
        let mut strike = |bar: usize, step: usize, lane: Lane| {
            let (bar, key, velocity) = (BarIndex(bar), lane.default_key(), Velocity::clamped(90));
            hits.push(Hit { bar, step, key, velocity, offset: 0.0 });
            // The fill of a bar's last beat.
            if bar.0 == 7 && step >= 12 {
                fill.insert((bar, step, key), velocity);
            }
        };
        for bar in 0..12 {
            for step in [0, 4, 7, 12] {
                strike(bar, step, Lane::Snare);
            }
            strike(bar, 8, Lane::Kick);
        }
        strike(5, 8, Lane::Snare);
        let part = DrumPart::new(bars, grids, hits);
        let steady = Steady::of(&part, &[BarIndex(7)], Some(&fill));
        for (number, hit) in part.hits.iter().enumerate() {
            let returns = steady.returns(number);
            let is_kick = hit.lane() == Lane::Kick;
            let is_fill = hit.bar.0 == 7 && hit.step >= 12;
            let expected = !is_fill && (is_kick || matches!(hit.step, 4 | 7 | 12));
            assert_eq!(is_leading(&part, hit), is_kick || hit.step != 7);
            assert_eq!(!returns.is_empty(), expected, "{hit:?}");
            let backs = if matches!(hit.step, 4 | 12) { [4, 12] } else { [hit.step; 2] };
            assert!(returns.iter().all(|&other| backs.contains(&part.hits[other].step)));
        }
        let returns = |step: usize| {
            let is_here = |hit: &Hit| (hit.bar.0, hit.step, hit.lane()) == (6, step, Lane::Snare);
            steady.returns(part.hits.iter().position(is_here).unwrap()).len()
        };
        // Ahead of the fill, its bar is one of the groove.
        assert_eq!([returns(4), returns(7), returns(12)], [17, 9, 17]);
    }
}
