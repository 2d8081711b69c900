//! One lock for all instances.

use parking_lot::ReentrantMutex;

/// Held while the wrapper makes, starts, stops or drops something. A host that is called meanwhile
/// may call back on the same thread.
pub(super) static LOCK: ReentrantMutex<()> = ReentrantMutex::new(());
