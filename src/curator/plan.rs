//! Where clips are joined and how loud each is played.

use std::ops::Range;

use super::beats::Beat;
use super::clip::Clip;
use super::descriptor;
use crate::audio::DECODED_RATE;

/// The loudness that clips get, in LUFS (EBU R 128), if their peaks allow it, and the least.
const LOUDNESS: f64 = -23.0;
const SOFTEST: f64 = -36.0;

/// Of so many clips one may have too high a peak for the loudness of the others; it is played softer.
const PEAKY: usize = 10;

/// The highest peak of a clip, in dB of full scale: two of them in the middle of an equal-power crossfade
/// stay below 0.
const PEAK: f64 = -4.0;

/// Crossfades in seconds: at most, on beats and into a clip that sounds before its beat; and of one that
/// begins with its stroke, or where there are no beats.
const LONGEST: f64 = 0.1;
const SHORTEST: f64 = 0.003;

/// Seconds from the end of a crossfade to the beat: strokes begin a little before the place where their
/// sound rises most steeply.
const LEAD: f64 = 0.003;

/// What sounds less than so many seconds before a clip's first beat belongs to it, as an early hat does,
/// and is not faded.
const EARLY: f64 = 0.03;

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
    /// Where the beat of the one would be that is the beat of the other, in samples of the result.
    pub at: u64,
    /// From one clip to the other.
    pub crossfade: Crossfade,
    /// Whether a beat of the one meets a beat of the other.
    pub on_beats: bool,
}

/// An equal-power crossfade, which is over before the join: the first beat of a clip is played in full. In
/// samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Crossfade {
    /// How long it is.
    pub length: u64,
    /// From its end to the join.
    pub lead: u64,
}

impl Crossfade {
    /// Its samples, if the join is at this one.
    fn before(self, join: i64) -> Range<i64> {
        let end = join - self.lead as i64;
        end - self.length as i64..end
    }
}

/// A clip in its place. Samples of the clip may lie before its first or behind its last: silence.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// The number of the clip.
    pub clip: usize,
    /// The clip's sample at the join it comes in with.
    pub from: i64,
    /// The clip's sample at the join it leaves with.
    pub to: i64,
    /// Factor to its samples.
    pub gain: f32,
    /// Where `from` is, in samples of the result.
    pub start: u64,
    /// Those it comes in and leaves with; none at the ends of the result.
    pub crossfades: (Crossfade, Crossfade),
    /// A few words.
    pub why: String,
}

impl Placed {
    /// The samples of the clip in which it comes in.
    pub fn fade_in(&self) -> Range<i64> {
        self.crossfades.0.before(self.from)
    }

    /// The samples of the clip in which it leaves.
    pub fn fade_out(&self) -> Range<i64> {
        self.crossfades.1.before(self.to)
    }

    /// The samples of the clip that are heard.
    pub fn audible(&self) -> Range<i64> {
        self.fade_in().start..self.fade_out().end
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

/// Where a clip may be left or entered, in samples.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Place {
    sample: f64,
    /// Whether it is a beat.
    beat: bool,
    /// Where it is left or entered if the other clip has no beat to meet: nothing is cut for that.
    alone: f64,
}

impl Place {
    fn sample(self, on_beats: bool) -> f64 {
        if on_beats { self.sample } else { self.alone }
    }
}

impl Plan {
    /// Joins clips in this order; `order` holds numbers of `clips`.
    pub fn of(clips: &[&Clip], order: &[usize]) -> Plan {
        let loudness = loudness(clips, order);
        let ordered: Vec<&Clip> = order.iter().map(|&index| clips[index]).collect();
        let ends: Vec<(Place, Place)> = ordered.iter().map(|clip| ends(clip)).collect();
        let meet = |pair: &[(Place, Place)]| pair[0].1.beat && pair[1].0.beat;
        let on_beats: Vec<bool> = ends.windows(2).map(meet).collect();
        // From where to where each is heard. At either end of the result the whole clip is.
        let mut heard: Vec<Range<f64>> = Vec::new();
        for (index, clip) in ordered.iter().enumerate() {
            let sounding = clip.sounding.start as f64..clip.sounding.end as f64;
            let entry = index.checked_sub(1).map(|join| ends[index].0.sample(on_beats[join]));
            let exit = on_beats.get(index).map(|&on_beats| ends[index].1.sample(on_beats));
            heard.push(entry.unwrap_or(sounding.start)..exit.unwrap_or(sounding.end));
        }
        let joins = on_beats.iter().enumerate().map(|(index, &on_beats)| {
            let pair = [ordered[index], ordered[index + 1]];
            let room = (heard[index].end - heard[index].start) / 2.0;
            let crossfade = crossfade(pair, heard[index + 1].start, on_beats, room);
            Join { at: 0, crossfade, on_beats }
        });
        let mut joins: Vec<Join> = joins.collect();
        let mut start = 0;
        let mut placed: Vec<Placed> = Vec::new();
        for (index, &clip) in order.iter().enumerate() {
            let (from, to) = (heard[index].start as i64, heard[index].end as i64);
            let join = index.checked_sub(1);
            if let Some(join) = join.and_then(|join| joins.get_mut(join)) {
                join.at = start;
            }
            let why = why(join.map(|before| (ordered[before], joins[before])), ordered[index]);
            let faded = |join: Option<&Join>| join.map(|join| join.crossfade).unwrap_or_default();
            let crossfades = (faded(join.map(|join| &joins[join])), faded(joins.get(index)));
            let gain = gain(ordered[index], loudness);
            placed.push(Placed { clip, from, to, gain, start, crossfades, why });
            start += (to - from).max(0) as u64;
        }
        Plan { placed, joins, loudness, samples: start }
    }
}

/// How the second of two clips comes in, whose sample at the join is `entry`; the first has `room` samples
/// for it.
fn crossfade(clips: [&Clip; 2], entry: f64, on_beats: bool, room: f64) -> Crossfade {
    let samples = |seconds: f64| seconds * f64::from(DECODED_RATE);
    let ahead = (entry - clips[1].sounding.start as f64).max(0.0);
    let (length, lead) = if on_beats && ahead >= samples(EARLY) {
        let periods = clips.iter().map(|clip| clip.beats.period).filter(|period| *period > 0.0);
        let quarter = periods.fold(f64::INFINITY, f64::min) / 4.0;
        (quarter.min(samples(LONGEST)).min(ahead - samples(LEAD)), samples(LEAD))
    } else {
        (samples(SHORTEST), ahead.min(samples(EARLY)).max(samples(LEAD)))
    };
    // The first clip's own first beat stays.
    let lead = lead.min(room).max(0.0);
    Crossfade { length: length.min(room - lead).max(0.0) as u64, lead: lead as u64 }
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
    let sounding = (clip.sounding.start as f64, clip.sounding.end as f64);
    let whole = || {
        let place = |sample: f64| Place { sample, beat: false, alone: sample };
        (place(sounding.0), place(sounding.1))
    };
    let bars = |begins: f64, ends: f64| {
        let place = |sample: f64| Place { sample, beat: true, alone: sample };
        (place(begins), place(ends))
    };
    let beats = &clip.beats;
    if let Some(Range { start, end }) = beats.bars {
        return bars(start, end);
    }
    let last = beats.late.len().saturating_sub(1);
    let Some(entry) = clearest(beats.early.iter().enumerate()) else { return whole() };
    let backwards = beats.late.iter().enumerate().map(|(index, beat)| (last - index, beat));
    let exit = clearest(backwards).map_or(0.0, |beat| beat.sample);
    let first = beats.early.first().map_or(0.0, |beat| beat.sample);
    let samples = clip.samples as f64;
    // A loop is played whole: its next beat would be its first.
    if let Some(begins) = loop_begins(samples, beats.period, first, clip.begins_struck)
        && samples >= beats.period
    {
        return bars(begins, begins + samples);
    }
    if exit - entry.sample < beats.period {
        return whole();
    }
    let beat = |sample: f64, alone: f64| Place { sample, beat: true, alone };
    (beat(entry.sample, sounding.0), beat(exit, sounding.1))
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

/// Why a clip is where it is, behind the one before it.
fn why(before: Option<(&Clip, Join)>, clip: &Clip) -> String {
    let Some((before, join)) = before else { return "begins the path".to_owned() };
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
    let met = match before.beats.tempo().zip(clip.beats.tempo()) {
        _ if !join.on_beats => "end to end".to_owned(),
        Some((from, to)) => format!("beat on beat, {from:.0} to {to:.0} bpm"),
        None => "bar on bar".to_owned(),
    };
    let similarity = descriptor::similarity(a.distance(b));
    format!("{rhythm}, {sound} ({similarity:.2}); {met}")
}

#[cfg(test)]
mod tests {
    use super::super::beats::ClipBeats;
    use super::super::source::Source;
    use super::*;
    use crate::curator::Descriptor;

    const RATE: f64 = DECODED_RATE as f64;

    /// A clip that sounds from its first sample on.
    fn clip(seconds: f64, beats: ClipBeats) -> Clip {
        let samples = (seconds * RATE) as u64;
        Clip {
            source: Source::Recording("clip.wav".into()),
            samples,
            sounding: 0..samples,
            loudness: -23.0,
            peak: 0.5,
            begins_struck: false,
            descriptor: Descriptor::of(&[], &Vec::new()),
            beats,
        }
    }

    /// A beat at either end, in seconds; two beats a second.
    fn beats(early: f64, late: f64) -> ClipBeats {
        let beat = |seconds: f64| vec![Beat { sample: seconds * RATE, strength: 1.0 }];
        ClipBeats { period: RATE / 2.0, early: beat(early), late: beat(late), bars: None }
    }

    /// What is heard of each of some clips, in seconds.
    fn heard(clips: &[&Clip]) -> Vec<(f64, f64)> {
        let order: Vec<usize> = (0..clips.len()).collect();
        let seconds = |sample: i64| (sample as f64 / RATE * 1e3).round() / 1e3;
        let plan = Plan::of(clips, &order);
        plan.placed.iter().map(|placed| (seconds(placed.from), seconds(placed.to))).collect()
    }

    #[test]
    fn nothing_is_cut_for_a_clip_without_beats() {
        let (with, without) = (clip(10.1, beats(0.7, 9.2)), clip(3.3, ClipBeats::default()));
        assert_eq!(heard(&[&with, &with]), [(0.0, 9.2), (0.7, 10.1)]);
        assert_eq!(
            heard(&[&without, &with, &without, &with]),
            [(0.0, 3.3), (0.0, 10.1), (0.0, 3.3), (0.0, 10.1)]
        );
        // One side alone.
        assert_eq!(heard(&[&with, &with, &without])[1], (0.7, 10.1));
        // Bars that are known stay whole beside all others.
        let bars = ClipBeats { bars: Some(0.5 * RATE..4.5 * RATE), ..ClipBeats::default() };
        let bars = clip(6.0, bars);
        assert_eq!(heard(&[&without, &bars, &with])[1], (0.5, 4.5));
        assert_eq!(heard(&[&with, &bars, &without]), [(0.0, 9.2), (0.5, 4.5), (0.0, 3.3)]);
    }

    #[test]
    fn first_beats_are_played_in_full() {
        let joined = |entry: f64| {
            let clips = [&clip(10.1, beats(0.7, 9.2)), &clip(10.1, beats(entry, 9.2))];
            let plan = Plan::of(&clips, &[0, 1]);
            let [before, behind] = &plan.placed[..] else { panic!("two clips") };
            assert_eq!(before.crossfades.1, behind.crossfades.0);
            let (fade_in, fade_out) = (behind.fade_in(), before.fade_out());
            assert_eq!(fade_in.end - behind.from, fade_out.end - before.to);
            let seconds = |samples: i64| (samples as f64 / RATE * 1e3).round() / 1e3;
            (seconds(fade_in.end - fade_in.start), seconds(behind.from - fade_in.end))
        };
        // A fifth of a second sounds before the beat, then half of the longest crossfade, then an early
        // hat, and then nothing.
        assert_eq!(joined(0.2), (0.1, 0.003));
        assert_eq!(joined(0.053), (0.05, 0.003));
        assert_eq!(joined(0.02), (0.003, 0.02));
        assert_eq!(joined(0.0), (0.003, 0.003));
    }

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
