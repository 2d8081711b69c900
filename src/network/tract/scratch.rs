//! Room for what one operation needs while it runs.

use std::cell::RefCell;

thread_local! {
    static KEPT: RefCell<[Vec<f32>; 2]> = const { RefCell::new([Vec::new(), Vec::new()]) };
}

/// Gives `work` two vectors as the last work has left them: memory that a thread asks for anew each time is
/// handed out page by page, which takes as long as the arithmetic.
pub(super) fn with_scratch<T>(work: impl FnOnce(&mut [Vec<f32>; 2]) -> T) -> T {
    let mut kept = KEPT.with(RefCell::take);
    let result = work(&mut kept);
    KEPT.with(|place| place.replace(kept));
    result
}
