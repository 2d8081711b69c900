//! Pattern generation: what the network knows of every bar's drums.
//!
//! A conditional variational autoencoder after Wei et al. (ISMIR 2019, section 3.4) with a discrete
//! latent. In the place of their seven selected bars, every bar attends to all bars of the song with
//! the pair channels as attention bias: a soft bar selection. The bar, what it attends to and the
//! conditions decide how likely each of the network's codes is (the learned prior) and how the code's
//! onsets shift. `models/training/pattern.py` trains it; the inputs below mirror its `conditions`.

use std::ops::Range;

use super::cells::CELLS;
use super::features::{
    BAR_FEATURES, BarFeatures, PAIR_CHANNELS, PROGRAMS, SLOTS, pair_channels_of,
};
use super::metre::{BarQuery, merged_features};
use super::settings::ClassDensities;
use super::windows::Window;
use crate::network::{ModelSpec, Network, NetworkError, Outputs, PortSpec, Tensor};
use crate::score::{BarGrid, DRUM_CLASSES, GridKind, LANES, Lane, PAPER_KEYS, StepGrid, TempoMap};

const TEMPOS: usize = 10;
const PLACES: usize = 6;
/// Kinds of grid, see [`kind`].
const KINDS: usize = 5;
/// Phases of two, four and eight bars, and nearness to either end of the song.
const PHASES: usize = 6 + 4;
const CONDITIONS: usize = TEMPOS + PLACES + KINDS + PHASES + 1 + DRUM_CLASSES + 1;

/// Codes less likely than this say nothing of how likely a stroke is.
const UNLIKELY: f32 = 1e-3;

/// Prototypes of styles that the network knows.
const STYLES: usize = 12;

/// The melodic side and conditions to the mixture of codes of every bar; see [`predict`].
pub const PATTERN: ModelSpec = ModelSpec {
    name: "pattern",
    file: "pattern.onnx",
    bytes: include_bytes!("../../models/pattern.onnx"),
    inputs: &[
        PortSpec::f32("bar", &[None, Some(BAR_FEATURES)]),
        PortSpec::f32("pairs", &[Some(1), Some(PAIR_CHANNELS), None, None]),
        PortSpec::f32("programs", &[Some(1), Some(PROGRAMS)]),
        PortSpec::f32("conditions", &[None, Some(CONDITIONS)]),
    ],
    outputs: &[
        PortSpec::f32("prior", &[None, None]),
        PortSpec::f32("shift", &[None, None, Some(LANES), Some(SLOTS)]),
        PortSpec::f32("base", &[None, None, Some(LANES), Some(SLOTS)]),
        PortSpec::f32("densities", &[Some(DRUM_CLASSES)]),
        PortSpec::f32("styles", &[Some(STYLES)]),
        PortSpec::f32("keys", &[Some(PAPER_KEYS.len())]),
        PortSpec::f32("prototypes", &[Some(STYLES), Some(DRUM_CLASSES)]),
    ],
};

/// What the network is told of a song, bar by bar.
pub(super) struct PatternInput<'a> {
    /// The bars that attend to each other.
    pub windows: &'a [Window],
    pub features: &'a [BarFeatures],
    /// See [`super::features::instruments`].
    pub programs: &'a [f32; PROGRAMS],
    pub bars: &'a BarGrid,
    /// How each bar is asked.
    pub queries: &'a [BarQuery],
    pub tempo: &'a TempoMap,
}

/// What the network knows of a song's drums: a mixture of codes for each bar.
pub(super) struct PatternOutput {
    /// Codes of all members together.
    codes: usize,
    members: usize,
    /// `[bars, codes]`, natural logarithms.
    prior: Vec<f32>,
    /// `[bars, members, CELLS]`, added to the logits of the codes.
    shift: Vec<f32>,
    /// `[codes, CELLS]`, logits.
    base: Vec<f32>,
    bars: usize,
    /// Where each bar has its cells from; `None` where they are those of what was asked.
    cells: Vec<Option<Cells>>,
    /// Hits a bar of each class that the song suggests: those with the least expected error in octaves.
    pub densities: ClassDensities,
    /// Styles that songs have.
    pub styles: Vec<Prototype>,
    /// Logits of [`PAPER_KEYS`].
    pub keys: [f32; PAPER_KEYS.len()],
}

/// A bar's cells.
#[derive(Clone)]
struct Cells {
    /// The cell of what was asked, where there is one.
    sources: [Option<u16>; CELLS],
    /// What is added to its logit.
    biases: [f32; CELLS],
}

impl Cells {
    fn of(query: &BarQuery) -> Option<Cells> {
        let source = |cell: usize| {
            let slot = query.sources.get(cell % SLOTS)?;
            Some((cell - cell % SLOTS + slot) as u16)
        };
        let (sources, biases) =
            (std::array::from_fn(source), std::array::from_fn(|cell| query.bias(cell)));
        (!query.is_plain()).then_some(Cells { sources, biases })
    }
}

/// A style as the middle of many songs' class densities.
pub(super) struct Prototype {
    pub densities: ClassDensities,
    /// How likely the song has it, 0 to 1.
    pub probability: f32,
}

impl PatternOutput {
    /// Adds what was said of the bars that follow. What is said of the song is averaged over its bars.
    fn go_on(&mut self, next: PatternOutput, own: Range<usize>) {
        debug_assert_eq!(self.bars, own.start, "windows in order");
        let share = own.len() as f32 / own.end.max(1) as f32;
        let mix = |known: &mut f32, next: f32| *known += share * (next - *known);
        self.prior.extend(next.prior);
        self.shift.extend(next.shift);
        self.densities.iter_mut().zip(next.densities).for_each(|(known, next)| mix(known, next));
        self.keys.iter_mut().zip(next.keys).for_each(|(known, next)| mix(known, next));
        for (known, next) in self.styles.iter_mut().zip(next.styles) {
            mix(&mut known.probability, next.probability);
        }
        self.bars = own.end;
    }

    /// The last bars were added.
    fn end(&mut self, queries: &[BarQuery]) {
        self.cells = queries.iter().map(Cells::of).collect();
    }

    /// Bars that all have these cells, as sure as their logits are.
    #[cfg(test)]
    pub fn alike(bars: usize, logits: Vec<f32>) -> PatternOutput {
        PatternOutput {
            codes: 1,
            members: 1,
            prior: vec![0.0; bars],
            shift: vec![0.0; bars * CELLS],
            base: logits,
            bars,
            cells: vec![None; bars],
            densities: ClassDensities::default(),
            styles: Vec::new(),
            keys: [0.0; PAPER_KEYS.len()],
        }
    }

    pub fn codes(&self) -> usize {
        self.codes
    }

    /// Log prior of every code in a bar.
    pub fn prior(&self, bar: usize) -> &[f32] {
        &self.prior[bar * self.codes..][..self.codes]
    }

    /// Logits of the cells of a bar under a code.
    pub fn logits(&self, bar: usize, code: usize) -> impl Iterator<Item = f32> {
        let member = code / (self.codes / self.members);
        let shift = &self.shift[(bar * self.members + member) * CELLS..][..CELLS];
        let base = &self.base[code * CELLS..][..CELLS];
        let own = self.cells[bar].as_ref();
        (0..CELLS).map(move |cell| match own {
            None => base[cell] + shift[cell],
            Some(own) => own.sources[cell].map_or(f32::NEG_INFINITY, |source| {
                let source = usize::from(source);
                base[source] + shift[source] + own.biases[cell]
            }),
        })
    }

    /// How likely each slot of a lane is struck in a bar, by the bar's own evidence.
    pub fn chances(&self, bar: usize, lane: Lane) -> [f32; SLOTS] {
        let mut chances = [0.0; SLOTS];
        for (code, log) in self.prior(bar).iter().enumerate() {
            let weight = log.exp();
            if weight > UNLIKELY {
                let row = self.logits(bar, code).skip(lane.index() * SLOTS);
                for (sum, logit) in chances.iter_mut().zip(row) {
                    *sum += weight / (1.0 + (-logit).exp());
                }
            }
        }
        chances
    }
}

/// What is asked about a song.
#[derive(Clone, Copy, Debug)]
pub(super) struct Condition<'a> {
    /// The class densities wanted (hits a bar).
    pub hint: Option<&'a ClassDensities>,
    /// Whether all bars are to be fills.
    pub fill: bool,
}

/// Asks the network about a song, once for each condition; all at once where that is quicker.
pub(super) fn predict(
    network: &dyn Network,
    input: &PatternInput,
    conditions: &[Condition],
) -> Result<Vec<PatternOutput>, NetworkError> {
    let merged = merged_features(input.features, input.queries);
    let programs = Tensor::f32(&[1, PROGRAMS], input.programs.to_vec());
    let share = share(input.queries);
    let mut answers: Vec<PatternOutput> = Vec::new();
    for window in input.windows {
        let bars = window.bars.len();
        // Without the rendered sound, which told the network nothing that the notes do not.
        let pairs = pair_channels_of(input.features, window.bars.clone(), None).values;
        let pairs = Tensor::f32(&[1, PAIR_CHANNELS, bars, bars], pairs);
        let bar = merged[window.bars.clone()].iter().flat_map(BarFeatures::vector).collect();
        let bar = Tensor::f32(&[bars, BAR_FEATURES], bar);
        let requests: Vec<_> = conditions
            .iter()
            .map(|condition| {
                let mut rows = Vec::with_capacity(bars * CONDITIONS);
                window.bars.clone().for_each(|bar| rows.extend(row(input, bar, condition, share)));
                vec![
                    ("bar", bar.clone()),
                    ("pairs", pairs.clone()),
                    ("programs", programs.clone()),
                    ("conditions", Tensor::f32(&[bars, CONDITIONS], rows)),
                ]
            })
            .collect();
        let outputs = network.run_batch(&requests)?;
        for (condition, outputs) in outputs.into_iter().enumerate() {
            let answer = read_output(outputs, share, window)?;
            match answers.get_mut(condition) {
                Some(known) => known.go_on(answer, window.own.clone()),
                None => answers.push(answer),
            }
        }
    }
    answers.iter_mut().for_each(|answer| answer.end(input.queries));
    Ok(answers)
}

/// The bars of a song as a share of what is asked for them: the strokes of a bar of 6/8 are half of
/// what the network would play.
fn share(queries: &[BarQuery]) -> f32 {
    queries.iter().map(BarQuery::share).sum::<f32>() / queries.len().max(1) as f32
}

/// What the network says of the bars that a window has as its own; for `share` see [`share`].
fn read_output(
    mut outputs: Outputs,
    share: f32,
    window: &Window,
) -> Result<PatternOutput, NetworkError> {
    let (_, mut prior) = outputs.take_f32("prior")?;
    let (shape, mut shift) = outputs.take_f32("shift")?;
    let (_, base) = outputs.take_f32("base")?;
    let own = window.own.start - window.bars.start..window.own.end - window.bars.start;
    for values in [&mut prior, &mut shift] {
        let each = values.len() / window.bars.len().max(1);
        values.truncate(own.end * each);
        values.drain(..own.start * each);
    }
    let (_, densities) = outputs.take_f32("densities")?;
    let (_, probabilities) = outputs.take_f32("styles")?;
    let (_, prototypes) = outputs.take_f32("prototypes")?;
    let (_, keys) = outputs.take_f32("keys")?;
    let hits = |row: &[f32]| -> ClassDensities {
        std::array::from_fn(|class| row[class].exp_m1().max(0.0) * share)
    };
    Ok(PatternOutput {
        codes: base.len() / CELLS,
        members: shape[1],
        prior,
        shift,
        base,
        cells: Vec::new(),
        bars: own.len(),
        densities: hits(&densities),
        styles: probabilities
            .iter()
            .zip(prototypes.chunks_exact(DRUM_CLASSES))
            .map(|(log, row)| Prototype { densities: hits(row), probability: log.exp() })
            .collect(),
        keys: std::array::from_fn(|key| keys[key]),
    })
}

/// The conditions of one bar: tempo, place in the song, kind of grid, phase, fill, hint; for `share` see
/// [`share`].
fn row(input: &PatternInput, bar: usize, condition: &Condition, share: f32) -> Vec<f32> {
    let last = input.features.len() - 1;
    let bpm = input.tempo.bpm(input.bars.bars()[bar].start).0 as f32;
    let mut row = Vec::with_capacity(CONDITIONS);
    row.extend(soft_one_hot::<TEMPOS>((bpm - 60.0) / 120.0));
    row.extend(soft_one_hot::<PLACES>(bar as f32 / last.max(1) as f32));
    let mut kinds = [0.0; KINDS];
    kinds[kind(&input.queries[bar].grid)] = 1.0;
    row.extend(kinds);
    for period in [2, 4, 8] {
        row.extend([0, period - 1].map(|phase| f32::from(bar % period == phase)));
    }
    row.extend([bar, last - bar].map(|bars| (-(bars as f32) / 4.0).exp()));
    row.extend([bar == 0, bar == last].map(f32::from));
    row.push(f32::from(condition.fill));
    match condition.hint {
        Some(hint) => row.extend(hint.iter().map(|hits| (hits / share).ln_1p()).chain([1.0])),
        None => row.extend([0.0; DRUM_CLASSES + 1]),
    }
    row
}

/// A value in `[0, 1]` (clamped) spread over the two nearest of `SIZE` places.
fn soft_one_hot<const SIZE: usize>(value: f32) -> [f32; SIZE] {
    let place = value.clamp(0.0, 1.0) * (SIZE - 1) as f32;
    std::array::from_fn(|index| (1.0 - (place - index as f32).abs()).max(0.0))
}

fn kind(grid: &StepGrid) -> usize {
    match (grid.kind, grid.steps) {
        (GridKind::Straight, 16) => 0,
        (GridKind::Straight, 12) => 1,
        (GridKind::Ternary, 12) => 2,
        (GridKind::Ternary, _) => 3,
        _ => 4,
    }
}

/// The grid on which a bar's pattern is decided: its own, as far as it has slots. On which one the
/// network is asked: see [`BarQuery`].
pub(super) fn known_grid(grid: &StepGrid) -> StepGrid {
    StepGrid { steps: grid.steps.min(SLOTS), ..*grid }
}

/// The step of the known grid that a step of any grid takes its strokes from: the known bar as far
/// as it goes, then its second half again.
pub(super) fn source_step(step: usize, known: usize) -> usize {
    if step < known { step } else { known / 2 + (step - known) % (known / 2) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Metre;

    #[test]
    fn every_step_has_a_slot() {
        for (numerator, denominator) in
            [(4, 4), (3, 4), (5, 4), (7, 8), (6, 8), (9, 8), (12, 8), (2, 4), (7, 4)]
        {
            for triplets in [false, true] {
                let grid =
                    StepGrid::for_metre(Metre::new(numerator, denominator).unwrap(), triplets);
                let known = known_grid(&grid);
                assert!(known.steps <= SLOTS);
                assert!((0..grid.steps).all(|step| source_step(step, known.steps) < known.steps));
            }
        }
        let seven = StepGrid::for_metre(Metre::new(7, 8).unwrap(), false);
        assert_eq!(known_grid(&seven).steps, 14);
    }

    #[test]
    fn soft_one_hot_sums_to_one() {
        for value in [-1.0, 0.0, 0.13, 0.5, 0.99, 2.0] {
            let sum: f32 = soft_one_hot::<10>(value).iter().sum();
            assert!((sum - 1.0).abs() < 1e-6);
        }
    }
}
