//! Softmax along the last axis.

use multiversion::multiversion;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::ops::nn::{Softmax, SoftmaxKind};

/// Shares of each row of the last axis, with an exponential for many numbers at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RowSoftmax {
    shape: TVec<usize>,
}

impl RowSoftmax {
    /// `None` if the node is nothing of the kind.
    pub fn of(model: &TypedModel, id: usize) -> TractResult<Option<RowSoftmax>> {
        let node = model.node(id);
        let Some(softmax) = node.op_as::<Softmax>() else { return Ok(None) };
        let input = model.outlet_fact(node.inputs[0])?;
        let Some(shape) = input.shape.as_concrete() else { return Ok(None) };
        let last = shape.len().checked_sub(1);
        let rows = last.is_some_and(|last| softmax.axes[..] == [last] && shape[last] > 0);
        let plain = softmax.quant_output_dt.is_none()
            && softmax.kind == SoftmaxKind::Softmax
            && input.datum_type == f32::datum_type();
        Ok((rows && plain).then(|| RowSoftmax { shape: shape.into() }))
    }
}

impl Op for RowSoftmax {
    fn name(&self) -> StaticName {
        "RowSoftmax".into()
    }

    op_as_typed_op!();
}

impl EvalOp for RowSoftmax {
    op_out_of_plan!();

    fn eval(&self, _ctx: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let mut values = args_1!(inputs).into_tensor();
        let width = self.shape.last().copied().unwrap_or(1);
        ensure!(values.shape() == &*self.shape, "softmax of another shape");
        softmax(values.try_as_plain_ram_mut()?.as_slice_mut::<f32>()?, width);
        Ok(tvec!(values.into_tvalue()))
    }
}

impl TypedOp for RowSoftmax {
    as_op!();

    fn output_facts(&self, _inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        Ok(tvec!(f32::fact(&self.shape)))
    }
}

/// Numbers that are worked out at once.
const LANES: usize = 16;

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2+fma"))]
fn softmax(values: &mut [f32], width: usize) {
    for row in values.chunks_exact_mut(width) {
        let greatest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sums = [0.0f32; LANES];
        let mut parts = row.chunks_exact_mut(LANES);
        for part in &mut parts {
            for lane in 0..LANES {
                part[lane] = exp(part[lane] - greatest);
                sums[lane] += part[lane];
            }
        }
        for (value, sum) in parts.into_remainder().iter_mut().zip(&mut sums) {
            *value = exp(*value - greatest);
            *sum += *value;
        }
        let share = 1.0 / sums.iter().sum::<f32>();
        row.iter_mut().for_each(|value| *value *= share);
    }
}

/// The exponential of a number that is not above 0, after Cephes' `expf`: with the power of two taken
/// out, a polynomial (relative error below 2e-7). It has no branches, so that many are worked out at once.
#[inline(always)]
fn exp(x: f32) -> f32 {
    /// Added to a number, it leaves the nearest whole number in the last bits.
    const ROUND: f32 = 12_582_912.0;
    // What is below would not be a normal number.
    let x = x.max(-87.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let power = shifted - ROUND;
    let rest = x - power * 0.693_359_4 + power * 2.121_944_4e-4;
    let mut polynomial = 1.987_569_1e-4;
    for coefficient in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        polynomial = polynomial * rest + coefficient;
    }
    let bits = shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127) << 23;
    (polynomial * rest * rest + rest + 1.0) * f32::from_bits(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_those_of_the_exponential() {
        for width in [1, 3, 16, 37, 96] {
            let values: Vec<f32> =
                (0..5 * width).map(|i| ((i * 7919) % 1009) as f32 / 25.0 - 30.0).collect();
            let mut found = values.clone();
            softmax(&mut found, width);
            for (values, found) in values.chunks(width).zip(found.chunks(width)) {
                let sum: f64 = values.iter().map(|&value| f64::from(value).exp()).sum();
                for (&value, &found) in values.iter().zip(found) {
                    let expected = f64::from(value).exp() / sum;
                    let error = (f64::from(found) - expected).abs() / expected;
                    assert!(error < 2e-6, "{width}: {value} gave {found}, not {expected}");
                }
            }
        }
    }

    #[test]
    fn what_is_far_below_gets_nothing() {
        let mut values = [0.0, f32::NEG_INFINITY, -200.0];
        softmax(&mut values, 3);
        assert!(values[0] == 1.0 && values[1..].iter().all(|&value| value < 1e-37), "{values:?}");
    }
}
