//! Networks on NVIDIA GPUs, by cuDNN and cuBLAS.
//!
//! Nothing of CUDA is linked or touched before the first job that may use it asks for
//! [`shared`]; then the libraries are looked for ([`library`] says where), the GPU is opened and
//! checked against the processor, and all users of the process share it. When the last one drops it,
//! its memory, queue and context are given back; only the code of the libraries stays mapped, since
//! they are not made to be unloaded.
//!
//! Arithmetic is that of `f32` (no TF32), in algorithms that give the same every time.

#![allow(unsafe_code, reason = "the libraries of NVIDIA are in C")]

mod algorithms;
mod check;
mod dnn;
mod driver;
mod gpu;
mod kernels;
pub(super) mod library;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

pub(super) use self::gpu::Gpu;
use self::library::Libraries;
use super::catch_panic::catch_panic;

static SHARED: Mutex<Weak<Gpu>> = Mutex::new(Weak::new());

/// The GPU, opened if nobody has it open.
///
/// # Errors
/// Why there is none, for people.
pub(super) fn shared() -> Result<Arc<Gpu>, String> {
    let mut shared = SHARED.lock();
    if let Some(gpu) = shared.upgrade().filter(|gpu| gpu.failure().is_none()) {
        return Ok(gpu);
    }
    // The bindings panic where a symbol is missing.
    let gpu = catch_panic(open, |message| format!("CUDA's libraries do not fit ({message})"))?;
    *shared = Arc::downgrade(&gpu);
    Ok(gpu)
}

/// The GPU that networks can run on.
#[derive(Clone, Debug)]
pub struct GpuFacts {
    /// As NVIDIA calls it.
    pub name: String,
    /// Bytes of memory.
    pub memory: usize,
    /// Where its libraries were found; a bare name where the system's loader found it.
    pub libraries: Vec<PathBuf>,
}

/// Opens the GPU, or looks at the one that is open.
///
/// # Errors
/// Why there is none, for people.
pub fn gpu() -> Result<GpuFacts, String> {
    let gpu = shared()?;
    let libraries = gpu.libraries().map(Path::to_owned).collect();
    Ok(GpuFacts { name: gpu.name().to_owned(), memory: gpu.memory(), libraries })
}

fn open() -> Result<Arc<Gpu>, String> {
    let libraries = Libraries::open(driver::version)?;
    let gpu = Gpu::new(libraries).map_err(|error| error.0)?;
    check::checked(gpu).map_err(|error| error.0)
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
