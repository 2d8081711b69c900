//! Products of two small matrices that are both worked out, for each of a batch: those of attention.

use std::mem::take;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::ops::einsum::EinSum;

use super::scratch::with_scratch;
use super::tile::{Filter, SLACK, Simd, Windows};

/// More numbers than this in a matrix on the right do not stay in the cache.
const MOST: usize = 1 << 16;

/// `output[b][row][column] = sum over k of left[b][row][k] * right[b][k][column]`, each with its axes in an
/// order of its own, given by how far apart in the memory neighbours along each axis lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BatchProduct {
    simd: Simd,
    /// Whether left and right are the second and the first input.
    swapped: bool,
    batch: usize,
    rows: usize,
    columns: usize,
    terms: usize,
    /// Along batch, rows, terms.
    left: [usize; 3],
    /// Along batch, terms, columns.
    right: [usize; 3],
    /// Along batch and rows; columns are neighbours.
    output: [usize; 2],
    shape: TVec<usize>,
}

impl BatchProduct {
    /// `None` if the node is nothing of the kind.
    pub fn of(model: &TypedModel, id: usize) -> TractResult<Option<BatchProduct>> {
        let node = model.node(id);
        let Some(product) = node.op_as::<EinSum>() else { return Ok(None) };
        let single = f32::datum_type();
        let facts = [model.outlet_fact(node.inputs[0])?, model.outlet_fact(node.inputs[1])?];
        let output = &node.outputs[0].fact;
        let [Some(first), Some(second), Some(shape)] =
            [facts[0], facts[1], output].map(|fact| fact.shape.as_concrete())
        else {
            return Ok(None);
        };
        if product.q_params.is_some()
            || product.operating_dt != single
            || facts.iter().any(|fact| fact.datum_type != single)
        {
            return Ok(None);
        }
        // Which axis of first, second and output it is, if it is one of theirs.
        let mut roles: [Option<[Option<usize>; 3]>; 4] = [None; 4];
        for axis in product.axes.iter_all_axes() {
            let place = |found: &TVec<usize>| match found[..] {
                [] => Some(None),
                [place] => Some(Some(place)),
                _ => None,
            };
            let (Some(a), Some(b), Some(c)) =
                (place(&axis.inputs[0]), place(&axis.inputs[1]), place(&axis.outputs[0]))
            else {
                return Ok(None);
            };
            let role = match (a, b, c) {
                (Some(_), Some(_), Some(_)) => 0,
                (Some(_), None, Some(_)) => 1,
                (None, Some(_), Some(_)) => 2,
                (Some(_), Some(_), None) => 3,
                _ => return Ok(None),
            };
            if roles[role].replace([a, b, c]).is_some() {
                return Ok(None);
            }
        }
        let [Some(batch), Some(mut rows), Some(mut columns), Some(terms)] = roles else {
            return Ok(None);
        };
        let (mut left, mut right) = (0, 1);
        // Columns are the output's last axis.
        if rows[2] == Some(shape.len() - 1) {
            (rows, columns, left, right) = (columns, rows, 1, 0);
        }
        let shapes = [first, second, shape];
        let size =
            |axis: [Option<usize>; 3], of: usize| axis[of].map_or(1, |axis| shapes[of][axis]);
        let stride = |axis: [Option<usize>; 3], of: usize| {
            axis[of].map_or(0, |axis| shapes[of][axis + 1..].iter().product())
        };
        let product = BatchProduct {
            simd: Simd::detect(),
            swapped: left == 1,
            batch: size(batch, 2),
            rows: size(rows, 2),
            columns: size(columns, 2),
            terms: size(terms, left),
            left: [stride(batch, left), stride(rows, left), stride(terms, left)],
            right: [stride(batch, right), stride(terms, right), stride(columns, right)],
            output: [stride(batch, 2), stride(rows, 2)],
            shape: shape.into(),
        };
        // Axes of one element may be stretched over a batch, which is left to tract.
        let whole = size(batch, 0) == product.batch
            && size(batch, 1) == product.batch
            && size(terms, right) == product.terms
            && size(rows, left) == product.rows
            && size(columns, right) == product.columns;
        let small = (1..=MOST).contains(&(product.terms * product.columns));
        let filled = product.batch * product.rows > 0 && stride(columns, 2) == 1;
        Ok((whole && small && filled).then_some(product))
    }
}

/// Puts a matrix into `room`, row by row: `strides` are those of rows and columns.
fn gather(matrix: &[f32], [rows, columns]: [usize; 2], strides: [usize; 2], room: &mut Vec<f32>) {
    room.clear();
    for row in 0..rows {
        let row = &matrix[row * strides[0]..];
        if strides[1] == 1 {
            room.extend_from_slice(&row[..columns]);
        } else {
            room.extend((0..columns).map(|column| row[column * strides[1]]));
        }
    }
}

impl Op for BatchProduct {
    fn name(&self) -> StaticName {
        "BatchProduct".into()
    }

    op_as_typed_op!();
}

impl EvalOp for BatchProduct {
    op_out_of_plan!();

    fn eval(&self, _ctx: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let (left, right) = args_2!(inputs);
        let (left, right) = if self.swapped { (right, left) } else { (left, right) };
        let left = left.try_as_plain_ram()?.as_slice::<f32>()?;
        let right = right.try_as_plain_ram()?.as_slice::<f32>()?;
        // SAFETY: every row and column of the whole batch is written.
        let mut output = unsafe { Tensor::uninitialized::<f32>(&self.shape)? };
        let mut plain = output.try_as_plain_ram_mut()?;
        let numbers = plain.as_slice_mut::<f32>()?;
        let offsets: Vec<usize> = (0..self.terms).map(|term| term * self.columns).collect();
        with_scratch(|[room, lines]| {
            for batch in 0..self.batch {
                let rows = [self.rows, self.terms];
                gather(&left[batch * self.left[0]..], rows, [self.left[1], self.left[2]], lines);
                let none = vec![0.0; self.rows];
                let filter = Filter::new(self.simd, lines, none, None, take(room));
                let columns = [self.terms, self.columns];
                let strides = [self.right[1], self.right[2]];
                gather(&right[batch * self.right[0]..], columns, strides, lines);
                lines.resize(lines.len() + SLACK, 0.0);
                filter.apply(&mut Windows {
                    input: lines,
                    offsets: &offsets,
                    columns: self.columns,
                    floor: f32::NEG_INFINITY,
                    output: &mut numbers[batch * self.output[0]..],
                    stride: self.output[1],
                });
                *room = filter.into_room();
            }
        });
        Ok(tvec!(output.into_tvalue()))
    }
}

impl TypedOp for BatchProduct {
    as_op!();

    fn output_facts(&self, _inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        Ok(tvec!(f32::fact(&self.shape)))
    }
}
