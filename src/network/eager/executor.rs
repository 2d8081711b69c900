//! One walk over a graph: node after node, values on the host or the device.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::device::{Copy, Device, merge_axes};
use super::error::{ExecError, ExecResult, element_count};
use super::graph::{Graph, Id, Node, Op};
use super::host;
use super::value::{Array, Host, Value, View, copy};
use crate::network::Tensor;

/// Constants in the device's memory.
pub(super) type Uploaded<B> = Mutex<HashMap<Id, Arc<B>>>;

/// What is known for inputs of some shape before any input is there.
pub(super) struct Plan<B> {
    /// Values on the host that follow from the shapes.
    pub folded: HashMap<Id, Host>,
    /// Nodes of which nothing is left to do.
    pub skipped: Vec<bool>,
    pub uploaded: Uploaded<B>,
    /// See [`FlopCounter`](super::flop_counter::FlopCounter).
    pub work: u64,
}

/// A walk under way. `batch` requests at once, of inputs that all have the same shapes.
pub(super) struct Executor<'a, D: Device> {
    pub device: &'a D,
    pub batch: usize,
    graph: &'a Graph,
    /// `None` in the walk that makes the plan.
    plan: Option<&'a Plan<D::Buffer>>,
    weights: &'a Uploaded<D::Buffer>,
    values: Vec<Option<Value<D::Buffer>>>,
}

impl<'a, D: Device> Executor<'a, D> {
    /// `inputs` in the graph's order.
    pub fn new(
        device: &'a D,
        graph: &'a Graph,
        plan: Option<&'a Plan<D::Buffer>>,
        weights: &'a Uploaded<D::Buffer>,
        batch: usize,
        inputs: Vec<Value<D::Buffer>>,
    ) -> Executor<'a, D> {
        let mut values: Vec<Option<Value<D::Buffer>>> = Vec::new();
        values.resize_with(graph.values, || None);
        for (&id, input) in graph.inputs.iter().zip(inputs) {
            values[id] = Some(input);
        }
        Executor { device, batch, graph, plan, weights, values }
    }

    /// Runs all nodes; what comes back are the graph's outputs.
    pub fn run(&mut self) -> ExecResult<Vec<Value<D::Buffer>>> {
        for (index, node) in self.graph.nodes.iter().enumerate() {
            if self.plan.is_some_and(|plan| plan.skipped[index]) {
                continue;
            }
            let made = self.node(node).map_err(|fault| match fault {
                ExecError::Graph(reason) => ExecError::Graph(format!("{}: {reason}", node.kind)),
                fault => fault,
            })?;
            for (id, value) in node.outputs.iter().zip(made) {
                if let Some(id) = *id {
                    self.values[id] = Some(value);
                }
            }
            // The walk that plans keeps everything: shapes need no memory.
            if self.plan.is_some() {
                for &id in &node.done {
                    self.values[id] = None;
                }
            }
        }
        self.graph.outputs.iter().map(|&id| self.get(id)).collect()
    }

    /// After a walk without a plan: which nodes need not be run again for these shapes, and what they
    /// made.
    pub fn folded(&self) -> (HashMap<Id, Host>, Vec<bool>) {
        let mut folded = HashMap::new();
        let mut skipped = Vec::new();
        for node in &self.graph.nodes {
            let made = node.outputs.iter().flatten().map(|&id| match &self.values[id] {
                Some(Value::Host(host)) if host.fixed => Some((id, host.clone())),
                _ => None,
            });
            let made: Option<Vec<(Id, Host)>> = made.collect();
            skipped.push(made.is_some());
            folded.extend(made.into_iter().flatten());
        }
        (folded, skipped)
    }

    fn get(&self, id: Id) -> ExecResult<Value<D::Buffer>> {
        if let Some(value) = &self.values[id] {
            return Ok(value.clone());
        }
        if let Some(host) = self.plan.and_then(|plan| plan.folded.get(&id)) {
            return Ok(Value::Host(host.clone()));
        }
        let constant = self.graph.constants.get(&id).ok_or("a value is missing")?;
        Ok(Value::Host(Host::fixed(constant.clone())))
    }

    fn node(&self, node: &Node) -> ExecResult<Vec<Value<D::Buffer>>> {
        let one = |value: Value<D::Buffer>| Ok(vec![value]);
        let x = || self.input(node, 0);
        match &node.op {
            Op::Unary(op) => one(self.unary(*op, x()?)?),
            Op::Binary(op) => one(self.binary(*op, node)?),
            Op::Clip { low, high } => one(self.clip(node, *low, *high)?),
            Op::Conv(window) => one(self.conv(node, window)?),
            Op::MaxPool(window) => one(self.max_pool(node, window)?),
            Op::Gemm { alpha, beta, a_transposed, b_transposed } => {
                one(self.gemm(node, [*alpha, *beta], [*a_transposed, *b_transposed])?)
            }
            Op::MatMul => one(self.matmul(node)?),
            Op::BatchNorm(epsilon) => one(self.batch_norm(node, *epsilon)?),
            Op::LayerNorm { axis, epsilon } => one(self.layer_norm(node, *axis, *epsilon)?),
            Op::Softmax { log, axis, flat } => one(self.softmax(node, *log, *axis, *flat)?),
            Op::Reduce { op, axes, keep, none_is_all } => {
                one(self.reduce(node, *op, axes.as_deref(), *keep, *none_is_all)?)
            }
            Op::Concat(axis) => one(self.concat(node, *axis)?),
            Op::Slice { starts, ends, axes } => {
                let given = starts.as_deref().map(|starts| (starts, ends.as_slice()));
                one(self.slice(node, given, axes.as_deref())?)
            }
            Op::Transpose(order) => one(self.transpose(x()?, order.as_deref())?),
            Op::Reshape { zero_is_zero } => one(self.reshape(node, *zero_is_zero)?),
            Op::Flatten(axis) => one(self.flatten(x()?, *axis)?),
            Op::Unsqueeze(axes) => one(self.unsqueeze(node, axes.as_deref())?),
            Op::Gather(axis) => one(self.gather(node, *axis)?),
            Op::Shape { start, end } => one(host::shape(x()?.shape(), *start, *end)),
            Op::Identity => one(x()?),
        }
    }

    /// An input that must be there.
    pub fn input(&self, node: &Node, index: usize) -> ExecResult<Value<D::Buffer>> {
        self.optional(node, index)?.ok_or_else(|| format!("input {index} is missing").into())
    }

    pub fn optional(&self, node: &Node, index: usize) -> ExecResult<Option<Value<D::Buffer>>> {
        node.inputs.get(index).copied().flatten().map(|id| self.get(id)).transpose()
    }

    /// An input on the device.
    pub fn array(&self, node: &Node, index: usize) -> ExecResult<Array<D::Buffer>> {
        self.optional_array(node, index)?.ok_or_else(|| format!("input {index} is missing").into())
    }

    pub fn optional_array(
        &self,
        node: &Node,
        index: usize,
    ) -> ExecResult<Option<Array<D::Buffer>>> {
        let Some(id) = node.inputs.get(index).copied().flatten() else { return Ok(None) };
        let host = match self.get(id)? {
            Value::Device(array) => return Ok(Some(array)),
            Value::Host(host) => host,
        };
        let kept = if self.graph.constants.contains_key(&id) {
            Some(self.weights)
        } else {
            self.plan.filter(|_| host.fixed).map(|plan| &plan.uploaded)
        };
        let Some(kept) = kept else { return self.uploaded(&host).map(Some) };
        let known = kept.lock().get(&id).cloned();
        let buffer = match known {
            Some(buffer) => buffer,
            None => {
                let array = self.uploaded(&host)?;
                kept.lock().insert(id, array.buffer.clone());
                array.buffer
            }
        };
        Ok(Some(Array { buffer, shape: host.shape().to_vec(), batched: host.batched }))
    }

    /// Whole numbers that an operator takes as an input. They decide on shapes, so they must not depend
    /// on what is in the graph's inputs.
    pub fn whole(&self, node: &Node, index: usize) -> ExecResult<Option<Vec<i64>>> {
        match self.optional(node, index)? {
            None => Ok(None),
            Some(Value::Host(host)) if host.fixed => match host.whole() {
                Some(values) => Ok(Some(values.to_vec())),
                None => Err(format!("input {index} does not hold whole numbers").into()),
            },
            Some(_) => Err(format!("input {index} must follow from the shapes").into()),
        }
    }

    pub fn unbatchable(&self, node: &Node) -> ExecError {
        ExecError::Unbatchable(node.kind.clone())
    }

    /// Real numbers of the host, on the device.
    pub fn uploaded(&self, host: &Host) -> ExecResult<Array<D::Buffer>> {
        let values = host.tensor.as_f32().ok_or("whole numbers where real ones belong")?;
        let buffer = self.device.upload(values)?;
        Ok(Array::new(buffer, host.shape().to_vec(), host.batched))
    }

    /// How often a value of this kind is there.
    pub fn times(&self, batched: bool) -> usize {
        if batched { self.batch } else { 1 }
    }

    /// Reads a value by a view of one request's array.
    pub fn view(&self, value: &Value<D::Buffer>, view: View) -> ExecResult<Value<D::Buffer>> {
        let batched = value.batched();
        let stride: usize = value.shape().iter().product();
        let length = element_count(&view.dims)?;
        let (mut dims, mut strides) = (view.dims.clone(), view.strides);
        if batched {
            dims.insert(0, self.batch);
            strides.insert(0, stride as isize);
        }
        let to_strides = super::device::dense_strides(&dims);
        let (dims, [from_strides, to_strides]) = merge_axes(&dims, [&strides, &to_strides]);
        let from_offset = view.offset;
        let how = Copy { dims, from_offset, from_strides, to_offset: 0, to_strides };
        let total = length * self.times(batched);
        match value {
            Value::Host(host) => {
                let mut shape = view.dims;
                if batched {
                    shape.insert(0, self.batch);
                }
                let tensor = match (host.tensor.as_f32(), host.tensor.as_i64()) {
                    (Some(from), _) => {
                        let mut to = vec![0.0; total];
                        copy(from, &mut to, &how);
                        Tensor::f32(&shape, to)
                    }
                    (_, from) => {
                        let mut to = vec![0; total];
                        copy(from.unwrap_or_default(), &mut to, &how);
                        Tensor::i64(&shape, to)
                    }
                };
                let Host { batched, fixed, .. } = *host;
                Ok(Value::Host(Host { tensor: Arc::new(tensor), batched, fixed }))
            }
            Value::Device(array) => {
                let mut buffer = self.device.empty(total)?;
                if total > 0 {
                    self.device.copy(&array.buffer, &mut buffer, &how)?;
                }
                Ok(Value::Device(Array::new(buffer, view.dims, batched)))
            }
        }
    }

    /// The same numbers under another shape.
    pub fn reshaped(
        &self,
        value: Value<D::Buffer>,
        shape: Vec<usize>,
    ) -> ExecResult<Value<D::Buffer>> {
        if element_count(&shape)? != value.shape().iter().product::<usize>() {
            return Err(format!("{:?} does not fit into {shape:?}", value.shape()).into());
        }
        Ok(match value {
            Value::Device(array) => Value::Device(array.reshaped(shape)),
            Value::Host(Host { tensor, batched, fixed }) => {
                let mut whole = shape;
                if batched {
                    whole.insert(0, self.batch);
                }
                let tensor = match (tensor.as_f32(), tensor.as_i64()) {
                    (Some(values), _) => Tensor::f32(&whole, values.to_vec()),
                    (_, values) => Tensor::i64(&whole, values.unwrap_or_default().to_vec()),
                };
                Value::Host(Host { tensor: Arc::new(tensor), batched, fixed })
            }
        })
    }
}

/// An axis counted from the front, of an array with this many.
pub(super) fn axis(axis: i64, rank: usize) -> ExecResult<usize> {
    let from_front = if axis < 0 { axis + rank as i64 } else { axis };
    usize::try_from(from_front)
        .ok()
        .filter(|&axis| axis < rank)
        .ok_or_else(|| format!("there is no axis {axis} in {rank} axes").into())
}

pub(super) fn axes(given: &[i64], rank: usize) -> ExecResult<Vec<usize>> {
    let mut axes = given.iter().map(|&given| axis(given, rank)).collect::<ExecResult<Vec<_>>>()?;
    axes.sort_unstable();
    axes.dedup();
    Ok(axes)
}
