//! The one seam between Drumlin and whatever does the arithmetic.

use std::sync::Arc;

use super::cuda::{self, Gpu};
use super::eager::Eager;
use super::offload::Offloaded;
use super::onnx::OnnxFile;
use super::spec::Port;
use super::tract::TractNetwork;
use super::{Element, NetworkError, Tensor};

/// A loaded network. May be shared and run by several threads at once.
pub trait Network: Send + Sync {
    /// The task's name for it.
    fn name(&self) -> &str;

    fn inputs(&self) -> &[Port];

    fn outputs(&self) -> &[Port];

    /// Runs the network once, from a fresh state. Every input must be given, in any order.
    ///
    /// # Errors
    /// [`NetworkError::Input`] if names, element types or shapes are not those of [`inputs`];
    /// [`NetworkError::Run`] if the arithmetic fails, as when free dims do not go together.
    ///
    /// [`inputs`]: Network::inputs
    fn run(&self, inputs: &[(&str, Tensor)]) -> Result<Outputs, NetworkError>;

    /// Answers several requests. Faster than one after the other where
    /// [`batch`](Network::batch) is more than 1, if those that follow each other have the same shapes.
    ///
    /// # Errors
    /// As [`run`](Network::run), for the first request that has one.
    fn run_batch(&self, requests: &[Vec<(&str, Tensor)>]) -> Result<Vec<Outputs>, NetworkError> {
        requests.iter().map(|inputs| self.run(inputs)).collect()
    }

    /// How many requests are best given to [`run_batch`](Network::run_batch) at once.
    fn batch(&self) -> usize {
        1
    }

    /// Does now what the first run with inputs of these shapes would spend its extra milliseconds
    /// on. Errors as [`run`](Network::run).
    fn prepare(&self, shapes: &[(&str, &[usize])]) -> Result<(), NetworkError>;
}

/// What a network answers: its outputs by name.
#[derive(Clone, Debug)]
pub struct Outputs {
    network: String,
    tensors: Vec<(String, Tensor)>,
}

impl Outputs {
    /// Gives a network's results their names, in the order of its ports.
    ///
    /// # Errors
    /// [`NetworkError::Run`] if they are not what the ports say.
    pub(super) fn checked(
        network: &str,
        ports: &[Port],
        tensors: Vec<Tensor>,
    ) -> Result<Outputs, NetworkError> {
        let named = ports.iter().zip(tensors).map(|(port, tensor)| {
            let (name, shape) = (&port.name, tensor.shape());
            if port.element == tensor.element() && port.takes(shape) {
                return Ok((name.clone(), tensor));
            }
            let (element, expected) = (tensor.element(), port.dims_text());
            let wanted = port.element;
            let reason = format!(
                "output \"{name}\" is {element} of shape {shape:?}, expected {wanted} of {expected}"
            );
            Err(NetworkError::Run { network: network.to_owned(), reason })
        });
        let tensors = named.collect::<Result<_, _>>()?;
        Ok(Outputs { network: network.to_owned(), tensors })
    }

    /// In the order of [`Network::outputs`].
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }

    pub fn get(&self, output: &str) -> Option<&Tensor> {
        self.iter().find_map(|(name, tensor)| (name == output).then_some(tensor))
    }

    /// Takes an output of real numbers out: shape and values, row-major.
    ///
    /// # Errors
    /// [`NetworkError::NoOutput`] if there is none of that name and type, or it was taken before.
    pub fn take_f32(&mut self, output: &str) -> Result<(Vec<usize>, Vec<f32>), NetworkError> {
        let found = self
            .tensors
            .iter()
            .position(|(name, tensor)| name == output && tensor.element() == Element::F32)
            .and_then(|index| {
                let (_, tensor) = self.tensors.swap_remove(index);
                Some((tensor.shape().to_vec(), tensor.into_f32()?))
            });
        found.ok_or_else(|| NetworkError::NoOutput {
            network: self.network.clone(),
            output: output.to_owned(),
            element: Element::F32,
        })
    }
}

/// What does the arithmetic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Backend {
    /// The GPU where there is one that works, for requests that are large enough to be worth it; else
    /// the processor.
    #[default]
    Auto,
    /// The processor, by tract. Works everywhere.
    Cpu,
    /// An NVIDIA GPU, by cuDNN, for everything; an error where there is none.
    Cuda,
}

impl Backend {
    /// All that may be asked for, the default first.
    pub const ALL: [Backend; 3] = [Backend::Auto, Backend::Cpu, Backend::Cuda];

    /// As it is asked for and reported, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Backend::Auto => "auto",
            Backend::Cpu => "cpu",
            Backend::Cuda => "cuda",
        }
    }

    /// Any network on its own, with the inputs and outputs that its file says it has. Skills go
    /// through [`Models`](super::Models), which also checks that those are the expected ones.
    ///
    /// # Errors
    /// [`NetworkError::Format`]; `name` stands for the file there. [`NetworkError::NoGpu`] for
    /// [`Backend::Cuda`] without a GPU.
    pub fn load(self, name: &str, bytes: &[u8]) -> Result<Arc<dyn Network>, NetworkError> {
        let gpu = match self {
            Backend::Cpu => None,
            Backend::Auto => cuda::shared().ok(),
            Backend::Cuda => Some(cuda::shared().map_err(|reason| NetworkError::NoGpu { reason })?),
        };
        self.open(name, OnnxFile::read(name, bytes)?, gpu)
    }

    /// Makes a checked file ready to run, on the GPU if there is one. [`Backend::Auto`] leaves networks
    /// with operators that only tract knows to the processor.
    pub(super) fn open(
        self,
        name: &str,
        file: OnnxFile,
        gpu: Option<Arc<Gpu>>,
    ) -> Result<Arc<dyn Network>, NetworkError> {
        let Some(gpu) = gpu else { return Ok(Arc::new(TractNetwork::new(name, file)?)) };
        match Eager::new(&file, gpu.clone()) {
            Ok(eager) => Ok(Arc::new(Offloaded::new(name, file, self, gpu, eager)?)),
            Err(_) if self == Backend::Auto => Ok(Arc::new(TractNetwork::new(name, file)?)),
            Err(reason) => Err(NetworkError::Format { file: file.file, reason }),
        }
    }
}

/// Puts what a caller gives into the order of a network's inputs. `T` is a tensor or a shape.
pub(super) fn in_order<'a, T>(
    network: &str,
    ports: &[Port],
    given: &'a [(&str, T)],
    shape_of: impl Fn(&T) -> (Option<Element>, &[usize]),
) -> Result<Vec<&'a T>, NetworkError> {
    let error = |reason| NetworkError::Input { network: network.to_owned(), reason };
    if let Some((name, _)) = given.iter().find(|(name, _)| ports.iter().all(|p| p.name != *name)) {
        return Err(error(format!("there is no \"{name}\"")));
    }
    ports
        .iter()
        .map(|port| {
            let (_, value) = given
                .iter()
                .find(|(name, _)| *name == port.name)
                .ok_or_else(|| error(format!("\"{}\" is missing", port.name)))?;
            let (element, shape) = shape_of(value);
            if let Some(element) = element.filter(|element| *element != port.element) {
                let Port { name, element: expected, .. } = port;
                return Err(error(format!("\"{name}\" holds {element}, expected {expected}")));
            }
            if !port.takes(shape) {
                let (name, expected) = (&port.name, port.dims_text());
                return Err(error(format!("\"{name}\" has shape {shape:?}, expected {expected}")));
            }
            Ok(value)
        })
        .collect()
}
