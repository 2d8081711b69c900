//! Arithmetic on shapes and constants, which never leaves the host.

use std::sync::Arc;

use super::cpu::CpuDevice;
use super::device::{Binary, Device, Pair, Unary};
use super::executor::{ExecError, ExecResult, Executor, element_count};
use super::graph::{Compare, Node};
use super::value::{Host, Value, broadcast, broadcast_strides};
use crate::network::Tensor;

pub(super) fn shape<B>(shape: &[usize], start: i64, end: Option<i64>) -> Value<B> {
    let rank = shape.len() as i64;
    let place = |at: i64| (if at < 0 { at + rank } else { at }).clamp(0, rank) as usize;
    let (start, end) = (place(start), place(end.unwrap_or(rank)));
    let sizes: Vec<i64> = shape[start..end.max(start)].iter().map(|&size| size as i64).collect();
    Value::Host(Host::fixed(Tensor::i64(&[sizes.len()], sizes)))
}

pub(super) fn cast<B>(value: Value<B>, whole: bool) -> ExecResult<Value<B>> {
    let host = match value {
        Value::Device(_) if whole => {
            return Err("casting what depends on the inputs to whole numbers".into());
        }
        Value::Device(_) => return Ok(value),
        Value::Host(host) => host,
    };
    let (tensor, shape) = (&host.tensor, host.tensor.shape());
    let cast = match (tensor.as_f32(), tensor.as_i64(), whole) {
        (Some(values), _, true) => Tensor::i64(shape, values.iter().map(|&x| x as i64).collect()),
        (_, Some(values), false) => Tensor::f32(shape, values.iter().map(|&x| x as f32).collect()),
        _ => return Ok(Value::Host(host)),
    };
    Ok(Value::Host(Host { tensor: Arc::new(cast), ..host }))
}

/// `None` for arithmetic that whole numbers do not have here.
pub(super) fn unary(op: Unary, host: &Host) -> ExecResult<Host> {
    let shape = host.tensor.shape();
    let tensor = match (host.tensor.as_f32(), host.tensor.as_i64(), op) {
        (Some(values), _, op) => {
            Tensor::f32(shape, CpuDevice.unary(op, &values.to_vec(), values.len())?)
        }
        (_, Some(values), Unary::Neg) => {
            Tensor::i64(shape, values.iter().map(|&x| x.wrapping_neg()).collect())
        }
        (_, Some(values), Unary::Abs) => {
            Tensor::i64(shape, values.iter().map(|&x| x.wrapping_abs()).collect())
        }
        _ => return Err(format!("{op:?} of whole numbers is not supported").into()),
    };
    Ok(Host { tensor: Arc::new(tensor), ..*host })
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
            Binary::Min => Some(x.min(y)),
            Binary::Max => Some(x.max(y)),
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

impl<D: Device> Executor<'_, D> {
    fn host(&self, node: &Node, index: usize) -> ExecResult<Host> {
        match self.input(node, index)? {
            Value::Host(host) if host.batched => Err(self.unbatchable(node)),
            Value::Host(host) => Ok(host),
            Value::Device(_) => Err(format!("input {index} must follow from the shapes").into()),
        }
    }

    pub(super) fn compare(&self, op: Compare, node: &Node) -> ExecResult<Value<D::Buffer>> {
        let a = self.host(node, 0)?;
        let truth = |holds: bool| i64::from(holds);
        if op == Compare::Not {
            let values = a.tensor.as_i64().ok_or("real numbers are neither true nor false")?;
            let values = values.iter().map(|&x| truth(x == 0)).collect();
            let tensor = Arc::new(Tensor::i64(a.tensor.shape(), values));
            return Ok(Value::Host(Host { tensor, ..a }));
        }
        let b = self.host(node, 1)?;
        let (a_shape, b_shape) = (a.tensor.shape(), b.tensor.shape());
        let (shape, values) = match (a.tensor.as_i64(), b.tensor.as_i64()) {
            (Some(x), Some(y)) => zip((x, a_shape), (y, b_shape), |x, y| {
                truth(match op {
                    Compare::Less => x < y,
                    Compare::Greater => x > y,
                    _ => x == y,
                })
            })?,
            _ => return Err("only whole numbers can be compared".into()),
        };
        let tensor = Arc::new(Tensor::i64(&shape, values));
        Ok(Value::Host(Host { tensor, batched: false, fixed: a.fixed && b.fixed }))
    }

    /// `Where`.
    pub(super) fn choose(&self, node: &Node) -> ExecResult<Value<D::Buffer>> {
        let (which, a, b) = (self.host(node, 0)?, self.host(node, 1)?, self.host(node, 2)?);
        let whole = |host: &Host| host.tensor.as_i64().map(<[i64]>::to_vec);
        let (Some(on), Some(x), Some(y)) = (whole(&which), whole(&a), whole(&b)) else {
            return Err("only whole numbers can be chosen from".into());
        };
        let shape = |host: &Host| host.tensor.shape().to_vec();
        let (sides, pairs) = zip((&x, &shape(&a)), (&y, &shape(&b)), |x, y| (x, y))?;
        let pick = |on: i64, (x, y): (i64, i64)| if on != 0 { x } else { y };
        let (shape, values) = zip((&on, &shape(&which)), (&pairs, &sides), pick)?;
        let fixed = which.fixed && a.fixed && b.fixed;
        let tensor = Arc::new(Tensor::i64(&shape, values));
        Ok(Value::Host(Host { tensor, batched: false, fixed }))
    }

    pub(super) fn constant_of_shape(
        &self,
        node: &Node,
        value: &Tensor,
    ) -> ExecResult<Value<D::Buffer>> {
        let dims = self.whole(node, 0)?.ok_or("the shape is missing")?;
        let shape = sizes(&dims)?;
        let total = element_count(&shape)?;
        let tensor = match (value.as_f32(), value.as_i64()) {
            (Some(&[value]), _) => Tensor::f32(&shape, vec![value; total]),
            (_, Some(&[value])) => Tensor::i64(&shape, vec![value; total]),
            _ => return Err("its value must be one number".into()),
        };
        Ok(Value::Host(Host::fixed(tensor)))
    }

    pub(super) fn range(&self, node: &Node) -> ExecResult<Value<D::Buffer>> {
        let ends = [self.host(node, 0)?, self.host(node, 1)?, self.host(node, 2)?];
        let mut numbers = [0; 3];
        for (number, host) in numbers.iter_mut().zip(&ends) {
            *number = match host.tensor.as_i64() {
                Some(&[value]) => value,
                _ => return Err("only whole numbers can be counted".into()),
            };
        }
        let [from, to, step] = numbers;
        if step == 0 {
            return Err("a step of 0".into());
        }
        let count = ((to as f64 - from as f64) / step as f64).ceil().max(0.0) as usize;
        let values =
            (0..element_count(&[count])? as i64).map(|index| from + index * step).collect();
        let fixed = ends.iter().all(|host| host.fixed);
        Ok(Value::Host(Host { fixed, ..Host::fixed(Tensor::i64(&[count], values)) }))
    }
}

/// Whole numbers as the sizes of axes.
pub(super) fn sizes(dims: &[i64]) -> ExecResult<Vec<usize>> {
    let sizes = dims.iter().map(|&dim| usize::try_from(dim)).collect::<Result<Vec<_>, _>>();
    sizes.map_err(|_| ExecError::Graph(format!("{dims:?} is no shape")))
}
