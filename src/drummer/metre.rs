//! Metres: on which grid each bar is asked of the pattern network, and how the answer becomes the
//! bar's own.
//!
//! The network has heard 4/4 (straight and in triplets), 12/8 and 3/4; of everything else there is
//! too little to learn from. But drummers play other metres out of these: 6/8 is half of 12/8, 9/8
//! three quarters of it, 7/8 a 4/4 that lacks an eighth, 5/4 one with a beat too many. So a bar is
//! asked on the grid that is nearest, and each of its beats takes its strokes from a beat of that
//! grid ([`BarQuery::sources`]): the first and third are the kick's, the second and fourth the back
//! beat's. Uneven metres fall into beats of two and three eighths as the song accents them.
//!
//! A waltz is biased towards boom-chick-chick where the song moves in quarters rather than in two
//! dotted beats, which 3/4 is used for as well. Where the accompaniment is no waltz's, 3/4 has one back
//! beat: of 17 songs of `paired` in 3/4 people strike the snare on the third beat alone in six, half way
//! in five, and on both the second and third as a rule in none but a march.

use std::borrow::Cow;

use super::cells::CELLS;
use super::features::{ACCENTS, BASS, BarFeatures, LOW, MIDDLE, SLOTS};
use super::form::Form;
use super::vocabulary::StyleBar;
use crate::score::{BarGrid, GridKind, Lane, Metre, StepGrid};

/// How the pattern network is asked for a bar.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BarQuery {
    /// 16 or 12 straight steps, or 24 ternary ones.
    pub grid: StepGrid,
    /// For each slot of the bar the slot of `grid` that it takes its strokes from.
    pub sources: Vec<usize>,
    /// 0 or 1 where the bar is the first or second half of what is asked.
    pub half: Option<usize>,
    /// How a bar of 3/4 is drummed; `None` in other metres.
    pub three: Option<Three>,
}

/// What a bar of 3/4 is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Three {
    /// As much of a waltz, 0 to 1.
    Waltz(f32),
    /// Three beats with one back beat, the third.
    BackBeat,
}

/// How much a stroke of the bass line counts beside one of the same strength elsewhere.
const BASS_WEIGHT: f32 = 2.0;
/// Logits that a whole waltz adds to its strokes, and takes from those that would make it a rock bar.
const WALTZ: f32 = 2.5;
const NO_WALTZ: f32 = 2.0;

/// Logits that are added to the third beat's snare where it is the back beat, and taken from the others' and
/// from the kick under it. Half way is where people have it in other songs.
const BACK_BEAT: f32 = 1.5;
const NO_BACK_BEAT: f32 = 3.0;
const NO_KICK: f32 = 2.0;

/// Fewer low onsets in a bar are no accompaniment.
const HEARD: f32 = 0.1;

/// What bars of a metre have in the mean, by slot.
struct Accents {
    /// All onsets by velocity, and the bass.
    all: [f32; SLOTS],
    /// Onsets below C3, and from there to G4.
    low: [f32; SLOTS],
    middle: [f32; SLOTS],
}

/// The queries of all bars. Halves of a pair of bars are counted from the starts of sections.
pub(super) fn queries(
    bars: &BarGrid,
    grids: &[StepGrid],
    form: &Form,
    features: &[BarFeatures],
) -> Vec<BarQuery> {
    let mut queries: Vec<BarQuery> = Vec::with_capacity(grids.len());
    // Accents of all bars of a metre, found once.
    let mut accents: Vec<(Metre, Accents)> = Vec::new();
    for (bar, grid) in grids.iter().enumerate() {
        let metre = bars.bars()[bar].metre;
        let known = accents.iter().position(|(known, _)| *known == metre).unwrap_or_else(|| {
            let same = |&other: &usize| bars.bars()[other].metre == metre && grids[other] == *grid;
            accents.push((metre, mean_accents((0..grids.len()).filter(same), features)));
            accents.len() - 1
        });
        let pair = bar > 0
            && grids[bar - 1] == *grid
            && form.section_at(bar) == form.section_at(bar - 1)
            && queries[bar - 1].half == Some(0);
        queries.push(BarQuery::new(metre, grid, &accents[known].1, usize::from(pair)));
    }
    queries
}

fn mean_accents(bars: impl Iterator<Item = usize>, features: &[BarFeatures]) -> Accents {
    let bars: Vec<usize> = bars.collect();
    let mean = |value: &dyn Fn(&BarFeatures, usize) -> f32| {
        std::array::from_fn(|slot| {
            let sum: f32 = bars.iter().map(|&bar| value(&features[bar], slot)).sum();
            sum / bars.len().max(1) as f32
        })
    };
    Accents {
        all: mean(&|bar, slot| bar.rhythm[ACCENTS][slot] + BASS_WEIGHT * bar.rhythm[BASS][slot]),
        low: mean(&|bar, slot| bar.rhythm[LOW][slot]),
        middle: mean(&|bar, slot| bar.rhythm[MIDDLE][slot]),
    }
}

impl BarQuery {
    /// `accents` are a bar's of the song by slot; `half` is 1 for the second bar of a pair.
    fn new(metre: Metre, grid: &StepGrid, accents: &Accents, half: usize) -> BarQuery {
        let (steps, steps_per_beat) = match grid.kind {
            GridKind::Straight => (16, 4),
            GridKind::Ternary => (24, 6),
        };
        // Coarse grids have several steps of what is asked in one of theirs.
        let coarse = (steps_per_beat / grid.steps_per_beat).max(1);
        let fine = grid.steps * coarse;
        let asked = StepGrid { kind: grid.kind, steps, steps_per_beat };
        let mut query = BarQuery { grid: asked, sources: Vec::new(), half: None, three: None };
        let sources = match (grid.kind, fine) {
            (GridKind::Straight, 16) | (GridKind::Ternary, 24) => (0..fine).collect(),
            (GridKind::Straight, 12) => {
                query.grid.steps = 12;
                query.three = (coarse == 1).then(|| three(accents));
                (0..fine).collect()
            }
            (GridKind::Ternary, 12) => {
                query.half = Some(half);
                (12 * half..12 * half + fine).collect()
            }
            (GridKind::Straight, _) => from_beats(&beats(metre, fine, coarse, &accents.all), 4),
            (GridKind::Ternary, _) => from_beats(&split(fine, 6), 6),
        };
        let own = sources.into_iter().step_by(coarse).take(SLOTS);
        query.sources = own.collect();
        query
    }

    /// The query of a bar in which every slot is as strong.
    #[cfg(test)]
    pub fn unaccented(metre: Metre, grid: &StepGrid, half: usize) -> BarQuery {
        let accents = Accents { all: [0.1; SLOTS], low: [0.0; SLOTS], middle: [0.0; SLOTS] };
        BarQuery::new(metre, grid, &accents, half)
    }

    /// Whether all slots are their own.
    pub fn is_plain(&self) -> bool {
        self.sources.len() == self.grid.steps
            && self.sources.iter().enumerate().all(|(slot, &source)| slot == source)
            && matches!(self.three, None | Some(Three::Waltz(0.0)))
    }

    /// The bar as a share of what is asked, in steps.
    pub fn share(&self) -> f32 {
        self.sources.len() as f32 / self.grid.steps as f32
    }

    /// What is added to a cell's logit.
    pub fn bias(&self, cell: usize) -> f32 {
        debug_assert!(cell < CELLS);
        let (lane, slot) = (Lane::ALL[cell / SLOTS], cell % SLOTS);
        match (self.three, lane, slot) {
            (Some(Three::Waltz(waltz)), Lane::Kick, 0) => WALTZ * waltz,
            (Some(Three::Waltz(waltz)), Lane::Kick, 4 | 6 | 8) => -NO_WALTZ * waltz,
            (Some(Three::Waltz(waltz)), Lane::Snare, 4 | 8) => WALTZ * waltz,
            (Some(Three::Waltz(waltz)), Lane::Snare, 0 | 6) => -NO_WALTZ * waltz,
            (Some(Three::BackBeat), Lane::Kick, 8) => -NO_KICK,
            (Some(Three::BackBeat), Lane::Snare, 8) => BACK_BEAT,
            (Some(Three::BackBeat), Lane::Snare, 0 | 4) => -NO_BACK_BEAT,
            _ => 0.0,
        }
    }
}

/// What bars of 3/4 are. A waltz is heard by its accompaniment: low notes on the first beat, chords on the
/// others. Without low notes there is none to hear, and a waltz is likeliest.
fn three(accents: &Accents) -> Three {
    let others = |row: &[f32; SLOTS]| (row[4] + row[8]) / 2.0;
    let Accents { all, low, middle } = accents;
    let is_accompanied = low[0] + others(low) > HEARD;
    if is_accompanied && (others(low) > low[0] / 2.0 || others(middle) < middle[0]) {
        return Three::BackBeat;
    }
    // Whether the song moves in quarters or in two dotted beats.
    let ratio = all[6] / others(all).max(1e-3);
    Three::Waltz(((1.1 - ratio) / 0.3).clamp(0.0, 1.0))
}

/// The beats of a bar of straight steps, as their lengths in steps: quarters, or two and three
/// eighths in the order that the song accents.
fn beats(metre: Metre, steps: usize, coarse: usize, accents: &[f32; SLOTS]) -> Vec<usize> {
    let eighths = steps / 2;
    let even = metre.denominator() < 8 || !steps.is_multiple_of(2) || eighths.is_multiple_of(2);
    if even || eighths < 5 || steps > SLOTS || coarse > 1 {
        return split(steps, 4);
    }
    let strength = |beats: &Vec<usize>| {
        let mut start = 0;
        let starts = beats.iter().map(|beat| {
            start += beat;
            start - beat
        });
        // The first beat is in all of them.
        starts.skip(1).map(|start| accents[start]).sum::<f32>() / (beats.len() - 1) as f32
    };
    // The one with the long beat at the end is usual, and holds unless another is clearly heard.
    let mut best: Option<(f32, Vec<usize>)> = None;
    for long in (0..eighths / 2).rev() {
        let beats: Vec<usize> =
            (0..eighths / 2).map(|beat| if beat == long { 6 } else { 4 }).collect();
        let value = strength(&beats);
        if best.as_ref().is_none_or(|(most, _)| value > most * 1.1 + 1e-3) {
            best = Some((value, beats));
        }
    }
    best.map_or_else(|| split(steps, 4), |(_, beats)| beats)
}

/// Beats of a length, and what is left.
fn split(steps: usize, beat: usize) -> Vec<usize> {
    let mut beats = vec![beat; steps / beat];
    beats.extend((!steps.is_multiple_of(beat)).then_some(steps % beat));
    beats
}

/// The beats of a bar of four from which a bar of some other number takes its strokes.
pub fn beats_of_four(beats: usize) -> &'static [usize] {
    match beats {
        0 | 1 => &[0],
        2 => &[0, 1],
        3 => &[0, 1, 3],
        4 => &[0, 1, 2, 3],
        5 => &[0, 1, 2, 2, 3],
        6 => &[0, 1, 2, 3, 2, 3],
        7 => &[0, 1, 2, 3, 0, 2, 3],
        _ => &[0, 1, 3, 0, 1, 2, 0, 1],
    }
}

/// The source of each slot for beats of these lengths; `length` is a beat's in what is asked. A long
/// beat ends with its off-beat again, the last one of three with the beat that is missing.
fn from_beats(beats: &[usize], length: usize) -> Vec<usize> {
    let last_is_long = beats.len() == 3 && beats[2] > length;
    let own: &[usize] = if last_is_long { &[0, 1, 2] } else { beats_of_four(beats.len()) };
    let mut sources = Vec::new();
    for (number, &beat) in beats.iter().enumerate() {
        let from = own[number % own.len()] * length;
        sources.extend((0..beat).map(|step| match step.checked_sub(length) {
            None => from + step,
            Some(more) if last_is_long && number == 2 => 3 * length + more,
            Some(more) => from + length / 2 + more % (length / 2),
        }));
    }
    sources
}

impl BarQuery {
    /// The grid of 4/4 from which this bar can take its strokes, and for each slot the slot of it, also
    /// where the network knows the metre itself.
    pub fn of_four(&self) -> (StepGrid, Cow<'_, [usize]>) {
        let is_three = self.grid.steps == 12;
        let four = StepGrid { steps: if is_three { 16 } else { self.grid.steps }, ..self.grid };
        let sources = match is_three {
            true => Cow::Owned(from_beats(&[4; 3], 4)),
            false => Cow::Borrowed(&self.sources[..]),
        };
        (four, sources)
    }

    /// Bars of a style for this bar, whose own grid is `own`: those of its metre, or else what it takes of
    /// those of 4/4.
    pub fn style_bars(
        &self,
        own: &StepGrid,
        bars: impl Fn(&StepGrid) -> Vec<StyleBar>,
    ) -> Vec<StyleBar> {
        let of_metre = bars(own);
        if !of_metre.is_empty() {
            return of_metre;
        }
        let (four, sources) = self.of_four();
        let mut bars = bars(&four);
        for bar in &mut bars {
            let mut probabilities = vec![0.0; CELLS];
            for (own, row) in probabilities.chunks_mut(SLOTS).zip(bar.probabilities.chunks(SLOTS)) {
                own.iter_mut()
                    .zip(&*sources)
                    .for_each(|(probability, &source)| *probability = row[source]);
            }
            bar.probabilities = probabilities;
        }
        bars
    }
}

/// The features of the bars as they are asked: halves are joined with their other halves, so that
/// the network hears a whole bar.
pub(super) fn merged_features<'a>(
    features: &'a [BarFeatures],
    queries: &[BarQuery],
) -> Cow<'a, [BarFeatures]> {
    if queries.iter().all(|query| query.half.is_none()) {
        return Cow::Borrowed(features);
    }
    let merged = |bar: usize| match pair(queries, bar) {
        Some([first, second]) => BarFeatures::merged(&features[first], &features[second]),
        None => features[bar].clone(),
    };
    (0..features.len()).map(merged).collect()
}

/// The two bars that are asked together; a bar whose other half is missing stands for both.
fn pair(queries: &[BarQuery], bar: usize) -> Option<[usize; 2]> {
    let half = |bar: usize| queries.get(bar).and_then(|query| query.half);
    match half(bar)? {
        0 if half(bar + 1) == Some(1) => Some([bar, bar + 1]),
        0 => Some([bar, bar]),
        _ => Some([bar - 1, bar]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(numerator: u8, denominator: u8, triplets: bool, strong: &[usize]) -> BarQuery {
        let metre = Metre::new(numerator, denominator).unwrap();
        let mut all = [0.1; SLOTS];
        strong.iter().for_each(|&slot| all[slot] = 1.0);
        let accents = Accents { all, low: [0.0; SLOTS], middle: [0.0; SLOTS] };
        BarQuery::new(metre, &StepGrid::for_metre(metre, triplets), &accents, 0)
    }

    /// The slots of a bar that take the downbeats and the back beats of what is asked.
    fn marks(query: &BarQuery) -> (Vec<usize>, Vec<usize>) {
        let beat = if query.grid.kind == GridKind::Ternary { 6 } else { 4 };
        let from = |beats: [usize; 2]| {
            let at = |slot: &usize| beats.contains(&query.sources[*slot]);
            (0..query.sources.len()).filter(at).collect()
        };
        (from([0, 2 * beat]), from([beat, 3 * beat]))
    }

    #[test]
    fn compound_metres_have_their_back_beat_on_the_second_dotted_beat() {
        assert_eq!(marks(&query(6, 8, false, &[])), (vec![0], vec![6]));
        assert_eq!(marks(&query(12, 8, false, &[])), (vec![0, 12], vec![6, 18]));
        assert_eq!(marks(&query(9, 8, false, &[])), (vec![0], vec![6, 12]));
        assert_eq!(marks(&query(2, 4, true, &[])), (vec![0], vec![6]));
        // A jazz waltz is not half a bar of four.
        assert_eq!(marks(&query(3, 4, true, &[])), (vec![0], vec![6, 12]));
    }

    #[test]
    fn uneven_metres_are_grouped_as_they_are_accented() {
        assert_eq!(marks(&query(7, 8, false, &[])), (vec![0, 8], vec![4, 12]));
        assert_eq!(marks(&query(7, 8, false, &[0, 4, 8])), (vec![0, 8], vec![4, 12]));
        assert_eq!(marks(&query(7, 8, false, &[0, 6, 10])), (vec![0], vec![6, 10]));
        assert_eq!(marks(&query(7, 8, false, &[0, 4, 10])), (vec![0], vec![4, 10]));
        assert_eq!(marks(&query(5, 8, false, &[0, 6])), (vec![0], vec![6]));
        assert_eq!(marks(&query(5, 8, false, &[0, 4])), (vec![0], vec![4]));
        assert_eq!(marks(&query(5, 4, false, &[])), (vec![0, 8, 12], vec![4, 16]));
        assert_eq!(marks(&query(2, 4, false, &[])), (vec![0], vec![4]));
    }

    #[test]
    fn known_metres_stay_as_they_are() {
        for (numerator, denominator, triplets) in [(4, 4, false), (4, 4, true), (12, 8, false)] {
            assert!(query(numerator, denominator, triplets, &[]).is_plain());
        }
        let quarters = query(3, 4, false, &[0, 4, 8]);
        assert_eq!((quarters.three, quarters.grid.steps), (Some(Three::Waltz(1.0)), 12));
        assert!(query(3, 4, false, &[0, 6]).is_plain());
        assert!(quarters.bias(0) > 0.0 && quarters.bias(Lane::Snare.index() * SLOTS + 4) > 0.0);
    }

    /// Bass on the first beat and chords on the others are a waltz's; who plays on all of them has a back beat.
    #[test]
    fn three_beats_are_a_waltz_or_have_one_back_beat() {
        let of = |low: [f32; 3], middle: [f32; 3]| {
            let row = |beats: [f32; 3]| {
                let mut row = [0.0; SLOTS];
                (0..3).for_each(|beat| row[4 * beat] = beats[beat]);
                row
            };
            let accents = Accents { all: row([1.0; 3]), low: row(low), middle: row(middle) };
            let metre = Metre::new(3, 4).unwrap();
            BarQuery::new(metre, &StepGrid::for_metre(metre, false), &accents, 0)
        };
        assert_eq!(of([1.0, 0.0, 0.0], [0.5, 1.0, 1.0]).three, Some(Three::Waltz(1.0)));
        assert_eq!(of([0.0; 3], [1.0, 0.3, 0.3]).three, Some(Three::Waltz(1.0)), "a melody alone");
        for (low, middle) in [([1.0; 3], [0.5, 1.0, 1.0]), ([1.0, 0.0, 0.0], [1.0, 0.3, 0.3])] {
            let bar = of(low, middle);
            assert_eq!(bar.three, Some(Three::BackBeat));
            let snare = |beat: usize| bar.bias(Lane::Snare.index() * SLOTS + 4 * beat);
            assert!(snare(2) > 0.0 && snare(0) < 0.0 && snare(1) < 0.0);
        }
    }

    #[test]
    fn every_metre_is_asked_on_a_known_grid() {
        for numerator in 1..=19 {
            for denominator in [1, 2, 4, 8, 16, 32] {
                for triplets in [false, true] {
                    let query = query(numerator, denominator, triplets, &[]);
                    assert!([12, 16, 24].contains(&query.grid.steps));
                    assert!(query.sources.len() <= SLOTS && !query.sources.is_empty());
                    assert!(query.sources.iter().all(|&source| source < query.grid.steps));
                }
            }
        }
    }
}
