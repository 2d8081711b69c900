//! Asking the network.

use std::ops::Range;

use super::PerformanceError;
use super::distribution::{HitDistribution, NUMBERS};
use super::features::{CHANNELS, Row};
use crate::network::{ModelSpec, Network, PortSpec, Tensor};
use crate::score::LANES;

/// A part's strokes to the distributions of their velocity and timing.
///
/// In: `rows`, axes batch, channel, step; zeros before and behind the part, [`MARGIN`] steps. Out:
/// `strokes`, axes batch, lane, number, step.
pub const GROOVE: ModelSpec = ModelSpec {
    name: "groove",
    file: "groove.onnx",
    bytes: include_bytes!("../../../models/groove.onnx"),
    inputs: &[PortSpec::f32("rows", &[Some(1), Some(CHANNELS), None])],
    outputs: &[PortSpec::f32("strokes", &[Some(1), Some(LANES), Some(NUMBERS), None])],
};

/// Steps that the network looks each way.
const REACH: usize = 68;

/// Empty rows before and behind what is asked for. Behind the ends of a part the network sees rows
/// of zeros; with this many of them it is of no consequence how many more there are.
const MARGIN: usize = REACH;

/// Rows of one request at most. Longer parts are asked for in pieces, so that memory stays bounded
/// and most requests share one shape, of [`WINDOW`] and two margins: 1024 steps.
const WINDOW: usize = 1024 - 2 * MARGIN;

/// Steps at either end of a piece that only give context.
const CONTEXT: usize = REACH;

/// Requests are padded with empty rows to a multiple of this, so that few shapes occur.
const MULTIPLE: usize = 64;

/// The network's output for a whole part.
#[derive(Default)]
pub(super) struct HitDistributions {
    /// In order, together for all steps.
    pieces: Vec<Piece>,
}

/// The output of one request.
struct Piece {
    used: Range<usize>,
    /// The step of the answer at which `used` begins.
    offset: usize,
    /// `[lane][number][step]`.
    values: Vec<f32>,
    steps: usize,
}

impl HitDistributions {
    /// What is said about a stroke of a lane at a step, counted over the whole part.
    ///
    /// # Panics
    /// If the part that was asked about has no such step.
    pub fn at(&self, lane: usize, step: usize) -> HitDistribution {
        let piece = &self.pieces[self.pieces.partition_point(|piece| piece.used.end <= step)];
        let place = piece.offset + step - piece.used.start;
        HitDistribution::read(|number| {
            piece.values[(lane * NUMBERS + number) * piece.steps + place]
        })
    }
}

/// Some steps of a part that are asked for in one request.
struct Window {
    part: usize,
    /// With the context before and behind.
    asked: Range<usize>,
    /// What is used of the answer.
    used: Range<usize>,
}

fn windows(part: usize, steps: usize) -> Vec<Window> {
    let mut windows = Vec::new();
    let mut done = 0;
    while done < steps {
        let begin = done.saturating_sub(CONTEXT);
        let end = steps.min(begin + WINDOW);
        let until = if end == steps { end } else { end - CONTEXT };
        windows.push(Window { part, asked: begin..end, used: done..until });
        done = until;
    }
    windows
}

/// One stroke for each lane and row of several parts.
pub(super) fn predict(
    parts: &[Vec<Row>],
    network: &dyn Network,
) -> Result<Vec<HitDistributions>, PerformanceError> {
    let mut strokes: Vec<HitDistributions> =
        parts.iter().map(|_| HitDistributions::default()).collect();
    let windows: Vec<Window> =
        parts.iter().enumerate().flat_map(|(part, rows)| windows(part, rows.len())).collect();
    for windows in windows.chunks(network.batch()) {
        let requests: Vec<_> = windows
            .iter()
            .map(|window| vec![("rows", input(&parts[window.part][window.asked.clone()]))])
            .collect();
        let answers = network.run_batch(&requests)?;
        for ((window, request), mut outputs) in windows.iter().zip(&requests).zip(answers) {
            let steps = request[0].1.shape()[2];
            let (shape, values) = outputs.take_f32("strokes")?;
            if shape != [1, LANES, NUMBERS, steps] {
                return Err(PerformanceError::Shape { network: network.name().to_owned(), shape });
            }
            let Window { part, asked, used } = window;
            let offset = MARGIN + used.start - asked.start;
            strokes[*part].pieces.push(Piece { used: used.clone(), offset, values, steps });
        }
    }
    Ok(strokes)
}

/// `[1, channel, step]`.
fn input(rows: &[Row]) -> Tensor {
    let steps = (rows.len() + 2 * MARGIN).next_multiple_of(MULTIPLE);
    let mut input = vec![0.0; CHANNELS * steps];
    for (step, row) in rows.iter().enumerate() {
        for (channel, &value) in row.iter().enumerate() {
            input[channel * steps + MARGIN + step] = value;
        }
    }
    Tensor::f32(&[1, CHANNELS, steps], input)
}
