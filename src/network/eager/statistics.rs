//! Operators that look at many numbers at once: normalisation, softmax, sums and means.

use std::ops::Range;

use super::device::{Axis, Binary, Device, Reduce, Unary};
use super::error::ExecResult;
use super::executor::{Executor, axes, axis};
use super::graph::Node;
use super::value::{Array, Value};

impl<D: Device> Executor<'_, D> {
    /// One number for each channel, as `[channels, 1, ...]` against `x[batch, channels, ...]`.
    fn by_channel(
        &self,
        node: &Node,
        index: usize,
        x: &Array<D::Buffer>,
    ) -> ExecResult<Array<D::Buffer>> {
        let row = self.array(node, index)?;
        let [_, channels, rest @ ..] = x.shape.as_slice() else {
            return Err(format!("of {:?} is not supported", x.shape).into());
        };
        if row.shape != [*channels] {
            return Err(format!("{channels} channels with {:?} numbers", row.shape).into());
        }
        Ok(row.reshaped([&[*channels], &vec![1; rest.len()][..]].concat()))
    }

    pub(super) fn batch_norm(&self, node: &Node, epsilon: f32) -> ExecResult<Value<D::Buffer>> {
        let x = self.array(node, 0)?;
        let [scale, shift, mean, variance] = [1, 2, 3, 4].map(|i| self.by_channel(node, i, &x));
        let epsilon = Array::new(self.device.upload(&[epsilon])?, Vec::new(), false);
        let variance = self.paired(Binary::Add, &variance?, &epsilon)?;
        let Value::Device(deviation) = self.unary(Unary::Sqrt, Value::Device(variance))? else {
            return Err("the variance is not on the device".into());
        };
        let factor = self.paired(Binary::Div, &scale?, &deviation)?;
        let centred = self.paired(Binary::Sub, &x, &mean?)?;
        let scaled = self.paired(Binary::Mul, &centred, &factor)?;
        self.paired(Binary::Add, &scaled, &shift?).map(Value::Device)
    }

    fn normalised(
        &self,
        x: &Array<D::Buffer>,
        from: usize,
        epsilon: f32,
    ) -> ExecResult<Array<D::Buffer>> {
        let rows = x.shape[..from].iter().product::<usize>() * self.times(x.batched);
        let length = x.shape[from..].iter().product();
        let buffer =
            self.made(x, &x.shape, || self.device.normalise(&x.buffer, rows, length, epsilon))?;
        Ok(Array::new(buffer, x.shape.clone(), x.batched))
    }

    pub(super) fn layer_norm(
        &self,
        node: &Node,
        from: i64,
        epsilon: f32,
    ) -> ExecResult<Value<D::Buffer>> {
        if node.outputs.len() > 1 {
            return Err("only the first output is supported".into());
        }
        let x = self.array(node, 0)?;
        let from = axis(from, x.shape.len())?;
        let mut out = self.normalised(&x, from, epsilon)?;
        if let Some(scale) = self.optional_array(node, 1)? {
            out = self.paired(Binary::Mul, &out, &scale)?;
        }
        if let Some(shift) = self.optional_array(node, 2)? {
            out = self.paired(Binary::Add, &out, &shift)?;
        }
        Ok(Value::Device(out))
    }

    pub(super) fn softmax(
        &self,
        node: &Node,
        log: bool,
        along: i64,
        flat: bool,
    ) -> ExecResult<Value<D::Buffer>> {
        let x = self.array(node, 0)?;
        let along = axis(along, x.shape.len())?;
        let mut over = around(&x.shape, along..along + 1);
        if flat {
            over = around(&x.shape, along..x.shape.len());
        }
        over.outer *= self.times(x.batched);
        let buffer = self.made(&x, &x.shape, || self.device.softmax(log, &x.buffer, over))?;
        Ok(Value::Device(Array::new(buffer, x.shape.clone(), x.batched)))
    }

    pub(super) fn reduce(
        &self,
        node: &Node,
        op: Reduce,
        given: Option<&[i64]>,
        keep: bool,
        none_is_all: bool,
    ) -> ExecResult<Value<D::Buffer>> {
        let mut x = self.array(node, 0)?;
        let rank = x.shape.len();
        let input = if given.is_none() { self.whole(node, 1)? } else { None };
        let over = match given.or(input.as_deref()) {
            Some(given) if !given.is_empty() => axes(given, rank)?,
            _ if none_is_all => (0..rank).collect(),
            _ => return Ok(Value::Device(x)),
        };
        let mut shape = Vec::new();
        for (axis, &size) in x.shape.iter().enumerate() {
            if !over.contains(&axis) {
                shape.push(size);
            } else if keep {
                shape.push(1);
            }
        }
        let Some((&first, &last)) = over.first().zip(over.last()) else {
            return Ok(Value::Device(x.reshaped(shape)));
        };
        let mut axis = around(&x.shape, first..last + 1);
        if last + 1 - first != over.len() {
            // Axes apart are brought together at the end.
            let order = (0..rank).filter(|axis| !over.contains(axis)).chain(over.iter().copied());
            let order: Vec<i64> = order.map(|axis| axis as i64).collect();
            let Value::Device(moved) = self.transpose(Value::Device(x), Some(&order))? else {
                return Err("what is reduced is not on the device".into());
            };
            x = moved;
            axis = around(&x.shape, rank - over.len()..rank);
        }
        axis.outer *= self.times(x.batched);
        let buffer = self.made(&x, &shape, || self.device.reduce(op, &x.buffer, axis))?;
        Ok(Value::Device(Array::new(buffer, shape, x.batched)))
    }
}

fn around(shape: &[usize], axes: Range<usize>) -> Axis {
    Axis {
        outer: shape[..axes.start].iter().product(),
        length: shape[axes.clone()].iter().product(),
        inner: shape[axes.end..].iter().product(),
    }
}
