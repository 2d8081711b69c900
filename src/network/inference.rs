//! The one seam between Drumlin and whatever does the arithmetic.

use super::spec::Port;
use super::{Element, NetworkError, Tensor};

/// A loaded network. May be shared and run by several threads at once.
pub trait Network: Send + Sync {
    /// The task's name for it.
    fn name(&self) -> &str;

    /// What it is given, in the order of the spec.
    fn inputs(&self) -> &[Port];

    /// What it answers, in the order of the spec.
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

    /// An output by its name.
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
