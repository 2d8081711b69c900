//! Who answers: a device that breaks, and the processor.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::network::Element;
use crate::network::eager::cpu::CpuDevice;
use crate::network::eager::device::{
    Axis, Binary, Conv, Copy, DeviceError, MatMul, Pair, Reduce, Unary,
};

const MLP: &[u8] = include_bytes!("../../../tests/golden/networks/mlp.onnx");

/// The plain device until it has been asked for so many products.
struct Fragile {
    products: AtomicUsize,
    lasts: usize,
    failed: OnceLock<String>,
}

type Done<T> = Result<T, DeviceError>;

impl Device for Fragile {
    type Buffer = Vec<f32>;

    fn matmul(&self, a: &Vec<f32>, b: &Vec<f32>, how: &MatMul) -> Done<Vec<f32>> {
        if self.products.fetch_add(1, Ordering::Relaxed) >= self.lasts {
            return Err(DeviceError("it fell off".to_owned()));
        }
        CpuDevice.matmul(a, b, how)
    }

    fn upload(&self, values: &[f32]) -> Done<Vec<f32>> {
        CpuDevice.upload(values)
    }

    fn download(&self, buffer: &Vec<f32>, length: usize) -> Done<Vec<f32>> {
        CpuDevice.download(buffer, length)
    }

    fn filled(&self, length: usize, value: f32) -> Done<Vec<f32>> {
        CpuDevice.filled(length, value)
    }

    fn empty(&self, length: usize) -> Done<Vec<f32>> {
        CpuDevice.empty(length)
    }

    fn copy(&self, from: &Vec<f32>, to: &mut Vec<f32>, how: &Copy) -> Done<()> {
        CpuDevice.copy(from, to, how)
    }

    fn gather(
        &self,
        from: &Vec<f32>,
        indices: &[u32],
        outer: usize,
        rows: usize,
        inner: usize,
    ) -> Done<Vec<f32>> {
        CpuDevice.gather(from, indices, outer, rows, inner)
    }

    fn unary(&self, op: Unary, x: &Vec<f32>, length: usize) -> Done<Vec<f32>> {
        CpuDevice.unary(op, x, length)
    }

    fn binary(&self, op: Binary, a: &Vec<f32>, b: &Vec<f32>, how: &Pair) -> Done<Vec<f32>> {
        CpuDevice.binary(op, a, b, how)
    }

    fn reduce(&self, op: Reduce, x: &Vec<f32>, axis: Axis) -> Done<Vec<f32>> {
        CpuDevice.reduce(op, x, axis)
    }

    fn softmax(&self, log: bool, x: &Vec<f32>, axis: Axis) -> Done<Vec<f32>> {
        CpuDevice.softmax(log, x, axis)
    }

    fn normalise(&self, x: &Vec<f32>, rows: usize, length: usize, epsilon: f32) -> Done<Vec<f32>> {
        CpuDevice.normalise(x, rows, length, epsilon)
    }

    fn conv(
        &self,
        x: &Vec<f32>,
        weights: &Vec<f32>,
        bias: Option<&Vec<f32>>,
        how: &Conv,
    ) -> Done<Vec<f32>> {
        CpuDevice.conv(x, weights, bias, how)
    }

    fn max_pool(&self, x: &Vec<f32>, how: &Conv) -> Done<Vec<f32>> {
        CpuDevice.max_pool(x, how)
    }
}

impl Accelerator for Fragile {
    fn fail(&self, reason: &str) {
        let _ = self.failed.set(reason.to_owned());
    }

    fn failure(&self) -> Option<&str> {
        self.failed.get().map(String::as_str)
    }
}

fn offloaded(backend: Backend, lasts: usize) -> (Offloaded<Fragile>, Arc<Fragile>) {
    let device =
        Arc::new(Fragile { products: AtomicUsize::new(0), lasts, failed: OnceLock::new() });
    let file = OnnxFile::read("mlp.onnx", MLP).unwrap();
    let eager = Eager::new(&file, device.clone()).unwrap();
    (Offloaded::new("mlp", file, backend, device.clone(), eager).unwrap(), device)
}

fn request(rows: usize) -> Vec<(&'static str, Tensor)> {
    vec![("features", Tensor::f32(&[rows, 5], (0..rows * 5).map(|i| i as f32 / 9.0).collect()))]
}

fn assert_near(found: &Outputs, expected: &Outputs) {
    for ((_, found), (_, expected)) in found.iter().zip(expected.iter()) {
        assert_eq!(found.shape(), expected.shape());
        let pairs = found.as_f32().unwrap().iter().zip(expected.as_f32().unwrap());
        assert!(pairs.map(|(a, b)| (a - b).abs()).all(|d| d < 1e-5));
    }
}

#[test]
fn a_device_that_breaks_is_asked_no_more() {
    let cpu = Backend::Cpu.load("mlp", MLP).unwrap();
    // Four products a request: broken at once, in the second, never.
    for (lasts, asked) in [(0, 1), (6, 7), (100, 12)] {
        let (network, device) = offloaded(Backend::Cuda, lasts);
        for rows in [3, 3, 5] {
            assert_near(&network.run(&request(rows)).unwrap(), &cpu.run(&request(rows)).unwrap());
        }
        assert_eq!(device.products.load(Ordering::Relaxed), asked);
        assert_eq!(device.failure().is_some(), lasts < 12);
        assert_eq!(network.batch() > 1, lasts >= 12);
    }
}

#[test]
fn requests_of_any_shapes_are_answered_in_order() {
    let cpu = Backend::Cpu.load("mlp", MLP).unwrap();
    for lasts in [0, 5, 100] {
        let (network, _) = offloaded(Backend::Cuda, lasts);
        let requests: Vec<_> = [2, 2, 7, 2, 7, 7].map(request).to_vec();
        let answers = network.run_batch(&requests).unwrap();
        assert_eq!(answers.len(), requests.len());
        for (request, found) in requests.iter().zip(&answers) {
            assert_near(found, &cpu.run(request).unwrap());
        }
    }
    let (network, device) = offloaded(Backend::Cuda, 100);
    network.run_batch(&vec![request(2); 50]).unwrap();
    assert_eq!(device.products.load(Ordering::Relaxed), 4, "one walk for all");
}

#[test]
fn little_work_stays_on_the_processor_where_there_is_a_choice() {
    let (network, device) = offloaded(Backend::Auto, 100);
    network.run(&request(3)).unwrap();
    network.prepare(&[("features", &[3, 5])]).unwrap();
    assert_eq!(device.products.load(Ordering::Relaxed), 0);
    // About 400 multiplications a row.
    network.run(&request(100_000)).unwrap();
    assert_eq!(device.products.load(Ordering::Relaxed), 4);
}

#[test]
fn a_wrong_request_is_no_failure_of_the_device() {
    let (network, device) = offloaded(Backend::Cuda, 100);
    let wrong = [("features", Tensor::i64(&[1, 5], vec![0; 5]))];
    assert!(matches!(network.run(&wrong), Err(NetworkError::Input { .. })));
    assert!(network.run_batch(&[wrong.to_vec()]).is_err());
    assert_eq!(device.failure(), None);
    assert_eq!(network.inputs()[0].element, Element::F32);
}
