//! How loud the strokes of fills are, beside each other and beside the groove.

use std::collections::{BTreeMap, BTreeSet};

use super::lanes::DRUMS;
use super::performance::FillStrokes;
use crate::score::{BarIndex, DrumPart, Hit, Lane, Velocity};

/// How much of an accent of a fill is kept, lest whispers vanish.
const ACCENT: f32 = 0.5;
/// The loudest that an accent makes a stroke, as a share of full strength.
pub(super) const LOUDEST: f32 = 0.97;
/// How much louder than the back beat a fill is at most, and in how many bars before it: of 164 fills in
/// `paired` .95 have no louder stroke.
const ABOVE: f32 = 1.2;
const BEFORE: usize = 4;
/// A fill that begins on the second or fourth beat takes the back beat's place: it begins with this share of its
/// loudest stroke at least. Of 1,427 fills in `paired` 11 begin with a ghost note.
const BEGINS: f32 = 0.8;
/// A fill leads over the bar line: its last stroke, and its toms, have these shares of its loudest at least.
const ENDS: f32 = 0.75;
const TOMS: f32 = 0.5;
/// Strokes of the snare that lead have this share of the loudest; softer ones are ghost notes.
pub(super) const LEADING: f32 = 0.6;

/// Fills keep the accents with which people played them: how each stroke was beside the others of
/// its bar's fill, at the loudness that it has now, and are about as loud as the back beat before or behind
/// them.
pub(super) fn accentuate(part: &mut DrumPart, accents: &FillStrokes) {
    let mut sums: BTreeMap<BarIndex, (f32, f32)> = BTreeMap::new();
    for (&(bar, ..), accent) in accents {
        let (sum, count) = sums.entry(bar).or_default();
        (*sum, *count) = (*sum + accent.unit(), *count + 1.0);
    }
    for hit in &mut part.hits {
        if let Some(accent) = accents.get(&(hit.bar, hit.step, hit.key))
            && let Some((sum, count)) = sums.get(&hit.bar)
        {
            let beside = (accent.unit() * count / sum).powf(ACCENT);
            let louder = (hit.velocity.unit() * beside).min(LOUDEST.max(hit.velocity.unit()));
            hit.velocity = Velocity::from_unit(louder);
        }
    }
    let of_fill = |hit: &Hit| accents.contains_key(&(hit.bar, hit.step, hit.key));
    let fills: BTreeSet<BarIndex> = sums.into_keys().collect();
    for bar in fills {
        let around = |first: usize, last: usize| {
            let bars = BarIndex(first)..=BarIndex(last);
            let groove = part.hits.iter().filter(|hit| bars.contains(&hit.bar) && !of_fill(hit));
            leading(groove.filter(|hit| hit.lane() == Lane::Snare).map(|hit| hit.velocity.unit()))
        };
        let usual = around(bar.0.saturating_sub(BEFORE), bar.0).max(around(bar.0 + 1, bar.0 + 1));
        begin_with_back_beat(part, bar, of_fill);
        end_audibly(part, bar, of_fill);
        if usual == 0.0 {
            continue;
        }
        let strokes = || part.hits.iter().filter(|hit| hit.bar == bar && of_fill(hit));
        let loudest = strokes().map(|hit| hit.velocity.unit()).fold(0.0, f32::max);
        let softer = ABOVE * usual / loudest;
        if softer < 1.0 {
            for hit in part.hits.iter_mut().filter(|hit| hit.bar == bar && of_fill(hit)) {
                hit.velocity = Velocity::from_unit(softer * hit.velocity.unit());
            }
        }
    }
}

/// See [`ENDS`].
fn end_audibly(part: &mut DrumPart, bar: BarIndex, of_fill: impl Fn(&Hit) -> bool) {
    let of_fill = |hit: &Hit| hit.bar == bar && DRUMS.contains(&hit.lane()) && of_fill(hit);
    let strokes = || part.hits.iter().filter(|hit| of_fill(hit));
    let loudest = strokes().map(|hit| hit.velocity.unit()).fold(0.0, f32::max);
    let Some(last) = strokes().map(|hit| hit.step).max() else { return };
    for hit in part.hits.iter_mut().filter(|hit| of_fill(hit)) {
        let least = match hit.lane() {
            _ if hit.step == last => ENDS,
            Lane::LowTom | Lane::MidTom | Lane::HighTom => TOMS,
            _ => 0.0,
        };
        hit.velocity = Velocity::from_unit(hit.velocity.unit().max(least * loudest));
    }
}

/// See [`BEGINS`].
fn begin_with_back_beat(part: &mut DrumPart, bar: BarIndex, of_fill: impl Fn(&Hit) -> bool) {
    let grid = part.grids[bar.0];
    let of_fill = |hit: &Hit| hit.bar == bar && of_fill(hit);
    let strokes = || part.hits.iter().filter(|hit| of_fill(hit));
    let Some(first) = strokes().map(|hit| hit.step).min() else { return };
    let loudest = strokes().map(|hit| hit.velocity.unit()).fold(0.0, f32::max);
    let begins = |hit: &Hit| DRUMS.contains(&hit.lane()) && hit.step == first && of_fill(hit);
    let beat = grid.steps_per_beat;
    if first.is_multiple_of(beat) && !(first / beat).is_multiple_of(2) {
        for hit in part.hits.iter_mut().filter(|hit| begins(hit)) {
            hit.velocity = Velocity::from_unit(hit.velocity.unit().max(BEGINS * loudest));
        }
    }
}

/// How loud (share of full strength) those strokes are that lead; 0 without any.
pub(super) fn leading(strokes: impl Iterator<Item = f32>) -> f32 {
    let strokes: Vec<f32> = strokes.collect();
    let loudest = strokes.iter().copied().fold(0.0, f32::max);
    let leading = strokes.into_iter().filter(|&loud| loud >= LEADING * loudest);
    let (sum, count) =
        leading.fold((0.0f32, 0.0f32), |(sum, count), loud| (sum + loud, count + 1.0));
    if count > 0.0 { sum / count } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{BarGrid, Metre, StepGrid, Ticks};

    /// Strokes (step, lane, velocity) of three bars of 4/4.
    fn part(strokes: &[(usize, Lane, u8)]) -> DrumPart {
        let bars = BarGrid::new(480, &[], Ticks(3 * 1920));
        let grids = vec![StepGrid::for_metre(Metre::COMMON, false); 3];
        let hit = |&(step, lane, velocity): &(usize, Lane, u8)| Hit {
            bar: BarIndex(step / 16),
            step: step % 16,
            key: lane.default_key(),
            velocity: Velocity::clamped(velocity),
            offset: 0.0,
        };
        DrumPart::new(bars, grids, strokes.iter().map(hit).collect())
    }

    fn filled(strokes: &[(usize, Lane, u8)]) -> FillStrokes {
        let hits = part(strokes).hits.into_iter();
        hits.map(|hit| ((hit.bar, hit.step, hit.key), hit.velocity)).collect()
    }

    #[test]
    fn fills_are_about_as_loud_as_the_groove() {
        let loud = |before: u8, behind: u8| {
            let groove =
                [(4, Lane::Snare, before), (7, Lane::Snare, 10), (36, Lane::Snare, behind)];
            let fill = [(28, Lane::HighTom, 100), (30, Lane::LowTom, 110)];
            let mut played = part(&[&groove[..], &fill[..]].concat());
            accentuate(&mut played, &filled(&fill));
            let toms = played.hits.iter().filter(|hit| hit.lane() != Lane::Snare);
            toms.map(|hit| hit.velocity.get()).collect::<Vec<u8>>()
        };
        let ballad = loud(60, 60);
        assert!(ballad[0] < ballad[1] && ballad[1] == 72, "{ballad:?}");
        // It leads into what is louder.
        assert_eq!(loud(60, 80)[1], 96);
        assert!(loud(95, 60)[1] > 105, "what is no louder stays");
    }

    #[test]
    fn fills_begin_with_a_back_beat() {
        let first = |step: usize| {
            let fill = [(step, Lane::Snare, 30), (step + 1, Lane::Snare, 100)];
            let mut played = part(&fill);
            accentuate(&mut played, &filled(&fill));
            played.hits.iter().map(|hit| hit.velocity.get()).collect::<Vec<u8>>()
        };
        assert!(first(12)[0] >= 79, "{:?}", first(12));
        assert!(first(13)[0] < 50, "between the beats it is no back beat");
        assert!(first(8)[0] < 60 && first(16)[0] < 60, "other beats have none");
    }

    #[test]
    fn fills_keep_their_accents() {
        let drawn = [(8, Lane::Snare, 40), (9, Lane::Snare, 120)];
        let mut played = part(&[(0, Lane::Kick, 70), (8, Lane::Snare, 80), (9, Lane::Snare, 80)]);
        accentuate(&mut played, &filled(&drawn));
        let loud: Vec<u8> = played.hits.iter().map(|hit| hit.velocity.get()).collect();
        assert_eq!(loud, [70, 57, 98]);
    }
}
