//! Memory, kernels and the one queue of work on the GPU, by the CUDA driver.
//!
//! <https://docs.nvidia.com/cuda/cuda-driver-api/>. Errors in destructors are passed over: a GPU that
//! is gone cannot be tidied up, and that must not end the host.

use std::collections::HashMap;
use std::ffi::{CStr, c_void};
use std::ptr;
use std::sync::Arc;

use cudarc::driver::sys::{self, CUresult};
use parking_lot::Mutex;

use crate::network::eager::device::DeviceError;

type Done<T> = Result<T, DeviceError>;

/// Freed arrays are kept for the next of their size up to this many bytes.
const MOST_KEPT: usize = 512 << 20;
/// Sizes are rounded up to powers of two from here on…
const LEAST: usize = 256;
/// … to here, and to multiples of this beyond.
const COARSE: usize = 1 << 20;

pub(super) fn check(status: CUresult) -> Done<()> {
    match status {
        CUresult::CUDA_SUCCESS => Ok(()),
        CUresult::CUDA_ERROR_OUT_OF_MEMORY => {
            Err(DeviceError("the GPU has no memory left".to_owned()))
        }
        other => Err(DeviceError(format!("the GPU failed ({other:?})"))),
    }
}

/// The newest CUDA that the driver serves: 12 for any 12.x.
pub(super) fn version() -> Result<u32, String> {
    let mut version = 0;
    // SAFETY: writes one int.
    check(unsafe { sys::cuDriverGetVersion(&mut version) }).map_err(|error| error.0)?;
    Ok(version.unsigned_abs() / 1000)
}

/// The first GPU's primary context, which all CUDA users of the process share. Held until dropped.
pub(super) struct Context {
    device: sys::CUdevice,
    context: sys::CUcontext,
    pub name: String,
    /// Bytes.
    pub memory: usize,
}

// SAFETY: a context may be used by any thread; each makes it its own first (`Context::enter`).
unsafe impl Send for Context {}
// SAFETY: as above.
unsafe impl Sync for Context {}

impl Context {
    pub fn new() -> Done<Context> {
        let (mut count, mut device, mut context) = (0, 0, ptr::null_mut());
        let mut name = [0; 256];
        let mut memory = 0;
        // SAFETY: each call writes what it is given a place for.
        unsafe {
            check(sys::cuInit(0))?;
            check(sys::cuDeviceGetCount(&mut count))?;
            if count == 0 {
                return Err(DeviceError("there is no NVIDIA GPU".to_owned()));
            }
            check(sys::cuDeviceGet(&mut device, 0))?;
            check(sys::cuDeviceGetName(name.as_mut_ptr(), name.len() as i32 - 1, device))?;
            check(sys::cuDeviceTotalMem_v2(&mut memory, device))?;
            check(sys::cuDevicePrimaryCtxRetain(&mut context, device))?;
        }
        // SAFETY: the last byte was left 0.
        let name = unsafe { CStr::from_ptr(name.as_ptr()) }.to_string_lossy().into_owned();
        Ok(Context { device, context, name, memory })
    }

    /// Makes it the calling thread's context.
    pub fn enter(&self) -> Done<()> {
        // SAFETY: the context is retained.
        check(unsafe { sys::cuCtxSetCurrent(self.context) })
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: retained once, released once.
        let _ = unsafe { sys::cuDevicePrimaryCtxRelease_v2(self.device) };
    }
}

/// The GPU's memory. Everything runs in one queue, so an array may be used again as soon as the last
/// work on it is queued.
pub(super) struct Memory {
    free: Mutex<Free>,
    pub context: Context,
}

#[derive(Default)]
struct Free {
    by_size: HashMap<usize, Vec<sys::CUdeviceptr>>,
    bytes: usize,
}

/// An array in the GPU's memory.
pub(in crate::network) struct Buffer {
    pointer: sys::CUdeviceptr,
    bytes: usize,
    memory: Arc<Memory>,
}

impl Memory {
    pub fn new(context: Context) -> Arc<Memory> {
        Arc::new(Memory { free: Mutex::default(), context })
    }

    /// At least this many bytes. Enters the context.
    pub fn take(self: &Arc<Memory>, bytes: usize) -> Done<Buffer> {
        self.context.enter()?;
        let bytes = match bytes {
            ..COARSE => bytes.next_power_of_two().max(LEAST),
            _ => bytes.next_multiple_of(COARSE),
        };
        let kept = {
            let mut free = self.free.lock();
            let kept = free.by_size.get_mut(&bytes).and_then(Vec::pop);
            free.bytes -= kept.map_or(0, |_| bytes);
            kept
        };
        let pointer = match kept {
            Some(pointer) => pointer,
            None => self.allocate(bytes).or_else(|_| {
                // What is kept for later may be what is missing now.
                self.release();
                self.allocate(bytes)
            })?,
        };
        Ok(Buffer { pointer, bytes, memory: self.clone() })
    }

    fn allocate(&self, bytes: usize) -> Done<sys::CUdeviceptr> {
        let mut pointer = 0;
        // SAFETY: writes one pointer.
        check(unsafe { sys::cuMemAlloc_v2(&mut pointer, bytes) })?;
        Ok(pointer)
    }

    fn release(&self) {
        let free = std::mem::take(&mut *self.free.lock());
        for pointer in free.by_size.into_values().flatten() {
            // SAFETY: nobody holds it; freeing waits for work on it.
            let _ = unsafe { sys::cuMemFree_v2(pointer) };
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if self.context.enter().is_ok() {
            self.release();
        }
    }
}

impl Buffer {
    pub fn pointer(&self) -> sys::CUdeviceptr {
        self.pointer
    }

    pub fn read(&self) -> *const c_void {
        self.pointer as *const c_void
    }

    pub fn write(&self) -> *mut c_void {
        self.pointer as *mut c_void
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut free = self.memory.free.lock();
        if free.bytes + self.bytes <= MOST_KEPT {
            free.bytes += self.bytes;
            free.by_size.entry(self.bytes).or_default().push(self.pointer);
        } else if self.memory.context.enter().is_ok() {
            // SAFETY: nobody else holds it; freeing waits for work on it.
            let _ = unsafe { sys::cuMemFree_v2(self.pointer) };
        }
    }
}

/// The queue.
pub(super) struct Stream(pub sys::CUstream);

// SAFETY: a stream may be used by any thread whose context is the stream's.
unsafe impl Send for Stream {}

impl Stream {
    pub fn new() -> Done<Stream> {
        let mut stream = ptr::null_mut();
        let flags = sys::CUstream_flags::CU_STREAM_NON_BLOCKING as u32;
        // SAFETY: writes one handle.
        check(unsafe { sys::cuStreamCreate(&mut stream, flags) })?;
        Ok(Stream(stream))
    }

    pub fn upload<T: Copy>(&self, values: &[T], to: &Buffer) -> Done<()> {
        // SAFETY: the buffer was taken for these values; memory that is not pinned is read before the
        // call returns.
        check(unsafe {
            sys::cuMemcpyHtoDAsync_v2(
                to.pointer,
                values.as_ptr().cast(),
                size_of_val(values),
                self.0,
            )
        })
    }

    pub fn download(&self, from: &Buffer, values: &mut [f32]) -> Done<()> {
        let bytes = size_of_val(values);
        // SAFETY: `values` is written until the wait ends.
        unsafe {
            let target = values.as_mut_ptr().cast();
            check(sys::cuMemcpyDtoHAsync_v2(target, from.pointer, bytes, self.0))?;
            check(sys::cuStreamSynchronize(self.0))
        }
    }

    pub fn fill(&self, to: &Buffer, value: f32, length: usize) -> Done<()> {
        // SAFETY: the buffer has that many numbers.
        check(unsafe { sys::cuMemsetD32Async(to.pointer, value.to_bits(), length, self.0) })
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // SAFETY: created once, destroyed once.
        let _ = unsafe { sys::cuStreamDestroy_v2(self.0) };
    }
}

/// Code on the GPU.
pub(super) struct Module(sys::CUmodule);

// SAFETY: as for a stream.
unsafe impl Send for Module {}

#[derive(Clone, Copy)]
pub(super) struct Kernel(sys::CUfunction);

// SAFETY: as for a stream.
unsafe impl Send for Kernel {}

/// Threads of a block.
const BLOCK: u32 = 256;
/// Blocks at most; each thread goes on with the next place behind all others.
const MOST_BLOCKS: u32 = 4096;

impl Module {
    pub fn new(ptx: &CStr) -> Done<Module> {
        let mut module = ptr::null_mut();
        // SAFETY: reads to the 0 behind the text; writes one handle.
        check(unsafe { sys::cuModuleLoadData(&mut module, ptx.as_ptr().cast()) })?;
        Ok(Module(module))
    }

    pub fn kernel(&self, name: &CStr) -> Done<Kernel> {
        let mut kernel = ptr::null_mut();
        // SAFETY: writes one handle, which lives as long as the module.
        check(unsafe { sys::cuModuleGetFunction(&mut kernel, self.0, name.as_ptr()) })?;
        Ok(Kernel(kernel))
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        // SAFETY: loaded once, unloaded once.
        let _ = unsafe { sys::cuModuleUnload(self.0) };
    }
}

impl Kernel {
    /// One thread for each of `total` places, or for several of them.
    ///
    /// # Safety
    /// `arguments` point at values of the types that the kernel takes, in order.
    pub unsafe fn launch(
        self,
        stream: &Stream,
        total: u32,
        arguments: &mut [*mut c_void],
    ) -> Done<()> {
        let blocks = total.div_ceil(BLOCK).clamp(1, MOST_BLOCKS);
        // SAFETY: the caller's.
        check(unsafe {
            sys::cuLaunchKernel(
                self.0,
                blocks,
                1,
                1,
                BLOCK,
                1,
                1,
                0,
                stream.0,
                arguments.as_mut_ptr(),
                ptr::null_mut(),
            )
        })
    }
}
