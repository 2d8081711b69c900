//! Which of its algorithms cuDNN is told to take.

use std::collections::HashMap;

use cudarc::cudnn::sys::{
    self, cudnnConvolutionFwdAlgo_t, cudnnDeterminism_t, cudnnMathType_t, cudnnStatus_t,
};

use super::dnn::{ConvShapes, Dnn, check};
use crate::network::eager::device::{Conv, DeviceError};

type Done<T> = Result<T, DeviceError>;

/// Bytes that an algorithm may use beside its arrays.
const WORKSPACE: usize = 256 << 20;

/// The choice for each convolution, with the bytes it needs beside.
#[derive(Default)]
pub(super) struct Algorithms {
    known: HashMap<Conv, (cudnnConvolutionFwdAlgo_t, usize)>,
}

/// Whether cuDNN's suggestion may be taken: it works, fits, gives the same every time and does not
/// round its inputs.
fn fit(
    status: cudnnStatus_t,
    memory: usize,
    determinism: cudnnDeterminism_t,
    math: cudnnMathType_t,
) -> bool {
    status == cudnnStatus_t::CUDNN_STATUS_SUCCESS
        && memory <= WORKSPACE
        && determinism == cudnnDeterminism_t::CUDNN_DETERMINISTIC
        && matches!(math, cudnnMathType_t::CUDNN_DEFAULT_MATH | cudnnMathType_t::CUDNN_FMA_MATH)
}

impl Algorithms {
    /// The algorithm that cuDNN thinks is quickest, with the bytes it needs. Asking takes longer than
    /// a small convolution, so the answer is kept.
    pub fn find(
        &mut self,
        dnn: &Dnn,
        how: &Conv,
        shapes: &ConvShapes,
    ) -> Done<(cudnnConvolutionFwdAlgo_t, usize)> {
        if let Some(known) = self.known.get(how) {
            return Ok(*known);
        }
        const ASKED: usize = cudnnConvolutionFwdAlgo_t::CUDNN_CONVOLUTION_FWD_ALGO_COUNT as usize;
        // SAFETY: all its fields may be 0.
        let mut found: [sys::cudnnConvolutionFwdAlgoPerf_t; ASKED] = unsafe { std::mem::zeroed() };
        let mut count = 0;
        // SAFETY: there is room for as many as are asked for.
        check(unsafe {
            sys::cudnnGetConvolutionForwardAlgorithm_v7(
                dnn.0,
                shapes.input.0,
                shapes.filter.0,
                shapes.how.0,
                shapes.output.0,
                ASKED as i32,
                &mut count,
                found.as_mut_ptr(),
            )
        })?;
        let found = &found[..usize::try_from(count).unwrap_or(0).min(ASKED)];
        let chosen = found
            .iter()
            .find(|a| fit(a.status, a.memory, a.determinism, a.mathType))
            .map(|a| (a.algo, a.memory));
        // This one is always there and needs nothing.
        let least = cudnnConvolutionFwdAlgo_t::CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM;
        let chosen = chosen.unwrap_or((least, 0));
        self.known.insert(*how, chosen);
        Ok(chosen)
    }
}
