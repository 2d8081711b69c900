//! What the rhythm network is shown of a slot: the drums around it, the place in bar and phrase, and
//! the rhythm so far.

use super::drums::DrumBars;
use super::line::State;
use crate::score::{DRUM_CLASSES, GridKind};

/// Slots of drums shown on either side.
const AROUND: usize = 8;
/// Slots of the melody's own past that are shown.
const PAST: usize = 24;
/// Bars back that are shown beside the bar that is most alike.
const LAGS: [usize; 4] = [1, 2, 4, 8];
/// Bins of the time since the last onset begin at these slots.
const SINCE: [usize; 10] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32];
/// Bins of a soft one-hot.
const BINS: usize = 8;

const DRUMS: usize = (2 * AROUND + 1) * DRUM_CLASSES + DRUM_CLASSES + 5 + DRUM_CLASSES + 1;
const PLACE: usize = 12 + 8 + 1 + 14 + 3;
const OWN: usize = PAST + 3 + SINCE.len() + 1 + 2;
const REPEATS: usize = (LAGS.len() + 1) * 5;
const WANTED: usize = 2 * (BINS + 1);
/// Similarities of drums with those of the bars shown; told apart since they are the drums' too.
const ALIKE: usize = LAGS.len() + 1;

/// Numbers in a row, in this order: drums, likeness of drums, place, own past, repeats, what is
/// wanted.
pub const RHYTHM_FEATURES: usize = DRUMS + ALIKE + PLACE + OWN + REPEATS + WANTED;
/// The first so many columns tell of the drums.
pub const DRUM_COLUMNS: usize = DRUMS + ALIKE;
/// The last so many columns tell what is wanted.
pub const TARGET_COLUMNS: usize = WANTED;

/// What is asked of a rhythm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RhythmTarget {
    /// Notes in a sounding bar; `None` leaves it to the network.
    pub density: Option<f32>,
    /// Share of the slots of sounding bars in which a note sounds, 0 to 1.
    pub sounding: Option<f32>,
}

impl RhythmTarget {
    /// That of a melody's sounding bars.
    pub fn of(states: &[State], drums: &DrumBars) -> RhythmTarget {
        let (mut onsets, mut sounding, mut slots, mut bars) = (0, 0, 0, 0);
        for bar in 0..drums.len() {
            let states = &states[drums.of_bar(bar)];
            let here = states.iter().filter(|&&state| state == State::Onset).count();
            if here > 0 {
                bars += 1;
                onsets += here;
                slots += states.len();
                sounding += states.iter().filter(|&&state| state != State::Rest).count();
            }
        }
        let share = |count: usize, of: usize| (of > 0).then(|| count as f32 / of as f32);
        RhythmTarget { density: share(onsets, bars), sounding: share(sounding, slots) }
    }
}

/// What is known of every bar before anything is played.
struct BarFacts {
    /// The bars whose rhythm is shown: those of [`LAGS`], and the one most alike.
    shown: [Option<(usize, f32)>; LAGS.len() + 1],
    next: f32,
    change: f32,
}

/// Makes rows for the slots of one song.
pub struct RhythmRows<'a> {
    drums: &'a DrumBars,
    facts: Vec<BarFacts>,
    /// Mean strokes by step and class, of bars with as many steps.
    usual: Vec<Vec<[f32; DRUM_CLASSES]>>,
    /// The first and the last bar with drums.
    played: (usize, usize),
}

impl RhythmRows<'_> {
    /// What the drums say of every slot, worked out once for all rows.
    pub fn new(drums: &DrumBars) -> RhythmRows<'_> {
        let bars = drums.len();
        let facts = (0..bars)
            .map(|bar| {
                let lag = |lag: usize| {
                    bar.checked_sub(lag).map(|other| (other, drums.similarity(bar, other)))
                };
                let [a, b, c, d] = LAGS.map(lag);
                let next = if bar + 1 < bars { drums.similarity(bar, bar + 1) } else { 0.0 };
                let total = |bar: usize| drums.counts(bar).iter().sum::<f32>();
                let before = bar.checked_sub(1).map_or(0.0, total);
                let change = ((total(bar) - before) / 16.0).clamp(-1.0, 1.0);
                BarFacts { shown: [a, b, c, d, drums.reference(bar)], next, change }
            })
            .collect();
        let most = drums.grids.iter().map(|grid| grid.steps).max().unwrap_or(0);
        let mut usual: Vec<Vec<[f32; DRUM_CLASSES]>> = vec![Vec::new(); most + 1];
        let mut counted = vec![0.0f32; most + 1];
        for bar in (0..bars).filter(|&bar| drums.sounds(bar)) {
            let steps = drums.grids[bar].steps;
            counted[steps] += 1.0;
            usual[steps].resize(steps, [0.0; DRUM_CLASSES]);
            for (mean, slot) in usual[steps].iter_mut().zip(drums.of_bar(bar)) {
                for (mean, hit) in mean.iter_mut().zip(drums.hits(Some(slot))) {
                    *mean += f32::from(u8::from(hit));
                }
            }
        }
        for (steps, means) in usual.iter_mut().enumerate() {
            let bars = counted[steps].max(1.0);
            means.resize(steps, [0.0; DRUM_CLASSES]);
            means.iter_mut().flatten().for_each(|mean| *mean /= bars);
        }
        let sounding = |bar: &usize| drums.sounds(*bar);
        let first = (0..bars).find(sounding).unwrap_or(0);
        let last = (0..bars).rev().find(sounding).unwrap_or(bars.saturating_sub(1));
        RhythmRows { drums, facts, usual, played: (first, last) }
    }

    /// Appends the [`RHYTHM_FEATURES`] of a slot to `row`. Of `states` only those before the slot
    /// are looked at.
    pub fn push(&self, row: &mut Vec<f32>, states: &[State], slot: usize, wanted: RhythmTarget) {
        let drums = self.drums;
        let bar = drums.bar_of(slot);
        let (facts, grid) = (&self.facts[bar], drums.grids[bar]);
        let step = slot - drums.of_bar(bar).start;
        let flag = |is: bool| f32::from(u8::from(is));

        for at in 0..=2 * AROUND {
            row.extend(drums.hits((slot + at).checked_sub(AROUND)).map(flag));
        }
        row.extend(self.usual[grid.steps][step]);
        row.extend(
            facts.shown[..4].iter().map(|shown| shown.map_or(0.0, |(_, similarity)| similarity)),
        );
        row.push(facts.next);
        row.extend(drums.counts(bar).map(|count| count.ln_1p() / 3.0));
        row.push(facts.change);
        row.extend(facts.shown.iter().map(|shown| shown.map_or(0.0, |(_, similarity)| similarity)));

        let beat = step / grid.steps_per_beat;
        let inside = (step % grid.steps_per_beat) * if grid.steps_per_beat == 3 { 2 } else { 1 };
        let kind = usize::from(grid.kind == GridKind::Ternary);
        one_hot(row, Some(kind * 6 + inside.min(5)), 12);
        one_hot(row, Some(beat.min(7)), 8);
        row.push(flag(step == 0));
        let (first, last) = self.played;
        let at = bar as i64 - first as i64;
        for period in [2, 4, 8] {
            one_hot(row, Some(at.rem_euclid(period) as usize), period as usize);
        }
        let to_end = last as f32 - bar as f32;
        row.push((-(at.max(0) as f32) / 4.0).exp());
        row.push((-to_end.max(0.0) / 4.0).exp());
        row.push((at.max(0) as f32 / (last - first).max(1) as f32).min(1.0));

        let past = |back: usize| slot.checked_sub(back).map_or(State::Rest, |slot| states[slot]);
        row.extend((1..=PAST).map(|back| flag(past(back) == State::Onset)));
        one_hot(row, Some(past(1) as usize), 3);
        let since = (1..=SINCE[SINCE.len() - 1]).find(|&back| past(back) == State::Onset);
        let bin = since.map(|slots| SINCE.partition_point(|&from| from <= slots) - 1);
        one_hot(row, bin, SINCE.len());
        row.push(flag(since.is_none()));
        let begun = |from: usize, to: usize| {
            states[from..to].iter().filter(|&&state| state == State::Onset).count() as f32
        };
        row.push((begun(slot - step, slot) / 8.0).min(1.5));
        let before = bar.checked_sub(1).map(|bar| drums.of_bar(bar));
        row.push(before.map_or(0.0, |bar| (begun(bar.start, bar.end) / 8.0).min(1.5)));

        for shown in &facts.shown {
            let Some((other, _)) = *shown else {
                row.extend([0.0; 5]);
                continue;
            };
            let there = drums.counterpart(slot, bar, other);
            let state = |slot: usize| if slot < drums.slots() { states[slot] } else { State::Rest };
            // The slot behind may be this one.
            let behind = if there + 1 < slot { state(there + 1) } else { State::Rest };
            row.extend([State::Onset, State::Hold].map(|is| flag(state(there) == is)));
            row.extend([State::Onset, State::Hold].map(|is| flag(behind == is)));
            let agree = (0..step)
                .filter(|&step| {
                    let here = drums.of_bar(bar).start + step;
                    let there = drums.counterpart(here, bar, other);
                    (states[here] == State::Onset) == (states[there] == State::Onset)
                })
                .count();
            row.push(if step == 0 { 0.5 } else { agree as f32 / step as f32 });
        }

        let density = wanted.density.map(|density| density.max(0.0).ln_1p() / 17f32.ln());
        for value in [density, wanted.sounding] {
            row.push(flag(value.is_some()));
            soft_one_hot(row, value, BINS);
        }
    }
}

pub(super) fn one_hot(row: &mut Vec<f32>, place: Option<usize>, size: usize) {
    row.extend((0..size).map(|at| f32::from(u8::from(place == Some(at)))));
}

/// A value from 0 to 1 between its two nearest of `size` places.
pub(super) fn soft_one_hot(row: &mut Vec<f32>, value: Option<f32>, size: usize) {
    let place = value.map(|value| value.clamp(0.0, 1.0) * (size - 1) as f32);
    row.extend((0..size).map(|at| place.map_or(0.0, |p| (1.0 - (p - at as f32).abs()).max(0.0))));
}
