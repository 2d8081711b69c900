//! Operators that multiply matrices: dense layers and products.

use super::device::{Binary, Device, MatMul};
use super::error::{ExecError, ExecResult};
use super::executor::Executor;
use super::graph::Node;
use super::value::{Array, Value, View, broadcast, broadcast_strides};

impl<D: Device> Executor<'_, D> {
    /// Times a number.
    fn scaled(&self, x: Array<D::Buffer>, factor: f32) -> ExecResult<Array<D::Buffer>> {
        if factor == 1.0 {
            return Ok(x);
        }
        let factor = Array::new(self.device.upload(&[factor])?, Vec::new(), false);
        self.paired(Binary::Mul, &x, &factor)
    }

    pub(super) fn gemm(
        &self,
        node: &Node,
        [alpha, beta]: [f32; 2],
        [a_transposed, b_transposed]: [bool; 2],
    ) -> ExecResult<Value<D::Buffer>> {
        let (a, b) = (self.array(node, 0)?, self.array(node, 1)?);
        let ([a0, a1], [b0, b1]) = (a.shape.as_slice(), b.shape.as_slice()) else {
            return Err(format!("of {:?} and {:?} is not supported", a.shape, b.shape).into());
        };
        let (m, k) = if a_transposed { (*a1, *a0) } else { (*a0, *a1) };
        let (depth, n) = if b_transposed { (*b1, *b0) } else { (*b0, *b1) };
        if k != depth {
            return Err(format!("{:?} and {:?} do not go together", a.shape, b.shape).into());
        }
        let batched = a.batched || b.batched;
        let mut how = MatMul {
            batch: self.times(batched),
            m,
            k,
            n,
            a_transposed,
            b_transposed,
            a_shared: !a.batched,
            b_shared: !b.batched,
        };
        // All rows of all requests against the same matrix are one product.
        if a.batched && !b.batched && !a_transposed {
            how = MatMul { batch: 1, m: m * self.batch, a_shared: false, ..how };
        }
        let shape = vec![m, n];
        let buffer = self.made(&a, &shape, || self.device.matmul(&a.buffer, &b.buffer, &how))?;
        let product = self.scaled(Array::new(buffer, shape, batched), alpha)?;
        let Some(c) = self.optional_array(node, 2)? else { return Ok(Value::Device(product)) };
        self.paired(Binary::Add, &product, &self.scaled(c, beta)?).map(Value::Device)
    }

    pub(super) fn matmul(&self, node: &Node) -> ExecResult<Value<D::Buffer>> {
        let (mut a, mut b) = (self.array(node, 0)?, self.array(node, 1)?);
        let unfit =
            || ExecError::Graph(format!("{:?} and {:?} do not go together", a.shape, b.shape));
        // A vector is a matrix of one row, or of one column.
        let (row, column) = (a.shape.len() == 1, b.shape.len() == 1);
        let (mut left, mut right) = (a.shape.clone(), b.shape.clone());
        if row {
            left.insert(0, 1);
        }
        if column {
            right.push(1);
        }
        let ([left_outer @ .., m, k], [right_outer @ .., depth, n]) =
            (left.as_slice(), right.as_slice())
        else {
            return Err(unfit());
        };
        let (m, k, n) = (*m, *k, *n);
        let outer = broadcast(left_outer, right_outer).filter(|_| k == *depth);
        let outer = outer.ok_or_else(unfit)?;
        let mut shape = outer.clone();
        if !row {
            shape.push(m);
        }
        if !column {
            shape.push(n);
        }
        let batched = a.batched || b.batched;
        let count = outer.iter().product::<usize>();
        let one = |outer: &[usize]| outer.iter().product::<usize>() == 1;
        let how = if one(right_outer) && !b.batched {
            // All rows against the same matrix are one product.
            MatMul {
                batch: 1,
                m: m * count * self.times(a.batched),
                k,
                n,
                a_transposed: false,
                b_transposed: false,
                a_shared: false,
                b_shared: false,
            }
        } else {
            let shared = |array: &Array<D::Buffer>, outer: &[usize]| !array.batched && one(outer);
            let (a_shared, b_shared) = (shared(&a, left_outer), shared(&b, right_outer));
            if !a_shared {
                a = self.spread(a.reshaped(left.clone()), &outer, [m, k], batched)?;
            }
            if !b_shared {
                b = self.spread(b.reshaped(right.clone()), &outer, [k, n], batched)?;
            }
            let batch = count * self.times(batched);
            let (a_transposed, b_transposed) = (false, false);
            MatMul { batch, m, k, n, a_transposed, b_transposed, a_shared, b_shared }
        };
        let buffer = self.made(&a, &shape, || self.device.matmul(&a.buffer, &b.buffer, &how))?;
        Ok(Value::Device(Array::new(buffer, shape, batched)))
    }

    /// Repeats matrices so that there is one for each of the outer places, in every request.
    fn spread(
        &self,
        array: Array<D::Buffer>,
        outer: &[usize],
        [rows, columns]: [usize; 2],
        batched: bool,
    ) -> ExecResult<Array<D::Buffer>> {
        let dims = [outer, &[rows, columns]].concat();
        if array.shape == dims && array.batched == batched {
            return Ok(array);
        }
        let strides = broadcast_strides(&array.shape, &dims);
        let wide = if batched && !array.batched {
            // A batch of the same.
            let view = View {
                dims: [&[self.batch], &dims[..]].concat(),
                offset: 0,
                strides: [&[0], &strides[..]].concat(),
            };
            self.view(&Value::Device(array), view)?
        } else {
            self.view(&Value::Device(array), View { dims: dims.clone(), offset: 0, strides })?
        };
        match wide {
            Value::Device(wide) => Ok(Array { shape: dims, batched, buffer: wide.buffer }),
            Value::Host(_) => Err("a matrix is not on the device".into()),
        }
    }
}
