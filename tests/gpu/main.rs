//! Networks on the GPU.
//!
//! `parity` compares GPU and processor; it needs an NVIDIA GPU and says so where there is none, or
//! fails there if `REQUIRE_GPU=1`. Everywhere, it also runs on a fake: CUDA's libraries rebuilt in C, in
//! `fake/`, which calculate on the processor and notice wrong arguments and writes outside arrays.
//! `selection` has the program choose, fail and fall back with these.

#![cfg(target_os = "linux")]

mod fakes;
mod parity;
mod selection;
mod sharing;
