//! The audio thread's side of the plugin, played as hosts play it, under an allocator that aborts
//! the test when anything is allocated or freed while a block is processed.

mod as_clap;
mod auditioning;
mod capturing;
mod host;
mod listening;
mod passing;
mod scheduling;
mod sounding;
mod swapping;

#[global_allocator]
static WATCHED: assert_no_alloc::AllocDisabler = assert_no_alloc::AllocDisabler;
