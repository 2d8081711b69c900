//! Networks walked node by node over a device that can do a dozen things.
//!
//! tract rewrites a graph into a plan for the processor; on a GPU the plan is the graph itself. The
//! walk sorts a graph's numbers into two kinds. Whole numbers, shapes and constants stay on the host,
//! are worked out once for each combination of input shapes and kept. Real numbers that depend on the
//! inputs are on the [`Device`](device::Device) from start to end. So the device sees convolutions,
//! products, arithmetic and copies, and nothing of a graph's book-keeping.
//!
//! - Requests of the same shapes can be walked as one batch, whether or not the graph has an axis for
//!   it: every value carries the batch in front of its own axes. Graphs in which an operator cannot do
//!   that are walked once for each request.
//! - Operators that are not known are refused by name when the file is loaded.
//! - What a walk costs is known before it: a walk over a device that only counts.

pub(super) mod cpu;
pub(super) mod device;

mod arithmetic;
mod error;
mod executor;
mod flop_counter;
mod graph;
mod host;
mod layout;
mod products;
mod statistics;
#[cfg(test)]
pub(super) mod tests;
mod value;
mod windows;

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use self::device::{Device, DeviceError};
use self::error::ExecError;
use self::executor::{Executor, Plan, Uploaded};
use self::flop_counter::FlopCounter;
use self::graph::Graph;
use self::value::{Array, Host, Value};
use super::catch_panic::catch_panic;
use super::lru_cache::{LruCache, Shapes};
use super::onnx::OnnxFile;
use super::spec::Port;
use super::{Element, Tensor};

/// The most numbers in the inputs of one batch; what is made of them on the way is some times as much.
const MOST_IN_BATCH: usize = 1 << 25;
/// The most requests in one batch.
const MOST_REQUESTS: usize = 256;

/// Why a request has no answer.
#[derive(Debug)]
pub(super) enum RunError {
    /// The inputs and the graph do not go together.
    Graph(String),
    /// The device failed; another one may answer.
    Device(DeviceError),
}

/// A graph and the device it runs on.
pub(super) struct Eager<D: Device> {
    graph: Graph,
    elements: Vec<Element>,
    device: Arc<D>,
    weights: Uploaded<D::Buffer>,
    plans: LruCache<Plan<D::Buffer>>,
}

impl<D: Device> Eager<D> {
    /// # Errors
    /// A reason: the graph is broken or has operators that are not known.
    pub fn new(file: &OnnxFile, device: Arc<D>) -> Result<Eager<D>, String> {
        let names = |ports: &[Port]| -> Vec<String> {
            ports.iter().map(|port| port.name.clone()).collect()
        };
        let (inputs, outputs) = (names(&file.inputs), names(&file.outputs));
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        let outputs: Vec<&str> = outputs.iter().map(String::as_str).collect();
        let graph = catch_panic(
            || Graph::new(&file.proto, &inputs, &outputs),
            |message| format!("the graph is broken ({message})"),
        )?;
        let elements = file.inputs.iter().map(|port| port.element).collect();
        let (weights, plans) = (Mutex::default(), LruCache::default());
        Ok(Eager { graph, elements, device, weights, plans })
    }

    /// Multiplications and additions of one request with inputs of these shapes.
    ///
    /// # Errors
    /// [`RunError::Graph`] if the shapes do not fit.
    pub fn work(&self, shapes: &Shapes) -> Result<u64, RunError> {
        self.plan(shapes).map(|plan| plan.work)
    }

    fn plan(&self, shapes: &Shapes) -> Result<Arc<Plan<D::Buffer>>, RunError> {
        self.plans.get_or_make(shapes, || {
            let inputs = self.elements.iter().zip(shapes).map(|(element, shape)| match element {
                Element::F32 => Value::Device(Array::new((), shape.clone(), false)),
                Element::I64 => {
                    // Any number will do: nothing that is kept depends on it.
                    let zeros = vec![0; shape.iter().product()];
                    let tensor = Arc::new(Tensor::i64(shape, zeros));
                    Value::Host(Host { tensor, batched: false, fixed: false })
                }
            });
            let (counter, weights) = (FlopCounter::default(), Mutex::default());
            let mut executor =
                Executor::new(&counter, &self.graph, None, &weights, 1, inputs.collect());
            guarded(|| executor.run())?;
            let (folded, skipped) = executor.folded();
            Ok(Arc::new(Plan {
                folded,
                skipped,
                uploaded: Mutex::new(HashMap::new()),
                work: counter.work(),
            }))
        })
    }

    /// Answers requests whose inputs have the same shapes; each is its tensors in the order of the
    /// file's ports, and so is each answer.
    ///
    /// # Errors
    /// The first that occurs.
    pub fn run(&self, requests: &[Vec<&Tensor>]) -> Result<Vec<Vec<Tensor>>, RunError> {
        let Some(first) = requests.first() else { return Ok(Vec::new()) };
        let shapes: Shapes = first.iter().map(|tensor| tensor.shape().to_vec()).collect();
        let plan = self.plan(&shapes)?;
        let numbers: usize = shapes.iter().map(|shape| shape.iter().product::<usize>()).sum();
        let together = (MOST_IN_BATCH / numbers.max(1)).clamp(1, MOST_REQUESTS);
        let mut answers = Vec::with_capacity(requests.len());
        for requests in requests.chunks(together) {
            match self.run_batch(&plan, requests) {
                Err(ExecError::Unbatchable(_)) => {
                    for request in requests.chunks(1) {
                        answers.extend(self.run_batch(&plan, request)?);
                    }
                }
                walked => answers.extend(walked?),
            }
        }
        Ok(answers)
    }

    /// One walk for all.
    fn run_batch(
        &self,
        plan: &Plan<D::Buffer>,
        requests: &[Vec<&Tensor>],
    ) -> Result<Vec<Vec<Tensor>>, ExecError> {
        let batch = requests.len();
        guarded(|| {
            let mut inputs = Vec::new();
            for port in 0..self.elements.len() {
                inputs.push(self.stack(requests.iter().map(|request| request[port]))?);
            }
            let (device, graph) = (&*self.device, &self.graph);
            let mut executor =
                Executor::new(device, graph, Some(plan), &self.weights, batch, inputs);
            let outputs = executor.run()?;
            let mut answers = vec![Vec::with_capacity(outputs.len()); batch];
            for output in &outputs {
                let parts = self.unstack(output, batch)?;
                for (answer, part) in answers.iter_mut().zip(parts) {
                    answer.push(part);
                }
            }
            Ok(answers)
        })
    }

    /// The same input of every request, as one value.
    fn stack<'a>(
        &self,
        tensors: impl ExactSizeIterator<Item = &'a Tensor> + Clone,
    ) -> Result<Value<D::Buffer>, ExecError> {
        let batched = tensors.len() > 1;
        let Some(first) = tensors.clone().next() else { return Err("no request".into()) };
        if tensors.clone().any(|tensor| tensor.shape() != first.shape()) {
            return Err("the requests have different shapes".into());
        }
        let shape = first.shape().to_vec();
        if first.element() == Element::F32 {
            let values: Vec<f32> =
                tensors.flat_map(|tensor| tensor.as_f32().unwrap_or_default()).copied().collect();
            return Ok(Value::Device(Array::new(self.device.upload(&values)?, shape, batched)));
        }
        let count = tensors.len();
        let values = tensors.flat_map(|tensor| tensor.as_i64().unwrap_or_default()).copied();
        let shape = if batched { [&[count], &shape[..]].concat() } else { shape };
        let tensor = Arc::new(Tensor::i64(&shape, values.collect()));
        Ok(Value::Host(Host { tensor, batched, fixed: false }))
    }

    /// What each request gets of an output.
    fn unstack(&self, output: &Value<D::Buffer>, batch: usize) -> Result<Vec<Tensor>, ExecError> {
        let (shape, batched) = (output.shape(), output.batched());
        let length: usize = shape.iter().product();
        let real = |values: &[f32]| Tensor::f32(shape, values.to_vec());
        let whole = |values: &[i64]| Tensor::i64(shape, values.to_vec());
        let part = |number: usize| {
            let start = if batched { number * length } else { 0 };
            start..start + length
        };
        let parts = 0..batch;
        Ok(match output {
            Value::Device(array) => {
                let total = length * if batched { batch } else { 1 };
                let values = self.device.download(&array.buffer, total)?;
                parts.map(|number| real(&values[part(number)])).collect()
            }
            Value::Host(host) => match (host.tensor.as_f32(), host.tensor.as_i64()) {
                (Some(values), _) => parts.map(|number| real(&values[part(number)])).collect(),
                (_, values) => {
                    let values = values.unwrap_or_default();
                    parts.map(|number| whole(&values[part(number)])).collect()
                }
            },
        })
    }
}

impl From<ExecError> for RunError {
    fn from(fault: ExecError) -> RunError {
        match fault {
            ExecError::Graph(reason) => RunError::Graph(reason),
            ExecError::Unbatchable(kind) => RunError::Graph(format!("{kind} cannot take a batch")),
            ExecError::Device(error) => RunError::Device(error),
        }
    }
}

/// A walk over a graph that may be broken.
fn guarded<T>(work: impl FnOnce() -> Result<T, ExecError>) -> Result<T, ExecError> {
    catch_panic(work, |message| ExecError::Graph(format!("the graph is broken ({message})")))
}
