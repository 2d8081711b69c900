//! Operators that move numbers and change none.

use std::sync::Arc;

use super::device::{Copy, Device, dense_strides, merge_axes};
use super::error::{ExecError, ExecResult, element_count};
use super::executor::{Executor, axes, axis};
use super::graph::Node;
use super::value::{Array, Host, Value, View};
use crate::network::Tensor;

impl<D: Device> Executor<'_, D> {
    pub(super) fn reshape(&self, node: &Node, zero_is_zero: bool) -> ExecResult<Value<D::Buffer>> {
        let x = self.input(node, 0)?;
        let wanted = self.whole(node, 1)?.ok_or("the shape is missing")?;
        let mut shape = Vec::with_capacity(wanted.len());
        let mut rest = None;
        for (place, &size) in wanted.iter().enumerate() {
            shape.push(match usize::try_from(size) {
                Ok(0) if !zero_is_zero => {
                    *x.shape().get(place).ok_or("a 0 where there is no axis to copy")?
                }
                Ok(size) => size,
                Err(_) if size == -1 && rest.is_none() => {
                    rest = Some(place);
                    1
                }
                Err(_) => return Err(format!("{wanted:?} is no shape").into()),
            });
        }
        if let Some(rest) = rest {
            let known = element_count(&shape)?;
            let all: usize = x.shape().iter().product();
            if known == 0 || !all.is_multiple_of(known) {
                return Err(format!("{:?} does not fit into {wanted:?}", x.shape()).into());
            }
            shape[rest] = all / known;
        }
        self.reshaped(x, shape)
    }

    pub(super) fn flatten(&self, x: Value<D::Buffer>, at: i64) -> ExecResult<Value<D::Buffer>> {
        let rank = x.shape().len();
        let at = if at == rank as i64 { rank } else { axis(at, rank)? };
        let (front, back) = x.shape().split_at(at);
        let shape = vec![front.iter().product(), back.iter().product()];
        self.reshaped(x, shape)
    }

    pub(super) fn unsqueeze(
        &self,
        node: &Node,
        given: Option<&[i64]>,
    ) -> ExecResult<Value<D::Buffer>> {
        let x = self.input(node, 0)?;
        let input = self.whole(node, 1)?;
        let given = given.or(input.as_deref()).ok_or("the axes are missing")?;
        let fresh = axes(given, x.shape().len() + given.len())?;
        let mut shape = x.shape().to_vec();
        for at in fresh {
            shape.insert(at.min(shape.len()), 1);
        }
        self.reshaped(x, shape)
    }

    pub(super) fn transpose(
        &self,
        x: Value<D::Buffer>,
        order: Option<&[i64]>,
    ) -> ExecResult<Value<D::Buffer>> {
        let rank = x.shape().len();
        let order: Vec<usize> = match order {
            None => (0..rank).rev().collect(),
            Some(order) => order.iter().map(|&a| axis(a, rank)).collect::<ExecResult<_>>()?,
        };
        let mut sorted = order.clone();
        sorted.sort_unstable();
        if !sorted.into_iter().eq(0..rank) {
            return Err(format!("{order:?} is no order of {rank} axes").into());
        }
        let strides = dense_strides(x.shape());
        let dims = order.iter().map(|&axis| x.shape()[axis]).collect();
        let strides = order.iter().map(|&axis| strides[axis]).collect();
        self.view(&x, View { dims, offset: 0, strides })
    }

    pub(super) fn slice(
        &self,
        node: &Node,
        given: Option<(&[i64], &[i64])>,
        given_axes: Option<&[i64]>,
    ) -> ExecResult<Value<D::Buffer>> {
        let x = self.input(node, 0)?;
        let rank = x.shape().len();
        let (starts, ends, along, steps) = match given {
            Some((starts, ends)) => (starts.to_vec(), ends.to_vec(), None, None),
            None => (
                self.whole(node, 1)?.ok_or("the starts are missing")?,
                self.whole(node, 2)?.ok_or("the ends are missing")?,
                self.whole(node, 3)?,
                self.whole(node, 4)?,
            ),
        };
        let along = given_axes.map(<[i64]>::to_vec).or(along);
        let along = along.unwrap_or_else(|| (0..starts.len() as i64).collect());
        let steps = steps.unwrap_or_else(|| vec![1; starts.len()]);
        if [ends.len(), along.len(), steps.len()] != [starts.len(); 3] {
            return Err("starts, ends, axes and steps differ in number".into());
        }
        let mut view = View::dense(x.shape());
        let mut offset = 0;
        for (((&start, &end), &along), &step) in starts.iter().zip(&ends).zip(&along).zip(&steps) {
            let along = axis(along, rank)?;
            let size = view.dims[along] as i64;
            if step == 0 {
                return Err("a step of 0".into());
            }
            let place = |at: i64| if at < 0 { at.saturating_add(size) } else { at };
            let (first, count) = if step > 0 {
                let (first, last) = (place(start).clamp(0, size), place(end).clamp(0, size));
                (first, (last - first).max(0).cast_unsigned().div_ceil(step.unsigned_abs()))
            } else {
                let first = place(start).clamp(-1, size - 1);
                let last = place(end).clamp(-1, size - 1);
                (first, (first - last).max(0).cast_unsigned().div_ceil(step.unsigned_abs()))
            };
            view.dims[along] = count as usize;
            if count > 0 {
                offset += first as isize * view.strides[along];
                view.strides[along] *= step as isize;
            }
        }
        view.offset = offset as usize;
        self.view(&x, view)
    }

    pub(super) fn gather(&self, node: &Node, along: i64) -> ExecResult<Value<D::Buffer>> {
        let x = self.input(node, 0)?;
        let Value::Host(places) = self.input(node, 1)? else {
            return Err("indices must be given or follow from the shapes".into());
        };
        let along = axis(along, x.shape().len())?;
        let rows = x.shape()[along];
        let given = places.tensor.as_i64().ok_or("indices must be whole numbers")?;
        let index = |&given: &i64| {
            let index = if given < 0 { given + rows as i64 } else { given };
            let index = u32::try_from(index).ok().filter(|&index| (index as usize) < rows);
            index.ok_or_else(|| ExecError::Graph(format!("there is no index {given} among {rows}")))
        };
        let indices = given.iter().map(index).collect::<ExecResult<Vec<u32>>>()?;
        let (outer, inner) = (&x.shape()[..along], &x.shape()[along + 1..]);
        let shape = [outer, places.shape(), inner].concat();
        let (outer, inner): (usize, usize) = (outer.iter().product(), inner.iter().product());
        element_count(&shape)?;

        // One row is a slice, for which no indices have to reach the device.
        if let ([index], false) = (indices.as_slice(), places.batched) {
            let mut view = View::dense(&[outer, rows, inner]);
            view.dims[1] = 1;
            view.offset = *index as usize * inner;
            let row = match self.view(&x, view)? {
                Value::Host(host) => {
                    let fixed = host.fixed && places.fixed;
                    Value::Host(Host { fixed, ..host })
                }
                row => row,
            };
            return self.reshaped(row, shape);
        }
        match &x {
            Value::Host(host) => {
                if host.batched || places.batched {
                    return Err(self.unbatchable(node));
                }
                let tensor = picked(&host.tensor, &indices, [outer, rows, inner], &shape);
                let fixed = host.fixed && places.fixed;
                Ok(Value::Host(Host { tensor: Arc::new(tensor), batched: false, fixed }))
            }
            Value::Device(array) => {
                let per_request = indices.len() / self.times(places.batched).max(1);
                let (indices, outer, rows) = match (array.batched, places.batched) {
                    (false, false) => (indices, outer, rows),
                    (true, false) => (indices, outer * self.batch, rows),
                    // Requests one behind the other are more rows of the same array, if the rows come
                    // first in it.
                    (batched, true) if outer == 1 => {
                        let rows = if batched { rows } else { 0 };
                        let shifted = indices.iter().enumerate().map(|(place, &index)| {
                            index + (place / per_request.max(1) * rows) as u32
                        });
                        (shifted.collect(), 1, rows.max(1) * self.batch)
                    }
                    _ => return Err(self.unbatchable(node)),
                };
                let buffer = self.device.gather(&array.buffer, &indices, outer, rows, inner)?;
                let batched = array.batched || places.batched;
                Ok(Value::Device(Array::new(buffer, shape, batched)))
            }
        }
    }

    pub(super) fn concat(&self, node: &Node, along: i64) -> ExecResult<Value<D::Buffer>> {
        let parts = (0..node.inputs.len()).map(|index| self.input(node, index));
        let parts = parts.collect::<ExecResult<Vec<_>>>()?;
        let first = parts.first().ok_or("there is nothing to join")?;
        let along = axis(along, first.shape().len())?;
        let mut shape = first.shape().to_vec();
        shape[along] = 0;
        for part in &parts {
            let mut rest = part.shape().to_vec();
            let fits = rest.len() == shape.len();
            shape[along] += if fits { rest[along] } else { 0 };
            if fits {
                rest[along] = shape[along];
            }
            if rest != shape {
                let (a, b) = (first.shape(), part.shape());
                return Err(format!("{a:?} and {b:?} do not go together").into());
            }
        }
        let all_host = parts.iter().map(|part| match part {
            Value::Host(host) => Some(host),
            Value::Device(_) => None,
        });
        if let Some(hosts) = all_host.collect::<Option<Vec<&Host>>>() {
            if hosts.iter().any(|host| host.batched) {
                return Err(self.unbatchable(node));
            }
            let fixed = hosts.iter().all(|host| host.fixed);
            let tensors: Vec<&Tensor> = hosts.iter().map(|host| &*host.tensor).collect();
            let tensor = Arc::new(connected(&tensors, &shape, along)?);
            return Ok(Value::Host(Host { tensor, batched: false, fixed }));
        }
        let batched = parts.iter().any(Value::batched);
        let length = element_count(&shape)?;
        let mut buffer = self.device.empty(length * self.times(batched))?;
        let mut done = 0;
        for index in 0..node.inputs.len() {
            let part = self.array(node, index)?;
            let from = View::dense(&part.shape);
            let to_offset = done * dense_strides(&shape)[along] as usize;
            self.paste(&part, &from, &mut buffer, &shape, to_offset, batched)?;
            done += part.shape[along];
        }
        Ok(Value::Device(Array::new(buffer, shape, batched)))
    }

    /// Puts an array into a larger one of the given shape, from an offset on.
    fn paste(
        &self,
        part: &Array<D::Buffer>,
        from: &View,
        to: &mut D::Buffer,
        shape: &[usize],
        to_offset: usize,
        batched: bool,
    ) -> ExecResult<()> {
        if part.length() == 0 {
            return Ok(());
        }
        let (mut dims, mut strides) = (from.dims.clone(), from.strides.clone());
        let mut to_strides = dense_strides(shape);
        if batched {
            dims.insert(0, self.batch);
            strides.insert(0, if part.batched { part.length() as isize } else { 0 });
            to_strides.insert(0, shape.iter().product::<usize>() as isize);
        }
        let (dims, [from_strides, to_strides]) = merge_axes(&dims, [&strides, &to_strides]);
        let how = Copy { dims, from_offset: from.offset, from_strides, to_offset, to_strides };
        Ok(self.device.copy(&part.buffer, to, &how)?)
    }

    /// A larger array with the same number all around the old one.
    pub(super) fn padded(
        &self,
        x: &Array<D::Buffer>,
        before: &[usize],
        behind: &[usize],
        value: f32,
    ) -> ExecResult<Array<D::Buffer>> {
        let sizes = x.shape.iter().zip(before).zip(behind);
        let sizes = sizes.map(|((size, front), back)| size.checked_add(*front)?.checked_add(*back));
        let shape = sizes.collect::<Option<Vec<usize>>>().ok_or("the pads are too large")?;
        let length = element_count(&shape)?;
        let strides = dense_strides(&shape);
        let offset = before.iter().zip(&strides).map(|(front, &step)| front * step as usize).sum();
        let mut buffer = self.device.filled(length * self.times(x.batched), value)?;
        self.paste(x, &View::dense(&x.shape), &mut buffer, &shape, offset, x.batched)?;
        Ok(Array::new(buffer, shape, x.batched))
    }
}

fn picked(
    from: &Tensor,
    indices: &[u32],
    [outer, rows, inner]: [usize; 3],
    shape: &[usize],
) -> Tensor {
    fn pick<T: Clone>(from: &[T], indices: &[u32], sizes: [usize; 3]) -> Vec<T> {
        let [outer, rows, inner] = sizes;
        let places = (0..outer).flat_map(|block| {
            indices.iter().map(move |&index| (block * rows + index as usize) * inner)
        });
        places.flat_map(|start| from[start..start + inner].iter().cloned()).collect()
    }
    let sizes = [outer, rows, inner];
    match (from.as_f32(), from.as_i64()) {
        (Some(values), _) => Tensor::f32(shape, pick(values, indices, sizes)),
        (_, values) => Tensor::i64(shape, pick(values.unwrap_or_default(), indices, sizes)),
    }
}

fn connected(parts: &[&Tensor], shape: &[usize], along: usize) -> ExecResult<Tensor> {
    fn connect<T: Clone>(parts: &[(&[T], usize)], outer: usize) -> Vec<T> {
        let rows = (0..outer).flat_map(|row| {
            parts.iter().flat_map(move |(part, width)| &part[row * width..][..*width])
        });
        rows.cloned().collect()
    }
    let outer = shape[..along].iter().product();
    let width = |part: &Tensor| part.shape()[along..].iter().product::<usize>();
    let real = parts.iter().map(|part| Some((part.as_f32()?, width(part))));
    if let Some(real) = real.collect::<Option<Vec<_>>>() {
        return Ok(Tensor::f32(shape, connect(&real, outer)));
    }
    let whole = parts.iter().map(|part| Some((part.as_i64()?, width(part))));
    let whole = whole.collect::<Option<Vec<_>>>().ok_or("whole and real numbers do not mix")?;
    Ok(Tensor::i64(shape, connect(&whole, outer)))
}
