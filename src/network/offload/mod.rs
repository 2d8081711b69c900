//! A network on a GPU, with the processor behind it.

use std::sync::Arc;

use super::cuda::Gpu;
use super::eager::device::Device;
use super::eager::{Eager, RunError};
use super::inference::in_order;
use super::lru_cache::Shapes;
use super::onnx::OnnxFile;
use super::spec::Port;
use super::tract::TractNetwork;
use super::{Backend, Network, NetworkError, Outputs, Tensor};

/// Multiplications from which on a request, or a batch of them, is worth sending to the GPU when the
/// choice is free. The processor needs some milliseconds for as many; a GPU needs about as long to be
/// told what to do, however little it is. An estimate: no GPU was there to measure it.
const LEAST_WORK: u64 = 30_000_000;

/// How many requests a caller with many should ask at once.
const BATCH: usize = 64;

/// A device that can break.
pub(super) trait Accelerator: Device {
    /// Notes that it failed, after which it is not used any more.
    fn fail(&self, reason: &str);

    /// Why it is not used any more.
    fn failure(&self) -> Option<&str>;
}

impl Accelerator for Gpu {
    fn fail(&self, reason: &str) {
        Gpu::fail(self, reason);
    }

    fn failure(&self) -> Option<&str> {
        Gpu::failure(self)
    }
}

/// Answers on the device; on the processor from the moment on at which the device fails, and, if it
/// may choose, when there is little to do. Which one answers does not depend on time, so that the same
/// request gets the same bytes.
pub(super) struct Offloaded<D: Accelerator> {
    device: Arc<D>,
    eager: Eager<D>,
    cpu: TractNetwork,
    /// [`Backend::Auto`] or [`Backend::Cuda`].
    backend: Backend,
}

impl<D: Accelerator> Offloaded<D> {
    /// `backend` tells whether it may choose; `eager` is the file's graph on the device.
    ///
    /// # Errors
    /// [`NetworkError::Format`] if the graph is broken or has operators that tract does not know.
    pub fn new(
        name: &str,
        file: OnnxFile,
        backend: Backend,
        device: Arc<D>,
        eager: Eager<D>,
    ) -> Result<Offloaded<D>, NetworkError> {
        Ok(Offloaded { device, eager, cpu: TractNetwork::new(name, file)?, backend })
    }

    /// Whether the device shall do that much.
    fn worth(&self, work: u64) -> bool {
        self.backend != Backend::Auto || work >= LEAST_WORK
    }

    fn failed(&self, reason: String) -> NetworkError {
        NetworkError::Run { network: self.name().to_owned(), reason }
    }

    /// The device's answers to requests of the same shapes; `None` if the processor has to answer.
    fn by_device(&self, requests: &[Vec<&Tensor>]) -> Result<Option<Vec<Outputs>>, NetworkError> {
        let Some(first) = requests.first() else { return Ok(Some(Vec::new())) };
        if self.device.failure().is_some() {
            return Ok(None);
        }
        let shapes: Shapes = first.iter().map(|tensor| tensor.shape().to_vec()).collect();
        let run = || {
            let work = self.eager.work(&shapes)?.saturating_mul(requests.len() as u64);
            if self.worth(work) { self.eager.run(requests).map(Some) } else { Ok(None) }
        };
        match run() {
            Ok(None) => Ok(None),
            Ok(Some(answers)) => {
                let named = answers
                    .into_iter()
                    .map(|tensors| Outputs::checked(self.name(), self.outputs(), tensors));
                named.collect::<Result<_, _>>().map(Some)
            }
            // Shapes that tract may still make sense of, or will complain of itself.
            Err(RunError::Graph(_)) if self.backend == Backend::Auto => Ok(None),
            Err(RunError::Graph(reason)) => Err(self.failed(reason)),
            Err(RunError::Device(error)) => {
                self.device.fail(&error.0);
                Ok(None)
            }
        }
    }
}

impl<D: Accelerator> Network for Offloaded<D> {
    fn name(&self) -> &str {
        self.cpu.name()
    }

    fn inputs(&self) -> &[Port] {
        self.cpu.inputs()
    }

    fn outputs(&self) -> &[Port] {
        self.cpu.outputs()
    }

    fn run(&self, inputs: &[(&str, Tensor)]) -> Result<Outputs, NetworkError> {
        let ordered = in_order(self.name(), self.inputs(), inputs, |tensor| {
            (Some(tensor.element()), tensor.shape())
        })?;
        match self.by_device(&[ordered])?.and_then(|mut answers| answers.pop()) {
            Some(answer) => Ok(answer),
            None => self.cpu.run(inputs),
        }
    }

    fn run_batch(&self, requests: &[Vec<(&str, Tensor)>]) -> Result<Vec<Outputs>, NetworkError> {
        let shape_of = |tensor: &Tensor| tensor.shape().to_vec();
        let mut ordered = Vec::with_capacity(requests.len());
        for inputs in requests {
            ordered.push(in_order(self.name(), self.inputs(), inputs, |tensor| {
                (Some(tensor.element()), tensor.shape())
            })?);
        }
        let mut answers = Vec::with_capacity(requests.len());
        let same_shapes = |a: &Vec<&Tensor>, b: &Vec<&Tensor>| {
            a.iter().map(|t| shape_of(t)).eq(b.iter().map(|t| shape_of(t)))
        };
        for group in ordered.chunk_by(same_shapes) {
            match self.by_device(group)? {
                Some(answered) => answers.extend(answered),
                None => {
                    for inputs in &requests[answers.len()..][..group.len()] {
                        answers.push(self.cpu.run(inputs)?);
                    }
                }
            }
        }
        Ok(answers)
    }

    fn batch(&self) -> usize {
        if self.device.failure().is_none() { BATCH } else { 1 }
    }

    fn prepare(&self, shapes: &[(&str, &[usize])]) -> Result<(), NetworkError> {
        let ordered = in_order(self.name(), self.inputs(), shapes, |shape| (None, shape))?;
        let ordered = ordered.into_iter().map(|shape| shape.to_vec()).collect();
        match self.eager.work(&ordered) {
            Ok(work) if self.worth(work) && self.device.failure().is_none() => Ok(()),
            Err(RunError::Graph(reason)) if self.backend != Backend::Auto => {
                Err(self.failed(reason))
            }
            _ => self.cpu.prepare(shapes),
        }
    }
}

#[cfg(test)]
mod tests;
