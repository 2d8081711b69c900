//! What a drummer does for the sake of those who play along.
//!
//! The network has heard people alone with a click, on pads: ahead of it by some 20 ms for whole sections,
//! up to 80 ms in slow songs, hands and feet 30 ms apart on one beat, and the hat hardly touched. Beside
//! others a kit is on the beat, its limbs are together, and its hat is heard.

use super::super::lanes::SNARES;
use super::steady::is_back_beat;
use crate::score::{BarIndex, DrumPart, Hit, Lane, TempoMap, Ticks};

/// How far strokes are beside the beat, in seconds (standard deviation): what is said of good drummers.
const STRAY: f64 = 0.0075;
/// How far the network has them, in steps.
const USUAL: f64 = 0.12;
/// The most that is left of that, in quick songs.
const MOST: f64 = 0.5;
/// How much is left of what a stroke is apart from others of its moment.
const APART: f32 = 0.4;
/// The farthest that a stroke is beside its place, in seconds.
const FARTHEST: f64 = 0.022;

/// What hats and rides have of the back beat in the middle of a bar's, at least, and how much louder they are
/// made for it at most.
const TIMEKEEPER: f32 = 0.62;
const LOUDER: f32 = 2.0;
/// How much louder than those around it a kick is at most, and how many bars are around it.
const KICK: f32 = 1.2;
const AROUND: usize = 2;

/// How far a stroke is beside its step, in shares of one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Timing {
    /// What belongs to the stroke, such as a snare that is laid back.
    pub usual: f32,
    /// What is chance.
    pub strays: f32,
    /// Whether it is a skip, whose lateness is the rhythm's.
    pub is_skip: bool,
}

impl Timing {
    pub fn offset(self) -> f32 {
        self.usual + self.strays
    }
}

/// The offsets of a part's strokes beside others: on the beat in the middle, near to it and together.
/// `timings` is by stroke; `None` is not read, and answered with 0.
pub(super) fn on_the_beat(
    part: &DrumPart,
    tempo: &TempoMap,
    timings: &[Option<Timing>],
) -> Vec<f32> {
    let on_beat = || timings.iter().flatten().filter(|timing| !timing.is_skip);
    let middle =
        on_beat().map(|timing| timing.usual).sum::<f32>() / on_beat().count().max(1) as f32;
    let steps: Vec<f64> = (0..part.bars.len()).map(|bar| step_seconds(part, tempo, bar)).collect();
    let nearer = |(hit, timing): (&Hit, &Option<Timing>)| {
        let Timing { usual, strays, is_skip } = (*timing)?;
        let step = steps[hit.bar.0];
        let share = (STRAY / (USUAL * step)).min(MOST) as f32;
        let most = (FARTHEST / step) as f32;
        Some(match is_skip {
            true => usual + share * strays,
            false => (share * (usual - middle + strays)).clamp(-most, most),
        })
    };
    let offsets: Vec<Option<f32>> = part.hits.iter().zip(timings).map(nearer).collect();
    let mut together = Vec::with_capacity(offsets.len());
    for moment in part.hits.chunk_by(|a, b| (a.bar, a.step) == (b.bar, b.step)) {
        let own = &offsets[together.len()..together.len() + moment.len()];
        let count = own.iter().flatten().count().max(1) as f32;
        let mean = own.iter().flatten().sum::<f32>() / count;
        let pulled = |offset: &Option<f32>| offset.map_or(0.0, |own| mean + APART * (own - mean));
        together.extend(own.iter().map(pulled));
    }
    together
}

/// How long a step of a bar is.
fn step_seconds(part: &DrumPart, tempo: &TempoMap, bar: usize) -> f64 {
    let (bar, steps) = (part.bars.bars()[bar], part.grids[bar].steps);
    let seconds = |at: Ticks| tempo.seconds(at).0;
    ((seconds(bar.end()) - seconds(bar.start)) / steps as f64).max(1e-3)
}

/// Has hats and rides heard beside the back beat, and no kick burst out of its bars. `velocities` are shares of
/// full strength, one for each stroke of the part; those that `is_own` says to be given stay as they are.
pub(super) fn balance(
    part: &DrumPart,
    velocities: &mut [f32],
    fills: &[BarIndex],
    is_own: impl Fn(&Hit) -> bool,
) {
    hold_kicks_back(part, velocities, &is_own);
    let (mut louder, mut loudest) = (1.0, 1.0);
    let mut from = 0;
    for hits in part.hits.chunk_by(|a, b| a.bar == b.bar) {
        let own = &mut velocities[from..from + hits.len()];
        from += hits.len();
        if !fills.contains(&hits[0].bar) {
            let of = |wanted: &dyn Fn(&Hit) -> bool| {
                let chosen = hits.iter().zip(&*own).filter(|(hit, _)| wanted(hit));
                median(chosen.map(|(_, &velocity)| velocity))
            };
            let is_back_beat =
                |hit: &Hit| SNARES.contains(&hit.lane()) && is_back_beat(&part.grids, hit);
            (louder, loudest) = match (of(&is_back_beat), of(&keeps_time)) {
                (Some(back_beat), Some(time)) if time > 0.0 => {
                    ((TIMEKEEPER * back_beat / time).clamp(1.0, LOUDER), back_beat)
                }
                _ => (1.0, 1.0),
            };
        }
        let time = hits.iter().zip(own).filter(|(hit, _)| keeps_time(hit) && !is_own(hit));
        for (_, velocity) in time {
            *velocity = (louder * *velocity).min(loudest.max(*velocity));
        }
    }
}

/// A kick under a crash may be as loud as it likes.
fn hold_kicks_back(part: &DrumPart, velocities: &mut [f32], is_own: impl Fn(&Hit) -> bool) {
    let place = |hit: &Hit| (hit.bar, hit.step);
    let with_crash = |kick: &Hit| {
        let from = part.hits.partition_point(|hit| place(hit) < place(kick));
        let moment = part.hits[from..].iter().take_while(|hit| place(hit) == place(kick));
        moment.clone().any(|hit| hit.lane() == Lane::Crash)
    };
    let is_kick = |number: &usize| part.hits[*number].lane() == Lane::Kick;
    let mut most = Vec::new();
    for number in (0..part.hits.len()).filter(is_kick) {
        let kick = &part.hits[number];
        if is_own(kick) || with_crash(kick) {
            continue;
        }
        let bars = kick.bar.0.saturating_sub(AROUND)..kick.bar.0 + AROUND + 1;
        let first = part.hits.partition_point(|hit| hit.bar.0 < bars.start);
        let behind = part.hits.partition_point(|hit| hit.bar.0 < bars.end);
        let others = (first..behind).filter(is_kick).filter(|&other| other != number);
        let usual = median(others.map(|other| velocities[other]));
        most.extend(usual.map(|usual| (number, KICK * usual)));
    }
    for (number, most) in most {
        velocities[number] = velocities[number].min(most);
    }
}

fn keeps_time(hit: &Hit) -> bool {
    matches!(hit.lane(), Lane::ClosedHat | Lane::OpenHat | Lane::Ride)
}

/// The middle one of some velocities; `None` if there are none.
fn median(velocities: impl Iterator<Item = f32>) -> Option<f32> {
    let mut velocities: Vec<f32> = velocities.collect();
    velocities.sort_unstable_by(f32::total_cmp);
    velocities.get(velocities.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Bpm, DrumTab};

    fn beat(bars: usize) -> DrumPart {
        let text = "HH x-x-x-x-x-x-x-x- | SD ----x-------x--- | BD x-------x-------";
        text.parse::<DrumTab>().unwrap().part(bars, 480)
    }

    #[test]
    fn a_kit_is_on_the_beat_and_together() {
        let part = beat(4);
        let timings: Vec<Option<Timing>> = (0..part.hits.len())
            .map(|number| {
                let strays = if number % 2 == 0 { 0.2 } else { -0.2 };
                Some(Timing { usual: -0.15, strays, is_skip: false })
            })
            .collect();
        for bpm in [60.0, 180.0] {
            let tempo = TempoMap::constant(480, Bpm(bpm));
            let step = 15.0 / bpm as f32;
            let offsets = on_the_beat(&part, &tempo, &timings);
            let mean = offsets.iter().sum::<f32>() / offsets.len() as f32;
            assert!((mean * step).abs() < 0.004, "{mean}");
            let farthest = offsets.iter().fold(0.0f32, |most, offset| most.max(offset.abs()));
            assert!((0.002..0.0221).contains(&(farthest * step)), "{farthest} at {bpm}");
            let together = |step: usize| -> Vec<f32> {
                let at = |(hit, _): &(&Hit, &f32)| (hit.bar.0, hit.step) == (0, step);
                part.hits.iter().zip(&offsets).filter(at).map(|(_, &offset)| offset).collect()
            };
            let pair = together(0);
            assert!((pair[0] - pair[1]).abs() * step < 0.013, "{pair:?}");
        }
        // A skip stays where the rhythm has it, and what was given is not read.
        let tempo = TempoMap::constant(480, Bpm(90.0));
        let mut timings = vec![None; part.hits.len()];
        timings[2] = Some(Timing { usual: 0.4, strays: 0.0, is_skip: true });
        let offsets = on_the_beat(&part, &tempo, &timings);
        assert!(offsets[2] == 0.4 && offsets.iter().filter(|&&offset| offset != 0.0).count() == 1);
    }

    #[test]
    fn hats_are_heard_and_kicks_stay_among_their_like() {
        let part = beat(4);
        let of = |hit: &Hit| match (hit.lane(), hit.bar.0) {
            (Lane::ClosedHat, 1) => 0.7,
            (Lane::ClosedHat, _) => 0.3,
            (Lane::Kick, 2) if hit.step == 8 => 1.0,
            (Lane::Kick, _) => 0.6,
            _ => 0.8,
        };
        let mut velocities: Vec<f32> = part.hits.iter().map(of).collect();
        balance(&part, &mut velocities, &[BarIndex(2)], |hit: &Hit| hit.bar.0 == 3);
        let of = |lane: Lane, bar: usize| -> Vec<f32> {
            let hits = part.hits.iter().zip(&velocities);
            let hits = hits.filter(|(hit, _)| (hit.lane(), hit.bar.0) == (lane, bar));
            hits.map(|(_, &velocity)| velocity).collect()
        };
        assert!(of(Lane::ClosedHat, 0).iter().all(|hat| (hat - TIMEKEEPER * 0.8).abs() < 1e-5));
        assert_eq!(of(Lane::ClosedHat, 1), [0.7; 8]);
        assert_eq!(of(Lane::ClosedHat, 2), [0.3; 8], "a fill is as the bar before it");
        assert_eq!(of(Lane::ClosedHat, 3), [0.3; 8], "as it was given");
        let kicks = of(Lane::Kick, 2);
        assert!(kicks[0] == 0.6 && (kicks[1] - 0.72).abs() < 1e-5, "{kicks:?}");
        assert_eq!(of(Lane::Snare, 0), [0.8; 2]);
    }
}
