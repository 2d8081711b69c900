//! What a device must be able to do so that networks can run on it.
//!
//! A dozen operations on dense arrays of `f32`, row-major, about whose shapes the walk has made sure:
//! a device checks nothing. Everything else that a graph says (shapes, indices, constants) is worked
//! out on the host and never reaches a device.

/// The most axes of a [`Copy`] or [`Pair`], neighbours that belong together counted as one.
pub(in crate::network) const AXES: usize = 6;

/// What kept a device from its work: no memory left, or the device is gone.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(in crate::network) struct DeviceError(pub String);

type Done<T> = Result<T, DeviceError>;

/// Something that has memory and does arithmetic there.
pub(in crate::network) trait Device: Send + Sync {
    /// An array in the device's memory. It is freed when it is dropped.
    type Buffer: Send + Sync;

    fn upload(&self, values: &[f32]) -> Done<Self::Buffer>;

    /// Waits for all work and reads the first `length` numbers.
    fn download(&self, buffer: &Self::Buffer, length: usize) -> Done<Vec<f32>>;

    /// An array of the same number everywhere.
    fn filled(&self, length: usize, value: f32) -> Done<Self::Buffer>;

    /// An array of anything, to be written all over.
    fn empty(&self, length: usize) -> Done<Self::Buffer>;

    /// Numbers from one array to places in another.
    fn copy(&self, from: &Self::Buffer, to: &mut Self::Buffer, how: &Copy) -> Done<()>;

    /// Picks rows: `from[outer, rows, inner]` to `[outer, indices, inner]`, every index below `rows`.
    fn gather(
        &self,
        from: &Self::Buffer,
        indices: &[u32],
        outer: usize,
        rows: usize,
        inner: usize,
    ) -> Done<Self::Buffer>;

    fn unary(&self, op: Unary, x: &Self::Buffer, length: usize) -> Done<Self::Buffer>;

    fn binary(
        &self,
        op: Binary,
        a: &Self::Buffer,
        b: &Self::Buffer,
        how: &Pair,
    ) -> Done<Self::Buffer>;

    /// Reduces the middle axis of `x[outer, length, inner]` to `[outer, inner]`.
    fn reduce(&self, op: Reduce, x: &Self::Buffer, axis: Axis) -> Done<Self::Buffer>;

    /// Softmax over the middle axis, or its logarithm.
    fn softmax(&self, log: bool, x: &Self::Buffer, axis: Axis) -> Done<Self::Buffer>;

    /// Every row of `x[rows, length]` shifted and scaled to mean 0 and variance 1;
    /// `epsilon` is added to the variance (not Bessel's) before.
    fn normalise(
        &self,
        x: &Self::Buffer,
        rows: usize,
        length: usize,
        epsilon: f32,
    ) -> Done<Self::Buffer>;

    /// `x[batch, channels, ...]`, `weights[maps, channels / groups, ...]`, `bias[maps]`.
    fn conv(
        &self,
        x: &Self::Buffer,
        weights: &Self::Buffer,
        bias: Option<&Self::Buffer>,
        how: &Conv,
    ) -> Done<Self::Buffer>;

    /// The largest under each window of `x[batch, channels, ...]`; what lies outside counts for
    /// nothing.
    fn max_pool(&self, x: &Self::Buffer, how: &Conv) -> Done<Self::Buffer>;

    fn matmul(&self, a: &Self::Buffer, b: &Self::Buffer, how: &MatMul) -> Done<Self::Buffer>;
}

/// A copy between dense arrays of different layout: for every place of `dims`, the number at
/// `from_offset + sum(index * from_strides)` goes to `to_offset + sum(index * to_strides)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::network) struct Copy {
    pub dims: Vec<usize>,
    pub from_offset: usize,
    pub from_strides: Vec<isize>,
    pub to_offset: usize,
    pub to_strides: Vec<isize>,
}

/// Two arrays read side by side; a stride of 0 repeats along an axis. What comes out is dense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::network) struct Pair {
    pub dims: Vec<usize>,
    pub a_strides: Vec<isize>,
    pub b_strides: Vec<isize>,
}

/// An axis in the middle of an array: `[outer, length, inner]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::network) struct Axis {
    pub outer: usize,
    pub length: usize,
    pub inner: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::network) enum Unary {
    Relu,
    Sigmoid,
    Tanh,
    Exp,
    Log,
    Sqrt,
    Erf,
    /// Into this range.
    Clip(f32, f32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::network) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::network) enum Reduce {
    Sum,
    Mean,
}

/// A convolution or a pool over two axes; one that has only one gets a first of size 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::network) struct Conv {
    pub batch: usize,
    pub channels: usize,
    /// Channels of what comes out; as `channels` in a pool.
    pub maps: usize,
    pub groups: usize,
    pub input: [usize; 2],
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub dilation: [usize; 2],
    /// On both sides.
    pub padding: [usize; 2],
    pub output: [usize; 2],
}

/// `a[batch, m, k]` times `b[batch, k, n]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::network) struct MatMul {
    pub batch: usize,
    pub m: usize,
    pub k: usize,
    pub n: usize,
    /// `a` is stored as `[k, m]`.
    pub a_transposed: bool,
    /// `b` is stored as `[n, k]`.
    pub b_transposed: bool,
    /// Whether all of the batch share one `a`, or one `b`.
    pub a_shared: bool,
    pub b_shared: bool,
}

impl Conv {
    /// Multiplications (and additions) that it takes.
    pub fn work(&self) -> u64 {
        let places = (self.batch * self.output[0] * self.output[1]) as u64;
        let each = (self.kernel[0] * self.kernel[1] * self.channels / self.groups) as u64;
        places * each * self.maps as u64
    }
}

impl MatMul {
    pub fn work(&self) -> u64 {
        (self.batch * self.m) as u64 * (self.k * self.n) as u64
    }
}

/// Row-major strides of a dense array.
pub(in crate::network) fn dense_strides(dims: &[usize]) -> Vec<isize> {
    let mut strides = vec![1; dims.len()];
    for axis in (1..dims.len()).rev() {
        strides[axis - 1] = strides[axis] * dims[axis] as isize;
    }
    strides
}

/// Drops axes of size 1 and joins neighbours that both layouts run through in one go. Both devices
/// and kernels are quicker with few axes, and a kernel has only [`AXES`].
pub(in crate::network) fn merge_axes<const N: usize>(
    dims: &[usize],
    strides: [&[isize]; N],
) -> (Vec<usize>, [Vec<isize>; N]) {
    let mut kept: Vec<usize> = Vec::new();
    let mut layouts: [Vec<isize>; N] = std::array::from_fn(|_| Vec::new());
    for (axis, &size) in dims.iter().enumerate() {
        if size == 1 {
            continue;
        }
        let fits = (0..N).all(|n| {
            layouts[n].last().is_some_and(|&last| last == strides[n][axis] * size as isize)
        });
        if fits && let Some(last) = kept.last_mut() {
            *last *= size;
            for n in 0..N {
                if let Some(stride) = layouts[n].last_mut() {
                    *stride = strides[n][axis];
                }
            }
        } else {
            kept.push(size);
            for n in 0..N {
                layouts[n].push(strides[n][axis]);
            }
        }
    }
    (kept, layouts)
}
