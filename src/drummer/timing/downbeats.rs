//! Which place of the bar is its first: what is heavy in music falls there.
//!
//! Every step (half a beat) is described by five numbers: how much the harmony changes there, how
//! long the notes are that begin, whether the bass plays and changes, how many notes begin, and how
//! loud the loudest is. Each is put in units of its deviation over the song; the mean over all bars of
//! their weighted sum is the weight of a place in the bar. Lerdahl and Jackendoff's preference rules
//! for metre (A Generative Theory of Tonal Music, 1983, ch. 4) name these.

use crate::analysis::{BeatStep, best_beats};

/// A note in steps from the start.
#[derive(Clone, Copy, Debug)]
pub(super) struct StepNote {
    pub start: f64,
    pub length: f64,
    pub key: u8,
    /// 1 to 127.
    pub velocity: u8,
}

/// How heavy the places of the bar are.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Weights {
    /// By place, over the whole song.
    pub all: Vec<f64>,
    /// The same over each quarter of the song.
    pub parts: [Vec<f64>; PARTS],
    /// Of every step of the song.
    pub steps: Vec<f64>,
}

const PARTS: usize = 4;
const FEATURES: usize = 5;
/// Of harmony, length, bass, number and loudness.
const IMPORTANCE: [f64; FEATURES] = [1.0, 0.7, 1.0, 0.5, 0.7];
/// A note within this distance of a step, in steps, is on it.
pub(super) const NEAR: f64 = 0.25;
/// Fewer bars than this tell nothing.
const FEWEST_BARS: usize = 6;
/// Longer notes, in steps, are as long as this.
const LONGEST: f64 = 64.0;
/// Steps behind the last note; more than a bar's worth is never needed.
const TAIL: usize = 8;
/// More steps than songs have: with them a stray note would cost memory.
const MOST_STEPS: f64 = 400_000.0;

impl Weights {
    /// The weights of a bar of `places` steps, where a beat has `beat` steps. `None` if there is too
    /// little music.
    pub fn of(notes: &[StepNote], places: usize, beat: usize) -> Option<Weights> {
        let last = notes.iter().map(|note| note.start).fold(0.0, f64::max);
        if last > MOST_STEPS || notes.is_empty() {
            return None;
        }
        let steps = last.round() as usize + 1;
        if steps < places * FEWEST_BARS {
            return None;
        }
        let mut features = features(notes, steps, beat);
        standardise(&mut features);
        let weight: Vec<f64> = features
            .iter()
            .map(|step| step.iter().zip(IMPORTANCE).map(|(value, much)| value * much).sum())
            .collect();
        let mean = |place: usize, part: Option<usize>| {
            let of_part = |step: &usize| part.is_none_or(|part| step * PARTS / steps == part);
            let (sum, count) = (place..steps)
                .step_by(places)
                .filter(of_part)
                .fold((0.0, 0.0), |(sum, count), step| (sum + weight[step], count + 1.0));
            if count > 0.0 { sum / count } else { 0.0 }
        };
        let over = |part| (0..places).map(|place| mean(place, part)).collect();
        let (all, parts) = (over(None), std::array::from_fn(|part| over(Some(part))));
        Some(Weights { all, parts, steps: weight })
    }

    /// The heaviest place of those allowed, and how far it is ahead of the next.
    pub fn heaviest(&self, allowed: impl Fn(usize) -> bool) -> (usize, f64) {
        let mut order: Vec<usize> = (0..self.all.len()).filter(|&place| allowed(place)).collect();
        order.sort_by(|&a, &b| self.all[b].total_cmp(&self.all[a]));
        let ahead = match order[..] {
            [first, second, ..] => self.all[first] - self.all[second],
            _ => 0.0,
        };
        (order.first().copied().unwrap_or(0), ahead)
    }
}

/// The bar lines of music whose beats were heard.
pub(super) struct BarLines {
    /// In steps of half a beat, in order; at least one.
    pub lines: Vec<usize>,
    /// What the steps at bar lines weigh, on average, slips taken off.
    pub worth: f64,
    /// The share of bars that have more or fewer beats than they should.
    pub slips: f64,
}

/// What bar lines are looked for.
#[derive(Clone, Copy)]
pub(super) struct Lines {
    /// To a bar.
    pub beats: usize,
    /// 0 if they are on beats, 1 if all are between them.
    pub parity: usize,
    /// What it is worth that the first beat of all is one.
    pub at_once: f32,
    /// What a bar costs that is a beat longer or shorter than the others, and one by two beats, in weights
    /// of steps.
    pub slips: [f32; 2],
}

/// The heaviest bar lines. `None` if there are fewer beats than a bar has.
pub(super) fn bar_lines(weights: &[f64], wanted: Lines) -> Option<BarLines> {
    let Lines { beats, parity, at_once, slips: [one, two] } = wanted;
    let mut own: Vec<f32> =
        weights.iter().skip(parity).step_by(2).map(|&weight| weight as f32).collect();
    *own.first_mut()? += at_once;
    let step = |frames: usize, cost: f32| BeatStep { frames, from: 0, cost };
    let steps = [vec![
        step(beats, 0.0),
        step(beats - 1, one),
        step(beats + 1, one),
        step(beats - 2, two),
        step(beats + 2, two),
    ]];
    let ending = own.len().checked_sub(beats)?..own.len();
    let begins = |beat: usize| beat < 2 * beats;
    let (found, worth) = best_beats(own.len(), &steps, |beat, _| own[beat], begins, ending)?;
    let slipped = found.windows(2).filter(|pair| pair[1].frame - pair[0].frame != beats).count();
    let (count, first) = (found.len() as f64, found[0].frame);
    // Whole bars before the first that was worth something.
    let before = (first % beats..first).step_by(beats);
    let lines = before.chain(found.iter().map(|at| at.frame)).map(|beat| 2 * beat + parity);
    Some(BarLines {
        lines: lines.collect(),
        worth: f64::from(worth) / count,
        slips: slipped as f64 / count,
    })
}

fn features(notes: &[StepNote], steps: usize, beat: usize) -> Vec<[f64; FEATURES]> {
    let mut features = vec![[0.0; FEATURES]; steps];
    let mut chroma = vec![[0.0; 12]; steps + TAIL];
    let mut begins = vec![0u32; steps];
    let mut loudest = vec![0.0f64; steps];
    let mut lowest: Vec<Option<u8>> = vec![None; steps];
    let loud = notes.iter().map(|note| f64::from(note.velocity)).sum::<f64>() / notes.len() as f64;
    for note in notes {
        let length = note.length.min(LONGEST);
        let from = (note.start + NEAR).floor() as usize;
        let to = ((note.start + length - NEAR).ceil().max(0.0) as usize).min(chroma.len());
        for step in chroma.get_mut(from..to).unwrap_or_default() {
            step[usize::from(note.key % 12)] += 1.0;
        }
        let step = note.start.round();
        if (note.start - step).abs() > NEAR || step as usize >= steps {
            continue;
        }
        let step = step as usize;
        begins[step] += 1;
        loudest[step] = loudest[step].max(f64::from(note.velocity));
        features[step][1] += (length / beat as f64).min(8.0).ln_1p();
        lowest[step] = Some(lowest[step].map_or(note.key, |low| low.min(note.key)));
    }
    let mut keys: Vec<u8> = notes.iter().map(|note| note.key).collect();
    keys.sort_unstable();
    let low = keys[keys.len() * 35 / 100];
    let mut bass = None;
    for step in 0..steps {
        if let Some(key) = lowest[step].filter(|&key| key <= low) {
            features[step][2] = if bass == Some(key % 12) { 1.0 } else { 2.0 };
            bass = Some(key % 12);
        }
        if begins[step] == 0 {
            continue;
        }
        let after = sum(&chroma[step..(step + beat).min(chroma.len())]);
        let before = sum(&chroma[step.saturating_sub(beat)..step]);
        features[step][0] = before.zip(after).map_or(0.0, |(before, after)| {
            1.0 - before.iter().zip(after).map(|(a, b)| a * b).sum::<f64>()
        });
        features[step][3] = f64::from(begins[step]).ln_1p();
        features[step][4] = loudest[step] - loud;
    }
    features
}

/// The sum of some steps' harmonies, of length 1; `None` of silence.
pub(super) fn sum(steps: &[[f64; 12]]) -> Option<[f64; 12]> {
    let mut all = [0.0; 12];
    for step in steps {
        all.iter_mut().zip(step).for_each(|(sum, value)| *sum += value);
    }
    let length = all.iter().map(|value| value * value).sum::<f64>().sqrt();
    (length > 0.0).then(|| all.map(|value| value / length))
}

/// Brings every feature to mean 0 and deviation 1.
pub(super) fn standardise<const N: usize>(features: &mut [[f64; N]]) {
    let count = features.len() as f64;
    for feature in 0..N {
        let mean = features.iter().map(|step| step[feature]).sum::<f64>() / count;
        let squares = features.iter().map(|step| (step[feature] - mean).powi(2)).sum::<f64>();
        let deviation = (squares / count).sqrt() + 1e-9;
        for step in features.iter_mut() {
            step[feature] = (step[feature] - mean) / deviation;
        }
    }
}
