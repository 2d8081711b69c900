//! Regularised least squares.

/// Normal equations of a weighted linear regression with a Gaussian prior on its coefficients.
#[derive(Clone, Debug)]
pub struct Ridge {
    size: usize,
    /// Row-major, the lower triangle is used.
    matrix: Vec<f64>,
    right: Vec<f64>,
}

impl Ridge {
    /// `precisions` are those of the prior, one for each coefficient, all above 0; its mean is 0.
    pub fn new(precisions: &[f64]) -> Ridge {
        let size = precisions.len();
        let mut matrix = vec![0.0; size * size];
        for (at, precision) in precisions.iter().enumerate() {
            matrix[at * size + at] = *precision;
        }
        Ridge { size, matrix, right: vec![0.0; size] }
    }

    /// Coefficient `at` has the mean `mean` in place of 0.
    pub fn with_mean(&mut self, at: usize, mean: f64) {
        self.right[at] += self.matrix[at * self.size + at] * mean;
    }

    /// An observation: `value` is the sum of the coefficients, each times its feature.
    pub fn observe(&mut self, features: &[(usize, f64)], value: f64, precision: f64) {
        for &(row, a) in features {
            self.right[row] += precision * a * value;
            for &(column, b) in features {
                if column <= row {
                    self.matrix[row * self.size + column] += precision * a * b;
                }
            }
        }
    }

    /// The likeliest coefficients, by Cholesky's decomposition; zeros if the equations are singular.
    pub fn solve(mut self) -> Vec<f64> {
        let (size, m) = (self.size, &mut self.matrix);
        for column in 0..size {
            for row in column..size {
                let mut sum = m[row * size + column];
                for k in 0..column {
                    sum -= m[row * size + k] * m[column * size + k];
                }
                if row == column {
                    if sum.is_nan() || sum <= 1e-12 {
                        return vec![0.0; size];
                    }
                    m[row * size + column] = sum.sqrt();
                } else {
                    m[row * size + column] = sum / m[column * size + column];
                }
            }
        }
        let mut x = self.right;
        for row in 0..size {
            for k in 0..row {
                x[row] -= m[row * size + k] * x[k];
            }
            x[row] /= m[row * size + row];
        }
        for row in (0..size).rev() {
            for k in row + 1..size {
                x[row] -= m[k * size + row] * x[k];
            }
            x[row] /= m[row * size + row];
        }
        x
    }
}

/// Piecewise linear functions that are 1 at one knot and 0 at its neighbours: the two that are not 0 at
/// `x`, with their values. Constant beyond the ends.
pub fn hats(knots: &[f32], x: f32) -> [(usize, f64); 2] {
    let last = knots.len() - 1;
    let at = knots.partition_point(|knot| *knot <= x);
    if at == 0 {
        return [(0, 1.0), (last, 0.0)];
    }
    if at > last {
        return [(last, 1.0), (0, 0.0)];
    }
    let share = f64::from((x - knots[at - 1]) / (knots[at] - knots[at - 1]));
    [(at - 1, 1.0 - share), (at, share)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found() {
        let mut ridge = Ridge::new(&[1e-9, 1e-9]);
        for x in 0..10 {
            ridge.observe(&[(0, 1.0), (1, f64::from(x))], 3.0 - 2.0 * f64::from(x), 1.0);
        }
        let found = ridge.solve();
        assert!((found[0] - 3.0).abs() < 1e-6 && (found[1] + 2.0).abs() < 1e-6, "{found:?}");
    }

    #[test]
    fn without_observations_the_prior_stands() {
        let mut ridge = Ridge::new(&[4.0, 1.0]);
        ridge.with_mean(0, 2.5);
        assert_eq!(ridge.solve(), [2.5, 0.0]);
    }

    #[test]
    fn hats_share_one() {
        let knots = [0.0, 1.0, 3.0];
        for x in [-1.0, 0.0, 0.5, 1.0, 2.5, 3.0, 9.0] {
            let [(a, left), (b, right)] = hats(&knots, x);
            assert!((left + right - 1.0).abs() < 1e-6 && a != b);
        }
        assert_eq!(hats(&knots, 2.0), [(1, 0.5), (2, 0.5)]);
    }
}
