//! Why a graph could not be walked, and how large an array may be.

use super::device::DeviceError;

/// Numbers that one array may have: a graph that asks for more is taken for broken, since memory that
/// is not there cannot be asked for.
const MOST: usize = 1 << 27;

/// Why a walk ended early.
#[derive(Debug)]
pub(super) enum ExecError {
    /// The graph does not fit together, or not with these inputs.
    Graph(String),
    /// An operator that cannot take a batch where this graph has it.
    Unbatchable(String),
    Device(DeviceError),
}

impl From<DeviceError> for ExecError {
    fn from(error: DeviceError) -> ExecError {
        ExecError::Device(error)
    }
}

impl From<String> for ExecError {
    fn from(reason: String) -> ExecError {
        ExecError::Graph(reason)
    }
}

impl From<&str> for ExecError {
    fn from(reason: &str) -> ExecError {
        ExecError::Graph(reason.to_owned())
    }
}

pub(super) type ExecResult<T> = Result<T, ExecError>;

/// How many numbers a shape has.
pub(super) fn element_count(dims: &[usize]) -> ExecResult<usize> {
    dims.iter()
        .try_fold(1_usize, |product, &dim| product.checked_mul(dim))
        .filter(|&product| product <= MOST)
        .ok_or_else(|| format!("an array of {dims:?} is too large").into())
}
