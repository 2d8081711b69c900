//! One run of each network, with its plan in the cache: `cargo bench --bench network`.
//!
//! Takes every `models/*.onnx`, or the test networks while there are none. A free dim gets the size
//! `DRUMLIN_BENCH_SIZE` (96 unless set: the bars of a song), except for a free first dim, the batch,
//! which gets 1. `reference_network.py` runs this and onnxruntime and prints the ratio.

use std::fs;
use std::path::{Path, PathBuf};

use criterion::{Criterion, criterion_group, criterion_main};
use drumlin::network::{Backend, Element, Port, Tensor};

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "onnx"))
        .collect();
    files.sort();
    files
}

fn filled(port: &Port, size: usize) -> Tensor {
    let dims = port.dims.iter().enumerate();
    let shape: Vec<usize> =
        dims.map(|(axis, dim)| dim.unwrap_or(if axis == 0 { 1 } else { size })).collect();
    let places = shape.iter().product();
    match port.element {
        Element::F32 => Tensor::f32(&shape, (0..places).map(|i| (i % 7) as f32 / 7.0).collect()),
        Element::I64 => Tensor::i64(&shape, vec![0; places]),
    }
}

fn networks(criterion: &mut Criterion) {
    let size = std::env::var("DRUMLIN_BENCH_SIZE").ok().and_then(|size| size.parse().ok());
    let mut paths = files("models");
    if paths.is_empty() {
        paths = files("tests/golden/networks");
    }
    let mut group = criterion.benchmark_group("network");
    for path in paths {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let network = fs::read(&path)
            .map_err(|error| error.to_string())
            .and_then(|bytes| Backend::Cpu.load(&name, &bytes).map_err(|error| error.to_string()))
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let inputs: Vec<(&str, Tensor)> = network
            .inputs()
            .iter()
            .map(|port| (port.name.as_str(), filled(port, size.unwrap_or(96))))
            .collect();
        group.bench_function(name.as_ref(), |bencher| {
            bencher.iter(|| network.run(&inputs).unwrap_or_else(|error| panic!("{error}")));
        });
    }
    group.finish();
}

criterion_group!(benches, networks);
criterion_main!(benches);
