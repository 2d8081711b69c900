//! Operators one by one, each in a graph of its own, against tract.

use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
};

use super::*;
use crate::network::tract::TractNetwork;

/// An operator with the inputs it reads from the request (`x`, `y`, …) and those that are constants.
#[derive(Clone, Default)]
struct Case {
    op: &'static str,
    opset: i64,
    inputs: Vec<(&'static str, Tensor)>,
    constants: Vec<Tensor>,
    attributes: Vec<AttributeProto>,
    outputs: usize,
}

/// Numbers without a pattern, from -1 to 1.
fn numbers(shape: &[usize], seed: usize) -> Tensor {
    let places: usize = shape.iter().product();
    Tensor::f32(shape, (0..places).map(|i| ((i * 7 + seed * 31) as f32 * 0.37).sin()).collect())
}

fn case(op: &'static str, shapes: &[&[usize]]) -> Case {
    let names = ["x", "y", "z"];
    let inputs = shapes.iter().zip(names).enumerate();
    Case {
        op,
        opset: 17,
        inputs: inputs.map(|(seed, (shape, name))| (name, numbers(shape, seed))).collect(),
        outputs: 1,
        ..Case::default()
    }
}

impl Case {
    fn opset(self, opset: i64) -> Case {
        Case { opset, ..self }
    }

    fn with(mut self, constant: Tensor) -> Case {
        self.constants.push(constant);
        self
    }

    fn weights(self, shape: &[usize]) -> Case {
        let seed = 5 + self.constants.len();
        self.with(numbers(shape, seed))
    }

    fn whole(self, values: &[i64]) -> Case {
        self.with(Tensor::i64(&[values.len()], values.to_vec()))
    }

    fn int(mut self, name: &str, i: i64) -> Case {
        self.attributes.push(AttributeProto {
            name: name.into(),
            r#type: 2,
            i,
            ..AttributeProto::default()
        });
        self
    }

    fn ints(mut self, name: &str, ints: &[i64]) -> Case {
        self.attributes.push(AttributeProto {
            name: name.into(),
            r#type: 7,
            ints: ints.to_vec(),
            ..AttributeProto::default()
        });
        self
    }

    fn float(mut self, name: &str, f: f32) -> Case {
        self.attributes.push(AttributeProto {
            name: name.into(),
            r#type: 1,
            f,
            ..AttributeProto::default()
        });
        self
    }

    fn text(mut self, name: &str, text: &str) -> Case {
        self.attributes.push(AttributeProto {
            name: name.into(),
            r#type: 3,
            s: text.as_bytes().to_vec(),
            ..AttributeProto::default()
        });
        self
    }

    fn file(&self) -> OnnxFile {
        let constant = |number: usize| format!("c{number}");
        let outputs: Vec<String> = (0..self.outputs).map(|number| format!("out{number}")).collect();
        let names = self.inputs.iter().map(|(name, _)| (*name).to_owned());
        let node = NodeProto {
            op_type: self.op.into(),
            input: names.chain((0..self.constants.len()).map(constant)).collect(),
            output: outputs.clone(),
            attribute: self.attributes.clone(),
            ..NodeProto::default()
        };
        let initializer = self.constants.iter().enumerate().map(|(number, tensor)| {
            let mut proto = TensorProto {
                name: constant(number),
                dims: tensor.shape().iter().map(|&size| size as i64).collect(),
                ..TensorProto::default()
            };
            if let Some(values) = tensor.as_f32() {
                proto.data_type = DataType::Float as i32;
                proto.raw_data = values.iter().flat_map(|x| x.to_le_bytes()).collect();
            } else {
                proto.data_type = DataType::Int64 as i32;
                let values = tensor.as_i64().unwrap();
                proto.raw_data = values.iter().flat_map(|x| x.to_le_bytes()).collect();
            }
            proto
        });
        let port = |name: &str, element, dims| Port { name: name.to_owned(), element, dims };
        let info = |name: &str| tract_onnx::pb::ValueInfoProto {
            name: name.to_owned(),
            ..tract_onnx::pb::ValueInfoProto::default()
        };
        let typed = |name: &str, tensor: &Tensor| {
            use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension::Value};
            use tract_onnx::pb::{TensorShapeProto, TypeProto, type_proto};
            let dim = |&size: &usize| Dimension {
                value: Some(Value::DimValue(size as i64)),
                ..Dimension::default()
            };
            let shape = TensorShapeProto { dim: tensor.shape().iter().map(dim).collect() };
            let kind = match tensor.element() {
                Element::F32 => DataType::Float,
                Element::I64 => DataType::Int64,
            };
            let tensor = type_proto::Tensor { elem_type: kind as i32, shape: Some(shape) };
            tract_onnx::pb::ValueInfoProto {
                r#type: Some(TypeProto {
                    value: Some(type_proto::Value::TensorType(tensor)),
                    ..TypeProto::default()
                }),
                ..info(name)
            }
        };
        let graph = GraphProto {
            node: vec![node],
            initializer: initializer.collect(),
            input: self.inputs.iter().map(|(name, tensor)| typed(name, tensor)).collect(),
            output: outputs.iter().map(|name| info(name)).collect(),
            ..GraphProto::default()
        };
        let imported = OperatorSetIdProto { version: self.opset, ..OperatorSetIdProto::default() };
        let proto = ModelProto {
            ir_version: 8,
            opset_import: vec![imported],
            graph: Some(graph),
            ..ModelProto::default()
        };
        OnnxFile {
            file: format!("{}.onnx", self.op),
            proto,
            inputs: self
                .inputs
                .iter()
                .map(|(name, tensor)| {
                    let dims = tensor.shape().iter().map(|&size| Some(size)).collect();
                    port(name, tensor.element(), dims)
                })
                .collect(),
            // Of shapes nobody has said.
            outputs: outputs.iter().map(|name| port(name, Element::F32, Vec::new())).collect(),
        }
    }
}

fn all() -> Vec<Case> {
    let mut cases: Vec<Case> = ["Relu", "Sigmoid", "Tanh", "Exp", "Log", "Sqrt", "Erf", "Identity"]
        .map(|op| case(op, &[&[2, 3, 5]]))
        .into();
    // Only of positive numbers.
    for case in cases.iter_mut().filter(|case| matches!(case.op, "Sqrt" | "Log")) {
        let (_, x) = &mut case.inputs[0];
        *x = Tensor::f32(x.shape(), x.as_f32().unwrap().iter().map(|x| x * x + 0.1).collect());
    }
    for op in ["Add", "Sub", "Mul"] {
        cases.push(case(op, &[&[2, 3, 4], &[2, 3, 4]]));
        cases.push(case(op, &[&[2, 3, 4], &[3, 1]]));
        cases.push(case(op, &[&[4], &[2, 3, 4]]));
        cases.push(case(op, &[&[2, 1, 4], &[1, 3, 1]]));
    }
    cases.push(case("Div", &[&[2, 3]]).with(Tensor::f32(&[3], vec![0.5, -2.0, 4.0])));
    let limit = |value: f32| Tensor::f32(&[], vec![value]);
    cases.push(case("Clip", &[&[9]]).with(limit(-0.4)).with(limit(0.6)));

    // Convolutions: padded, strided, dilated, in groups, over one axis, unevenly padded.
    let conv = |x: &[usize], w: &[usize]| case("Conv", &[x]).weights(w);
    cases.push(conv(&[2, 3, 8, 9], &[4, 3, 3, 3]).ints("pads", &[1, 1, 1, 1]).weights(&[4]));
    cases.push(conv(&[1, 3, 8, 9], &[4, 3, 3, 2]).ints("strides", &[2, 3]));
    cases.push(
        conv(&[1, 3, 9, 9], &[4, 3, 3, 3]).ints("dilations", &[2, 3]).ints("pads", &[2, 3, 2, 3]),
    );
    cases.push(conv(&[2, 4, 6, 6], &[6, 2, 3, 3]).int("group", 2));
    cases.push(conv(&[2, 4, 6, 6], &[4, 1, 3, 3]).int("group", 4).weights(&[4]));
    cases.push(conv(&[2, 3, 12], &[5, 3, 4]).ints("pads", &[3, 0]).ints("strides", &[2]));
    cases.push(conv(&[1, 2, 5, 6], &[3, 2, 2, 2]).ints("pads", &[0, 1, 1, 2]));
    let pool = |x: &[usize]| case("MaxPool", &[x]);
    cases.push(pool(&[2, 3, 6, 8]).ints("kernel_shape", &[2, 2]).ints("strides", &[2, 2]));
    cases.push(
        pool(&[1, 3, 7, 7])
            .ints("kernel_shape", &[3, 3])
            .ints("strides", &[2, 2])
            .ints("pads", &[1, 1, 1, 1]),
    );
    cases.push(pool(&[2, 3, 9]).ints("kernel_shape", &[3]).ints("strides", &[3]));
    cases.push(pool(&[2, 3, 9]).ints("kernel_shape", &[3]).ints("pads", &[1, 0]));

    cases.push(case("Gemm", &[&[3, 4]]).weights(&[4, 5]).weights(&[5]));
    cases.push(
        case("Gemm", &[&[3, 4]])
            .weights(&[5, 4])
            .weights(&[5])
            .int("transB", 1)
            .float("alpha", 0.5)
            .float("beta", 2.0),
    );
    cases.push(case("Gemm", &[&[4, 3]]).weights(&[4, 5]).int("transA", 1));
    for (a, b) in [
        (&[3, 4][..], &[4, 5][..]),
        (&[2, 3, 4], &[4, 5]),
        (&[2, 3, 4], &[2, 4, 5]),
        (&[3, 4], &[2, 4, 5]),
        (&[2, 1, 3, 4], &[3, 4, 2]),
    ] {
        cases.push(case("MatMul", &[a, b]));
        cases.push(case("MatMul", &[a]).weights(b));
    }
    let positive = |length: usize| Tensor::f32(&[length], (1..=length).map(|i| i as f32).collect());
    cases.push(
        case("BatchNormalization", &[&[2, 3, 4, 5]])
            .weights(&[3])
            .weights(&[3])
            .weights(&[3])
            .with(positive(3)),
    );
    cases.push(case("LayerNormalization", &[&[2, 3, 8]]).weights(&[8]).weights(&[8]));
    for axis in [0, 1, 2, -1] {
        cases.push(case("Softmax", &[&[2, 3, 4]]).int("axis", axis));
        cases.push(case("LogSoftmax", &[&[2, 3, 4]]).int("axis", axis));
    }
    cases.push(case("Softmax", &[&[2, 3, 4]]).opset(11));
    cases.push(case("ReduceSum", &[&[2, 3, 4]]).whole(&[1]).int("keepdims", 0));
    cases.push(case("ReduceSum", &[&[2, 3, 4]]).whole(&[0, 2]));
    cases.push(case("ReduceSum", &[&[2, 3, 4]]).whole(&[-1, 1]).int("keepdims", 0));
    let mean = |x: &[usize]| case("ReduceMean", &[x]);
    cases.push(mean(&[2, 3, 4]).ints("axes", &[1]));
    cases.push(mean(&[2, 3, 4, 2]).ints("axes", &[0, 2]).int("keepdims", 0));
    cases.push(mean(&[2, 3]));
    cases.push(case("Concat", &[&[2, 3, 4], &[2, 2, 4]]).int("axis", 1));
    cases.push(case("Concat", &[&[2, 3]]).weights(&[2, 2]).int("axis", -1));
    let slice = |x: &[usize]| case("Slice", &[x]);
    cases.push(slice(&[6, 7]).whole(&[1, 2]).whole(&[5, 100]).whole(&[0, 1]).whole(&[2, 1]));
    cases.push(slice(&[6, 7]).whole(&[-1]).whole(&[-6]).whole(&[1]).whole(&[-2]));
    cases.push(slice(&[6, 7]).whole(&[1]).whole(&[-1]));
    cases.push(case("Transpose", &[&[2, 3, 4, 5]]).ints("perm", &[2, 0, 3, 1]));
    cases.push(case("Transpose", &[&[2, 3]]));
    cases.push(case("Reshape", &[&[2, 3, 4]]).whole(&[0, -1]));
    cases.push(case("Flatten", &[&[2, 3, 4]]).int("axis", 2));
    cases.push(case("Unsqueeze", &[&[2, 4]]).whole(&[0, 2]));
    cases.push(case("Gather", &[&[5, 3]]).whole(&[4, 0, -1, 0]));
    cases.push(case("Gather", &[&[2, 5, 3]]).whole(&[1, 3]).int("axis", 1));
    cases.push(case("Gather", &[&[2, 5, 3]]).with(Tensor::i64(&[], vec![2])).int("axis", 1));
    cases
}

/// What tract says.
fn expected(case: &Case) -> Vec<Tensor> {
    let file = case.file();
    let network = TractNetwork::new(case.op, file).unwrap_or_else(|e| panic!("{}: {e}", case.op));
    network.answers(&case.inputs).unwrap_or_else(|e| panic!("{}: {e}", case.op))
}

/// Runs every operator on a device, alone and in a batch.
pub(in crate::network) fn try_all<D: Device>(device: &Arc<D>, tolerance: f32) {
    for (number, case) in all().iter().enumerate() {
        let name = format!("{} ({number})", case.op);
        let eager = Eager::new(&case.file(), device.clone());
        let eager = eager.unwrap_or_else(|reason| panic!("{name}: {reason}"));
        let request: Vec<&Tensor> = case.inputs.iter().map(|(_, tensor)| tensor).collect();
        let expected = expected(case);
        for batch in [1, 3] {
            let answers = match eager.run(&vec![request.clone(); batch]) {
                Ok(answers) => answers,
                Err(error) => panic!("{name}: {error:?}"),
            };
            assert_eq!(answers.len(), batch);
            for answer in answers {
                for (found, expected) in answer.iter().zip(&expected) {
                    let worst = off(found, expected);
                    assert!(worst < tolerance, "{name}, batch of {batch}: off by {worst}");
                }
            }
        }
    }
}

#[test]
fn operators_give_what_tract_gives() {
    try_all(&Arc::new(CpuDevice), 1e-5);
}

#[test]
fn what_is_not_known_is_refused_by_name() {
    let refused = |case: Case| match Eager::new(&case.file(), Arc::new(CpuDevice)) {
        Ok(_) => panic!("{} is taken", case.op),
        Err(reason) => reason,
    };
    assert_eq!(refused(case("Wobble", &[&[1]])), "the operator Wobble is not supported");
    assert_eq!(refused(case("LSTM", &[&[1]])), "the operator LSTM is not supported");
    assert_eq!(refused(case("GRU", &[&[1]])), "the operator GRU is not supported");
    let same = case("Conv", &[&[1, 1, 3, 3]]).weights(&[1, 1, 2, 2]).text("auto_pad", "SAME_UPPER");
    assert_eq!(refused(same), "Conv \"\": auto_pad SAME_UPPER is not supported");
}
