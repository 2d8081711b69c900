//! Beats as a musician says that they are: at a tempo, through a place.

use super::beat_options::BeatOptions;
use super::spectrogram::FRAMES_PER_SECOND;
use super::tracking::{AROUND, mean_highest, place};
use crate::score::Seconds;

/// How much less likely the beats of a given tempo may be than those that were found, as a mean of log
/// odds.
const LESS_LIKELY: f32 = 0.25;
/// Fewer beats than this are heard by chance.
const FEWEST: usize = 4;
/// A downbeat that is given nearer than this to a beat that was found, in beats, is that beat.
const SAME_BEAT: f64 = 0.25;

/// Whether beats are heard where `grid` has them, or every second of them, nearly as well as where they
/// were found (`free`).
pub fn is_heard(beat: &[f32], grid: &[f64], free: &[f64]) -> bool {
    let mean = mean_highest(beat, grid);
    let every_second = |first: usize| {
        let beats: Vec<f64> = grid.iter().skip(first).step_by(2).copied().collect();
        beats.len() >= FEWEST && mean_highest(beat, &beats) > 0.0
    };
    // At twice the tempo that is heard, half of the beats are.
    (mean > 0.0 || every_second(0) || every_second(1))
        && mean_highest(beat, free) - mean < LESS_LIKELY
}

/// Beats of one bar that begins with a stroke (`at`, in seconds), and of the bar line behind it, where a few
/// strokes make no beats of their own. None without a stroke, and where no tempo is given.
pub fn bar_at(at: Option<f64>, beats_to_a_bar: usize, options: &BeatOptions) -> Vec<Seconds> {
    let Some((tempo, at)) = options.tempo.zip(at) else { return Vec::new() };
    let begins = options.downbeat.unwrap_or(at);
    (0..=beats_to_a_bar).map(|beat| Seconds(begins + 60.0 / tempo * beat as f64)).collect()
}

/// As many beats as a loop has, from its beginning on, at exactly this tempo.
pub fn loop_at_tempo(tempo: f64, found: &[f64]) -> Vec<f64> {
    let period = 60.0 * FRAMES_PER_SECOND / tempo;
    (0..found.len()).map(|index| index as f64 * period).collect()
}

/// Beats at exactly this tempo, where `free` (two at least) were found at about the same one; begun where
/// they are heard best.
pub fn at_tempo(beat: &[f32], tempo: f64, free: &[f64]) -> Vec<f64> {
    let period = 60.0 * FRAMES_PER_SECOND / tempo;
    let earliest = (free[0] - period / 2.0).max(0.0);
    let latest = (free[free.len() - 1] + period / 2.0).min(beat.len() as f64);
    let grid = |phase: f64| -> Vec<f64> {
        let first = ((earliest - phase) / period).ceil();
        let beats = (0..).map(|index| phase + (first + f64::from(index)) * period);
        beats.take_while(|&at| at <= latest).collect()
    };
    let phases = (0..period.ceil() as usize).map(|frame| frame as f64);
    let heard = phases.map(|phase| (mean_highest(beat, &grid(phase)), phase));
    let phase = heard.max_by(|a, b| a.0.total_cmp(&b.0)).map_or(0.0, |(_, phase)| phase);
    // Several frames are as good as each other: in the middle of the beats that were found near them.
    let off = free.iter().map(|at| (at - phase) - ((at - phase) / period).round() * period);
    let near: Vec<f64> = off.filter(|off| off.abs() <= 2.0 * AROUND as f64).collect();
    grid(phase + near.iter().sum::<f64>() / near.len().max(1) as f64)
}

/// Beats of which one is at `at`, if none of `found` (two at least) is near to it: each between two
/// that were found, at the same share of the way. `end` is the recording's; all are frames.
pub fn through(found: Vec<f64>, at: f64, end: f64) -> Vec<f64> {
    let place = place(&found, at);
    if (place - place.round()).abs() <= SAME_BEAT {
        return found;
    }
    let share = place - place.floor();
    let between = |pair: &[f64]| pair[0] + share * (pair[1] - pair[0]);
    let mut beats: Vec<f64> = found.windows(2).map(between).collect();
    let last = found.len() - 1;
    let before = found[0] - (1.0 - share) * (found[1] - found[0]);
    if before >= 0.0 {
        beats.insert(0, before);
    }
    let after = found[last] + share * (found[last] - found[last - 1]);
    if after < end {
        beats.push(after);
    }
    beats
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_beats_of_five_are_no_tempo() {
        let heard_at = |frames: &[usize]| {
            let mut beat = vec![-3.0_f32; 1000];
            frames.iter().for_each(|&frame| beat[frame] = 3.0);
            beat
        };
        let grid =
            |beats: u8| -> Vec<f64> { (0..beats).map(|beat| 55.0 * f64::from(beat)).collect() };
        let few = grid(5);
        assert!(!is_heard(&heard_at(&[55, 165]), &few, &few));
        // Half of many are beats at half the tempo.
        let many = grid(10);
        assert!(is_heard(&heard_at(&[55, 165, 275, 385, 495]), &many, &many));
    }
}
