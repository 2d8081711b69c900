//! A look whether the GPU calculates: some of everything that networks need, against the processor.

use std::sync::Arc;

use crate::network::eager::cpu::CpuDevice;
use crate::network::eager::device::{
    Axis, Binary, Conv, Copy, Device, DeviceError, MatMul, Pair, Reduce, Unary,
};

/// What may be between GPU and processor, as a share of the largest number.
const TOLERANCE: f32 = 1e-4;

/// # Errors
/// What failed, or that the numbers are wrong.
pub(super) fn check(gpu: &impl Device) -> Result<(), DeviceError> {
    let (found, expected) = (sample(gpu)?, sample(&CpuDevice)?);
    let largest = expected.iter().fold(0.0_f32, |largest, x| largest.max(x.abs()));
    let near = |(a, b): (&f32, &f32)| (a - b).abs() <= TOLERANCE * largest;
    if found.len() == expected.len() && found.iter().zip(&expected).all(near) {
        Ok(())
    } else {
        Err(DeviceError("the GPU does not calculate what the processor does".to_owned()))
    }
}

/// A network of its own: convolution, activations, copy, arithmetic, product, softmax, reduction.
fn sample<D: Device>(device: &D) -> Result<Vec<f32>, DeviceError> {
    const BATCH: usize = 2;
    const CHANNELS: usize = 3;
    const MAPS: usize = 4;
    const SIDE: usize = 8;
    const PLACES: usize = SIDE * SIDE;
    // Numbers without a pattern that a wrong stride could hide behind.
    let numbers = |length: usize, seed: f32| -> Vec<f32> {
        (0..length).map(|i| ((i as f32 + seed) * 0.7).sin()).collect()
    };
    let x = device.upload(&numbers(BATCH * CHANNELS * PLACES, 0.0))?;
    let weights = device.upload(&numbers(MAPS * CHANNELS * 9, 0.3))?;
    let bias = device.upload(&numbers(MAPS, 0.6))?;
    let how = Conv {
        batch: BATCH,
        channels: CHANNELS,
        maps: MAPS,
        groups: 1,
        input: [SIDE; 2],
        kernel: [3; 2],
        stride: [1; 2],
        dilation: [2; 2],
        padding: [2; 2],
        output: [SIDE; 2],
    };
    let length = BATCH * MAPS * PLACES;
    let x = device.conv(&x, &weights, Some(&bias), &how)?;
    let x = device.unary(Unary::Relu, &x, length)?;
    // Channels last.
    let mut turned = device.empty(length)?;
    let turn = Copy {
        dims: vec![BATCH, PLACES, MAPS],
        from_offset: 0,
        from_strides: vec![(MAPS * PLACES) as isize, 1, PLACES as isize],
        to_offset: 0,
        to_strides: vec![(MAPS * PLACES) as isize, MAPS as isize, 1],
    };
    device.copy(&x, &mut turned, &turn)?;
    let pair = Pair {
        dims: vec![BATCH * PLACES, MAPS],
        a_strides: vec![MAPS as isize, 1],
        b_strides: vec![0, 1],
    };
    let x = device.binary(Binary::Mul, &turned, &bias, &pair)?;
    let x = device.unary(Unary::Tanh, &x, length)?;
    let x = device.unary(Unary::Erf, &x, length)?;
    let matrix = device.upload(&numbers(5 * MAPS, 0.9))?;
    let product = MatMul {
        batch: 1,
        m: BATCH * PLACES,
        k: MAPS,
        n: 5,
        a_transposed: false,
        b_transposed: true,
        a_shared: false,
        b_shared: true,
    };
    let x = device.matmul(&x, &matrix, &product)?;
    let x = device.softmax(true, &x, Axis { outer: BATCH * PLACES, length: 5, inner: 1 })?;
    let x = device.gather(&x, &[3, 0, 3], BATCH, PLACES, 5)?;
    let x = device.reduce(Reduce::Mean, &x, Axis { outer: BATCH, length: 3, inner: 5 })?;
    device.download(&x, BATCH * 5)
}

/// Opens what `open` opens, and looks whether it calculates.
pub(super) fn checked<D: Device>(device: D) -> Result<Arc<D>, DeviceError> {
    check(&device)?;
    Ok(Arc::new(device))
}
