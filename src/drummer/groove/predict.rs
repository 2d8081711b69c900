//! Asking the network.

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

/// One stroke for each lane and row.
pub(super) fn predict(rows: &[Row], network: &dyn Network) -> Result<Strokes, GrooveError> {
    let mut numbers = Vec::with_capacity(rows.len() * LANES * NUMBERS);
    let mut done = 0;
    while done < rows.len() {
        let begin = done.saturating_sub(CONTEXT);
        let end = rows.len().min(begin + WINDOW);
        let until = if end == rows.len() { end } else { end - CONTEXT };
        let answer = ask(&rows[begin..end], network)?;
        for step in done - begin..until - begin {
            for series in answer.values.chunks_exact(answer.steps) {
                numbers.push(series[step]);
            }
        }
        done = until;
    }
    Ok(Strokes { numbers })
}

struct Answer {
    /// `[lane][number][step]`.
    values: Vec<f32>,
    steps: usize,
}

fn ask(rows: &[Row], network: &dyn Network) -> Result<Answer, GrooveError> {
    let steps = rows.len().next_multiple_of(MULTIPLE);
    let mut input = vec![0.0; CHANNELS * steps];
    for (step, row) in rows.iter().enumerate() {
        for (channel, &value) in row.iter().enumerate() {
            input[channel * steps + step] = value;
        }
    }
    let mut outputs = network.run(&[("rows", Tensor::f32(&[1, CHANNELS, steps], input))])?;
    let (shape, values) = outputs.take_f32("strokes")?;
    if shape != [1, LANES, NUMBERS, steps] {
        return Err(GrooveError::Shape { network: network.name().to_owned(), shape });
    }
    Ok(Answer { values, steps })
}
