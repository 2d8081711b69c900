//! Where clips are joined and how loud each is played.

use super::beats::Beat;
use super::clip::Clip;
use super::descriptor;
use crate::audio::DECODED_RATE;

/// The loudness that clips get, in LUFS (EBU R 128), if their peaks allow it, and the least.
const LOUDNESS: f64 = -23.0;
const SOFTEST: f64 = -36.0;

/// Of so many clips one may have too high a peak for the loudness of the others; it is played softer.
const PEAKY: usize = 10;

/// The highest peak of a clip, in dB of full scale: two of them at an equal-power crossfade's middle
/// stay below 0.
const PEAK: f64 = -4.0;

/// Half a crossfade in seconds: at most, on beats; and where there are none.
const LONGEST_HALF: f64 = 0.1;
const SHORTEST_HALF: f64 = 0.0025;

/// A clip is a loop if it begins with a beat and is whole beats, to this share of one.
const LOOP: f64 = 0.06;
/// Where a clip begins with a stroke, so many beats may be missed before the first that is heard: a stroke
/// at the very first sample rises from nothing that is known.
const MISSED: f64 = 2.0;
/// Shorter clips (in seconds) are mostly loops, and their tempo is known less well: being whole beats to
/// this share of one is enough.
const SHORT: f64 = 8.0;
const SHORT_LOOP: f64 = 0.1;

/// Where two clips meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Join {
    /// The middle of the crossfade, in samples of the result.
    pub at: u64,
    /// Half of the crossfade, in samples.
    pub half: u64,
    /// Whether a beat of the one meets a beat of the other.
    pub on_beats: bool,
}

/// A clip in its place. Samples of the clip may lie before its first or behind its last: silence.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// The number of the clip.
    pub clip: usize,
    /// The clip's sample at the middle of the crossfade it comes in with.
    pub from: i64,
    /// The clip's sample at the middle of the crossfade it leaves with.
    pub to: i64,
    /// Factor to its samples.
    pub gain: f32,
    /// Where `from` is, in samples of the result.
    pub start: u64,
    /// Half of the crossfades, in samples.
    pub halves: (u64, u64),
    /// A few words.
    pub why: String,
}

impl Placed {
    /// The samples of the clip that are heard.
    pub fn audible(&self) -> std::ops::Range<i64> {
        self.from - self.halves.0 as i64..self.to + self.halves.1 as i64
    }
}

/// The whole result.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// In order.
    pub placed: Vec<Placed>,
    /// One less than clips.
    pub joins: Vec<Join>,
    /// Loudness in LUFS of all clips whose peaks allow it; the others are softer.
    pub loudness: f64,
    /// Length in samples.
    pub samples: u64,
}

/// Where a clip may be left or entered.
#[derive(Clone, Copy)]
struct Place {
    sample: f64,
    beat: bool,
}

impl Plan {
    /// Joins clips in this order; `order` holds numbers of `clips`.
    pub fn of(clips: &[&Clip], order: &[usize]) -> Plan {
        let loudness = loudness(clips, order);
        let ends: Vec<(Place, Place)> = order.iter().map(|&index| ends(clips[index])).collect();
        let rate = f64::from(DECODED_RATE);
        let mut joins: Vec<Join> = Vec::new();
        let mut halves = vec![(0u64, 0u64); order.len()];
        for index in 1..order.len() {
            let (before, behind) = (clips[order[index - 1]], clips[order[index]]);
            let (exit, entry) = (ends[index - 1].1, ends[index].0);
            let on_beats = exit.beat && entry.beat;
            let wanted = if on_beats {
                (before.beats.period.min(behind.beats.period) / 4.0).min(LONGEST_HALF * rate)
            } else {
                SHORTEST_HALF * rate
            };
            // Two crossfades of one clip do not touch.
            let room = |(entry, exit): (Place, Place)| (exit.sample - entry.sample) / 2.0;
            let half = wanted.min(room(ends[index - 1])).min(room(ends[index])).max(0.0) as u64;
            (halves[index - 1].1, halves[index].0) = (half, half);
            joins.push(Join { at: 0, half, on_beats });
        }
        let mut start = 0;
        let mut placed: Vec<Placed> = Vec::new();
        for (index, &clip) in order.iter().enumerate() {
            let (from, to) = (ends[index].0.sample as i64, ends[index].1.sample as i64);
            // At either end of the result the whole clip is heard.
            let sounding = &clips[clip].sounding;
            let from = if index == 0 { sounding.start as i64 } else { from };
            let to = if index + 1 == order.len() { sounding.end as i64 } else { to };
            if let Some(join) = index.checked_sub(1).and_then(|join| joins.get_mut(join)) {
                join.at = start;
            }
            let before = index.checked_sub(1).map(|before| clips[order[before]]);
            let why = why(before, clips[clip], index.checked_sub(1).map(|join| joins[join]));
            let gain = gain(clips[clip], loudness);
            let halves = halves[index];
            placed.push(Placed { clip, from, to, gain, start, halves, why });
            start += (to - from).max(0) as u64;
        }
        Plan { placed, joins, loudness, samples: start }
    }
}

fn loudness(clips: &[&Clip], order: &[usize]) -> f64 {
    let most = order.iter().map(|&index| {
        let peak = 20.0 * f64::from(clips[index].peak).max(1e-6).log10();
        clips[index].loudness + PEAK - peak
    });
    common_loudness(most.collect())
}

/// What nearly all clips can have, by the most that each can have without being clipped. A few peaky
/// ones are no reason to play all others softly.
fn common_loudness(mut most: Vec<f64>) -> f64 {
    most.sort_by(f64::total_cmp);
    let common = most.get(most.len() / PEAKY).copied().unwrap_or(LOUDNESS);
    common.clamp(SOFTEST, LOUDNESS)
}

/// The factor for a loudness, or the most that the clip's peak allows.
fn gain(clip: &Clip, loudness: f64) -> f32 {
    let most = 10f64.powf(PEAK / 20.0) / f64::from(clip.peak).max(1e-6);
    10f64.powf((loudness - clip.loudness) / 20.0).min(most) as f32
}

/// Where a clip is best entered and left.
fn ends(clip: &Clip) -> (Place, Place) {
    let whole = || {
        let place = |sample: u64| Place { sample: sample as f64, beat: false };
        (place(clip.sounding.start), place(clip.sounding.end))
    };
    let beats = &clip.beats;
    let last = beats.late.len().saturating_sub(1);
    let Some(entry) = clearest(beats.early.iter().enumerate()) else { return whole() };
    let backwards = beats.late.iter().enumerate().map(|(index, beat)| (last - index, beat));
    let exit = clearest(backwards).map_or(0.0, |beat| beat.sample);
    let first = beats.early.first().map_or(0.0, |beat| beat.sample);
    let samples = clip.samples as f64;
    // A loop is played whole: its next beat would be its first.
    let (entry, exit) = match loop_begins(samples, beats.period, first, clip.begins_struck) {
        Some(begins) => (begins, begins + samples),
        None => (entry.sample, exit),
    };
    if exit - entry < beats.period {
        return whole();
    }
    (Place { sample: entry, beat: true }, Place { sample: exit, beat: true })
}

/// Where a loop of so many samples has its first beat; `None` for what is no loop. `first` is the first
/// beat that was heard: that at the very beginning may be cut. `begins_struck` is of the clip.
fn loop_begins(samples: f64, period: f64, first: f64, begins_struck: bool) -> Option<f64> {
    let beats = samples / period;
    let off = (beats - beats.round()).abs();
    let is_at_once = first < LOOP * period;
    let missed = (first / period).round();
    let is_cut_on_beat =
        begins_struck && (1.0..=MISSED).contains(&missed) && (first / period - missed).abs() < LOOP;
    let is_short = samples < SHORT * f64::from(DECODED_RATE);
    let is_loop =
        off < LOOP && (is_at_once || is_cut_on_beat) || off < SHORT_LOOP && is_short && beats > 1.5;
    is_loop.then_some(if is_at_once { first } else { 0.0 })
}

/// The clearest of some beats, the nearest of equals. How near the clip's end they are counts no more
/// than that: a join on the beat is worth some seconds of the clip.
fn clearest<'a>(beats: impl Iterator<Item = (usize, &'a Beat)>) -> Option<Beat> {
    let by_strength = |a: &(usize, &Beat), b: &(usize, &Beat)| {
        a.1.strength.total_cmp(&b.1.strength).then(b.0.cmp(&a.0))
    };
    beats.max_by(by_strength).map(|(_, beat)| *beat)
}

/// Why a clip is where it is.
fn why(before: Option<&Clip>, clip: &Clip, join: Option<Join>) -> String {
    let Some((before, join)) = before.zip(join) else { return "begins the path".to_owned() };
    let (a, b) = (&before.descriptor, &clip.descriptor);
    let rhythm = match a.rhythm_similarity(b) {
        0.85.. => "nearly the same rhythm",
        0.65.. => "a similar rhythm",
        _ => "another rhythm",
    };
    let sound = match a.spectral_difference(b) {
        ..3.0 => "nearly the same sound",
        ..6.0 => "a similar sound",
        _ => "another sound",
    };
    let tempos = before.beats.tempo().zip(clip.beats.tempo()).filter(|_| join.on_beats);
    let met = match tempos {
        Some((from, to)) => format!("beat on beat, {from:.0} to {to:.0} bpm"),
        None => "end to end".to_owned(),
    };
    let similarity = descriptor::similarity(a.distance(b));
    format!("{rhythm}, {sound} ({similarity:.2}); {met}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_are_whole_beats() {
        let second = f64::from(DECODED_RATE);
        let begins_with = |seconds: f64, period: f64, first: f64, struck: bool| {
            let begins = loop_begins(seconds * second, period * second, first * second, struck);
            begins.map(|begins| begins / second)
        };
        let begins = |seconds, period, first| begins_with(seconds, period, first, false);
        assert_eq!(begins(16.0, 0.5, 0.02), Some(0.02));
        assert_eq!(begins(16.0, 0.5, 0.5), None, "a long clip begins with a beat that is heard");
        assert_eq!(begins(16.2, 0.5, 0.0), None);
        // Two bars at 100 beats a minute, heard a little quicker; the first beat is cut.
        assert_eq!(begins(4.8, 0.595, 0.58), Some(0.0));
        assert_eq!(begins(4.5, 0.595, 0.58), None);
        // Cut exactly on the one: its first stroke is there and is not heard as a beat.
        let cut = |seconds, first| begins_with(seconds, 0.5, first, true);
        assert_eq!((cut(16.0, 0.5), cut(16.0, 1.01)), (Some(0.0), Some(0.0)));
        assert_eq!(cut(16.0, 0.02), Some(0.02));
        assert_eq!((cut(16.0, 0.75), cut(16.2, 0.5), cut(16.0, 2.0)), (None, None, None));
    }

    #[test]
    fn a_peaky_clip_does_not_quieten_all() {
        let mut most = vec![-20.0; 20];
        most[7] = -33.0;
        assert_eq!(common_loudness(most.clone()), LOUDNESS);
        // With a tenth and more of them it does.
        most[2] = -34.0;
        most[3] = -32.0;
        assert_eq!(common_loudness(most), -32.0);
        assert_eq!(common_loudness(vec![-50.0; 3]), SOFTEST);
        assert_eq!(common_loudness(Vec::new()), LOUDNESS);
    }
}
