//! The networks of the space: patterns to latents, and latents to patterns.

use std::sync::Arc;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::drum::DRUMS;
use super::pattern::{CELLS, Pattern, PatternGrid, cell};
use crate::network::{ModelSpec, Models, Network, NetworkError, Outputs, PortSpec, Tensor};

/// Dimensions of the latent space.
pub const LATENT: usize = 96;

/// Patterns to latents.
pub static PATTERN_ENCODER: ModelSpec = ModelSpec {
    name: "pattern encoder",
    file: "pattern_encoder.onnx",
    bytes: include_bytes!("../../models/pattern_encoder.onnx"),
    inputs: &[PortSpec::f32("cells", &[None, Some(CELLS)])],
    outputs: &[PortSpec::f32("latent", &[None, Some(LATENT)])],
};

/// Latents and what is known of a pattern to probabilities of its cells.
pub static PATTERN_DECODER: ModelSpec = ModelSpec {
    name: "pattern decoder",
    file: "pattern_decoder.onnx",
    bytes: include_bytes!("../../models/pattern_decoder.onnx"),
    inputs: &[
        PortSpec::f32("latent", &[None, Some(LATENT)]),
        PortSpec::f32("known", &[None, Some(CELLS)]),
    ],
    outputs: &[
        PortSpec::f32("logits", &[None, Some(CELLS)]),
        PortSpec::f32("triplet", &[None, Some(1)]),
    ],
};

/// Patterns to logits: played by people, or with drums of two patterns.
pub static PATTERN_DISCRIMINATOR: ModelSpec = ModelSpec {
    name: "pattern discriminator",
    file: "pattern_discriminator.onnx",
    bytes: include_bytes!("../../models/pattern_discriminator.onnx"),
    inputs: &[PortSpec::f32("cells", &[None, Some(CELLS)])],
    outputs: &[PortSpec::f32("logit", &[None, Some(1)])],
};

/// The networks of the pattern space.
pub const ALL: &[&ModelSpec] = &[&PATTERN_ENCODER, &PATTERN_DECODER, &PATTERN_DISCRIMINATOR];

/// Cells are decided in so many passes, each of which knows what those before it decided.
const PASSES: u32 = 4;

/// The pass in which a cell is decided; `group_of_cell` of `models/training/patterns.py`.
fn pass_of(cell: usize) -> u32 {
    ((cell as u32).wrapping_mul(2_654_435_761) >> 20) % PASSES
}

/// Where a pattern is in the space.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Latent(pub [f32; LATENT]);

impl Latent {
    /// The point `share` of the way to `other`, 0 to 1.
    pub fn towards(&self, other: &Latent, share: f32) -> Latent {
        Latent(std::array::from_fn(|i| self.0[i] + (other.0[i] - self.0[i]) * share))
    }
}

/// Which patterns of a latent are decoded: how probable a stroke must be to be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sampling {
    /// Strokes that are likelier than not: the usual pattern of a latent.
    Likeliest,
    /// Strokes that are likelier than a number drawn for each cell; the same seed draws the same.
    Random(u64),
}

/// What to decode.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// Where in the space.
    pub latent: Latent,
    /// `None` leaves it to the network, and so does [`PatternGrid::Mixed`], which it does not know.
    pub grid: Option<PatternGrid>,
    /// Which of the patterns there.
    pub sampling: Sampling,
}

/// Encodes, decodes and judges patterns. Runs on any thread but the audio thread: one pattern takes
/// some tenths of a millisecond.
pub struct PatternSpace {
    encoder: Arc<dyn Network>,
    decoder: Arc<dyn Network>,
    discriminator: Arc<dyn Network>,
}

/// Networks are asked for so many patterns at once, so that a few shapes cover all counts.
const BATCHES: [usize; 3] = [1, 16, 256];
/// The discriminator judges so many at once.
const JUDGED: usize = 64;

/// How many of `left` patterns are asked for next, and in a batch of which size.
fn batch(left: usize) -> (usize, usize) {
    let size = BATCHES.into_iter().find(|&size| size >= left).unwrap_or(BATCHES[2]);
    (left.min(size), size)
}

impl PatternSpace {
    /// # Errors
    /// As [`Models::get`].
    pub fn new(models: &Models) -> Result<PatternSpace, NetworkError> {
        Ok(PatternSpace {
            encoder: models.get(&PATTERN_ENCODER)?,
            decoder: models.get(&PATTERN_DECODER)?,
            discriminator: models.get(&PATTERN_DISCRIMINATOR)?,
        })
    }

    /// Latents of patterns, in order.
    ///
    /// # Errors
    /// If the network fails.
    pub fn encode(&self, patterns: &[Pattern]) -> Result<Vec<Latent>, NetworkError> {
        let mut found = Vec::with_capacity(patterns.len());
        let mut left = patterns;
        while !left.is_empty() {
            let (count, size) = batch(left.len());
            let mut outputs = self.encoder.run(&[("cells", cells(&left[..count], size))])?;
            let latents = rows(&mut outputs, "latent")?;
            for latent in latents.chunks_exact(LATENT).take(count) {
                found.push(Latent(std::array::from_fn(|i| latent[i])));
            }
            left = &left[count..];
        }
        Ok(found)
    }

    /// How much each pattern is like what people play rather than a mixture of two patterns' drums: logits
    /// of a discriminator, in order.
    ///
    /// # Errors
    /// If the network fails.
    pub fn realism(&self, patterns: &[Pattern]) -> Result<Vec<f32>, NetworkError> {
        let mut found = Vec::with_capacity(patterns.len());
        for judged in patterns.chunks(JUDGED) {
            let mut outputs = self.discriminator.run(&[("cells", cells(judged, JUDGED))])?;
            found.extend(rows(&mut outputs, "logit")?.into_iter().take(judged.len()));
        }
        Ok(found)
    }

    /// Patterns of latents, in order.
    ///
    /// # Errors
    /// If the network fails.
    pub fn decode(&self, requests: &[Request]) -> Result<Vec<Pattern>, NetworkError> {
        let mut found = Vec::with_capacity(requests.len());
        let mut left = requests;
        while !left.is_empty() {
            let (count, size) = batch(left.len());
            self.decode_batch(&left[..count], size, &mut found)?;
            left = &left[count..];
        }
        Ok(found)
    }

    fn decode_batch(
        &self,
        requests: &[Request],
        size: usize,
        found: &mut Vec<Pattern>,
    ) -> Result<(), NetworkError> {
        let mut latents = vec![0.0; size * LATENT];
        for (request, row) in requests.iter().zip(latents.chunks_exact_mut(LATENT)) {
            row.copy_from_slice(&request.latent.0);
        }
        let latents = Tensor::f32(&[size, LATENT], latents);
        let levels: Vec<Option<Vec<f32>>> = requests.iter().map(|r| levels(r.sampling)).collect();
        let mut known = vec![0.0; size * CELLS];
        let known_grid = |request: &Request| request.grid.filter(|&g| g != PatternGrid::Mixed);
        let mut grids: Vec<Option<PatternGrid>> = requests.iter().map(known_grid).collect();
        for pass in 0..PASSES {
            let given = Tensor::f32(&[size, CELLS], known.clone());
            let inputs = [("latent", latents.clone()), ("known", given)];
            let mut outputs = self.decoder.run(&inputs)?;
            let (logits, triplet) = (rows(&mut outputs, "logits")?, rows(&mut outputs, "triplet")?);
            for (row, grid) in grids.iter_mut().enumerate() {
                let grid = *grid.get_or_insert(if triplet[row] > 0.0 {
                    PatternGrid::Triplet
                } else {
                    PatternGrid::Straight
                });
                for cell in cells_of(grid).filter(|&cell| pass_of(cell) == pass) {
                    let level = levels[row].as_ref().map_or(0.5, |levels| levels[cell]);
                    let likely = 1.0 / (1.0 + (-logits[row * CELLS + cell]).exp());
                    known[row * CELLS + cell] = if likely > level { 1.0 } else { -1.0 };
                }
            }
        }
        for (row, grid) in grids.into_iter().enumerate() {
            let grid = grid.unwrap_or(PatternGrid::Straight);
            let mut pattern = Pattern::empty(grid);
            for drum in 0..DRUMS {
                for step in 0..grid.steps() {
                    let onset = known[row * CELLS + cell(grid, drum, step)] > 0.0;
                    pattern.set(drum, step, onset);
                }
            }
            found.push(pattern);
        }
        Ok(())
    }
}

/// Patterns as a network sees them, `[size, CELLS]`; rows beyond the last pattern are empty.
fn cells(patterns: &[Pattern], size: usize) -> Tensor {
    let mut cells = vec![0.0; size * CELLS];
    for (pattern, row) in patterns.iter().zip(cells.chunks_exact_mut(CELLS)) {
        row.copy_from_slice(&pattern.cells());
    }
    Tensor::f32(&[size, CELLS], cells)
}

/// The cells of a grid.
fn cells_of(grid: PatternGrid) -> std::ops::Range<usize> {
    let straight = DRUMS * PatternGrid::Straight.steps();
    match grid {
        PatternGrid::Straight => 0..straight,
        PatternGrid::Triplet | PatternGrid::Mixed => straight..CELLS,
    }
}

/// The level of each cell; `None` for a half throughout.
fn levels(sampling: Sampling) -> Option<Vec<f32>> {
    match sampling {
        Sampling::Likeliest => None,
        Sampling::Random(seed) => {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            Some((0..CELLS).map(|_| rng.random::<f32>()).collect())
        }
    }
}

fn rows(outputs: &mut Outputs, name: &str) -> Result<Vec<f32>, NetworkError> {
    outputs.take_f32(name).map(|(_, values)| values)
}
