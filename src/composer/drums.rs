//! Drums as the composer hears them: on a grid of steps, bar by bar, and how alike bars are.

use crate::analysis::normalised;
use crate::score::{BarGrid, DRUM_CLASSES, DrumClass, Note, Song, StepGrid, Ticks, feels_triplets};

/// Steps a bar in which bars are compared, whatever their metre.
const COMPARED: usize = 16;
/// How far back a bar looks for one that is like it.
const LOOK_BACK: usize = 256;

/// The bars of a song with its drums.
#[derive(Clone, Debug)]
pub struct DrumBars {
    /// The bars of the song, in its metres.
    pub bars: BarGrid,
    /// One a bar.
    pub grids: Vec<StepGrid>,
    /// The first slot of every bar, and behind the last one the number of all slots.
    first: Vec<usize>,
    /// By slot and class: whether a drum is struck.
    hits: Vec<[bool; DRUM_CLASSES]>,
    /// By bar: strokes by class and step of sixteen, of length 1 (or 0).
    shapes: Vec<[f32; DRUM_CLASSES * COMPARED]>,
    /// By bar: strokes of each class.
    counts: Vec<[f32; DRUM_CLASSES]>,
}

impl DrumBars {
    /// The drums of a song in its bars, which end with its last note or at `end`, whichever is
    /// later. Triplet grids are where the drums (without any: the melodic tracks) move in triplets.
    pub fn of(song: &Song, end: Ticks) -> DrumBars {
        let drums = || song.drum_notes();
        let melodic = || song.melodic().flat_map(|track| &track.notes);
        let ticks = song.ticks_per_quarter();
        let triplets = match drums().next() {
            Some(_) => feels_triplets(drums().map(|note| note.start), ticks),
            None => feels_triplets(melodic().map(|note| note.start), ticks),
        };
        DrumBars::divided(song, end, triplets)
    }

    /// The same, with the beats of simple metres divided in triplets or straight.
    pub(super) fn divided(song: &Song, end: Ticks, triplets: bool) -> DrumBars {
        let bars = BarGrid::new(song.ticks_per_quarter(), &song.metres, song.end().max(end));
        let grids = bars.step_grids(triplets);
        let mut first = vec![0];
        for grid in &grids {
            first.push(first[first.len() - 1] + grid.steps);
        }
        let mut drums = DrumBars {
            hits: vec![[false; DRUM_CLASSES]; first[grids.len()]],
            shapes: vec![[0.0; DRUM_CLASSES * COMPARED]; grids.len()],
            counts: vec![[0.0; DRUM_CLASSES]; grids.len()],
            bars,
            grids,
            first,
        };
        song.drum_notes().for_each(|note| drums.strike(note));
        drums.shapes.iter_mut().for_each(|shape| *shape = normalised(*shape));
        drums
    }

    fn strike(&mut self, note: &Note) {
        let class = DrumClass::of_key(note.key).index();
        if let Some(slot) = self.slot(note.start)
            && !std::mem::replace(&mut self.hits[slot][class], true)
        {
            let bar = self.bar_of(slot);
            self.counts[bar][class] += 1.0;
        }
        if let Some((bar, step, _)) = self.bars.nearest_step(note.start, COMPARED)
            && let Some(shape) = self.shapes.get_mut(bar.0)
        {
            shape[class * COMPARED + step] = 1.0;
        }
    }

    /// How many bars there are.
    pub fn len(&self) -> usize {
        self.grids.len()
    }

    /// Whether there is no bar.
    pub fn is_empty(&self) -> bool {
        self.grids.is_empty()
    }

    /// How many slots there are in all bars.
    pub fn slots(&self) -> usize {
        self.hits.len()
    }

    /// The slots of a bar.
    pub fn of_bar(&self, bar: usize) -> std::ops::Range<usize> {
        self.first[bar]..self.first[bar + 1]
    }

    /// The bar that a slot is in.
    pub fn bar_of(&self, slot: usize) -> usize {
        self.first.partition_point(|&first| first <= slot) - 1
    }

    /// The slot nearest to a tick; `None` behind the last bar.
    pub fn slot(&self, at: Ticks) -> Option<usize> {
        let home = self.bars.bar_at(at)?;
        let (bar, step, _) = self.bars.nearest_step(at, self.grids[home.0].steps)?;
        (bar.0 < self.len()).then(|| self.first[bar.0] + step)
    }

    /// When a slot begins; the end of the last bar for those behind.
    pub fn tick(&self, slot: usize) -> Ticks {
        if slot >= self.slots() {
            return self.bars.bars().last().map_or(Ticks(0), |bar| bar.end());
        }
        let bar = self.bar_of(slot);
        let step = (slot - self.first[bar]) as f64;
        self.bars.tick_of_step(crate::score::BarIndex(bar), step, self.grids[bar].steps)
    }

    /// Whether a bar's beats are dotted, as in 12/8.
    pub fn is_compound(&self, bar: usize) -> bool {
        self.bars.bars()[bar].metre.is_compound()
    }

    /// Whether two bars have the same steps and the same beats. 12/8 and 4/4 in triplets have equal steps,
    /// and beats that are divided in ways of their own.
    pub fn divides_alike(&self, a: usize, b: usize) -> bool {
        self.grids[a] == self.grids[b] && self.is_compound(a) == self.is_compound(b)
    }

    /// The slot of another bar at the place that `slot` has in its own bar.
    pub fn counterpart(&self, slot: usize, bar: usize, other: usize) -> usize {
        let step = slot - self.first[bar];
        let (from, to) = (self.grids[bar].steps, self.grids[other].steps);
        self.first[other] + if from == to { step } else { (step * to / from).min(to - 1) }
    }

    /// Which classes are struck in a slot; none outside the song.
    pub fn hits(&self, slot: Option<usize>) -> [bool; DRUM_CLASSES] {
        slot.and_then(|slot| self.hits.get(slot)).copied().unwrap_or_default()
    }

    /// Whether any drum is struck in a slot.
    pub fn has_onset(&self, slot: usize) -> bool {
        self.hits[slot].contains(&true)
    }

    /// Whether any drum is struck in a bar.
    pub fn sounds(&self, bar: usize) -> bool {
        self.counts[bar].iter().any(|&count| count > 0.0)
    }

    /// Strokes of each class in a bar.
    pub fn counts(&self, bar: usize) -> &[f32; DRUM_CLASSES] {
        &self.counts[bar]
    }

    /// How alike two bars are, 0 to 1: the cosine of their strokes. Two empty bars are alike.
    pub fn similarity(&self, a: usize, b: usize) -> f32 {
        if !self.sounds(a) && !self.sounds(b) {
            return 1.0;
        }
        self.shapes[a].iter().zip(&self.shapes[b]).map(|(a, b)| a * b).sum()
    }

    /// The strokes of every bar as a row.
    pub fn shapes(&self) -> &[[f32; DRUM_CLASSES * COMPARED]] {
        &self.shapes
    }

    /// The earlier bar that a bar repeats most likely, with their similarity.
    pub fn reference(&self, bar: usize) -> Option<(usize, f32)> {
        most_similar(bar, self.len(), |a, b| self.similarity(a, b))
    }
}

/// The earlier bar that is most like `bar` with its neighbours, rather four or eight bars away, and
/// how alike the two alone are.
pub fn most_similar(
    bar: usize,
    bars: usize,
    similarity: impl Fn(usize, usize) -> f32,
) -> Option<(usize, f32)> {
    let value = |other: usize| {
        let distance = bar - other;
        let mut value = 2.0 * similarity(bar, other);
        value += if other > 0 { similarity(bar - 1, other - 1) } else { 0.5 };
        value += if bar + 1 < bars { similarity(bar + 1, other + 1) } else { 0.5 };
        let whole = [4, 8].map(|phrase| f32::from(u8::from(distance.is_multiple_of(phrase))));
        value + 0.2 * whole[0] + 0.2 * whole[1] - 0.001 * distance as f32
    };
    let candidates = bar.saturating_sub(LOOK_BACK)..bar;
    let best = candidates.map(|other| (other, value(other))).max_by(|a, b| a.1.total_cmp(&b.1))?;
    Some((best.0, similarity(bar, best.0)))
}
