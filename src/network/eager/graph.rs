//! A graph made ready for the walk: names as numbers, operators with their settings read and checked.
//!
//! Operators: <https://github.com/onnx/onnx/blob/main/docs/Operators.md>. What is not known is
//! refused here, before anything runs.

use std::collections::{HashMap, HashSet};

use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{AttributeProto, ModelProto, NodeProto, TensorProto};

use super::device::{Binary, Reduce, Unary};
use crate::network::Tensor;

/// A value of the graph: an input, a constant or what a node makes.
pub(super) type Id = usize;

pub(super) struct Graph {
    pub nodes: Vec<Node>,
    pub constants: HashMap<Id, Tensor>,
    /// In the order that was asked for.
    pub inputs: Vec<Id>,
    pub outputs: Vec<Id>,
    /// How many values there are.
    pub values: usize,
}

pub(super) struct Node {
    pub op: Op,
    /// For messages.
    pub kind: String,
    /// `None` where an optional input is left out.
    pub inputs: Vec<Option<Id>>,
    pub outputs: Vec<Option<Id>>,
    /// Values that nobody needs after this node.
    pub done: Vec<Id>,
}

/// What a node does. Settings that newer operator sets take as inputs are read from there when they
/// are `None` here.
#[derive(Clone, Debug)]
pub(super) enum Op {
    Unary(Unary),
    Binary(Binary),
    Clip {
        low: Option<f32>,
        high: Option<f32>,
    },
    Conv(Window),
    MaxPool(Window),
    Gemm {
        alpha: f32,
        beta: f32,
        a_transposed: bool,
        b_transposed: bool,
    },
    MatMul,
    /// `epsilon` of the variance.
    BatchNorm(f32),
    LayerNorm {
        axis: i64,
        epsilon: f32,
    },
    /// `flat` before operator set 13: over all axes from there on.
    Softmax {
        log: bool,
        axis: i64,
        flat: bool,
    },
    Reduce {
        op: Reduce,
        axes: Option<Vec<i64>>,
        keep: bool,
        none_is_all: bool,
    },
    Concat(i64),
    Slice {
        starts: Option<Vec<i64>>,
        ends: Vec<i64>,
        axes: Option<Vec<i64>>,
    },
    Transpose(Option<Vec<i64>>),
    Reshape {
        zero_is_zero: bool,
    },
    Flatten(i64),
    Unsqueeze(Option<Vec<i64>>),
    Gather(i64),
    Shape {
        start: i64,
        end: Option<i64>,
    },
    Identity,
}

/// A kernel that runs over one or two axes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// `None` where the weights say it.
    pub kernel: Option<Vec<usize>>,
    pub strides: Option<Vec<usize>>,
    pub dilations: Option<Vec<usize>>,
    /// Before all axes, then behind all.
    pub pads: Option<Vec<usize>>,
    pub groups: usize,
}

impl Graph {
    /// `inputs` and `outputs` are the names, in the order wanted.
    ///
    /// # Errors
    /// A reason: an operator or a setting is not known, or the graph is broken.
    pub fn new(proto: &ModelProto, inputs: &[&str], outputs: &[&str]) -> Result<Graph, String> {
        let graph = proto.graph.as_ref().ok_or("it holds no graph")?;
        let standard = |domain: &str| domain.is_empty() || domain == "ai.onnx";
        let opset = proto.opset_import.iter().find(|import| standard(&import.domain));
        let opset = opset.map_or(1, |import| import.version);
        let unknown = graph.node.iter().find(|node| {
            !standard(&node.domain)
                || (node.op_type != "Constant" && op(node, opset).is_ok_and(|op| op.is_none()))
        });
        if let Some(node) = unknown {
            return Err(format!("the operator {} is not supported", node.op_type));
        }
        let mut names = Names::default();
        let mut constants = HashMap::new();
        for weights in &graph.initializer {
            constants.insert(names.define(&weights.name)?, tensor(weights)?);
        }
        let mut sources = Vec::new();
        for name in inputs {
            sources.push(names.define(name)?);
        }
        let mut nodes = Vec::new();
        for node in &graph.node {
            let wrap = |reason| format!("{} \"{}\": {reason}", node.op_type, node.name);
            let used = node.input.iter().map(|name| names.find(name)).collect::<Result<_, _>>()?;
            let mut made = Vec::new();
            for name in &node.output {
                made.push(if name.is_empty() { None } else { Some(names.define(name)?) });
            }
            if node.op_type == "Constant" {
                let id = made.first().copied().flatten().ok_or_else(|| wrap("no output".into()))?;
                constants.insert(id, constant(node).map_err(wrap)?);
                continue;
            }
            if let Some(op) = op(node, opset).map_err(wrap)? {
                let kind = node.op_type.clone();
                nodes.push(Node { op, kind, inputs: used, outputs: made, done: Vec::new() });
            }
        }
        let find = |name: &&str| names.find(name)?.ok_or_else(|| "an output has no name".into());
        let results = outputs.iter().map(find).collect::<Result<Vec<Id>, String>>()?;
        let mut graph =
            Graph { nodes, constants, inputs: sources, outputs: results, values: names.0.len() };
        graph.note_last_uses();
        Ok(graph)
    }

    fn note_last_uses(&mut self) {
        let mut needed: HashSet<Id> = self.outputs.iter().copied().collect();
        for node in self.nodes.iter_mut().rev() {
            let used = node.inputs.iter().chain(&node.outputs).flatten();
            node.done = used.copied().filter(|&id| needed.insert(id)).collect();
        }
    }
}

#[derive(Default)]
struct Names<'a>(HashMap<&'a str, Id>);

impl<'a> Names<'a> {
    fn define(&mut self, name: &'a str) -> Result<Id, String> {
        let id = self.0.len();
        match self.0.insert(name, id) {
            None => Ok(id),
            Some(_) => Err(format!("\"{name}\" is made twice")),
        }
    }

    fn find(&self, name: &str) -> Result<Option<Id>, String> {
        if name.is_empty() {
            return Ok(None);
        }
        let known = self.0.get(name).copied().map(Some);
        known.ok_or_else(|| format!("\"{name}\" is used before it is made"))
    }
}

/// A node's attributes.
struct Settings<'a>(&'a [AttributeProto]);

impl Settings<'_> {
    fn get(&self, name: &str) -> Option<&AttributeProto> {
        self.0.iter().find(|attribute| attribute.name == name)
    }

    fn int(&self, name: &str, default: i64) -> i64 {
        self.get(name).map_or(default, |attribute| attribute.i)
    }

    fn float(&self, name: &str, default: f32) -> f32 {
        self.get(name).map_or(default, |attribute| attribute.f)
    }

    fn ints(&self, name: &str) -> Option<Vec<i64>> {
        self.get(name).map(|attribute| attribute.ints.clone())
    }

    fn sizes(&self, name: &str) -> Result<Option<Vec<usize>>, String> {
        let sizes = self.ints(name).map(|ints| ints.into_iter().map(usize::try_from).collect());
        sizes.transpose().map_err(|_| format!("negative numbers in {name} are not supported"))
    }

    fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(|attribute| String::from_utf8_lossy(&attribute.s).into_owned())
    }

    /// That a setting, if there, has the one value that is known.
    fn must_be(&self, name: &str, known: i64) -> Result<(), String> {
        let found = self.int(name, known);
        if found == known { Ok(()) } else { Err(format!("{name} {found} is not supported")) }
    }

    fn window(&self) -> Result<Window, String> {
        match self.text("auto_pad").as_deref() {
            None | Some("NOTSET" | "VALID") => {}
            Some(other) => return Err(format!("auto_pad {other} is not supported")),
        }
        self.must_be("ceil_mode", 0)?;
        let groups = usize::try_from(self.int("group", 1)).unwrap_or(0);
        let window = Window {
            kernel: self.sizes("kernel_shape")?,
            strides: self.sizes("strides")?,
            dilations: self.sizes("dilations")?,
            pads: self.sizes("pads")?,
            groups,
        };
        let steps = window.strides.iter().chain(&window.dilations).chain(&window.kernel).flatten();
        if groups == 0 || steps.into_iter().any(|&step| step == 0) {
            return Err("a size is 0".to_owned());
        }
        Ok(window)
    }
}

/// `None` for an operator that is not known.
fn op(node: &NodeProto, opset: i64) -> Result<Option<Op>, String> {
    let set = Settings(&node.attribute);
    let reduce = |op| Op::Reduce {
        op,
        axes: set.ints("axes"),
        keep: set.int("keepdims", 1) != 0,
        none_is_all: set.int("noop_with_empty_axes", 0) == 0,
    };
    Ok(Some(match node.op_type.as_str() {
        "Relu" => Op::Unary(Unary::Relu),
        "Sigmoid" => Op::Unary(Unary::Sigmoid),
        "Tanh" => Op::Unary(Unary::Tanh),
        "Exp" => Op::Unary(Unary::Exp),
        "Log" => Op::Unary(Unary::Log),
        "Sqrt" => Op::Unary(Unary::Sqrt),
        "Erf" => Op::Unary(Unary::Erf),
        "Add" => Op::Binary(Binary::Add),
        "Sub" => Op::Binary(Binary::Sub),
        "Mul" => Op::Binary(Binary::Mul),
        "Div" => Op::Binary(Binary::Div),
        "Clip" => Op::Clip {
            low: set.get("min").map(|attribute| attribute.f),
            high: set.get("max").map(|attribute| attribute.f),
        },
        "Conv" => Op::Conv(set.window()?),
        "MaxPool" => {
            set.must_be("storage_order", 0)?;
            Op::MaxPool(set.window()?)
        }
        "Gemm" => Op::Gemm {
            alpha: set.float("alpha", 1.0),
            beta: set.float("beta", 1.0),
            a_transposed: set.int("transA", 0) != 0,
            b_transposed: set.int("transB", 0) != 0,
        },
        "MatMul" => Op::MatMul,
        "BatchNormalization" => {
            set.must_be("training_mode", 0)?;
            Op::BatchNorm(set.float("epsilon", 1e-5))
        }
        "LayerNormalization" => {
            Op::LayerNorm { axis: set.int("axis", -1), epsilon: set.float("epsilon", 1e-5) }
        }
        "Softmax" | "LogSoftmax" => {
            let flat = opset < 13;
            let axis = set.int("axis", if flat { 1 } else { -1 });
            Op::Softmax { log: node.op_type == "LogSoftmax", axis, flat }
        }
        "ReduceSum" => reduce(Reduce::Sum),
        "ReduceMean" => reduce(Reduce::Mean),
        "Concat" => Op::Concat(set.int("axis", 0)),
        "Slice" => Op::Slice {
            starts: set.ints("starts"),
            ends: set.ints("ends").unwrap_or_default(),
            axes: set.ints("axes"),
        },
        "Transpose" => Op::Transpose(set.ints("perm")),
        "Reshape" => Op::Reshape { zero_is_zero: set.int("allowzero", 0) != 0 },
        "Flatten" => Op::Flatten(set.int("axis", 1)),
        "Unsqueeze" => Op::Unsqueeze(set.ints("axes")),
        "Gather" => Op::Gather(set.int("axis", 0)),
        "Shape" => Op::Shape {
            start: set.int("start", 0),
            end: set.get("end").map(|attribute| attribute.i),
        },
        "Identity" | "Dropout" => Op::Identity,
        _ => return Ok(None),
    }))
}

fn constant(node: &NodeProto) -> Result<Tensor, String> {
    let set = Settings(&node.attribute);
    if let Some(value) = set.get("value").and_then(|attribute| attribute.t.as_ref()) {
        return tensor(value);
    }
    let found = node.attribute.first().ok_or("it has no value")?;
    Ok(match found.name.as_str() {
        "value_float" => Tensor::f32(&[], vec![found.f]),
        "value_floats" => Tensor::f32(&[found.floats.len()], found.floats.clone()),
        "value_int" => Tensor::i64(&[], vec![found.i]),
        "value_ints" => Tensor::i64(&[found.ints.len()], found.ints.clone()),
        other => return Err(format!("{other} is not supported")),
    })
}

/// Weights and constants. That there are as many values as the dims say was checked when the file was
/// read.
fn tensor(proto: &TensorProto) -> Result<Tensor, String> {
    let shape = proto.dims.iter().map(|&dim| usize::try_from(dim)).collect::<Result<Vec<_>, _>>();
    let shape = shape.map_err(|_| format!("\"{}\" has a negative dim", proto.name))?;
    let raw = &proto.raw_data;
    let whole: Vec<i64> = match DataType::try_from(proto.data_type) {
        Ok(DataType::Float) => {
            let values = if raw.is_empty() {
                proto.float_data.clone()
            } else {
                words(raw).map(f32::from_le_bytes).collect()
            };
            return sized(&shape, values, Tensor::f32);
        }
        Ok(DataType::Double) => {
            let values: Vec<f64> = if raw.is_empty() {
                proto.double_data.clone()
            } else {
                words(raw).map(f64::from_le_bytes).collect()
            };
            let values = values.into_iter().map(|value| value as f32).collect();
            return sized(&shape, values, Tensor::f32);
        }
        Ok(DataType::Int64) if raw.is_empty() => proto.int64_data.clone(),
        Ok(DataType::Int64) => words(raw).map(i64::from_le_bytes).collect(),
        Ok(DataType::Int32) if !raw.is_empty() => {
            words(raw).map(i32::from_le_bytes).map(i64::from).collect()
        }
        Ok(DataType::Bool) if !raw.is_empty() => raw.iter().map(|&byte| byte.into()).collect(),
        Ok(DataType::Int32 | DataType::Bool) => {
            proto.int32_data.iter().map(|&value| value.into()).collect()
        }
        _ => return Err(format!("\"{}\" is neither f32 nor i64", proto.name)),
    };
    sized(&shape, whole, Tensor::i64)
}

fn words<const N: usize>(raw: &[u8]) -> impl Iterator<Item = [u8; N]> {
    raw.as_chunks().0.iter().copied()
}

fn sized<T>(
    shape: &[usize],
    values: Vec<T>,
    make: fn(&[usize], Vec<T>) -> Tensor,
) -> Result<Tensor, String> {
    if shape.iter().product::<usize>() == values.len() {
        Ok(make(shape, values))
    } else {
        Err(format!("a constant of shape {shape:?} has {} values", values.len()))
    }
}
