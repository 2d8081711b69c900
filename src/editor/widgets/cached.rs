//! What is made once and shown in many frames.

use std::sync::Arc;

/// A value that is made anew when what it is made of has changed.
pub struct Cached<K, V>(Option<(K, V)>);

impl<K, V> Default for Cached<K, V> {
    fn default() -> Cached<K, V> {
        Cached(None)
    }
}

impl<K: PartialEq, V: Clone> Cached<K, V> {
    pub fn get(&mut self, key: K, make: impl FnOnce() -> V) -> V {
        if let Some((known, value)) = &self.0
            && *known == key
        {
            return value.clone();
        }
        let value = make();
        self.0 = Some((key, value.clone()));
        value
    }
}

/// Equal to itself alone: comparing what it holds would take as long as making the value. As it is
/// held, no other can come to stand at its place.
#[derive(Clone)]
pub struct PtrEq<T>(pub Arc<T>);

impl<T> PartialEq for PtrEq<T> {
    fn eq(&self, other: &PtrEq<T>) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_made_once_for_each_key() {
        let (mut kept, mut made) = (Cached::default(), 0);
        let (a, b) = (Arc::new(1.5), Arc::new(1.5));
        for key in [&a, &a, &b, &b, &a] {
            let value = kept.get(PtrEq(Arc::clone(key)), || {
                made += 1;
                made
            });
            assert_eq!(value, made);
        }
        assert_eq!(made, 3);
    }
}
