//! Numbers with a shape, free of any library's types.

use std::fmt;
use std::sync::Arc;

/// What a tensor is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Element {
    /// Real numbers.
    F32,
    /// Whole numbers: tokens, indices.
    I64,
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Element::F32 => "f32",
            Element::I64 => "i64",
        })
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Values {
    F32(Arc<Vec<f32>>),
    I64(Vec<i64>),
}

/// A dense array in row-major order: the last dim varies fastest. No dims make a single number. Clones
/// share their real numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    shape: Vec<usize>,
    values: Values,
}

impl Tensor {
    /// A tensor of real numbers.
    ///
    /// # Panics
    /// If there are not exactly as many values as the shape has places.
    pub fn f32(shape: &[usize], values: Vec<f32>) -> Tensor {
        assert_eq!(shape.iter().product::<usize>(), values.len(), "values fill the shape");
        Tensor { shape: shape.to_vec(), values: Values::F32(Arc::new(values)) }
    }

    /// A tensor of whole numbers.
    ///
    /// # Panics
    /// If there are not exactly as many values as the shape has places.
    pub fn i64(shape: &[usize], values: Vec<i64>) -> Tensor {
        assert_eq!(shape.iter().product::<usize>(), values.len(), "values fill the shape");
        Tensor { shape: shape.to_vec(), values: Values::I64(values) }
    }

    /// The size of each axis.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// What its numbers are.
    pub fn element(&self) -> Element {
        match self.values {
            Values::F32(_) => Element::F32,
            Values::I64(_) => Element::I64,
        }
    }

    /// The real numbers, row-major; `None` for a tensor of whole ones.
    pub fn as_f32(&self) -> Option<&[f32]> {
        match &self.values {
            Values::F32(values) => Some(values),
            Values::I64(_) => None,
        }
    }

    /// The whole numbers, row-major; `None` for a tensor of real ones.
    pub fn as_i64(&self) -> Option<&[i64]> {
        match &self.values {
            Values::I64(values) => Some(values),
            Values::F32(_) => None,
        }
    }

    /// The real numbers, without a copy unless they are shared; `None` for a tensor of whole ones.
    pub fn into_f32(self) -> Option<Vec<f32>> {
        match self.values {
            Values::F32(values) => Some(Arc::unwrap_or_clone(values)),
            Values::I64(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tensor_without_dims_is_one_number() {
        assert_eq!(Tensor::f32(&[], vec![0.5]).as_f32(), Some(&[0.5][..]));
    }

    #[test]
    #[should_panic(expected = "values fill the shape")]
    fn values_must_fill_the_shape() {
        let _ = Tensor::i64(&[2, 3], vec![0; 5]);
    }
}
