//! The operations of a network on the GPU: cuDNN for convolutions, pools, activations, softmax,
//! reductions and normalisation, cuBLAS for products, kernels of our own for the rest.

use std::ffi::{c_longlong, c_void};
use std::ptr;
use std::sync::{Arc, OnceLock};

use cudarc::cublas::sys as blas;
use cudarc::cudnn::sys::{
    self, cudnnActivationMode_t, cudnnBatchNormMode_t, cudnnSoftmaxAlgorithm_t, cudnnSoftmaxMode_t,
};
use parking_lot::{Mutex, MutexGuard};

use super::algorithms::Algorithms;
use super::dnn::{
    Activation, Blas, ConvShapes, Dnn, Pooling, Reduction, TensorShape, check, check_blas, int,
};
use super::driver::{Buffer, Context, Memory, Stream};
use super::kernels::Kernels;
use super::library::Libraries;
use crate::network::eager::device::{
    Axis, Binary, Conv, Copy, Device, DeviceError, MatMul, Pair, Reduce, Unary,
};

type Done<T> = Result<T, DeviceError>;

/// The first GPU, open. Its work is done in the order in which it is asked for, from any thread.
pub(in crate::network) struct Gpu {
    tools: Mutex<Tools>,
    pub(super) memory: Arc<Memory>,
    failed: OnceLock<String>,
    libraries: Libraries,
}

/// What may be used by one thread at a time. Dropped before the memory and its context.
pub(super) struct Tools {
    pub kernels: Kernels,
    blas: Blas,
    pub dnn: Dnn,
    pub stream: Stream,
    algorithms: Algorithms,
}

/// What cuDNN multiplies with: what is made by one, what was there before by zero.
const ONE: f32 = 1.0;
const ZERO: f32 = 0.0;

fn factor(value: &f32) -> *const c_void {
    ptr::from_ref(value).cast()
}

impl Gpu {
    /// Opens the GPU with libraries that are loaded.
    pub(super) fn new(libraries: Libraries) -> Done<Gpu> {
        let context = Context::new()?;
        context.enter()?;
        // Made before anything that is to be freed in it.
        let memory = Memory::new(context);
        let stream = Stream::new()?;
        let tools = Tools {
            kernels: Kernels::new()?,
            blas: Blas::new(&stream)?,
            dnn: Dnn::new(&stream)?,
            stream,
            algorithms: Algorithms::default(),
        };
        Ok(Gpu { tools: Mutex::new(tools), memory, failed: OnceLock::new(), libraries })
    }

    /// As NVIDIA calls it.
    pub fn name(&self) -> &str {
        &self.memory.context.name
    }

    /// Bytes of memory.
    pub fn memory(&self) -> usize {
        self.memory.context.memory
    }

    /// The files that its libraries were opened from.
    pub fn libraries(&self) -> impl Iterator<Item = &std::path::Path> {
        self.libraries.found.iter().map(std::path::PathBuf::as_path)
    }

    /// Notes that it failed, after which it is not used any more.
    pub fn fail(&self, reason: &str) {
        let _ = self.failed.set(reason.to_owned());
    }

    pub fn failure(&self) -> Option<&str> {
        self.failed.get().map(String::as_str)
    }

    pub(super) fn tools(&self) -> Done<MutexGuard<'_, Tools>> {
        self.memory.context.enter()?;
        Ok(self.tools.lock())
    }

    pub(super) fn take(&self, length: usize) -> Done<Buffer> {
        self.memory.take(length * size_of::<f32>())
    }

    /// Adds `bias[channels]` to `x[batch, channels, ...]`.
    fn add_bias(
        &self,
        tools: &Tools,
        bias: Option<&Buffer>,
        channels: usize,
        shape: &TensorShape,
        x: &Buffer,
    ) -> Done<()> {
        let Some(bias) = bias else { return Ok(()) };
        let bias_shape = TensorShape::new([1, channels, 1, 1])?;
        // SAFETY: the arrays have the sizes that the shapes say.
        check(unsafe {
            sys::cudnnAddTensor(
                tools.dnn.0,
                factor(&ONE),
                bias_shape.0,
                bias.read(),
                factor(&ONE),
                shape.0,
                x.write(),
            )
        })
    }

    fn activation(&self, mode: cudnnActivationMode_t, x: &Buffer, length: usize) -> Done<Buffer> {
        let out = self.take(length)?;
        let tools = self.tools()?;
        let (how, shape) = (Activation::new(mode)?, TensorShape::new([1, 1, 1, length])?);
        // SAFETY: both arrays have `length` numbers.
        check(unsafe {
            sys::cudnnActivationForward(
                tools.dnn.0,
                how.0,
                factor(&ONE),
                shape.0,
                x.read(),
                factor(&ZERO),
                shape.0,
                out.write(),
            )
        })?;
        Ok(out)
    }
}

impl Drop for Gpu {
    fn drop(&mut self) {
        // What the tools free is freed in the context of the thread.
        let _ = self.memory.context.enter();
    }
}

impl Device for Gpu {
    type Buffer = Buffer;

    fn upload(&self, values: &[f32]) -> Done<Buffer> {
        let buffer = self.take(values.len())?;
        if !values.is_empty() {
            self.tools()?.stream.upload(values, &buffer)?;
        }
        Ok(buffer)
    }

    fn download(&self, buffer: &Buffer, length: usize) -> Done<Vec<f32>> {
        let mut values = vec![0.0; length];
        if length > 0 {
            self.tools()?.stream.download(buffer, &mut values)?;
        }
        Ok(values)
    }

    fn filled(&self, length: usize, value: f32) -> Done<Buffer> {
        let buffer = self.take(length)?;
        if length > 0 {
            self.tools()?.stream.fill(&buffer, value, length)?;
        }
        Ok(buffer)
    }

    fn empty(&self, length: usize) -> Done<Buffer> {
        self.take(length)
    }

    fn copy(&self, from: &Buffer, to: &mut Buffer, how: &Copy) -> Done<()> {
        let tools = self.tools()?;
        tools.kernels.copy(&tools.stream, from, to, how)
    }

    fn gather(
        &self,
        from: &Buffer,
        indices: &[u32],
        outer: usize,
        rows: usize,
        inner: usize,
    ) -> Done<Buffer> {
        let total = outer * indices.len() * inner;
        let out = self.take(total)?;
        if total == 0 {
            return Ok(out);
        }
        let places = self.memory.take(size_of_val(indices))?;
        let tools = self.tools()?;
        tools.stream.upload(indices, &places)?;
        let sizes = [total, rows, indices.len(), inner];
        tools.kernels.gather(&tools.stream, from, &places, &out, sizes)?;
        Ok(out)
    }

    fn unary(&self, op: Unary, x: &Buffer, length: usize) -> Done<Buffer> {
        use cudnnActivationMode_t as Mode;
        match op {
            _ if length == 0 => self.take(0),
            Unary::Relu => self.activation(Mode::CUDNN_ACTIVATION_RELU, x, length),
            Unary::Sigmoid => self.activation(Mode::CUDNN_ACTIVATION_SIGMOID, x, length),
            Unary::Tanh => self.activation(Mode::CUDNN_ACTIVATION_TANH, x, length),
            _ => {
                let out = self.take(length)?;
                let tools = self.tools()?;
                tools.kernels.unary(&tools.stream, op, x, &out, length)?;
                Ok(out)
            }
        }
    }

    fn binary(&self, op: Binary, a: &Buffer, b: &Buffer, how: &Pair) -> Done<Buffer> {
        let out = self.take(how.dims.iter().product())?;
        let tools = self.tools()?;
        tools.kernels.binary(&tools.stream, op, a, b, &out, how)?;
        Ok(out)
    }

    fn reduce(&self, op: Reduce, x: &Buffer, axis: Axis) -> Done<Buffer> {
        let Axis { outer, length, inner } = axis;
        let mut out = self.take(outer * inner)?;
        if length == 1 {
            // cuDNN refuses to reduce what is already one number.
            let dims = vec![outer * inner];
            let (from_strides, to_strides) = (vec![1], vec![1]);
            let how = Copy { dims, from_offset: 0, from_strides, to_offset: 0, to_strides };
            self.copy(x, &mut out, &how)?;
            return Ok(out);
        }
        let how = Reduction::new(op)?;
        let from = TensorShape::new([outer, length, 1, inner])?;
        let to = TensorShape::new([outer, 1, 1, inner])?;
        let tools = self.tools()?;
        let mut bytes = 0;
        // SAFETY: writes one size.
        check(unsafe {
            sys::cudnnGetReductionWorkspaceSize(tools.dnn.0, how.0, from.0, to.0, &mut bytes)
        })?;
        let workspace = self.memory.take(bytes)?;
        // SAFETY: the arrays have the sizes that the shapes say, the workspace the one asked for.
        check(unsafe {
            sys::cudnnReduceTensor(
                tools.dnn.0,
                how.0,
                ptr::null_mut(),
                0,
                workspace.write(),
                bytes,
                factor(&ONE),
                from.0,
                x.read(),
                factor(&ZERO),
                to.0,
                out.write(),
            )
        })?;
        Ok(out)
    }

    fn softmax(&self, log: bool, x: &Buffer, axis: Axis) -> Done<Buffer> {
        let Axis { outer, length, inner } = axis;
        let out = self.take(outer * length * inner)?;
        let shape = TensorShape::new([outer, length, 1, inner])?;
        let algorithm = if log {
            cudnnSoftmaxAlgorithm_t::CUDNN_SOFTMAX_LOG
        } else {
            cudnnSoftmaxAlgorithm_t::CUDNN_SOFTMAX_ACCURATE
        };
        let tools = self.tools()?;
        // SAFETY: the arrays have the size that the shape says.
        check(unsafe {
            sys::cudnnSoftmaxForward(
                tools.dnn.0,
                algorithm,
                cudnnSoftmaxMode_t::CUDNN_SOFTMAX_MODE_CHANNEL,
                factor(&ONE),
                shape.0,
                x.read(),
                factor(&ZERO),
                shape.0,
                out.write(),
            )
        })?;
        Ok(out)
    }

    /// By batch normalisation as in training, which takes mean and variance from the batch: every row
    /// is a channel of a batch of one.
    fn normalise(&self, x: &Buffer, rows: usize, length: usize, epsilon: f32) -> Done<Buffer> {
        if length == 1 {
            return self.filled(rows, 0.0);
        }
        let out = self.take(rows * length)?;
        let (scale, shift) = (self.filled(rows, 1.0)?, self.filled(rows, 0.0)?);
        let shape = TensorShape::new([1, rows, 1, length])?;
        let each = TensorShape::new([1, rows, 1, 1])?;
        let tools = self.tools()?;
        // SAFETY: the arrays have the sizes that the shapes say; running and saved statistics may be
        // left out.
        check(unsafe {
            sys::cudnnBatchNormalizationForwardTraining(
                tools.dnn.0,
                cudnnBatchNormMode_t::CUDNN_BATCHNORM_SPATIAL,
                factor(&ONE),
                factor(&ZERO),
                shape.0,
                x.read(),
                shape.0,
                out.write(),
                each.0,
                scale.read(),
                shift.read(),
                0.0,
                ptr::null_mut(),
                ptr::null_mut(),
                f64::from(epsilon),
                ptr::null_mut(),
                ptr::null_mut(),
            )
        })?;
        Ok(out)
    }

    fn conv(
        &self,
        x: &Buffer,
        weights: &Buffer,
        bias: Option<&Buffer>,
        how: &Conv,
    ) -> Done<Buffer> {
        let out = self.take(how.batch * how.maps * how.output[0] * how.output[1])?;
        let shapes = ConvShapes::new(how)?;
        let mut tools = self.tools()?;
        let tools = &mut *tools;
        let (algorithm, bytes) = tools.algorithms.find(&tools.dnn, how, &shapes)?;
        let workspace = self.memory.take(bytes)?;
        // SAFETY: the arrays have the sizes that the shapes say, the workspace the one asked for.
        check(unsafe {
            sys::cudnnConvolutionForward(
                tools.dnn.0,
                factor(&ONE),
                shapes.input.0,
                x.read(),
                shapes.filter.0,
                weights.read(),
                shapes.how.0,
                algorithm,
                workspace.write(),
                bytes,
                factor(&ZERO),
                shapes.output.0,
                out.write(),
            )
        })?;
        self.add_bias(tools, bias, how.maps, &shapes.output, &out)?;
        Ok(out)
    }

    fn max_pool(&self, x: &Buffer, how: &Conv) -> Done<Buffer> {
        let Conv { batch, channels, input, output, .. } = *how;
        let out = self.take(batch * channels * output[0] * output[1])?;
        let from = TensorShape::new([batch, channels, input[0], input[1]])?;
        let to = TensorShape::new([batch, channels, output[0], output[1]])?;
        let pooling = Pooling::max(how)?;
        let tools = self.tools()?;
        // SAFETY: the arrays have the sizes that the shapes say.
        check(unsafe {
            sys::cudnnPoolingForward(
                tools.dnn.0,
                pooling.0,
                factor(&ONE),
                from.0,
                x.read(),
                factor(&ZERO),
                to.0,
                out.write(),
            )
        })?;
        Ok(out)
    }

    /// cuBLAS counts columns first: it is given both matrices as their transposes, in the other order,
    /// and gives the transpose of the product, which is the product with rows first.
    fn matmul(&self, a: &Buffer, b: &Buffer, how: &MatMul) -> Done<Buffer> {
        let MatMul { batch, m, k, n, a_transposed, b_transposed, a_shared, b_shared } = *how;
        let out = self.take(batch * m * n)?;
        if k == 0 {
            return self.filled(batch * m * n, 0.0);
        }
        let op = |transposed| {
            use blas::cublasOperation_t as Op;
            if transposed { Op::CUBLAS_OP_T } else { Op::CUBLAS_OP_N }
        };
        let apart = |shared, size: usize| if shared { 0 } else { size as c_longlong };
        let tools = self.tools()?;
        // SAFETY: the arrays have the sizes that are given.
        check_blas(unsafe {
            blas::cublasSgemmStridedBatched(
                tools.blas.0,
                op(b_transposed),
                op(a_transposed),
                int(n)?,
                int(m)?,
                int(k)?,
                &ONE,
                b.read().cast(),
                int(if b_transposed { k } else { n })?,
                apart(b_shared, k * n),
                a.read().cast(),
                int(if a_transposed { m } else { k })?,
                apart(a_shared, m * k),
                &ZERO,
                out.write().cast(),
                int(n)?,
                (m * n) as c_longlong,
                int(batch)?,
            )
        })?;
        Ok(out)
    }
}
