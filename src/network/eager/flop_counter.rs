//! A device that does nothing but count: a walk over it finds out all shapes, and how much work a
//! request is.

use std::sync::atomic::{AtomicU64, Ordering};

use super::device::{Axis, Binary, Conv, Copy, Device, DeviceError, MatMul, Pair, Reduce, Unary};

type Done<T> = Result<T, DeviceError>;

#[derive(Default)]
pub(super) struct FlopCounter(AtomicU64);

impl FlopCounter {
    /// Multiplications (and additions) of convolutions and products; the rest is small beside them.
    pub fn work(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self, work: u64) -> Done<()> {
        self.0.fetch_add(work, Ordering::Relaxed);
        Ok(())
    }
}

impl Device for FlopCounter {
    type Buffer = ();

    fn upload(&self, _: &[f32]) -> Done<()> {
        Ok(())
    }

    fn download(&self, (): &(), length: usize) -> Done<Vec<f32>> {
        Ok(vec![0.0; length])
    }

    fn filled(&self, _: usize, _: f32) -> Done<()> {
        Ok(())
    }

    fn empty(&self, _: usize) -> Done<()> {
        Ok(())
    }

    fn copy(&self, (): &(), (): &mut (), _: &Copy) -> Done<()> {
        Ok(())
    }

    fn gather(&self, (): &(), _: &[u32], _: usize, _: usize, _: usize) -> Done<()> {
        Ok(())
    }

    fn unary(&self, _: Unary, (): &(), _: usize) -> Done<()> {
        Ok(())
    }

    fn binary(&self, _: Binary, (): &(), (): &(), _: &Pair) -> Done<()> {
        Ok(())
    }

    fn reduce(&self, _: Reduce, (): &(), _: Axis) -> Done<()> {
        Ok(())
    }

    fn softmax(&self, _: bool, (): &(), _: Axis) -> Done<()> {
        Ok(())
    }

    fn normalise(&self, (): &(), _: usize, _: usize, _: f32) -> Done<()> {
        Ok(())
    }

    fn conv(&self, (): &(), (): &(), _: Option<&()>, how: &Conv) -> Done<()> {
        self.add(how.work())
    }

    fn max_pool(&self, (): &(), _: &Conv) -> Done<()> {
        Ok(())
    }

    fn matmul(&self, (): &(), (): &(), how: &MatMul) -> Done<()> {
        self.add(how.work())
    }
}
