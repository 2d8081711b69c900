//! Beats and downbeats, from how likely each frame is one.
//!
//! The likeliest sequence of beats whose period changes little from beat to beat
//! ([`best_beats`](crate::analysis::best_beats), with the period as the state). Then one metre and one
//! first beat for the whole recording. Bars rather begin where neighbouring beats sound most unlike,
//! which with accompaniment is where the harmony changes.

use crate::score::{Metre, Seconds};

use super::bars::{Bars, bars};
use super::beat_options::BeatOptions;
use super::corrections::{at_tempo, bar_at, is_heard, loop_at_tempo, through};
use super::harmony::changes;
use super::loops::{Extent, as_loop};
use super::remark::Remark;
use super::spectrogram::FRAMES_PER_SECOND;
use super::tracking::{MOST, Periods, likeliest, mean_highest, mean_period};

/// How the beats of a metre may be to those that were found first, where the network hears a pulse of
/// quarter notes and the metre has another.
const OTHER_PULSES: [f64; 5] = [0.5, 2.0 / 3.0, 0.75, 1.5, 2.0];
/// How much the bars of a metre count beside its beats where it says which pulse is meant, and how much
/// a downbeat says for the beats of a slower pulse that it is among.
const METRE_BARS: f32 = 0.5;
const LED: f32 = 0.25;
/// Who cuts so few bars out as a loop, does so at a bar line.
const FEW_BARS: usize = 4;

/// In silence ahead that is longer than this, in seconds, no beat is looked for but in the last part of it:
/// slow ones would cost least there.
const LONG_SILENCE: f64 = 4.0;
const REST_BEFORE: f64 = 1.0;

/// The beats of a recording: where they are and which of them begin bars.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BeatTrack {
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

/// Finds the beats, and what is to be said of them. `beats` has two numbers for each frame, the
/// probability of a beat and of a downbeat; `semitones` are those of the recording, 20 frames a second,
/// or empty.
pub fn track_beats(
    beats: &[f32],
    semitones: &[f32],
    extent: &Extent,
    options: &BeatOptions,
) -> (BeatTrack, Option<Remark>) {
    let log_odds = |column: usize| -> Vec<f32> {
        let odds = |p: f32| (p / (1.0 - p)).ln().clamp(-MOST, MOST);
        beats.chunks_exact(2).map(|row| odds(row[column].clamp(1e-4, 1.0 - 1e-4))).collect()
    };
    let (mut beat, downbeat) = (log_odds(0), log_odds(1));
    if extent.silent > LONG_SILENCE {
        let silent = (extent.silent - REST_BEFORE) * FRAMES_PER_SECOND;
        beat.iter_mut().take(silent as usize).for_each(|odds| *odds = -MOST);
    }
    let periods = Periods::of(options.quarters());
    let free = free_beats(&beat, &downbeat, options, &periods);
    // Without beats a tempo that is given holds from a stroke on.
    let without_beats = |stroke| {
        let beats_to_a_bar = options.beats_to_a_bar.unwrap_or(4);
        let times = bar_at(stroke, beats_to_a_bar, options);
        (BeatTrack { times, beats_to_a_bar, ..BeatTrack::default() }, None)
    };
    if let Some(at) = extent.only_stroke(&beat, &free) {
        return without_beats(Some(at));
    }
    let in_loop = as_loop(&beat, &downbeat, extent, options, &free, &periods);
    let Places { mut frames, is_loop, is_as_asked } = placed(&beat, options.tempo, free, in_loop);
    if let Some(at) = options.downbeat.filter(|_| !is_loop && frames.len() > 1) {
        let end = extent.seconds * FRAMES_PER_SECOND;
        frames = through(frames, at * FRAMES_PER_SECOND, end);
    }
    if frames.len() < 2 {
        return without_beats(extent.first_stroke);
    }
    let times: Vec<f64> = frames.iter().map(|frame| frame / FRAMES_PER_SECOND).collect();
    // A loop begins with a bar.
    let harmony = if is_loop { Vec::new() } else { changes(semitones, &times) };
    let Bars { beats_to_a_bar, first, .. } = bars(&downbeat, &frames, &harmony, options, is_loop);
    // Some grooves are strongest within a bar, as the one drop of reggae is on the third beat.
    let is_short_loop = is_loop && frames.len() <= FEW_BARS * beats_to_a_bar;
    let first_downbeat = if is_short_loop && options.downbeat.is_none() { 0 } else { first };
    let times = times.into_iter().map(Seconds).collect();
    let remark = options.tempo.filter(|_| !is_as_asked).map(Remark::OtherTempo);
    (BeatTrack { times, beats_to_a_bar, first_downbeat, is_loop, metre: None }, remark)
}

/// The likeliest beats. Where those of the metre are no quarter notes, those of a related tempo if they
/// make better bars of it.
fn free_beats(
    beat: &[f32],
    downbeat: &[f32],
    options: &BeatOptions,
    periods: &Periods,
) -> Vec<f64> {
    let first = likeliest(beat, options.tempo, periods);
    if options.tempo.is_some() || options.quarters() == 1.0 || first.len() < 2 {
        return first;
    }
    let found = mean_period(&first);
    let possible = periods.shortest as f64..=periods.longest as f64;
    let others = OTHER_PULSES.iter().map(|share| share * found);
    let led: Vec<f32> = beat.iter().zip(downbeat).map(|(beat, down)| beat + LED * down).collect();
    let others: Vec<Vec<f64>> = others
        .filter(|period| possible.contains(period))
        .map(|period| likeliest(&led, Some(60.0 * FRAMES_PER_SECOND / period), periods))
        .filter(|beats| beats.len() > 1)
        .collect();
    let value = |beats: &[f64]| {
        let worth = periods.worth(mean_highest(beat, beats), mean_period(beats));
        worth + METRE_BARS * bars(downbeat, beats, &[], options, false).worth
    };
    let all = std::iter::once(first).chain(others).map(|beats| (value(&beats), beats));
    all.max_by(|a, b| a.0.total_cmp(&b.0)).map_or_else(Vec::new, |(_, beats)| beats)
}

/// Where the beats are, in frames.
struct Places {
    frames: Vec<f64>,
    is_loop: bool,
    /// Whether they are at the tempo that was asked for, if one was.
    is_as_asked: bool,
}

/// The beats of a loop, or those that were found; at exactly the tempo that is asked for, if they are
/// heard there.
fn placed(beat: &[f32], tempo: Option<f64>, free: Vec<f64>, in_loop: Option<Vec<f64>>) -> Places {
    if let Some(tempo) = tempo {
        let looped = in_loop.as_ref().map(|grid| loop_at_tempo(tempo, grid));
        if let Some(frames) = looped.filter(|grid| is_heard(beat, grid, &free)) {
            return Places { frames, is_loop: true, is_as_asked: true };
        }
        let steady = (free.len() > 1).then(|| at_tempo(beat, tempo, &free));
        if let Some(frames) = steady.filter(|grid| is_heard(beat, grid, &free)) {
            return Places { frames, is_loop: false, is_as_asked: true };
        }
    }
    let is_loop = in_loop.is_some();
    Places { frames: in_loop.unwrap_or(free), is_loop, is_as_asked: tempo.is_none() }
}

#[cfg(test)]
mod tests {
    use super::super::spectrogram::SEMITONES;
    use super::*;
    use crate::score::Beats;

    /// The beats of a recording that sounds until it ends.
    fn tracked(rows: &[f32], semitones: &[f32], seconds: f64, options: &BeatOptions) -> BeatTrack {
        let extent = Extent { seconds, sounding: seconds, ..Extent::default() };
        track_beats(rows, semitones, &extent, options).0
    }

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
            let found = tracked(&rows, &[], 60.0, &BeatOptions::default());
            assert_eq!(found.times.len(), times.len(), "{tempo}");
            for (found, real) in found.times.iter().zip(&times) {
                assert!((found.0 - real).abs() < 0.015);
            }
            assert_eq!((found.beats_to_a_bar, found.first_downbeat), (to_a_bar, first));
            assert!(!found.is_loop);
        }
    }

    #[test]
    fn silence_ahead_has_no_beats_and_says_nothing_of_the_tempo() {
        let times: Vec<f64> = (0..16).map(|index| 10.0 + f64::from(index) * 60.0 / 162.0).collect();
        let mut rows = activations(&times, 4, 0, 16.0);
        // The network is less sure than it should be that there is none.
        rows.chunks_exact_mut(2).take(1000).for_each(|row| row[0] = row[0].max(0.12));
        let found = |silent: f64| {
            let extent = Extent { seconds: 16.0, silent, sounding: 16.0, ..Extent::default() };
            track_beats(&rows, &[], &extent, &BeatOptions::default()).0.times
        };
        assert!(found(0.0)[0].0 < 5.0, "the silence tempts");
        let heard = found(10.0);
        assert!(heard[0].0 > 8.9 && heard.len() >= times.len(), "{heard:?}");
        let last = heard.windows(2).last().unwrap();
        assert!((last[1].0 - last[0].0 - 60.0 / 162.0).abs() < 0.02, "{heard:?}");
    }

    #[test]
    fn a_single_stroke_says_no_tempo() {
        let extent = Extent {
            seconds: 20.0,
            sounding: 3.5,
            first_stroke: Some(3.0),
            last_stroke: Some(3.03),
            ..Extent::default()
        };
        let mut rows = activations(&[3.0], 4, 0, 20.0);
        // Two beats ahead of it, of which the network is not sure.
        [200, 400].into_iter().for_each(|cell| rows[cell] = 0.2);
        let beats = |rows: &[f32], extent: &Extent, options: &BeatOptions| {
            let (found, remark) = track_beats(rows, &[], extent, options);
            assert_eq!(remark, None);
            (found.times.iter().map(|time| time.0).collect::<Vec<f64>>(), found.first_downbeat)
        };
        let free = BeatOptions::default();
        assert!(beats(&rows, &extent, &free).0.is_empty());
        let asked = BeatOptions { tempo: Some(120.0), ..free };
        assert_eq!(beats(&rows, &extent, &asked), (vec![3.0, 3.5, 4.0, 4.5, 5.0], 0));
        // Two strokes may be beats, and so are those that others play.
        let two = Extent { last_stroke: Some(4.0), ..extent };
        assert!(!beats(&rows, &two, &free).0.is_empty());
        let played: Vec<f64> = (0..32).map(|index| 3.0 + 0.5 * f64::from(index)).collect();
        let played = activations(&played, 4, 0, 20.0);
        let sounding = Extent { sounding: 20.0, ..extent };
        assert!(beats(&played, &sounding, &free).0.len() > 30);
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
            let found = tracked(&rows, semitones, 22.0, &BeatOptions::default());
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
        let found = tracked(&rows, &[], 8.0 * period, &BeatOptions::default());
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
        let found = tracked(&rows, &[], 4.0, &BeatOptions::default());
        assert!(found.is_loop);
        assert_eq!((found.times.len(), found.beats_to_a_bar, found.first_downbeat), (8, 4, 0));
    }

    #[test]
    fn a_short_loop_begins_with_a_bar() {
        // Strongest on the third beats, in four bars and in eight.
        for (beats, first_downbeat) in [(16, 0), (32, 2)] {
            let times: Vec<f64> = (0..beats).map(|index| f64::from(index) * 0.5).collect();
            let seconds = f64::from(beats) * 0.5;
            let rows = activations(&times, 4, 2, seconds);
            let found = tracked(&rows, &[], seconds, &BeatOptions::default());
            assert!(found.is_loop);
            assert_eq!((found.times.len(), found.beats_to_a_bar), (times.len(), 4));
            assert_eq!(found.first_downbeat, first_downbeat);
        }
    }

    #[test]
    fn a_loop_that_begins_with_a_kick_is_not_heard_on_its_off_beats() {
        let times: Vec<f64> = (0..16).map(|index| 0.25 + f64::from(index) * 0.5).collect();
        let rows = activations(&times, 4, 0, 8.0);
        let heard = |first_kick| {
            let extent = Extent {
                seconds: 8.0,
                silent: 0.0,
                sounding: 8.0,
                first_kick,
                first_stroke: first_kick,
                last_stroke: Some(7.75),
            };
            track_beats(&rows, &[], &extent, &BeatOptions::default()).0
        };
        let found = heard(Some(0.0));
        assert!(found.is_loop);
        assert_eq!((found.times.len(), found.beats_to_a_bar, found.first_downbeat), (16, 4, 0));
        assert_eq!((found.times[0], found.times[15]), (Seconds(0.0), Seconds(7.5)));
        // Without one, or with one that comes later, the beats are where they were heard.
        for first_kick in [None, Some(0.25)] {
            let found = heard(first_kick);
            assert!(!found.is_loop && (found.times[0].0 - 0.25).abs() < 0.02);
        }
    }

    #[test]
    fn a_loop_of_five_and_seven_beats_is_one() {
        for to_a_bar in [5, 7] {
            let times: Vec<f64> = (0..2 * to_a_bar).map(|index| f64::from(index) * 0.52).collect();
            let seconds = f64::from(2 * to_a_bar) * 0.52;
            let rows = activations(&times, to_a_bar as usize, 0, seconds);
            let found = tracked(&rows, &[], seconds, &BeatOptions::default());
            assert!(found.is_loop, "{to_a_bar}");
            assert_eq!(found.beats_to_a_bar, to_a_bar as usize);
        }
    }

    #[test]
    fn beats_go_on_where_they_are_unsure() {
        let times: Vec<f64> = (0..40).map(|index| 0.6 + f64::from(index) * 0.5).collect();
        let mut rows = activations(&times, 4, 0, 25.0);
        rows[2 * 800..].iter_mut().for_each(|odds| *odds *= 0.25);
        let found = tracked(&rows, &[], 25.0, &BeatOptions::default());
        assert_eq!(found.times.len(), times.len());
    }

    #[test]
    fn a_tempo_that_wanders_is_followed() {
        let mut times = vec![0.5];
        for index in 0..60 {
            times.push(times[index] + 0.5 + 0.06 * (index as f64 / 9.0).sin());
        }
        let rows = activations(&times, 4, 0, 60.0);
        let found = tracked(&rows, &[], 60.0, &BeatOptions::default());
        let near = |real: &f64| found.times.iter().any(|found| (found.0 - real).abs() < 0.03);
        assert!(times.iter().filter(|real| near(real)).count() >= times.len() - 2);
    }

    #[test]
    fn what_is_said_beforehand_holds() {
        let times: Vec<f64> = (0..32).map(|index| 1.0 + f64::from(index) * 0.5).collect();
        let rows = activations(&times, 4, 0, 30.0);
        let half = BeatOptions { tempo: Some(60.0), ..BeatOptions::default() };
        let found = tracked(&rows, &[], 30.0, &half);
        assert!((found.times[1].0 - found.times[0].0 - 1.0).abs() < 0.05);
        let moved =
            BeatOptions { beats_to_a_bar: Some(3), downbeat: Some(1.5), ..BeatOptions::default() };
        let found = tracked(&rows, &[], 30.0, &moved);
        assert_eq!((found.beats_to_a_bar, found.first_downbeat), (3, 1));
    }

    #[test]
    fn a_tempo_that_is_given_is_kept_exactly() {
        // Played a little before and behind the beat by turns.
        let off = |index: i32| if index % 2 == 0 { 0.008 } else { -0.008 };
        let times: Vec<f64> =
            (0..60).map(|index| 1.0 + f64::from(index) * 0.5 + off(index)).collect();
        let rows = activations(&times, 4, 0, 42.0);
        let extent = Extent { seconds: 42.0, sounding: 42.0, ..Extent::default() };
        let asked = |tempo| BeatOptions { tempo: Some(tempo), ..BeatOptions::default() };
        let (found, remark) = track_beats(&rows, &[], &extent, &asked(120.0));
        assert_eq!((found.times.len(), remark), (60, None));
        for (index, time) in found.times.iter().enumerate() {
            let exact = found.times[0].0 + 0.5 * index as f64;
            assert!((time.0 - exact).abs() < 1e-9 && (time.0 - times[index]).abs() < 0.02);
        }
        let (found, remark) = track_beats(&rows, &[], &extent, &asked(240.0));
        assert!((found.times[101].0 - found.times[1].0 - 25.0).abs() < 1e-9 && remark.is_none());
        // Another tempo is near, or far, but not what was played.
        assert_eq!(
            track_beats(&rows, &[], &extent, &asked(100.0)).1,
            Some(Remark::OtherTempo(100.0))
        );
        let (found, remark) = track_beats(&rows, &[], &extent, &asked(123.0));
        assert_eq!(remark, Some(Remark::OtherTempo(123.0)));
        assert!((found.times[40].0 - times[40]).abs() < 0.03);
    }

    #[test]
    fn a_loop_at_a_given_tempo_is_one() {
        let times: Vec<f64> = (0..16).map(|index| f64::from(index) * 0.5).collect();
        let rows = activations(&times, 4, 0, 8.01);
        let asked = BeatOptions { tempo: Some(120.0), ..BeatOptions::default() };
        let found = tracked(&rows, &[], 8.01, &asked);
        assert!(found.is_loop);
        assert_eq!((found.times.len(), found.times[15]), (16, Seconds(7.5)));
    }

    #[test]
    fn the_metre_says_which_pulse_is_meant() {
        let metre = |beats_to_a_bar, quarters| BeatOptions {
            beats_to_a_bar: Some(beats_to_a_bar),
            beat: Some(Beats(quarters)),
            ..BeatOptions::default()
        };
        // The network hears quarter notes: four to a bar of 2/2, three to one of 6/8.
        for (quarter, in_a_bar, options, beat) in
            [(0.6, 4, metre(2, 2.0), 1.2), (0.4, 3, metre(2, 1.5), 0.6)]
        {
            let times: Vec<f64> = (0..120).map(|index| 0.6 + f64::from(index) * quarter).collect();
            let seconds = times[119] + 1.0;
            let rows = activations(&times, in_a_bar, 0, seconds);
            let found = tracked(&rows, &[], seconds, &options);
            for pair in found.times.windows(2) {
                assert!((pair[1].0 - pair[0].0 - beat).abs() < 0.05, "{pair:?}");
            }
            let bar = found.times[found.first_downbeat].0 - 0.6;
            let bars = bar / (quarter * in_a_bar as f64);
            assert!((bars - bars.round()).abs() < 0.03 && found.beats_to_a_bar == 2, "{bars}");
        }
        // Eighth notes as they are, quicker than any quarters.
        let times: Vec<f64> = (0..210).map(|index| 0.6 + f64::from(index) * 0.22).collect();
        let rows = activations(&times, 7, 0, 47.0);
        let found = tracked(&rows, &[], 47.0, &metre(7, 0.5));
        assert_eq!((found.times.len(), found.beats_to_a_bar, found.first_downbeat), (210, 7, 0));
    }

    #[test]
    fn a_downbeat_far_from_all_beats_moves_them() {
        let times: Vec<f64> = (0..32).map(|index| 4.1 + f64::from(index) * 0.5).collect();
        let rows = activations(&times, 4, 0, 42.0);
        let found = |downbeat| {
            let (beats_to_a_bar, downbeat) = (Some(4), Some(downbeat));
            let options = BeatOptions { beats_to_a_bar, downbeat, ..BeatOptions::default() };
            tracked(&rows, &[], 42.0, &options)
        };
        let moved = found(6.35);
        let begins = moved.times.iter().position(|time| (time.0 - 6.35).abs() < 1e-6).unwrap();
        assert_eq!(begins % 4, moved.first_downbeat);
        assert!(moved.times.len().abs_diff(32) <= 1);
        // Near enough, and far ahead of the first beat: seven beats, as bars are counted back.
        assert!((found(5.2).times[2].0 - 5.1).abs() < 0.015);
        assert_eq!(found(0.6).first_downbeat, 1);
    }

    #[test]
    fn silence_behind_a_loop_is_no_part_of_it() {
        let times: Vec<f64> = (0..16).map(|index| f64::from(index) * 0.5).collect();
        for seconds in [9.0, 10.0] {
            let rows = activations(&times, 4, 0, seconds);
            let last_stroke = Some(7.5);
            let extent = Extent { seconds, sounding: 7.8, last_stroke, ..Extent::default() };
            let (found, _) = track_beats(&rows, &[], &extent, &BeatOptions::default());
            assert!(found.is_loop);
            assert_eq!((found.times.len(), found.beats_to_a_bar), (16, 4));
            assert!((found.times[15].0 - 7.5).abs() < 0.03, "{:?}", found.times[15]);
        }
        // A rest at the end of the last bar is.
        let rows = activations(&times[..14], 4, 0, 8.0);
        let last_stroke = Some(6.5);
        let extent = Extent { seconds: 8.0, sounding: 6.8, last_stroke, ..Extent::default() };
        let (found, _) = track_beats(&rows, &[], &extent, &BeatOptions::default());
        assert_eq!((found.is_loop, found.times.len()), (true, 16));
        assert!((found.times[1].0 - 0.5).abs() < 1e-9);
    }

    #[test]
    fn no_beats_are_no_beats_unless_a_tempo_is_given() {
        let times = |rows: &[f32], tempo| {
            let extent = Extent { seconds: 2.0, first_stroke: Some(0.5), ..Extent::default() };
            let options = BeatOptions { tempo, ..BeatOptions::default() };
            track_beats(rows, &[], &extent, &options).0.times
        };
        assert!(times(&[], None).is_empty() && times(&[0.01; 400], None).is_empty());
        assert_eq!(times(&[0.01; 400], Some(60.0)), [0.5, 1.5, 2.5, 3.5, 4.5].map(Seconds));
    }
}
