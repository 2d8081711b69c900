//! The upbeat of a melody alone: what tells the bar line where no bass and no chords do.
//!
//! Every half beat is described by [`FEATURES`] numbers of the melody's rhythm, contour, harmony and
//! repetition, each in units of its deviation over the song. The mean over all bars at a beat, and at the
//! half beat behind it, tells by weights that were fitted how plausible it is that bars begin there; a
//! softmax over the beats of the bar is the certainty. The features are those of Lerdahl and Jackendoff's
//! metrical preference rules (A Generative Theory of Tonal Music, 1983, ch. 4) that one voice can show.
//! `models/training/upbeats.py` fits the weights.

use super::downbeats::{NEAR, StepNote, standardise, sum};

/// Of one half beat.
pub(super) const FEATURES: usize = 12;
/// Of a beat: those at it and those at the half beat behind it.
pub(super) const OF_BEAT: usize = 2 * FEATURES;

/// By feature; see [`features`].
const PLAUSIBLE: [f64; OF_BEAT] = [
    -3.081, -4.910, 0.547, 1.261, 0.551, -1.422, 0.870, 0.551, 2.597, 1.872, 0.433, 0.300, -0.600,
    -0.848, 0.945, 0.601, 0.075, -2.619, 0.018, 0.111, -1.962, -0.379, 0.867, -0.681,
];
/// So certain a bar line elsewhere has to be.
const CERTAIN: f64 = 0.95;
/// The same where the rule for whole ensembles says so too.
const AGREED: f64 = 0.5;
/// Which of the features is loudness.
const LOUD: usize = 11;
/// A beat that is so much louder than all others, in deviations, and the loudest in each part, is accented.
const ACCENT: f64 = 1.2;
/// In each part of the melody it has to be more plausible than the file's.
pub(super) const PARTS: usize = 4;
/// Fewer bars tell nothing.
const FEWEST_BARS: usize = 6;
/// Longer melodies have what they need to tell in this many steps.
const MOST_STEPS: f64 = 8000.0;
/// A longer note is as long as this, in steps.
const LONGEST: f64 = 8.0;
/// Of the notes of a melody at most this share is struck together with another.
const DOUBLED: f64 = 0.1;
/// Notes struck this near to each other, in steps, are struck together.
const TOGETHER: f64 = 0.02;
/// A note at least so long, in steps, is an arrival when the one before was shorter by far.
const LONG: f64 = 4.0;
/// Distances at which a melody repeats itself, in bars.
const REPEATS: [usize; 5] = [1, 2, 4, 8, 16];

/// What there is at each beat of a bar, in the whole melody and in each of its parts.
pub(super) struct Beats {
    pub all: Vec<[f64; OF_BEAT]>,
    pub parts: [Vec<[f64; OF_BEAT]>; PARTS],
}

impl Beats {
    /// Of notes in half beats from the start of the file, sorted by start, in bars of `places` half
    /// beats. `None` if this is no single voice, or is too short.
    pub fn of(notes: &[StepNote], places: usize) -> Option<Beats> {
        let notes = voice(notes)?;
        let last = notes.last()?.start;
        let steps = last.round() as usize + 1;
        if last > MOST_STEPS || steps < places * FEWEST_BARS {
            return None;
        }
        let mut features = features(&notes, steps, places);
        standardise(&mut features);
        let mean = |place: usize, part: Option<usize>| {
            let mut mean = [0.0; FEATURES];
            let of_part = |step: &usize| part.is_none_or(|part| step * PARTS / steps == part);
            let found: Vec<usize> = (place..steps).step_by(places).filter(of_part).collect();
            for &step in &found {
                for (mean, value) in mean.iter_mut().zip(features[step]) {
                    *mean += value / found.len() as f64;
                }
            }
            mean
        };
        let of_beat = |beat: usize, part| {
            let both = [mean(2 * beat, part), mean(2 * beat + 1, part)];
            std::array::from_fn(|at| both[at / FEATURES][at % FEATURES])
        };
        let over = |part| (0..places / 2).map(|beat| of_beat(beat, part)).collect();
        Some(Beats { all: over(None), parts: std::array::from_fn(|part| over(Some(part))) })
    }

    /// The beats of an upbeat that is certain; `also` is the beat where the rule for ensembles has the
    /// bar line.
    pub fn upbeat(&self, also: Option<usize>) -> Option<usize> {
        if let Some(accented) = self.accented() {
            return (accented > 0).then_some(accented);
        }
        let odds: Vec<f64> = self.all.iter().map(|beat| plausible(beat).exp()).collect();
        let best = largest(&odds)?;
        let certainty = odds[best] / odds.iter().sum::<f64>();
        let is_steady =
            || self.parts.iter().all(|part| plausible(&part[best]) > plausible(&part[0]));
        let is_certain = certainty > CERTAIN && is_steady();
        let is_agreed = certainty > AGREED && also == Some(best);
        (best > 0 && (is_certain || is_agreed)).then_some(best)
    }

    /// The beat that is accented throughout.
    fn accented(&self) -> Option<usize> {
        let loud = |part: &[[f64; OF_BEAT]]| part.iter().map(|beat| beat[LOUD]).collect::<Vec<_>>();
        let all = loud(&self.all);
        let loudest = largest(&all)?;
        let others = (0..all.len()).filter(|&beat| beat != loudest);
        let is_ahead = others.map(|beat| all[loudest] - all[beat]).all(|ahead| ahead > ACCENT);
        let is_loudest = |part: &Vec<_>| largest(&loud(part)) == Some(loudest);
        (is_ahead && self.parts.iter().all(is_loudest)).then_some(loudest)
    }
}

/// The place of the largest of some numbers.
fn largest(numbers: &[f64]) -> Option<usize> {
    (0..numbers.len()).max_by(|&a, &b| numbers[a].total_cmp(&numbers[b]))
}

fn plausible(beat: &[f64; OF_BEAT]) -> f64 {
    beat.iter().zip(PLAUSIBLE).map(|(value, weight)| value * weight).sum()
}

/// The notes, one at a time. `None` if they are more than a voice.
fn voice(notes: &[StepNote]) -> Option<Vec<StepNote>> {
    let mut voice: Vec<StepNote> = Vec::with_capacity(notes.len());
    for &note in notes {
        match voice.last_mut() {
            Some(last) if note.start - last.start <= TOGETHER => {
                if note.key > last.key {
                    *last = StepNote { start: last.start, ..note };
                }
            }
            _ => voice.push(note),
        }
    }
    let doubled = notes.len() - voice.len();
    (doubled as f64 <= DOUBLED * notes.len() as f64).then_some(voice)
}

/// For every step: whether a note begins (0) or goes on (1); how long until the next begins (2), how long
/// a rest was before (3), whether a long note follows a shorter (4) or ends before a rest (5); whether it
/// is a peak or a trough of the line (6); how low (7); how much the harmony changes (8); how many
/// repetitions of earlier bars begin there (9), how many repetitions of earlier rhythms have just
/// ended (10); how loud (11).
fn features(notes: &[StepNote], steps: usize, places: usize) -> Vec<[f64; FEATURES]> {
    let mut features = vec![[0.0; FEATURES]; steps];
    let half = places / 2;
    let mut chroma = vec![[0.0; 12]; steps + half];
    let mut keys: Vec<Option<u8>> = vec![None; steps];
    let count = notes.len() as f64;
    let loud = notes.iter().map(|note| f64::from(note.velocity)).sum::<f64>() / count;
    let middle = notes.iter().map(|note| f64::from(note.key)).sum::<f64>() / count;
    let until_next = |at: usize| {
        let until = match notes.get(at + 1) {
            Some(next) => next.start - notes[at].start,
            None => notes[at].length,
        };
        until.clamp(0.0, LONGEST)
    };
    for (at, note) in notes.iter().enumerate() {
        let from = (note.start + NEAR).floor() as usize;
        let end = note.start + note.length.min(MOST_STEPS);
        let to = ((end - NEAR).ceil().max(0.0) as usize).min(chroma.len());
        for step in chroma.get_mut(from..to).unwrap_or_default() {
            step[usize::from(note.key % 12)] += 1.0;
        }
        for step in features.get_mut(from + 1..to.min(steps)).unwrap_or_default() {
            step[1] = 1.0;
        }
        let step = note.start.round();
        if (note.start - step).abs() > NEAR || step as usize >= steps {
            continue;
        }
        let step = step as usize;
        keys[step] = Some(note.key);
        let until = until_next(at);
        let here = &mut features[step];
        here[0] = 1.0;
        here[2] = (until / 2.0).ln_1p();
        let before = at.checked_sub(1).map(|before| notes[before]);
        if let Some(before) = before {
            let rest = note.start - before.start - before.length;
            here[3] = rest.clamp(0.0, LONGEST).sqrt();
            if let Some(next) = notes.get(at + 1) {
                let (left, right) = (note.key.cmp(&before.key), note.key.cmp(&next.key));
                here[6] = f64::from(i8::from(left.is_gt() && right.is_ge()))
                    - f64::from(i8::from(left.is_lt() && right.is_le()));
            }
        }
        let until_this = at.checked_sub(1).map_or(0.0, until_next);
        here[4] = f64::from(u8::from(until >= LONG && until >= 1.5 * until_this));
        here[5] = f64::from(u8::from(until - note.length >= 1.0 && until >= 3.0));
        here[7] = middle - f64::from(note.key);
        here[11] = f64::from(note.velocity) - loud;
    }
    for step in (0..steps).filter(|&step| keys[step].is_some()) {
        let before = sum(&chroma[step.saturating_sub(half)..step]);
        let after = sum(&chroma[step..step + half]);
        features[step][8] = before.zip(after).map_or(0.0, |(before, after)| {
            1.0 - before.iter().zip(after).map(|(a, b)| a * b).sum::<f64>()
        });
    }
    for distance in REPEATS.map(|bars| bars * places) {
        if steps <= distance + places {
            continue;
        }
        let count = steps - distance;
        for run in runs(count, |step| keys[step] == keys[step + distance]) {
            if run.len() >= half {
                features[run.start + distance][9] += 1.0;
            }
        }
        for run in runs(count, |step| keys[step].is_some() == keys[step + distance].is_some()) {
            if run.len() >= places && run.end < count {
                features[run.end + distance][10] += 1.0;
            }
        }
    }
    features
}

/// The longest runs of steps below `count` of which something holds.
fn runs(count: usize, holds: impl Fn(usize) -> bool) -> Vec<std::ops::Range<usize>> {
    let mut runs: Vec<std::ops::Range<usize>> = Vec::new();
    for step in (0..count).filter(|&step| holds(step)) {
        match runs.last_mut() {
            Some(run) if run.end == step => run.end += 1,
            _ => runs.push(step..step + 1),
        }
    }
    runs
}
