//! Reading ONNX files: what any backend needs to know before it runs one.
//!
//! Format: ONNX IR, <https://github.com/onnx/onnx/blob/main/docs/IR.md>.

use std::ops::RangeInclusive;

use tract_onnx::pb::tensor_proto::{DataLocation, DataType};
use tract_onnx::pb::tensor_shape_proto::dimension::Value as Dim;
use tract_onnx::pb::type_proto::Value as Type;
use tract_onnx::pb::{ModelProto, NodeProto, TensorProto, ValueInfoProto};
use tract_onnx::prelude::Framework;

use super::spec::{self, ModelSpec, Port};
use super::{Element, NetworkError};

/// The operator sets that tract is tested against, and that cover what torch exports.
const OPSETS: RangeInclusive<i64> = 9..=18;

/// A parsed file whose inputs and outputs are known. Its graph is not yet known to make sense.
pub(super) struct OnnxFile {
    /// As shown to people: a path, or a name with "built in".
    pub file: String,
    pub proto: ModelProto,
    pub inputs: Vec<Port>,
    pub outputs: Vec<Port>,
}

impl OnnxFile {
    /// Parses the bytes of a file. `file` names it in errors.
    ///
    /// # Errors
    /// [`NetworkError::Format`]
    pub fn read(file: &str, mut bytes: &[u8]) -> Result<OnnxFile, NetworkError> {
        let proto = tract_onnx::onnx().proto_model_for_read(&mut bytes).map_err(|error| {
            let reason = format!("the bytes do not parse ({})", error.root_cause());
            NetworkError::Format { file: file.to_owned(), reason }
        })?;
        OnnxFile::check(file, proto)
    }

    fn check(file: &str, proto: ModelProto) -> Result<OnnxFile, NetworkError> {
        let checked =
            check_opset(&proto).and_then(|()| check_weights(&proto)).and_then(|()| ports(&proto));
        match checked {
            Ok((inputs, outputs)) => Ok(OnnxFile { file: file.to_owned(), proto, inputs, outputs }),
            Err(reason) => Err(NetworkError::Format { file: file.to_owned(), reason }),
        }
    }

    /// Checks that the file has what a task expects, and takes over the task's order and sizes.
    ///
    /// # Errors
    /// [`NetworkError::Unfit`]
    pub fn fit(self, spec: &ModelSpec) -> Result<OnnxFile, NetworkError> {
        let fitted = spec::fit("input", &self.inputs, spec.inputs)
            .and_then(|inputs| Ok((inputs, spec::fit("output", &self.outputs, spec.outputs)?)));
        match fitted {
            Ok((inputs, outputs)) => Ok(OnnxFile { inputs, outputs, ..self }),
            Err(difference) => Err(NetworkError::Unfit {
                file: self.file,
                network: spec.name.to_owned(),
                difference,
            }),
        }
    }
}

fn check_opset(proto: &ModelProto) -> Result<(), String> {
    let standard = |domain: &str| domain.is_empty() || domain == "ai.onnx";
    match proto.opset_import.iter().find(|import| standard(&import.domain)) {
        None => Err("it does not say which operator set it uses".to_owned()),
        Some(import) if !OPSETS.contains(&import.version) => {
            let (found, first, last) = (import.version, OPSETS.start(), OPSETS.end());
            Err(format!("it uses operator set {found}, supported are {first} to {last}"))
        }
        Some(_) => Ok(()),
    }
}

/// Weights must be inside the file and as many as their dims say: a reader that trusts the dims
/// would allocate whatever they ask for, and a failed allocation cannot be caught.
fn check_weights(proto: &ModelProto) -> Result<(), String> {
    let graph = proto.graph.as_ref().ok_or("it holds no graph")?;
    graph.initializer.iter().try_for_each(check_tensor)?;
    graph.node.iter().try_for_each(|node: &NodeProto| {
        node.attribute.iter().try_for_each(|attribute| {
            if attribute.g.is_some() || !attribute.graphs.is_empty() {
                return Err(format!("node \"{}\" has a graph of its own", node.name));
            }
            attribute.t.iter().chain(&attribute.tensors).try_for_each(check_tensor)
        })
    })
}

fn check_tensor(tensor: &TensorProto) -> Result<(), String> {
    let name = &tensor.name;
    if tensor.data_location == Some(DataLocation::External as i32) {
        return Err(format!("the weights \"{name}\" are in another file"));
    }
    let width = match DataType::try_from(tensor.data_type) {
        Ok(DataType::Bool | DataType::Uint8 | DataType::Int8) => 1,
        Ok(DataType::Float16 | DataType::Uint16 | DataType::Int16) => 2,
        Ok(DataType::Float | DataType::Int32 | DataType::Uint32) => 4,
        Ok(DataType::Double | DataType::Int64 | DataType::Uint64) => 8,
        _ => return Err(format!("the weights \"{name}\" are of an unknown type")),
    };
    let found = if tensor.raw_data.is_empty() {
        // At most one of these is filled.
        tensor.float_data.len()
            + tensor.int32_data.len()
            + tensor.int64_data.len()
            + tensor.double_data.len()
            + tensor.uint64_data.len()
    } else if tensor.raw_data.len().is_multiple_of(width) {
        tensor.raw_data.len() / width
    } else {
        return Err(format!("the weights \"{name}\" end in the middle of a number"));
    };
    let expected = tensor
        .dims
        .iter()
        .try_fold(1usize, |product, &dim| product.checked_mul(usize::try_from(dim).ok()?));
    if expected == Some(found) {
        Ok(())
    } else {
        let dims = &tensor.dims;
        Err(format!("the weights \"{name}\" have dims {dims:?} but {found} values"))
    }
}

/// The inputs and outputs, in the file's order.
fn ports(proto: &ModelProto) -> Result<(Vec<Port>, Vec<Port>), String> {
    let graph = proto.graph.as_ref().ok_or("it holds no graph")?;
    // Before IR version 4 every weight was listed as an input, too.
    let is_weight = |info: &&ValueInfoProto| graph.initializer.iter().any(|w| w.name == info.name);
    let inputs = graph.input.iter().filter(|info| !is_weight(info)).map(port);
    let outputs = graph.output.iter().map(port);
    let (inputs, outputs): (Vec<Port>, Vec<Port>) =
        (inputs.collect::<Result<_, _>>()?, outputs.collect::<Result<_, _>>()?);
    if inputs.is_empty() || outputs.is_empty() {
        return Err("it needs at least one input and one output".to_owned());
    }
    for role in [&inputs, &outputs] {
        let mut names: Vec<&str> = role.iter().map(|port| port.name.as_str()).collect();
        names.sort_unstable();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(format!("\"{}\" is there twice", pair[0]));
        }
    }
    Ok((inputs, outputs))
}

fn port(info: &ValueInfoProto) -> Result<Port, String> {
    let name = info.name.clone();
    let Some(Type::TensorType(tensor)) = info.r#type.as_ref().and_then(|t| t.value.as_ref()) else {
        return Err(format!("\"{name}\" has no tensor type"));
    };
    let element = match DataType::try_from(tensor.elem_type) {
        Ok(DataType::Float) => Element::F32,
        Ok(DataType::Int64) => Element::I64,
        _ => return Err(format!("\"{name}\" holds neither f32 nor i64")),
    };
    let Some(shape) = &tensor.shape else {
        return Err(format!("\"{name}\" has no shape"));
    };
    let dims = shape
        .dim
        .iter()
        .map(|dim| match dim.value {
            // Exporters write 0 and -1 for "any".
            Some(Dim::DimValue(size)) => usize::try_from(size).ok().filter(|&size| size > 0),
            _ => None,
        })
        .collect();
    Ok(Port { name, element, dims })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MLP: &[u8] = include_bytes!("../../tests/golden/networks/mlp.onnx");

    fn reason(change: impl FnOnce(&mut ModelProto)) -> String {
        let mut proto = OnnxFile::read("mlp.onnx", MLP).unwrap().proto;
        change(&mut proto);
        match OnnxFile::check("mlp.onnx", proto) {
            Err(NetworkError::Format { file, reason }) => {
                assert_eq!(file, "mlp.onnx");
                reason
            }
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("nothing found"),
        }
    }

    #[test]
    fn ports_are_read_with_their_free_dims() {
        let file = OnnxFile::read("mlp.onnx", MLP).unwrap();
        assert_eq!(file.inputs[0].dims, [None, Some(5)]);
        assert_eq!(file.outputs[1].name, "side");
        assert_eq!(file.outputs[1].element, Element::F32);
    }

    #[test]
    fn other_operator_sets_are_refused() {
        assert_eq!(
            reason(|proto| proto.opset_import[0].version = 23),
            "it uses operator set 23, supported are 9 to 18"
        );
        assert!(reason(|proto| proto.opset_import.clear()).contains("does not say"));
    }

    #[test]
    fn weights_must_be_what_they_say_and_inside() {
        let weights = |change: fn(&mut TensorProto)| {
            reason(|proto| {
                let graph = proto.graph.as_mut().unwrap();
                let tensor = graph.initializer.iter_mut().max_by_key(|t| t.raw_data.len());
                change(tensor.unwrap());
            })
        };
        assert!(weights(|t| t.dims[0] = 1 << 40).contains("values"));
        assert!(weights(|t| t.dims = vec![i64::MAX, i64::MAX]).contains("values"));
        assert!(weights(|t| t.data_location = Some(1)).contains("in another file"));
        assert!(weights(|t| _ = t.raw_data.pop()).contains("in the middle"));
    }

    #[test]
    fn a_file_without_a_graph_or_ports_is_refused() {
        assert_eq!(reason(|proto| proto.graph = None), "it holds no graph");
        let graph = |change: fn(&mut tract_onnx::pb::GraphProto)| {
            reason(|proto| change(proto.graph.as_mut().unwrap()))
        };
        assert!(graph(|g| g.output.clear()).contains("at least one"));
        assert!(graph(|g| g.output.push(g.output[0].clone())).contains("twice"));
        assert!(graph(|g| g.input[0].r#type = None).contains("no tensor type"));
    }
}
