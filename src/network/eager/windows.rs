//! Operators that move a window over one or two axes: convolutions and pools.

use super::device::{Conv, Device};
use super::error::ExecResult;
use super::executor::Executor;
use super::graph::{Node, Window};
use super::value::{Array, Value};

/// Sizes along two axes; where the graph has only one, the first is made up.
type Two = [usize; 2];

impl<D: Device> Executor<'_, D> {
    /// Reads `x[batch, channels, ...]` and its window; the window's padding is the same on both sides,
    /// where it was not the array is padded with `outside`.
    fn windowed(
        &self,
        x: Array<D::Buffer>,
        window: &Window,
        kernel: &[usize],
        outside: f32,
    ) -> ExecResult<(Array<D::Buffer>, Conv)> {
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
    pub(super) fn weights(&self, node: &Node, index: usize) -> ExecResult<Array<D::Buffer>> {
        let weights = self.array(node, index)?;
        if weights.batched { Err(self.unbatchable(node)) } else { Ok(weights) }
    }

    fn bias(&self, node: &Node, index: usize, maps: usize) -> ExecResult<Option<Array<D::Buffer>>> {
        match self.optional_array(node, index)? {
            Some(bias) if bias.batched => Err(self.unbatchable(node)),
            Some(bias) if bias.shape != [maps] => {
                Err(format!("{maps} maps with a bias of {:?}", bias.shape).into())
            }
            bias => Ok(bias),
        }
    }

    pub(super) fn conv(&self, node: &Node, window: &Window) -> ExecResult<Value<D::Buffer>> {
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

    pub(super) fn max_pool(&self, node: &Node, window: &Window) -> ExecResult<Value<D::Buffer>> {
        let kernel = window.kernel.as_deref().ok_or("the kernel is missing")?;
        if given(&window.dilations, kernel.len())?.iter().any(|&step| step != 1) {
            return Err("dilations are not supported".into());
        }
        if node.outputs.len() > 1 {
            return Err("only the first output is supported".into());
        }
        let x = self.array(node, 0)?;
        let (x, how) = self.windowed(x, window, kernel, f32::NEG_INFINITY)?;
        if (0..2).any(|axis| how.padding[axis] >= how.kernel[axis]) {
            return Err("the pads are as large as the kernel".into());
        }
        let shape = windows(&x, how.channels, kernel.len(), how.output);
        let buffer = self.made(&x, &shape, || self.device.max_pool(&x.buffer, &how))?;
        Ok(Value::Device(Array::new(buffer, shape, x.batched)))
    }
}

fn two(sizes: &[usize], none: usize) -> Two {
    match *sizes {
        [size] => [none, size],
        [first, second, ..] => [first, second],
        [] => [none, none],
    }
}

fn given(sizes: &Option<Vec<usize>>, axes: usize) -> ExecResult<Vec<usize>> {
    match sizes {
        None => Ok(vec![1; axes]),
        Some(sizes) if sizes.len() == axes => Ok(sizes.clone()),
        Some(sizes) => Err(format!("{} numbers for {axes} axes", sizes.len()).into()),
    }
}

/// How far a kernel reaches with its dilation.
fn reach(how: &Conv, axis: usize) -> ExecResult<usize> {
    let cells = how.kernel[axis].checked_sub(1).ok_or("a kernel of size 0")?;
    Ok(cells * how.dilation[axis] + 1)
}

fn fits(window: &Window, kernel: &[usize]) -> ExecResult<()> {
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
