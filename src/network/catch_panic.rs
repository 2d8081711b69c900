//! Running code on material that may be broken.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `work`; a panic in it becomes an error with the panic's message. Code that reads a graph
/// indexes and unwraps what a well-formed file always has, and the bindings to CUDA's libraries panic
/// where a symbol is missing; neither may bring the host down. Nothing that `work` borrows may be
/// left half changed.
pub(super) fn catch_panic<T, E>(
    work: impl FnOnce() -> Result<T, E>,
    broken: impl FnOnce(&str) -> E,
) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let message = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied());
        Err(broken(message.unwrap_or("no message")))
    })
}
