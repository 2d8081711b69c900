//! Networks on the processor, by tract.
//!
//! tract turns a graph into a plan for inputs of one shape, which is where it gets its speed; the
//! plans for the latest few shapes are kept. Convolutions, products, max pooling and softmax are our own
//! ([`lower`]): tract's are made for larger networks.

#![allow(unsafe_code, reason = "registers of the processor")]

mod conv;
mod dense;
mod graph;
mod lower;
mod pool;
mod product;
mod scratch;
mod softmax;
mod tile;
mod vector;

use std::sync::Arc;

use tract_onnx::prelude::*;

use lower::{lower, lower_products};

use super::catch_panic::catch_panic;
use super::inference::in_order;
use super::lru_cache::{LruCache, Shapes};
use super::onnx::OnnxFile;
use super::spec::Port;
use super::{Element, Network, NetworkError, Outputs};

pub(super) struct TractNetwork {
    name: String,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    graph: InferenceModel,
    plans: LruCache<TypedRunnableModel>,
}

impl TractNetwork {
    /// # Errors
    /// [`NetworkError::Format`] if the graph is broken or has operators that tract does not know.
    pub fn new(name: &str, file: OnnxFile) -> Result<TractNetwork, NetworkError> {
        let OnnxFile { file, proto, inputs, outputs } = file;
        // What the file says about shapes inside the graph and of its outputs stems from the sizes
        // it was exported with.
        let onnx = tract_onnx::onnx().with_ignore_value_info(true).with_ignore_output_shapes(true);
        let nodes = proto.graph.iter().flat_map(|graph| &graph.node);
        let mut unknown =
            nodes.map(|node| &node.op_type).filter(|op| !onnx.op_register.0.contains_key(*op));
        if let Some(op) = unknown.next() {
            let reason = format!("the operator {op} is not supported");
            return Err(NetworkError::Format { file, reason });
        }
        let built = guarded(|| {
            let mut graph = onnx.model_for_proto_model(&proto)?;
            // From the file's order into the ports' order.
            let outlets = outputs
                .iter()
                .map(|port| outlet(&proto_order(&proto), &port.name, &graph.outputs))
                .collect::<TractResult<Vec<_>>>()?;
            graph.outputs = outlets;
            let sources = inputs
                .iter()
                .map(|port| graph.node_id_by_name(&port.name).map(OutletId::from))
                .collect::<TractResult<Vec<_>>>()?;
            graph.inputs = sources;
            Ok(graph)
        });
        match built {
            Ok(graph) => {
                let name = name.to_owned();
                Ok(TractNetwork { name, inputs, outputs, graph, plans: LruCache::default() })
            }
            Err(reason) => Err(NetworkError::Format { file, reason }),
        }
    }

    fn failed(&self, reason: String) -> NetworkError {
        NetworkError::Run { network: self.name.clone(), reason }
    }

    /// The outputs in order, whatever their shapes are.
    pub(super) fn answers(
        &self,
        inputs: &[(&str, super::Tensor)],
    ) -> Result<Vec<super::Tensor>, NetworkError> {
        let inputs = in_order(&self.name, &self.inputs, inputs, |tensor| {
            (Some(tensor.element()), tensor.shape())
        })?;
        let shapes: Shapes = inputs.iter().map(|tensor| tensor.shape().to_vec()).collect();
        let plan = self.plan(&shapes)?;
        guarded(|| {
            let values = inputs.into_iter().map(to_tract).collect::<TractResult<TVec<TValue>>>()?;
            plan.run(values)?.iter().map(|value| from_tract(value)).collect()
        })
        .map_err(|reason| self.failed(reason))
    }

    fn plan(&self, shapes: &Shapes) -> Result<Arc<TypedRunnableModel>, NetworkError> {
        self.plans.get_or_make(shapes, || {
            guarded(|| {
                let mut graph = self.graph.clone();
                for (index, (port, shape)) in self.inputs.iter().zip(shapes).enumerate() {
                    let datum = match port.element {
                        Element::F32 => f32::datum_type(),
                        Element::I64 => i64::datum_type(),
                    };
                    graph.set_input_fact(index, InferenceFact::dt_shape(datum, shape))?;
                }
                optimised(graph)?.into_runnable()
            })
            .map_err(|reason| self.failed(format!("for inputs of shape {shapes:?}: {reason}")))
        })
    }
}

impl Network for TractNetwork {
    fn name(&self) -> &str {
        &self.name
    }

    fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    fn run(&self, inputs: &[(&str, super::Tensor)]) -> Result<Outputs, NetworkError> {
        Outputs::checked(&self.name, &self.outputs, self.answers(inputs)?)
    }

    fn prepare(&self, shapes: &[(&str, &[usize])]) -> Result<(), NetworkError> {
        let shapes = in_order(&self.name, &self.inputs, shapes, |shape| (None, shape))?;
        self.plan(&shapes.into_iter().map(|shape| shape.to_vec()).collect()).map(|_| ())
    }
}

/// A graph as it is run.
fn optimised(graph: InferenceModel) -> TractResult<TypedModel> {
    let mut model = graph.into_typed()?;
    lower(&mut model)?;
    let mut model = model.into_decluttered()?;
    lower_products(&mut model)?;
    model.optimize()?;
    Ok(model)
}

/// The names of the outputs as the file lists them, which is the order tract gives them in.
fn proto_order(proto: &tract_onnx::pb::ModelProto) -> Vec<&str> {
    proto.graph.iter().flat_map(|graph| &graph.output).map(|info| info.name.as_str()).collect()
}

fn outlet(names: &[&str], name: &str, outlets: &[OutletId]) -> TractResult<OutletId> {
    let index = names.iter().position(|known| *known == name);
    index
        .and_then(|index| outlets.get(index).copied())
        .ok_or_else(|| TractError::msg(format!("no output \"{name}\"")))
}

fn to_tract(tensor: &super::Tensor) -> TractResult<TValue> {
    let shape = tensor.shape();
    let value = match (tensor.as_f32(), tensor.as_i64()) {
        (Some(values), _) => Tensor::from_shape(shape, values)?,
        (_, values) => Tensor::from_shape(shape, values.unwrap_or_default())?,
    };
    Ok(value.into_tvalue())
}

fn from_tract(value: &Tensor) -> TractResult<super::Tensor> {
    let shape = value.shape();
    if value.datum_type() == f32::datum_type() {
        let values = value.try_as_plain_ram()?.as_slice::<f32>()?;
        return Ok(super::Tensor::f32(shape, values.to_vec()));
    }
    // Covers tract's own type for dims, which networks that answer with a size give.
    let whole = value.cast_to::<i64>()?;
    let values = whole.to_plain_array_view::<i64>()?.iter().copied().collect();
    Ok(super::Tensor::i64(shape, values))
}

/// Runs tract's code on a file that may be broken: an output that no node makes panics inside the
/// parser, say.
fn guarded<T>(work: impl FnOnce() -> TractResult<T>) -> Result<T, String> {
    catch_panic(
        || work().map_err(|error| format!("{error:#}")),
        |message| format!("the graph is broken ({message})"),
    )
}

#[cfg(test)]
mod tests;
