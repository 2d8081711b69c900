//! Questions about the nodes of tract's graphs.

use std::sync::Arc;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::binary::TypedBinOp;
use tract_onnx::tract_core::ops::math::{Add, Max};

/// The constant that a node is given there.
pub(super) fn constant(model: &TypedModel, node: &TypedNode, slot: usize) -> Option<Arc<Tensor>> {
    model.outlet_fact(*node.inputs.get(slot)?).ok()?.konst.clone()
}

/// All numbers of a constant.
pub(super) fn numbers(constant: &Tensor) -> TractResult<Vec<f32>> {
    Ok(constant.cast_to::<f32>()?.to_plain_array_view::<f32>()?.iter().copied().collect())
}

/// The only node that reads this one's output, and as which of its inputs.
fn only_reader(model: &TypedModel, id: usize) -> TractResult<Option<InletId>> {
    match model.node(id).outputs[0].successors[..] {
        [reader] if !model.output_outlets()?.contains(&id.into()) => Ok(Some(reader)),
        _ => Ok(None),
    }
}

/// The node behind this one that adds a constant, and the constant, where the shape stays.
pub(super) fn sum_behind(
    model: &TypedModel,
    id: usize,
) -> TractResult<Option<(usize, Arc<Tensor>)>> {
    binary_behind(model, id, |op| op.0.is::<Add>())
}

/// The node that does nothing but to take what is less than 0 away from this one's output.
pub(super) fn rectifier_behind(model: &TypedModel, id: usize) -> TractResult<Option<usize>> {
    let found = binary_behind(model, id, |op| op.0.is::<Max>())?;
    let zero =
        |value: &Tensor| Ok::<_, TractError>(numbers(value)?.iter().all(|&value| value == 0.0));
    match found {
        Some((node, value)) if zero(&value)? => Ok(Some(node)),
        _ => Ok(None),
    }
}

fn binary_behind(
    model: &TypedModel,
    id: usize,
    is: impl Fn(&TypedBinOp) -> bool,
) -> TractResult<Option<(usize, Arc<Tensor>)>> {
    let Some(reader) = only_reader(model, id)? else { return Ok(None) };
    let node = model.node(reader.node);
    if !node.op_as::<TypedBinOp>().is_some_and(is) {
        return Ok(None);
    }
    let same = node.outputs[0].fact.shape == model.node(id).outputs[0].fact.shape;
    Ok(constant(model, node, 1 - reader.slot).filter(|_| same).map(|value| (node.id, value)))
}
