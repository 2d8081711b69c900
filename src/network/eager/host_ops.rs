//! Operators that only shapes and constants go through.

use std::sync::Arc;

use super::device::Device;
use super::error::{ExecResult, element_count};
use super::executor::Executor;
use super::graph::{Compare, Node};
use super::host::{sizes, zip};
use super::value::{Host, Value};
use crate::network::Tensor;

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
