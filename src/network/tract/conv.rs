//! Convolutions without strides and groups, in one dimension or two, worked out where the input lies.
//!
//! tract turns a convolution into a matrix product of columns that it copies first. With the few channels
//! of our networks the copy takes longer than the product, and much of a tile is empty.

use std::iter::repeat_n;
use std::sync::Arc;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::ops::cnn::{Conv, KernelFormat};
use tract_onnx::tract_core::ops::nn::DataFormat;

use super::graph::{constant, numbers};
use super::scratch::with_scratch;
use super::tile::{Filter, SLACK, Simd, Windows};

/// A convolution of inputs of one shape.
#[derive(Clone, Debug)]
pub(super) struct DirectConv {
    filter: Arc<Filter>,
    /// Images, their channels, rows and columns; one row in one dimension.
    images: usize,
    channels: usize,
    height: usize,
    width: usize,
    /// Zeros above, below, to the left and to the right.
    around: [usize; 4],
    /// Rows and columns that come out.
    rows: usize,
    columns: usize,
    /// Rows are worked out as one, with what lies between them, and taken apart.
    joined: bool,
    /// From the first place of an image with its zeros to what each tap reads for the first column.
    offsets: Vec<usize>,
    /// What is less becomes this.
    pub floor: f32,
    shape: TVec<usize>,
}

impl PartialEq for DirectConv {
    /// Whether it is the same, not only alike.
    fn eq(&self, other: &DirectConv) -> bool {
        Arc::ptr_eq(&self.filter, &other.filter) && self.floor == other.floor
    }
}

impl Eq for DirectConv {}

impl DirectConv {
    /// `None` if the node is no convolution of this kind.
    pub fn of(model: &TypedModel, id: usize) -> TractResult<Option<DirectConv>> {
        let node = model.node(id);
        let Some(conv) = node.op_as::<Conv>() else { return Ok(None) };
        let pool = &conv.pool_spec;
        let input = model.outlet_fact(node.inputs[0])?;
        let (Some(shape), Some(kernel), Some(bias)) =
            (input.shape.as_concrete(), constant(model, node, 1), constant(model, node, 2))
        else {
            return Ok(None);
        };
        let planes = matches!(pool.data_format, DataFormat::NCHW | DataFormat::CHW);
        let plain = conv.q_params.is_none()
            && conv.group == 1
            && conv.kernel_fmt == KernelFormat::OIHW
            && input.datum_type == f32::datum_type()
            && pool.strides().iter().all(|&stride| stride == 1)
            && matches!(pool.rank(), 1 | 2);
        if !planes || !plain {
            return Ok(None);
        }
        let data = pool.data_format.shape(shape)?;
        let (images, channels) = (data.n().copied().unwrap_or(1), *data.c());
        let padding = pool.computed_padding(data.hw_dims());
        // In one dimension, an image of one row.
        let two = pool.rank() == 2;
        let across = usize::from(two);
        let pick =
            |value: &dyn Fn(usize) -> usize, alone: usize| if two { value(0) } else { alone };
        let (height, width) = (pick(&|axis| data.hw_dims()[axis], 1), data.hw_dims()[across]);
        let (tall, wide) = (pick(&|axis| pool.kernel_shape[axis], 1), pool.kernel_shape[across]);
        let (down, right) = (pick(&|axis| pool.dilation(axis), 1), pool.dilation(across));
        let around = [
            pick(&|axis| padding[axis].pad_before, 0),
            pick(&|axis| padding[axis].pad_after, 0),
            padding[across].pad_before,
            padding[across].pad_after,
        ];
        let (mut rows, mut columns) =
            (pick(&|axis| padding[axis].convoluted, 1), padding[across].convoluted);
        let (mut whole_height, mut whole_width) =
            (height + around[0] + around[1], width + around[2] + around[3]);
        let bare = around == [0; 4];
        if bare && tall * wide == 1 {
            // Points see nothing of each other: one long row.
            (rows, columns, whole_height, whole_width) = (1, rows * columns, 1, height * width);
        }
        let taps = channels * tall * wide;
        let plane = whole_height * whole_width;
        let offsets = (0..taps).map(|tap| {
            let (channel, y, x) = (tap / (tall * wide), tap / wide % tall, tap % wide);
            channel * plane + y * down * whole_width + x * right
        });
        let (weights, bias) = (numbers(&kernel)?, numbers(&bias)?);
        if weights.len() != conv.output_channels() * taps
            || bias.len() != conv.output_channels()
            || rows * columns == 0
        {
            return Ok(None);
        }
        let filter = Filter::new(Simd::detect(), &weights, bias, None, Vec::new());
        Ok(Some(DirectConv {
            joined: filter.prefers_one_row(columns, whole_width - columns, rows),
            filter: Arc::new(filter),
            images,
            channels,
            height,
            width,
            around,
            rows,
            columns,
            offsets: offsets.collect(),
            floor: f32::NEG_INFINITY,
            shape: node.outputs[0].fact.shape.as_concrete().unwrap_or_default().into(),
        }))
    }

    /// Appends the image with zeros around it.
    fn surround(&self, image: &[f32], whole: &mut Vec<f32>) {
        let [above, below, left, right] = self.around;
        let width = left + self.width + right;
        let zeros = |whole: &mut Vec<f32>, count: usize| whole.extend(repeat_n(0.0, count));
        for channel in image.chunks_exact(self.height * self.width) {
            zeros(whole, above * width);
            for row in channel.chunks_exact(self.width) {
                zeros(whole, left);
                whole.extend_from_slice(row);
                zeros(whole, right);
            }
            zeros(whole, below * width);
        }
        zeros(whole, SLACK);
    }

    /// All rows of an image, whose rows with their zeros have this width.
    fn work_out_joined(
        &self,
        image: &[f32],
        width: usize,
        output: &mut [f32],
        joined: &mut Vec<f32>,
    ) {
        let columns = (self.rows - 1) * width + self.columns;
        let size = self.filter.rows() * columns;
        if joined.len() < size {
            joined.resize(size, 0.0);
        }
        let joined = &mut joined[..size];
        self.filter.apply(&mut Windows {
            input: image,
            offsets: &self.offsets,
            columns,
            floor: self.floor,
            output: joined,
            stride: columns,
        });
        let channels =
            joined.chunks_exact(columns).zip(output.chunks_mut(self.rows * self.columns));
        for (joined, output) in channels {
            for (joined, output) in joined.chunks(width).zip(output.chunks_exact_mut(self.columns))
            {
                output.copy_from_slice(&joined[..self.columns]);
            }
        }
    }

    fn work_out(&self, input: &[f32], output: &mut [f32], scratch: &mut [Vec<f32>; 2]) {
        let [whole, joined] = scratch;
        let area = self.rows * self.columns;
        let width = self.around[2] + self.width + self.around[3];
        let bare = self.around == [0; 4] && !self.filter.reads_beyond(self.columns);
        let images = input.chunks_exact(self.channels * self.height * self.width);
        for (image, output) in images.zip(output.chunks_exact_mut(self.filter.rows() * area)) {
            let image = if bare {
                image
            } else {
                whole.clear();
                self.surround(image, whole);
                &*whole
            };
            if self.joined {
                self.work_out_joined(image, width, output, joined);
                continue;
            }
            for row in 0..self.rows {
                self.filter.apply(&mut Windows {
                    input: &image[row * width..],
                    offsets: &self.offsets,
                    columns: self.columns,
                    floor: self.floor,
                    output: &mut output[row * self.columns..],
                    stride: area,
                });
            }
        }
    }
}

impl Op for DirectConv {
    fn name(&self) -> StaticName {
        "DirectConv".into()
    }

    op_as_typed_op!();
}

impl EvalOp for DirectConv {
    op_out_of_plan!();

    fn eval(&self, _ctx: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let input = args_1!(inputs);
        let input = input.try_as_plain_ram()?.as_slice::<f32>()?;
        let size = self.images * self.channels * self.height * self.width;
        ensure!(input.len() == size, "convolution of another shape");
        // SAFETY: the filter has every row and column written.
        let mut output = unsafe { Tensor::uninitialized::<f32>(&self.shape)? };
        let mut plain = output.try_as_plain_ram_mut()?;
        let numbers = plain.as_slice_mut::<f32>()?;
        with_scratch(|scratch| self.work_out(input, numbers, scratch));
        Ok(tvec!(output.into_tvalue()))
    }
}

impl TypedOp for DirectConv {
    as_op!();

    fn output_facts(&self, _inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        Ok(tvec!(f32::fact(&self.shape)))
    }
}
