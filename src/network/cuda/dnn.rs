//! cuDNN's and cuBLAS's handles and descriptors, freed when dropped.
//!
//! <https://docs.nvidia.com/deeplearning/cudnn/backend/latest/api/overview.html>

use std::ffi::c_int;
use std::ptr;

use cudarc::cublas::sys as blas;
use cudarc::cudnn::sys::{self, cudnnDataType_t::CUDNN_DATA_FLOAT, cudnnStatus_t};

use super::driver::Stream;
use crate::network::eager::device::{Conv, DeviceError, Reduce};

type Done<T> = Result<T, DeviceError>;

pub(super) fn check(status: cudnnStatus_t) -> Done<()> {
    match status {
        cudnnStatus_t::CUDNN_STATUS_SUCCESS => Ok(()),
        other => Err(DeviceError(format!("cuDNN failed ({other:?})"))),
    }
}

pub(super) fn check_blas(status: blas::cublasStatus_t) -> Done<()> {
    match status {
        blas::cublasStatus_t::CUBLAS_STATUS_SUCCESS => Ok(()),
        other => Err(DeviceError(format!("cuBLAS failed ({other:?})"))),
    }
}

/// cuDNN takes sizes as `int`.
pub(super) fn int(size: usize) -> Done<c_int> {
    c_int::try_from(size).map_err(|_| DeviceError("an array is too large for the GPU".to_owned()))
}

/// A handle of cuDNN, bound to the queue.
pub(super) struct Dnn(pub sys::cudnnHandle_t);

// SAFETY: a handle may be used by one thread at a time, whichever that is.
unsafe impl Send for Dnn {}

impl Dnn {
    pub fn new(stream: &Stream) -> Done<Dnn> {
        let mut handle = ptr::null_mut();
        // SAFETY: writes one handle.
        check(unsafe { sys::cudnnCreate(&mut handle) })?;
        let dnn = Dnn(handle);
        // SAFETY: the stream outlives the handle. The driver's and cuDNN's names for it are one type.
        check(unsafe { sys::cudnnSetStream(dnn.0, stream.0.cast()) })?;
        Ok(dnn)
    }
}

impl Drop for Dnn {
    fn drop(&mut self) {
        // SAFETY: created once, destroyed once.
        let _ = unsafe { sys::cudnnDestroy(self.0) };
    }
}

/// A handle of cuBLAS, bound to the queue.
pub(super) struct Blas(pub blas::cublasHandle_t);

// SAFETY: as for cuDNN's.
unsafe impl Send for Blas {}

impl Blas {
    pub fn new(stream: &Stream) -> Done<Blas> {
        let mut handle = ptr::null_mut();
        // SAFETY: writes one handle.
        check_blas(unsafe { blas::cublasCreate_v2(&mut handle) })?;
        let made = Blas(handle);
        // SAFETY: as for cuDNN's.
        check_blas(unsafe { blas::cublasSetStream_v2(made.0, stream.0.cast()) })?;
        Ok(made)
    }
}

impl Drop for Blas {
    fn drop(&mut self) {
        // SAFETY: created once, destroyed once.
        let _ = unsafe { blas::cublasDestroy_v2(self.0) };
    }
}

/// A descriptor: made by one function of cuDNN, freed by another.
macro_rules! descriptor {
    ($name:ident, $raw:ident, $create:ident, $destroy:ident) => {
        pub(super) struct $name(pub sys::$raw);

        impl $name {
            fn create() -> Done<$name> {
                let mut raw = ptr::null_mut();
                // SAFETY: writes one pointer.
                check(unsafe { sys::$create(&mut raw) })?;
                Ok($name(raw))
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                // SAFETY: created once, destroyed once.
                let _ = unsafe { sys::$destroy(self.0) };
            }
        }
    };
}

descriptor!(
    TensorShape,
    cudnnTensorDescriptor_t,
    cudnnCreateTensorDescriptor,
    cudnnDestroyTensorDescriptor
);
descriptor!(
    FilterShape,
    cudnnFilterDescriptor_t,
    cudnnCreateFilterDescriptor,
    cudnnDestroyFilterDescriptor
);
descriptor!(
    Convolution,
    cudnnConvolutionDescriptor_t,
    cudnnCreateConvolutionDescriptor,
    cudnnDestroyConvolutionDescriptor
);
descriptor!(
    Pooling,
    cudnnPoolingDescriptor_t,
    cudnnCreatePoolingDescriptor,
    cudnnDestroyPoolingDescriptor
);
descriptor!(
    Activation,
    cudnnActivationDescriptor_t,
    cudnnCreateActivationDescriptor,
    cudnnDestroyActivationDescriptor
);
descriptor!(
    Reduction,
    cudnnReduceTensorDescriptor_t,
    cudnnCreateReduceTensorDescriptor,
    cudnnDestroyReduceTensorDescriptor
);
impl TensorShape {
    /// Dense, last axis fastest.
    pub fn new(dims: [usize; 4]) -> Done<TensorShape> {
        let made = TensorShape::create()?;
        let format = sys::cudnnTensorFormat_t::CUDNN_TENSOR_NCHW;
        let [n, c, h, w] = dims;
        let (n, c, h, w) = (int(n)?, int(c)?, int(h)?, int(w)?);
        // SAFETY: the descriptor was made above.
        check(unsafe {
            sys::cudnnSetTensor4dDescriptor(made.0, format, CUDNN_DATA_FLOAT, n, c, h, w)
        })?;
        Ok(made)
    }
}

/// The descriptors of a convolution.
pub(super) struct ConvShapes {
    pub input: TensorShape,
    pub output: TensorShape,
    pub filter: FilterShape,
    pub how: Convolution,
}

impl ConvShapes {
    pub fn new(how: &Conv) -> Done<ConvShapes> {
        let Conv { batch, channels, maps, groups, input, kernel, output, .. } = *how;
        let filter = FilterShape::create()?;
        let format = sys::cudnnTensorFormat_t::CUDNN_TENSOR_NCHW;
        let each = int(channels / groups)?;
        let (maps_int, height, width) = (int(maps)?, int(kernel[0])?, int(kernel[1])?);
        // SAFETY: the descriptor was made above.
        check(unsafe {
            sys::cudnnSetFilter4dDescriptor(
                filter.0,
                CUDNN_DATA_FLOAT,
                format,
                maps_int,
                each,
                height,
                width,
            )
        })?;
        let made = Convolution::create()?;
        let [pad_y, pad_x] = [int(how.padding[0])?, int(how.padding[1])?];
        let [step_y, step_x] = [int(how.stride[0])?, int(how.stride[1])?];
        let [apart_y, apart_x] = [int(how.dilation[0])?, int(how.dilation[1])?];
        let mode = sys::cudnnConvolutionMode_t::CUDNN_CROSS_CORRELATION;
        // SAFETY: the descriptor was made above.
        unsafe {
            check(sys::cudnnSetConvolution2dDescriptor(
                made.0,
                pad_y,
                pad_x,
                step_y,
                step_x,
                apart_y,
                apart_x,
                mode,
                CUDNN_DATA_FLOAT,
            ))?;
            check(sys::cudnnSetConvolutionGroupCount(made.0, int(groups)?))?;
            // Without this, newer GPUs round inputs to ten bits (TF32).
            let exact = sys::cudnnMathType_t::CUDNN_FMA_MATH;
            check(sys::cudnnSetConvolutionMathType(made.0, exact))?;
        }
        Ok(ConvShapes {
            input: TensorShape::new([batch, channels, input[0], input[1]])?,
            output: TensorShape::new([batch, maps, output[0], output[1]])?,
            filter,
            how: made,
        })
    }
}

impl Pooling {
    pub fn max(how: &Conv) -> Done<Pooling> {
        let made = Pooling::create()?;
        let mode = sys::cudnnPoolingMode_t::CUDNN_POOLING_MAX;
        let [height, width] = [int(how.kernel[0])?, int(how.kernel[1])?];
        let [pad_y, pad_x] = [int(how.padding[0])?, int(how.padding[1])?];
        let [step_y, step_x] = [int(how.stride[0])?, int(how.stride[1])?];
        let nan = sys::cudnnNanPropagation_t::CUDNN_PROPAGATE_NAN;
        // SAFETY: the descriptor was made above.
        check(unsafe {
            sys::cudnnSetPooling2dDescriptor(
                made.0, mode, nan, height, width, pad_y, pad_x, step_y, step_x,
            )
        })?;
        Ok(made)
    }
}

impl Activation {
    pub fn new(mode: sys::cudnnActivationMode_t) -> Done<Activation> {
        let made = Activation::create()?;
        let nan = sys::cudnnNanPropagation_t::CUDNN_PROPAGATE_NAN;
        // SAFETY: the descriptor was made above.
        check(unsafe { sys::cudnnSetActivationDescriptor(made.0, mode, nan, 0.0) })?;
        Ok(made)
    }
}

impl Reduction {
    pub fn new(op: Reduce) -> Done<Reduction> {
        let made = Reduction::create()?;
        use sys::cudnnReduceTensorOp_t as Op;
        let op = match op {
            Reduce::Sum => Op::CUDNN_REDUCE_TENSOR_ADD,
            Reduce::Mean => Op::CUDNN_REDUCE_TENSOR_AVG,
        };
        // SAFETY: the descriptor was made above.
        check(unsafe {
            sys::cudnnSetReduceTensorDescriptor(
                made.0,
                op,
                CUDNN_DATA_FLOAT,
                sys::cudnnNanPropagation_t::CUDNN_PROPAGATE_NAN,
                sys::cudnnReduceTensorIndices_t::CUDNN_REDUCE_TENSOR_NO_INDICES,
                sys::cudnnIndicesType_t::CUDNN_32BIT_INDICES,
            )
        })?;
        Ok(made)
    }
}
