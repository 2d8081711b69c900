//! Puts our own operations in the place of those of tract that are slow for networks as small as ours.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::optim::Optimizer;

use super::conv::DirectConv;
use super::dense::Dense;
use super::graph::rectifier_behind;
use super::pool::RowMaxPool;
use super::product::BatchProduct;
use super::softmax::RowSoftmax;

/// Works on a graph as it was read, before tract takes convolutions and products apart.
pub(super) fn lower(model: &mut TypedModel) -> TractResult<()> {
    // Weights that are not yet constants.
    Optimizer::prop_consts().optimize(model)?;
    for id in 0..model.nodes().len() {
        let mut last = id;
        let op: Box<dyn TypedOp> = if let Some(mut conv) = DirectConv::of(model, id)? {
            if let Some(rectifier) = rectifier_behind(model, id)? {
                (conv.floor, last) = (0.0, rectifier);
            }
            Box::new(conv)
        } else if let Some((mut dense, sum)) = Dense::of(model, id)? {
            last = sum;
            if let Some(rectifier) = rectifier_behind(model, last)? {
                (dense.floor, last) = (0.0, rectifier);
            }
            Box::new(dense)
        } else if let Some(softmax) = RowSoftmax::of(model, id)? {
            Box::new(softmax)
        } else if let Some(pool) = RowMaxPool::of(model, id)? {
            Box::new(pool)
        } else {
            continue;
        };
        replace(model, id, last, op, 1)?;
    }
    model.compact()
}

/// Works on a graph from which tract has taken what only changes the order of axes.
pub(super) fn lower_products(model: &mut TypedModel) -> TractResult<()> {
    for id in 0..model.nodes().len() {
        if let Some(product) = BatchProduct::of(model, id)? {
            replace(model, id, id, Box::new(product), 2)?;
        }
    }
    model.compact()
}

/// Puts `op` in the place of the nodes from `first` to `last`, with the first `inputs` of the former.
fn replace(
    model: &mut TypedModel,
    first: usize,
    last: usize,
    op: Box<dyn TypedOp>,
    inputs: usize,
) -> TractResult<()> {
    let node = model.node(first);
    let mut patch = TypedModelPatch::new("for small networks");
    let taps = patch.taps(model, &node.inputs[..inputs])?;
    let wire = patch.wire_node(&node.name, op, &taps)?[0];
    patch.shunt_outside(model, last.into(), wire)?;
    patch.apply(model)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::tract::graph::numbers;
    use tract_onnx::tract_core::ops::cnn::{Conv, KernelFormat, MaxPool, PaddingSpec, PoolSpec};
    use tract_onnx::tract_core::ops::einsum::EinSum;
    use tract_onnx::tract_core::ops::math::{add, max};
    use tract_onnx::tract_core::ops::nn::DataFormat;

    struct Case {
        shape: &'static [usize],
        channels: usize,
        kernel: &'static [usize],
        dilations: &'static [usize],
        /// Zeros before and after, of each axis.
        before: &'static [usize],
        after: &'static [usize],
    }

    /// A convolution and a rectifier.
    fn model(case: &Case) -> TractResult<TypedModel> {
        let &Case { shape, channels, kernel, dilations, before, after } = case;
        let constant = |shape: &[usize]| {
            let count = shape.iter().product::<usize>();
            let values: Vec<f32> =
                (0..count).map(|i| ((i * 7919) % 1009) as f32 / 504.5 - 1.0).collect();
            Tensor::from_shape(shape, &values)
        };
        let mut model = TypedModel::default();
        let input = model.add_source("input", f32::fact(shape))?;
        let weights = [&[channels, shape[1]], kernel].concat();
        let weights = model.add_const("weights", constant(&weights)?)?;
        let bias = model.add_const("bias", constant(&[channels])?)?;
        let conv = Conv {
            pool_spec: PoolSpec {
                data_format: DataFormat::NCHW,
                kernel_shape: kernel.into(),
                padding: PaddingSpec::Explicit(before.into(), after.into()),
                dilations: Some(dilations.into()),
                strides: None,
                input_channels: shape[1],
                output_channels: channels,
            },
            kernel_fmt: KernelFormat::OIHW,
            group: 1,
            q_params: None,
        };
        let output = model.wire_node("conv", conv, &[input, weights, bias])?;
        let zero = Tensor::zero::<f32>(&vec![1; shape.len()])?;
        let zero = model.add_const("zero", zero)?;
        let output = model.wire_node("relu", max(), &[output[0], zero])?;
        model.select_output_outlets(&output)?;
        Ok(model)
    }

    #[test]
    fn convolutions_are_those_of_tract() {
        let case = |shape, channels, kernel, dilations, before, after| Case {
            shape,
            channels,
            kernel,
            dilations,
            before,
            after,
        };
        let cases = [
            case(&[1, 3, 9, 11], 5, &[3, 3], &[1, 1], &[1, 1], &[1, 1]),
            case(&[2, 4, 20, 37], 12, &[3, 3], &[4, 2], &[4, 2], &[4, 2]),
            case(&[2, 3, 40, 12], 7, &[3, 3], &[1, 1], &[1, 1], &[1, 1]),
            case(&[1, 5, 9, 24], 11, &[3, 3], &[2, 1], &[2, 1], &[2, 1]),
            case(&[1, 2, 12, 50], 3, &[2, 4], &[1, 1], &[1, 0], &[0, 3]),
            case(&[1, 24, 13, 13], 20, &[1, 1], &[1, 1], &[0, 0], &[0, 0]),
            case(&[3, 6, 70], 11, &[5], &[1], &[2], &[2]),
            case(&[1, 7, 40], 4, &[3], &[8], &[0], &[0]),
            case(&[2, 5, 3], 2, &[1], &[1], &[0], &[0]),
        ];
        for case in cases {
            let (given, shape) = (model(&case).unwrap(), case.shape);
            let mut ours = given.clone();
            lower(&mut ours).unwrap();
            assert!(ours.nodes().iter().any(|node| node.op_is::<DirectConv>()), "{shape:?}");
            assert_eq!(ours.nodes().len(), 2, "the rectifier is a part of it");
            let values = (0..shape.iter().product::<usize>()).map(|i| (i % 13) as f32 / 6.0 - 1.0);
            let input = Tensor::from_shape(shape, &values.collect::<Vec<_>>()).unwrap();
            let run = |model: TypedModel| {
                let plan = model.into_optimized().unwrap().into_runnable().unwrap();
                plan.run(tvec!(input.clone().into_tvalue())).unwrap().remove(0)
            };
            let (theirs, ours) = (run(given), run(ours));
            assert_eq!(theirs.shape(), ours.shape());
            let (theirs, ours) = (numbers(&theirs).unwrap(), numbers(&ours).unwrap());
            let worst = theirs.iter().zip(&ours).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < 1e-5, "{shape:?}: off by {worst}");
        }
    }

    /// A row that is no whole number of groups loses its end; windows that overlap are left to tract.
    #[test]
    fn pools_are_those_of_tract() {
        for (shape, kernel, strides, is_ours) in [
            ([1, 3, 5, 96], [1, 2], [1, 2], true),
            ([2, 4, 7, 11], [1, 3], [1, 3], true),
            ([1, 2, 6, 8], [2, 2], [2, 2], false),
            ([1, 2, 6, 8], [1, 3], [1, 1], false),
        ] {
            let pool_spec = PoolSpec {
                data_format: DataFormat::NCHW,
                kernel_shape: kernel[..].into(),
                padding: PaddingSpec::Valid,
                dilations: None,
                strides: Some(strides[..].into()),
                input_channels: shape[1],
                output_channels: shape[1],
            };
            let mut given = TypedModel::default();
            let input = given.add_source("input", f32::fact(shape)).unwrap();
            let pool = MaxPool { pool_spec, with_index_outputs: None };
            let output = given.wire_node("pool", pool, &[input]).unwrap();
            given.select_output_outlets(&output).unwrap();
            let mut ours = given.clone();
            lower(&mut ours).unwrap();
            assert_eq!(ours.nodes().iter().any(|node| node.op_is::<RowMaxPool>()), is_ours);
            let run = |model: TypedModel| {
                let plan = model.into_optimized().unwrap().into_runnable().unwrap();
                plan.run(tvec!(constant(&shape).into_tvalue())).unwrap().remove(0)
            };
            let (theirs, ours) = (run(given), run(ours));
            assert_eq!(theirs.shape(), ours.shape());
            assert_eq!(numbers(&theirs).unwrap(), numbers(&ours).unwrap());
        }
    }

    fn constant(shape: &[usize]) -> Tensor {
        let count = shape.iter().product::<usize>();
        let values: Vec<f32> =
            (0..count).map(|i| ((i * 7919) % 1009) as f32 / 504.5 - 1.0).collect();
        Tensor::from_shape(shape, &values).unwrap()
    }

    /// Heads that attend, as exporters write them, and axes in other orders.
    #[test]
    fn batch_products_are_those_of_tract() {
        for (axes, first, second) in [
            ("bmk,bkn->bmn", [4, 21, 12], [4, 12, 21]),
            ("mbk,nbk->bmn", [21, 4, 12], [33, 4, 12]),
            ("bmk,kbn->mbn", [4, 21, 50], [50, 4, 12]),
            ("bkm,bkn->bnm", [3, 5, 40], [3, 5, 7]),
        ] {
            let mut given = TypedModel::default();
            let inputs = [
                given.add_source("first", f32::fact(first)).unwrap(),
                given.add_source("second", f32::fact(second)).unwrap(),
            ];
            let product = EinSum::new(axes.parse().unwrap(), f32::datum_type());
            let output = given.wire_node("product", product, &inputs).unwrap();
            given.select_output_outlets(&output).unwrap();
            let mut ours = given.clone();
            lower_products(&mut ours).unwrap();
            assert!(ours.nodes().iter().any(|node| node.op_is::<BatchProduct>()), "{axes}");
            let run = |model: TypedModel| {
                let plan = model.into_optimized().unwrap().into_runnable().unwrap();
                let inputs = tvec!(constant(&first).into_tvalue(), constant(&second).into_tvalue());
                plan.run(inputs).unwrap().remove(0)
            };
            let (theirs, ours) = (run(given), run(ours));
            assert_eq!(theirs.shape(), ours.shape());
            let (theirs, ours) = (numbers(&theirs).unwrap(), numbers(&ours).unwrap());
            let worst = theirs.iter().zip(&ours).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < 1e-4, "{axes}: off by {worst}");
        }
    }

    /// Rows, features and units; weights the one way round and the other, with and without what is added.
    #[test]
    fn dense_layers_are_tracts_products() {
        for (rows, features, units) in [(1, 3, 5), (7, 160, 33), (21, 9, 96), (64, 40, 3)] {
            for (axes, shape) in
                [("mk,nk->mn", [units, features]), ("mk,kn->mn", [features, units])]
            {
                for sum in [false, true] {
                    let mut given = TypedModel::default();
                    let input = given.add_source("input", f32::fact([rows, features])).unwrap();
                    let weights = given.add_const("weights", constant(&shape)).unwrap();
                    let product = EinSum::new(axes.parse().unwrap(), f32::datum_type());
                    let mut output =
                        given.wire_node("product", product, &[input, weights]).unwrap();
                    if sum {
                        let bias = given.add_const("bias", constant(&[1, units])).unwrap();
                        output = given.wire_node("sum", add(), &[output[0], bias]).unwrap();
                        let zero = given.add_const("zero", tensor2(&[[0f32]])).unwrap();
                        output = given.wire_node("relu", max(), &[output[0], zero]).unwrap();
                    }
                    given.select_output_outlets(&output).unwrap();
                    let mut ours = given.clone();
                    lower(&mut ours).unwrap();
                    assert!(ours.nodes().iter().any(|node| node.op_is::<Dense>()));
                    assert_eq!(ours.nodes().len(), 2, "all of it is one operation");
                    let run = |model: TypedModel| {
                        let plan = model.into_optimized().unwrap().into_runnable().unwrap();
                        plan.run(tvec!(constant(&[rows, features]).into_tvalue()))
                            .unwrap()
                            .remove(0)
                    };
                    let theirs = numbers(&run(given)).unwrap();
                    let ours = numbers(&run(ours)).unwrap();
                    assert_eq!(theirs.len(), ours.len());
                    let pairs = theirs.iter().zip(&ours);
                    let worst = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                    assert!(worst < 1e-4, "{axes}, {rows} x {features} x {units}: off by {worst}");
                }
            }
        }
    }
}
