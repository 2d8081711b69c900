//! The beats of music that is played without a click.
//!
//! Dynamic programming over time and beat period, after Ellis, "Beat Tracking by Dynamic Programming"
//! (Journal of New Music Research 36(1), 2007), with the period as a second dimension, so that the
//! tempo may wander: the best sequence of beats that ends at a time with a period is the best one that
//! ended a period earlier with nearly the same one. What a beat earns is how much begins at its time,
//! for as long as it lasts.

use crate::score::Seconds;

/// Something that begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Onset {
    /// From the start of the file.
    pub at: Seconds,
    /// Until its end.
    pub length: Seconds,
    /// MIDI key, 0 to 127.
    pub key: u8,
    /// 1 to 127.
    pub velocity: u8,
}

/// Seconds to a frame.
const FRAME: f64 = 0.02;
/// The shortest and the longest beat, and the ratio of one possible length to the next.
const SHORTEST: f64 = 0.33;
const LONGEST: f64 = 1.25;
const RATIO: f64 = 1.046;
/// How far from beat to beat the period may go, in such ratios, and what a change costs.
const REACH: usize = 4;
const CHANGE_COST: f64 = 60.0;
/// The beat that people prefer, in seconds, how far off (as a logarithm) is odd, and what that costs.
const PREFERRED: f64 = 0.6;
const ODD: f64 = 0.5;
const ODD_COST: f64 = 0.15;
/// What a beat costs where nothing begins.
const SILENCE_COST: f64 = 0.35;
/// The music's first beats are within this time; its last beat is this near to its end. Seconds.
const BEGINNING: f64 = 2.5;
const ENDING: f64 = 1.3;
/// How exactly people play together, in seconds.
const TOGETHER: f64 = 0.025;
/// What is this near to a beat is played on it, in seconds.
const AROUND: f64 = 0.04;
/// Longer performances are not followed.
const MOST_SECONDS: f64 = 3600.0;

/// The times of the beats, from about the first onset to about the last; none for less than two beats
/// or more than an hour. `onsets` are in order.
pub fn track_beats(onsets: &[Onset]) -> Vec<Seconds> {
    let Some(last) = onsets.last().filter(|last| last.at.0 < MOST_SECONDS) else {
        return Vec::new();
    };
    let strength = strength(onsets, last.at.0);
    let periods: Vec<f64> = std::iter::successors(Some(SHORTEST), |period| Some(period * RATIO))
        .take_while(|&period| period < LONGEST)
        .collect();
    let (frames, count) = (strength.len(), periods.len());
    let back: Vec<usize> = periods.iter().map(|period| (period / FRAME).round() as usize).collect();
    let prior: Vec<f64> = periods
        .iter()
        .map(|period| ODD_COST * ((period / PREFERRED).ln() / ODD).powi(2) + SILENCE_COST)
        .collect();
    let step_cost = CHANGE_COST * RATIO.ln().powi(2);

    let mut worth = vec![0.0f32; frames * count];
    // The period of the beat before, one more than its index; 0 at a first beat.
    let mut before = vec![0u8; frames * count];
    for (frame, strong) in strength.iter().enumerate() {
        for period in 0..count {
            let earned = periods[period] * (strong - prior[period]);
            let place = frame * count + period;
            worth[place] = earned as f32;
            let Some(earlier) = frame.checked_sub(back[period]) else { continue };
            let range = period.saturating_sub(REACH)..(period + REACH + 1).min(count);
            let (best, value) = range
                .map(|other| {
                    let change = other.abs_diff(period) as f64;
                    let value = f64::from(worth[earlier * count + other]);
                    (other, value - step_cost * change * change)
                })
                .max_by(|a, b| a.1.total_cmp(&b.1))
                .expect("a period is in reach of itself");
            if value > 0.0 || frame as f64 * FRAME > BEGINNING {
                worth[place] = (earned + value) as f32;
                before[place] = best as u8 + 1;
            }
        }
    }
    let ending = frames.saturating_sub((ENDING / FRAME) as usize) * count;
    let Some(end) = (ending..frames * count).max_by(|&a, &b| worth[a].total_cmp(&worth[b])) else {
        return Vec::new();
    };
    let mut beats = Vec::new();
    let (mut frame, mut period) = (end / count, end % count);
    loop {
        beats.push(Seconds(frame as f64 * FRAME));
        let Some(earlier) = before[frame * count + period].checked_sub(1) else { break };
        frame -= back[period];
        period = usize::from(earlier);
    }
    beats.reverse();
    for beat in &mut beats {
        *beat = played_at(*beat, onsets);
    }
    beats.dedup_by(|next, beat| next.0 - beat.0 < SHORTEST / 2.0);
    if beats.len() < 2 { Vec::new() } else { beats }
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
