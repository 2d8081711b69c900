//! Beats and downbeats, from how likely each frame is one.
//!
//! The likeliest sequence of beats whose period changes little from beat to beat ([`best_beats`], with
//! the period as the state). Then one metre and one first beat for the whole recording. Bars rather
//! begin where neighbouring beats sound most unlike, which with accompaniment is where the harmony changes.

use crate::analysis::{BeatStep, best_beats};
use crate::score::{Metre, Seconds};

use super::harmony::changes;
use super::spectrogram::FRAMES_PER_SECOND;

/// The shortest and the longest beat, in frames: 214 and 54 beats a minute.
const SHORTEST: usize = 28;
const LONGEST: usize = 110;
/// Frames by which the period may change from beat to beat, and what a change costs: this times the
/// square of its share of the period.
const CHANGE: usize = 4;
const CHANGE_COST: f32 = 150.0;
/// The log odds of a beat are within this either side of 0.
const MOST: f32 = 4.0;
/// The log odds above which a beat is heard at all: a probability of 0.08.
const HEARD: f32 = -2.5;
/// The period that people prefer, in frames, and what one of half or double that costs a beat.
const PREFERRED: f32 = 52.0;
const ODD_COST: f32 = 0.25;
/// A loop is at most this long, in seconds, and its grid may be this much less likely for each beat
/// than beats that go where they want.
const LONGEST_LOOP: f64 = 40.0;
const LOOP_SLACK: f32 = 1.0;
/// How much less likely a recording is that begins within a bar, as a logarithm, and a loop that does,
/// and one whose bars are not two, four, eight and so on.
const UPBEAT: f32 = 0.75;
const WITHIN_A_BAR: f32 = 6.0;
const UNEVEN_BARS: f32 = 1.5;
/// How much the bars of a loop count beside its beats, and how its beats may be to those that are
/// found without knowing of it.
const LOOP_BARS: f32 = 0.15;
const RELATED: [f64; 7] = [1.0, 0.5, 2.0, 2.0 / 3.0, 1.5, 1.0 / 3.0, 3.0];
/// Beats to a bar, with how much less likely they are than four, as a logarithm.
const METRES: [(usize, f32); 6] = [(4, 0.0), (3, 2.0), (2, 7.0), (6, 5.0), (5, 7.0), (7, 7.0)];
/// What a network says of many beats is not that many opinions: all of them together count as so
/// many at most.
const OPINIONS: f32 = 12.0;
/// What a standard deviation of the harmony's changes is worth on all downbeats, as a logarithm, and
/// from how many on. By regression on 97 songs with the true beats.
const HARMONY: f32 = 4.4;
const CHANGES: f32 = 4.0;
/// Frames either side of a place in which its beat may be: people are not on the frame.
const AROUND: usize = 3;

/// What is known beforehand.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BeatOptions {
    /// Beats a minute.
    pub tempo: Option<f64>,
    /// Beats to a bar.
    pub beats_to_a_bar: Option<usize>,
    /// When a bar begins, in seconds.
    pub downbeat: Option<f64>,
}

/// The beats of a recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Beats {
    /// In order; none if the recording has less than two.
    pub times: Vec<Seconds>,
    /// Beats to a bar.
    pub beats_to_a_bar: usize,
    /// The first of `times` that begins a bar.
    pub first_downbeat: usize,
    /// Whether the recording is whole bars from its first sample to its last.
    pub is_loop: bool,
    /// The metre, if it is known and not heard.
    pub metre: Option<Metre>,
}

/// Finds the beats. `beats` has two numbers for each frame, the probability of a beat and of a
/// downbeat; `semitones` are those of the recording, 20 frames a second, or empty; `seconds` is its
/// length.
pub fn track_beats(beats: &[f32], semitones: &[f32], seconds: f64, options: &BeatOptions) -> Beats {
    let log_odds = |column: usize| -> Vec<f32> {
        let odds = |p: f32| (p / (1.0 - p)).ln().clamp(-MOST, MOST);
        beats.chunks_exact(2).map(|row| odds(row[column].clamp(1e-4, 1.0 - 1e-4))).collect()
    };
    let (beat, downbeat) = (log_odds(0), log_odds(1));
    let free = likeliest(&beat, options.tempo);
    let in_loop = as_loop(&beat, &downbeat, seconds, options, &free);
    let is_loop = in_loop.is_some();
    let frames = in_loop.unwrap_or(free);
    if frames.len() < 2 {
        return Beats { beats_to_a_bar: options.beats_to_a_bar.unwrap_or(4), ..Beats::default() };
    }
    let times: Vec<f64> = frames.iter().map(|frame| frame / FRAMES_PER_SECOND).collect();
    // A loop begins with a bar.
    let harmony = if is_loop { Vec::new() } else { changes(semitones, &times) };
    let Bars { beats_to_a_bar, first: first_downbeat, .. } =
        bars(&downbeat, &frames, &harmony, options, is_loop);
    let times = times.into_iter().map(Seconds).collect();
    Beats { times, beats_to_a_bar, first_downbeat, is_loop, metre: None }
}

/// What a beat of this period costs.
fn odd(period: usize) -> f32 {
    ODD_COST * (period as f32 / PREFERRED).log2().powi(2)
}

/// The likeliest steady beats, as frames refined to where each is likeliest.
fn likeliest(beat: &[f32], tempo: Option<f64>) -> Vec<f64> {
    let periods: Vec<usize> = match tempo {
        Some(tempo) => {
            let period = 60.0 * FRAMES_PER_SECOND / tempo;
            let (low, high) = ((period * 0.95).floor(), (period * 1.05).ceil());
            (low.max(2.0) as usize..=high as usize).collect()
        }
        None => (SHORTEST..=LONGEST).collect(),
    };
    let steps: Vec<Vec<BeatStep>> = (0..periods.len())
        .map(|index| {
            let near = index.saturating_sub(CHANGE)..(index + CHANGE + 1).min(periods.len());
            let step = |other: usize| {
                let change = other.abs_diff(index) as f32 / periods[index] as f32;
                let cost = CHANGE_COST * change * change;
                BeatStep { frames: periods[index], from: other, cost }
            };
            near.map(step).collect()
        })
        .collect();
    // Between a sum over beats, which likes many, and over time, which likes few.
    let reward = |frame: usize, index: usize| {
        let period = periods[index];
        (beat[frame] - odd(period)) * (period as f32 / PREFERRED).sqrt()
    };
    // From where beats are heard first to where they are heard last there is always a beat, however
    // unsure.
    let heard = |odds: &f32| *odds > HEARD;
    let (Some(first), Some(last)) = (beat.iter().position(heard), beat.iter().rposition(heard))
    else {
        return Vec::new();
    };
    let shortest = periods[0];
    let ending = last.saturating_sub(shortest)..beat.len();
    match best_beats(beat.len(), &steps, reward, |frame| frame <= first + shortest, ending) {
        Some((beats, _)) => beats.iter().map(|at| refined(beat, at.frame)).collect(),
        None => Vec::new(),
    }
}

/// Where near a frame the beat is likeliest, by a parabola.
fn refined(beat: &[f32], frame: usize) -> f64 {
    let near = frame.saturating_sub(1)..(frame + 2).min(beat.len());
    let top = near.max_by(|&a, &b| beat[a].total_cmp(&beat[b])).unwrap_or(frame);
    if top == 0 || top + 1 >= beat.len() || beat[top] < 0.0 {
        return frame as f64;
    }
    let (before, here, after) = (beat[top - 1], beat[top], beat[top + 1]);
    let bend = before - 2.0 * here + after;
    let shift = if bend < 0.0 { (0.5 * (before - after) / bend).clamp(-0.5, 0.5) } else { 0.0 };
    top as f64 + f64::from(shift)
}

/// The highest log odds near a place; the lowest there are beyond the recording.
fn highest(odds: &[f32], place: f64) -> f32 {
    let frame = place.round() as usize;
    let near = odds.iter().take(frame + AROUND + 1).skip(frame.saturating_sub(AROUND));
    near.copied().fold(-MOST, f32::max)
}

/// What beats of one period are worth, for each second: between a sum over beats, which likes many,
/// and their mean, which likes few.
fn worth(mean: f32, period: f64) -> f32 {
    (mean - odd(period.round() as usize)) * (PREFERRED / period as f32).sqrt()
}

/// The beats of a recording that is whole bars at one tempo from its first sample on, if it may be one.
fn as_loop(
    beat: &[f32],
    downbeat: &[f32],
    seconds: f64,
    options: &BeatOptions,
    free: &[f64],
) -> Option<Vec<f64>> {
    if !(0.5..=LONGEST_LOOP).contains(&seconds) || options.downbeat.is_some_and(|at| at > 0.05) {
        return None;
    }
    let length = seconds * FRAMES_PER_SECOND;
    let whole_bars = |count: usize| match options.beats_to_a_bar {
        Some(beats) => count.is_multiple_of(beats),
        None => METRES.iter().any(|(beats, _)| may_be_looped(count, *beats)),
    };
    let fits = |period: f64| match options.tempo {
        Some(tempo) => (60.0 * FRAMES_PER_SECOND / period / tempo - 1.0).abs() < 0.04,
        None => (SHORTEST as f64..=LONGEST as f64).contains(&period),
    };
    let mean = |places: &[f64]| {
        let sum: f32 = places.iter().map(|&place| highest(beat, place)).sum();
        sum / places.len().max(1) as f32
    };
    let grid = |count: usize| -> Vec<f64> {
        (0..count).map(|index| index as f64 * length / count as f64).collect()
    };
    let (_, count) = (2..=256)
        .filter(|&count| whole_bars(count) && fits(length / count as f64))
        .map(|count| {
            let grid = grid(count);
            let beats = worth(mean(&grid), length / count as f64);
            (beats + LOOP_BARS * bars(downbeat, &grid, &[], options, true).worth, count)
        })
        .max_by(|a, b| a.0.total_cmp(&b.0))?;
    let (grid, period) = (grid(count), length / count as f64);
    let value = worth(mean(&grid), period);
    if free.len() >= 4 {
        // Beats that go on beyond the grid, or at another tempo, say that it is no loop.
        let found = (free[free.len() - 1] - free[0]) / (free.len() - 1) as f64;
        let steady = RELATED.iter().any(|share| (found / period / share - 1.0).abs() < 0.03);
        if !steady || value < worth(mean(free), found) - LOOP_SLACK {
            return None;
        }
    } else if value < 0.0 {
        return None;
    }
    Some(grid)
}

/// Whether so many beats are bars that people make loops of: of more than four bars an even number,
/// of more than eight one of fours.
fn may_be_looped(beats: usize, to_a_bar: usize) -> bool {
    let bars = beats / to_a_bar;
    let groups = match bars {
        0..=4 => 1,
        5..=8 => 2,
        _ => 4,
    };
    beats.is_multiple_of(to_a_bar) && bars.is_multiple_of(groups)
}

/// How beats are gathered in bars, and how likely that is, as a logarithm.
struct Bars {
    beats_to_a_bar: usize,
    first: usize,
    worth: f32,
}

/// Beats to a bar and the first beat that begins one, for the whole recording. `harmony` says how much
/// changes at each beat, if anything is known of that.
fn bars(
    downbeat: &[f32],
    frames: &[f64],
    harmony: &[f32],
    options: &BeatOptions,
    is_loop: bool,
) -> Bars {
    let strength: Vec<f32> = frames.iter().map(|&frame| highest(downbeat, frame)).collect();
    // The logarithms of the probabilities that a beat is a downbeat and that it is not.
    let logarithms = |&odds: &f32| {
        let probability = 1.0 / (1.0 + (-odds).exp());
        (probability.ln(), (1.0 - probability).ln())
    };
    let (yes, no): (Vec<f32>, Vec<f32>) = strength.iter().map(logarithms).unzip();
    let given = options.downbeat.map(|at| {
        let at = at * FRAMES_PER_SECOND;
        let nearest =
            |a: &usize, b: &usize| (frames[*a] - at).abs().total_cmp(&(frames[*b] - at).abs());
        (0..frames.len()).min_by(nearest).unwrap_or(0)
    });
    let opinions = OPINIONS.min(frames.len() as f32) / frames.len().max(1) as f32;
    METRES
        .iter()
        .filter(|(beats, _)| options.beats_to_a_bar.is_none_or(|asked| asked == *beats))
        .filter(|(beats, _)| !is_loop || may_be_looped(frames.len(), *beats))
        .copied()
        .chain(options.beats_to_a_bar.map(|beats| (beats, 0.0)))
        .flat_map(|(beats, rarity)| {
            (0..beats.min(frames.len())).map(move |first| (beats, rarity, first))
        })
        .filter(|(beats, _, first)| given.is_none_or(|given| given % beats == *first))
        .map(|(beats_to_a_bar, rarity, first)| {
            let sum: f32 = (0..frames.len())
                .map(|index| if index % beats_to_a_bar == first { yes[index] } else { no[index] })
                .sum();
            let (count, change) = harmony
                .iter()
                .skip(first)
                .step_by(beats_to_a_bar)
                .fold((0.0_f32, 0.0), |(count, sum), change| (count + 1.0, sum + change));
            let harmony = HARMONY * change / count.max(CHANGES);
            let uneven = is_loop && !(frames.len() / beats_to_a_bar).is_power_of_two();
            let odd = rarity
                + if uneven { UNEVEN_BARS } else { 0.0 }
                + match first {
                    0 => 0.0,
                    _ if is_loop => WITHIN_A_BAR,
                    _ => UPBEAT,
                };
            Bars { beats_to_a_bar, first, worth: sum * opinions + harmony - odd }
        })
        .max_by(|a, b| a.worth.total_cmp(&b.worth))
        .unwrap_or(Bars { beats_to_a_bar: 4, first: 0, worth: f32::NEG_INFINITY })
}

#[cfg(test)]
mod tests {
    use super::super::spectrogram::SEMITONES;
    use super::*;

    /// Probabilities with beats at these times, each `to_a_bar`th a downbeat from `first` on.
    fn activations(times: &[f64], to_a_bar: usize, first: usize, seconds: f64) -> Vec<f32> {
        let mut rows = vec![0.02f32; (seconds * FRAMES_PER_SECOND) as usize * 2 + 2];
        for (index, time) in times.iter().enumerate() {
            let centre = time * FRAMES_PER_SECOND;
            for frame in (centre as usize).saturating_sub(2)..centre as usize + 4 {
                let near = (1.0 - (frame as f64 - centre).abs() / 3.0).max(0.02) as f32;
                if let Some(row) = rows.get_mut(2 * frame..2 * frame + 2) {
                    row[0] = row[0].max(0.9 * near);
                    if index % to_a_bar == first {
                        row[1] = row[1].max(0.8 * near);
                    }
                }
            }
        }
        rows
    }

    #[test]
    fn steady_beats_are_found_with_their_bars() {
        for (tempo, to_a_bar, first) in [(90.0, 4, 0), (124.0, 3, 2), (150.0, 4, 1)] {
            let times: Vec<f64> =
                (0..40).map(|index| 0.6 + f64::from(index) * 60.0 / tempo).collect();
            let rows = activations(&times, to_a_bar, first, 60.0);
            let found = track_beats(&rows, &[], 60.0, &BeatOptions::default());
            assert_eq!(found.times.len(), times.len(), "{tempo}");
            for (found, real) in found.times.iter().zip(&times) {
                assert!((found.0 - real).abs() < 0.015);
            }
            assert_eq!((found.beats_to_a_bar, found.first_downbeat), (to_a_bar, first));
            assert!(!found.is_loop);
        }
    }

    #[test]
    fn bars_begin_where_the_harmony_changes() {
        // The drums say little: the first and third beats are nearly as likely downbeats.
        let times: Vec<f64> = (0..40).map(|index| 0.6 + f64::from(index) * 0.5).collect();
        let mut rows = activations(&times, 2, 0, 22.0);
        for frame in (0..rows.len() / 2).filter(|frame| (frame + 90) / 100 % 2 == 0) {
            rows[2 * frame + 1] *= 0.97;
        }
        // A chord moves every two seconds, at 1.6 s first or at 0.6 s.
        let semitones = |first: f64| -> Vec<f32> {
            let frame = |index: usize| {
                let chord = ((index as f64 / 20.0 - first) / 2.0 + 1.0) as usize % 3;
                let mut row = vec![0.1; SEMITONES];
                [0, 4, 7].into_iter().for_each(|tone| row[5 * chord + tone] = 2.0);
                row
            };
            (0..440).flat_map(frame).collect()
        };
        let first = |semitones: &[f32]| {
            let found = track_beats(&rows, semitones, 22.0, &BeatOptions::default());
            assert_eq!((found.times.len(), found.beats_to_a_bar), (40, 4));
            found.first_downbeat
        };
        assert_eq!([first(&semitones(0.6)), first(&semitones(1.6))], [0, 2]);
        assert_eq!(first(&[]), 0);
    }

    #[test]
    fn a_loop_is_whole_bars() {
        // Two bars at 97 beats a minute, the last beat's activation missing.
        let period = 60.0 / 97.0;
        let times: Vec<f64> = (0..7).map(|index| f64::from(index) * period).collect();
        let rows = activations(&times, 4, 0, 8.0 * period);
        let found = track_beats(&rows, &[], 8.0 * period, &BeatOptions::default());
        assert!(found.is_loop);
        assert_eq!((found.times.len(), found.beats_to_a_bar, found.first_downbeat), (8, 4, 0));
        assert!((found.times[5].0 - 5.0 * period).abs() < 1e-9);
    }

    #[test]
    fn a_loop_whose_third_beats_are_strong_is_in_four() {
        let times: Vec<f64> = (0..8).map(|index| f64::from(index) * 0.5).collect();
        let mut rows = activations(&times, 2, 0, 4.0);
        // The thirds a little less so than the firsts.
        for frame in (0..rows.len() / 2).filter(|frame| (frame + 50) / 100 % 2 == 1) {
            rows[2 * frame + 1] *= 0.8;
        }
        let found = track_beats(&rows, &[], 4.0, &BeatOptions::default());
        assert!(found.is_loop);
        assert_eq!((found.times.len(), found.beats_to_a_bar, found.first_downbeat), (8, 4, 0));
    }

    #[test]
    fn a_loop_of_five_and_seven_beats_is_one() {
        for to_a_bar in [5, 7] {
            let times: Vec<f64> = (0..2 * to_a_bar).map(|index| f64::from(index) * 0.52).collect();
            let seconds = f64::from(2 * to_a_bar) * 0.52;
            let rows = activations(&times, to_a_bar as usize, 0, seconds);
            let found = track_beats(&rows, &[], seconds, &BeatOptions::default());
            assert!(found.is_loop, "{to_a_bar}");
            assert_eq!(found.beats_to_a_bar, to_a_bar as usize);
        }
    }

    #[test]
    fn beats_go_on_where_they_are_unsure() {
        let times: Vec<f64> = (0..40).map(|index| 0.6 + f64::from(index) * 0.5).collect();
        let mut rows = activations(&times, 4, 0, 25.0);
        rows[2 * 800..].iter_mut().for_each(|odds| *odds *= 0.25);
        let found = track_beats(&rows, &[], 25.0, &BeatOptions::default());
        assert_eq!(found.times.len(), times.len());
    }

    #[test]
    fn a_tempo_that_wanders_is_followed() {
        let mut times = vec![0.5];
        for index in 0..60 {
            times.push(times[index] + 0.5 + 0.06 * (index as f64 / 9.0).sin());
        }
        let rows = activations(&times, 4, 0, 60.0);
        let found = track_beats(&rows, &[], 60.0, &BeatOptions::default());
        let near = |real: &f64| found.times.iter().any(|found| (found.0 - real).abs() < 0.03);
        assert!(times.iter().filter(|real| near(real)).count() >= times.len() - 2);
    }

    #[test]
    fn what_is_said_beforehand_holds() {
        let times: Vec<f64> = (0..32).map(|index| 1.0 + f64::from(index) * 0.5).collect();
        let rows = activations(&times, 4, 0, 30.0);
        let half = BeatOptions { tempo: Some(60.0), ..BeatOptions::default() };
        let found = track_beats(&rows, &[], 30.0, &half);
        assert!((found.times[1].0 - found.times[0].0 - 1.0).abs() < 0.05);
        let moved =
            BeatOptions { beats_to_a_bar: Some(3), downbeat: Some(1.5), ..BeatOptions::default() };
        let found = track_beats(&rows, &[], 30.0, &moved);
        assert_eq!((found.beats_to_a_bar, found.first_downbeat), (3, 1));
    }

    #[test]
    fn no_beats_are_no_beats() {
        for seconds in [0.0, 5.0] {
            assert!(track_beats(&[], &[], seconds, &BeatOptions::default()).times.is_empty());
        }
        let quiet = track_beats(&[0.01; 400], &[], 2.0, &BeatOptions::default());
        assert!(quiet.times.is_empty());
    }
}
