//! The last touches on a part that has been played with feel: what the groove network, which knows
//! strokes one by one, cannot know.

use std::collections::{BTreeMap, BTreeSet};

use super::accents::{LOUDEST, accentuate};
use super::band_hits::{end_together, stop_together};
use super::count_in::CLICK;
use super::cymbals::lift_cymbals;
use super::limbs;
use super::performance::{FillStrokes, GivenStrokes, within_range};
use super::sounding::Sounding;
use crate::score::{BarIndex, DrumPart, Hit, Lane, TempoMap, Ticks, Velocity};

/// What a kick's velocity (share of full strength) is multiplied by, and the power it is raised to
/// before: the median of the pads' rock performances, 71, comes near that of the songs people write
/// drums for, 98, and most of the dynamics stay.
const LIFT: f32 = 1.26;
const LIFT_POWER: f32 = 0.85;
/// What is left of the accents of the hand that keeps the time: of the beats over the strokes between
/// them, and of what single strokes have beside the others of their kind.
const BEAT_ACCENT: f32 = 0.3;
const STROKE_ACCENT: f32 = 0.6;
/// One foot's kicks come no closer, in seconds.
const FOOT: f64 = (limbs::FOOT - limbs::SLACK) as f64;
/// A kick on a beat makes no more room for the one before it, in steps.
const LATE_BEAT: f32 = 0.2;
/// A snare on the first beat that is struck with the kick is heard from this share of the bar's loudest
/// snare on.
const HEARD: f32 = 0.5;
/// Where the snare has every beat, that on the first has this share of the loudest.
const BESIDE: f32 = 0.9;
/// Where a song begins, where its drums do, and where both stop.
#[derive(Clone, Copy)]
pub(super) struct Cues<'a> {
    /// Of the first note.
    song: Ticks,
    /// The first bar and step of the drums, which a count-in is before.
    drums: (usize, usize),
    /// Bar and step.
    stops: &'a [(BarIndex, usize)],
}

impl<'a> Cues<'a> {
    pub fn of(sounding: &Sounding, stops: &'a [(BarIndex, usize)]) -> Cues<'a> {
        Cues { song: sounding.first, drums: sounding.entry, stops }
    }
}

/// Finishes a part, of which some strokes were given and some are fills', that was played to a song with such
/// cues.
pub(super) fn finish(
    part: &mut DrumPart,
    given: &GivenStrokes,
    filled: &FillStrokes,
    tempo: &TempoMap,
    cues: Cues,
    double_pedal: bool,
) {
    accentuate(part, filled);
    leave_out_unheard(part, given, filled);
    lift_kicks(part, given);
    keep_even(part, given);
    lift_cymbals(part, given);
    begin_with(cues.song, part);
    click_evenly(cues.drums, part);
    stop_together(cues.stops, part, given);
    let end = end_together(part, given);
    if !double_pedal {
        keep_kicks_apart(tempo, part, given, end);
    }
}

/// A whisper of the snare under the kick of the first beat is not heard, and nobody plays it: the groove
/// network makes one of each snare on a downbeat that has back beats beside it. Where the snare has every
/// beat it is as loud as on the others; those of rolls and fills stay, and what was given.
fn leave_out_unheard(part: &mut DrumPart, given: &GivenStrokes, filled: &FillStrokes) {
    let place = |hit: &Hit| (hit.bar, hit.step, hit.key);
    let mut loudest: BTreeMap<BarIndex, f32> = BTreeMap::new();
    let mut snares: BTreeSet<(BarIndex, usize)> = BTreeSet::new();
    let mut kicks: BTreeSet<BarIndex> = BTreeSet::new();
    for hit in &part.hits {
        match hit.lane() {
            Lane::Kick if hit.step == 0 => {
                kicks.insert(hit.bar);
            }
            Lane::Snare => {
                let loudest = loudest.entry(hit.bar).or_default();
                *loudest = loudest.max(hit.velocity.unit());
                snares.insert((hit.bar, hit.step));
            }
            _ => {}
        }
    }
    let grids = &part.grids;
    // Whether strokes of the snare come within the third of a beat.
    let rolls = |hit: &Hit| {
        let grid = &grids[hit.bar.0];
        let reach = (grid.steps_per_beat / 3).max(1);
        let before = hit.bar.0.checked_sub(1).is_some_and(|bar| {
            let steps = grids[bar].steps;
            (steps.saturating_sub(reach)..steps).any(|step| snares.contains(&(BarIndex(bar), step)))
        });
        before || (1..=reach).any(|step| snares.contains(&(hit.bar, step)))
    };
    let on_every_beat = |bar: BarIndex| {
        let grid = &grids[bar.0];
        let mut beats = (0..grid.steps).step_by(grid.steps_per_beat);
        grid.steps > 2 * grid.steps_per_beat && beats.all(|step| snares.contains(&(bar, step)))
    };
    let unheard = |hit: &Hit| {
        let loudest = loudest.get(&hit.bar).copied().unwrap_or_default();
        let is_unheard = hit.lane() == Lane::Snare
            && hit.step == 0
            && kicks.contains(&hit.bar)
            && hit.velocity.unit() < HEARD * loudest
            && !filled.contains_key(&place(hit))
            && !given.contains_key(&place(hit))
            && !rolls(hit);
        is_unheard.then_some(loudest)
    };
    for hit in part.hits.iter_mut().filter(|hit| on_every_beat(hit.bar)) {
        if let Some(loudest) = unheard(hit) {
            hit.velocity = Velocity::from_unit(BESIDE * loudest);
        }
    }
    part.hits.retain(|hit| unheard(hit).is_none());
}

/// A kick sounds as loud as the snare at the same velocity in most kits, and people write it so. The
/// pads that the groove network learned from read it much softer. The order of the kicks stays. Those
/// that were given are as loud as they were.
fn lift_kicks(part: &mut DrumPart, given: &GivenStrokes) {
    let is_given = |hit: &Hit| given.contains_key(&(hit.bar, hit.step, hit.key));
    let kicks = part.hits.iter_mut().filter(|hit| hit.lane() == Lane::Kick);
    for hit in kicks.filter(|hit| !is_given(hit)) {
        let velocity = hit.velocity.unit();
        let lifted = LIFT * velocity.powf(LIFT_POWER);
        // What is held back stays in order; soft ones need no help.
        hit.velocity = Velocity::from_unit(within_range(lifted).min(lifted));
    }
}

/// The hand that keeps the time accents less than the pads that the groove network learned from say,
/// which read soft strokes softer than they sound. Bars stay as loud as they are, and what was given as it was.
fn keep_even(part: &mut DrumPart, given: &GivenStrokes) {
    let keeps = |hit: &Hit| {
        matches!(hit.lane(), Lane::ClosedHat | Lane::Ride | Lane::Shaker)
            && !given.contains_key(&(hit.bar, hit.step, hit.key))
    };
    let grids = part.grids.clone();
    let on_beat = |hit: &Hit| hit.step.is_multiple_of(grids[hit.bar.0].steps_per_beat);
    // Off-beats and beats of each bar and lane: sum and number.
    let mut sums: BTreeMap<(BarIndex, Lane), [(f32, f32); 2]> = BTreeMap::new();
    for hit in part.hits.iter().filter(|hit| keeps(hit)) {
        let sums = sums.entry((hit.bar, hit.lane())).or_default();
        let (sum, count) = &mut sums[usize::from(on_beat(hit))];
        (*sum, *count) = (*sum + hit.velocity.unit(), *count + 1.0);
    }
    for hit in part.hits.iter_mut().filter(|hit| keeps(hit)) {
        if let Some(sums) = sums.get(&(hit.bar, hit.lane())) {
            let (sum, count) = sums[usize::from(on_beat(hit))];
            let (kind, all) = (sum / count, (sums[0].0 + sums[1].0) / (sums[0].1 + sums[1].1));
            let even = all
                * (kind / all).powf(BEAT_ACCENT)
                * (hit.velocity.unit() / kind).powf(STROKE_ACCENT);
            hit.velocity = Velocity::from_unit(even.min(LOUDEST.max(hit.velocity.unit())));
        }
    }
}

/// No stroke comes before the song's first note, however early the drummer feels it. Strokes that
/// count in are before it by their step.
fn begin_with(first: Ticks, part: &mut DrumPart) {
    for index in 0..part.hits.len() {
        let hit = part.hits[index];
        let on_step = part.tick(&Hit { offset: 0.0, ..hit });
        let step = part.bars.bars()[hit.bar.0].length.0 as f32 / part.grids[hit.bar.0].steps as f32;
        // The note itself may be late on its step.
        let late = (first.0 as f32 - on_step.0 as f32) / step;
        // A tick before the file's first one is rounded to it, so the offset says what is early.
        let is_early = part.tick(&hit) < first || (on_step == first && hit.offset < 0.0);
        if late < 0.5 && is_early {
            part.hits[index].offset = late.max(0.0);
        }
    }
}

/// The sticks of a count-in click alike: the groove network takes them for side sticks of a groove, and
/// plays them softer and softer and drags them. A fill that leads in keeps its feel.
fn click_evenly(drums: (usize, usize), part: &mut DrumPart) {
    let leads_in = |hit: &Hit| (hit.bar.0, hit.step) < drums;
    let mut leading = part.hits.iter().filter(|hit| leads_in(hit));
    if leading.all(|hit| hit.lane() == Lane::SideStick) {
        for hit in part.hits.iter_mut().filter(|hit| leads_in(hit)) {
            (hit.velocity, hit.offset) = (Velocity::from_unit(CLICK), 0.0);
        }
    }
}

/// Feel moves no kick nearer to the one before it than one foot can play; where there is no room for
/// both, the foot leaves one out: the one between the beats, which swing has moved there. Kicks that were given
/// stay where they were, and so does that of the last hit, at `end`: the one before it makes room.
fn keep_kicks_apart(
    tempo: &TempoMap,
    part: &mut DrumPart,
    given: &GivenStrokes,
    end: Option<(BarIndex, usize)>,
) {
    let seconds = |at: Ticks| tempo.seconds(at).0;
    let (mut last, mut before) = (f64::NEG_INFINITY, None);
    let mut left_out = BTreeSet::new();
    for index in 0..part.hits.len() {
        let hit = part.hits[index];
        if hit.lane() != Lane::Kick {
            continue;
        }
        if given.contains_key(&(hit.bar, hit.step, hit.key)) {
            (last, before) = (seconds(part.tick(&hit)), None);
            continue;
        }
        if end == Some((hit.bar, hit.step)) {
            let is_near = seconds(part.tick(&hit)) - last < FOOT - 0.001;
            left_out.extend(before.filter(|_| is_near));
            continue;
        }
        let bar = part.bars.bars()[hit.bar.0];
        let seconds_of_bar = seconds(bar.end()) - seconds(bar.start);
        let length = seconds_of_bar / part.grids[hit.bar.0].steps as f64;
        let late = last + FOOT - seconds(part.tick(&hit));
        if late > 0.0 && length > 0.0 {
            // Ticks round, before and after: a tick more, lest the stroke be left out for it.
            let late = late + seconds_of_bar / bar.length.0 as f64;
            let offset = (hit.offset + (late / length) as f32).clamp(-0.5, 0.5);
            let on_beat = |hit: Hit| hit.step.is_multiple_of(part.grids[hit.bar.0].steps_per_beat);
            match before.filter(|&before| on_beat(hit) && !on_beat(part.hits[before])) {
                Some(before) if offset > LATE_BEAT => {
                    left_out.insert(before);
                    last = f64::NEG_INFINITY;
                }
                _ => part.hits[index].offset = offset,
            }
        }
        let at = seconds(part.tick(&part.hits[index]));
        if at - last < FOOT - 0.001 {
            left_out.insert(index);
        } else {
            (last, before) = (at, Some(index));
        }
    }
    let mut index = 0;
    part.hits.retain(|_| {
        index += 1;
        !left_out.contains(&(index - 1))
    });
}

#[cfg(test)]
mod tests {
    use super::super::band_hits::{EARLIEST, LATEST};
    use super::*;
    use crate::score::{BarGrid, Metre, StepGrid, TempoChange, TempoMap};

    /// Strokes (step, lane, velocity, offset) of two bars of 4/4 at 120 bpm.
    fn part(strokes: &[(usize, Lane, u8, f32)]) -> DrumPart {
        let bars = BarGrid::new(480, &[], Ticks(2 * 1920));
        let grids = vec![StepGrid::for_metre(Metre::COMMON, false); 2];
        let hit = |&(step, lane, velocity, offset): &(usize, Lane, u8, f32)| Hit {
            bar: BarIndex(step / 16),
            step: step % 16,
            key: lane.default_key(),
            velocity: Velocity::clamped(velocity),
            offset,
        };
        DrumPart::new(bars, grids, strokes.iter().map(hit).collect())
    }

    /// To a song of 120 bpm.
    fn finish(part: &mut DrumPart, first: u64, double_pedal: bool) {
        finish_filled(part, &FillStrokes::new(), first, double_pedal);
    }

    fn finish_filled(part: &mut DrumPart, filled: &FillStrokes, first: u64, double_pedal: bool) {
        let tempo = TempoMap::new(480, []);
        let drums = (first as usize / 1920, 0);
        let cues = Cues { song: Ticks(first), drums, stops: &[] };
        super::finish(part, &GivenStrokes::new(), filled, &tempo, cues, double_pedal);
    }

    /// How loud strokes are once they are finished, in order; none is a fill's.
    fn finished(strokes: &[(usize, Lane, u8, f32)], first: u64) -> Vec<u8> {
        let mut played = part(strokes);
        finish(&mut played, first, false);
        played.hits.iter().map(|hit| hit.velocity.get()).collect()
    }

    #[test]
    fn a_louder_kick_stays_louder() {
        let kicks = [90, 94, 100].into_iter().zip([0, 4, 8]);
        let kicks: Vec<_> = kicks.map(|(loud, at)| (at, Lane::Kick, loud, 0.0)).collect();
        let loud = finished(&kicks, 0);
        assert!(loud[0] < loud[1] && loud[1] < loud[2] && loud[2] <= 123, "{loud:?}");
    }

    #[test]
    fn the_sticks_of_a_count_in_click_alike() {
        let click = |at: usize, loud: u8| (at, Lane::SideStick, loud, 0.0);
        let groove = [(16, Lane::Kick, 70, 0.0), click(20, 60)];
        let count = [click(0, 46), click(4, 40), click(8, 30), click(12, 24)];
        let loud = finished(&[&count[..], &groove].concat(), 1920);
        assert_eq!(loud[..4], [95; 4]);
        assert_eq!(loud[5], 60, "the groove's own stays");
        // And on their beats.
        let strokes = |offset| [(4, Lane::SideStick, 90, offset), (16, Lane::Kick, 90, offset)];
        let mut played = part(&strokes(-0.2));
        finish(&mut played, 0, false);
        assert_eq!(played.hits[0].offset, -0.2, "a groove's");
        let mut played = part(&strokes(-0.2));
        finish(&mut played, 1920, false);
        assert_eq!(played.hits[0].offset, 0.0);
        // A fill that leads in is no count.
        let fill = [click(8, 30), (12, Lane::Snare, 50, 0.0)];
        assert_eq!(finished(&[&fill[..], &groove].concat(), 1920)[..2], [30, 50]);
    }

    #[test]
    fn the_last_hit_is_as_loud_as_what_leads_to_it() {
        let ending = |lead: u8| {
            let strokes = [
                (8, Lane::Snare, lead, 0.0),
                (10, Lane::Snare, lead / 5, 0.0),
                (12, Lane::Snare, lead, 0.0),
                (16, Lane::Crash, 20, 0.0),
            ];
            finished(&strokes, 0)[3]
        };
        // Ghost notes do not count, and a fade goes on.
        assert_eq!([100, 40, 10].map(ending), [100, 40, 20]);
    }

    #[test]
    fn no_snare_whispers_under_the_first_kick() {
        let whispered = |strokes: &[(usize, Lane, u8, f32)]| {
            let mut played = part(strokes);
            finish(&mut played, 0, false);
            played.hits.iter().filter(|hit| hit.lane() == Lane::Snare && hit.step == 0).count()
        };
        let kick = (0, Lane::Kick, 90, 0.0);
        let back = (4, Lane::Snare, 90, 0.0);
        assert_eq!(whispered(&[kick, back, (0, Lane::Snare, 20, 0.0)]), 0);
        assert_eq!(whispered(&[kick, back, (0, Lane::Snare, 60, 0.0)]), 1);
        assert_eq!(whispered(&[back, (0, Lane::Snare, 20, 0.0)]), 1, "alone it is heard");
        let beats = [20, 100, 100, 100].into_iter().enumerate();
        let snares = beats.map(|(beat, velocity)| (4 * beat, Lane::Snare, velocity, 0.0));
        let all: Vec<_> = snares.chain([kick]).collect();
        let mut every = part(&all);
        finish(&mut every, 0, false);
        let first = |hit: &&Hit| hit.lane() == Lane::Snare && hit.step == 0;
        let first = every.hits.iter().find(first).expect("one of four");
        assert!(first.velocity.get() >= 85, "as loud as they are: {}", first.velocity.get());
        let roll = [kick, back, (0, Lane::Snare, 20, 0.0), (1, Lane::Snare, 20, 0.0)];
        assert_eq!(whispered(&roll), 1);
        let mut fill = part(&[kick, back, (0, Lane::Snare, 20, 0.0)]);
        let filled = fill.hits.iter().map(|hit| ((hit.bar, hit.step, hit.key), hit.velocity));
        let filled: FillStrokes = filled.collect();
        finish_filled(&mut fill, &filled, 0, false);
        assert_eq!(fill.hits.len(), 3, "a fill's");
    }

    #[test]
    fn the_hand_that_keeps_the_time_is_even() {
        let strokes = [
            (0, Lane::ClosedHat, 90, 0.0),
            (2, Lane::ClosedHat, 40, 0.0),
            (16, Lane::ClosedHat, 50, 0.0),
            (18, Lane::ClosedHat, 50, 0.0),
        ];
        let mut played = part(&strokes);
        finish(&mut played, 0, false);
        let loud: Vec<u8> = played.hits.iter().map(|hit| hit.velocity.get()).collect();
        assert_eq!(loud, [72, 56, 50, 50]);
        let mut kept = part(&strokes);
        let given = kept.hits.iter().map(|hit| ((hit.bar, hit.step, hit.key), (hit.velocity, 0.0)));
        let given: GivenStrokes = given.collect();
        keep_even(&mut kept, &given);
        assert_eq!(kept, part(&strokes), "what was given stays");
    }

    #[test]
    fn nothing_is_early_and_the_last_hit_is_one() {
        let strokes =
            [(0, Lane::Kick, 90, -0.3), (16, Lane::Crash, 90, 0.1), (16, Lane::Kick, 90, -0.2)];
        let mut played = part(&strokes);
        finish(&mut played, 0, false);
        let offsets: Vec<f32> = played.hits.iter().map(|hit| hit.offset).collect();
        assert_eq!(offsets, [0.0, LATEST, LATEST]);
        // What leads in is before the song, and may be early.
        let mut played = part(&strokes);
        finish(&mut played, 1920, false);
        assert_eq!(played.hits[0].offset, -0.3);
        // A song that is a little late on its first step.
        let mut played = part(&strokes);
        finish(&mut played, 30, false);
        assert_eq!(played.tick(&played.hits[0]), Ticks(30));
    }

    #[test]
    fn one_foot_has_its_time() {
        // Eighths of 0.25 s, sixteenths of 0.125 s.
        let strokes =
            [(0, Lane::Kick, 90, 0.4), (1, Lane::Kick, 90, -0.2), (3, Lane::Kick, 90, 0.0)];
        let mut played = part(&strokes);
        finish(&mut played, 0, false);
        let times: Vec<u64> = played.hits.iter().map(|hit| played.tick(hit).0).collect();
        assert!(times[1] - times[0] >= 125 && times[2] == 360, "{times:?}");
        let mut played = part(&strokes);
        finish(&mut played, 0, true);
        assert_eq!(played.hits[1].offset, -0.2);
        // The last hit is where it is, and what leads to it is left out.
        let strokes =
            [(15, Lane::Kick, 90, 0.2), (16, Lane::Crash, 90, -0.1), (16, Lane::Kick, 90, 0.0)];
        let mut played = part(&strokes);
        finish(&mut played, 0, false);
        assert_eq!(played.hits.iter().map(|hit| hit.step).collect::<Vec<_>>(), [0, 0]);
        assert_eq!(played.hits[0].offset, EARLIEST);
    }

    #[test]
    fn the_beat_keeps_its_kick() {
        // Swing has moved the kick on 14 to 15 and a half, 62 ms ahead of the beat.
        let strokes =
            [(8, Lane::Kick, 90, 0.0), (15, Lane::Kick, 90, 0.5), (16, Lane::Kick, 90, 0.0)];
        let mut played = part(&strokes);
        finish(&mut played, 0, false);
        let kicks: Vec<(usize, f32)> =
            played.hits.iter().map(|hit| (hit.step, hit.offset)).collect();
        assert_eq!(kicks, [(8, 0.0), (0, 0.0)]);
    }

    #[test]
    fn rounding_costs_no_kick() {
        // Sixteenths of 0.075 s, of 48 ticks: there is room for both kicks.
        let tempo = TempoChange { at: Ticks(0), micros_per_quarter: 300_000 };
        let tempo = TempoMap::new(192, [tempo]);
        let bars = BarGrid::new(192, &[], Ticks(2 * 768));
        for early in [-0.3, -0.29, -0.28, -0.27] {
            let kicks = part(&[(14, Lane::Kick, 90, 0.08), (16, Lane::Kick, 90, early)]);
            let mut played = DrumPart { bars: bars.clone(), ..kicks };
            keep_kicks_apart(&tempo, &mut played, &GivenStrokes::new(), None);
            let steps: Vec<usize> = played.hits.iter().map(|hit| hit.step).collect();
            assert_eq!(steps, [14, 0], "{early}");
        }
    }
}
