//! Self-similarity of bars.

/// A symmetric bars x bars matrix of similarities, 1 on the diagonal.
#[derive(Clone, Debug, PartialEq)]
pub struct Ssm {
    bars: usize,
    /// Row-major, `bars * bars`.
    values: Vec<f32>,
}

impl Ssm {
    /// Fills the matrix from a function of two bars, called for `row < column` only.
    pub fn from_pairs(bars: usize, mut similarity: impl FnMut(usize, usize) -> f32) -> Ssm {
        let mut values = vec![1.0; bars * bars];
        for row in 0..bars {
            for column in row + 1..bars {
                let value = similarity(row, column);
                values[row * bars + column] = value;
                values[column * bars + row] = value;
            }
        }
        Ssm { bars, values }
    }

    /// How many bars it compares, on either axis.
    pub fn bars(&self) -> usize {
        self.bars
    }

    /// How alike two bars are.
    ///
    /// # Panics
    /// If a bar is out of range.
    pub fn get(&self, row: usize, column: usize) -> f32 {
        assert!(row < self.bars && column < self.bars, "bar out of range");
        self.values[row * self.bars + column]
    }

    /// All similarities of one bar, by bar.
    pub fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.bars..][..self.bars]
    }

    /// Row-major values, `bars * bars`.
    pub fn values(&self) -> &[f32] {
        &self.values
    }
}
