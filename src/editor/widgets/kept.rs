//! What is made once and shown in many frames.

use std::sync::Arc;

/// A value that is made anew when what it is made of has changed.
pub struct Kept<K, V>(Option<(K, V)>);

impl<K, V> Default for Kept<K, V> {
    fn default() -> Kept<K, V> {
        Kept(None)
    }
}

impl<K: PartialEq, V: Clone> Kept<K, V> {
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
pub struct Same<T>(pub Arc<T>);

impl<T> PartialEq for Same<T> {
    fn eq(&self, other: &Same<T>) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_made_once_for_each_key() {
        let (mut kept, mut made) = (Kept::default(), 0);
        let (a, b) = (Arc::new(1.5), Arc::new(1.5));
        for key in [&a, &a, &b, &b, &a] {
            let value = kept.get(Same(Arc::clone(key)), || {
                made += 1;
                made
            });
            assert_eq!(value, made);
        }
        assert_eq!(made, 3);
    }
}
