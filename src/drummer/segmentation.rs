//! The song's form as musicians name it: sections by what the song repeats.
//!
//! Repetition is what makes a section (Paulus, Müller, Klapuri 2010: homogeneity, novelty,
//! repetition): a run of bars pays for how well it comes again elsewhere, less for what it repeats
//! within itself, and for the change of texture at its start (Foote 2000); its length costs what
//! phrases cost that are not of four, eight or sixteen bars. Dynamic programming finds the best
//! sections, average linkage their letters. All of it hears the notes (see `features/content.rs`),
//! not the drums that were predicted: those have a form of their own, [`super::drum_form`].
//!
//! The weights were found by random search on part of the tunes of `mma_synth` and thirteen songs
//! marked by hand; `docs/quality.md` has what they give there and on other songs.

use std::ops::Range;

use kodama::{Method, linkage};

use super::clusters::{cut, first_seen};
use super::features::{Contents, bar_features, step_grids};
use super::form::{Form, Section};
use crate::analysis::Ssm;
use crate::score::Song;

/// Longest section, in bars.
const LONGEST: usize = 32;
/// What eight bars gain for repeating entirely, in the unit of what a section costs.
const REPEATED: f32 = 6.0;
/// How much the second best repeat counts beside the best.
const SECOND: f32 = 0.17;
/// What eight bars lose when they repeat within themselves: two verses are two sections.
const WITHIN: f32 = 5.8;
/// Halves shorter than this may repeat within a section.
const PHRASE: usize = 8;
/// What a change of the whole texture gains where a section begins.
const CHANGE: f32 = 4.6;
/// How much of the change at the bars around is taken off, so that peaks remain.
const SHARPNESS: f32 = 0.64;
/// Bars on either side that are compared for changes.
const REACH: usize = 4;
/// Sections are one if they are alike by more than this share of what full similarity has over the
/// song's mean.
const ALIKE: f32 = 0.5;
/// A section that begins or ends with another one, as alike as this, is split there.
const CONTAINED: f32 = 0.8;
/// What has to be left of it, in bars.
const LEFT: usize = 4;
/// What a section in another key has to be more alike.
const TRANSPOSED: f32 = 0.1;
/// What a section a bar beside another has to be more alike.
const BESIDE: f32 = 0.02;
/// Songs are worked through in windows of this many bars, the first [`CONTEXT`] of which are known.
const WINDOW: usize = 512;
const CONTEXT: usize = 128;

/// The form of a song over its own bars: [`song_form`] with all that it needs.
pub fn form_of(song: &Song) -> Form {
    let tracks = song.melodic().filter(|track| !track.notes.is_empty()).cloned().collect();
    let song = &Song { tracks, ..song.clone() };
    let bars = song.bars();
    let grids = step_grids(song, &bars);
    let features = bar_features(song, &bars, &grids);
    song_form(&Contents::of(song, &bars, &grids, &features))
}

/// Sections with letters for a song's bars.
pub fn song_form(contents: &Contents) -> Form {
    let bars = contents.len();
    if bars == 0 {
        return Form::default();
    }
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut level = Vec::new();
    let mut done = 0;
    while done < bars {
        let start = done.saturating_sub(CONTEXT);
        let end = bars.min(start + WINDOW);
        let window = Window::new(contents, start..end);
        let found = window.sections(done - start);
        level.push(window.level);
        let keep = if end == bars { end } else { end - CONTEXT };
        for range in found {
            let range = start + range.start..start + range.end;
            // At least one, lest the window stand still.
            if range.end <= keep || range.start == done {
                done = range.end;
                ranges.push(range);
            }
        }
    }
    join_edges(&mut ranges);
    let level = level.iter().sum::<f32>() / level.len() as f32;
    split_at_repeats(contents, &mut ranges, level);
    let mut labels = labels(contents, &ranges, level);
    join_phrases(&mut ranges, &mut labels);
    let sections = ranges.into_iter().zip(labels);
    Form { sections: sections.map(|(bars, label)| Section { label, bars }).collect() }
}

/// A pick-up before the first section, or a last chord behind the last, is no section.
fn join_edges(ranges: &mut Vec<Range<usize>>) {
    if ranges.len() > 1 && ranges[0].len() <= 2 {
        let first = ranges.remove(0);
        ranges[0].start = first.start;
    }
    if ranges.len() > 1 && ranges[ranges.len() - 1].len() == 1 {
        ranges.pop();
        let last = ranges.len() - 1;
        ranges[last].end += 1;
    }
}

/// A bridge and the verse behind it may come twice and be one section by that; that the verse comes
/// without the bridge as well parts them.
fn split_at_repeats(contents: &Contents, ranges: &mut Vec<Range<usize>>, level: f32) {
    let mut number = 0;
    while number < ranges.len() {
        let long = ranges[number].clone();
        let place = ranges.iter().enumerate().find_map(|(other, short)| {
            let length = short.len();
            if other == number || length < PHRASE || length + LEFT > long.len() {
                return None;
            }
            let repeats = |start| similarity(contents, short, start, 0, level) > CONTAINED;
            [(long.start, long.start + length), (long.end - length, long.end - length)]
                .into_iter()
                .find_map(|(start, cut)| repeats(start).then_some(cut))
        });
        match place {
            Some(cut) => {
                ranges[number].end = cut;
                ranges.insert(number + 1, cut..long.end);
            }
            None => number += 1,
        }
    }
}

/// Joins short neighbours up to a phrase: those of one letter, and those that are never apart.
fn join_phrases(ranges: &mut Vec<Range<usize>>, labels: &mut Vec<usize>) {
    let mut number = 0;
    while number + 1 < ranges.len() {
        let (first, second) = (labels[number], labels[number + 1]);
        let together = first == second
            || labels.iter().filter(|&&label| label == first).count() > 1
                && (0..labels.len()).all(|other| {
                    let followed = labels.get(other + 1) == Some(&second);
                    let preceded = other > 0 && labels[other - 1] == first;
                    (labels[other] != first || followed) && (labels[other] != second || preceded)
                });
        if !together || ranges[number].len() + ranges[number + 1].len() > PHRASE {
            number += 1;
            continue;
        }
        // Wherever the two are, so that their letter stays one.
        let mut place = number;
        while place + 1 < ranges.len() {
            if labels[place] == first
                && labels[place + 1] == second
                && ranges[place].len() + ranges[place + 1].len() <= PHRASE
            {
                ranges[place].end = ranges.remove(place + 1).end;
                labels.remove(place + 1);
            }
            place += 1;
        }
    }
    *labels = first_seen(labels);
}

/// How alike some bars and as many from another start are: 0 as any two bars of the song, 1 the
/// same.
fn similarity(
    contents: &Contents,
    bars: &Range<usize>,
    start: usize,
    semitones: i32,
    level: f32,
) -> f32 {
    let pairs = bars.clone().zip(start..).map(|(a, b)| contents.repetition(a, b, semitones));
    let mean = pairs.sum::<f32>() / bars.len() as f32;
    ((mean - level) / (1.0 - level).max(1e-3)).clamp(0.0, 1.0)
}

/// What a section of this many bars costs.
fn length_cost(length: usize, first: bool, last: bool) -> f32 {
    let long = 0.62 + 0.8 * length.saturating_sub(16) as f32 / 8.0;
    let odd = !length.is_multiple_of(4);
    long + match length {
        // The first may have a pick-up, the last may run out.
        _ if last => f32::from(odd) * 0.07,
        _ if first => f32::from(odd) * 0.4,
        8 | 16 => 0.0,
        _ if !odd => 0.18,
        _ if length.is_multiple_of(2) => 0.4,
        _ => 2.3,
    }
}

/// Some bars of a song, compared with each other.
struct Window {
    repetition: Ssm,
    /// Mean repetition of different bars.
    level: f32,
    /// By bar: what changes there.
    change: Vec<f32>,
}

impl Window {
    fn new(contents: &Contents, bars: Range<usize>) -> Window {
        let (count, from) = (bars.len(), bars.start);
        let repetition = Ssm::from_pairs(count, |a, b| contents.repetition(from + a, from + b, 0));
        let pairs = (count * count.saturating_sub(1)).max(1) as f32;
        let level = (repetition.values().iter().sum::<f32>() - count as f32) / pairs;
        let texture = |a: usize, b: usize| contents.texture(from + a, from + b);
        let novelty: Vec<f32> = (0..count).map(|bar| novelty(&texture, bar, count)).collect();
        let change = (0..count)
            .map(|bar| {
                let around = bar.saturating_sub(2)..(bar + 3).min(count);
                let others = around.filter(|&other| other != bar).map(|other| novelty[other]);
                novelty[bar] - SHARPNESS * others.fold(0.0, f32::max)
            })
            .collect();
        Window { repetition, level, change }
    }

    /// The best sections from bar `from` on.
    fn sections(&self, from: usize) -> Vec<Range<usize>> {
        let count = self.change.len();
        let gains = self.gains();
        let mut best = vec![f32::NEG_INFINITY; count + 1];
        let mut starts = vec![from; count + 1];
        best[from] = 0.0;
        for end in from + 1..=count {
            for length in 1..=LONGEST.min(end - from) {
                let start = end - length;
                let change = if start > 0 { CHANGE * self.change[start] } else { 0.0 };
                let score = best[start] + gains[length - 1][start] + change
                    - length_cost(length, start == 0, end == count);
                if score > best[end] {
                    (best[end], starts[end]) = (score, start);
                }
            }
        }
        let mut ranges = Vec::new();
        let mut end = count;
        while end > from {
            ranges.push(starts[end]..end);
            end = starts[end];
        }
        ranges.reverse();
        ranges
    }

    /// What a section gains by repetition, by its length less one and its first bar.
    fn gains(&self) -> Vec<Vec<f32>> {
        let count = self.change.len();
        // Running sums along the diagonals, by lag: `sums[lag][k]` of the first k pairs.
        let sums: Vec<Vec<f32>> = (0..count)
            .map(|lag| {
                let mut sum = 0.0;
                let pairs = (0..count - lag).map(|bar| {
                    sum += self.repetition.get(bar, bar + lag) - self.level;
                    sum
                });
                std::iter::once(0.0).chain(pairs).collect()
            })
            .collect();
        // Mean above the level, of `length` bars from two places.
        let similarity = |a: usize, b: usize, length: usize| {
            let (first, lag) = (a.min(b), a.abs_diff(b));
            (sums[lag][first + length] - sums[lag][first]) / length as f32
        };
        let gain = |start: usize, length: usize| {
            let apart = |a: usize, b: usize| a.abs_diff(b) >= length;
            let mut best = (0.0f32, None);
            for other in (0..=count - length).filter(|&other| apart(start, other)) {
                let value = similarity(start, other, length);
                if value > best.0 {
                    best = (value, Some(other));
                }
            }
            let second = (0..=count - length)
                .filter(|&other| apart(start, other) && best.1.is_some_and(|b| apart(b, other)))
                .map(|other| similarity(start, other, length))
                .fold(0.0, f32::max);
            let within = [2, 3]
                .into_iter()
                .filter(|parts| length.is_multiple_of(*parts) && length / parts >= PHRASE)
                .map(|parts| {
                    let lag = length / parts;
                    similarity(start, start + lag, length - lag)
                })
                .fold(0.0, f32::max);
            let again = (best.0 + SECOND * second) / (1.0 + SECOND);
            length as f32 / 8.0 * (REPEATED * again - WITHIN * within)
        };
        let all = |length| (0..=count - length).map(|start| gain(start, length)).collect();
        (1..=LONGEST.min(count)).map(all).collect()
    }
}

/// Checkerboard novelty of the texture before a bar.
fn novelty(texture: &impl Fn(usize, usize) -> f32, bar: usize, count: usize) -> f32 {
    if bar == 0 {
        return 0.0;
    }
    let (before, after) = (bar.saturating_sub(REACH)..bar, bar..count.min(bar + REACH));
    let mean = |rows: &Range<usize>, columns: &Range<usize>| {
        let pairs = rows.clone().flat_map(|row| columns.clone().map(move |column| (row, column)));
        pairs.map(|(row, column)| texture(row, column)).sum::<f32>()
            / (rows.len() * columns.len()) as f32
    };
    let within = (mean(&before, &before) + mean(&after, &after)) / 2.0;
    (within - mean(&before, &after)).max(0.0)
}

/// A letter for each section, by average linkage.
fn labels(contents: &Contents, ranges: &[Range<usize>], level: f32) -> Vec<usize> {
    let count = ranges.len();
    if count < 2 {
        return vec![0; count];
    }
    let mut distances = Vec::with_capacity(count * (count - 1) / 2);
    for (number, first) in ranges.iter().enumerate() {
        for second in &ranges[number + 1..] {
            distances.push(1.0 - section_similarity(contents, first, second, level));
        }
    }
    let tree = linkage(&mut distances, count, Method::Average);
    first_seen(&cut(tree.steps(), count, |distance, _| distance > 1.0 - ALIKE))
}

/// How alike two sections are: 0 as any two bars of the song, 1 the same. They may start together,
/// end together, or be a bar apart; one may be the other in another key.
fn section_similarity(contents: &Contents, a: &Range<usize>, b: &Range<usize>, level: f32) -> f32 {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let length = short.len();
    let along = |start: usize, semitones| similarity(contents, short, start, semitones, level);
    let ends = long.end - length;
    let mut best = along(long.start, 0);
    if ends != long.start {
        best = best.max(along(ends, 0));
    }
    let fits = |start: usize| start + length <= contents.len();
    let beside = [Some(long.start + 1), long.start.checked_sub(1)];
    for start in beside.into_iter().flatten().filter(|&start| fits(start)) {
        best = best.max(along(start, 0) - BESIDE);
    }
    if best < ALIKE && length >= 4 {
        let harmony = |semitones: i32| {
            let bars = 0..length;
            bars.map(|bar| contents.harmony(short.start + bar, long.start + bar, semitones))
                .sum::<f32>()
        };
        let key = (1..12).max_by(|&a, &b| harmony(a).total_cmp(&harmony(b))).unwrap_or(1);
        for semitones in [key, key - 12] {
            best = best.max(along(long.start, semitones) - TRANSPOSED);
        }
    }
    // Half a section says less about the whole.
    let covered = (2 * length) as f32 / long.len() as f32;
    best * covered.min(1.0)
}
