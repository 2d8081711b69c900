//! Recordings that are whole bars at one tempo from their first sample on.

use super::bars::{METRES, bars, may_be_looped};
use super::beat_options::BeatOptions;
use super::spectrogram::FRAMES_PER_SECOND;
use super::tracking::{Periods, highest, mean_highest, mean_period};

/// A loop is at most this long, in seconds, and its grid may be this much less likely for each beat
/// than beats that go where they want.
const LONGEST_LOOP: f64 = 40.0;
const LOOP_SLACK: f32 = 1.0;
/// The same where the recording goes on in silence, so that its length says nothing of bars.
const SILENT_SLACK: f32 = 0.25;
/// How much the bars of a loop count beside its beats, and how its beats may be to those that are
/// found without knowing of it.
const LOOP_BARS: f32 = 0.15;
const RELATED: [f64; 7] = [1.0, 0.5, 2.0, 2.0 / 3.0, 1.5, 1.0 / 3.0, 3.0];
/// Beats that fewer than this many are found of say nothing of a tempo.
const FEWEST: usize = 4;
/// How far from a bar line a recording may end that is whole bars at the tempo of its beats, and how
/// far ahead of one a stroke may be that is on it, in beats.
const NEAR_BAR: f64 = 0.15;
/// How far from half a beat the beats that were found may be to be those between a loop's, how far from
/// whole bars its length may be, both in beats, and by when its first kick is played, in seconds. In more
/// bars than this such an accident is likelier than a mistake about all beats.
const MOST_BARS: usize = 4;
const NEAR_HALF: f64 = 0.15;
const NEAR_WHOLE: f64 = 0.1;
const AT_ONCE: f64 = 0.05;
/// Strokes that are no further apart than this are one moment, as a flam is, in seconds; and so many beats
/// have to be heard elsewhere, as other instruments play them, for there to be a tempo.
const MOMENT: f64 = 0.1;
const FEWEST_ELSEWHERE: usize = 3;

/// How long a recording is, and what of that sounds; in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Extent {
    /// Of the recording.
    pub seconds: f64,
    /// Until it is no longer silent at its beginning.
    pub silent: f64,
    /// Until nothing but silence follows.
    pub sounding: f64,
    /// Of the first kick, if there is one.
    pub first_kick: Option<f64>,
    /// Of the first stroke, if there is one.
    pub first_stroke: Option<f64>,
    /// Of the last stroke, if there is one.
    pub last_stroke: Option<f64>,
}

impl Extent {
    /// When drums are struck, in seconds, if they are once only and no beats of others (`free`) are heard:
    /// what the network takes for beats around a single stroke is no tempo.
    pub fn only_stroke(&self, beat: &[f32], free: &[f64]) -> Option<f64> {
        let (first, last) = self.first_stroke.zip(self.last_stroke)?;
        let is_elsewhere = |frame: f64| (frame / FRAMES_PER_SECOND - first).abs() > 2.0 * MOMENT;
        let elsewhere = free.iter().filter(|&&frame| is_elsewhere(frame));
        let heard = elsewhere.filter(|&&frame| highest(beat, frame) > 0.0).count();
        (last - first <= MOMENT && heard < FEWEST_ELSEWHERE).then_some(first)
    }
}

/// The beats of a recording that is whole bars at one tempo from its first sample on, if it may be one.
/// `free` are its beats where nothing is known of that.
pub fn as_loop(
    beat: &[f32],
    downbeat: &[f32],
    extent: &Extent,
    options: &BeatOptions,
    free: &[f64],
    periods: &Periods,
) -> Option<Vec<f64>> {
    let seconds = loop_seconds(downbeat, extent, options, free);
    if !(0.5..=LONGEST_LOOP).contains(&seconds) || options.downbeat.is_some_and(|at| at > 0.05) {
        return None;
    }
    likeliest_grid(beat, downbeat, (seconds, extent), options, free, periods)
        .or_else(|| between_beats(seconds, extent, options, free))
}

/// The likeliest beats at one tempo that fill so many seconds with whole bars, if they are about as
/// likely as those that were found.
fn likeliest_grid(
    beat: &[f32],
    downbeat: &[f32],
    (seconds, extent): (f64, &Extent),
    options: &BeatOptions,
    free: &[f64],
    periods: &Periods,
) -> Option<Vec<f64>> {
    let length = seconds * FRAMES_PER_SECOND;
    let whole_bars = |count: usize| match options.beats_to_a_bar {
        Some(beats) => count.is_multiple_of(beats),
        None => METRES.iter().any(|(beats, _)| may_be_looped(count, *beats)),
    };
    let fits = |period: f64| match options.tempo {
        Some(tempo) => (60.0 * FRAMES_PER_SECOND / period / tempo - 1.0).abs() < 0.04,
        None => (periods.shortest as f64..=periods.longest as f64).contains(&period),
    };
    let grid = |count: usize| -> Vec<f64> {
        (0..count).map(|index| index as f64 * length / count as f64).collect()
    };
    let (_, count) = (2..=256)
        .filter(|&count| whole_bars(count) && fits(length / count as f64))
        .map(|count| {
            let grid = grid(count);
            let beats = periods.worth(mean_highest(beat, &grid), length / count as f64);
            (beats + LOOP_BARS * bars(downbeat, &grid, &[], options, true).worth, count)
        })
        .max_by(|a, b| a.0.total_cmp(&b.0))?;
    let (grid, period) = (grid(count), length / count as f64);
    let value = periods.worth(mean_highest(beat, &grid), period);
    if free.len() >= FEWEST {
        // Beats that go on beyond the grid, or at another tempo, say that it is no loop.
        let found = mean_period(free);
        let steady = RELATED.iter().any(|share| (found / period / share - 1.0).abs() < 0.03);
        let slack = if seconds < extent.seconds { SILENT_SLACK } else { LOOP_SLACK };
        if !steady || value < periods.worth(mean_highest(beat, free), found) - slack {
            return None;
        }
    } else if value < 0.0 {
        return None;
    }
    Some(grid)
}

/// Beats half a beat from those that were found, where these fill whole bars and a kick is played at
/// once: with open hats between the beats, as in house, those are taken for the beats.
fn between_beats(
    seconds: f64,
    extent: &Extent,
    options: &BeatOptions,
    free: &[f64],
) -> Option<Vec<f64>> {
    // With silence behind it, the length is that of bars which may be heard wrongly themselves.
    let is_cut = seconds < extent.seconds;
    if is_cut || free.len() < FEWEST || extent.first_kick.is_none_or(|at| at > AT_ONCE) {
        return None;
    }
    let (length, period) = (seconds * FRAMES_PER_SECOND, mean_period(free));
    let beats = (length / period).round();
    let off = (free[0] / period).fract();
    let count = beats as usize;
    let to_a_bar = options.beats_to_a_bar.unwrap_or(4);
    if count > MOST_BARS * to_a_bar {
        return None;
    }
    let is_between = (off - 0.5).abs() < NEAR_HALF && (length / period - beats).abs() < NEAR_WHOLE;
    let is_whole = count > 0 && may_be_looped(count, to_a_bar);
    (is_between && is_whole)
        .then(|| (0..count).map(|index| index as f64 * length / beats).collect())
}

/// How long the loop is that a recording may be: all of it, but for silence of more than a beat behind
/// bars that end before the recording does.
fn loop_seconds(downbeat: &[f32], extent: &Extent, options: &BeatOptions, free: &[f64]) -> f64 {
    let &Extent { seconds, sounding, last_stroke, .. } = extent;
    let Some(last_stroke) = last_stroke.filter(|_| free.len() >= FEWEST) else { return seconds };
    let beat = mean_period(free) / FRAMES_PER_SECOND;
    let bar = beat * bars(downbeat, free, &[], options, false).beats_to_a_bar as f64;
    let silence = seconds - sounding;
    let is_whole = (seconds - (seconds / bar).round() * bar).abs() < NEAR_BAR * beat;
    // Where the last bar ends with a rest, the recording is as long as its bars.
    if silence <= beat || (is_whole && silence < bar) {
        return seconds;
    }
    let bars = ((last_stroke + NEAR_BAR * beat) / bar).floor() + 1.0;
    seconds.min(bars * bar)
}
