//! The greatest of every few neighbours along the last axis.
//!
//! tract looks up the neighbours of each output; where they are the next numbers of a row, that takes
//! ten times as long as to read them.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::ops::cnn::MaxPool;

/// Max pooling of whole groups of neighbours, none of them in two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RowMaxPool {
    /// Neighbours of a group, and numbers of a row.
    group: usize,
    width: usize,
    shape: TVec<usize>,
}

impl RowMaxPool {
    /// `None` if the node is nothing of the kind.
    pub fn of(model: &TypedModel, id: usize) -> TractResult<Option<RowMaxPool>> {
        let node = model.node(id);
        let Some(op) = node.op_as::<MaxPool>() else { return Ok(None) };
        let pool = &op.pool_spec;
        let input = model.outlet_fact(node.inputs[0])?;
        let (Some(shape), Some(output)) =
            (input.shape.as_concrete(), node.outputs[0].fact.shape.as_concrete())
        else {
            return Ok(None);
        };
        let data = pool.data_format.shape(shape)?;
        let (Some(&width), Some((&group, others))) =
            (data.hw_dims().last(), pool.kernel_shape.split_last())
        else {
            return Ok(None);
        };
        let mut unit = vec![1; others.len()];
        unit.push(group);
        let plain = op.with_index_outputs.is_none()
            && input.datum_type == f32::datum_type()
            && data.c_axis() < data.h_axis()
            && others.iter().all(|&size| size == 1)
            && *pool.strides() == *unit
            && pool.dilations().iter().all(|&dilation| dilation == 1)
            && pool
                .computed_padding(data.hw_dims())
                .iter()
                .all(|padding| (padding.pad_before, padding.pad_after) == (0, 0))
            && (1..=width).contains(&group);
        Ok(plain.then(|| RowMaxPool { group, width, shape: output.into() }))
    }
}

impl Op for RowMaxPool {
    fn name(&self) -> StaticName {
        "RowMaxPool".into()
    }

    op_as_typed_op!();
}

impl EvalOp for RowMaxPool {
    op_out_of_plan!();

    fn eval(&self, _ctx: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let input = args_1!(inputs);
        let values = input.try_as_plain_ram()?.as_slice::<f32>()?;
        let count = self.width / self.group;
        let size = self.shape.iter().product::<usize>();
        ensure!(values.len() * count == size * self.width, "max pooling of another shape");
        let mut greatest = Vec::with_capacity(size);
        for row in values.chunks_exact(self.width) {
            match self.group {
                2 => greatest.extend(row.as_chunks::<2>().0.iter().map(|[a, b]| a.max(*b))),
                group => greatest.extend(
                    row.chunks_exact(group)
                        .map(|group| group.iter().copied().fold(f32::NEG_INFINITY, f32::max)),
                ),
            }
        }
        Ok(tvec!(Tensor::from_shape(&self.shape, &greatest)?.into_tvalue()))
    }
}

impl TypedOp for RowMaxPool {
    as_op!();

    fn output_facts(&self, _inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        Ok(tvec!(f32::fact(&self.shape)))
    }
}
