//! Dense layers: rows of numbers times constant weights.

use std::mem::take;
use std::sync::Arc;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::ops::einsum::EinSum;

use super::graph::{constant, numbers, sum_behind};
use super::scratch::with_scratch;
use super::tile::{Filter, Simd, Windows};

/// Units that are worked out together: no more than a tile has columns.
const PANEL: usize = 32;

/// `[rows, features]` to `[rows, units]`.
#[derive(Clone, Debug)]
pub(super) struct Dense {
    simd: Simd,
    rows: usize,
    features: usize,
    units: usize,
    /// `[panels, features + 1, PANEL]`, of the units of a panel the weights, then what is added: lines that
    /// follow each other lie in the cache together, whatever the number of units.
    weights: Arc<Vec<f32>>,
    /// Where each line of a panel begins.
    offsets: Vec<usize>,
    /// What is less becomes this.
    pub floor: f32,
}

impl PartialEq for Dense {
    /// Whether it is the same, not only alike.
    fn eq(&self, other: &Dense) -> bool {
        Arc::ptr_eq(&self.weights, &other.weights) && self.floor == other.floor
    }
}

impl Eq for Dense {}

impl Dense {
    /// With the node that it ends at, since a sum may follow. `None` if the node is nothing of the kind.
    pub fn of(model: &TypedModel, id: usize) -> TractResult<Option<(Dense, usize)>> {
        let node = model.node(id);
        let Some(product) = node.op_as::<EinSum>() else { return Ok(None) };
        let across = match &*product.axes.to_string() {
            "mk,nk->mn" => true,
            "mk,kn->mn" => false,
            _ => return Ok(None),
        };
        let input = model.outlet_fact(node.inputs[0])?;
        let (Some(&[rows, features]), Some(weights)) =
            (input.shape.as_concrete(), constant(model, node, 1))
        else {
            return Ok(None);
        };
        let single = f32::datum_type();
        if product.q_params.is_some()
            || input.datum_type != single
            || product.operating_dt != single
            || weights.datum_type() != single
            || weights.rank() != 2
        {
            return Ok(None);
        }
        let units = weights.shape()[usize::from(!across)];
        let weights = numbers(&weights)?;
        if rows * features * units == 0 || weights.len() != features * units {
            return Ok(None);
        }
        let (mut last, mut bias) = (id, vec![0.0; units]);
        if let Some((sum, value)) = sum_behind(model, id)? {
            // One number for each unit, the same for all rows.
            if value.len() == units && value.shape().last() == Some(&units) {
                (last, bias) = (sum, numbers(&value)?);
            }
        }
        let panels = units.div_ceil(PANEL);
        let mut lines = vec![0.0; panels * (features + 1) * PANEL];
        for (place, value) in lines.iter_mut().enumerate() {
            let (line, panel) = (place / PANEL % (features + 1), place / PANEL / (features + 1));
            let unit = panel * PANEL + place % PANEL;
            if unit < units {
                *value = match line {
                    _ if line == features => bias[unit],
                    feature if across => weights[unit * features + feature],
                    feature => weights[feature * units + unit],
                };
            }
        }
        let dense = Dense {
            simd: Simd::detect(),
            rows,
            features,
            units,
            weights: Arc::new(lines),
            offsets: (0..=features).map(|line| line * PANEL).collect(),
            floor: f32::NEG_INFINITY,
        };
        Ok(Some((dense, last)))
    }
}

impl Op for Dense {
    fn name(&self) -> StaticName {
        "Dense".into()
    }

    op_as_typed_op!();
}

impl EvalOp for Dense {
    op_out_of_plan!();

    fn eval(&self, _ctx: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let input = args_1!(inputs);
        let input = input.try_as_plain_ram()?.as_slice::<f32>()?;
        ensure!(input.len() == self.rows * self.features, "dense layer of another shape");
        // SAFETY: the filter has every row and unit written.
        let mut output = unsafe { Tensor::uninitialized::<f32>(&[self.rows, self.units])? };
        let mut plain = output.try_as_plain_ram_mut()?;
        let numbers = plain.as_slice_mut::<f32>()?;
        with_scratch(|[room, _]| {
            // The rows of the input take the place of weights: they are few, and are packed anew each time.
            let none = vec![0.0; self.rows];
            let filter = Filter::new(self.simd, input, none, Some(1.0), take(room));
            let panels = self.weights.chunks_exact((self.features + 1) * PANEL);
            for (first, panel) in (0..self.units).step_by(PANEL).zip(panels) {
                filter.apply(&mut Windows {
                    input: panel,
                    offsets: &self.offsets,
                    columns: PANEL.min(self.units - first),
                    floor: self.floor,
                    output: &mut numbers[first..],
                    stride: self.units,
                });
            }
            *room = filter.into_room();
        });
        Ok(tvec!(output.into_tvalue()))
    }
}

impl TypedOp for Dense {
    as_op!();

    fn output_facts(&self, _inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        Ok(tvec!(f32::fact([self.rows, self.units])))
    }
}
