//! Operators that work on numbers one by one, and pairs of them.

use super::device::{Binary, Device, DeviceError, Pair, Unary, merge_axes};
use super::error::{ExecError, ExecResult, element_count};
use super::executor::Executor;
use super::graph::Node;
use super::host;
use super::value::{Array, Value, broadcast, broadcast_strides};

impl<D: Device> Executor<'_, D> {
    pub(super) fn unary(&self, op: Unary, x: Value<D::Buffer>) -> ExecResult<Value<D::Buffer>> {
        match x {
            Value::Host(host) => host::unary(op, &host).map(Value::Host),
            Value::Device(x) => {
                let length = element_count(&x.shape)? * self.times(x.batched);
                let buffer = self.device.unary(op, &x.buffer, length)?;
                Ok(Value::Device(Array::new(buffer, x.shape, x.batched)))
            }
        }
    }

    pub(super) fn binary(&self, op: Binary, node: &Node) -> ExecResult<Value<D::Buffer>> {
        if let (Value::Host(a), Value::Host(b)) = (self.input(node, 0)?, self.input(node, 1)?) {
            if a.batched || b.batched {
                return Err(self.unbatchable(node));
            }
            return host::binary(op, &a, &b).map(Value::Host);
        }
        self.paired(op, &self.array(node, 0)?, &self.array(node, 1)?).map(Value::Device)
    }

    pub(super) fn paired(
        &self,
        op: Binary,
        a: &Array<D::Buffer>,
        b: &Array<D::Buffer>,
    ) -> ExecResult<Array<D::Buffer>> {
        let shape = broadcast(&a.shape, &b.shape).ok_or_else(|| {
            ExecError::Graph(format!("{:?} and {:?} do not go together", a.shape, b.shape))
        })?;
        let length = element_count(&shape)?;
        let batched = a.batched || b.batched;
        let strides = |array: &Array<D::Buffer>| {
            let mut strides = broadcast_strides(&array.shape, &shape);
            if batched {
                strides.insert(0, if array.batched { array.length() as isize } else { 0 });
            }
            strides
        };
        let mut dims = shape.clone();
        if batched {
            dims.insert(0, self.batch);
        }
        let (dims, [a_strides, b_strides]) = merge_axes(&dims, [&strides(a), &strides(b)]);
        let buffer = if length == 0 {
            self.device.empty(0)?
        } else {
            self.device.binary(op, &a.buffer, &b.buffer, &Pair { dims, a_strides, b_strides })?
        };
        Ok(Array::new(buffer, shape, batched))
    }

    pub(super) fn clip(
        &self,
        node: &Node,
        low: Option<f32>,
        high: Option<f32>,
    ) -> ExecResult<Value<D::Buffer>> {
        let limit = |given: Option<f32>, index, none| match (given, self.optional(node, index)?) {
            (Some(limit), _) => Ok(limit),
            (None, None) => Ok(none),
            (None, Some(Value::Host(host))) => {
                host.scalar().ok_or(ExecError::Graph("a limit must be one number".to_owned()))
            }
            (None, Some(Value::Device(_))) => Err("a limit must be given".into()),
        };
        let low = limit(low, 1, f32::NEG_INFINITY)?;
        let high = limit(high, 2, f32::INFINITY)?;
        self.unary(Unary::Clip(low, high), self.input(node, 0)?)
    }

    /// What an operation makes, unless there is nothing to make: devices know no empty arrays.
    pub(super) fn made(
        &self,
        x: &Array<D::Buffer>,
        shape: &[usize],
        make: impl FnOnce() -> Result<D::Buffer, DeviceError>,
    ) -> ExecResult<D::Buffer> {
        if element_count(shape)? == 0 {
            return Ok(self.device.empty(0)?);
        }
        if x.length() == 0 {
            return Err(format!("of {:?} is not supported", x.shape).into());
        }
        Ok(make()?)
    }
}
