//! What was made for the latest few shapes of a network's inputs.

use std::sync::Arc;

use parking_lot::Mutex;

/// How many shapes are remembered. A song asks with one or two shapes (its bars, a batch of
/// alternatives), so this is a few songs' worth; what is made holds its own copy of weights.
const KEPT: usize = 4;

/// One shape for each input.
pub(super) type Shapes = Vec<Vec<usize>>;

/// Keeps `T` for the latest shapes, the most recently used last.
pub(super) struct LruCache<T>(Mutex<Vec<(Shapes, Arc<T>)>>);

impl<T> Default for LruCache<T> {
    fn default() -> LruCache<T> {
        LruCache(Mutex::default())
    }
}

impl<T> LruCache<T> {
    /// What is kept for these shapes, or what `make` makes for them.
    pub fn get_or_make<E>(
        &self,
        shapes: &Shapes,
        make: impl FnOnce() -> Result<Arc<T>, E>,
    ) -> Result<Arc<T>, E> {
        if let Some(kept) = self.get(shapes) {
            return Ok(kept);
        }
        // Outside the lock: others go on with what there is. Should two threads make the same thing at
        // once, one of them is dropped.
        let made = make()?;
        let mut kept = self.0.lock();
        kept.retain(|(known, _)| known != shapes);
        if kept.len() == KEPT {
            kept.remove(0);
        }
        kept.push((shapes.clone(), made.clone()));
        Ok(made)
    }

    fn get(&self, shapes: &Shapes) -> Option<Arc<T>> {
        let mut kept = self.0.lock();
        let index = kept.iter().position(|(known, _)| known == shapes)?;
        kept[index..].rotate_left(1);
        kept.last().map(|(_, made)| made.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_latest_shapes_are_kept() {
        let recent = LruCache::<usize>::default();
        for rows in [1, 2, 3, 1, 4, 5] {
            recent.get_or_make(&vec![vec![rows, 5]], || Ok::<_, ()>(Arc::new(rows))).unwrap();
        }
        let kept: Vec<usize> = recent.0.lock().iter().map(|(_, made)| **made).collect();
        assert_eq!(kept, [3, 1, 4, 5]);
    }
}
