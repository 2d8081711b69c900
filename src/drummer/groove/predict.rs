//! Asking the network.

use std::ops::Range;

use super::GrooveError;
use super::features::{CHANNELS, Row};
use super::stroke::{NUMBERS, Stroke};
use crate::network::{Network, Tensor};
use crate::score::LANES;

/// Steps of one request at most. Longer parts are asked for in pieces, so that memory stays bounded
/// and most requests share one shape.
const WINDOW: usize = 1024;

/// Steps at either end of a piece that only give context; the network looks 68 steps each way.
const CONTEXT: usize = 128;

/// Requests are padded with empty rows to a multiple of this, so that few shapes occur.
const MULTIPLE: usize = 64;

/// The network's answer for a whole part.
pub(super) struct Strokes {
    /// `[step][lane][number]`.
    numbers: Vec<f32>,
}

impl Strokes {
    /// What is said about a stroke of a lane at a step, counted over the whole part.
    pub fn at(&self, lane: usize, step: usize) -> Stroke {
        let start = (step * LANES + lane) * NUMBERS;
        Stroke::read(|number| self.numbers[start + number])
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
) -> Result<Vec<Strokes>, GrooveError> {
    let mut strokes: Vec<Strokes> = parts
        .iter()
        .map(|rows| Strokes { numbers: Vec::with_capacity(rows.len() * LANES * NUMBERS) })
        .collect();
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
                return Err(GrooveError::Shape { network: network.name().to_owned(), shape });
            }
            let numbers = &mut strokes[window.part].numbers;
            for step in window.used.clone() {
                let step = step - window.asked.start;
                numbers.extend(values.chunks_exact(steps).map(|series| series[step]));
            }
        }
    }
    Ok(strokes)
}

/// `[1, channel, step]`.
fn input(rows: &[Row]) -> Tensor {
    let steps = rows.len().next_multiple_of(MULTIPLE);
    let mut input = vec![0.0; CHANNELS * steps];
    for (step, row) in rows.iter().enumerate() {
        for (channel, &value) in row.iter().enumerate() {
            input[channel * steps + step] = value;
        }
    }
    Tensor::f32(&[1, CHANNELS, steps], input)
}
