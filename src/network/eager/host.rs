//! Arithmetic on shapes and constants, which never leaves the host.

use std::sync::Arc;

use super::cpu::CpuDevice;
use super::device::{Binary, Device, Pair, Unary};
use super::error::{ExecError, ExecResult, element_count};
use super::value::{Host, Value, broadcast, broadcast_strides};
use crate::network::Tensor;

pub(super) fn shape<B>(shape: &[usize], start: i64, end: Option<i64>) -> Value<B> {
    let rank = shape.len() as i64;
    let place = |at: i64| (if at < 0 { at + rank } else { at }).clamp(0, rank) as usize;
    let (start, end) = (place(start), place(end.unwrap_or(rank)));
    let sizes: Vec<i64> = shape[start..end.max(start)].iter().map(|&size| size as i64).collect();
    Value::Host(Host::fixed(Tensor::i64(&[sizes.len()], sizes)))
}

/// Arithmetic on real numbers; whole ones have none here.
pub(super) fn unary(op: Unary, host: &Host) -> ExecResult<Host> {
    let Some(values) = host.tensor.as_f32() else {
        return Err(format!("{op:?} of whole numbers is not supported").into());
    };
    let values = CpuDevice.unary(op, &values.to_vec(), values.len())?;
    Ok(Host { tensor: Arc::new(Tensor::f32(host.tensor.shape(), values)), ..*host })
}

/// Pairs of elements under broadcasting, combined.
fn zip<A: Copy, B: Copy, T>(
    (a, a_shape): (&[A], &[usize]),
    (b, b_shape): (&[B], &[usize]),
    combine: impl Fn(A, B) -> T,
) -> ExecResult<(Vec<usize>, Vec<T>)> {
    let shape = broadcast(a_shape, b_shape).ok_or_else(|| {
        ExecError::Graph(format!("{a_shape:?} and {b_shape:?} do not go together"))
    })?;
    let strides = [broadcast_strides(a_shape, &shape), broadcast_strides(b_shape, &shape)];
    let total = element_count(&shape)?;
    let mut values = Vec::with_capacity(total);
    for place in 0..total {
        let (mut at, mut rest) = ([0_isize; 2], place);
        for (axis, &size) in shape.iter().enumerate().rev() {
            let index = (rest % size) as isize;
            rest /= size;
            at[0] += index * strides[0][axis];
            at[1] += index * strides[1][axis];
        }
        values.push(combine(a[at[0] as usize], b[at[1] as usize]));
    }
    Ok((shape, values))
}

/// Both unbatched.
pub(super) fn binary(op: Binary, a: &Host, b: &Host) -> ExecResult<Host> {
    let (a_shape, b_shape) = (a.tensor.shape(), b.tensor.shape());
    let tensor = if let (Some(x), Some(y)) = (a.tensor.as_i64(), b.tensor.as_i64()) {
        let whole = |x: i64, y: i64| match op {
            Binary::Add => x.checked_add(y),
            Binary::Sub => x.checked_sub(y),
            Binary::Mul => x.checked_mul(y),
            Binary::Div => x.checked_div(y),
        };
        let (shape, values) = zip((x, a_shape), (y, b_shape), whole)?;
        let values = values.into_iter().collect::<Option<Vec<i64>>>();
        Tensor::i64(&shape, values.ok_or("whole numbers that overflow")?)
    } else if let (Some(x), Some(y)) = (a.tensor.as_f32(), b.tensor.as_f32()) {
        let shape = broadcast(a_shape, b_shape).ok_or_else(|| {
            ExecError::Graph(format!("{a_shape:?} and {b_shape:?} do not go together"))
        })?;
        let (a_strides, b_strides) =
            (broadcast_strides(a_shape, &shape), broadcast_strides(b_shape, &shape));
        element_count(&shape)?;
        let pair = Pair { dims: shape.clone(), a_strides, b_strides };
        Tensor::f32(&shape, CpuDevice.binary(op, &x.to_vec(), &y.to_vec(), &pair)?)
    } else {
        return Err("whole and real numbers do not mix".into());
    };
    Ok(Host { tensor: Arc::new(tensor), batched: false, fixed: a.fixed && b.fixed })
}
