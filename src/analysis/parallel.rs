//! A few threads over one slice, without a pool that would outlive a plugin instance.

/// Calls `work(first, part)` for parts of `values` that together cover it, on as many threads as
/// there are processor cores. `first` is the number of the part's first item of `item` values; no
/// part is cut inside an item. What is written may depend on the item only, so that the result does
/// not depend on the number of threads.
///
/// # Panics
/// If `work` does.
pub fn for_parts<T: Send>(values: &mut [T], item: usize, work: impl Fn(usize, &mut [T]) + Sync) {
    // Starting a thread costs more than a few thousand values.
    const FEW: usize = 4096;
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(16);
    if threads == 1 || values.len() <= FEW {
        if !values.is_empty() {
            work(0, values);
        }
        return;
    }
    let per_thread = values.len().div_ceil(item).div_ceil(threads);
    std::thread::scope(|scope| {
        for (index, part) in values.chunks_mut(per_thread * item).enumerate() {
            let work = &work;
            scope.spawn(move || work(index * per_thread, part));
        }
    });
}
