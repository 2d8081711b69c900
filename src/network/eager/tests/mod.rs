//! The walk over a plain device against onnxruntime's answers and against tract, and what single
//! operators do.

use std::sync::Arc;

pub(in crate::network) mod operators;

use super::cpu::CpuDevice;
use super::*;
use crate::network::{Backend, Network};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value as Json;

macro_rules! golden {
    ($name:literal) => {
        (
            $name,
            include_bytes!(concat!("../../../../tests/golden/networks/", $name, ".onnx"))
                .as_slice(),
            include_str!(concat!("../../../../tests/golden/networks/", $name, ".json")),
        )
    };
}

const GOLDEN: [(&str, &[u8], &str); 3] = [golden!("conv"), golden!("mlp"), golden!("gather")];

fn eager(name: &str, bytes: &[u8]) -> (OnnxFile, Eager<CpuDevice>) {
    let file = OnnxFile::read(name, bytes).unwrap();
    let eager = Eager::new(&file, Arc::new(CpuDevice)).unwrap_or_else(|reason| panic!("{reason}"));
    (file, eager)
}

fn tensor(value: &Json) -> Tensor {
    let values = value["values"].as_array().unwrap();
    let shape: Vec<usize> = serde_json::from_value(value["shape"].clone()).unwrap();
    match value["kind"].as_str().unwrap() {
        "i64" => Tensor::i64(&shape, values.iter().map(|v| v.as_i64().unwrap()).collect()),
        _ => Tensor::f32(&shape, values.iter().map(|v| v.as_f64().unwrap() as f32).collect()),
    }
}

/// The largest difference, as a share of the largest number.
fn off(found: &Tensor, expected: &Tensor) -> f32 {
    assert_eq!(found.shape(), expected.shape());
    let (Some(found), Some(expected)) = (found.as_f32(), expected.as_f32()) else {
        assert_eq!(found.as_i64(), expected.as_i64());
        return 0.0;
    };
    let largest = expected.iter().fold(1e-6_f32, |largest, x| largest.max(x.abs()));
    let differences = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
    let worst = differences.fold(0.0, |worst: f32, d| if d.is_nan() { d } else { worst.max(d) });
    worst / largest
}

#[test]
fn answers_are_onnxruntimes() {
    for (name, bytes, golden) in GOLDEN {
        let (file, eager) = eager(name, bytes);
        let golden: Vec<Json> = serde_json::from_str(golden).unwrap();
        // Twice round: the second time every plan is there.
        for run in golden.iter().chain(&golden) {
            let inputs: Vec<Tensor> =
                file.inputs.iter().map(|port| tensor(&run["inputs"][&port.name])).collect();
            let answers = eager.run(&[inputs.iter().collect()]).unwrap();
            for (port, found) in file.outputs.iter().zip(&answers[0]) {
                let worst = off(found, &tensor(&run["outputs"][&port.name]));
                assert!(worst < 1e-5, "{name}: {} is off by {worst}", port.name);
            }
        }
    }
}

/// Random inputs of a network of ours, for a song of some bars.
fn random_inputs(ports: &[Port], bars: usize, rng: &mut ChaCha8Rng) -> Vec<Tensor> {
    let fill = |port: &Port| {
        let shape: Vec<usize> = port.dims.iter().map(|dim| dim.unwrap_or(bars)).collect();
        let places = shape.iter().product();
        match port.element {
            Element::F32 => {
                Tensor::f32(&shape, (0..places).map(|_| rng.random_range(-1.0..1.0)).collect())
            }
            Element::I64 => {
                Tensor::i64(&shape, (0..places).map(|_| rng.random_range(0..bars as i64)).collect())
            }
        }
    };
    ports.iter().map(fill).collect()
}

fn by_tract(network: &dyn Network, inputs: &[Tensor]) -> Vec<Tensor> {
    let ports = network.inputs().iter().map(|port| port.name.as_str());
    let named: Vec<(&str, Tensor)> = ports.zip(inputs.iter().cloned()).collect();
    network.run(&named).unwrap().iter().map(|(_, tensor)| tensor.clone()).collect()
}

/// The networks that Drumlin comes with, by name.
fn shipped() -> Vec<(String, Vec<u8>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/models");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut networks: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "onnx"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read(&path).unwrap())
        })
        .collect();
    networks.sort();
    assert!(networks.len() >= 8, "some networks are missing");
    networks
}

/// Those that answer noise. The composers' rows are shares and counts: of noise they make no numbers.
fn shipped_for_noise() -> impl Iterator<Item = (String, Vec<u8>)> {
    shipped().into_iter().filter(|(name, _)| !name.starts_with("composer"))
}

#[test]
fn our_networks_are_planned() {
    for (name, bytes) in shipped() {
        let (file, eager) = eager(&name, &bytes);
        let dims = |port: &Port| port.dims.iter().map(|dim| dim.unwrap_or(8)).collect();
        let shapes: Shapes = file.inputs.iter().map(dims).collect();
        let work = eager.work(&shapes).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert!(work > 0, "{name} is no work");
    }
}

#[test]
fn our_networks_give_what_tract_gives() {
    for (name, bytes) in shipped_for_noise() {
        // Each has noise of its own, whatever other networks there are.
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let (file, eager) = eager(&name, &bytes);
        let tract = Backend::Cpu.load(&name, &bytes).unwrap();
        for bars in [5, 8, 8, 13] {
            let inputs = random_inputs(&file.inputs, bars, &mut rng);
            let found = &eager.run(&[inputs.iter().collect()]).unwrap()[0];
            for ((found, expected), port) in
                found.iter().zip(by_tract(&*tract, &inputs)).zip(&file.outputs)
            {
                let worst = off(found, &expected);
                assert!(worst < 2e-5, "{} of {name}: off by {worst}", port.name);
            }
        }
    }
}

#[test]
fn a_batch_is_answered_as_its_requests_are() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let golden = GOLDEN.map(|(name, bytes, _)| (name.to_owned(), bytes.to_vec()));
    for (name, bytes) in shipped_for_noise().chain(golden) {
        let (file, eager) = eager(&name, &bytes);
        let requests: Vec<Vec<Tensor>> =
            (0..3).map(|_| random_inputs(&file.inputs, 8, &mut rng)).collect();
        let requests: Vec<Vec<&Tensor>> =
            requests.iter().map(|request| request.iter().collect()).collect();
        let together = eager.run(&requests).unwrap();
        for (request, together) in requests.iter().zip(&together) {
            let alone = &eager.run(std::slice::from_ref(request)).unwrap()[0];
            for (found, expected) in together.iter().zip(alone) {
                let worst = off(found, expected);
                assert!(worst < 1e-5, "{name}: off by {worst}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damaged_files_are_answered_or_refused(
        which in 0..GOLDEN.len(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let (name, bytes, golden) = GOLDEN[which];
        let mut bytes = bytes.to_vec();
        for (at, value) in damage {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let golden: Vec<Json> = serde_json::from_str(golden).unwrap();
        if let Ok(file) = OnnxFile::read(name, &bytes)
            && let Ok(eager) = Eager::new(&file, Arc::new(CpuDevice))
        {
            let inputs = golden[0]["inputs"].as_object().unwrap();
            let inputs: Vec<Tensor> = inputs.values().map(tensor).collect();
            // Ports that the damage renamed or retyped are the caller's to check.
            if file.inputs.iter().map(|port| port.element).eq(inputs.iter().map(Tensor::element)) {
                let _ = eager.run(&[inputs.iter().collect()]);
            }
        }
    }
}
