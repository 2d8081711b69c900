//! The kernels of `kernels.cu`, as the driver compiled them for this GPU.

use std::ffi::{CStr, c_void};
use std::ptr;

use cudarc::driver::sys::CUdeviceptr;

use super::driver::{Buffer, Kernel, Module, Stream};
use crate::network::eager::device::{AXES, Binary, Copy, DeviceError, Pair, Unary};

type Done<T> = Result<T, DeviceError>;

/// What `kernels.py` made of `kernels.cu`, with the 0 at its end that the driver looks for.
const PTX: &str = concat!(include_str!("kernels.ptx"), "\0");

pub(super) struct Kernels {
    copy: Kernel,
    binary: Kernel,
    unary: Kernel,
    gather: Kernel,
    // Holds the code of the others.
    _module: Module,
}

/// `Layout` of kernels.cu.
#[repr(C)]
struct Layout {
    total: u32,
    axes: u32,
    dims: [u32; AXES],
    a_start: i64,
    b_start: i64,
    a: [i64; AXES],
    b: [i64; AXES],
}

impl Layout {
    fn new(dims: &[usize], a: (usize, &[isize]), b: (usize, &[isize])) -> Done<Layout> {
        if dims.len() > AXES {
            return Err(DeviceError(format!("a copy over {} axes", dims.len())));
        }
        let mut layout = Layout {
            total: count(dims.iter().product())?,
            axes: dims.len() as u32,
            dims: [1; AXES],
            a_start: a.0 as i64,
            b_start: b.0 as i64,
            a: [0; AXES],
            b: [0; AXES],
        };
        // Innermost first.
        for (place, axis) in (0..dims.len()).rev().enumerate() {
            layout.dims[place] = dims[axis] as u32;
            layout.a[place] = a.1[axis] as i64;
            layout.b[place] = b.1[axis] as i64;
        }
        Ok(layout)
    }
}

/// A kernel counts places with 32 bits, and steps beyond the last one.
fn count(total: usize) -> Done<u32> {
    let fits = total <= 1 << 31;
    u32::try_from(total)
        .ok()
        .filter(|_| fits)
        .ok_or_else(|| DeviceError("an array is too large for the GPU".to_owned()))
}

/// Where the driver reads an argument.
fn argument<T>(value: &mut T) -> *mut c_void {
    ptr::from_mut(value).cast()
}

impl Kernels {
    pub fn new() -> Done<Kernels> {
        let text = CStr::from_bytes_with_nul(PTX.as_bytes())
            .map_err(|_| DeviceError("the kernels are damaged".to_owned()))?;
        let module = Module::new(text)?;
        Ok(Kernels {
            copy: module.kernel(c"drumlin_copy")?,
            binary: module.kernel(c"drumlin_binary")?,
            unary: module.kernel(c"drumlin_unary")?,
            gather: module.kernel(c"drumlin_gather")?,
            _module: module,
        })
    }

    pub fn copy(&self, stream: &Stream, from: &Buffer, to: &Buffer, how: &Copy) -> Done<()> {
        let mut layout = Layout::new(
            &how.dims,
            (how.from_offset, &how.from_strides),
            (how.to_offset, &how.to_strides),
        )?;
        let [mut from, mut to]: [CUdeviceptr; 2] = [from.pointer(), to.pointer()];
        let total = layout.total;
        let mut arguments = [argument(&mut from), argument(&mut to), argument(&mut layout)];
        // SAFETY: two pointers and a layout, as the kernel has them.
        unsafe { self.copy.launch(stream, total, &mut arguments) }
    }

    pub fn binary(
        &self,
        stream: &Stream,
        op: Binary,
        a: &Buffer,
        b: &Buffer,
        out: &Buffer,
        how: &Pair,
    ) -> Done<()> {
        let mut layout = Layout::new(&how.dims, (0, &how.a_strides), (0, &how.b_strides))?;
        let mut op: u32 = match op {
            Binary::Add => 0,
            Binary::Sub => 1,
            Binary::Mul => 2,
            Binary::Div => 3,
        };
        let [mut a, mut b, mut out] = [a.pointer(), b.pointer(), out.pointer()];
        let total = layout.total;
        let mut arguments = [
            argument(&mut a),
            argument(&mut b),
            argument(&mut out),
            argument(&mut op),
            argument(&mut layout),
        ];
        // SAFETY: three pointers, a number and a layout, as the kernel has them.
        unsafe { self.binary.launch(stream, total, &mut arguments) }
    }

    /// Those that cuDNN does not have. The kernel knows some more, by the numbers in between, which no
    /// network of ours has.
    pub fn unary(
        &self,
        stream: &Stream,
        op: Unary,
        x: &Buffer,
        out: &Buffer,
        length: usize,
    ) -> Done<()> {
        let (mut op, [mut p, mut q]): (u32, [f32; 2]) = match op {
            Unary::Exp => (0, [0.0; 2]),
            Unary::Log => (1, [0.0; 2]),
            Unary::Sqrt => (2, [0.0; 2]),
            Unary::Erf => (5, [0.0; 2]),
            Unary::Clip(low, high) => (10, [low, high]),
            Unary::Relu | Unary::Sigmoid | Unary::Tanh => {
                return Err(DeviceError(format!("there is no kernel for {op:?}")));
            }
        };
        let mut total = count(length)?;
        let places = total;
        let [mut x, mut out] = [x.pointer(), out.pointer()];
        let mut arguments = [
            argument(&mut x),
            argument(&mut out),
            argument(&mut total),
            argument(&mut op),
            argument(&mut p),
            argument(&mut q),
        ];
        // SAFETY: two pointers, two whole and two real numbers, as the kernel has them.
        unsafe { self.unary.launch(stream, places, &mut arguments) }
    }

    /// `sizes`: numbers that come out, rows, indices, numbers of a row.
    pub fn gather(
        &self,
        stream: &Stream,
        from: &Buffer,
        indices: &Buffer,
        out: &Buffer,
        sizes: [usize; 4],
    ) -> Done<()> {
        let mut numbers = [0_u32; 4];
        for (number, size) in numbers.iter_mut().zip(sizes) {
            *number = count(size)?;
        }
        let places = numbers[0];
        let [mut from, mut indices, mut out] = [from.pointer(), indices.pointer(), out.pointer()];
        let mut arguments = vec![argument(&mut from), argument(&mut indices), argument(&mut out)];
        arguments.extend(numbers.iter_mut().map(argument));
        // SAFETY: three pointers and four whole numbers, as the kernel has them.
        unsafe { self.gather.launch(stream, places, &mut arguments) }
    }
}

#[cfg(test)]
mod tests {
    use super::PTX;

    #[test]
    fn the_ptx_was_made_of_the_source_as_it_is() {
        let mut crc = flate2::Crc::new();
        crc.update(include_bytes!("kernels.cu"));
        let made_of = format!("kernels.cu with the CRC-32 {:08x}.", crc.sum());
        assert!(PTX.lines().next().is_some_and(|head| head.ends_with(&made_of)), "{made_of}");
    }
}
