//! Recurrent layers, by cuDNN.

use std::ffi::c_void;
use std::ptr;

use cudarc::cudnn::sys;

use super::dnn::{GruShapes, TensorShape, check};
use super::driver::Buffer;
use super::gpu::Gpu;
use crate::network::eager::device::{Copy, Device, DeviceError, Direction, Gru, GruWeights};

type Done<T> = Result<T, DeviceError>;

impl Gpu {
    /// Forwards, and backwards beside it.
    pub(super) fn gru_forward(
        &self,
        x: &Buffer,
        weights: &GruWeights<Buffer>,
        how: &Gru,
    ) -> Done<Buffer> {
        let Gru { steps, batch, units, direction, .. } = *how;
        let directions = direction.count();
        let beside = self.take(steps * batch * directions * units)?;
        let (shapes, space, bytes) = {
            let tools = self.tools()?;
            let shapes = GruShapes::new(&tools.dnn, how)?;
            let mut bytes = 0;
            // SAFETY: writes one size.
            check(unsafe {
                sys::cudnnGetRNNWeightSpaceSize(tools.dnn.0, shapes.how.0, &mut bytes)
            })?;
            (shapes, self.memory.take(bytes)?, bytes)
        };
        self.gru_weights(weights, how, &shapes, &space, bytes)?;
        let tools = self.tools()?;
        let (mut work, mut reserve) = (0, 0);
        let inference = sys::cudnnForwardMode_t::CUDNN_FWD_MODE_INFERENCE;
        // SAFETY: writes two sizes.
        check(unsafe {
            sys::cudnnGetRNNTempSpaceSizes(
                tools.dnn.0,
                shapes.how.0,
                inference,
                shapes.input.0,
                &mut work,
                &mut reserve,
            )
        })?;
        let workspace = self.memory.take(work)?;
        // SAFETY: the arrays have the sizes that the shapes say, the spaces those asked for. Without
        // dropout and in inference, reserve and cell states are left out; lengths on the GPU, too,
        // since all are equal.
        check(unsafe {
            sys::cudnnRNNForward(
                tools.dnn.0,
                shapes.how.0,
                inference,
                ptr::null(),
                shapes.input.0,
                x.read(),
                shapes.output.0,
                beside.write(),
                shapes.state.0,
                weights.start.map_or(ptr::null(), Buffer::read),
                ptr::null_mut(),
                shapes.state.0,
                ptr::null(),
                ptr::null_mut(),
                bytes,
                space.read(),
                work,
                workspace.write(),
                0,
                ptr::null_mut(),
            )
        })?;
        drop(tools);
        if directions == 1 {
            return Ok(beside);
        }
        // cuDNN puts the directions of a step side by side for each of the batch.
        let mut out = self.take(steps * batch * directions * units)?;
        let [s, d, b, u] = [steps, directions, batch, units];
        let how = Copy {
            dims: vec![s, d, b, u],
            from_offset: 0,
            from_strides: [b * d * u, u, d * u, 1].map(|stride| stride as isize).to_vec(),
            to_offset: 0,
            to_strides: [d * b * u, b * u, u, 1].map(|stride| stride as isize).to_vec(),
        };
        self.copy(&beside, &mut out, &how)?;
        Ok(out)
    }

    /// Puts the weights where cuDNN wants them in its weight space.
    fn gru_weights(
        &self,
        weights: &GruWeights<Buffer>,
        how: &Gru,
        shapes: &GruShapes,
        space: &Buffer,
        bytes: usize,
    ) -> Done<()> {
        let Gru { inputs, units, direction, .. } = *how;
        let tools = self.tools()?;
        tools.stream.fill(space, 0.0, bytes / size_of::<f32>())?;
        let (matrix, row) = (TensorShape::blank()?, TensorShape::blank()?);
        for way in 0..direction.count() {
            for part in 0..6 {
                let (mut to_matrix, mut to_row) = (ptr::null_mut(), ptr::null_mut());
                // SAFETY: writes two shapes and two pointers into the space.
                check(unsafe {
                    sys::cudnnGetRNNWeightParams(
                        tools.dnn.0,
                        shapes.how.0,
                        way as i32,
                        bytes,
                        space.read(),
                        part as i32,
                        matrix.0,
                        &mut to_matrix,
                        row.0,
                        &mut to_row,
                    )
                })?;
                // cuDNN has reset, update, new; ONNX update, reset, new.
                let gate = [1, 0, 2][part % 3];
                let recurrent = part / 3;
                let (from, width) = if recurrent == 0 {
                    (weights.input, inputs)
                } else {
                    (weights.recurrent, units)
                };
                let length = units * width;
                let start = (way * 3 + gate) * length;
                let offset = |pointer: *mut c_void| {
                    (pointer as usize).wrapping_sub(space.write() as usize) / size_of::<f32>()
                };
                let run = |from: &Buffer, start, length, to_offset| {
                    let how = Copy {
                        dims: vec![length],
                        from_offset: start,
                        from_strides: vec![1],
                        to_offset,
                        to_strides: vec![1],
                    };
                    tools.kernels.copy(&tools.stream, from, space, &how)
                };
                run(from, start, length, offset(to_matrix))?;
                if let Some(bias) = weights.bias {
                    let start = (way * 6 + recurrent * 3 + gate) * units;
                    run(bias, start, units, offset(to_row))?;
                }
            }
        }
        Ok(())
    }

    /// cuDNN has no layer that only goes backwards: the steps are turned round, before and after.
    pub(super) fn gru_reversed(
        &self,
        x: &Buffer,
        weights: &GruWeights<Buffer>,
        how: &Gru,
    ) -> Done<Buffer> {
        let turned = |from: &Buffer, width: usize| -> Done<Buffer> {
            let mut to = self.take(how.steps * width)?;
            let copy = Copy {
                dims: vec![how.steps, width],
                from_offset: (how.steps - 1) * width,
                from_strides: vec![-(width as isize), 1],
                to_offset: 0,
                to_strides: vec![width as isize, 1],
            };
            self.copy(from, &mut to, &copy)?;
            Ok(to)
        };
        let forward = Gru { direction: Direction::Forward, ..*how };
        let out = self.gru_forward(&turned(x, how.batch * how.inputs)?, weights, &forward)?;
        turned(&out, how.batch * how.units)
    }
}
