//! The beats of music that is played without a click.
//!
//! [`best_beats`] with the period as the state, so that the tempo may wander: what a beat earns is how
//! much begins at its time, for as long as it lasts. It is asked several times, each with another tempo
//! in mind and with more or less patience with rubato. Which answer is right shows in the bars that
//! they make (`hypotheses.rs`).

use crate::analysis::{BeatStep, best_beats};
use crate::score::Seconds;

/// Something that begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Onset {
    /// From the start of the file.
    pub at: Seconds,
    /// Until its end.
    pub length: Seconds,
    /// MIDI key, 0 to 127.
    pub key: u8,
    /// 1 to 127.
    pub velocity: u8,
}

/// Beats that may be those of a performance.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Beats {
    /// At least two, in order.
    pub times: Vec<Seconds>,
    /// What they earn by the second.
    pub worth: f64,
    /// The share of them on which nothing begins.
    pub silent: f64,
    /// The mean change from beat to beat, as a logarithm.
    pub unsteady: f64,
    /// The middle one of their lengths, in seconds.
    pub period: f64,
}

/// Seconds to a frame.
const FRAME: f64 = 0.02;
/// The beats that are tried, in seconds; how far they may be from that, as a factor; and the ratio of
/// one possible length to the next.
const TRIED: [f64; 6] = [0.36, 0.44, 0.54, 0.66, 0.82, 1.0];
const FROM_TRIED: f64 = 1.4;
const RATIO: f64 = 1.046;
/// How far from beat to beat the period may go, in such ratios.
const REACH: usize = 7;

/// What a change of the period costs.
#[derive(Clone, Copy)]
struct Patience {
    /// Times the square of its logarithm.
    cost: f64,
    /// At most: after a ritardando the old tempo may be back at once.
    most: f64,
}

/// With little and with much rubato.
const PATIENCE: [Patience; 2] =
    [Patience { cost: 60.0, most: 1.5 }, Patience { cost: 25.0, most: 0.5 }];
/// How far off (as a logarithm) is odd, and what that costs.
const ODD: f64 = 0.4;
const ODD_COST: f64 = 0.15;
/// What a beat costs where nothing begins.
const SILENCE_COST: f64 = 0.35;
/// What is weaker is no onset.
const SILENT: f64 = 0.2;
/// The music's first beats are within this time; its last beat is this near to its end. Seconds.
const BEGINNING: f64 = 2.5;
const ENDING: f64 = 1.3;
/// How exactly people play together, in seconds.
const TOGETHER: f64 = 0.025;
/// What is this near to a beat is played on it, in seconds.
const AROUND: f64 = 0.04;
/// Longer performances are not followed.
const MOST_SECONDS: f64 = 3600.0;

/// What the beats of a performance may be, from about the first onset to about the last; nothing for
/// more than an hour. `onsets` are in order.
pub(super) fn possible_beats(onsets: &[Onset]) -> Vec<Beats> {
    let Some(last) = onsets.last().filter(|last| last.at.0 < MOST_SECONDS) else {
        return Vec::new();
    };
    let strength = strength(onsets, last.at.0);
    let tried = PATIENCE.into_iter().flat_map(|patience| TRIED.map(|tried| (tried, patience)));
    tried.filter_map(|(tried, patience)| beats_near(onsets, &strength, tried, patience)).collect()
}

fn beats_near(onsets: &[Onset], strength: &[f64], tried: f64, patience: Patience) -> Option<Beats> {
    let periods: Vec<f64> =
        std::iter::successors(Some(tried / FROM_TRIED), |period| Some(period * RATIO))
            .take_while(|&period| period < tried * FROM_TRIED)
            .collect();
    let cost = |change: usize| {
        let change = RATIO.ln() * change as f64;
        (patience.cost * change * change).min(patience.most) as f32
    };
    let steps: Vec<Vec<BeatStep>> = periods
        .iter()
        .enumerate()
        .map(|(index, period)| {
            let near = index.saturating_sub(REACH)..(index + REACH + 1).min(periods.len());
            near.map(|other| BeatStep {
                frames: (period / FRAME).round() as usize,
                from: other,
                cost: cost(other.abs_diff(index)),
            })
            .collect()
        })
        .collect();
    let prior: Vec<f64> = periods
        .iter()
        .map(|period| ODD_COST * ((period / tried).ln() / ODD).powi(2) + SILENCE_COST)
        .collect();
    let reward =
        |frame: usize, index: usize| (periods[index] * (strength[frame] - prior[index])) as f32;
    let frames = strength.len();
    let begins = |frame: usize| frame as f64 * FRAME <= BEGINNING;
    let ending = frames.saturating_sub((ENDING / FRAME) as usize)..frames;
    let (found, worth) = best_beats(frames, &steps, reward, begins, ending)?;
    let frames: Vec<usize> = found.iter().map(|at| at.frame).collect();
    let mut times: Vec<Seconds> =
        frames.iter().map(|&frame| played_at(Seconds(frame as f64 * FRAME), onsets)).collect();
    times.dedup_by(|next, beat| next.0 - beat.0 < tried / FROM_TRIED / 2.0);
    let [first, .., last] = times[..] else { return None };
    let at = |frame: usize| {
        let near = &strength[frame.saturating_sub(2)..(frame + 3).min(strength.len())];
        near.iter().copied().fold(0.0, f64::max)
    };
    let silent = frames.iter().filter(|&&frame| at(frame) < SILENT).count();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let mut lengths: Vec<f64> = times.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    let changes: Vec<f64> = lengths.windows(2).map(|pair| (pair[1] / pair[0]).ln().abs()).collect();
    let unsteady = mean(&changes);
    lengths.sort_by(f64::total_cmp);
    Some(Beats {
        worth: f64::from(worth) / (last.0 - first.0).max(1.0),
        silent: silent as f64 / frames.len() as f64,
        unsteady,
        period: lengths[lengths.len() / 2],
        times,
    })
}

/// Where a beat is played: the mean of the onsets around it, or where it is if there are none.
fn played_at(beat: Seconds, onsets: &[Onset]) -> Seconds {
    let from = onsets.partition_point(|onset| onset.at.0 < beat.0 - AROUND);
    let near = onsets[from..].iter().take_while(|onset| onset.at.0 <= beat.0 + AROUND);
    let (sum, count) = near.fold((0.0, 0.0), |(sum, count), onset| (sum + onset.at.0, count + 1.0));
    if count > 0.0 { Seconds(sum / count) } else { beat }
}

/// How much begins in every frame: about 1 where a chord does.
fn strength(onsets: &[Onset], last: f64) -> Vec<f64> {
    let mut keys: Vec<u8> = onsets.iter().map(|onset| onset.key).collect();
    keys.sort_unstable();
    let low = keys[keys.len() * 3 / 10];
    let frames = ((last + 1.0) / FRAME) as usize + 1;
    let mut raw = vec![0.0; frames];
    for onset in onsets {
        let loud = 0.5 + f64::from(onset.velocity) / 200.0;
        let bass = if onset.key <= low { 1.5 } else { 1.0 };
        let frame = ((onset.at.0 / FRAME).round().max(0.0) as usize).min(frames - 1);
        raw[frame] += loud * bass * (0.5 + onset.length.0.min(1.0));
    }
    let reach = 4isize;
    let spread = |distance: isize| {
        let distance = distance as f64 * FRAME / TOGETHER;
        (-0.5 * distance * distance).exp()
    };
    let smooth: Vec<f64> = (0..frames as isize)
        .map(|frame| {
            (-reach..=reach)
                .filter_map(|by| Some(spread(by) * raw.get(usize::try_from(frame + by).ok()?)?))
                .sum()
        })
        .collect();
    let most = smooth.iter().copied().fold(0.0, f64::max);
    let mut strong: Vec<f64> = smooth.iter().copied().filter(|&value| value > 0.3 * most).collect();
    strong.sort_by(f64::total_cmp);
    let usual = strong.get(strong.len() * 7 / 10).copied().unwrap_or(1.0) + 1e-9;
    smooth.into_iter().map(|value| (value / usual).sqrt().min(1.3)).collect()
}
