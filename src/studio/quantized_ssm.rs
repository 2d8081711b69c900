//! A self-similarity matrix as a picture needs it: one byte for every two bars.

use crate::analysis::Ssm;

/// How alike every two bars are, in 255 shades.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuantizedSsm {
    bars: usize,
    /// Rows of the upper triangle without the diagonal, `bars * (bars - 1) / 2`.
    shades: Box<[u8]>,
}

impl QuantizedSsm {
    /// Rounds similarities, 0 to 1, to 255 shades.
    pub fn new(ssm: &Ssm) -> QuantizedSsm {
        let bars = ssm.bars();
        let shades = (0..bars)
            .flat_map(|row| (row + 1..bars).map(move |column| ssm.get(row, column)))
            .map(|similarity| (similarity.clamp(0.0, 1.0) * 255.0).round() as u8)
            .collect();
        QuantizedSsm { bars, shades }
    }

    /// From the rows of the upper triangle; `None` if their number does not fit.
    pub fn from_shades(bars: usize, shades: Vec<u8>) -> Option<QuantizedSsm> {
        let fits = bars.checked_mul(bars.saturating_sub(1)).is_some_and(|n| n / 2 == shades.len());
        fits.then(|| QuantizedSsm { bars, shades: shades.into() })
    }

    /// How many bars it compares.
    pub fn bars(&self) -> usize {
        self.bars
    }

    /// Rows of the upper triangle without the diagonal.
    pub fn shades(&self) -> &[u8] {
        &self.shades
    }

    /// How alike two bars are, 0 to 1.
    ///
    /// # Panics
    /// If a bar is out of range.
    pub fn get(&self, row: usize, column: usize) -> f32 {
        assert!(row < self.bars && column < self.bars, "bar out of range");
        let (first, second) = (row.min(column), row.max(column));
        if first == second {
            return 1.0;
        }
        // Rows above hold bars - 1, bars - 2, ... shades.
        let above = first * (2 * self.bars - first - 1) / 2;
        f32::from(self.shades[above + second - first - 1]) / 255.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_keeps_its_shade() {
        let ssm = Ssm::from_pairs(7, |a, b| (a * 7 + b) as f32 / 60.0);
        let ssm = QuantizedSsm::new(&ssm);
        for row in 0..7 {
            for column in 0..7 {
                assert!((ssm.get(row, column) - ssm.get(row, column)).abs() < 0.003);
            }
        }
        let again = QuantizedSsm::from_shades(7, ssm.shades().to_vec());
        assert_eq!(again, Some(ssm));
        assert_eq!(QuantizedSsm::from_shades(usize::MAX, Vec::new()), None);
        assert_eq!(QuantizedSsm::from_shades(0, Vec::new()), Some(QuantizedSsm::default()));
    }
}
