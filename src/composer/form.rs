//! Which bars of the melody repeat which, taken from how the drums repeat.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::drums::DrumBars;
use crate::score::DrumClass;

/// What a bar plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BarPlan {
    /// Something new.
    New,
    /// What an earlier bar plays, note for note; over other chords with pitches that fit them.
    Repeat(usize),
    /// The rhythm of an earlier bar, with pitches of its own.
    RhythmOf(usize),
    /// Nothing: there are no drums, or they lead in.
    Silent,
}

impl BarPlan {
    /// Whether a bar is not what an earlier one is, note for note, nor silent.
    pub fn is_own(self) -> bool {
        matches!(self, BarPlan::New | BarPlan::RhythmOf(_))
    }
}

/// A melody's form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// One a bar. Bars point at earlier bars only.
    pub plans: Vec<BarPlan>,
    /// The first bar of every phrase, ascending.
    pub phrases: Vec<usize>,
}

impl Form {
    /// Whether a phrase begins with this bar.
    pub fn begins_phrase(&self, bar: usize) -> bool {
        self.phrases.binary_search(&bar).is_ok()
    }

    /// Whether a phrase ends with this bar.
    pub fn ends_phrase(&self, bar: usize) -> bool {
        bar + 1 == self.plans.len()
            || self.plans[bar + 1] == BarPlan::Silent
            || self.begins_phrase(bar + 1)
    }

    /// The phrase that a bar is in, from 0.
    pub fn phrase(&self, bar: usize) -> usize {
        self.phrases.partition_point(|&first| first <= bar).saturating_sub(1)
    }
}

/// Bars of silence that end a part of the song.
const GAP: usize = 2;
/// The most bars that are counted in.
const COUNT_IN: usize = 2;
/// Below this the drums of two phrases are different.
const ALIKE: f32 = 0.6;
/// Phrases as alike as the most alike but for this are as good.
const AS_GOOD: f32 = 0.04;

/// How often a phrase that comes again ends in another way, and how often an answer does that takes up
/// the question right before it.
const OTHER_ENDING: f32 = 0.35;
const OTHER_ANSWER: f32 = 0.5;
/// How often a new phrase begins with the rhythm that the first one began with, over the same drums.
const MOTIF: f32 = 0.6;
/// How often a phrase's second bar keeps to the first one's rhythm, in melodies of which half comes
/// again.
const SECOND: f32 = 0.25;

/// Draws a form: phrases as the drums have them, of which those that the drums repeat are repeated
/// with the probability `repeat` (0 to 1). The first bar is the motif, with whose rhythm new phrases
/// mostly begin; every second phrase answers the one before.
pub fn form(drums: &DrumBars, repeat: f32, rng: &mut ChaCha8Rng) -> Form {
    let phrases = phrases(drums);
    let mut form = Form { plans: vec![BarPlan::Silent; drums.len()], phrases };
    let ends: Vec<usize> = form.phrases.iter().skip(1).copied().chain([drums.len()]).collect();
    // Without the rest behind them: a bar that sounds is not to repeat one.
    let played = |(first, end): (usize, usize)| {
        let last = (first..end).rev().find(|&bar| !resting(drums, bar));
        (first, last.map_or(first, |bar| bar + 1))
    };
    let spans: Vec<(usize, usize)> = form.phrases.iter().copied().zip(ends).map(played).collect();
    for (index, &(first, end)) in spans.iter().enumerate() {
        let source = source(drums, &spans, index, end - first, rng);
        let again = rng.random::<f32>();
        let answers =
            index % 2 == 1 && source.is_some_and(|(source, _)| source == spans[index - 1].0);
        let other = if answers { OTHER_ANSWER } else { OTHER_ENDING };
        let ending = rng.random::<f32>();
        for bar in first..end {
            let at = bar - first;
            let last = bar + 1 == end && at > 0 && ending < other;
            form.plans[bar] = match source {
                Some((source, similarity)) if again < repeat * similarity && !last => {
                    BarPlan::Repeat(source + at)
                }
                Some((source, _)) if again < 0.4 + 0.6 * repeat && !last => {
                    BarPlan::RhythmOf(source + at)
                }
                _ => within(drums, (spans[0].0, first, end), bar, repeat, rng),
            };
        }
    }
    form
}

/// A bar of a new phrase, whose first bar often takes up the motif and whose second half its first,
/// never to the end. `motif` and `first` are the first bars of the melody and of the phrase, `end` is the
/// bar behind it.
fn within(
    drums: &DrumBars,
    (motif, first, end): (usize, usize, usize),
    bar: usize,
    repeat: f32,
    rng: &mut ChaCha8Rng,
) -> BarPlan {
    let draw = rng.random::<f32>();
    let takes_up = |model: usize, often: f32| {
        if drums.divides_alike(model, bar) && draw < often * drums.similarity(model, bar) {
            BarPlan::RhythmOf(model)
        } else {
            BarPlan::New
        }
    };
    if bar == first && first > motif {
        return takes_up(motif, MOTIF);
    }
    if bar == first + 1 {
        return takes_up(first, 2.0 * repeat * SECOND);
    }
    let Some(model) = (bar >= first + 2).then(|| bar - 2) else { return BarPlan::New };
    if !drums.divides_alike(model, bar) {
        return BarPlan::New;
    }
    match draw / (drums.similarity(model, bar) * repeat).max(1e-6) {
        share if share < 0.15 && bar + 1 < end => BarPlan::Repeat(model),
        share if share < 0.8 => BarPlan::RhythmOf(model),
        _ => BarPlan::New,
    }
}

/// Whether a bar lies in a silence of the drums that is too long for a break.
fn resting(drums: &DrumBars, bar: usize) -> bool {
    if drums.sounds(bar) {
        return false;
    }
    let before = (0..bar).rev().take_while(|&bar| !drums.sounds(bar)).count();
    let after = (bar..drums.len()).take_while(|&bar| !drums.sounds(bar)).count();
    let edge = bar < before + 1 || bar + after == drums.len();
    edge || before + after > GAP
}

/// Where phrases begin: every four bars (two in short pieces) from where the drums enter, behind what
/// leads in, and anew where they change for good.
fn phrases(drums: &DrumBars) -> Vec<usize> {
    let bars = drums.len();
    let sounding = (0..bars).filter(|&bar| drums.sounds(bar)).count();
    let length = if sounding < 8 { 2 } else { 4 };
    let mut phrases: Vec<usize> = Vec::new();
    let mut bar = entry(drums);
    while bar < bars {
        if resting(drums, bar) {
            bar += 1;
            continue;
        }
        phrases.push(bar);
        let mut end = bar + 1;
        while end < bars && !resting(drums, end) && end < bar + length {
            // Half a phrase is one where what follows is new and stays.
            if end - bar >= 2 && turns(drums, end) {
                break;
            }
            end += 1;
        }
        bar = end;
    }
    phrases
}

/// The bar from which phrases are counted: the first with drums, behind an upbeat or a count-in. Those
/// lead in only where a bar follows that may be the first, and another.
fn entry(drums: &DrumBars) -> usize {
    let Some(first) = (0..drums.len()).find(|&bar| drums.sounds(bar)) else { return 0 };
    let goes_on = |bar: usize| bar + 1 < drums.len() && drums.sounds(bar) && drums.sounds(bar + 1);
    let counted = (first..drums.len()).take(COUNT_IN).take_while(|&bar| is_count_in(drums, bar));
    let behind = first + counted.count();
    if behind > first && goes_on(behind) && count(drums, behind, DrumClass::Kick) > 0.0 {
        return behind;
    }
    let is_pick_up = first == 0 && drums.bars.has_pick_up();
    let is_upbeat = is_pick_up || enters_late(drums, first) && !enters_late(drums, first + 1);
    if goes_on(first + 1) && is_upbeat { first + 1 } else { first }
}

fn count(drums: &DrumBars, bar: usize, class: DrumClass) -> f32 {
    drums.counts(bar)[class.index()]
}

/// Whether a bar has no kick and either snares and toms alone (sticks, a fill) or one other drum on some
/// of its beats alone; a single stroke counts nothing in.
fn is_count_in(drums: &DrumBars, bar: usize) -> bool {
    let struck = DrumClass::ALL
        .into_iter()
        .filter(|&class| count(drums, bar, class) > 0.0)
        .collect::<Vec<_>>();
    let is_fill = |class: &DrumClass| matches!(class, DrumClass::Snare | DrumClass::Toms);
    let beat = drums.grids[bar].steps_per_beat;
    let on_beats = drums
        .of_bar(bar)
        .enumerate()
        .all(|(step, slot)| step.is_multiple_of(beat) || !drums.has_onset(slot));
    match struck[..] {
        [] | [DrumClass::Kick] => false,
        _ if drums.counts(bar).iter().sum::<f32>() < 2.0 => false,
        [_] if on_beats => true,
        _ => struck.iter().all(is_fill),
    }
}

/// Whether nothing is struck in the first half of a bar; of one behind the last it is true.
fn enters_late(drums: &DrumBars, bar: usize) -> bool {
    if bar >= drums.len() {
        return true;
    }
    let slots = drums.of_bar(bar);
    slots.clone().take(slots.len().div_ceil(2)).all(|slot| !drums.has_onset(slot))
}

/// Whether the drums before a bar are unlike those from it on.
fn turns(drums: &DrumBars, bar: usize) -> bool {
    if bar < 2 || bar + 2 > drums.len() {
        return false;
    }
    let across = [(2, 0), (2, 1), (1, 0), (1, 1)];
    let across: f32 = across
        .iter()
        .map(|&(a, b)| drums.similarity(bar - a, (bar + b).min(drums.len() - 1)))
        .sum();
    let inside =
        drums.similarity(bar - 2, bar - 1) + drums.similarity(bar, (bar + 1).min(drums.len() - 1));
    across / 4.0 < 0.5 && inside / 2.0 > across / 4.0 + 0.3
}

/// The earlier phrase whose drums are most like those of a phrase, with how alike they are. Of those
/// that are as good one is drawn, rather one of two or four phrases ago.
fn source(
    drums: &DrumBars,
    spans: &[(usize, usize)],
    index: usize,
    length: usize,
    rng: &mut ChaCha8Rng,
) -> Option<(usize, f32)> {
    let first = spans[index].0;
    let draw = rng.random::<f32>();
    let fitting = spans[..index].iter().enumerate().rev().take(64).filter(|(_, (start, end))| {
        end - start >= length && (0..length).all(|at| drums.divides_alike(start + at, first + at))
    });
    let similar: Vec<(usize, usize, f32)> = fitting
        .map(|(other, &(start, _))| {
            let sum: f32 = (0..length).map(|at| drums.similarity(start + at, first + at)).sum();
            (index - other, start, sum / length as f32)
        })
        .collect();
    let best = similar.iter().map(|&(_, _, similarity)| similarity).max_by(f32::total_cmp)?;
    if best < ALIKE {
        return None;
    }
    let weighted: Vec<(f32, usize, f32)> = similar
        .into_iter()
        .filter(|&(_, _, similarity)| similarity >= best - AS_GOOD)
        .map(|(back, start, similarity)| {
            let weight = match back {
                2 | 4 | 8 => 4.0,
                1 => 2.0,
                _ => 1.0,
            };
            (weight, start, similarity)
        })
        .collect();
    let mut left = draw * weighted.iter().map(|(weight, ..)| weight).sum::<f32>();
    let chosen = weighted.iter().find(|(weight, ..)| {
        left -= weight;
        left <= 0.0
    });
    chosen.or(weighted.last()).map(|&(_, start, similarity)| (start, similarity))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{
        Metre, MetreChange, Note, Song, TempoMap, Ticks, Track, TrackKind, Velocity,
    };

    const GROOVE: &[(u64, u8)] = &[(0, 36), (0, 42), (48, 42), (96, 38), (192, 36), (288, 38)];

    /// Phrases over bars of strokes, each in ticks of its bar; the first bar of another length, if one
    /// is given.
    fn phrases_of(bars: &[&[(u64, u8)]], first: Option<u8>) -> Vec<usize> {
        let quarters = u64::from(first.unwrap_or(4));
        let start = |bar: usize| bar as u64 * 384 - if bar > 0 { 384 - 96 * quarters } else { 0 };
        let change = |at, quarters| MetreChange { at, metre: Metre::new(quarters, 4).unwrap() };
        let stroke = |bar: usize, &(at, key): &(u64, u8)| Note {
            start: Ticks(start(bar) + at),
            length: Ticks(6),
            key,
            velocity: Velocity::clamped(90),
        };
        let strokes = bars.iter().enumerate();
        let notes =
            strokes.flat_map(|(bar, strokes)| strokes.iter().map(move |hit| stroke(bar, hit)));
        let track = Track { name: String::new(), kind: TrackKind::Drums, notes: notes.collect() };
        let song = Song {
            tempo: TempoMap::new(96, []),
            metres: vec![change(Ticks(0), quarters as u8), change(Ticks(96 * quarters), 4)],
            tracks: vec![track],
        };
        phrases(&DrumBars::of(&song, Ticks(0)))
    }

    /// Eight bars of a groove behind some others.
    fn behind(bars: &[&'static [(u64, u8)]]) -> Vec<&'static [(u64, u8)]> {
        [bars, &[GROOVE; 8]].concat()
    }

    #[test]
    fn phrases_are_counted_from_behind_what_leads_in() {
        let sticks: &[(u64, u8)] = &[(0, 37), (96, 37), (192, 37), (288, 37)];
        let hats: &[(u64, u8)] = &[(0, 44), (192, 44)];
        let fill: &[(u64, u8)] = &[(192, 38), (240, 47), (288, 43), (336, 43), (340, 36)];
        assert_eq!(phrases_of(&behind(&[]), None), [0, 4]);
        assert_eq!(phrases_of(&behind(&[sticks]), None), [1, 5]);
        assert_eq!(phrases_of(&behind(&[hats, sticks]), None), [2, 6]);
        assert_eq!(phrases_of(&behind(&[fill]), None), [1, 5]);
        assert_eq!(phrases_of(&behind(&[&[(0, 36), (48, 38)]]), Some(1)), [1, 5]);
        assert_eq!(phrases_of(&behind(&[&[], sticks]), None), [2, 6]);
    }

    #[test]
    fn what_the_drums_go_on_with_leads_nowhere() {
        let hats: &[(u64, u8)] = &[(0, 42), (96, 42), (192, 42), (288, 42)];
        assert_eq!(phrases_of(&[hats; 8], None), [0, 4]);
        let late: &[(u64, u8)] = &[(192, 36), (192, 38)];
        assert_eq!(phrases_of(&[late; 8], None), [0, 4]);
        // An introduction of four bars is a phrase.
        assert_eq!(phrases_of(&behind(&[hats; 4]), None)[0], 0);
        // A loop of two bars has no room for one.
        let sticks: &[(u64, u8)] = &[(0, 37), (96, 37), (192, 37), (288, 37)];
        assert_eq!(phrases_of(&[sticks, GROOVE], None), [0]);
    }
}
