//! Parity with onnxruntime on `tests/golden/networks`, and what broken files do.

use super::*;
use crate::network::{Backend, Tensor};
use proptest::prelude::*;
use serde_json::Value;

macro_rules! golden {
    ($name:literal) => {
        (
            $name,
            include_bytes!(concat!("../../../tests/golden/networks/", $name, ".onnx")).as_slice(),
            include_str!(concat!("../../../tests/golden/networks/", $name, ".json")),
        )
    };
}

const GOLDEN: [(&str, &[u8], &str); 4] =
    [golden!("conv"), golden!("mlp"), golden!("gather"), golden!("gru")];

fn open(name: &str, bytes: &[u8]) -> Result<Arc<dyn Network>, NetworkError> {
    Backend::Cpu.load(name, bytes)
}

fn tensor(value: &Value) -> Tensor {
    let values = value["values"].as_array().unwrap();
    let shape: Vec<usize> = serde_json::from_value(value["shape"].clone()).unwrap();
    match value["kind"].as_str().unwrap() {
        "i64" => Tensor::i64(&shape, values.iter().map(|v| v.as_i64().unwrap()).collect()),
        _ => Tensor::f32(&shape, values.iter().map(|v| v.as_f64().unwrap() as f32).collect()),
    }
}

fn tensors(value: &Value) -> Vec<(&str, Tensor)> {
    value.as_object().unwrap().iter().map(|(name, value)| (name.as_str(), tensor(value))).collect()
}

#[test]
fn answers_are_onnxruntimes() {
    for (name, bytes, golden) in GOLDEN {
        let network = open(name, bytes).unwrap();
        let golden: Vec<Value> = serde_json::from_str(golden).unwrap();
        // Twice round: the second time every plan comes from the cache.
        for run in golden.iter().chain(&golden) {
            let outputs = network.run(&tensors(&run["inputs"])).unwrap();
            for (output, expected) in tensors(&run["outputs"]) {
                let found = outputs.get(output).unwrap();
                assert_eq!(found.shape(), expected.shape());
                let pairs = found.as_f32().unwrap().iter().zip(expected.as_f32().unwrap());
                let worst = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(worst < 1e-5, "{name}: {output} is off by {worst}");
            }
        }
    }
}

#[test]
fn several_threads_share_a_network() {
    let (name, bytes, _) = GOLDEN[1];
    let network = open(name, bytes).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let network = &network;
            scope.spawn(move || {
                for rows in 1..8 {
                    let features = Tensor::f32(&[rows, 5], vec![thread as f32; rows * 5]);
                    let mut outputs = network.run(&[("features", features)]).unwrap();
                    let (shape, values) = outputs.take_f32("shares").unwrap();
                    assert_eq!(shape, [rows, 3]);
                    assert!(
                        values.chunks(3).all(|row| (row.iter().sum::<f32>() - 1.0).abs() < 1e-5)
                    );
                    assert!(outputs.take_f32("shares").is_err());
                }
            });
        }
    });
}

#[test]
fn wrong_inputs_are_named() {
    let network = open("gather", GOLDEN[2].1).unwrap();
    let tokens = || ("tokens", Tensor::i64(&[1, 2], vec![1, 2]));
    let features =
        |shape: &[usize]| ("features", Tensor::f32(shape, vec![0.0; shape.iter().product()]));
    let error = |inputs: &[_]| network.run(inputs).unwrap_err().to_string();
    let is = |found: String, reason| {
        assert_eq!(found, format!("input to network \"gather\": {reason}"));
    };
    is(error(&[tokens()]), "\"features\" is missing");
    is(error(&[tokens(), features(&[1, 2, 2]), ("x", features(&[1]).1)]), "there is no \"x\"");
    is(
        error(&[tokens(), features(&[1, 2, 3])]),
        "\"features\" has shape [1, 2, 3], expected [1, ?, 2]",
    );
    is(
        error(&[("tokens", features(&[1, 2]).1), features(&[1, 2, 2])]),
        "\"tokens\" holds f32, expected i64",
    );
    // Each fits on its own, but not with the other; a token outside the table.
    assert!(error(&[tokens(), features(&[1, 3, 2])]).starts_with("network \"gather\" failed"));
    let outside = ("tokens", Tensor::i64(&[1, 2], vec![1, 99]));
    assert!(error(&[outside, features(&[1, 2, 2])]).starts_with("network \"gather\" failed"));
}

#[test]
fn broken_graphs_are_errors() {
    let broken = |change: fn(&mut tract_onnx::pb::GraphProto)| {
        let mut file = OnnxFile::read("mlp.onnx", GOLDEN[1].1).unwrap();
        change(file.proto.graph.as_mut().unwrap());
        Backend::Cpu.open("mlp", file, None).err().expect("the graph is broken").to_string()
    };
    assert_eq!(
        broken(|graph| graph.node[0].op_type = "Wobble".into()),
        "mlp.onnx is not a usable ONNX network: the operator Wobble is not supported"
    );
    assert!(broken(|graph| _ = graph.node.pop()).contains("broken"));
    assert!(broken(|graph| _ = graph.initializer.pop()).contains("Could not resolve inputs"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_a_network_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = open("random", &bytes);
    }

    #[test]
    fn truncated_files_are_errors(which in 0usize..4, share in 0.0f64..1.0) {
        let (name, bytes, _) = GOLDEN[which];
        let kept = &bytes[..(bytes.len() as f64 * share) as usize];
        prop_assert!(open(name, kept).is_err());
    }

    #[test]
    fn damaged_files_are_networks_or_errors(
        which in 0usize..4,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let (name, bytes, _) = GOLDEN[which];
        let mut bytes = bytes.to_vec();
        for (at, value) in damage {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let _ = open(name, &bytes);
    }
}
