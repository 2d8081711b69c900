//! What flows through a graph during the walk.

use std::sync::Arc;

use super::device::{Copy, dense_strides};
use crate::network::Tensor;

/// Numbers on the host or on the device. Real numbers that depend on the inputs are on the device;
/// constants, shapes and all whole numbers are on the host.
///
/// A batched value has one array for each request of a batch, one behind the other; its shape is that
/// of one.
pub(super) enum Value<B> {
    Host(Host),
    Device(Array<B>),
}

// Derived, it would ask for buffers that can be copied.
impl<B> Clone for Value<B> {
    fn clone(&self) -> Value<B> {
        match self {
            Value::Host(host) => Value::Host(host.clone()),
            Value::Device(array) => Value::Device(array.clone()),
        }
    }
}

#[derive(Clone)]
pub(super) struct Host {
    /// Has the batch as its first axis if it is batched.
    pub tensor: Arc<Tensor>,
    pub batched: bool,
    /// Follows from the graph and the shapes of the inputs alone.
    pub fixed: bool,
}

pub(super) struct Array<B> {
    pub buffer: Arc<B>,
    pub shape: Vec<usize>,
    pub batched: bool,
}

impl<B> Clone for Array<B> {
    fn clone(&self) -> Array<B> {
        let Array { buffer, shape, batched } = self;
        Array { buffer: buffer.clone(), shape: shape.clone(), batched: *batched }
    }
}

impl<B> Array<B> {
    pub fn new(buffer: B, shape: Vec<usize>, batched: bool) -> Array<B> {
        Array { buffer: Arc::new(buffer), shape, batched }
    }

    /// Numbers of one request.
    pub fn length(&self) -> usize {
        self.shape.iter().product()
    }

    pub fn reshaped(self, shape: Vec<usize>) -> Array<B> {
        Array { shape, ..self }
    }
}

impl Host {
    pub fn fixed(tensor: Tensor) -> Host {
        Host { tensor: Arc::new(tensor), batched: false, fixed: true }
    }

    /// Of one request.
    pub fn shape(&self) -> &[usize] {
        &self.tensor.shape()[usize::from(self.batched)..]
    }

    /// Whole numbers that are the same for every request.
    pub fn whole(&self) -> Option<&[i64]> {
        self.tensor.as_i64().filter(|_| !self.batched)
    }

    /// A real number that is the same for every request.
    pub fn scalar(&self) -> Option<f32> {
        match self.tensor.as_f32() {
            Some(&[value]) if !self.batched => Some(value),
            _ => None,
        }
    }
}

impl<B> Value<B> {
    pub fn shape(&self) -> &[usize] {
        match self {
            Value::Host(host) => host.shape(),
            Value::Device(array) => &array.shape,
        }
    }

    pub fn batched(&self) -> bool {
        match self {
            Value::Host(host) => host.batched,
            Value::Device(array) => array.batched,
        }
    }
}

/// A way to read an array: as other dims, at other strides.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub dims: Vec<usize>,
    pub offset: usize,
    pub strides: Vec<isize>,
}

impl View {
    pub fn dense(dims: &[usize]) -> View {
        View { dims: dims.to_vec(), offset: 0, strides: dense_strides(dims) }
    }
}

/// The shape that two shapes broadcast to; `None` if they do not go together.
pub(super) fn broadcast(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let dim = |shape: &[usize], axis: usize| {
        (axis + shape.len()).checked_sub(rank).map_or(1, |axis| shape[axis])
    };
    (0..rank)
        .map(|axis| match (dim(a, axis), dim(b, axis)) {
            (x, y) if x == y => Some(x),
            (1, x) | (x, 1) => Some(x),
            _ => None,
        })
        .collect()
}

/// The strides by which a dense array of one shape is read as a wider one that it broadcasts to.
pub(super) fn broadcast_strides(shape: &[usize], wider: &[usize]) -> Vec<isize> {
    let own = dense_strides(shape);
    let missing = wider.len() - shape.len();
    let stride = |axis: usize| match axis.checked_sub(missing) {
        Some(axis) if shape[axis] != 1 => own[axis],
        _ => 0,
    };
    (0..wider.len()).map(stride).collect()
}

/// [`Device::copy`](super::device::Device::copy) on the host.
pub(super) fn copy<T: std::marker::Copy>(from: &[T], to: &mut [T], how: &Copy) {
    let total: usize = how.dims.iter().product();
    for place in 0..total {
        let (mut source, mut target) = (how.from_offset as isize, how.to_offset as isize);
        let mut rest = place;
        for (axis, &size) in how.dims.iter().enumerate().rev() {
            let index = (rest % size) as isize;
            rest /= size;
            source += index * how.from_strides[axis];
            target += index * how.to_strides[axis];
        }
        to[target as usize] = from[source as usize];
    }
}
