//! Operators that calculate.

use super::device::{
    Axis, Binary, Conv, Device, Direction, Gru, GruWeights, MatMul, Pair, Pool, Reduce, Unary,
    dense_strides, joined,
};
use super::graph::{Node, Window};
use super::value::{Array, Value, View, broadcast, broadcast_strides};
use super::walk::{Fault, Walk, Walked, axes, axis, volume};
use super::{device, host};

/// A convolution's second axis where the graph has one axis only.
type Two = [usize; 2];

impl<D: Device> Walk<'_, D> {
    pub(super) fn unary(&self, op: Unary, x: Value<D::Buffer>) -> Walked<Value<D::Buffer>> {
        match x {
            Value::Host(host) => host::unary(op, &host).map(Value::Host),
            Value::Device(x) => {
                let length = volume(&x.shape)? * self.times(x.batched);
                let buffer = self.device.unary(op, &x.buffer, length)?;
                Ok(Value::Device(Array::new(buffer, x.shape, x.batched)))
            }
        }
    }

    pub(super) fn binary(&self, op: Binary, node: &Node) -> Walked<Value<D::Buffer>> {
        if let (Value::Host(a), Value::Host(b)) = (self.input(node, 0)?, self.input(node, 1)?) {
            if a.batched || b.batched {
                return Err(self.unbatchable(node));
            }
            return host::binary(op, &a, &b).map(Value::Host);
        }
        self.paired(op, &self.array(node, 0)?, &self.array(node, 1)?).map(Value::Device)
    }

    fn paired(
        &self,
        op: Binary,
        a: &Array<D::Buffer>,
        b: &Array<D::Buffer>,
    ) -> Walked<Array<D::Buffer>> {
        let shape = broadcast(&a.shape, &b.shape).ok_or_else(|| {
            Fault::Graph(format!("{:?} and {:?} do not go together", a.shape, b.shape))
        })?;
        let length = volume(&shape)?;
        let batched = a.batched || b.batched;
        let strides = |array: &Array<D::Buffer>| {
            let mut strides = broadcast_strides(&array.shape, &shape);
            if batched {
                strides.insert(0, if array.batched { array.length() as isize } else { 0 });
            }
            strides
        };
        let mut dims = shape.clone();
        if batched {
            dims.insert(0, self.batch);
        }
        let (dims, [a_strides, b_strides]) = joined(&dims, [&strides(a), &strides(b)]);
        let buffer = if length == 0 {
            self.device.empty(0)?
        } else {
            self.device.binary(op, &a.buffer, &b.buffer, &Pair { dims, a_strides, b_strides })?
        };
        Ok(Array::new(buffer, shape, batched))
    }

    /// Only the powers that exporters write for squares and roots.
    pub(super) fn pow(&self, node: &Node) -> Walked<Value<D::Buffer>> {
        let x = self.array(node, 0)?;
        let power = match self.input(node, 1)? {
            Value::Host(host) => host.scalar(),
            Value::Device(_) => None,
        };
        Ok(Value::Device(match power {
            Some(2.0) => self.paired(Binary::Mul, &x, &x)?,
            Some(3.0) => self.paired(Binary::Mul, &self.paired(Binary::Mul, &x, &x)?, &x)?,
            Some(0.5) => return self.unary(Unary::Sqrt, Value::Device(x)),
            Some(1.0) => x,
            _ => return Err("powers other than 0.5, 1, 2 and 3 are not supported".into()),
        }))
    }

    pub(super) fn clip(
        &self,
        node: &Node,
        low: Option<f32>,
        high: Option<f32>,
    ) -> Walked<Value<D::Buffer>> {
        let limit = |given: Option<f32>, index, none| match (given, self.optional(node, index)?) {
            (Some(limit), _) => Ok(limit),
            (None, None) => Ok(none),
            (None, Some(Value::Host(host))) => {
                host.scalar().ok_or(Fault::Graph("a limit must be one number".to_owned()))
            }
            (None, Some(Value::Device(_))) => Err("a limit must be given".into()),
        };
        let low = limit(low, 1, f32::NEG_INFINITY)?;
        let high = limit(high, 2, f32::INFINITY)?;
        self.unary(Unary::Clip(low, high), self.input(node, 0)?)
    }

    /// Reads `x[batch, channels, ...]` and its window; the window's padding is the same on both sides,
    /// where it was not the array is padded with `outside`.
    fn windowed(
        &self,
        x: Array<D::Buffer>,
        window: &Window,
        kernel: &[usize],
        outside: f32,
    ) -> Walked<(Array<D::Buffer>, Conv)> {
        let axes = kernel.len();
        if x.shape.len() != axes + 2 || !(1..=2).contains(&axes) {
            return Err(format!("over {axes} axes of {:?} is not supported", x.shape).into());
        }
        let pads = window.pads.clone().unwrap_or_else(|| vec![0; 2 * axes]);
        if pads.len() != 2 * axes {
            return Err("there must be two pads for every axis".into());
        }
        let (before, behind) = pads.split_at(axes);
        let (x, padding) = if before == behind {
            (x, two(before, 0))
        } else {
            let around = |pads: &[usize]| [&[0, 0], pads].concat();
            (self.padded(&x, &around(before), &around(behind), outside)?, [0, 0])
        };
        let (strides, dilations) = (given(&window.strides, axes)?, given(&window.dilations, axes)?);
        let input = two(&x.shape[2..], 1);
        let mut how = Conv {
            batch: x.shape[0] * self.times(x.batched),
            channels: x.shape[1],
            maps: x.shape[1],
            groups: window.groups,
            input,
            kernel: two(kernel, 1),
            stride: two(&strides, 1),
            dilation: two(&dilations, 1),
            padding,
            output: [0, 0],
        };
        for axis in 0..2 {
            let reach = reach(&how, axis)?;
            let room = how.input[axis] + 2 * how.padding[axis];
            let room = room.checked_sub(reach).ok_or("the kernel is larger than what it reads")?;
            how.output[axis] = room / how.stride[axis] + 1;
        }
        Ok((x, how))
    }

    /// Weights are never batched: they do not come from a request.
    fn weights(&self, node: &Node, index: usize) -> Walked<Array<D::Buffer>> {
        let weights = self.array(node, index)?;
        if weights.batched { Err(self.unbatchable(node)) } else { Ok(weights) }
    }

    fn bias(&self, node: &Node, index: usize, maps: usize) -> Walked<Option<Array<D::Buffer>>> {
        match self.optional_array(node, index)? {
            Some(bias) if bias.batched => Err(self.unbatchable(node)),
            Some(bias) if bias.shape != [maps] => {
                Err(format!("{maps} maps with a bias of {:?}", bias.shape).into())
            }
            bias => Ok(bias),
        }
    }

    pub(super) fn conv(&self, node: &Node, window: &Window) -> Walked<Value<D::Buffer>> {
        let (x, weights) = (self.array(node, 0)?, self.weights(node, 1)?);
        let [maps, each, kernel @ ..] = weights.shape.as_slice() else {
            return Err("the weights have too few axes".into());
        };
        fits(window, kernel)?;
        let (x, how) = self.windowed(x, window, kernel, 0.0)?;
        let how = Conv { maps: *maps, ..how };
        if each * how.groups != how.channels || !maps.is_multiple_of(how.groups) {
            let (x, w) = (&x.shape, &weights.shape);
            return Err(format!("{x:?} and weights of {w:?} do not go together").into());
        }
        let bias = self.bias(node, 2, *maps)?;
        let shape = windows(&x, *maps, kernel.len(), how.output);
        let bias = bias.as_ref().map(|bias| &*bias.buffer);
        let buffer =
            self.made(&x, &shape, || self.device.conv(&x.buffer, &weights.buffer, bias, &how))?;
        Ok(Value::Device(Array::new(buffer, shape, x.batched)))
    }

    /// What an operation makes, unless there is nothing to make: devices know no empty arrays.
    fn made(
        &self,
        x: &Array<D::Buffer>,
        shape: &[usize],
        make: impl FnOnce() -> Result<D::Buffer, device::DeviceError>,
    ) -> Walked<D::Buffer> {
        if volume(shape)? == 0 {
            return Ok(self.device.empty(0)?);
        }
        if x.length() == 0 {
            return Err(format!("of {:?} is not supported", x.shape).into());
        }
        Ok(make()?)
    }

    pub(super) fn conv_transposed(
        &self,
        node: &Node,
        window: &Window,
        extra: &[usize],
    ) -> Walked<Value<D::Buffer>> {
        let (x, weights) = (self.array(node, 0)?, self.weights(node, 1)?);
        let [maps, each, kernel @ ..] = weights.shape.as_slice() else {
            return Err("the weights have too few axes".into());
        };
        fits(window, kernel)?;
        let axes = kernel.len();
        if x.shape.len() != axes + 2 || !(1..=2).contains(&axes) || x.shape[1] != *maps {
            let (x, w) = (&x.shape, &weights.shape);
            return Err(format!("{x:?} and weights of {w:?} do not go together").into());
        }
        let pads = window.pads.clone().unwrap_or_else(|| vec![0; 2 * axes]);
        let extra = if extra.is_empty() { vec![0; axes] } else { extra.to_vec() };
        if pads.len() != 2 * axes || extra.len() != axes || !maps.is_multiple_of(window.groups) {
            return Err("pads, kernel and groups do not go together".into());
        }
        let (before, behind) = pads.split_at(axes);
        let even = before == behind;
        let (strides, dilations) = (given(&window.strides, axes)?, given(&window.dilations, axes)?);
        let mut how = Conv {
            batch: x.shape[0] * self.times(x.batched),
            channels: each * window.groups,
            maps: *maps,
            groups: window.groups,
            input: [1, 1],
            kernel: two(kernel, 1),
            stride: two(&strides, 1),
            dilation: two(&dilations, 1),
            padding: if even { two(before, 0) } else { [0, 0] },
            output: two(&x.shape[2..], 1),
        };
        for (axis, extra) in two(&extra, 0).into_iter().enumerate() {
            let steps = how.output[axis].checked_sub(1).ok_or("there is nothing to read")?;
            let full = steps * how.stride[axis] + reach(&how, axis)? + extra;
            let room = full.checked_sub(2 * how.padding[axis]).filter(|&room| room > 0);
            how.input[axis] = room.ok_or("the pads leave nothing")?;
            if extra >= how.stride[axis] {
                return Err("the output padding is as large as a stride".into());
            }
        }
        let bias = self.bias(node, 2, how.channels)?;
        let shape = windows(&x, how.channels, axes, how.input);
        let bias = bias.as_ref().map(|bias| &*bias.buffer);
        let buffer = self.made(&x, &shape, || {
            self.device.conv_transposed(&x.buffer, &weights.buffer, bias, &how)
        })?;
        let out = Value::Device(Array::new(buffer, shape, x.batched));
        if even {
            return Ok(out);
        }
        let mut view = View::dense(out.shape());
        for axis in 0..axes {
            let kept = view.dims[axis + 2].checked_sub(before[axis] + behind[axis]);
            view.dims[axis + 2] = kept.ok_or("the pads leave nothing")?;
            view.offset += before[axis] * view.strides[axis + 2] as usize;
        }
        self.view(&out, view)
    }

    pub(super) fn pool(
        &self,
        pool: Pool,
        window: &Window,
        node: &Node,
    ) -> Walked<Value<D::Buffer>> {
        let kernel = window.kernel.as_deref().ok_or("the kernel is missing")?;
        let uneven = window.pads.as_ref().is_some_and(|pads| {
            let (before, behind) = pads.split_at(pads.len() / 2);
            before != behind
        });
        if uneven && pool == Pool::Average {
            return Err("an average with uneven pads is not supported".into());
        }
        if given(&window.dilations, kernel.len())?.iter().any(|&step| step != 1) {
            return Err("dilations are not supported".into());
        }
        if node.outputs.len() > 1 {
            return Err("only the first output is supported".into());
        }
        let outside = if pool == Pool::Max { f32::NEG_INFINITY } else { 0.0 };
        let (x, how) = self.windowed(self.array(node, 0)?, window, kernel, outside)?;
        if (0..2).any(|axis| how.padding[axis] >= how.kernel[axis]) {
            return Err("the pads are as large as the kernel".into());
        }
        let shape = windows(&x, how.channels, kernel.len(), how.output);
        let buffer = self.made(&x, &shape, || self.device.pool(pool, &x.buffer, &how))?;
        Ok(Value::Device(Array::new(buffer, shape, x.batched)))
    }

    pub(super) fn global_average(&self, node: &Node) -> Walked<Value<D::Buffer>> {
        let x = self.array(node, 0)?;
        let [batch, channels, rest @ ..] = x.shape.as_slice() else {
            return Err(format!("of {:?} is not supported", x.shape).into());
        };
        let shape = [&[*batch, *channels], &vec![1; rest.len()][..]].concat();
        let outer = batch * channels * self.times(x.batched);
        let over = Axis { outer, length: rest.iter().product(), inner: 1 };
        let buffer = self.made(&x, &shape, || self.device.reduce(Reduce::Mean, &x.buffer, over))?;
        Ok(Value::Device(Array::new(buffer, shape, x.batched)))
    }

    /// Times a number.
    fn scaled(&self, x: Array<D::Buffer>, factor: f32) -> Walked<Array<D::Buffer>> {
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
    ) -> Walked<Value<D::Buffer>> {
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

    pub(super) fn matmul(&self, node: &Node) -> Walked<Value<D::Buffer>> {
        let (mut a, mut b) = (self.array(node, 0)?, self.array(node, 1)?);
        let unfit = || Fault::Graph(format!("{:?} and {:?} do not go together", a.shape, b.shape));
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
    ) -> Walked<Array<D::Buffer>> {
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

    /// One number for each channel, as `[channels, 1, ...]` against `x[batch, channels, ...]`.
    fn by_channel(
        &self,
        node: &Node,
        index: usize,
        x: &Array<D::Buffer>,
    ) -> Walked<Array<D::Buffer>> {
        let row = self.array(node, index)?;
        let [_, channels, rest @ ..] = x.shape.as_slice() else {
            return Err(format!("of {:?} is not supported", x.shape).into());
        };
        if row.shape != [*channels] {
            return Err(format!("{channels} channels with {:?} numbers", row.shape).into());
        }
        Ok(row.reshaped([&[*channels], &vec![1; rest.len()][..]].concat()))
    }

    pub(super) fn batch_norm(&self, node: &Node, epsilon: f32) -> Walked<Value<D::Buffer>> {
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
    ) -> Walked<Array<D::Buffer>> {
        let rows = x.shape[..from].iter().product::<usize>() * self.times(x.batched);
        let length = x.shape[from..].iter().product();
        let buffer =
            self.made(x, &x.shape, || self.device.normalise(&x.buffer, rows, length, epsilon))?;
        Ok(Array::new(buffer, x.shape.clone(), x.batched))
    }

    pub(super) fn instance_norm(&self, node: &Node, epsilon: f32) -> Walked<Value<D::Buffer>> {
        let x = self.array(node, 0)?;
        let (scale, shift) = (self.by_channel(node, 1, &x)?, self.by_channel(node, 2, &x)?);
        let scaled = self.paired(Binary::Mul, &self.normalised(&x, 2, epsilon)?, &scale)?;
        self.paired(Binary::Add, &scaled, &shift).map(Value::Device)
    }

    pub(super) fn layer_norm(
        &self,
        node: &Node,
        from: i64,
        epsilon: f32,
    ) -> Walked<Value<D::Buffer>> {
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
    ) -> Walked<Value<D::Buffer>> {
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
    ) -> Walked<Value<D::Buffer>> {
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

    /// `Y[steps, directions, batch, units]` and the last state `Y_h[directions, batch, units]`.
    pub(super) fn gru(
        &self,
        node: &Node,
        units: usize,
        direction: Direction,
    ) -> Walked<Vec<Value<D::Buffer>>> {
        let x = self.array(node, 0)?;
        let (w, r) = (self.weights(node, 1)?, self.weights(node, 2)?);
        let (bias, start) = (self.optional_array(node, 3)?, self.optional_array(node, 5)?);
        if x.batched || bias.iter().chain(&start).any(|array| array.batched) {
            return Err(self.unbatchable(node));
        }
        if node.inputs.get(4).copied().flatten().is_some() {
            return Err("sequence lengths are not supported".into());
        }
        let &[steps, batch, inputs] = x.shape.as_slice() else {
            return Err(format!("of {:?} is not supported", x.shape).into());
        };
        let directions = direction.count();
        let fits = w.shape == [directions, 3 * units, inputs]
            && r.shape == [directions, 3 * units, units]
            && bias.as_ref().is_none_or(|bias| bias.shape == [directions, 6 * units])
            && start.as_ref().is_none_or(|start| start.shape == [directions, batch, units]);
        if !fits || steps == 0 {
            return Err(
                format!("{:?} and weights of {:?} do not go together", x.shape, w.shape).into()
            );
        }
        let how = Gru { steps, batch, inputs, units, direction };
        let weights = GruWeights {
            input: &*w.buffer,
            recurrent: &*r.buffer,
            bias: bias.as_ref().map(|bias| &*bias.buffer),
            start: start.as_ref().map(|start| &*start.buffer),
        };
        let shape = vec![steps, directions, batch, units];
        let buffer = self.made(&x, &shape, || self.device.gru(&x.buffer, &weights, &how))?;
        let all = Array::new(buffer, shape, false);
        if node.outputs.get(1).copied().flatten().is_none() {
            return Ok(vec![Value::Device(all)]);
        }
        // The last state of the way back is that of the first step.
        let strides = dense_strides(&all.shape);
        let end = (steps - 1) as isize * strides[0];
        let (offset, apart) = match direction {
            Direction::Forward => (end, strides[1]),
            Direction::Reverse => (0, strides[1]),
            Direction::Both => (end, strides[1] - end),
        };
        let view = View {
            dims: vec![directions, batch, units],
            offset: offset as usize,
            strides: vec![apart, strides[2], strides[3]],
        };
        let last = self.view(&Value::Device(all.clone()), view)?;
        Ok(vec![Value::Device(all), last])
    }
}

/// One or two axes as two; the first is the one that is made up.
fn two(sizes: &[usize], none: usize) -> Two {
    match *sizes {
        [size] => [none, size],
        [first, second, ..] => [first, second],
        [] => [none, none],
    }
}

fn given(sizes: &Option<Vec<usize>>, axes: usize) -> Walked<Vec<usize>> {
    match sizes {
        None => Ok(vec![1; axes]),
        Some(sizes) if sizes.len() == axes => Ok(sizes.clone()),
        Some(sizes) => Err(format!("{} numbers for {axes} axes", sizes.len()).into()),
    }
}

/// How far a kernel reaches with its dilation.
fn reach(how: &Conv, axis: usize) -> Walked<usize> {
    let cells = how.kernel[axis].checked_sub(1).ok_or("a kernel of size 0")?;
    Ok(cells * how.dilation[axis] + 1)
}

fn fits(window: &Window, kernel: &[usize]) -> Walked<()> {
    match &window.kernel {
        Some(said) if said != kernel => {
            Err(format!("the kernel is said to be {said:?} and is {kernel:?}").into())
        }
        _ => Ok(()),
    }
}

/// The shape of what a window over one or two axes makes.
fn windows<B>(x: &Array<B>, maps: usize, axes: usize, output: Two) -> Vec<usize> {
    [&[x.shape[0], maps], &output[2 - axes..]].concat()
}

fn around(shape: &[usize], axes: std::ops::Range<usize>) -> Axis {
    Axis {
        outer: shape[..axes.start].iter().product(),
        length: shape[axes.clone()].iter().product(),
        inner: shape[axes.end..].iter().product(),
    }
}
